#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# sched_storm.sh - everything at once: what a cycle has seen is gone before it
# is over
#
# Between two holds of slurmctld's locks the plugin keeps names, never
# pointers.  Here arrays are cancelled while they are planned, partitions
# deleted with jobs in them, slurm.conf and weft.json read again while jobs
# come, change and go, reservations taken away from under their jobs.
# slurmctld must be the same process at the end and still schedule.
#
# Where the plugin was built with --enable-sanitizers, slurmctld runs with
# libasan and libubsan preloaded, and what they say is a failure: an error of
# any code in that process, a leak of ours.  Otherwise memory that was given
# back is overwritten, so that a stale pointer shows.
#
# Takes minutes: only with WEFT_TEST_LONG.  WEFT_TEST_SEED: another storm.
. "${srcdir:-.}/tests/slurm/private.sh"

[ -n "${WEFT_TEST_LONG:-}" ] || skip_all "slow: WEFT_TEST_LONG=1 asks for it"
seed=${WEFT_TEST_SEED:-$((RANDOM * 32768 + RANDOM))}
RANDOM=$((seed % 32768))
sanitizers=$(ldd "$WEFT_BUILD/.libs/sched_weft.so" |
	sed -nE 's/.*=> (.*lib(asan|ubsan)\.so[^ ]*).*/\1/p' | tr '\n' ' ')
say "WEFT_TEST_SEED=$seed; sanitizers: ${sanitizers:-none}"

slurmctld()
{
	if [ -n "$sanitizers" ]; then
		LD_PRELOAD=$sanitizers UBSAN_OPTIONS="print_stacktrace=1:log_path=$private/log/sanitizer" \
			ASAN_OPTIONS="detect_leaks=1:log_path=$private/log/sanitizer:malloc_context_size=20" \
			command slurmctld "$@"
	else
		GLIBC_TUNABLES=glibc.malloc.perturb=165 command slurmctld "$@"
	fi
}

# A request that a storm may well make impossible.
try() { timeout 20 "$@" >/dev/null 2>&1; }
a_moment() { sleep "0.$((RANDOM % 9))"; }
put() { sbatch -Q --parsable --mem=10 -t 5 -o /dev/null "$@" 2>/dev/null; }
any_node() { echo "n$((RANDOM % 16 + 1))"; }

# The same process from beginning to end; scontrol reconfigure forks a new one
# from 23.11 on, which must then not have died either.
alive()
{
	try squeue -h || return
	case $release in
	22.05) [ "$(private_slurmctld)" = "$first" ] ;;
	*) ! grep -q 'Caught signal\|fatal:' "$private/log/slurmctld.log" ;;
	esac
}

storm_arrays()
{
	local i id

	for i in 1 2 3 4 5 6; do
		id=$(put --array=0-999 "--gpus-per-node=$((i % 4 + 1))" --wrap "sleep 1")
		a_moment
		try scancel "$id"
	done
}

storm_partitions()
{
	local i k

	for i in 1 2 3 4 5 6 7 8; do
		try scontrol create "partitionname=gone$i" nodes='n[1-16]' state=up
		for k in 1 2 3 4 5 6; do
			put -p "gone$i,main" --gpus-per-node=8 "-N$k" --wrap "sleep 2"
		done
		put -p "gone$i" --array=0-99 --gpus=3 --wrap "sleep 1"
		a_moment
		try scontrol delete "partitionname=gone$i"
		squeue -h -p "gone$i" -o %A 2>/dev/null | sort -u | xargs -r timeout 20 scancel 2>/dev/null
		a_moment
		try scontrol delete "partitionname=gone$i"
	done >/dev/null
}

storm_settings()
{
	local i k pids

	for i in {1..20}; do
		case $((i % 5)) in
		0) echo '{ "bridge": { "slice_msec": 5 }, "sched": { "order": "priority" } }' ;;
		1) echo '{ "bridge": { "start_at_submit": true } }' ;;
		2) echo '{ broken' ;;
		3) echo '{ "sched": { "predict": "user" } }' ;;
		4) echo '{}' ;;
		esac >"$private/weft.json"
		pids=
		for k in 1 2 3; do
			(put "--gpus=$k" --wrap "sleep 0.2"; try srun --immediate -n1 --mem=10 true) >/dev/null &
			pids="$pids $!"
		done
		try scontrol reconfigure &
		pids="$pids $!"
		try scontrol update "nodename=$(any_node)" state=drain reason=storm
		try scontrol update "nodename=$(any_node)" state=resume
		# shellcheck disable=SC2086  # a list of numbers
		wait $pids
	done
	try scontrol update nodename=ALL state=resume
}

storm_shrinking()
{
	local i

	for i in 1 2 3 4; do
		sed -i.was 's/^PartitionName=b .*/PartitionName=b Nodes=n[5-9]/; s/^PartitionName=c .*/PartitionName=c Nodes=n1/' "$private/slurm.conf"
		try scontrol reconfigure
		put -p b --array=0-50 --gpus=3 --wrap "sleep 0.3"
		mv "$private/slurm.conf.was" "$private/slurm.conf"
		try scontrol reconfigure
	done >/dev/null
}

storm_reservations()
{
	local i at

	for i in {1..20}; do
		at=$((i % 8 + 1))
		try scontrol create "reservationname=r$i" users=root "nodes=n[$at-$((at + 3))]" \
			starttime=now duration=1 flags=ignore_jobs,overlap
		put --reservation="r$i" --gpus=2 --array=0-20 --wrap "sleep 0.2"
		a_moment
		squeue -h -O jobarrayid:20,reservation:20 | awk -v r="r$i" '$2 == r { sub(/_.*/, "", $1); print $1 }' |
			sort -u | xargs -r timeout 20 scancel 2>/dev/null
		try scontrol delete "reservation=r$i"
	done >/dev/null
}

storm_changes()
{
	local i id

	for i in {1..36}; do
		id=$(put "-N$((RANDOM % 16 + 1))" "--gpus-per-node=$((RANDOM % 8 + 1))" --wrap "sleep 0.5")
		case $((i % 6)) in
		0) try scontrol update "jobid=$id" numnodes=2 ;;
		1) try scontrol hold "$id"; try scontrol release "$id" ;;
		2) try scontrol update "jobid=$id" partition=a,b,c ;;
		3) try scontrol update "jobid=$id" gres=gpu:8 ;;
		4) try scontrol requeue "$id" ;;
		5) try scontrol suspend "$id"; try scontrol resume "$id" ;;
		esac
	done
}

empty() { scancel -u "$(id -un)" 2>/dev/null; [ -z "$(squeue -h)" ]; }

private_auth=cred_expire=15
private_start storm 16 8 sched/weft JobSubmitPlugins=weft MinJobAge=10 MaxArraySize=2001 \
	PreemptType=preempt/partition_prio PreemptMode=REQUEUE \
	'PartitionName=a Nodes=n[1-8] PriorityTier=1' \
	'PartitionName=b Nodes=n[5-16] PriorityTier=5' \
	'PartitionName=c Nodes=ALL'
release=$(slurmctld -V | sed -n 's/^[^ ]* \([0-9]*\.[0-9]*\).*/\1/p')
first=$(private_slurmctld)
for storm in arrays partitions settings shrinking reservations changes; do
	"storm_$storm"
	check "slurmctld lives ($storm, $SECONDS s)" private_wait 60 alive
done
check "the queue runs empty" private_wait 120 empty
check "it still schedules" timeout 60 srun -n1 --mem=10 -Q true
is_none "its books add up" "$(grep -E 'underflow|the cycle is skipped' "$private/log/slurmctld.log")"

# Leaks are told when the process ends.
pid=$(private_slurmctld)
kill "$pid"
private_wait 120 eval "! kill -0 $pid 2>/dev/null"
is_none "no sanitizer has anything to say" "$(awk -v RS= \
	'/ERROR: AddressSanitizer|runtime error:/ || /leak of/ && /weft_/' "$private"/log/sanitizer.* 2>/dev/null)"
finish
