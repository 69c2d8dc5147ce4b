#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# sched_crash.sh - slurmctld killed in the middle of scheduling loses no job
# and runs none twice without saying so.
#
# slurmctld writes its state a few seconds after a change, whatever the
# scheduler, so jobs are submitted first and each kill comes after a save.  A
# start that the dead slurmctld had not saved is attempted again by the next
# one: slurmd refuses it while the first run lasts, and the job is requeued; a
# run that had ended by then is repeated, as on stock Slurm.  So a second run
# without a restart count is an error if the first began before the last save.
. "${srcdir:-.}/tests/slurm/private.sh"

private_start crash 4 4
jobs=100
out=$private/tmp/ran
ends=$private/tmp/ended
unsaved=()
mkdir -p "$out" "$ends"

quiet() { [ -z "$(timeout 5 squeue -h 2>/dev/null)" ]; }
saved() { [ "$private/state/job_state" -nt "$private/tmp/mark" ]; }

for ((i = 0; i < jobs; i++)); do
	sbatch -Q -n1 --mem=10 --gpus-per-node=1 --requeue -J "$i" -o /dev/null \
		--wrap "echo \${SLURM_RESTART_COUNT:-0} \$(date +%s) >> $out/$i; sleep 3; date +%s >> $ends/$i" ||
		say "job $i was not taken"
done
for kill in 1 2; do
	sleep 4		# let it schedule, and hear of what ended meanwhile
	touch "$private/tmp/mark"
	check "state is saved before kill $kill" private_wait 60 saved
	unsaved+=("$(stat -c %Y "$private/state/job_state") $(date +%s)")
	private_restart
done

# Does this second lie between a save and the kill after it?  A save takes a
# while, and so does a message that the killed one had taken.
unsaved_at()
{
	local window

	for window in "${unsaved[@]}"; do
		[ "$1" -ge "$((${window% *} - 2))" ] &&
			[ "$1" -le "$((${window#* } + 2))" ] &&
			return
	done
	return 1
}

# What Slurm leaves to its admin after such a kill, with any scheduler: a job
# whose unsaved first run was still there is held (24.11), and one whose end
# went unsaved (it is told late, if no slurmctld ran) counts as running until its
# node reports again, minutes later.
settle()
{
	local id name

	squeue -h -t PD -o '%i %r' 2>/dev/null |
		sed -n 's/ launch failed requeued held$//p' | xargs -r scontrol release
	while read -r id name; do
		[ -f "$ends/$name" ] &&
			[ "$(tail -n 1 "$ends/$name")" -le $((${unsaved[-1]#* } + 2)) ] &&
			say "job $name: its end at $(tail -n 1 "$ends/$name") went unsaved" &&
			scancel "$id"
	done < <(squeue -h -t R -o '%i %j')
	quiet
}

private_wait 200 settle
say "saves and kills at ${unsaved[*]}; the queue ran empty after $SECONDS s"
if quiet; then
	ok "the queue runs empty"
else
	not_ok "the queue runs empty"
	squeue -o '%i %j %T %r %M %N' | head -n 5 | sed 's/^/# /'
	squeue -h -o %i | head -n 2 | while read -r id; do
		grep -hE "[=. ]$id\\b" "$private"/log/slurm*.log | tail -n 12 | sed 's/^/# /'
	done
fi
ran=$(find "$out" -type f | wc -l)
check "every job ran ($ran of $jobs)" [ "$ran" -eq "$jobs" ]

twice=0
for file in "$out"/*; do
	while read -r count start; do
		[ "$count" = "${last:-}" ] && ! unsaved_at "$last_start" &&
			twice=$((twice + 1)) && say "${file##*/}: $(xargs <"$file")"
		last=$count last_start=$start
	done <"$file"
	last=
done
check "none ran twice without a requeue" [ "$twice" -eq 0 ]
check "no GPU is left allocated" \
	eval '! scontrol show node -d | grep GresUsed | grep -v "gpu:0"'
finish
