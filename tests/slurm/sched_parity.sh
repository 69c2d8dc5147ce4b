#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# sched_parity.sh - who may start, and what keeps the others: as with stock
#
# Sandboxes in pairs alike, Weft's and a stock one; in both of a pair the same
# scenes are played at the same time.  A line of a scene says what must become
# of a job, its state and the reason that Slurm shows; it is checked in both
# columns, so that a wrong expectation of stock Slurm is seen as well as a
# difference.
#
#   limits    preempt/qos, limits of QOS and of associations (with accounting),
#             licences, reservations (maintenance, flex, of licences), held,
#             suspended and requeued jobs, partitions, dependencies
#   sharing   preempt/partition_prio with SUSPEND,GANG, OverSubscribe, nodes
#             that save power or are dynamic (these two, a minute more, only
#             with WEFT_TEST_LONG)
#
# At the end the two of the first pair become a federation: each has every
# pending job, and only one may start it.
#
# Where several jobs wait, the text of Resources and Priority depends on when
# each scheduler last looked: "waits" stands for either.
. "${srcdir:-.}/tests/slurm/lib.sh"

limits="resv life" sharing="share gang${WEFT_TEST_LONG:+ power dynamic}" dbd=
if command -v slurmdbd >/dev/null && command -v mariadbd >/dev/null; then
	limits="preempt qos assoc resv life" dbd=--slurmdbd
fi

waits='PENDING (Resources|Priority|None)'
runs='RUNNING None'
# Stock has all of these for nodes that are others', as it happened to look.
reserved='PENDING (ReqNodeNotAvail.*|Reservation|Resources|Priority)'
declare -A id

# ---- one column ----------------------------------------------------------------

job() { local name=$1; shift; id[$name]=$(submit -J "$name" -t 30 --mem=10 "$@" --wrap "${command:-sleep 600}"); }
gpus() { job "$1" -n1 --gres=gpu:"$2" "${@:3}"; }
now_is() { local got; got="$(sx squeue -h -t all -o '%T %r' -j "$1" 2>/dev/null | head -n 1)"; last=$got; grep -Eqx -- "$2" <<<"$got"; }

# want NAME JOB REGEX: of state and reason, soon
want()
{
	if wait_for 40 now_is "${id[$2]:-0}" "$3"; then ok "$1"; else not_ok "$1" "job $2 is: $last, not: $3
$(log | grep -E "JobId=${id[$2]:-0}[ (]" | tail -n 4)
$(sx sinfo -h -N -o '%N %T %E')"; fi
	echo "# told: $1: $last"
}

# After a later job has run, the queue was looked at: what should wait waits.
stays()
{
	command=true job after -w node3 -n1
	want "$1 (the queue was looked at)" after 'COMPLETED None'
	want "$1" "$2" "$3"
}

all_gone() { [ -z "$(sx squeue -h)" ]; }
sweep() { sx scancel -u "$(id -un)" 2>/dev/null; wait_for 40 all_gone; }
manage() { sx sacctmgr -i -Q "$@" >/dev/null 2>&1; }
known() { sx sbatch --test-only "$@" --wrap true; }

# Jobs of node3 are left for stays().
scene_preempt()
{
	gpus low 4 -w node0 -q low
	gpus gone 4 -w node1 -q gone
	gpus safe 4 -w node2
	want "a job of a low QOS runs" low 'RUNNING None'
	want "and one of a QOS to cancel" gone 'RUNNING None'
	want "and one that nobody preempts" safe 'RUNNING None'
	gpus high 4 -w node0 -q high
	want "preempt/qos: the better QOS runs" high 'RUNNING None'
	want "the other is requeued and waits" low "PENDING (Resources|Priority|BeginTime|None)"
	is "once" "$(field "${id[low]}" Restarts)" 1
	gpus high2 4 -w node1 -q high
	want "where it is to be cancelled too" high2 'RUNNING None'
	want "the other is gone" gone 'PREEMPTED .*'
	gpus high3 4 -w node2 -q high
	stays "an equal QOS is not preempted" high3 "$waits"
	want "it runs on" safe 'RUNNING None'
	sweep
}

scene_qos()
{
	gpus one 1 -q one
	want "MaxJobsPU: the first runs" one 'RUNNING None'
	gpus one2 1 -q one
	want "the second waits" one2 'PENDING QOSMaxJobsPerUserLimit'
	gpus two 2 -q gpus
	want "MaxTRESPU: two GPUs run" two 'RUNNING None'
	gpus two2 1 -q gpus
	want "a third waits" two2 'PENDING QOSMaxGRESPerUser'
	gpus grp 2 -q group
	want "GrpTRES: two of three GPUs run" grp 'RUNNING None'
	gpus grp2 2 -q group
	want "two more wait" grp2 'PENDING QOSGrpGRES'
	gpus grp3 1 -q group
	want "one more runs, past the one that waits" grp3 'RUNNING None'
	gpus big 3 -q perjob
	want "MaxTRESPerJob" big 'PENDING (QOSMaxGRESPerJob|QOSMaxGRES)'
	gpus long 1 -q wall
	want "MaxWall" long 'PENDING QOSMaxWallDurationPerJobLimit'
	gpus min 1 -q min
	want "MinTRESPerJob" min 'PENDING QOSMinGRES'
	stays "the second still waits" one2 'PENDING QOSMaxJobsPerUserLimit'
	sx scancel "${id[one]}"
	want "it runs when the first has gone" one2 'RUNNING None'
	sweep
}

scene_assoc()
{
	gpus a 2 -A small
	want "an account's GrpTRES: two GPUs run" a 'RUNNING None'
	gpus a2 1 -A small
	want "a third waits" a2 'PENDING AssocGrpGRES'
	gpus b 1 -A few
	want "an account's MaxJobs: the first runs" b 'RUNNING None'
	gpus b2 1 -A few
	want "the second waits" b2 'PENDING AssocMaxJobsLimit'
	gpus c 1 -A root
	want "the other account is free" c 'RUNNING None'
	job minutes -n2 -A minutes -t 100
	want "GrpTRESRunMins" minutes 'PENDING AssocGrpCPURunMinutesLimit'
	sx scancel "${id[a]}" "${id[b]}"
	want "the account's next runs" a2 'RUNNING None'
	want "the other account's, too" b2 'RUNNING None'
	sweep
}

reserve() { sx scontrol create reservation reservationname="$1" users=root "${@:2}" >/dev/null || not_ok "reservation $1"; }
release() { sx scontrol delete reservation="$1" >/dev/null || not_ok "reservation $1 goes"; }

scene_resv()
{
	reserve mine nodes=node0 starttime=now duration=60
	reserve maint nodes=node1 starttime=now+20minutes duration=60 flags=maint,ignore_jobs
	reserve bend nodes=node2 starttime=now duration=60 flags=flex
	reserve later nodes=node3 starttime=now+1day duration=60
	reserve lic starttime=now duration=60 licenses=matlab:1 nodecnt=0 flags=license_only
	gpus in 4 --reservation=mine
	want "a job in its reservation runs" in 'RUNNING None'
	is "on its node" "$(field "${id[in]}" NodeList)" node0
	gpus in2 1 --reservation=mine
	want "the next in it waits" in2 "$waits"
	gpus out 1 -w node0
	want "who is outside waits for the reservation" out "$reserved"
	gpus before 1 -w node1 -t 10
	want "maintenance later: a short job runs before it" before 'RUNNING None'
	gpus over 1 -w node1 -t 40
	want "a longer one waits" over "$reserved"
	job flex -N2 -n2 --reservation=bend --gres=gpu:1
	want "flex: a job reaches beyond its reservation" flex 'RUNNING None'
	gpus early 1 --reservation=later
	want "a reservation that is not yet" early 'PENDING Reservation'
	job lic -n1 -L matlab:1
	want "a licence that is not reserved" lic 'RUNNING None'
	job lic2 -n1 -L matlab:1
	want "the reserved one is not for all" lic2 'PENDING (Licenses|Reservation)'
	stays "it stays so" over "$reserved"
	want "and outside" out "$reserved"
	sx scancel "${id[early]}" "${id[lic2]}"
	sweep
	for i in mine maint bend later lic; do release $i; done
}

one_runs() { [ "$(sx squeue -h -r -t R -n array | wc -l)" -eq 1 ]; }

scene_life()
{
	gpus sus 4 -w node0
	want "a job runs" sus 'RUNNING None'
	sx scontrol suspend "${id[sus]}"
	want "it is suspended" sus 'SUSPENDED None'
	job cpus -n1 -w node0
	want "its CPUs are free for others" cpus 'RUNNING None'
	gpus held 1 -w node0
	stays "its GPUs are not" held "$waits"
	sx scontrol resume "${id[sus]}"
	want "it goes on" sus 'RUNNING None'
	sx scontrol requeue "${id[sus]}"
	want "requeued: who waited runs" held 'RUNNING None'
	want "the other waits for its credential to expire" sus 'PENDING BeginTime'
	sx scontrol requeuehold "${id[held]}"
	want "requeued and held" held 'PENDING (job requeued in held state|JobHeldUser|JobHeldAdmin)'
	sx scontrol release "${id[held]}"
	want "released: it waits likewise" held 'PENDING BeginTime'
	gpus full 4 -w node0
	want "others run meanwhile" full 'RUNNING None'
	command="exit 1" job bad -n1
	want "a job fails" bad 'FAILED NonZeroExitCode'
	job never -n1 -d "afterok:${id[bad]}"
	want "its dependent never runs" never 'PENDING DependencyNeverSatisfied'
	job single -n1 -d singleton
	command=true job single2 -n1
	want "a job at a time of one name" single 'RUNNING None'
	job hold -n1 -H
	want "a held job" hold 'PENDING JobHeldUser'
	job begin -n1 -b now+1hour
	want "a begin time" begin 'PENDING BeginTime'
	job array -n1 --array=0-3%1
	want "a task of an array at a time" array "(RUNNING|PENDING) (None|JobArrayTaskLimit)"
	check "one runs" wait_for 40 one_runs
	job down -n1 -p down
	want "a partition that is down" down 'PENDING PartitionDown'
	sx scontrol update partitionname=down state=inactive
	want "or inactive" down 'PENDING PartitionInactive'
	sx scontrol update partitionname=down state=down
	job wide -N2 -n2 -p narrow
	want "more nodes than it may have" wide 'PENDING PartitionNodeLimit'
	job wall -n1 -p narrow -t 60
	want "longer than it may last" wall 'PENDING PartitionTimeLimit'
	job dead -n1 -w node0 --gres=gpu:4 -t 1 --deadline=now+70
	want "a deadline that it cannot keep any more" dead 'PENDING .*|DEADLINE .*'
	sx scontrol update nodename=node1 state=drain reason=test
	job drained -n1 -w node1
	want "a drained node" drained 'PENDING ReqNodeNotAvail.*'
	stays "still" drained 'PENDING ReqNodeNotAvail.*'
	sx scontrol update nodename=node1 state=resume
	want "until it is back" drained 'RUNNING None'
	sweep
}

# Both of gang scheduling's turns.
shares='(RUNNING|SUSPENDED) None'

scene_share()
{
	job f1 -n16 -p force
	want "OverSubscribe=FORCE:2: a job takes the node" f1 "$shares"
	job f2 -n16 -p force
	want "another shares it" f2 "$shares"
	job f3 -n16 -p force
	stays "a third waits" f3 "$waits"
	job main -n1 -w node0
	stays "and who does not share" main "$reserved"
	sweep
	job s1 -n16 -p shared --oversubscribe
	want "OverSubscribe=YES:2: a job that would share" s1 "$shares"
	job s2 -n16 -p shared --oversubscribe
	want "shares" s2 "$shares"
	job s3 -n16 -p shared
	stays "one that would not waits" s3 "$waits"
	sweep
	job e1 -n1 -p alone
	want "OverSubscribe=EXCLUSIVE: a small job" e1 "$runs"
	job e2 -n1 -p alone
	stays "has the node for itself" e2 "$waits"
	job e3 -n1 -w node0
	stays "against other partitions, too" e3 "$reserved"
	sweep
	job u1 -n1 -w node0 --exclusive=user
	want "--exclusive=user: a job" u1 "$runs"
	job u2 -n1 -w node0 --exclusive=user
	want "shares with its user's" u2 "$runs"
	sweep
}

scene_gang()
{
	job low -n16 -p low
	want "a job of a low partition runs" low "$runs"
	job high -n16 -p high
	want "SUSPEND: the high partition's runs" high "$runs"
	want "the low one's is suspended" low 'SUSPENDED None'
	job low2 -n16 -p low
	stays "the next low one waits" low2 "$waits"
	sx scancel "${id[high]}"
	want "the first goes on" low "$runs"
	gpus lowgpu 4 -p low -n1
	stays "the next by GPUs waits likewise" lowgpu "$waits"
	sx scancel "${id[low]}" "${id[low2]}"
	want "and runs" lowgpu "$runs"
	gpus highgpu 4 -p high
	stays "GPUs are not taken from a job by suspending it" highgpu "$waits"
	want "it runs on" lowgpu "$runs"
	sweep
}

node_is() { sx scontrol show node -o "$1" | sed -n 's/.* State=\([^ ]*\).*/\1/p' | grep -Eq "$2"; }

scene_power()
{
	sx scontrol update nodename=node2 state=power_down
	check "a node is powered down" wait_for 60 node_is node2 POWERED_DOWN
	gpus wake 4 -w node2
	want "a job wakes it" wake '(CONFIGURING|RUNNING) None'
	is "and has it" "$(field "${id[wake]}" NodeList)" node2
	gpus next 1 -w node2
	want "it runs when the node has come" wake "$runs"
	stays "the next waits" next "$waits"
	sweep
}

dynamic() { mkdir -p "$sb_dir/tmp/$1" && sx slurmd -Z -N "$1" --conf "CPUs=16 RealMemory=4000 Gres=gpu:4" 2>/dev/null; }
ended() { ! kill -0 "$1" 2>/dev/null; }
dynamic_end() { local pid; pid=$(<"$sb_dir/run/slurmd.$1.pid"); kill "$pid"; wait_for 60 ended "$pid"; }
forget() { sx scontrol update "nodename=$1" state=down reason=gone && sx scontrol delete "nodename=$1"; }

# All dynamic slurmds of a Slurm have one port, so one at a time.
scene_dynamic()
{
	dynamic dyn0
	check "a dynamic node comes" wait_for 60 node_is dyn0 IDLE
	gpus dyn 4 -w dyn0
	want "a job takes its GPUs" dyn "$runs"
	gpus dyn2 1 -w dyn0
	stays "the next waits" dyn2 "$waits"
	sx scancel "${id[dyn]}" "${id[dyn2]}"
	check "it is idle again" wait_for 60 node_is dyn0 '^IDLE\+DYNAMIC_NORM$'
	check "its slurmd ends" dynamic_end dyn0
	dynamic dyn1
	check "another comes" wait_for 60 node_is dyn1 IDLE
	check "the first is forgotten" forget dyn0
	gpus beyond 4 -w dyn1
	want "a job beyond the hole runs" beyond "$runs"
	job every -N5 -n5 --gres=gpu:4
	want "one for every node waits" every "$waits"
	sx scancel "${id[beyond]}"
	want "and has them all" every "$runs"
	sweep
	check "the second goes" dynamic_end dyn1
	check "and is forgotten" forget dyn1
	gpus after 4 -w node0
	want "the nodes that were there go on" after "$runs"
	sweep
}

# ---- the two together ------------------------------------------------------------

synced() { sx scontrol show federation | grep -q 'Synced:Yes'; }
box() { sb_use "test-$$-$1"; }

# What was pending on both before either could start it.
federation()
{
	local i
	local script="echo \$SLURM_JOB_ID \$SLURM_CLUSTER_NAME >>$t_dir/federated; sleep 1"

	sx sacctmgr -i add federation fed "clusters=test-$$-1,test-$$-2" >/dev/null
	for i in 1 2; do
		box $i
		check "federation: cluster $i is in step" wait_for 60 synced
		sx scontrol update partitionname=main state=down
	done
	for i in {1..12} ; do
		box $((i % 2 + 1))
		command=$script gpus "fed$i" $((i % 4 + 1))
	done
	for i in 1 2; do
		box $i
		sx scontrol update partitionname=main state=up
	done
	for i in 1 2; do
		box $i
		check "federation: no job is left on cluster $i" wait_for 60 all_gone
	done
	is "federation: each of 12 jobs ran once" "$(cut -d' ' -f1 "$t_dir/federated" | sort | uniq -c | awk '{ print $1 }' | sort | uniq -c | xargs)" "12 1"
	is "federation: on either cluster" "$(cut -d' ' -f2 "$t_dir/federated" | sort -u | xargs)" "test-$$-1 test-$$-2"
	sx sacctmgr -i delete federation fed >/dev/null
}

# ---- their settings ----------------------------------------------------------------

# Limits that the scenes speak of.
accounts()
{
	manage add account small few minutes
	manage modify account small set GrpTRES=gres/gpu=2
	manage modify account few set MaxJobs=1
	manage modify account minutes set GrpTRESRunMins=cpu=150
	for i in low gone high one gpus group perjob wall min; do manage add qos $i; done
	manage modify qos high set Preempt=low,gone Priority=100
	manage modify qos low set PreemptMode=requeue
	manage modify qos gone set PreemptMode=cancel
	manage modify qos one set MaxJobsPU=1
	manage modify qos gpus set MaxTRESPU=gres/gpu=2
	manage modify qos group set GrpTRES=gres/gpu=3
	manage modify qos perjob set MaxTRESPerJob=gres/gpu=2
	manage modify qos wall set MaxWall=10
	manage modify qos min set MinTRESPerJob=gres/gpu=2
	for i in small few minutes root; do
		manage add user "$(id -un)" account=$i
		manage modify user "$(id -un)" where account=$i set qos=normal,low,gone,high,one,gpus,group,perjob,wall,min
	done
	manage modify user "$(id -un)" set defaultaccount=root
	for i in 1 2; do
		box $i
		wait_for 30 known -A minutes -q min -n1 || return
	done
}

column()	# SCENE...
{
	local scene

	t_count=0
	for scene; do
		"scene_$scene"
		note "$scene: $SECONDS s"
	done
}

# The first has the slurmdbd that the second uses.
settings_limits()	# BOX
{
	local first=$t_dir/weft-sandbox/test-$$-1

	[ -z "$dbd" ] || cat <<-END
	AccountingStorageEnforce=limits,qos
	AccountingStorageTRES=gres/gpu
	PreemptType=preempt/qos
	PreemptMode=REQUEUE
	END
	[ -z "$dbd" ] || [ "$1" = 1 ] || cat <<-END
	AuthInfo=socket=$first/run/munge.socket
	AccountingStorageType=accounting_storage/slurmdbd
	AccountingStorageHost=127.0.0.1
	$(grep '^AccountingStorage\(Port\|Pass\)' "$first/etc/slurm.conf")
	END
	cat <<-END
	PartitionName=down Nodes=node3 State=DOWN
	PartitionName=narrow Nodes=ALL MaxNodes=1 MaxTime=40
	END
}

# A node that is woken is a slurmd that says it has just booted.  The old one has
# its port until its end, which comes long after that of its pid file.
settings_sharing()	# BOX
{
	local dir=$t_dir/weft-sandbox/test-$$-$1

	cat >"$t_dir/suspend-$1" <<-END
	#!/bin/sh
	exit 0
	END
	cat >"$t_dir/resume-$1" <<-END
	#!/bin/sh
	export WEFT_SANDBOX_DAEMON=$dir SLURM_CONF=$dir/etc/slurm.conf PATH=$PATH
	for node in \$(scontrol show hostnames "\$1"); do
		pid=\$(cat "$dir/run/slurmd.\$node.pid")
		kill \$pid
		while kill -0 \$pid; do sleep 0.1; done
		setsid slurmd -D -b -N "\$node" </dev/null >/dev/null 2>&1 &
	done
	END
	chmod 0755 "$t_dir/suspend-$1" "$t_dir/resume-$1"
	cat <<-END
	PreemptType=preempt/partition_prio
	PreemptMode=SUSPEND,GANG
	SchedulerTimeSlice=5
	SuspendProgram=$t_dir/suspend-$1
	ResumeProgram=$t_dir/resume-$1
	SuspendTimeout=1
	ResumeTimeout=600
	SuspendTime=36000
	MaxNodeCount=8
	SlurmdPort=$((27000 + $1))
	PartitionName=force Nodes=node0 OverSubscribe=FORCE:2
	PartitionName=shared Nodes=node0 OverSubscribe=YES:2
	PartitionName=alone Nodes=node0 OverSubscribe=EXCLUSIVE
	PartitionName=low Nodes=node1 PriorityTier=1
	PartitionName=high Nodes=node1 PriorityTier=10 PreemptMode=OFF
	END
}

start()	# BOX SETTINGS OPTION...
{
	{
		cat <<-END
		PriorityType=priority/multifactor
		PriorityWeightQOS=1000
		JobRequeue=1
		MinJobAge=600
		Licenses=matlab:2
		SchedulerParameters=batch_sched_delay=0,sched_interval=2,sched_min_interval=0,bf_interval=1
		END
		"settings_$2" "$1"
	} >"$t_dir/extra-$1.conf"
	t_serial=$(($1 - 1))
	sb_start --nodes 4 --gpus 4 --conf-extra "$t_dir/extra-$1.conf" "${@:3}"
}

play()	# BOX NAME SCENE...
{
	(trap - EXIT; box "$1"; column "${@:3}" >"$t_dir/$2.tap") &
}

# ---- all -----------------------------------------------------------------------

t_names=("test-$$-4" "test-$$-3" "test-$$-2" "test-$$-1")
(trap - EXIT; t_names=(); start 3 sharing) &
(trap - EXIT; t_names=(); start 4 sharing --plugins off) &
# shellcheck disable=SC2086  # no option, or one
(trap - EXIT; t_names=(); start 1 limits $dbd && start 2 limits --plugins off)
wait
note "started: $SECONDS s"
box 1
[ -z "$dbd" ] || accounts || not_ok "slurmctld knows the accounts" "$(sx sacctmgr -n list assoc format=account,user,qos%60)"
# shellcheck disable=SC2086  # lists of words
{
	play 1 weft $limits
	play 2 stock $limits
	play 3 weft-sharing $sharing
	play 4 stock-sharing $sharing
}
wait
for i in weft stock weft-sharing stock-sharing; do
	while read -r line; do
		case $line in
		ok*) ok "${i%-*}: ${line#* - }" ;;
		not*) not_ok "${i%-*}: ${line#* - }" ;;
		"# told: "*) ;;
		*) echo "$line" ;;
		esac
	done <"$t_dir/$i.tap"
done
told() { cat "$t_dir/$1.tap" "$t_dir/$1-sharing.tap" | grep '^# told: ' | sort; }
note "where they tell another reason (stock, then Weft):"
comm -3 <(told stock) <(told weft) | sed 's/^\t/    /; s/# told: //; s/^/# /'
if [ -n "$dbd" ]; then
	federation
else
	skip "preemption by QOS, limits of QOS and accounts, federation" "no slurmdbd or no MariaDB here"
fi
t_end
