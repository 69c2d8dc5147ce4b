#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# sched_granular.sh - a GPU does not idle although a waiting job fits
#
# One node with 4 GPUs.  A holds 2 GPUs for 60 minutes.  B wants 3 for 60
# minutes and is next.  C wants 1 for 120 minutes: it fits beside A now and
# beside B later, so it delays nobody.  Weft starts it; stock backfill, which
# plans whole nodes, makes it wait for B.  Both are shown, Weft is judged.
. "${srcdir:-.}/tests/slurm/private.sh"

job() { sbatch --parsable --mem=10 -n1 -o /dev/null "$@" --wrap 'sleep 600'; }
state() { squeue -h -j "$1" -o %T; }
is() { [ "$(state "$1")" = "$2" ]; }

example()
{
	a=$(job --gpus-per-node=2 -t 60)
	private_wait 60 is "$a" RUNNING
	b=$(job --gpus-per-node=3 -t 60)
	c=$(job --gpus-per-node=1 -t 120)
	private_wait "$1" is "$c" RUNNING
}

private_start stock 1 4 sched/backfill \
	'SchedulerParameters=bf_interval=1,bf_window=2880,bf_continue,sched_interval=2'
example 8
say "stock: A $(state "$a"), B $(state "$b"), C $(state "$c")"
private_stop

private_start granular 1 4
example 10
say "weft:  A $(state "$a"), B $(state "$b"), C $(state "$c")"
check "A runs, B waits, C runs beside A" \
	[ "$(state "$a") $(state "$b") $(state "$c")" = "RUNNING PENDING RUNNING" ]

end_of_a=$(date -d "$(squeue -h -j "$a" -o %e)" +%s)
start_b() { squeue -h --start -j "$b" -o %S; }
known() { [ "$(start_b)" != N/A ]; }
private_wait 60 known
start_of_b=$(date -d "$(start_b)" +%s)
late=$((start_of_b - end_of_a))
say "B is expected $late s after A's end"
check "B is expected when A ends" [ "$late" -ge -60 ] && [ "$late" -le 60 ]
shown=$(scontrol show job "$b" | sed -n 's/.*StartTime=\([^ ]*\).*/\1/p')
check "scontrol show job agrees with squeue --start" [ "$shown" = "$(start_b)" ]
check "the reason is Resources" [ "$(squeue -h -j "$b" -o %r)" = Resources ]
check "the planned node is named" \
	eval 'scontrol show job "$b" | grep -q "SchedNodeList=n1"'
private_stop

# Slurm writes the total of --gpus-per-task into the job beside it; counted
# twice, a task that wants all of a node's GPUs would fit nowhere.
private_start per_task 2 4
d=$(sbatch --parsable --mem=10 -N2 -n2 --gpus-per-task=4 -o /dev/null --wrap 'sleep 600')
check "a task a node with all of its GPUs starts" private_wait 60 is "$d" RUNNING

# A job that only Slurm's select can place (contiguous nodes) has its turn in the
# policy's order, the shortest first: it came before the short job that wants
# everything in an hour, and yet must not delay it.
scancel "$d"
gone() { [ -z "$(squeue -h -j "$d" -o %i)" ]; }
private_wait 60 gone
a=$(job -N2 -n2 --gpus-per-node=2 -t 60)
private_wait 60 is "$a" RUNNING
scontrol update partitionname="$(squeue -h -j "$a" -o %P)" state=down
left=$(job -N1 --contiguous --gpus-per-node=1 -t 600)
wide=$(job -N2 -n2 --gpus-per-node=4 -t 10)
brief=$(job -N1 --contiguous --gpus-per-node=1 -t 5)
scontrol update partitionname="$(squeue -h -j "$a" -o %P)" state=up
check "one left to select that is over in time starts" \
	private_wait 60 is "$brief" RUNNING
after() { [ "$(field "$left" StartTime)" = "$(field "$wide" EndTime)" ]; }
field() { scontrol show job "$1" | sed -n "s/.*$2=\(20\S*\).*/\1/p"; }
check "one that would delay a planned job has its place behind it" \
	private_wait 60 after
check "and waits" [ "$(state "$left") $(state "$wide")" = "PENDING PENDING" ]
finish
