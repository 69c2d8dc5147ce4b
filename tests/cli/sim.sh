#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# sim.sh - weft sim on histories small enough to follow by hand
set -u
. "${srcdir:-.}/tests/cli/lib.sh"
# One node of 4 GPUs: c fits beside a and beside b.
cat >"$cli_tmp/small.csv" <<'END'
job_id,submit_s,user,gpus,runtime_s,timelimit_s
a,0,u,2,3600,3600
b,1,u,3,3600,3600
c,2,v,1,7200,7200
END
sed 's/^c,2,v,1/c,2,v,9/' "$cli_tmp/small.csv" >"$cli_tmp/large.csv"
printf '{"sched": {"plan_depht": 3}}' >"$cli_tmp/typo.json"
printf '{"sched": {"plan_depth": 3}}' >"$cli_tmp/good.json"
: >"$cli_tmp/empty"
echo 'job_id,submit_s,runtime_s' >"$cli_tmp/nogpus"
printf '{"stock": {"bf_intervall": 3}}' >"$cli_tmp/stock.json"
log=$cli_tmp/small.csv
# Unlike nodes, told by files and by scontrol; the user v has a partition.
mkdir "$cli_tmp/site"
cat >"$cli_tmp/site/slurm.conf" <<'END'
ClusterName=site
GresTypes=gpu
NodeName=a CPUs=16 Gres=gpu:4
NodeName=b CPUs=16 Gres=gpu:2
NodeName=c CPUs=16 State=DOWN
PartitionName=main Nodes=a Default=YES
PartitionName=side Nodes=b,c DefaultTime=60
END
printf 'SwitchName=s0 Nodes=a,b,gone\n' >"$cli_tmp/site/topology.conf"
cat >"$cli_tmp/sacct" <<'END'
JobID|User|Partition|Submit|ElapsedRaw|TimelimitRaw|NNodes|AllocCPUS|AllocTRES|State
1|u|main|1000|600|20|1|4|gres/gpu=4|COMPLETED
1.batch|u|main|1000|600||1|4|gres/gpu=4|COMPLETED
2|u|main|1001|600|20|1|4|gres/gpu=4|COMPLETED
3|v|side|1002|600|Partition_Limit|1|4|gres/gpu=2|COMPLETED
4|v|side|1003|600|20|1|4|gres/gpu=3|COMPLETED
5|v|lost|1004|600|20|1|4|gres/gpu=1|COMPLETED
END
{
	printf 'NodeName=a CPUTot=16 Gres=gpu:4 RealMemory=100 State=IDLE Partitions=main\n'
	printf 'NodeName=b CPUTot=16 Gres=gpu:2 RealMemory=100 State=MIXED Partitions=side\n'
	printf 'NodeName=c CPUTot=16 RealMemory=100 State=DOWN+DRAIN Partitions=side\n'
} >"$cli_tmp/nodes"
site=$cli_tmp/site/slurm.conf

sim() { "$weft" sim "$@"; }
# JSON without its lines
flat() { sim "$@" --json | tr -s ' \n' ' '; }

check "table" 0 '^wait, mean +20\.0 min' 'weft: 3 of 3' \
	sim "$log" --nodes 1 --gpus 4 --scheduler weft
check "fifo waits longer" 0 '^wait, mean +40\.0 min' . sim -n 1 -g 4 -s fifo "$log"
check "makespan" 0 '^makespan +120\.0 min +180\.0 min' . \
	sim "$log" -n 1 -g 4 -s weft,fifo
check "over the bound" 0 '^makespan / its bound +x 1\.000 +x 1\.500' . \
	sim "$log" -n 1 -g 4 -s weft,fifo
check "the bound itself" 0 '"makespan_critical_sec": ?7202' . \
	sim "$log" -n 1 -g 4 -s fifo --json
check "json" 0 '"wait_mean_sec": ?1199\.6' . sim --json -n 1 -g 4 -s weft "$log"
check "too large" 0 '^2 jobs' '1 jobs are larger than the machine.*c first' \
	sim "$cli_tmp/large.csv" -n 1 -g 4
printf 'job_id,submit_s,gpus,runtime_s\n1,0,99999999999999,60\n2,0,1,60\n' >"$cli_tmp/huge"
check "more than can be counted" 0 '^1 jobs' '1 jobs are larger than the machine.*, 1 first' \
	sim "$cli_tmp/huge" -n 1 -s fifo
check "limits of the trace" 0 '"limits_drawn": ?0' . sim --json "$log" -n 1 -s weft
check "a site" 0 '^4 jobs on 2 nodes with 6 GPUs' '1 nodes are not up' \
	sim "$cli_tmp/sacct" --cluster "$site" -s weft,backfill,easy,fifo
check "too large for its partition" 0 . '1 jobs are larger.*, 4 first' \
	sim "$cli_tmp/sacct" -c "$site" -s fifo
check "no such partition" 0 . '1 jobs name a partition.*"lost"' \
	sim "$cli_tmp/sacct" -c "$site" -s fifo
check "topology" 0 . '1 names of nodes that there are not, gone' \
	sim "$cli_tmp/sacct" -c "$site" -s fifo
check "what waits" 0 '"wait_p99_sec": ?599' . \
	sim "$cli_tmp/sacct" -c "$site" -s weft --json
check "the partition's limit" 0 '"limits_drawn": ?0' . \
	sim "$cli_tmp/sacct" -c "$site" -s weft --json
check "as scontrol tells it" 0 '^4 jobs on 2 nodes with 6 GPUs' . \
	sim "$cli_tmp/sacct" -c "$cli_tmp/nodes" -s weft
check "no such cluster" 1 "" 'none.conf' sim "$log" -c "$cli_tmp/none.conf"
check "two machines" 2 "" 'which machine' sim "$log" -c "$site" -n 1
check "jobs" 0 . . sim "$log" -n 1 -g 4 -s weft --jobs "$cli_tmp/jobs"
check "every job" 0 '^weft,c,2,2,7202,1,1,7200,v,$' "" cat "$cli_tmp/jobs"
check "as JSON" 0 . . sim "$log" -n 1 -g 4 -s weft --jobs "$cli_tmp/jobs.json"
check "the same, by name" 0 '"job": "c", "submit_s": 2, "start_s": 2, "end_s": 7202, "size": 1, .*"user": "v", "group": "" \} \]$' "" \
	cat "$cli_tmp/jobs.json"
sed 's/^a,/"a",/; s/,v,/,=\\"v"|,/' "$cli_tmp/small.csv" >"$cli_tmp/names.csv"
check "names of any kind" 0 . . sim "$cli_tmp/names.csv" -n 1 -g 4 -s weft --jobs "$cli_tmp/names"
check "quoted where need be" 0 '^weft,"""a""",0,.*' "" cat "$cli_tmp/names"
check "jobs nowhere" 1 "" '^weft sim: .*none/jobs' sim "$log" -n 1 --jobs "$cli_tmp/none/jobs"
not_simulated() { sim "$log" -n 1 --html "$cli_tmp/none/page" 2>&1 | grep -q ' of 3$'; }
check "told before anything is simulated" 1 "" "" not_simulated
echo kept >"$cli_tmp/kept"
check "a failure" 1 "" 'No such file' sim "$cli_tmp/none" -n 1 --jobs "$cli_tmp/kept"
check "leaves what is there" 0 '^kept$' "" cat "$cli_tmp/kept"
check "stock settings" 1 "" 'did you mean' sim "$log" -n 1 --settings="$cli_tmp/stock.json"
check "settings" 0 '^3 jobs' . sim "$log" -n 1 --settings="$cli_tmp/good.json"
check "wrong setting" 1 "" 'did you mean' sim "$log" -n 1 --settings="$cli_tmp/typo.json"
check "no scheduler" 2 "" 'no scheduler "fast"' sim "$log" -n 1 -s weft,fast
check "no trace" 2 "" 'which trace' sim -n 1
check "no nodes" 2 "" 'which machine' sim "$log"
check "two traces" 2 "" 'unexpected' sim "$log" -n 1 "$log"
check "no such file" 1 "" 'No such file' sim "$cli_tmp/none" -n 1
check "empty file" 1 "" . sim "$cli_tmp/empty" -n 1
# What is odd is said once, with the first of its kind; the rest is done.
{
	echo 'JobID|User|Submit|Start|End|NNodes|AllocCPUS|AllocTRES|State'
	echo '1|u|1000|1000|1100|1|1|gres/gpu=1|COMPLETED'
	echo '2|u|900|800|1100|1|1|gres/gpu=1|COMPLETED'
	echo '2|u|1001|1001|1100|1|1|gres/gpu=1|COMPLETED'
	echo '3|u|1002|1300|1200|1|1|gres/gpu=1|COMPLETED'
	echo '4|u|1002|1300|1200|1|1|gres/gpu=1|COMPLETED'
	echo '5|u|1002|1300'
	echo '6|u|1002|1300|14x|1|1|gres/gpu=1|COMPLETED'
	echo '7|u|Unknown|1300|1400|1|1|gres/gpu=1|COMPLETED'
	echo '8|u|1003|1300|1400|1|1|gres/gpu=64|COMPLETED'
	echo '9|u|1004|1300|1400|||billing=1|COMPLETED'
	echo '10|u|1004|None|1400|1|0|gres/gpu=1|CANCELLED by 0'
} >"$cli_tmp/odd"
printf 'JobID|Submit|Start|End|NNodes|AllocCPUS|State\n1|1000|1000|1100|1|4|COMPLETED\n' >"$cli_tmp/cpus"
printf 'job_id,submit_s,gpus,runtime_s\n1,1700000000000,1,60\n' >"$cli_tmp/milli"
odd() { check "odd: $1" 0 '^3 jobs' "$2" sim "$cli_tmp/odd" -n 2 -g 4 -s fifo; }
odd "time goes back" '1 lines submitted before.*line 3, "2"'
odd "an id twice" '1 lines with an id seen before, kept .*line 4, "2"'
odd "ends before it starts" '2 lines that end before they start, skipped .*line 5, "3"'
odd "columns missing" '1 lines with too few or too many columns, skipped .*line 7, "5"'
odd "never started" '1 lines that never ran, skipped .*line 12, "10"'
odd "resized" "1 lines of resized jobs' later parts, kept .*line 3, \"2\""
odd "no number" '1 lines with a number.*skipped .*line 8, "14x"'
odd "no time" '1 lines without a submit time, skipped .*line 9, "7"'
odd "larger than the cluster" '1 jobs are larger than the machine.*8 first'
odd "asks for nothing" '1 lines that ask for nothing, skipped .*line 11, "9"'
check "odd: for machines" 0 '"runtime": ?\{ "lines": ?2, "first_line": ?5, "example": ?"3" \}' . \
	flat "$cli_tmp/odd" -n 2 -g 4 -s fifo
check "odd: no column of GPUs" 0 . 'no column of GPUs' sim "$cli_tmp/cpus" -n 1 -s fifo
check "odd: all larger" 1 "" "1 jobs are larger than the machine and left out, 1 first" \
	sim "$cli_tmp/cpus" -n 1 -g 0 --cpus 1 -s fifo
check "odd: none on CPUs" 0 '^1 jobs' '^weft sim: 1 jobs: no time limit' sim "$cli_tmp/cpus" -n 1 -g 0 -s fifo
check "odd: times in milliseconds" 1 "" '1 lines with a number, time or state that is none' \
	sim "$cli_tmp/milli" -n 1 -s fifo
# What sacct of a real slurmdbd printed: arrays, a heterogeneous job, resized,
# suspended, requeued, cancelled while they waited; and its nodes.
real() { "$weft" sim "${srcdir:-.}/tests/golden/sim/sacct.txt" -c "${srcdir:-.}/tests/golden/sim/nodes.txt" "$@"; }
check "real sacct" 0 '^35 jobs on 4 nodes with 32 GPUs' '1 lines that never ran.*22_\[1-40\]' \
	real -s weft,backfill,easy,fifo --jobs "$cli_tmp/real"
check "a resized job's later part" 0 '^weft,[0-9_+]+,82,82,89,2,' "" cat "$cli_tmp/real"
check "its first part" 0 '^weft,[0-9_+]+,89,89,107,1,' "" cat "$cli_tmp/real"
check "each group by name" 0 '"name": ?"root"' . real -s weft --json
check "constraints and types judged" 0 '"constraints_not_judged": ?0' . real -s weft --json
# One node of each type; the second and third job must wait for theirs.
cat >"$cli_tmp/typed.conf" <<'END'
ClusterName=x
GresTypes=gpu
NodeName=a CPUs=16 Gres=gpu:a100:4 Features=old
NodeName=h CPUs=16 Gres=gpu:h100:4 Features=new,ib
PartitionName=main Nodes=a,h
END
cat >"$cli_tmp/typed.csv" <<'END'
job_id,submit_s,gpus,gpu_type,constraint,runtime_s,timelimit_s
1,0,4,a100,,600,600
2,1,1,A100,,60,600
3,2,1,,old,60,600
4,3,1,,,60,600
5,4,1,v100,,60,600
6,5,1,a100,ib,60,600
7,6,1,,old&,60,600
END
typed() { sim "$cli_tmp/typed.csv" -c "$cli_tmp/typed.conf" "$@"; }
check "no such type or feature" 0 '^5 jobs' '2 jobs ask for features or a type.*left out, 5 first' \
	typed -s fifo
check "no constraint" 0 . '1 jobs have a constraint that is none.*"old&" first' typed -s fifo
typed -s weft,backfill --jobs "$cli_tmp/typed.out" >/dev/null 2>&1
check "waits for its type" 0 '^weft,2,1,600,660,1,1,600,,$' "" cat "$cli_tmp/typed.out"
check "and its feature" 0 '^weft,3,2,600,660,1,' "" cat "$cli_tmp/typed.out"
check "stock does too" 0 '^backfill,2,1,6[0-9]+,' "" cat "$cli_tmp/typed.out"
check "others pass" 0 '^weft,4,3,3,63,1,' "" cat "$cli_tmp/typed.out"
check "what is idle, by type" 0 '"gpu_types": ?\[ \{ "name": ?"a100", "gpus": ?4.0, "held": ?[0-9.]+, .* "name": ?"h100", "gpus": ?4.0' . \
	flat "$cli_tmp/typed.csv" -c "$cli_tmp/typed.conf" -s weft
check "in the table" 0 '^idle of h100 +0\.0 % fits, [0-9.]+ % not' . typed -s weft,fifo
check "a machine without types" 0 '"gpu_types_not_judged": ?4' '4 jobs ask for a type of GPU' \
	sim "$cli_tmp/typed.csv" -n 2 -g 4 -s fifo --json
check "no such column" 1 "" 'line 1: no column "gpus"' \
	sim "$cli_tmp/nogpus" -n 1
# A user's long jobs and another's short ones, one GPU, more work than time.
awk 'BEGIN {
	print "job_id,submit_s,user,gpus,runtime_s,timelimit_s"
	for (i = 0; i < 400; i++)
		printf "%d,%d,u%d,1,%d,7200\n", i, i * 90, i % 3, \
			i % 3 ? 30 : 300
}' >"$cli_tmp/two.csv"
gzip -c "$cli_tmp/two.csv" | head -c 1500 >"$cli_tmp/cut.gz"
check "gzip cut short" 0 '^[1-3][0-9]* jobs' 'cut short: its end is missing' \
	sim "$cli_tmp/cut.gz" -n 1 -g 1 -s fifo
tune() { "$weft" sim tune "$@"; }
sed 's/,7200$/,/; s/timelimit_s/x/' "$cli_tmp/two.csv" >"$cli_tmp/nolimit.csv"
check "drawn limits tell the job" 0 '"limits_drawn": ?400' . \
	sim "$cli_tmp/nolimit.csv" -n 1 -g 1 -s fifo --json
# Limits are drawn by seed: the same tells the same to the last digit.
for i in 1 1 2; do
	sim "$cli_tmp/nolimit.csv" -n 1 -g 1 --seed $i --jobs "$cli_tmp/by$i" \
		--json 2>/dev/null >"$cli_tmp/seed$i"
	[ -e "$cli_tmp/first" ] || cp "$cli_tmp/seed1" "$cli_tmp/first"
done
check "by seed" 0 "" "" cmp "$cli_tmp/seed1" "$cli_tmp/first"
check "another seed" 1 "" "" cmp -s "$cli_tmp/by1" "$cli_tmp/by2"
check "a limit for each user" 0 '"limits_of_users": ?400' "one for all of a user's" \
	sim "$cli_tmp/nolimit.csv" -n 1 -g 1 -s fifo --limits=user --json
check "and none is left" 0 '"limits_drawn": ?0' . \
	sim "$cli_tmp/nolimit.csv" -n 1 -g 1 -s fifo --limits=user --json
# All limits are an hour, so shortest first by limits is first come first served.
check "which tells no job" 0 '^wait, mean +101\.. min +101\.. min' . \
	sim "$cli_tmp/nolimit.csv" -n 1 -g 1 -s weft,fifo --limits=user
check "predictions" 0 '^last two alike( +[0-9.]+){5}  +9[0-9]\.[0-9] %' . \
	sim "$cli_tmp/two.csv" -n 1 -g 1 -s fifo --predict=off
check "errors as JSON" 0 '"within_factor_2"' . \
	sim "$cli_tmp/two.csv" -n 1 -g 1 -s weft --predict=like --json
check "tune finds predictions" 0 '"sched": \{ "predict": "' . \
	tune "$cli_tmp/two.csv" -n 1 -g 1 -t 40
tune "$cli_tmp/two.csv" -n 1 -g 1 -t 20 --seed 5 --json >"$cli_tmp/t1" 2>/dev/null
tune "$cli_tmp/two.csv" -n 1 -g 1 -t 20 --seed 5 --json >"$cli_tmp/t2" 2>/dev/null
check "tune by seed" 0 "" "" cmp "$cli_tmp/t1" "$cli_tmp/t2"
check "tune as JSON" 0 '"gained": ?true' "" cat "$cli_tmp/t1"
check "nobody waits" 3 'nobody waits in the windows' . \
	tune "$cli_tmp/two.csv" -n 1 -g 8 -t 9
check "nothing to gain" 3 'keep the settings' . \
	tune "$cli_tmp/two.csv" -n 1 -g 8 -t 9
check "too few jobs" 1 "" 'too few for 10 windows' tune "$log" -n 1
check "tune what" 2 "" 'which trace' tune -n 1
check "tune for what" 2 "" 'objective' tune "$log" -n 1 -o luck
check "tune help" 0 '^usage: weft sim tune' "" tune --help
check "help" 0 '^usage: weft sim TRACE' "" sim --help
cli_end
