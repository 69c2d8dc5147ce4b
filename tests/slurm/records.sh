# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# records.sh - jobs that write down what happened to them, a slurmctld that is
# killed, and the judge; sourced after private.sh
#
#   records_start            before the first job; sets $records_job, the script
#   records_kill             kill -9 slurmctld after a save, start it again
#   records_settle           what is left to do until the queue is empty; 0 if it is
#   records_lost             those in $records.asked, lines NAME [NUMBER], without
#                            an end, less those in $records.cancelled
#   records_twice            runs repeated without a restart count
#   records_shared           GPUs that two jobs had at once
#   records_books            complaints of slurmctld about its own sums
#
# A job is submitted with $records_job and its name; its arguments are how long
# it lasts and, for more nodes than one, the word srun, for two components het.
# The name of an array's task is NAME.INDEX.  Each line of $records is one event, written by the job:
#
#   start|part|end NAME RESTARTS NODE GPUS SECOND JOBID
#   clash NAME RESTARTS NODE GPU SECOND JOBID  and who had the GPU: JOBID SECOND
#
# While it runs, a job holds a lock on a file of each of its GPUs; the kernel
# lets go of it with the job's last process, however that ends.  So two jobs on
# one GPU cannot miss each other.
#
# What a killed slurmctld rightly repeats: it writes its state a few seconds
# after a change, whatever the scheduler.  A start that was not saved is
# attempted again: slurmd refuses it while the first run lasts and the job is
# requeued, and slurmd is told to end what slurmctld does not know; a run that
# had ended by then is repeated, as on stock Slurm.  So a second run without a
# restart count, or a clash, is an error unless the first run began between the
# last save and the kill.

records=
records_job=
records_unsaved=()

records_start()
{
	records=$private/tmp/records
	records_job=$private/tmp/job.sh
	mkdir "$private/tmp/gpus"
	mkfifo "$private/tmp/never"
	: >"$records"
	: >"$records.asked"
	: >"$records.cancelled"
	cat >"$records_job" <<-END
	#!/bin/bash
	dir=$private/tmp
	END
	cat >>"$records_job" <<-'END'
	name=$SLURM_JOB_NAME${SLURM_ARRAY_TASK_ID:+.$SLURM_ARRAY_TASK_ID}
	node=$SLURMD_NODENAME
	gpus=${CUDA_VISIBLE_DEVICES:-}
	write() { printf '%s %s %s %s %s %(%s)T %s%s\n' "$1" "$name" "${SLURM_RESTART_COUNT:-0}" "$node" "${2:--}" -1 "$SLURM_JOB_ID" "${3:-}" >>"$dir/records"; }
	trap 'exit 143' TERM
	case ${2:-} in
	srun | het)
		write start
		case $2 in
		srun) srun -Q --mem=0 --ntasks-per-node=1 "$dir/job.sh" "$1" part ;;
		het) srun -Q --mem=0 --het-group=0,1 "$dir/job.sh" "$1" part ;;
		esac
		write end
		exit ;;
	part) write part "$gpus" ;;
	*) write start "$gpus" ;;
	esac
	for gpu in ${gpus//,/ }; do
		file=$dir/gpus/$node.$gpu
		exec {fd}<>"$file"
		if flock -n "$fd"; then
			echo "$SLURM_JOB_ID ${EPOCHSECONDS}" >"$file"
		else
			write clash "$gpu" " $(<"$file")"
		fi
	done
	read -rt "$1" _ <>"$dir/never"	# a sleep that is no process of its own
	[ "${2:-}" = part ] || write end "$gpus"
	END
	chmod 755 "$records_job"
}

records_saved() { [ "$private/state/job_state" -nt "$private/tmp/mark" ]; }

records_kill()
{
	local saved

	touch "$private/tmp/mark"
	private_wait 60 records_saved || return
	saved=$(stat -c %Y "$private/state/job_state")
	private_kill
	records_unsaved+=("$saved $(date +%s)")
	private_revive
}

# The queue, less what only waits for a node to report its end.
records_quiet()
{
	local left

	left=$(timeout 10 squeue -h -t PD,R,S,CF,RQ,RS,SI,SO,ST -o %i 2>/dev/null) && [ -z "$left" ]
}

# What Slurm leaves to its admin after such a kill, with any scheduler: a job
# whose unsaved first run was still there is held (24.11), and one whose end
# went unsaved (it is told late, if no slurmctld ran) counts as running until
# its node reports again, minutes later.
records_settle()
{
	local id name

	squeue -h -t PD -o '%i %r' 2>/dev/null |
		sed -nE 's/ (launch failed requeued held|JobHeldAdmin)$//p' |
		xargs -r scontrol release
	[ ${#records_unsaved[@]} -eq 0 ] ||
		squeue -h -t R -o '%i %j %K' 2>/dev/null | while read -r id name task; do
			case $task in [0-9]*) name=$name.$task ;; esac
			records_ended_unsaved "$name" || continue
			say "job $name: its end went unsaved"
			scancel "$id"
		done
	records_quiet
}

records_ended_unsaved()
{
	local last

	last=$(grep -E "^(start|end) $1 " "$records" | tail -n 1)
	# shellcheck disable=SC2086  # words
	set -- $last
	[ "${1:-}" = end ] && [ "$6" -le $((${records_unsaved[-1]#* } + 2)) ]
}

# awk's idea of the windows in which nothing was saved.  A save takes a while,
# and so does a message that the killed one had taken.
records_judge()
{
	printf '%s\n' "${records_unsaved[@]:-0 -9}" | awk '
		FILENAME == "-" { from[NR] = $1 - 2; to[NR] = $2 + 2; next }
		function unsaved(second,   i) {
			for (i in from)
				if (second >= from[i] && second <= to[i])
					return 1
			return 0
		}
		'"$1" - "${@:2}"
}

# A reconfigure of slurmd throws away scripts that belong to no step, also one
# that it has just written for a step to come (_handle_stray_script()): that job
# ends with "No such file or directory", whoever started it.
records_purged()	# NUMBER of the job, as 7 or 7_2
{
	local id=$1

	[[ $id != *_* ]] ||
		id=$(grep -o "JobId=$id([0-9]*)" "$private/log/slurmctld.log" |
			head -n 1 | sed 's/.*(\(.*\))/\1/')
	grep -qs "_handle_stray_script: Purging.*/job0*$id/slurm_script" \
		"$private"/log/slurmd-*.log
}

records_lost()
{
	local name id

	awk '$1 == "end" { ended[$2] = 1; next }
		FILENAME ~ /cancelled$/ { ended[$1] = 1; next }
		FILENAME ~ /asked$/ && !($1 in ended)' \
		"$records" "$records.cancelled" "$records.asked" |
		while read -r name id; do
			if [ -n "$id" ] && records_purged "$id"; then
				say "job $name ($id): slurmd purged its script" >&2
			else
				echo "$name $id"
			fi
		done
}

records_twice()
{
	records_judge '$1 == "start" {
		if (($2 in count) && count[$2] == $3 && !unsaved(second[$2]))
			print $2, "again after", $6 - second[$2], "s on", $4
		count[$2] = $3
		second[$2] = $6
	}' "$records"
}

records_shared()
{
	records_judge '$1 == "clash" && !unsaved($9)' "$records"
}

# A job whose end went unsaved runs again for the slurmctld that comes after.
# The node's word that it is through with the job then takes the job's CPUs from
# its count (make_node_idle()), and the requeue that follows takes them once
# more: "cpu_cnt underflow", set to 0 by Slurm, whoever schedules.
records_books()
{
	local unsaved line id

	unsaved=$(records_judge '$1 == "end" && unsaved($6) { print $7 }' "$records")
	grep -hiE 'underflow|overflow|double.*free|sched/weft: (skipped|error)' \
		"$private"/log/slurmctld.log | while read -r line; do
		id=$(sed -nE 's/.*cpu_cnt underflow.* on JobId=([0-9_]*\()?([0-9]+)\)?$/\2/p' <<<"$line")
		if [ -n "$id" ] && grep -qx "$id" <<<"$unsaved"; then
			say "job $id: its end went unsaved, its CPUs were given back twice" >&2
		else
			echo "$line"
		fi
	done
}
