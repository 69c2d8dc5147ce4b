#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# fabric.sh - gres/nvlink, the SPANK options and weft map on a real Slurm
#
# A private sandbox of two nodes: the machine of node0 and node1 is a stored
# topology with two NUMA nodes and the NVLink of a crossed ring.  Skipped (77)
# where no slurmctld is installed or we are not root.
set -u
weft=${WEFT:-$PWD/weft}
dir=$(mktemp -d /tmp/weft-fabric.XXXXXX)
n=0 failed=0

skip() { echo "1..0 # SKIP $1"; rm -rf "$dir"; exit 77; }
[ "$(id -u)" = 0 ] || skip "not root"
command -v slurmctld >/dev/null && command -v slurmd >/dev/null ||
	skip "no slurmctld and slurmd here"
[ -x "$weft" ] && "$weft" help | grep -q sandbox || skip "no weft sandbox"

check() {	# NAME, then a command whose exit status counts
	local name=$1
	shift
	n=$((n + 1))
	if "$@"; then
		echo "ok $n - $name"
	else
		echo "not ok $n - $name"
		failed=$((failed + 1))
		return 1
	fi
}
ex() { "$weft" sandbox exec --dir "$dir/sb" -- "$@"; }
has() { grep -q -- "$1" <<<"$2"; }
refused() {	# WORD COMMAND...: it fails and says WORD
	local word=$1 out
	shift
	out=$(ex "$@" 2>&1) && return 1
	has "$word" "$out"
}
cleanup() {
	"$weft" sandbox stop --dir "$dir/sb" >/dev/null 2>&1
	rm -rf "$dir"
}
trap cleanup EXIT

# GPUs 0,2 are one pair of links, 1,3 the other, and 2-1, 3-0 close the ring.
cat >"$dir/machine.txt" <<'X'
	GPU0	GPU1	GPU2	GPU3	CPU Affinity	NUMA Affinity
GPU0	 X 	SYS	NV4	NV4	0-7	0
GPU1	SYS	 X 	NV4	NV4	8-15	1
GPU2	NV4	NV4	 X 	SYS	0-7	0
GPU3	NV4	NV4	SYS	 X 	8-15	1
X

start() {
	"$weft" sandbox start --dir "$dir/sb" --nodes 2 --gpus 4 --cpus 16 \
		--domains 1 --topology "$1" >"$dir/start.log" 2>&1
}
if ! start "$dir/machine.txt"; then
	cat "$dir/start.log"
	echo "not ok 1 - the sandbox starts"
	exit 1
fi

nodes=$(ex scontrol show node)
check "every node is idle" test "$(ex sinfo -h -o %T | sort -u)" = idle
check "the gpu records got their cores" has 'gpu:h100:4(S:' "$nodes"

check "--segment=0 is refused" refused expected sbatch --weft-segment=0 --wrap true
check "--domain=near is refused" refused expected sbatch --domain=near --wrap true
check "a wrong signal is refused" refused expected \
	srun --checkpoint-signal=KILL@5 true
check "a wrong cause is refused" refused expected \
	salloc --requeue-on=rain true
check "help names the options" has weft-segment "$(ex sbatch --help)"

out=$(ex srun -N1 --gpus-per-node=4 sh -c \
	'echo $CUDA_VISIBLE_DEVICES $WEFT_NVLINK_DOMAIN' 2>/dev/null)
order=${out%% *}
ring=yes
for pair in 0,1 1,0 2,3 3,2; do	# no link between these
	case ",$order,$order," in *",$pair,"*) ring=no ;; esac
done
check "tasks see their GPUs in ring order ($order)" \
	test "$ring/$(tr , '\n' <<<"$order" | wc -l)" = yes/4
check "tasks are told their domain" test -n "${out#* }"
out=$(ex srun -N1 --gpus-per-node=4 --gpu-order=index \
	printenv CUDA_VISIBLE_DEVICES 2>/dev/null)
check "--gpu-order=index keeps the order" test "$out" = 0,1,2,3
out=$(ex srun -N1 --gpus-per-node=4 --gpu-order=numa \
	printenv CUDA_VISIBLE_DEVICES 2>/dev/null)
check "--gpu-order=numa puts neighbours together" test "$out" = 0,2,1,3

out=$(ex srun -N1 --gpus-per-node=2 printenv SLURM_STEP_GPUS 2>/dev/null)
check "a pair of GPUs has a link between them ($out)" \
	has '^\(0,2\|0,3\|1,2\|1,3\)$' "$out"
check "the domain that nodes report is in their Extra" \
	has 'Extra={"nvlink_domain":"' "$(ex scontrol show node)"

# The options live through an array and a requeue, and srun inside is quiet.
cat >"$dir/job.sh" <<'X'
#!/bin/bash
#SBATCH --weft-segment=1 --domain=same --gres=gpu:2
srun true
X
job=$(ex sbatch --parsable --array=1-2 -D "$dir" -o "$dir/%A_%a.out" "$dir/job.sh")
for _ in $(seq 60); do
	[ -z "$(ex squeue -h -j "$job" 2>/dev/null)" ] && break
	sleep 0.5
done
check "srun inherits the options without a word" \
	test -e "$dir/${job}_1.out" -a -e "$dir/${job}_2.out" \
	-a ! -s "$dir/${job}_1.out" -a ! -s "$dir/${job}_2.out"

job=$(ex sbatch --parsable -N1 --gres=gpu:3 -J seen -o /dev/null --wrap "sleep 60")
for _ in $(seq 40); do
	[ "$(ex squeue -h -j "$job" -o %T)" = RUNNING ] && break
	sleep 0.25
done
map=$(ex "$weft" map --json)
check "weft map shows the job's GPUs" \
	test "$(grep -c "\"$job\"" <<<"$map")" = 4 ||
	{ ex squeue; echo "$map"; } | sed 's/^/# /'
check "weft map knows the domain" has '"domain":"' "$map"
out=$(ex "$weft" map --ascii)
check "weft map draws a cell a GPU" \
	test "$(grep '^|' <<<"$out" | grep -o A | wc -l)" = 3
check "and no colours into a pipe" test "${out/$'\033'/}" = "$out"
ex scancel "$job"
"$weft" sandbox stop --dir "$dir/sb" >/dev/null 2>&1

# A topology that is no topology: the nodes come up all the same and say so.
echo "this is no machine" >"$dir/bad.txt"
rm -rf "$dir/sb"
check "a bad topology does not stop slurmd" start "$dir/bad.txt"
check "its nodes are idle" test "$(ex sinfo -h -o %T | sort -u)" = idle
check "one line says what is wrong" grep -rqs "gres/nvlink:.*bad.txt" "$dir/sb"
echo "1..$n"
exit $((failed > 0))
