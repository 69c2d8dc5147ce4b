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

check "the examples compile" 0 'good, 18 rules' "" "$weft" policy check "$uni"
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
check "the manual lists every field" 1 "" "" sh -c '"$0" policy fields | cut -d" " -f1 | while read -r k; do grep -q "^$k	" "$1" || echo "$k"; done | grep .' "$weft" "$top/docs/man/weft.json.5"
cli_end
