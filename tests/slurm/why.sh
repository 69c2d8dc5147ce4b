#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# why.sh - every cause for which a job waits, made on purpose, and what
# weft why says of it.
#
# Nodes 0 to 3 have all (node 3: half) of their GPUs taken for an hour, node 4
# is drained.  $wide wants everything in an hour, so whatever runs longer than
# that would delay it.
. "${srcdir:-.}/tests/slurm/lib.sh"

dbd=
if command -v slurmdbd >/dev/null && command -v mariadbd >/dev/null; then
	dbd=--slurmdbd
fi
cat >"$t_dir/extra.conf" <<X
Licenses=fea:2
PartitionName=closed Nodes=node0 State=DOWN
PartitionName=small Nodes=node[0-3] MaxTime=60
${dbd:+AccountingStorageEnforce=limits,qos}
X
# shellcheck disable=SC2086  # no option, or one
sb_start --nodes 5 --gpus 8 --domains 2 --conf-extra "$t_dir/extra.conf" $dbd

json() { sx "$weft" why --json "$1"; }
says() { json "$1" | grep -Eq -- "$2"; }

# cause NAME JOB REGEX-OF-THE-JSON REGEX-OF-THE-TEXT
cause()
{
	if ! wait_for 30 says "$2" "$3"; then
		not_ok "$1" "no match of /$3/ in:
$(json "$2" 2>&1)
$(sx scontrol show job "$2" 2>&1 | grep -E "Reason|SystemComment" | head -n 3)"
		return
	fi
	like "$1" "$(sx "$weft" why "$2")" "$4"
}

sx scontrol update nodename=node4 state=drain reason=test
sx scontrol update nodename=node0 availablefeatures=blue activefeatures=blue
for i in 0 1 2; do
	full[i]=$(submit -w node$i --gpus-per-node=8 -t 60 --wrap "sleep 600")
done
half=$(submit -w node3 --gpus-per-node=4 -t 60 --wrap "sleep 600")
lic=$(submit -L fea:2 -t 60 --wrap "sleep 600")
bad=$(submit --wrap "exit 1")
for i in "${full[@]}" "$half" "$lic"; do wait_state "$i" RUNNING 30; done
wait_state "$bad" FAILED 30

wide=$(submit -N4 -w 'node[0-3]' --gpus-per-node=8 -t 60 --wrap true)
end=$(date -d "$(field "${full[0]}" EndTime)" +%s)
cause "GPUs: how many, who has them, until when" "$wide" \
	'"reason": "Resources".*"planner": \{ "reason": "Gpus", "wanted": 32, "available": 4,.*"job": '"${full[0]}"', "until": '"$end"', "user": "root", "state": "RUNNING"' \
	'waits for GPUs: wants 32, 4 are free.*'
out=$(sx "$weft" why "$wide")
like "in words too" "$out" "job ${full[0]} of root runs, ends in (1h00m|5[0-9]m) at the latest"
like "nobody comes before it" "$out" 'place in line: +the first$'
like "and its expected start" "$out" 'expected start: in (1h00m|5[0-9]m) on node\[0-3\] if jobs run to their time limits'

long=$(submit --gpus-per-node=4 -N1 -t 10:00:00 --wrap true)
cause "priority: it fits, but would delay the first" "$long" \
	'"reason": "Priority".*"reason": "Priority".*"change": "time", "to": [0-9]+, "from": 36000' \
	'sooner: +with --time=00:5[0-9]:00 it would start now'
like "one comes before it" "$(sx "$weft" why "$long")" 'place in line: +2, behind 1 other that waits'
more=$(submit -w node3 --gpus-per-node=6 -N1 -t 30 --wrap true)
cause "fewer GPUs would do" "$more" '"change": "gpus-per-node", "to": 4, "from": 6' \
	'sooner: +with --gpus-per-node=4 instead of 6 it would start now'
busy=$(submit -w node0 --gpus-per-node=4 -t 30 --wrap true)
cause "a named node is busy" "$busy" \
	'"reason": "Gpus", "wanted": 4, "available": 0,.*"job": '"${full[0]}"',.*"change": "any-node"' \
	'sooner: +without --nodelist it would start now'
blue=$(submit -C blue --gpus-per-node=4 -t 30 --wrap true)
cause "a feature that only a busy node has" "$blue" '"reason": "Gpus", "wanted": 4, "available": 0' \
	"job ${full[0]} of root runs, ends in"
cpus=$(submit -c 32 -t 30 --wrap true)
cause "CPUs" "$cpus" '"reason": "Cpus", "wanted": 32,.*"change": "cpus-per-node", "to": 3[01], "from": 32' \
	'waits for CPUs: wants 32'
mem=$(submit --mem=64000 -t 30 --wrap true)
cause "memory" "$mem" '"reason": "Memory", "wanted": 64000,.*"change": "mem", "to": 6[23][0-9]+, "from": 64000' \
	'waits for memory: wants 64000 MiB'
excl=$(submit --exclusive -N1 -t 30 --wrap true)
cause "a whole node" "$excl" '"reason": "Nodes".*"change": "shared"' \
	'sooner: +without --exclusive it would start now'
late=$(submit -w node0 --gpus-per-node=8 -t 30 --deadline=now+80minutes --wrap true)
cause "its deadline" "$late" '"planner": \{ "reason": "Deadline"' 'cannot end before its deadline'
l=$(submit -L fea:1 -t 30 --wrap true)
cause "licences" "$l" '"reason": "License".*"reason": "License", "wanted": 1, "available": 0,.*"name": "fea"' \
	'waits for licences fea: wants 1, 0 are free'
out=$(sx "$weft" why "$wide")
like "shorter jobs that came later go first: it says so" "$out" '[1-9][0-9]* of them came behind it in Slurm.s order: they are shorter'
like "and from when on none does" "$out" "\(from $(date -d '+7 days' '+%a %d %b') [0-9:]+ on none passes it any more\)"
like "of that the JSON too" "$(json "$wide")" '"passed": [1-9][0-9]*, "unpassed_from": [0-9]+'
like "licences: who has them" "$(sx "$weft" why "$l")" "in its way: +job $lic of root runs, ends in"
drained=$(submit -w node4 -t 30 --wrap true)
cause "a drained node" "$drained" '"reason": "NodesDown"' 'down'
like "which one, since when, by whom and why" "$(sx "$weft" why "$drained")" \
	'out of service: +node4 is drained since [A-Z][a-z]+ [0-9]+ [A-Z][a-z]+ [0-9:]+ by root: test'
like "of that the JSON too" "$(json "$drained")" \
	'"out_of_service": \[ \{ "nodes": \[ "node4" \], "count": 1, "state": "drained", "since": [0-9]+, "by": "root", "reason": "test"'
like "a job that waits for others is told of it as well" "$(sx "$weft" why "$cpus")" \
	'out of service: +node4 is drained'
unlike "not one that it could not use" "$(sx "$weft" why "$wide")" 'out of service'
unlike "nor one without its feature" "$(sx "$weft" why "$blue")" 'out of service'

dep=$(submit -d "afterok:${full[0]}" --wrap true)
cause "a dependency" "$dep" '"reason": "Dependency"' "waits for job ${full[0]} to succeed"
like "and how far that job is" "$(sx "$weft" why "$dep")" "on the way: +job ${full[0]} of root runs, ends in"
never=$(submit -d "afterok:$bad" --wrap true)
cause "one that can never come true" "$never" '"reason": "DependencyNever"' 'can no longer come true'
begin=$(submit --begin=now+2hours --wrap true)
cause "its begin time" "$begin" '"reason": "Begin".*"start": [0-9]+' 'begin time'
like "and when that is" "$(sx "$weft" why "$begin")" 'expected start: in (2h00m|1h59m)'
held=$(submit -H --wrap true)
cause "held by its user" "$held" '"reason": "HeldUser"' "held by its user; .scontrol release $held. lets it go"
admin=$(submit --begin=now+1hour --wrap true)
sx scontrol hold "$admin"
cause "held by an administrator" "$admin" '"reason": "HeldAdmin"' 'held by an administrator'
closed=$(submit -p closed --wrap true)
cause "its partition is down" "$closed" '"reason": "PartitionDown"' 'partition is down or inactive: closed'
toolong=$(submit -p small -t 120 --wrap true)
cause "longer than its partition allows" "$toolong" '"reason": "PartitionLimit"' 'asks for 2h00m, its partition small allows at most 1h00m'

array=$(submit -a 1-3%1 --wrap "sleep 600")
cause "its array's own limit" "${array}_3" '"job": "[0-9]+_\[2-3%1\]".*"reason": "ArrayLimit"' 'its array runs at most 1 task at once \(%1\)'
wait_state "${array}_1" RUNNING 20
out=$(sx "$weft" why "${array}_1")
is "a task that runs: exit status" $? 3
is "a task that runs" "$out" "job ${array}_1: does not wait: RUNNING"
sx "$weft" why "${array}_9" >/dev/null 2>&1
is "a task that is not there: exit status" $? 3

sx scontrol create reservation reservationname=later users=root nodes=node1 \
	starttime=now+1day duration=60 flags=ignore_jobs >/dev/null
resv=$(submit --reservation=later -t 10 --wrap true)
cause "a reservation" "$resv" '"reason": "Reservation"' 'waits for (a )?reservation'
sx scancel "$resv"
wait_for 10 sh -c '"$1" sandbox exec --name "$2" -- scontrol delete reservation=later' sh "$weft" "$sb"

if [ -n "$dbd" ]; then
	sx sacctmgr -i add qos one maxjobspu=1 >/dev/null
	sx sacctmgr -i modify user root set qos+=one >/dev/null
	wait_for 20 sh -c '"$1" sandbox exec --name "$2" -- sbatch --parsable -q one -t 10 -o /dev/null --wrap "sleep 600" >"$3"' sh "$weft" "$sb" "$t_dir/qos" ||
		note "no QOS: $(sx sacctmgr show assoc 2>&1 | tail -n 5)"
	qos=$(submit -q one -t 10 --wrap true)
	cause "a limit of its QOS, with numbers" "$qos" \
		'"reason": "AccountLimit".*"limit": { "jobs": \[ '"$(cat "$t_dir/qos")"' \], "of": "qos", "name": "one", "what": "jobs", "bound": 1, "used": 1' \
		"QOS one allows you 1 job at once; you use 1: job $(cat "$t_dir/qos")"
	sx sacctmgr -i add qos gpus maxtrespu=gres/gpu=2 >/dev/null
	sx sacctmgr -i modify user root set qos+=gpus >/dev/null
	wait_for 20 sh -c '"$1" sandbox exec --name "$2" -- sbatch --parsable -q gpus -w node3 --gres=gpu:1 -t 10 -o /dev/null --wrap "sleep 600" >"$3"' sh "$weft" "$sb" "$t_dir/gpus"
	wait_state "$(cat "$t_dir/gpus")" RUNNING 30
	qos=$(submit -q gpus --gres=gpu:2 -t 10 --wrap true)
	cause "of GPUs" "$qos" '"what": "gres/gpu", "bound": 2, "used": 1, "asked": 2' \
		"QOS gpus allows you 2 GPUs at once; you use 1, this job asks 2: job $(cat "$t_dir/gpus")"
	sx scancel "$(cat "$t_dir/gpus")" "$qos"
	sx sacctmgr -i add account lab grpjobs=1 >/dev/null
	sx sacctmgr -i add user root account=lab >/dev/null
	wait_for 20 sh -c '"$1" sandbox exec --name "$2" -- sbatch --parsable -A lab -n1 -t 10 -o /dev/null --wrap "sleep 600" >"$3"' sh "$weft" "$sb" "$t_dir/lab"
	wait_state "$(cat "$t_dir/lab")" RUNNING 30
	lab=$(submit -A lab -n1 -t 10 --wrap true)
	cause "a limit of its account" "$lab" '"of": "account", "name": "lab", "what": "jobs", "bound": 1, "used": 1' \
		"account lab allows 1 job at once to all its jobs together; in use: 1: job $(cat "$t_dir/lab")"
	sx scancel "$(cat "$t_dir/lab")" "$lab"
else
	skip "a limit of its QOS" "no slurmdbd or no MariaDB here"
fi

# ---- the site's rules ------------------------------------------------------------

conf=$(sx sh -c 'dirname "$SLURM_CONF"')
cp "$conf/weft.json" "$t_dir/weft.json"	# which has the domains
rules() { printf '%s\n' "$1" >"$conf/weft.json"; }
status() { sx "$weft" policy status | grep -Eq -- "$1"; }
rules '{"submit": {"rules": [{"name": "time", "default": {"time": "4:00:00"}},
	{"name": "mem", "match": {"gpus": {"min": 1}}, "multiply": {"mem_per_node": {"by": "gpus_per_node", "times": "1G"}}}]}}'
check "policy status: the rules in force" wait_for 20 status 'in force: 2 rules, since 20'
ruled=$(submit -H --gpus-per-node=2 --wrap true)
out=$(sx "$weft" policy explain "$ruled")
is "policy explain: exit status" $? 0
like "policy explain: the first rule" "$out" 'rule time: time, none -> 04:00:00'
like "policy explain: the second" "$out" 'rule mem: mem_per_node, none -> 2G'
like "weft why tells it too" "$(sx "$weft" why "$ruled")" "changed by the site's rule time: time, none -> 04:00:00"
sx "$weft" policy explain "$held" >/dev/null
is "policy explain: no rule changed it: exit status" $? 3
printf '\n\n {"submit": {"rules": [{"nam": 1}]}}' >"$conf/weft.json"
check "policy status: a bad file, with line and column" wait_for 20 status 'not taken, 20.*weft.json:3:[0-9]+: submit.rules\[0\]'
sx "$weft" policy status --json >"$t_dir/status"
is "policy status: a bad file: exit status" $? 3
like "policy status: the old rules stay in force" "$(cat "$t_dir/status")" '"rules":2'
like "policy status: the log tells it too" "$(log)" 'error: job_submit/weft: .*weft.json:3:[0-9]+: submit.rules\[0\]'
sx scontrol reconfigure
rules '{}'
check "policy status: mended, after a reconfigure" wait_for 20 status 'in force: 0 rules'

# ---- what users may see --------------------------------------------------------

# On 24.11 the nodes are not there for a moment after a reconfigure.
queued() { sx "$weft" queue | grep -Eq "^$wide +main +wrap +[0-9]+ +in .*waits for GPUs"; }
check "weft queue lists them" wait_for 60 queued
comment=$(field "$wide" SystemComment)
like "the reason is in the record" "$comment" '^weft:'
sx scontrol release "$admin" >/dev/null
sx scontrol hold "$wide"
cause "held since: the planner's reason is of yesterday" "$wide" '"reason": "HeldAdmin"' 'held by an administrator'
sx scontrol release "$wide"
sx sh -c 'printf "PrivateData=jobs\n" >>"$SLURM_CONF"; exec scontrol reconfigure'
cause "PrivateData: jobs in the way are counted, not named" "$wide" '"waits_for": \[ ?\], "hidden": [1-9]' \
	'in its way: +[0-9]+ jobs that this site does not show'
if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null; then
	out=$(sx setpriv --reuid=65534 --regid=65534 --clear-groups "$weft" why "$wide" 2>&1)
	is "PrivateData: nobody else sees it: exit status" $? 3
	like "PrivateData: nobody else sees it" "$out" 'no such job'
fi

# ---- started, and watched --------------------------------------------------------

sx timeout 50 "$weft" why "$more" --watch --interval=1 >"$t_dir/watch" 2>&1 &
wait_for 20 grep -q 'waits for' "$t_dir/watch"
sx scancel "$wide" "${full[@]}" "$half"
wait_state "$long" COMPLETED 30
is "a job that started takes no reason along" "$(field "$long" SystemComment)" ""
no_word() { in_state "$1" CANCELLED && [ -z "$(field "$1" SystemComment)" ]; }
check "nor does one that was cancelled while it waited" wait_for 20 no_word "$wide"
wait $!
is "--watch ends when the job waits no longer: exit status" $? 0
like "and tells so" "$(tail -n 1 "$t_dir/watch")" "job $more: does not wait"

# ---- places ----------------------------------------------------------------------

# Free are node 1 and node 3 (of the other domain), node 4 is drained.
clean
cp "$t_dir/weft.json" "$conf/weft.json"
sx sh -c 'sed -i /^PrivateData/d "$SLURM_CONF"; exec scontrol reconfigure'
for i in 0 2; do
	full[i]=$(submit -w node$i --exclusive -t 60 --wrap "sleep 600")
	wait_state "${full[i]}" RUNNING 30
done
far=$(submit -N2 --exclusive -t 30 "$opt_domain=same" --wrap true)
cause "no two free nodes in one NVLink domain" "$far" '"reason": "Domain", "wanted": 2, "available": 2' \
	'waits for a place in the NVLink domains: 2 nodes are free'
far=$(submit -N2 --exclusive -t 30 "$opt_segment=2" --wrap true)
cause "nor for a segment" "$far" '"reason": "Domain"' "asked of Weft: --segment=2"
het=$(submit -w node3 --exclusive -t 10 : -w node0 --exclusive --wrap true)
cause "a part of a heterogeneous job that waits" "$het+1" '"job": "'"$het"'\+1".*"reason": "(Nodes|Gpus|Cpus)"' \
	"job ${full[0]} of root runs"
cause "the part that could start" "$het" '"job": "'"$het"'\+0".*"reason": "Parts"' \
	"waits to start together with job $((het + 1))"
sb_stop

# ---- where slurmctld schedules as it always did ----------------------------------

sb_start --nodes 1 --gpus 2 --plugins off
run=$(submit --exclusive -t 60 --wrap "sleep 600")
wait_state "$run" RUNNING 30
first=$(submit --gpus-per-node=2 -t 30 --wrap true)
second=$(submit --gpus-per-node=1 -t 30 --wrap true)
dep=$(submit -d "afterany:$run" --wrap true)
cause "stock: resources" "$first" '"reason": "(Resources|Priority)"' 'place in line: +the first in its partition'
cause "stock: behind another" "$second" '"reason": "(Resources|Priority)"' \
	'place in line: +2, behind 1 other that waits in its partition'
cause "stock: a dependency" "$dep" '"reason": "Dependency"' "waits for job $run to end"

cd / || exit 99
out=$(SLURM_CONF=$t_dir/none.conf "$weft" why 1 2>&1)
is "without a slurm.conf: one line" "$(wc -l <<<"$out")" 1
like "that says so" "$out" 'no configuration of Slurm'
cd "$t_dir" || exit 99
sb_stop
t_end
