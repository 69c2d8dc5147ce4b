#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# gres.sh - every way to ask for GPUs comes out as in stock Slurm
#
# Two Slurms, Weft's and a stock one, have the same four nodes: node0's GPUs
# are offered as shards too, node1 is cut into MIG-like slices, node2 has two
# types, node3 is plain.  Both are asked the same jobs, those of one node one at
# a time, so that both decide from the same state.  What must be equal: whether
# and in which words the job is refused, what it is allocated, what it and its
# tasks find in their environment.  Where Weft chooses the GPUs itself the
# numbers of the GPUs may differ and only their count is compared ("count");
# where it leaves the choice to Slurm, the very same GPUs must come out
# ("same"); "any" is "count" where the job may get either type.  The order of CUDA_VISIBLE_DEVICES is Weft's to choose.
#
# Where the kernel has a devices controller (cgroup v1) that we may write,
# both run with task/cgroup and ConstrainDevices=yes, and what the job and each
# of its tasks can open counts as a part of its environment; on Weft's side it
# must also be the GPUs of the job's record, and nothing else (cgroup.sh).
. "${srcdir:-.}/tests/slurm/lib.sh"
. "$srcdir/tests/slurm/cgroup.sh"

# "how | options of sbatch | options of srun inside; - for no step"
# A job whose how begins with "keep" stays while those after it are asked; one
# with "pend" waits for ever: what it asks for is never free at once.
cases=(
	"count | --gres=gpu:2 -w node3 | -n1"
	"count | --gres=gpu:h100:3 -w node3 | -n1"
	"count | --gpus=3 -N1 -w node3 | -n1 --gpus=1"
	"count | --gpus=h100:2 -w node3 | -n1"
	"count | -n3 --gpus-per-task=1 -w node3 | -n3 --gpu-bind=per_task:1"
	"same  | -n8 -c1 --gres=gpu:8 -w node3 | -n8 --gpu-bind=single:1"
	"same  | -n4 --gres=gpu:8 -w node3 | -n4 --gpu-bind=map_gpu:3,2,1,0"
	"same  | -n4 --gres=gpu:8 -w node3 | -n4 --gpu-bind=mask_gpu:0x3,0xc,0x30,0xc0"
	"same  | -n2 --gres=gpu:8 -w node3 | -n2 --gpu-bind=none"
	"same  | -n2 --gres=gpu:8 -w node3 | -n2 --gpu-bind=closest"
	"same  | -n4 --gpus-per-node=8 -w node3 | -n4 --gpus-per-task=2"
	"count | -n2 --ntasks-per-node=2 --gpus-per-node=4 -w node3 | -n2 --gpu-bind=single:2"
	"same  | -n2 --ntasks-per-gpu=1 --gpus=2 -w node3 | -n2"
	"same  | -N1 --sockets-per-node=2 --gpus-per-socket=1 -n2 -c8 -w node3 | -n2"
	"same  | --gpus-per-socket=1 -w node3 | -"
	"any   | -N2 --gpus-per-node=2 -w node[2-3] | -n2"
	"any   | -n4 --gpus-per-task=1 -w node[2-3] -N2 | -n4"
	"count | --gres=gpu:a100:2 -w node2 | -n1"
	"count | --gres=gpu:h100:2 -w node2 | -n1"
	"same  | --gres=gpu:a100:1,gpu:h100:2 -w node2 | -n1"
	"same  | --gres=gpu:8 -w node2 | -n1"
	"same  | --gres=gpu:a100:5 -w node2 | -"
	"same  | --gres=gpu:v100:1 | -"
	"same  | --gres=gpu:9 | -"
	"same  | -n2 --gpus-per-task=1 --gpus=3 | -"
	"same  | --gres=gpu:0 -w node3 | -n1"
	"same  | --exclusive -w node3 | -n1"
	"count | --exclusive --gres=gpu:2 -w node3 | -n1"
	"count | --gres=gpu:2 --cpus-per-gpu=3 -w node3 | -n1"
	"count | --gres=gpu:2 --mem-per-gpu=1000 -w node3 | -n1"
	"count | --gres=gpu:2 --gres-flags=enforce-binding -w node3 | -n1"
	"any   | --gres=gpu:2 --gres-flags=disable-binding -w node2 | -n1"
	"same  | --gres=shard:3 -w node0 | -n1"
	"pendsame | --gres=shard:5 -w node0 | -"
	"same  | --gres=shard:17 | -"
	"same  | --gres=shard:1,gpu:1 -w node0 | -"
	"same  | --gres=gpu:2 -w node0 | -n1"
	"same  | --gpus=h100:1 -w node0 | -n1"
	"keepsame | --gres=shard:2 -w node0 | -n1"
	"keepsame | --gres=gpu:1 -w node0 | -n1"
	"keepsame | --gres=shard:2 -w node0 | -n1"
	"same  | --gres=gpu:2 -w node0 | -n1"
	"keepcount | --gres=gpu:1g.5gb:1 -w node1 | -n1"
	"keepcount | --gres=gpu:3g.20gb:1 -w node1 | -n1"
	"count | --gres=gpu:1g.5gb:3 -w node1 | -n1"
	"count | --gpus=1g.5gb:2 -w node1 | -n1"
	"same  | --gres=gpu:1g.5gb:5 -w node1 | -"
	"count | -n2 --gpus-per-task=1g.5gb:1 -w node1 | -n2 --gpu-bind=per_task:1"
	"count | --gres=gpu:2 -w node1 | -n1"
	"keepcount | --gres=gpu:h100:1 -w node2 | -n1"
	"count | --gres=gpu:h100:3 -w node2 | -n1"
	"same  | --gres=gpu:a100:1,gpu:h100:1 -w node2 | -n1"
	"count | --gres=gpu:5 -w node2 | -n1"
)

# Six slices of two GPUs.  Where shards are known too, 22.05 takes MultipleFiles
# apart and counts each file as a device, with or without Weft.
slices()
{
	local i

	if [ "$release" = 22.05 ]; then
		printf '%s\n' "1g.5gb File=@nvidia-cap[1-4]" "3g.20gb File=@nvidia-cap5,@nvidia-cap6"
		return
	fi
	for i in 1 2 3 4; do echo "1g.5gb MultipleFiles=@nvidia0,@nvidia-cap$i"; done
	for i in 5 6; do echo "3g.20gb MultipleFiles=@nvidia1,@nvidia-cap$i"; done
}

# The three kinds of nodes besides the plain one, without AutoDetect.
configure()
{
	local d=$sb_dir/dev i

	for i in 0 1 2 3 4 5 6 7; do node "$d/nvidia$i" $i; done
	for i in 1 2 3 4 5 6; do node "$d/nvidia-cap$i" $i 121; done
	{
		echo "AutoDetect=off"
		echo "NodeName=node0 Name=gpu Type=h100 File=$d/nvidia[0-3]"
		echo "NodeName=node0 Name=shard Count=16 File=$d/nvidia[0-3]"
		slices | sed "s,@,$d/,g; s/^/NodeName=node1 Name=gpu Type=/"
		echo "NodeName=node2 Name=gpu Type=a100 File=$d/nvidia0,$d/nvidia[1-3] Cores=0-7"
		echo "NodeName=node2 Name=gpu Type=h100 File=$d/nvidia[4-7] Cores=8-15"
		echo "NodeName=node3 Name=gpu Type=h100 File=$d/nvidia[0-3] Cores=0-7"
		echo "NodeName=node3 Name=gpu Type=h100 File=$d/nvidia[4-7] Cores=8-15"
	} >"$sb_dir/etc/gres.conf"
	awk '/^GresTypes=/ { sub(/gpu/, "gpu,shard") }
		/^NodeName=/ {
			split("gpu:h100:4,shard:16 gpu:1g.5gb:4,gpu:3g.20gb:2 gpu:a100:4,gpu:h100:4 gpu:h100:8", gres, " ")
			match($0, /Port=\[[0-9]*/); port = substr($0, RSTART + 6, RLENGTH - 6)
			for (i = 0; i < 4; i++) {
				line = $0
				sub(/NodeName=[^ ]*/, "NodeName=node" i, line)
				sub(/Port=[^ ]*/, "Port=" port + i, line)
				sub(/Gres=[^ ]*/, "Gres=" gres[i + 1], line)
				print line
			}
			next
		}
		{ print }' "$sb_dir/etc/slurm.conf" >"$t_dir/new.conf" &&
		cp "$t_dir/new.conf" "$sb_dir/etc/slurm.conf"
	confine "$1" || return 1
	# A node must not show its new devices to a slurmctld that expects the old.
	for i in 0 1 2 3; do kill "$(cat "$sb_dir/run/slurmd.node$i.pid")"; done
	since=$(date +%FT%T)
	"$weft" sandbox restart --name "$sb" slurmctld >/dev/null 2>&1
	for i in 0 1 2 3; do "$weft" sandbox restart --name "$sb" "slurmd.node$i" & done >/dev/null 2>&1
	wait
	wait_for 60 all_registered
}
all_registered()
{
	[ "$(sx scontrol show node -o | grep -o 'SlurmdStartTime=[^ ]*' | awk -F= -v t="$since" '$2 >= t' | wc -l)" = 4 ] && all_idle
}
all_idle() { [ "$(sx sinfo -h -N -t idle -o %N | sort -u | wc -l)" = 4 ]; }

# What a job prints: its environment, then that of the tasks of its step, and
# which device files each can open.
cat >"$t_dir/probe" <<'END'
#!/bin/bash
keep=$1 dev=$2 go=$3; shift 3
. "${go%/*/*}/opens"
show() { env | grep -E '^(SLURM_(GPUS?|SHARDS|JOB_GPUS|STEP_GPUS|NTASKS|TRES_PER)[A-Z_]*|SLURM_JOB_(CPUS_PER_NODE|NUM_NODES)|SLURM_TASKS_PER_NODE|CUDA_[A-Z_]*|ROCR_VISIBLE_DEVICES|GPU_DEVICE_ORDINAL)=' | sort; }
if [ "$keep" = task ]; then
	{ show; opens "$dev"; } | grep -E '^(SLURM_STEP_GPUS|SLURM_GPUS|SLURM_SHARDS|CUDA_|GPU_|OPENS)' | sed "s/^/task $SLURM_PROCID /"
	exit
fi
show
opens "$dev"
[ "$1" = - ] || srun "$@" "$0" task "$dev" "$go" 2>&1 | sort -V
echo "end"
# Until it has been looked at: Slurm forgets the devices of a job that ended.
if [ "$keep" = 1 ]; then sleep 600; else until [ -e "$go/$SLURM_JOB_ID" ]; do sleep 0.1; done; fi
END
chmod +x "$t_dir/probe"

# Lists of GPUs: sorted, or only how many.
normal()
{
	awk -v how="$1" '
		/^(task [0-9]+ )?(SLURM_(JOB|STEP)_GPUS|CUDA_VISIBLE_DEVICES|ROCR_VISIBLE_DEVICES|GPU_DEVICE_ORDINAL|OPENS)=/ {
			at = index($0, "="); name = substr($0, 1, at); n = split(substr($0, at + 1), v, ",")
			if (how != "same") { print name n " GPUs"; next }
			for (i = 1; i <= n; i++) for (j = i + 1; j <= n; j++) if (v[j] + 0 < v[i] + 0) { t = v[i]; v[i] = v[j]; v[j] = t }
			for (i = 1; i <= n; i++) name = name (i > 1 ? "," : "") v[i]
			print name; next
		}
		how != "same" { gsub(/\(IDX:[^)]*\)/, "") }
		how == "any" && /GRES=/ {
			at = index($0, "GRES="); n = split(substr($0, at + 5), v, /,gpu:|gpu:/)
			for (t = 0; n > 0; n--) { sub(/.*:/, "", v[n]); t += v[n] }
			print substr($0, 1, at + 4) t " GPUs"; next
		}
		{ gsub(/[Jj]ob(Id=)? ?[0-9]+/, "job"); print }'
}

# What is allocated, a line a node: Slurm joins nodes whose GPUs have one number.
by_node()
{
	local line nodes=

	while read -r line; do
		case $line in
		Nodes=*) nodes=$(sx scontrol show hostnames "${line#Nodes=}") ;;
		CPU_IDs=*) [ "$1" != same ] || echo "$nodes $line" ;;
		GRES=*) for line in $(sed "s/\$/ ${line//\//.}/" <<<"$nodes" | tr ' ' :); do echo "on $line"; done ;;
		*) echo "$line" ;;
		esac
	done
}

# Asked often: without the two programs in between.
sq() { SLURM_CONF=$sb_dir/etc/slurm.conf squeue -h "$@" 2>/dev/null; }
tick=0
ended()
{
	[[ -s $1 && $'\n'$(<"$1")$'\n' == *$'\nend\n'* ]] && return
	tick=$((tick + 1))
	[ $((tick % 10)) = 0 ] && [ -z "$(sq -j "$2" -t PD,R,CF)" ]
}
waits() { [ "$(field "$2" Reason)" = Resources ] || ended "$@"; }
# shellcheck disable=SC2086  # an option or none
settled() { ! sq $1 -t R,CG,CF -o %i | grep -vqxF "$kept"; }

# Jobs of one node wait for each other only; "rest" is what names no node or two.
lane_of()
{
	case "$1 " in
	*'-w node'[0-3]' '*) sed 's/.*-w \(node[0-3]\).*/\1/' <<<"$1" ;;
	*) echo rest ;;
	esac
}

# ask LABEL N NODES: case N, when NODES (an option of squeue) have settled
ask()
{
	local how options step job keep=0 until=ended out=$t_dir/$1-$2

	IFS='|' read -r how options step <<<"${cases[$2]}"
	how=${how// }
	case $how in
	keep*) keep=1; how=${how#keep} ;;
	pend*) until=waits; how=${how#pend} ;;
	esac
	[ -z "${WEFT_TEST_SHOW:-}" ] || note "$1 $2 at $SECONDS"
	# shellcheck disable=SC2086  # words
	job=$(sx sbatch --parsable -t 5 --mem=100 -o "$out.job" $options "$t_dir/probe" $keep "$sb_dir/dev" "$t_dir/go/$sb" $step 2>"$out.err")
	{
		sed 's/^/sbatch says /' "$out.err"
		if [ -n "$job" ]; then
			wait_for 30 $until "$out.job" "$job" && grep -q '^end' "$out.job" 2>/dev/null ||
				{ echo "did not run: $(field "$job" Reason)"; sx scancel "$job"; }
			sx scontrol show job -d -o "$job" |
				grep -Eo ' (NumNodes|NumCPUs|NumTasks|NodeList|TRES|AllocTRES|Nodes|CPU_IDs|GRES|TresPer[A-Za-z]*)=[^ ]*' |
				tee "$out.raw" | by_node "$how"
			: >"$t_dir/go/$sb/$job"
			cat "$out.job" 2>/dev/null
		fi
	} | normal "$how" >"$out"
	[ $keep = 0 ] || kept+=$'\n'$job
	wait_for 30 settled "$3"
}

# drive LABEL: ask everything; a file a case
drive()
{
	local lane n

	for lane in node0 node1 node2 node3 rest; do
		(
			kept=none nodes=
			[ $lane = rest ] || nodes="-w $lane"
			for n in "${!cases[@]}"; do
				[ "$(lane_of "$(cut -d'|' -f2 <<<"${cases[n]}")")" != $lane ] || ask "$1" "$n" "$nodes"
			done
			# shellcheck disable=SC2046  # numbers
			[ "$kept" = none ] || sx scancel $(tail -n +2 <<<"$kept")
			kept=none
			wait_for 30 settled "$nodes"
		) &
		[ $lane != node3 ] || wait
	done
	wait
}

# Of the jobs of one node whose GPUs have files of their numbers: the GPUs of
# the record are those that the job can open.  node0 has four.
is_confined()
{
	local n at idx open wrong=

	for n in "${!cases[@]}"; do
		at=$(sed -n 's/^ Nodes=\(node[023]\)$/\1/p' "$t_dir/weft-$n.raw" 2>/dev/null)
		[ -n "$at" ] && [ "$(grep -c '^ Nodes=' "$t_dir/weft-$n.raw")" = 1 ] &&
			[[ ${cases[n]} != *shard* ]] || continue
		idx=$(grep -o 'IDX:[0-9,-]*' "$t_dir/weft-$n.raw" | cut -d: -f2 | tr , '\n' |
			awk -F- 'NF { for (i = $1; i <= (NF > 1 ? $2 : $1); i++) print i }' | paste -sd,)
		open=$(sed -n 's/^OPENS=//p' "$t_dir/weft-$n.job" | tr , '\n' |
			awk -v n="$at" '/^[0-9]/ && (n != "node0" || $1 < 4)' | paste -sd,)
		confined=$((confined + 1))
		[ "$open" = "$idx" ] || wrong+="${cases[n]}: has $idx, opens ${open:-none}"$'\n'
	done
	is "each of $confined jobs can open the GPUs of its record and no other" "$wrong" ""
}

cgroup_enter || { cgroup_leave; note "$no_cgroup"; }
sb_start --nodes 4 --gpus 8 --cpus 16 --topology "$srcdir/tests/slurm/machines/nvswitch.txt"
weft_sb=$sb
mkdir -p "$t_dir/go/$sb"
printf 'SchedulerParameters=batch_sched_delay=0,sched_min_interval=0\n' >"$t_dir/stock.conf"
sb_start --nodes 4 --gpus 8 --cpus 16 --plugins off --conf-extra "$t_dir/stock.conf"
stock_sb=$sb
mkdir -p "$t_dir/go/$sb"
check "a stock Slurm takes the nodes" configure stock
sb_use "$weft_sb"
check "and one with Weft" configure weft
(sb_use "$stock_sb"; drive stock) &
(sb_use "$weft_sb"; drive weft)
wait

for n in "${!cases[@]}"; do
	IFS='|' read -r how options step <<<"${cases[n]}"
	if [ ! -s "$t_dir/stock-$n" ]; then
		not_ok "stock answers: $options" "nothing was printed"
	elif diff "$t_dir/stock-$n" "$t_dir/weft-$n" >"$t_dir/diff"; then
		ok "as stock:$options, step:$step"
	else
		not_ok "as stock:$options, step:$step" "< stock, > weft
$(cat "$t_dir/diff")"
	fi
done
confined=0
if [ -n "$cgroup" ]; then is_confined; else skip "what a job can open" "$no_cgroup"; fi
[ -z "${WEFT_TEST_SHOW:-}" ] || tail -n +1 "$t_dir"/stock-[0-9] "$t_dir"/stock-[0-9][0-9] | sed 's/^/# /'
for sb in "$weft_sb" "$stock_sb"; do sb_use "$sb"; clean; done
t_stop_all
cgroup_leave
t_end
