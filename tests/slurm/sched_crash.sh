#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# sched_crash.sh - slurmctld killed in the middle of scheduling loses no job
# and runs none twice without saying so.
#
# slurmctld writes its state a few seconds after a change, whatever the
# scheduler, so jobs are submitted first and each kill comes after a save.  A
# start that the dead slurmctld had not saved is attempted again by the next
# one, refused by slurmd and requeued: such a run carries a restart count.
. "${srcdir:-.}/tests/slurm/private.sh"

private_start crash 4 4
jobs=100
out=$private/tmp/ran
mkdir -p "$out"

quiet() { [ -z "$(timeout 5 squeue -h 2>/dev/null)" ]; }
saved() { [ "$private/state/job_state" -nt "$private/tmp/mark" ]; }

for ((i = 0; i < jobs; i++)); do
	sbatch -Q -n1 --mem=10 --gpus-per-node=1 --requeue -o /dev/null \
		--wrap "echo \${SLURM_RESTART_COUNT:-0} >> $out/$i; sleep 3" ||
		say "job $i was not taken"
done
for kill in 1 2; do
	touch "$private/tmp/mark"
	check "state is saved before kill $kill" private_wait 20 saved
	private_restart
done
private_wait 200 quiet
check "the queue runs empty" quiet
ran=$(find "$out" -type f | wc -l)
check "every job ran ($ran of $jobs)" [ "$ran" -eq "$jobs" ]
twice=$(for file in "$out"/*; do sort "$file" | uniq -d; done | wc -l)
check "none ran twice without a requeue" [ "$twice" -eq 0 ]
check "no GPU is left allocated" \
	eval '! scontrol show node -d | grep GresUsed | grep -v "gpu:0"'
finish
