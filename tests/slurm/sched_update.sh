#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# sched_update.sh - who changes a job while a cycle looks at it has the last word
#
# Between the look at the queue and the start of a job, slurmctld's locks are
# free, and `scontrol update` comes in between.  Here a cycle is made long by
# 3,000 waiting jobs, and jobs are given another partition or priority at a random
# moment of it.  Takes minutes: only with WEFT_TEST_LONG.
# shellcheck source=tests/slurm/lib.sh
. "${srcdir:-.}/tests/slurm/lib.sh"

[ -n "${WEFT_TEST_LONG:-}" ] || { echo "1..0 # SKIP slow: WEFT_TEST_LONG=1 asks for it"; exit 77; }
cat >"$t_dir/extra.conf" <<END
PriorityType=priority/multifactor
MaxJobCount=20000
PartitionName=a Nodes=node0
PartitionName=b Nodes=node1
END
sb_start --nodes 2 --gpus 8 --conf-extra "$t_dir/extra.conf"
long=$(submit -p a -w node0 --gpus-per-node=7 -t 60 --wrap "sleep 600")
wait_state "$long" RUNNING
# shellcheck disable=SC2016  # the inner shell's
sx sh -c 'for i in $(seq 250); do
	sbatch -Q -p a --gpus-per-node=8 -t $i -a 1-12 -o /dev/null --wrap true >/dev/null &
	[ $((i % 25)) -ne 0 ] || wait
done'
last=$(submit -p a --gpus-per-node=8 -t 300 --wrap true)

cat >"$t_dir/moves" <<'END'
moved=0 wrong=0 forgot=0
for i in $(seq 40); do
	id=$(sbatch --parsable -p a -H --gpus-per-node=1 -t 1 -o /dev/null --wrap "sleep 600")
	scontrol update jobid="$1" priority="$i" >/dev/null 2>&1
	scontrol release "$id"
	sleep "0.$(printf %03d $((RANDOM % 250)))"
	# It fails if the job has started before.
	if scontrol update jobid="$id" partition=b >/dev/null 2>&1; then
		moved=$((moved + 1))
		nodes=
		for k in $(seq 600); do
			nodes=$(squeue -h -t R -j "$id" -o %N)
			[ -z "$nodes" ] || break
			sleep 0.05
		done
		[ "$nodes" = node1 ] || wrong=$((wrong + 1))
	fi
	scancel "$id"
	scontrol show job -o "$1" | grep -q " Priority=$i " || forgot=$((forgot + 1))
done
echo "$moved $wrong $forgot"
END
read -r moved wrong forgot < <(sx_sec=300 sx bash "$t_dir/moves" "$last")
note "$moved of 40 jobs were given another partition before they started"
check "some were" [ "${moved:-0}" -gt 0 ]
is "they ran there and nowhere else" "$wrong" 0
is "a priority given by hand stays as given" "$forgot" 0
clean
t_end
