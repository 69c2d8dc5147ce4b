#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# steer_proof.sh - on DGX-1's mesh, crossed pairs, PCIe only and NVSwitch, for
# random busy GPUs: a job gets exactly the GPUs that weft topo pick names, in
# Slurm's record and in its own CUDA_VISIBLE_DEVICES, which is in ring order.
# The same cases on a stock Slurm say what that is worth in bandwidth.
#
# Each node is filled by jobs of one GPU; those in the way of the wanted free
# set are cancelled, a few more at each step, and at each step one job a node
# is asked for, looked at and cancelled.  So stock and Weft meet the same busy
# sets.  Stock runs twice: nodes 0 to 3 without, 4 to 7 with Links= in
# gres.conf, as AutoDetect=nvml would write it.
#
# WEFT_TEST_LONG=1: more rounds (WEFT_TEST_ROUNDS).  WEFT_TEST_SEED: another
# draw; the cases are printed.
. "${srcdir:-.}/tests/slurm/lib.sh"

machine=("$srcdir/tests/golden/topo/good/smi-dgx1.txt" "$srcdir/tests/slurm/pairs.json"
	"$srcdir/tests/slurm/machines/pcie.txt" "$srcdir/tests/slurm/machines/nvswitch.txt")
name=(dgx1 pairs pcie nvswitch)
rounds=${WEFT_TEST_ROUNDS:-1}
[ -z "${WEFT_TEST_LONG:-}" ] || rounds=${WEFT_TEST_ROUNDS:-25}
seed=${WEFT_TEST_SEED:-$(((RANDOM << 4) + 1))}

# "0-2,5" as "0,1,2,5".
expand()
{
	tr , '\n' <<<"$1" | awk -F- 'NF { for (i = $1; i <= (NF > 1 ? $2 : $1); i++) print i }' | paste -sd,
}

# Every job's GPUs: lines "JOB NODE IDX".  An array's task is written 8_3: one
# of them has the number of the whole array, and scancel would end all.
held()
{
	sx scontrol show job -d -o | grep -v JobState=CANCELLED |
		grep -o '^JobId=[0-9]*\|Array[A-Za-z]*Id=[0-9]*\|[^a-zA-Z]Nodes=[^ ]*\|IDX:[0-9,-]*)' | tr -d ' )' |
		awk -F'[=:]' '/^JobId/ || /^ArrayJobId/ { job = $2 } /^ArrayTaskId/ { job = job "_" $2 }
			/^Nodes/ { node = $2 } /^IDX/ { print job, node, $2 }'
}

# pick MACHINE BUSY K: "GPUS RING_MBPS ORDER" of the exact choice
pick()
{
	"$weft" topo pick --json --gpus "$3" --busy "$2" "${machine[$1]}" | tr -d ' \n' |
		sed -n 's/.*"choice":{"gpus":\[\([0-9,]*\)\],"ring_mbps":\([0-9]*\).*"ring":\[\([0-9,]*\)\].*/\1 \2 \3/p'
}

without() { comm -23 <(seq 0 7) <(tr , '\n' <<<"$1" | sort) | paste -sd,; }

# What each node is to be asked, the same for every Slurm: lines
# "ROUND STEP MACHINE BUSY COUNT FORM", busy shrinking within a round.
draw()
{
	local round m step frees free order

	RANDOM=$seed
	for ((round = 0; round < rounds; round++)); do
		for m in 0 1 2 3; do
			order=$(for i in 0 1 2 3 4 5 6 7; do echo "$RANDOM $i"; done | sort -n | cut -d' ' -f2 | paste -sd' ')
			frees=$((2 + RANDOM % 2))
			for step in 0 1 2 3; do
				free=$(cut -d' ' -f"1-$frees" <<<"$order" | tr ' ' , )
				echo "$round $step $m $(without "$free" | sed 's/^$/-/') $((1 + RANDOM % (frees < 6 ? frees : 6))) $((RANDOM % 4))"
				frees=$((frees + 1 + RANDOM % 2))
				[ $frees -le 8 ] || frees=8
			done
		done
	done
}

all_run() { [ "$(sx squeue -h -t R -o x | wc -l)" -ge "$1" ]; }
none_ends() { [ -z "$(sx squeue -h -t CG)" ]; }

# Let one GPU jobs take every GPU of the nodes 0 .. $1 - 1.
fill()
{
	local n have have_here

	have=$(held)
	for ((n = 0; n < $1; n++)); do
		have_here=$(grep -c " node$n " <<<"$have")
		[ "$have_here" = 8 ] ||
			sx sbatch -Q --array=1-$((8 - have_here)) -n1 --gres=gpu:1 -w "node$n" -o /dev/null --wrap "sleep 900"
	done
	wait_for 60 all_run $((8 * $1))
}

# ask NODE COUNT FORM: the job's number
ask()
{
	local form

	case $3 in
	0) form="--gres=gpu:$2" ;;
	1) form="--gres=gpu:h100:$2" ;;
	2) form="-N1 --gpus=$2" ;;
	*) form="--gpus-per-task=$2" ;;
	esac
	# shellcheck disable=SC2086  # words
	submit -n1 -w "node$1" -o "$t_dir/$sb-%j" $form --wrap "echo \"visible \$CUDA_VISIBLE_DEVICES\"; sleep 900"
}

# drive LABEL NODES: go through the cases; lines "ROUND STEP NODE GOT VISIBLE"
drive()
{
	local label=$1 nodes=$2 round step n m k form busy owner got jobs cancel

	for ((round = 0; round < rounds; round++)); do
		fill "$nodes" || { echo "$label cannot fill its nodes" >&2; return 1; }
		for step in 0 1 2 3; do
			owner=$(held)
			cancel=
			for ((n = 0; n < nodes; n++)); do
				busy=$(awk -v r=$round -v s=$step -v m=$((n % 4)) '$1 == r && $2 == s && $3 == m { print $4 }' "$t_dir/cases")
				cancel+=" $(awk -v n="node$n" -v busy=",$busy," '$2 == n && !index(busy, "," $3 ",") { print $1 }' <<<"$owner" | xargs)"
			done
			# shellcheck disable=SC2086  # words
			[ -z "${cancel// }" ] || sx scancel $cancel
			wait_for 30 none_ends
			jobs=()
			for ((n = 0; n < nodes; n++)); do
				read -r _ _ _ _ k form < <(grep "^$round $step $((n % 4)) " "$t_dir/cases")
				jobs[n]=$(ask "$n" "$k" "$form")
			done
			for ((n = 0; n < nodes; n++)); do
				wait_state "${jobs[n]}" RUNNING 30 || continue
				wait_for 30 grep -q visible "$t_dir/$sb-${jobs[n]}"
			done
			owner=$(held)
			for ((n = 0; n < nodes; n++)); do
				got=$(expand "$(awk -v j="${jobs[n]}" '$1 == j { print $3 }' <<<"$owner")")
				echo "$round $step $n ${got:-none} $(sed -n 's/^visible //p' "$t_dir/$sb-${jobs[n]}")"
			done
			sx scancel "${jobs[@]}"
			wait_for 30 none_ends
		done
	done
}

# As AutoDetect=nvml would fill it: cores on all nodes, links on node4 .. 7.
stock_gres()
{
	local n links

	for n in 0 1 2 3 4 5 6 7; do
		links=
		[ $n -lt 4 ] || links=--links
		"$weft" topo gres-conf $links --node "node$n" "${machine[n % 4]}"
	done | grep -v '^#' | sed "s,/dev/,$sb_dir/dev/,; s/ Type=h100//; s/Name=gpu/& Type=h100/
		s/Cores=0-\(19\|15\)/Cores=0-7/; s/Cores=\(20-39\|16-31\)/Cores=8-15/" >"$sb_dir/etc/gres.conf"
	for n in 0 1 2 3 4 5 6 7; do "$weft" sandbox restart --name "$sb" "slurmd.node$n" & done >/dev/null 2>&1
	wait
	"$weft" sandbox restart --name "$sb" slurmctld >/dev/null 2>&1
	wait_for 60 all_idle
}
all_idle() { [ "$(sx sinfo -h -N -t idle -o %N | sort -u | wc -l)" = 8 ]; }

draw >"$t_dir/cases"
note "seed $seed, $(wc -l <"$t_dir/cases") cases a Slurm"
sb_start --nodes 4 --gpus 8 --cpus 16 --topology "$(IFS=,; echo "${machine[*]}")"
weft_sb=$sb
printf 'SchedulerParameters=batch_sched_delay=0,sched_min_interval=0\n' >"$t_dir/stock.conf"
sb_start --nodes 8 --gpus 8 --cpus 16 --plugins off --conf-extra "$t_dir/stock.conf"
stock_sb=$sb
check "a stock Slurm takes the gres.conf that weft topo writes" stock_gres
(sb_use "$weft_sb"; drive weft 4 >"$t_dir/got.weft") &
(sb_use "$stock_sb"; drive stock 8 >"$t_dir/got.stock")
wait

exact=0 ordered=0 total=0 better=0
while read -r round step m busy k form; do
	read -r want ring order < <(pick "$m" "${busy#-}" "$k")
	read -r _ _ _ got visible < <(grep "^$round $step $m " "$t_dir/got.weft")
	total=$((total + 1))
	if [ "$got" = "$want" ]; then exact=$((exact + 1)); fi
	if [ "$visible" = "$order" ]; then ordered=$((ordered + 1)); fi
	[ "$got/$visible" = "$want/$order" ] ||
		note "${name[m]}, busy $busy, $k GPUs, form $form: want $want ($order), got $got ($visible)"
	[ "$k" -gt 1 ] || continue
	for n in $m $((m + 4)); do
		read -r _ _ _ got _ < <(grep "^$round $step $n " "$t_dir/got.stock")
		[ "$got" != none ] || continue
		read -r _ stock _ < <(pick "$m" "$(without "$got")" "$k")
		[ "$stock" -le "$ring" ] || better=$((better + 1))
		echo "${name[m]} $((n / 4)) $stock $ring"
	done >>"$t_dir/ratio"
done <"$t_dir/cases"
is "each of $total jobs holds the GPUs that weft topo pick names" "$exact" "$total"
is "and sees just these, in ring order" "$ordered" "$total"
is "no set that stock chose has a faster ring" "$better" 0
note "ring bandwidth of stock's choice over Weft's ($release):"
awk 'function add(key, r) {
		sum[key] += r; n[key]++
		if (!(key in worst) || r < worst[key]) worst[key] = r
	}
	{ r = $4 ? $3 / $4 : 1; how = $2 ? "with Links=" : "without"; add($1 " " how, r); add("together " how, r) }
	END { for (k in n) printf "#   %-22s %3d cases, mean %.2f, worst %.2f\n", k, n[k], sum[k] / n[k], worst[k] }' \
	"$t_dir/ratio" | sort

# Several nodes: on each the choice for that node's own busy GPUs.
sb_use "$weft_sb"
clean
busy=("0,5" "2" "1,4" "3,6")
fill 4
owner=$(held)
# shellcheck disable=SC2046  # words
sx scancel $(for n in 0 1 2 3; do
	awk -v n="node$n" -v busy=",${busy[n]}," '$2 == n && !index(busy, "," $3 ",") { print $1 }' <<<"$owner"
done)
wait_for 30 none_ends
job=$(submit -N4 --gpus-per-node=4 --wrap "sleep 900")
wait_state "$job" RUNNING 30
# As fast as the choice for the node alone; where that leaves room, the same
# GPUs on every node.
got=$(held | awk -v j="$job" '$1 == j { print $2, $3 }' | while read -r hosts idx; do
	for n in $(sx scontrol show hostnames "$hosts"); do echo "${n#node} $(expand "$idx")"; done
done | sort)
note "a job of four nodes: $(tr '\n' ' ' <<<"$got")"
is "a job of four nodes gets GPUs as fast as the choice for each" \
	"$(while read -r n set; do read -r _ ring _ < <(pick "$n" "$(without "$set")" 4); echo "$n $ring"; done <<<"$got")" \
	"$(for n in 0 1 2 3; do read -r _ ring _ < <(pick $n "${busy[n]}" 4); echo "$n $ring"; done)"
t_end
