#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# sched_steer.sh - the GPUs that Weft chose are the GPUs that Slurm allocates:
# typed GPUs, several nodes, several jobs at once, and nothing is left blocked.
. "${srcdir:-.}/tests/slurm/private.sh"

private_gpu_type=h100
private_start steer 3 8

stat() { sed -n "s/.*\"$1\": \([0-9]*\).*/\1/p" "$private/state/weft/sched_stats.json"; }
running() { [ "$(squeue -h -t R | wc -l)" -eq "$1" ]; }
empty() { [ -z "$(squeue -h)" ]; }
used() { scontrol show node -d | grep -o 'GresUsed=[^ ]*' | sort | uniq -c | xargs; }
# Each GPU of each node in at most one job.
nothing_twice()
{
	scontrol show job -d | awk '
		/ Nodes=/ && /IDX:/ {
			match($0, /Nodes=[^ ]*/); node = substr($0, RSTART + 6, RLENGTH - 6)
			match($0, /IDX:[^)]*/); text = substr($0, RSTART + 4, RLENGTH - 4)
			n = split(text, part, ",")
			for (i = 1; i <= n; i++) {
				m = split(part[i], end, "-")
				for (g = end[1]; g <= (m > 1 ? end[2] : end[1]); g++)
					if (seen[node, g]++) bad = 1
			}
		}
		END { exit bad }'
}

job() { sbatch -Q --mem=10 -o /dev/null "$@" --wrap 'sleep 20'; }

job -N2 --gpus-per-node=h100:2
job -n1 --gpus-per-node=h100:4
job -n1 --gpus=3
job -N1 --gres=gpu:h100:1
check "four jobs run at once" private_wait 15 running 4
check "no GPU is in two jobs" nothing_twice
sleep 1.5
say "steered $(stat steered), missed $(stat steer_missed), refused $(stat refused)"
check "all four got the chosen GPUs" [ "$(stat steered) $(stat steer_missed)" = "4 0" ]
# Select may spread the tasks of such a job otherwise than planned: not judged.
job -n4 -N2 --gpus-per-task=1
check "a job with GPUs a task starts too" private_wait 15 running 5
check "still no GPU is in two jobs" nothing_twice
scancel -u root
private_wait 60 empty
sleep 0.5
say "used after: $(used)"
check "afterwards no GPU is counted as used" \
	eval '! used | grep -q "h100:[1-9]"'
job -N3 --gpus-per-node=h100:8
check "and all 24 can be had by one job" private_wait 15 running 1
finish
