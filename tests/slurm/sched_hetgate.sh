#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# sched_hetgate.sh - het jobs are accepted from the first moment of a slurmctld
#
# slurmctld decides at the first het job that it sees whether it takes them, until
# it ends (plugins/sched/hetgate.c).  Here users send them all the time while
# slurmctld is killed and started again: none may come too early.
. "${srcdir:-.}/tests/slurm/private.sh"

private_start hetgate 2 4 sched/weft
touch "$private/go"
while [ -e "$private/go" ]; do
	sbatch --parsable -H -t 1 -N1 : -N1 --wrap true >>"$private/taken" 2>>"$private/errors"
	sleep 0.03
done &
users=$!
for _ in 1 2 3 4; do
	sleep 2
	private_kill
	private_revive
done
sleep 2
rm "$private/go"
wait "$users"
say "$(wc -l <"$private/taken") het jobs were taken"
is_none "no het job comes too early" "$(grep 'not supported' "$private/errors" | sort | uniq -c)"
check "the scheduler has its own name" \
	private_wait 30 eval 'scontrol show config | grep -q "SchedulerType *= sched/weft"'
finish
