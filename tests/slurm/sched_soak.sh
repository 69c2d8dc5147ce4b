#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# sched_soak.sh - many short jobs while everything around them goes wrong
#
# Jobs of mixed GPU counts, single, in arrays, over two nodes, of two components
# and some that preempt whoever has the node they want, are submitted while jobs
# are cancelled and requeued, nodes go down and come back, slurmctld is told to
# reconfigure, and is killed.  Then, judged from what the jobs wrote
# (records.sh): none is lost, none ran twice without a requeue, no GPU had two
# at once; and slurmctld, from a warm-up after its last restart to the end,
# leaked nothing.
#
# A few hundred jobs on 8 nodes; with WEFT_TEST_LONG 10,000 on 64 nodes.
# WEFT_TEST_SEED: another walk; WEFT_TEST_SCHEDULER: sched/backfill to compare.
#
# The walk is in parts: submit some, and then perhaps one event.  Kills happen
# in the first half.  The second is one process of slurmctld from beginning to
# end (from 24.11 on also without reconfigure, which there is a new process);
# its memory is compared between two like states: no jobs are left (the short
# walk, which has no time for that, looks for large leaks only).  What the kernel
# counts swings by 10 MiB, with any scheduler: each thread that was ever busy at
# the same time as others has left malloc an arena of free pieces.  So the long
# walk asks malloc itself how much is in use (weigh.c).
. "${srcdir:-.}/tests/slurm/private.sh"
. "${srcdir:-.}/tests/slurm/records.sh"

seed=${WEFT_TEST_SEED:-$((RANDOM * 32768 + RANDOM))}
scheduler=${WEFT_TEST_SCHEDULER:-sched/weft}
if [ -n "${WEFT_TEST_LONG:-}" ]; then
	jobs=10000 nodes=64 gpus=8 events=160 kills=4 grown_mib=24 in_use_kib=1024 patience=1800
else
	jobs=300 nodes=8 gpus=4 events=24 kills=1 grown_mib=32 patience=300
fi
say "WEFT_TEST_SEED=$seed; $jobs jobs, $nodes nodes with $gpus GPUs, $scheduler"
RANDOM=$((seed % 32768))
slurmctld()
{
	LD_PRELOAD=$WEFT_BUILD/.libs/weft_weigh.so WEFT_WEIGH=$private/tmp/malloc \
		command slurmctld "$@"
}

# A requeued job waits for its credential to expire, two minutes by default.  An
# srun that got no answer in time asks for its step again and waits for ever for
# what the first step has: MessageTimeout.
private_auth=cred_expire=15
private_start soak "$nodes" "$gpus" "$scheduler" MinJobAge=10 MessageTimeout=90 \
	DebugFlags=NO_CONF_HASH ReturnToService=1 \
	PreemptType=preempt/partition_prio PreemptMode=REQUEUE \
	'PartitionName=first Nodes=ALL PriorityTier=10 PreemptMode=OFF MaxTime=INFINITE'
records_start
submitted=0
batch=0
down=
killed=0
cancelled=0 downs=0 reconfigures=0 requeues=0 deaths=0
alive=$(private_slurmctld)

# A number below $1, of the seeded series, in $pick.
pick() { pick=$(((RANDOM * 32768 + RANDOM) % $1)); }

# ---- the jobs ------------------------------------------------------------------

submit_some()
{
	local name=j$batch count=1 request want length id i components=()

	batch=$((batch + 1))
	pick "$gpus"
	want=$((pick + 1))
	pick 20
	length=0.$((pick + 1))
	request=(-n1 --mem=10 "--gpus-per-node=$want")
	pick 10
	case $pick in
	0) request=(-N2 --mem=10 "--gpus-per-node=$want"); length="$length srun" ;;
	1) request=(-n1 --mem=10) ;;
	2) request=(-n1 --mem=10 "--gpus=$want" --exclusive) ;;
	3 | 4 | 5)
		pick 30
		count=$((pick + 5))
		request+=("--array=0-$((count - 1))")
		;;
	6)
		components=(: -n1 --mem=10 "--gpus-per-node=$((gpus + 1 - want))")
		length="$length het"
		;;
	7)
		pick "$nodes"
		request=(-p first -w "n$((pick + 1))" -n1 --mem=10 "--gpus-per-node=$gpus")
		;;
	esac
	# shellcheck disable=SC2086  # words
	until id=$(sbatch --parsable -J "$name" -t 10 --requeue -o /dev/null "${request[@]}" \
		${components[@]+"${components[@]}"} "$records_job" $length); do
		# It may have been taken, and only the answer was late: another name.
		say "$name was not taken; again"
		# A het job that comes before slurmctld is ready for them is refused.
		components=() length=${length% het}
		name=j$batch
		batch=$((batch + 1))
		sleep 1
	done
	submitted=$((submitted + count))
	if [[ ${request[*]} != *--array* ]]; then
		echo "$name $id"
	else
		for ((i = 0; i < count; i++)); do echo "$name.$i ${id}_$i"; done
	fi >>"$records.asked"
}

# ---- what goes wrong -----------------------------------------------------------

# One of the last jobs asked for, whatever became of it.
cancel_one()
{
	local name id

	pick 40
	read -r name id < <(tail -n $((pick + 1)) "$records.asked" | head -n 1)
	echo "$name" >>"$records.cancelled"
	scancel "$id" 2>/dev/null	# it may be gone
	cancelled=$((cancelled + 1))
}

# First what ran there is to be gone.
node_back()
{
	[ -n "$down" ] || return 0
	private_wait 60 eval "! scontrol show node $down | grep -q COMPLETING"
	scontrol update nodename="$down" state=resume
	down=
}

node_events()
{
	if [ -z "$down" ]; then
		pick "$nodes"
		down=n$((pick + 1))
		scontrol update nodename="$down" state=down reason=soak &&
			downs=$((downs + 1))
	else
		node_back
	fi
}

# One that runs; a component stands for its job.
requeue_one()
{
	local running

	mapfile -t running < <(squeue -h -r -t R -o %i 2>/dev/null)
	[ ${#running[@]} -gt 0 ] || return 0
	pick ${#running[@]}
	scontrol requeue "${running[pick]%+*}" 2>/dev/null && requeues=$((requeues + 1))
}

still_alive()
{
	[ "$(private_slurmctld)" = "$alive" ] && kill -0 "$alive" 2>/dev/null && return
	deaths=$((deaths + 1))
	say "slurmctld $alive is gone"
	alive=$(private_slurmctld)
}

# scontrol reconfigure forks a new slurmctld from 23.11 on.
reconfigure()
{
	scontrol reconfigure
	reconfigures=$((reconfigures + 1))
	private_wait 60 timeout 2 squeue -h >/dev/null
	alive=$(private_slurmctld)
}

event()
{
	still_alive
	pick 10
	case $pick in
	0 | 1 | 2) cancel_one ;;
	3 | 4 | 5) node_events ;;
	6 | 7) requeue_one ;;
	8) case $release$steady in 22.05* | *no) reconfigure ;; esac ;;
	esac
}

kill_slurmctld()
{
	records_kill || say "slurmctld did not save"
	killed=$((killed + 1))
	alive=$(private_slurmctld)
}

# ---- the walk ------------------------------------------------------------------

walk_to()	# JOBS EVENTS KILLS
{
	local from=$submitted done=0 part

	while [ "$submitted" -lt "$1" ]; do
		submit_some
		part=$(((submitted - from) * 1000 / ($1 - from)))
		[ $((part * $2 / 1000)) -le $done ] || { done=$((done + 1)); event; }
		[ $((part * ($3 + 1) / 1000)) -le $killed ] || [ $killed -ge "$3" ] || kill_slurmctld
	done
}

forgotten() { [ -z "$(timeout 10 squeue -h -t all -o %i)" ]; }

# Until every job has ended, and slurmctld has forgotten it.
rest()
{
	node_back
	private_wait $patience records_settle || say "the queue does not run empty"
	[ -z "${WEFT_TEST_LONG:-}" ] || private_wait 200 forgotten ||
		say "records of jobs are left"
}

# Bytes that malloc has given out and not got back, as malloc_info() tells.  A
# node that changes has slurmctld save.
in_use()
{
	local file=$private/tmp/malloc

	[ -n "${in_use_kib:-}" ] || return
	rm -f "$file"
	echo "$alive" >"$file.ask"
	scontrol update nodename=n1 comment="$SECONDS"
	private_wait 120 [ -s "$file" ] || return
	awk -F'"' '/<heap /, /<\/heap>/ { next }
		/<total type="(fast|rest)"/ { free += $6 }
		/<total type="mmap"/ { mapped = $6 }
		/<system type="current"/ { print $4 + mapped - free }' "$file"
}

in_use_as_before()
{
	[ -n "$used" ] && [ -n "$used_warm" ] &&
		[ $((used - used_warm)) -le $((in_use_kib * 1024)) ]
}

# $memory becomes the KiB that slurmctld has of its own, $used the bytes in use.
weigh()
{
	alive=$(private_slurmctld)
	memory=$(awk '$1 == "RssAnon:" { print $2 }' "/proc/$alive/status")
	used=$(in_use)
	say "$submitted jobs, $SECONDS s: slurmctld $memory KiB${used:+, in use $((used / 1024)) KiB}"
}

release=$(slurmctld -V | sed -n 's/^[^ ]* \([0-9]*\.[0-9]*\).*/\1/p')
steady=no
walk_to $((jobs / 2)) $((events / 2)) "$kills"
steady=yes
walk_to $((jobs * 3 / 4)) $((events * 3 / 4)) "$kills"
[ -z "${WEFT_TEST_LONG:-}" ] || rest
weigh
warm=$memory used_warm=$used
walk_to "$jobs" "$events" "$kills"
rest
weigh
still_alive

preempted=$(grep -c 'preempted JobId=.* has been requeued' "$private/log/slurmctld.log")
say "$submitted jobs, $cancelled cancels, $requeues requeues, $preempted preempted, $downs nodes down, $reconfigures reconfigures, $killed kills in $SECONDS s"
say "starts $(grep -c ^start "$records"), again after a requeue $(grep -c '^start [^ ]* [1-9]' "$records"), ends $(grep -c ^end "$records"), GPUs locked $(find "$private/tmp/gpus" -type f | wc -l)"
say "slurmctld's own memory: $warm KiB after a warm-up, $memory KiB at the end"
check "the queue runs empty" records_quiet
records_quiet || squeue -o '%i %j %T %r %M %N' | head -n 5 | sed 's/^/# /'
[ -z "${WEFT_TEST_LONG:-}" ] || check "some were preempted" [ "$preempted" -gt 0 ]
is_none "no job of $submitted is lost" "$(records_lost)"
is_none "none ran twice without a requeue" "$(records_twice)"
is_none "no GPU had two jobs at once" "$(records_shared)"
check "slurmctld died only when it was killed ($deaths)" [ "$deaths" -eq 0 ]
check "its memory is as before, within $grown_mib MiB" \
	[ $((memory - warm)) -le $((grown_mib * 1024)) ]
[ -z "${in_use_kib:-}" ] || check "and what is in use of it, within $in_use_kib KiB" in_use_as_before
private_wait 150 private_no_gpus
check "no GPU is left allocated" private_no_gpus
is_none "slurmctld's books add up" "$(records_books)"
finish
