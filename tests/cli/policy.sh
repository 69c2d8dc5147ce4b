#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# policy.sh - weft policy, and the rules that docs/examples/ offers: each is
# tried with a job that it should stop or change and one that it should not
set -u
. "${srcdir:-.}/tests/cli/lib.sh"
top=${srcdir:-.}
uni=$top/docs/examples/submit-university.json
gpu=$top/docs/examples/submit-gpu.json

printf '#!/bin/sh\nsrun ./a\n' >"$cli_tmp/plain"
printf '#!/bin/bash\n#SBATCH -p gpu --gpus-per-node=8\n#SBATCH --nodes=2 -t 10-0\n\n  wget http://x\n' >"$cli_tmp/train"
printf '{"submit": {"rules": [\n {"name": "a", "match": {"tme": 3}, "reject": "x"}]}}' >"$cli_tmp/bad.json"
printf '{"submit": {"rules": [\n {"name": "a",,]}}' >"$cli_tmp/broken.json"

u()
{
	try "$uni" ann "$@"
}

g()
{
	try "$gpu" ann "$@"
}

try()
{
	rules=$1 user=$2
	shift 2
	"$weft" policy test "$rules" "$cli_tmp/plain" --user "$user" --requester "$user" "$@"
}

train()
{
	"$weft" policy test --trace "$gpu" "$cli_tmp/train" --requester ann "$@"
}

check "the examples compile" 0 'good, 21 rules' "" "$weft" policy check "$uni"
check "so does the other" 0 'good, 16 rules' "" "$weft" policy check "$gpu"
check "line and column" 1 "" 'bad.json:2:[0-9]+: submit.rules\[0\].match.tme: no field "tme", did you mean time\?' \
	"$weft" policy check "$cli_tmp/bad.json"
check "no JSON" 1 "" 'broken.json:2:' "$weft" policy check "$cli_tmp/broken.json"
check "no file" 1 "" 'No such file' "$weft" policy check "$cli_tmp/none"
check "json" 1 '"good": ?false' "" "$weft" policy check --json "$cli_tmp/bad.json"
check "fields" 0 '^gpus +count' "" "$weft" policy fields
check "usage" 2 "" 'what shall it do' "$weft" policy
check "no such option of sbatch" 1 "" 'sbatch has no such option' u --prtition x

check "a partition is needed" 3 'rejected by rule name-a-partition' "" u
check "and must be known" 3 'no partition fast' "" u -p fast
check "root is exempt" 0 '^exempt' "" try "$uni" root
check "reserved name" 3 'rule reserved-name' "" u -p xeon24 -J MAINT
check "whole nodes" 3 'whole nodes of 40 cores, this job uses 1' "" u -p xeon40
check "a whole node" 0 '^accepted' "" u -p xeon40 -n 40
check "two whole nodes" 0 '^accepted' "" u -p xeon40 -N 2 --ntasks-per-node=10 -c 4
check "a part of a node" 0 'nodes: 1' "" u -p xeon24
check "parts of two nodes" 3 'rule whole-xeon24' "" u -p xeon24 -N 2
check "big memory unsaid" 3 'rule big-memory-said' "" u -p xeon32_4096
check "big memory too small" 3 'this one asks 64G a node' "" u -p xeon32_4096 --mem 64G
check "big memory by CPU" 0 '^accepted' "" u -p xeon32_4096 --mem-per-cpu 30G
check "all memory" 3 'rule no-mem-0' "" u -p xeon24 --mem=0
check "an uneven rest" 3 'rule whole-xeon24' "" u -p xeon24 -N 2 -n 47
check "GPUs in a GPU partition" 3 'add --gres=gpu:1' "" u -p a100
check "with GPUs" 0 '^accepted' "" u -p a100 --gres=gpu:a100:1
check "interactive" 0 'time: 04:00:00' "" "$weft" policy test "$uni" - -p xeon24 -t 9:00:00 --requester ann

check "routed to cpu" 0 'partition: cpu' "" g
check "routed to gpu" 0 'partition: gpu' "" g --gpus 4
check "memory by GPU" 0 'mem_per_gpu: 120G' "" g --gpus 4
check "memory asked" 0 'cpus_per_gpu: 12' "" g --gpus 4 --mem 10G
check "GPUs needed" 3 'rule gpus-needed' "" g -p gpu
check "too many on a node" 3 'asks 16 on each' "" g -N 1 --gpus-per-node=16
check "large" 0 'features: h100&ib' "" g -N 16 --gpus-per-node=8 -C h100
check "large in pieces" 3 '128 GPUs must be whole nodes' "" g -N 32 --gpus-per-node=4
check "arrays" 3 'rule array-size' "" g -a 0-1000
check "the script's own lines" 0 'time limit 10-00:00:00 became 7-00:00:00' "" train
check "its text" 0 'downloads while it holds 16 GPUs' "" train
check "options win over it" 3 'rule gpus-needed' "" train --gpus-per-node=0
check "trace" 0 '^week: caps time 7-00:00:00' "" train
check "limits hold one job to its size" 3 'limit is 200000' "" g -N 999 --gpus-per-node=8 -t 2-0
# Every option of sbatch that a field is there for: a rule for each sees it.
printf '#!/bin/sh\n#SBATCH --begin=now+2hours --deadline now+3days\n#SBATCH --exclusive=user -B 2:16\n#SBATCH --delay-boot=5\nsrun ./a\n' >"$cli_tmp/when"
cat >"$cli_tmp/see.json" <<'END'
{"submit": {"rules": [
 {"name": "begin", "match": {"begin_in": {"min": 119, "max": 120}}, "warn": "begins in {begin_in}"},
 {"name": "later", "match": {"begin_in": {"min": 1439, "max": 1440}}, "warn": "begins tomorrow"},
 {"name": "deadline", "match": {"deadline_in": {"min": 4319, "max": 4320}}, "warn": "ends in {deadline_in}"},
 {"name": "alone", "match": {"exclusive": true}, "warn": "alone"},
 {"name": "shape", "match": {"sockets_per_node": 2, "cores_per_socket": 16}, "warn": "two of 16"},
 {"name": "delay", "match": {"delay_boot": 300}, "warn": "boots late"},
 {"name": "all", "match": {"wait_all_nodes": true, "no_kill": true}, "warn": "all or none"},
 {"name": "wrapped", "match": {"script": {"contains": "hostname"}}, "warn": "wrapped"}]}}
END
s()
{
	"$weft" policy test "$cli_tmp/see.json" "$cli_tmp/when" "$@"
}
check "--begin of a script" 0 'begins in 02:00:00' "" s
check "--begin after it" 0 'begins tomorrow' "" s -b now+1day
check "--begin as no moment" 1 "" '--begin=soon: expected a moment such as' s --begin=soon
check "--deadline" 0 'ends in 3-00:00:00' "" s
check "--extra-node-info" 0 'two of 16' "" s
check "and a bad one" 1 "" 'expected sockets' s -B 2:x
check "--delay-boot" 0 'boots late' "" s
check "--exclusive=user is not alone" 1 "" "" sh -c '"$@" | grep "rule alone"' sh "$weft" policy test "$cli_tmp/see.json" "$cli_tmp/when"
check "--exclusive is" 0 'rule alone' "" s --exclusive
check "--wait-all-nodes, --no-kill" 0 'all or none' "" s --wait-all-nodes=1 --no-kill
check "--no-kill=off" 1 "" "" sh -c '"$@" | grep "all or"' sh "$weft" policy test "$cli_tmp/see.json" "$cli_tmp/when" --wait-all-nodes=1 --no-kill=off
check "--wrap" 0 'wrapped' "" "$weft" policy test "$cli_tmp/see.json" - --wrap hostname
check "options of weft.so pass" 0 accepted "" s --segment=4 --weft-domain same
# Real scripts of sites: each is read, and decided on by both examples.
data=${WEFT_DATA:-$top/../shared/data}/sbatch
decided()
{
	for script in "$data"/*; do
		case $script in *.tsv | *submit_chain*) continue ;; esac
		for rules in "$uni" "$gpu"; do
			"$weft" policy test "$rules" "$script" --user ann --requester ann >"$cli_tmp/said" 2>&1
			case $? in
			0) grep -q '^accepted' "$cli_tmp/said" ;;
			3) grep -q '^rejected by rule' "$cli_tmp/said" ;;
			*) false ;;
			esac || { echo "$script: $(cat "$cli_tmp/said")"; return 1; }
		done
	done
}
if [ -d "$data" ]; then
	check "scripts of real sites are decided" 0 "" "" decided
	check "one with an option that no sbatch has is not" 1 "" 'line 11: --mpibind: sbatch has no such option' \
		"$weft" policy test "$gpu" "$data"/*submit_chain.sbatch
else
	cli_count=$((cli_count + 1))
	echo "ok $cli_count - scripts of real sites are decided # SKIP no $data here"
fi
check "the manual lists every field" 1 "" "" sh -c '"$0" policy fields | cut -d" " -f1 | while read -r k; do grep -q "^$k	" "$1" || echo "$k"; done | grep .' "$weft" "$top/docs/man/weft.json.5"
cli_end
