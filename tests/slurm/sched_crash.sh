#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# sched_crash.sh - slurmctld killed in the middle of scheduling loses no job
# and runs none twice without saying so.
#
# Jobs are submitted first and each kill comes after a save; records.sh says
# what Slurm itself repeats then.
. "${srcdir:-.}/tests/slurm/private.sh"
. "${srcdir:-.}/tests/slurm/records.sh"

private_start crash 4 4
records_start
jobs=100

for ((i = 0; i < jobs; i++)); do
	echo "$i" >>"$records.asked"
	sbatch -Q -n1 --mem=10 --gpus-per-node=1 --requeue -J "$i" -o /dev/null \
		"$records_job" 3 || say "job $i was not taken"
done
for kill in 1 2; do
	sleep 4		# let it schedule, and hear of what ended meanwhile
	check "state is saved, and slurmctld killed ($kill)" records_kill
done

private_wait 200 records_settle
say "saves and kills at ${records_unsaved[*]}; the queue ran empty after $SECONDS s"
if records_quiet; then
	ok "the queue runs empty"
else
	not_ok "the queue runs empty"
	squeue -o '%i %j %T %r %M %N' | head -n 5 | sed 's/^/# /'
	squeue -h -o %i | head -n 2 | while read -r id; do
		grep -hE "[=. ]$id\\b" "$private"/log/slurm*.log | tail -n 12 | sed 's/^/# /'
	done
fi
is_none "every job of $jobs ran to its end" "$(records_lost)"
is_none "none ran twice without a requeue" "$(records_twice)"
is_none "no GPU had two jobs at once" "$(records_shared)"
private_wait 150 private_no_gpus
check "no GPU is left allocated" private_no_gpus
finish
