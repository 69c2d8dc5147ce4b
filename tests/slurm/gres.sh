#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# gres.sh - every way to ask for GPUs comes out as in stock Slurm
#
# Two Slurms, Weft's and a stock one, have the same four nodes: node0's GPUs
# are offered as shards too, node1 is cut into MIG-like slices (MultipleFiles),
# node2 has two types, node3 is plain.  Both are asked the same jobs, one at a
# time, so that both decide from the same state.  What must be equal: whether
# and in which words the job is refused, what it is allocated, what it and its
# tasks find in their environment.  Where Weft chooses the GPUs itself the
# numbers of the GPUs may differ and only their count is compared ("count");
# where it leaves the choice to Slurm, the very same GPUs must come out
# ("same").  The order of CUDA_VISIBLE_DEVICES is Weft's to choose.
#
# Not here: confinement by cgroup (ConstrainDevices) needs a devices
# controller that the machine of a test seldom has; sched/weft does not touch
# what slurmstepd confines, and steer_proof.sh shows that the GPUs of the job's
# record, from which it confines, are those that the job sees.
. "${srcdir:-.}/tests/slurm/lib.sh"

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
	"count | -N2 --gpus-per-node=2 -w node[2-3] | -n2"
	"count | -n4 --gpus-per-task=1 -w node[2-3] -N2 | -n4"
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
	"count | --gres=gpu:2 --gres-flags=disable-binding -w node2 | -n1"
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

	for i in 1 2 3 4 5 6; do
		mknod "$d/nvidia-cap$i" c 1 3
	done
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

# What a job prints: its environment, then that of the tasks of its step.
cat >"$t_dir/probe" <<'END'
#!/bin/bash
show() { env | grep -E '^(SLURM_(GPUS?|SHARDS|JOB_GPUS|STEP_GPUS|NTASKS|TRES_PER)[A-Z_]*|SLURM_JOB_(CPUS_PER_NODE|NUM_NODES)|SLURM_TASKS_PER_NODE|CUDA_[A-Z_]*|ROCR_VISIBLE_DEVICES|GPU_DEVICE_ORDINAL)=' | sort; }
[ "$1" != task ] || { show | grep -E '^(SLURM_STEP_GPUS|SLURM_GPUS|SLURM_SHARDS|CUDA_|GPU_)' | sed "s/^/task $SLURM_PROCID /"; exit; }
keep=$1; shift
show
[ "$1" = - ] || srun "$@" "$0" task 2>&1 | sort -V
echo "end"
[ "$keep" = 0 ] || sleep 600
END
chmod +x "$t_dir/probe"

# Lists of GPUs: sorted, or only how many.
normal()
{
	awk -v how="$1" '
		/^(task [0-9]+ )?(SLURM_(JOB|STEP)_GPUS|CUDA_VISIBLE_DEVICES|ROCR_VISIBLE_DEVICES|GPU_DEVICE_ORDINAL)=/ {
			at = index($0, "="); name = substr($0, 1, at); n = split(substr($0, at + 1), v, ",")
			if (how == "count") { print name n " GPUs"; next }
			for (i = 1; i <= n; i++) for (j = i + 1; j <= n; j++) if (v[j] + 0 < v[i] + 0) { t = v[i]; v[i] = v[j]; v[j] = t }
			for (i = 1; i <= n; i++) name = name (i > 1 ? "," : "") v[i]
			print name; next
		}
		how == "count" { gsub(/\(IDX:[^)]*\)/, "") }
		{ gsub(/[Jj]ob(Id=)? ?[0-9]+/, "job"); print }'
}

# What is allocated, a line a node: Slurm joins nodes whose GPUs have one number.
by_node()
{
	local line nodes=

	while read -r line; do
		case $line in
		Nodes=*) nodes=$(sx scontrol show hostnames "${line#Nodes=}") ;;
		CPU_IDs=*) [ "$1" = count ] || echo "$nodes $line" ;;
		GRES=*) for line in $(sed "s/\$/ ${line//\//.}/" <<<"$nodes" | tr ' ' :); do echo "on $line"; done ;;
		*) echo "$line" ;;
		esac
	done
}

ended() { grep -q '^end' "$1" || [ -z "$(sx squeue -h -j "$2" -t PD,R,CF 2>/dev/null)" ]; }
waits() { [ "$(field "$2" Reason)" = Resources ] || ended "$@"; }
settled() { [ -z "$(sx squeue -h -t CG)" ] && ! sx squeue -h -t R -o %i | grep -vqxF "$kept"; }

# drive LABEL: ask everything; a file a case
drive()
{
	local n how options step job keep until out

	kept=none
	for n in "${!cases[@]}"; do
		IFS='|' read -r how options step <<<"${cases[n]}"
		how=${how// }
		keep=0
		until=ended
		case $how in
		keep*) keep=1; how=${how#keep} ;;
		pend*) until=waits; how=${how#pend} ;;
		esac
		out=$t_dir/$1-$n
		# shellcheck disable=SC2086  # words
		[ -z "${WEFT_TEST_SHOW:-}" ] || note "$1 $n at $SECONDS"
		job=$(sx sbatch --parsable -t 5 --mem=100 -o "$out.job" $options "$t_dir/probe" $keep $step 2>"$out.err")
		{
			sed 's/^/sbatch says /' "$out.err"
			if [ -n "$job" ]; then
				wait_for 30 $until "$out.job" "$job" && grep -q '^end' "$out.job" 2>/dev/null ||
					{ echo "did not run: $(field "$job" Reason)"; sx scancel "$job"; }
				sx scontrol show job -d -o "$job" |
					grep -Eo ' (NumNodes|NumCPUs|NumTasks|NodeList|TRES|AllocTRES|Nodes|CPU_IDs|GRES|TresPer[A-Za-z]*)=[^ ]*' |
					by_node "$how"
				cat "$out.job"
			fi
		} | normal "$how" >"$out"
		[ $keep = 0 ] || kept+=$'\n'$job
		wait_for 30 settled
	done
}

sb_start --nodes 4 --gpus 8 --cpus 16 --topology "$srcdir/tests/slurm/machines/nvswitch.txt"
weft_sb=$sb
printf 'SchedulerParameters=batch_sched_delay=0,sched_min_interval=0\n' >"$t_dir/stock.conf"
sb_start --nodes 4 --gpus 8 --cpus 16 --plugins off --conf-extra "$t_dir/stock.conf"
stock_sb=$sb
check "a stock Slurm takes the nodes" configure
sb_use "$weft_sb"
check "and one with Weft" configure
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
[ -z "${WEFT_TEST_SHOW:-}" ] || tail -n +1 "$t_dir"/stock-[0-9] "$t_dir"/stock-[0-9][0-9] | sed 's/^/# /'
for sb in "$weft_sb" "$stock_sb"; do sb_use "$sb"; clean; done
t_end
