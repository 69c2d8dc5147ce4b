#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# task.sh - what a task is told of its GPUs: their order, in arrays, after a
# requeue and for each of several tasks; names of domain and NICs; and
# NCCL_TOPO_FILE where the site has a better topology than the machine shows.
. "${srcdir:-.}/tests/slurm/lib.sh"

# 0-5, 1-4, 2-7 and 3-6 are the fast pairs; each GPU has a NIC for RDMA beside
# it, and some have a plain interface as near.
sed '/"domain"/a\
  "nics": [ { "name": "eno1", "numa": 0 },\
            { "name": "mlx5_0", "numa": 0 }, { "name": "mlx5_1", "numa": 1 } ],\
  "nic_path": [ ["PIX", "PIX", "SYS"], ["SYS", "SYS", "PIX"], ["PIX", "PIX", "SYS"],\
                ["SYS", "SYS", "PIX"], ["SYS", "SYS", "PIX"], ["PIX", "PIX", "SYS"],\
                ["SYS", "SYS", "PIX"], ["PIX", "PIX", "SYS"] ],' \
	"$srcdir/tests/slurm/pairs.json" >"$t_dir/pairs.json"
sb_start --nodes 2 --gpus 8 --cpus 16 --topology "$t_dir/pairs.json,$srcdir/tests/slurm/machines/pcie.txt"

env_of() { sx srun -Q -N1 -n1 -w node0 "$@" sh -c 'env | grep -E "CUDA|WEFT_(G|N)|NCCL" | sort' 2>/dev/null; }
value() { sed -n "s/^$1=//p" <<<"$2"; }
# Is every fast pair of $1 side by side, the ends being neighbours too?
paired()
{
	local order=,$1,${1%%,*}, pair

	for pair in 0,5 1,4 2,7 3,6; do
		case $order in *,"${pair%,*}",*) ;; *) continue ;; esac
		case $order in *,"${pair#*,}",*) ;; *) continue ;; esac
		case $order in *,"$pair",* | *,"${pair#*,},${pair%,*}",*) ;; *) return 1 ;; esac
	done
	[ -n "$1" ]
}

out=$(env_of --gpus-per-node=8)
check "all eight in ring order ($(value CUDA_VISIBLE_DEVICES "$out"))" paired "$(value CUDA_VISIBLE_DEVICES "$out")"
is "WEFT_GPUS says the same" "$(value WEFT_GPUS "$out")" "$(value CUDA_VISIBLE_DEVICES "$out")"
is "the domain" "$(value WEFT_NVLINK_DOMAIN "$out")" rack7
n=0 wrong=
for gpu in $(value CUDA_VISIBLE_DEVICES "$out" | tr , ' '); do
	case $gpu in 0 | 2 | 5 | 7) nic=mlx5_0 ;; *) nic=mlx5_1 ;; esac
	[ "$(value WEFT_NIC_$n "$out")" = $nic ] || wrong+=" $gpu"
	n=$((n + 1))
done
is "WEFT_NIC_i is the RDMA NIC next to the i-th visible GPU" "$wrong" ""
is "no NCCL_TOPO_FILE without need" "$(value NCCL_TOPO_FILE "$out")" ""
is "in index order" "$(value CUDA_VISIBLE_DEVICES "$(env_of --gpus-per-node=8 --weft-gpu-order=index)")" 0,1,2,3,4,5,6,7
is "by NUMA node" "$(value CUDA_VISIBLE_DEVICES "$(env_of --gpus-per-node=8 --weft-gpu-order=numa)")" 0,2,5,7,1,3,4,6

# An array keeps the order that was asked for, and so does a requeued job.
ended() { [ -z "$(sx squeue -h -j "$1" 2>/dev/null)" ]; }
job=$(submit -n1 -w node0 --gres=gpu:8 --weft-gpu-order=numa --array=1-2 \
	-o "$t_dir/a-%a" --wrap 'echo $CUDA_VISIBLE_DEVICES; srun -Q printenv CUDA_VISIBLE_DEVICES')
wait_for 30 ended "$job"
is "each task of an array, in the script and in its steps" "$(sort -u "$t_dir"/a-[12])" 0,2,5,7,1,3,4,6
is "both ran" "$(cat "$t_dir"/a-[12] | wc -l)" 4
job=$(submit -n1 -w node0 --gres=gpu:8 --weft-gpu-order=index --requeue \
	--wrap 'echo $CUDA_VISIBLE_DEVICES >>'"$t_dir/requeued"'; [ "${SLURM_RESTART_COUNT:-0}" = 1 ] || sleep 600')
lines() { [ "$(wc -l <"$1")" = "$2" ]; }
wait_for 30 lines "$t_dir/requeued" 1
sx scontrol requeuehold "$job"
idle() { [ "$(sx sinfo -h -n node0 -o %T)" = idle ]; }
wait_for 60 idle
# A credential of the second in which the first run ended counts as revoked.
sleep 2
sx scontrol release "$job"
sx scontrol update JobId="$job" StartTime=now 2>/dev/null
check "a requeued job runs again" wait_for 60 lines "$t_dir/requeued" 2
is "in the same order" "$(sort -u "$t_dir/requeued")" 0,1,2,3,4,5,6,7
clean

# Several tasks: each orders what it has, and nobody has another's.
out=$(sx srun -Q -N1 -n2 -w node0 --gpus-per-task=4 --weft-gpu-order=numa printenv CUDA_VISIBLE_DEVICES 2>/dev/null)
is "two tasks share out all GPUs, each in its order" "$(sort <<<"$out" | xargs)" "0,2,1,3 5,7,4,6"
out=$(sx srun -Q -N2 -n2 --ntasks-per-node=1 --gpus-per-node=2 printenv WEFT_GPUS 2>/dev/null)
is "a task on each of two nodes has two" "$(tr -cd ,'\n' <<<"$out" | sort | uniq -c | xargs)" "2 ,"

# The machine's own topology is known to be wrong.
cp "$srcdir/tests/golden/topo/good/nccl-nvswitch.xml" "$t_dir/vm.xml"
chmod 644 "$t_dir/vm.xml"
sed -i "s,\"source\": *\"$t_dir/pairs.json\",&\, \"nccl_topology\": \"$t_dir/vm.xml\"," "$sb_dir/etc/weft.json"
sx scontrol reconfigure
told() { [ "$(value NCCL_TOPO_FILE "$(env_of --gpus-per-node=1)")" = "$t_dir/vm.xml" ]; }
check "NCCL_TOPO_FILE is what weft.json says" wait_for 30 told
is "a user's own stays" "$(NCCL_TOPO_FILE=/mine value NCCL_TOPO_FILE "$(NCCL_TOPO_FILE=/mine env_of --gpus-per-node=1)")" /mine
is "other nodes have none" "$(sx srun -Q -n1 -w node1 --gpus-per-node=1 sh -c 'echo "$NCCL_TOPO_FILE"' 2>/dev/null)" ""
rm "$t_dir/vm.xml"
is "a file that is gone is not named" "$(value NCCL_TOPO_FILE "$(env_of --gpus-per-node=1)")" ""
t_end
