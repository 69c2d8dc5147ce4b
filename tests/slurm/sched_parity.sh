#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# sched_parity.sh - who may start, and what keeps the others: as with stock
#
# Two sandboxes alike, Weft's and a stock one, with accounting; in both the
# same scenes are played at the same time: preemption by QOS, limits of QOS and
# of associations, licences, reservations (maintenance, flex, of licences),
# suspended and requeued jobs, partitions, dependencies.  A line of a scene
# says what must become of a job, its state and the reason that Slurm shows; it
# is checked in both columns, so that a wrong expectation of stock Slurm is seen
# as well as a difference.
#
# Where several jobs wait, the text of Resources and Priority depends on when
# each scheduler last looked: "waits" stands for either.
. "${srcdir:-.}/tests/slurm/lib.sh"

scenes="resv life" dbd=
if command -v slurmdbd >/dev/null && command -v mariadbd >/dev/null; then
	scenes="preempt qos assoc resv life" dbd=--slurmdbd
fi

waits='PENDING (Resources|Priority|None)'
# Stock has both words for others' reservations, as it happened to look.
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
	wait_for 30 known -A minutes -q min -n1
}

column()
{
	t_count=0
	[ -z "$dbd" ] || accounts || not_ok "slurmctld knows the accounts" "$(sx sacctmgr -n list assoc format=account,user,qos%60)"
	for scene in $scenes; do
		"scene_$scene"
		note "$scene: $SECONDS s"
	done
}

# ---- both ----------------------------------------------------------------------

cat >"$t_dir/extra.conf" <<END
${dbd:+AccountingStorageEnforce=limits,qos
AccountingStorageTRES=gres/gpu
PreemptType=preempt/qos
PreemptMode=REQUEUE}
PriorityType=priority/multifactor
PriorityWeightQOS=1000
JobRequeue=1
MinJobAge=600
Licenses=matlab:2
SchedulerParameters=batch_sched_delay=0,sched_interval=2,sched_min_interval=0,bf_interval=1
PartitionName=down Nodes=node3 State=DOWN
PartitionName=narrow Nodes=ALL MaxNodes=1 MaxTime=40
END
# shellcheck disable=SC2086  # no option, or one
start() { sb_start --nodes 4 --gpus 4 $dbd --conf-extra "$t_dir/extra.conf" "$@"; }
t_names=("test-$$-1")	# the other's
(trap - EXIT; t_names=(); start --plugins off) &
t_serial=1
start
ours=$sb
wait
stock=test-$$-1
note "started: $SECONDS s"
(trap - EXIT; sb_use "$stock"; column >"$t_dir/stock.tap") &
(trap - EXIT; sb_use "$ours"; column >"$t_dir/weft.tap") &
wait
[ -n "$dbd" ] || skip "preemption by QOS, limits of QOS and accounts" "no slurmdbd or no MariaDB here"
told() { grep '^# told: ' "$t_dir/$1.tap" | sort; }
note "where they tell another reason (stock, then Weft):"
comm -3 <(told stock) <(told weft) | sed 's/^\t/    /; s/# told: //; s/^/# /'
for i in stock weft; do
	while read -r line; do
		case $line in
		ok*) ok "$i: ${line#* - }" ;;
		not*) not_ok "$i: ${line#* - }" ;;
		"# told: "*) ;;
		*) echo "$line" ;;
		esac
	done <"$t_dir/$i.tap"
done
t_end
