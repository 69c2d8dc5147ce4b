#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# place.sh - where jobs land: whole segments of NVLink domains on 64 nodes,
# and pairs of GPUs that only the links tell.
. "${srcdir:-.}/tests/slurm/lib.sh"

# How many nodes of job $1 lie in each domain of $2 nodes, sorted: "4 4 8".
spread()
{
	sx scontrol show hostnames "$(field "$1" NodeList)" |
		awk -v size="$2" '{ sub(/^node/, ""); count[int($1 / size)]++ }
			END { for (d in count) print count[d] }' | sort -n | xargs
}

# Every number in $1 is a multiple of 4.
whole() { [ -n "$1" ] && tr ' ' '\n' <<<"$1" | awk '$1 % 4 { bad = 1 } END { exit bad }'; }

sb_start --nodes 64 --domains 16 --gpus 2
# One node of each of eight domains is taken, so a whole segment is rare.
for d in 0 2 4 6 8 10 12 14; do
	submit -w "node$((d * 4 + 1))" --gres=gpu:2 -n1 --wrap "sleep 600" >/dev/null
done
check "eight nodes are taken" wait_for 60 sh -c '[ "$("$1" sandbox exec --name "$2" -- squeue -h -t R | wc -l)" = 8 ]' sh "$weft" "$sb"
a=$(submit -N16 --gres=gpu:2 "$opt_segment=4" --wrap "sleep 600")
b=$(submit -N16 --gres=gpu:2 "$opt_segment=4" --wrap "sleep 600")
check "two jobs of 16 nodes with segments of 4 start" wait_state "$b" RUNNING
check "the first lies on whole domains ($(spread "$a" 4))" whole "$(spread "$a" 4)"
check "so does the second ($(spread "$b" 4))" whole "$(spread "$b" 4)"
for i in 1 2 3; do
	c=$(submit -N2 --gres=gpu:2 "$opt_domain=same" --wrap "sleep 600")
	wait_state "$c" RUNNING
	is "$opt_domain=same: job $i is in one domain" "$(spread "$c" 4)" 2
done
c=$(submit -N5 --gres=gpu:2 "$opt_domain=same" --wrap "sleep 600")
sleep 1
is "one that fits in no domain waits" "$(state "$c")" PENDING
like "segment 0 is refused" "$(submit "$opt_segment=0" --wrap true 2>&1)" 'expected'
like "segment x is refused" "$(submit "$opt_segment=x" --wrap true 2>&1)" 'expected'
like "domain=some is refused" "$(submit "$opt_domain=some" --wrap true 2>&1)" 'expected'
sb_stop

# Nothing is configured: the nodes report that 0 and 2 are in one domain.
sed 's/"rack7"/"rack8"/' "$srcdir/tests/slurm/pairs.json" >"$t_dir/rack8.json"
sb_start --nodes 4 --topology "$srcdir/tests/slurm/pairs.json,$t_dir/rack8.json"
for i in 1 2; do
	c=$(submit -N2 --gres=gpu:8 "$opt_domain=same" --wrap "sleep 600")
	wait_state "$c" RUNNING
	hosts=$(sx scontrol show hostnames "$(field "$c" NodeList)" | tr -d a-z | xargs)
	like "$opt_domain=same: job $i is in a domain that nodes reported" "$hosts" '^(0 2|1 3)$'
done
# One pair is taken on node0 and another on node2: a job on both gets a third,
# the same on both, for rails join GPUs of equal number.
idx() { sx scontrol show job -d -o "$1" | grep -oE 'IDX:[0-9,-]*' | xargs; }
clean
first=$(submit -w node2 --gres=gpu:2 --wrap "sleep 600")
wait_state "$first" RUNNING
taken=$(idx "$first")
c=$(submit -w node2 --gres=gpu:2 --wrap "sleep 600")
wait_state "$c" RUNNING
sx scancel "$first"
b=$(submit -w node0 --gres=gpu:2 --wrap "sleep 600")
wait_state "$b" RUNNING
is "the same pair comes first on two nodes" "$(idx "$b")" "$taken"
unlike "and another is taken on the other" "$(idx "$c")" "$taken"
gone() { [ "$(sx squeue -h -j "$1" -o %T 2>/dev/null)" = "" ]; }
wait_for 60 gone "$first"
a=$(submit -w node0,node2 -N2 --gres=gpu:2 --wrap "sleep 600")
wait_state "$a" RUNNING
sx srun -Q --jobid="$a" --overlap -N2 -n2 --ntasks-per-node=1 printenv CUDA_VISIBLE_DEVICES >"$t_dir/rails" 2>/dev/null
is "a job on both nodes has the same GPUs on each ($(xargs <"$t_dir/rails"))" "$(sort -u "$t_dir/rails" | wc -l)/$(wc -l <"$t_dir/rails")" 1/2
like "and they are a pair" "$(head -n 1 "$t_dir/rails" | tr , '\n' | sort -n | xargs)" '^(0 5|1 4|2 7|3 6)$'
sb_stop

sb_start --nodes 1 --topology "$srcdir/tests/slurm/pairs.json"
gpus() { sed -n 's/.*IDX:\([0-9,-]*\).*/\1/p' < <(sx scontrol show job -d -o "$1") | head -n 1; }
pair() { case $1 in 0,5 | 1,4 | 2,7 | 3,6) ;; *) return 1 ;; esac; }
node=$(sx scontrol show node -d node0)
like "the GPUs have their cores" "$node" 'Gres=gpu:h100:8\(S:0-1\)'
like "slurmctld knows the node's domain" "$(sx "$weft" map --json)" '"domain": *"rack7"'
for i in 1 2 3 4; do
	jobs[i]=$(submit -n1 --gres=gpu:h100:2 --wrap 'echo "visible $CUDA_VISIBLE_DEVICES"; sleep 600')
done
seen=
for i in 1 2 3 4; do
	wait_state "${jobs[i]}" RUNNING
	got=$(gpus "${jobs[i]}")
	check "job $i has a linked pair ($got)" pair "$got"
	wait_for 60 grep -q visible "$t_dir/job-${jobs[i]}.out"
	is "and sees it" "$(sed -n 's/^visible //p' "$t_dir/job-${jobs[i]}.out" | tr , '\n' | sort | xargs)" "${got/,/ }"
	seen+=" $got"
done
is "no GPU is in two jobs" "$(tr ', ' '\n\n' <<<"$seen" | sort -u | xargs)" "0 1 2 3 4 5 6 7"
clean
like "none is left in use" "$(sx scontrol show node -d node0)" 'GresUsed=gpu:h100:0'
like "no such type" "$(submit --gres=gpu:v100:1 --wrap true 2>&1)" 'error'
t_end
