#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# sched_requests.sh - whatever Slurm takes, starts: requests that say the same
# thing in two or three ways, or one thing in a way of its own
#
# Slurm's select is the oracle: a request that sbatch does not refuse can run on
# the empty cluster, so it has to run (one task with the GPUs of four nodes is not
# here: 22.05 refuses it as impossible, 24.11 takes it).  What Weft holds to be impossible would
# wait for ever.
. "${srcdir:-.}/tests/slurm/private.sh"

private_spank="optional $WEFT_BUILD/.libs/weft.so"
private_start requests 4 4 "${WEFT_TEST_SCHEDULER:-sched/weft}" DefMemPerCPU=100
scontrol update NodeName=n[1-3] Features=a
scontrol update NodeName=n4 Features=b

requests="
--gpus-per-node=1 -N1 --cpus-per-gpu=64
--gpus-per-node=2 -N1 --cpus-per-gpu=32
--gpus-per-node=4 -N1 --cpus-per-gpu=16 -n64
--gpus-per-node=4 -N1 --cpus-per-gpu=16 --mem-per-gpu=16000
--gpus-per-node=4 -N4 --cpus-per-gpu=16 -n8
--gpus-per-node=4 -N4 --cpus-per-gpu=16 --exclusive
--gpus=8 --gpus-per-node=4 -N2 -n4
--gpus=8 --gpus-per-node=4 -N2
--gpus=8 --gpus-per-node=4
--gpus=16 --gpus-per-node=4 -n16
--gpus=8 --gpus-per-task=2 -n4
--gpus=8 --gpus-per-task=2 --gpus-per-node=4 -n4 -N2
--gpus=8 --gpus-per-task=2 --gpus-per-node=4 -n4 -N2 --cpus-per-gpu=16
--gpus=8 --gpus-per-task=2 --gpus-per-node=4 -n4 -N2 --cpus-per-gpu=1 --mem-per-gpu=10
--gpus-per-task=1 -n16 --cpus-per-task=16
--gpus-per-task=4 -n4 --cpus-per-gpu=16
--gpus-per-task=2 --gpus-per-node=4 -N2 -n4
--gpus-per-node=2 --ntasks-per-node=2 -N4
--gpus=16 -n16
--gpus=3 -N3 -n3
--gpus=5 -N2-4
--gpus=7 -n3
--gpus=4 -n4 --ntasks-per-gpu=1
--ntasks-per-gpu=2 -n8
--gpus=16 --cpus-per-gpu=16
--gpus=16 --cpus-per-gpu=16 --mem-per-gpu=16000
--gpus=4 --cpus-per-task=64 -n1 -N1
--gres=gpu:4 -N4 --mem=64000
--gres=gpu:4 -N4 --mem=0
--gres=gpu:1 -n4 --ntasks-per-node=1 --mem-per-cpu=1000 -c64
-N4 -n256
-n256
-n1 -c64 --mem=64000
-N4 --exclusive
-N2 --exclusive --gpus-per-node=1
-N1 --mincpus=64
-N1-4 -n200
-n3 -N3 --contiguous
-N4 --overcommit -n300
-n4 --spread-job
-n2 --use-min-nodes --gpus=2
-n2 --distribution=arbitrary -w n2,n4
-w n2,n4 -n2
-w n2 -N1-2 --gpus-per-node=4
-x n1,n2 -N2 --gpus-per-node=4
--gpus-per-socket=1 --sockets-per-node=1 -N1
--core-spec=1 -N1 -n1
-N1 --gpus-per-node=4 --gpu-bind=closest --gpu-freq=medium
-N2 --constraint=[a|b]
-N4 --constraint=[a*3&b*1]
-N4 --constraint=a|b
-N1 --gres-flags=enforce-binding --gpus-per-node=2
"

taken=0 lines=()
while read -r line; do
	[ -n "$line" ] || continue
	# shellcheck disable=SC2086  # words
	id=$(sbatch --parsable -t 5 -o /dev/null $line --wrap true 2>&1 | tail -n 1)
	case $id in
	[0-9]*) taken=$((taken + 1)) lines[id]=$line ;;
	*) say "Slurm refuses $line: ${id##*: }" ;;
	esac
done <<<"$requests"

# As long as some come to their end, the others may wait.
fewer() { [ "$(squeue -h | wc -l)" -lt "$1" ]; }

settled()
{
	local before

	before=$(squeue -h | wc -l)
	while [ "$before" -gt 0 ]; do
		private_wait 30 fewer "$before" || return
		before=$(squeue -h | wc -l)
	done
}
settled
waiting=$(squeue -h -o '%i %r' | while read -r id why; do
	echo "${lines[id]} ($why)"
	scancel "$id"
done)

# A job without nodes makes a burst buffer: it needs none of those that are busy.
sbatch -N4 --exclusive -t 5 -o /dev/null --wrap 'sleep 600' >/dev/null
all_busy() { [ -z "$(sinfo -h -t idle,mix -o %n)" ]; }
private_wait 30 all_busy
no_nodes=$(sbatch --parsable -N0 --bb=x -t 5 -o /dev/null --wrap true)
has_ended() { scontrol show job -o "$1" | grep -q JobState=COMPLETED; }
check "a job without nodes waits for none" private_wait 30 has_ended "$no_nodes"

# What Weft cannot say in full (--contiguous, counted features, GPUs a socket) waits
# in line as all do: nobody delays it, and it fits into the gaps before others.
scancel -u "$(id -un)"
idle() { [ -z "$(squeue -h)" ] && [ "$(sinfo -h -t idle -o %D)" = 4 ]; }
run() { sbatch --parsable -o /dev/null --wrap 'sleep 900' "$@"; }
running() { [ "$(squeue -h -o %t -j "$1")" = R ]; }
field() { scontrol show job "$1" | sed -n "s/.*$2=\\(\\S*\\).*/\\1/p"; }
promised() { [ "$(field "$wide" StartTime)" = "$(field "$busy" EndTime)" ]; }

for ask in --contiguous '--constraint=[a*3&b*1]'; do
	private_wait 60 idle
	busy=$(run -t 20 -N2 --exclusive -w n1,n2)
	private_wait 30 running "$busy"
	wide=$(run -t 5 -N4 --exclusive "$ask")
	check "$ask: it has an expected start" private_wait 30 promised
	late=$(run -t 60 -N1 --exclusive)
	soon=$(run -t 5 -N1 --exclusive)
	gap=$(run -t 5 -N1 -n1 --gpus-per-socket=1 --sockets-per-node=1)
	check "what ends before it starts" private_wait 30 running "$soon"
	check "so does one that is for select itself" private_wait 30 running "$gap"
	check "what would delay it waits" [ "$(squeue -h -o %t -j "$late")" = PD ]
	scancel "$busy" "$soon" "$gap"
	check "it starts when its nodes are free" private_wait 60 running "$wide"
	check "before the one that came later" [ "$(squeue -h -o %t -j "$late")" = PD ]
	scancel "$wide" "$late"
done

# What no state of this cluster can give, and Slurm takes nonetheless: a feature
# that went away, a segment larger than its domains.  At the head of the queue, more
# of them than plan_depth and each pair with a time of its own, they must not keep
# those behind from being planned.
cat >"$private/weft.json" <<END
{ "sched": { "plan_depth": 3 },
  "fabric": { "domains": [ { "name": "a", "nodes": "n[1-2]" },
    { "name": "b", "nodes": "n[3-4]" } ] } }
END
scontrol reconfigure
private_wait 60 idle
holder=$(run -t 5 -N4 --exclusive)
private_wait 30 running "$holder"
segment=$(sbatch --help | grep -o -- '--[a-z-]*segment' | head -n 1)
id_of() { sbatch --parsable -o /dev/null "$@" --wrap true 2>&1 | tail -n 1; }
scontrol update nodename=n1 availablefeatures=big activefeatures=big
impossible=()
for i in 1 2 3 4; do
	impossible+=("$(id_of -t "$i" -C big)" "$(id_of -t "$i" -N3 "$segment"=3)")
done
scontrol update nodename=n1 availablefeatures= activefeatures=
behind=$(id_of -t 9 -N2 --exclusive)
say "impossible: ${impossible[*]}"
is_planned() { scontrol show job -o "$1" | grep -q ' StartTime=20'; }
check "jobs behind impossible ones are planned" private_wait 30 is_planned "$behind"
none_planned()
{
	local id

	for id in "${impossible[@]}"; do
		[[ $id == [0-9]* ]] && ! is_planned "$id" || return
	done
}
check "Slurm took the impossible ones, and none has a start" private_wait 30 none_planned
scancel "$holder" "$behind"
check "nor do they hold up a job that can start" timeout 60 srun -Q -N4 -t 1 true
scancel -u "$(id -un)"

check "Slurm takes most of them ($taken)" [ "$taken" -ge 40 ]
is_none "every request that Slurm takes has run" "$waiting"
is_none "none was ended as impossible" \
	"$(for id in "${!lines[@]}"; do
		scontrol show job -o "$id" | grep -q JobState=FAILED && echo "${lines[id]}"
	done)"
finish
