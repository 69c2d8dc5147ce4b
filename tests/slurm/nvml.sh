#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# nvml.sh - slurmds that ask a driver, and what they do when it does not answer
#
# tests/unit/fake_nvml.c stands in for libnvidia-ml.so.1: one slurmd of each
# node is given a machine that works, one in MIG mode, and some that fail, and
# other nodes a topology file that is damaged, huge or makes no sense.  Each
# slurmd starts, says in one line what it found or why not, keeps the GPUs of
# gres.conf, and runs jobs.  The MIG node has the gres.conf that `weft topo
# gres-conf` writes on it; where cgroups can be had, a job on a slice can open
# the slice's files and no others.
. "${srcdir:-.}/tests/slurm/lib.sh"
. "$srcdir/tests/slurm/cgroup.sh"

fake=${weft%/*}/tests/unit/.libs/fake_nvml.so
[ -e "$fake" ] || { echo "1..0 # SKIP no fake_nvml.so: built without Check"; exit 77; }
[ -n "${WEFT_TEST_ROOM:-}" ] || { echo "1..0 # SKIP no mount namespace: /proc/driver cannot be covered"; exit 77; }
mkdir "$t_dir/lib" && cp "$fake" "$t_dir/lib/libnvidia-ml.so.1"

# The driver's table of capabilities, for GPU 1 of the machine "mig".
mount -t tmpfs tmpfs /proc/driver && mkdir -p /proc/driver/nvidia-caps
printf 'config 1\nmonitor 2\ngpu1/gi2/access 75\ngpu1/gi2/ci0/access 76\ngpu1/gi7/access 120\ngpu1/gi7/ci0/access 121\n' \
	>/proc/driver/nvidia-caps/mig-minors

on_machine() { FAKE_NVML=$1 LD_LIBRARY_PATH=$t_dir/lib "${@:2}"; }

# node0 .. node5 ask the driver; node6 .. node9 read a file.
machine=(mig minor hang stuck broken lost)
golden=$srcdir/tests/golden
cp "$golden/topo_crash/hwloc-null.xml" "$t_dir/crash.xml"
cp "$golden/topo/bad/hwloc-asymmetric.xml" "$golden/topo/bad/smi-asymmetric.txt" "$t_dir"
{ cat "$golden/topo/good/hwloc-nvswitch.xml"; head -c 9000000 /dev/zero | tr '\0' ' '; } >"$t_dir/huge.xml"
file=(crash.xml hwloc-asymmetric.xml smi-asymmetric.txt huge.xml)

cgroup_enter || { cgroup_leave; note "$no_cgroup"; }
sb_start --nodes 10 --gpus 3 --cpus 8
before=()	# lines of each log that are of the time before the restart
conf=$sb_dir/etc
dev=$sb_dir/dev

mig_lines() { on_machine mig "$weft" topo gres-conf --node node0 | tee "$t_dir/mig.conf" | sed -E "s,/dev/nvidia(-caps/nvidia)?,$dev/nvidia,g"; }
configure()
{
	local i

	mkdir -p "$dev"
	for i in 0 1 2; do node "$dev/nvidia$i" $i; done
	for i in 75 76 120 121; do node "$dev/nvidia-cap$i" $i 121; done
	{
		mig_lines
		echo "NodeName=node[1-9] Name=gpu Type=h100 File=$dev/nvidia[0-2]"
	} >"$conf/gres.conf"
	awk '/^NodeName=/ {
			line = $0
			match($0, /Port=\[[0-9]*/); port = substr($0, RSTART + 6, RLENGTH - 6)
			sub(/NodeName=[^ ]*/, "NodeName=node0"); sub(/Port=[^ ]*/, "Port=" port)
			sub(/Gres=[^ ]*/, "Gres=gpu:h100:2,gpu:1g.10gb:1,gpu:3g.40gb:1")
			print
			$0 = line
			sub(/NodeName=[^ ]*/, "NodeName=node[1-9]"); sub(/Port=\[[0-9]*/, "Port=[" port + 1)
		}
		{ print }' "$conf/slurm.conf" >"$t_dir/new.conf" && cp "$t_dir/new.conf" "$conf/slurm.conf"
	{
		echo '{ "gres": { "nodes": ['
		for i in 0 1 2 3; do
			echo "{ \"names\": \"node$((i + 6))\", \"source\": \"$t_dir/${file[i]}\" }$([ $i = 3 ] || echo ,)"
		done
		echo '] } }'
	} >"$conf/weft.json"
	confine mig || return 1
	for i in 0 1 2 3 4 5 6 7 8 9; do kill "$(cat "$sb_dir/run/slurmd.node$i.pid")"; done
	since=$(date +%FT%T)
	for i in 0 1 2 3 4 5 6 7 8 9; do before[i]=$(wc -l <"$sb_dir/log/slurmd.node$i.log"); done
	"$weft" sandbox restart --name "$sb" slurmctld >/dev/null 2>&1
	for i in 0 1 2 3 4 5 6 7 8 9; do
		on_machine "${machine[i]:-none}" "$weft" sandbox restart --name "$sb" "slurmd.node$i" &
	done >/dev/null 2>&1
	wait
	wait_for 60 all_ready
}
all_ready()
{
	[ "$(sx scontrol show node -o | grep -o 'SlurmdStartTime=[^ ]*' | awk -F= -v t="$since" '$2 >= t' | wc -l)" = 10 ] &&
		[ "$(sx sinfo -h -N -t idle -o %N | sort -u | wc -l)" = 10 ]
}
configure
check "every slurmd starts and its node is idle, whatever the driver does" all_ready

said() { tail -n "+$((before[${1#node}] + 1))" "$sb_dir/log/slurmd.$1.log" | grep gres/nvlink; }
last() { said "$1" | grep -E ': [0-9]+ GPUs from' | tail -n 1; }
like "MIG: the driver's three GPUs" "$(last node0)" '3 GPUs from nvml, .*slice 4 of GPU 1 does not answer'
like "minor numbers that run backwards" "$(last node1)" '3 GPUs from nvml, cores given to 3'
like "a driver that hangs: the bus is asked, and why" "$(last node2)" 'GPUs from hwloc, .*driver did not answer within 15000 ms'
like "a driver that hangs over its links" "$(last node3)" 'GPUs from hwloc, .*driver did not answer within 15000 ms'
like "a driver that refuses" "$(last node4)" 'GPUs from hwloc, .*nvml: Driver Not Loaded'
like "a GPU that fell off the bus keeps its place" "$(last node5)" '3 GPUs from nvml, .*GPU 1 does not answer: GPU is lost'
like "XML that crashes hwloc" "$(said node6)" 'error: .*crash.xml: hwloc cannot read this XML'
like "an asymmetric matrix in XML" "$(said node7)" 'error: .*hwloc-asymmetric.xml: matrix NVLinkBandwidth: .*expected the same'
like "an asymmetric matrix in text" "$(said node8)" 'error: .*smi-asymmetric.txt'
like "a file of 9 MB" "$(said node9)" 'error: .*huge.xml: .*(larger|limit)'
for n in 6 7 8 9; do
	is "node$n says it once, and that the GPUs stay" "$(said node$n | grep -c .)/$(said node$n | grep -c 'stay as slurm.conf and gres.conf have them')" 1/1
done

# Every node has its GPUs: one job each.
jobs=()
for n in 1 2 3 4 5 6 7 8 9; do
	jobs+=("$(submit -n1 -w node$n --gres=gpu:3 -o "$t_dir/n$n.out" --wrap ". $t_dir/opens; opens $dev; echo \$SLURM_JOB_GPUS")")
done
over() { [ -z "$(sx squeue -h)" ]; }
wait_for 60 over
for n in 1 2 3 4 5 6 7 8 9; do
	is "node$n runs a job on all its GPUs" "$(tail -n 1 "$t_dir/n$n.out" 2>/dev/null)" 0,1,2
done

# The slices.
is "gres.conf has a line a slice" "$(grep -c 'MultipleFiles=/dev/nvidia1,/dev/nvidia-caps/nvidia-cap' "$t_dir/mig.conf")" 2
like "slurmctld counts them by profile" "$(sx scontrol show node node0 -o)" 'Gres=[^ ]*gpu:1g.10gb:1[^ ]*gpu:3g.40gb:1'
unlike "the node is as gres.conf has it" "$(said node0)" 'error'
slice()	# REQUEST OPENS
{
	local out

	out=$(timeout 30 "$weft" sandbox exec --name "$sb" -- srun -Q -n1 -w node0 --gres="$1" sh -c ". $t_dir/opens; opens $dev" 2>&1)
	if [ -n "$cgroup" ]; then
		is "$1 can open its files and no others" "$out" "OPENS=$2"
	else
		like "$1 runs" "$out" '^OPENS='
	fi
}
slice gpu:1g.10gb:1 -cap120,-cap121,1
slice gpu:3g.40gb:1 -cap75,-cap76,1
slice gpu:h100:2 0,2
slice gpu:1g.10gb:1,gpu:3g.40gb:1 -cap120,-cap121,-cap75,-cap76,1
slice gpu:0 ""
[ -n "$cgroup" ] || skip "what a job can open" "$no_cgroup"

# The driver comes back: after a restart the node knows its links.
on_machine minor "$weft" sandbox restart --name "$sb" slurmd.node2 >/dev/null 2>&1
knows() { sx "$weft" topo show --node node2 --json 2>/dev/null | tr -d ' \n' | grep -q '"link_mbps":\[\[0,50000'; }
check "a driver that answers again: slurmctld knows the links" wait_for 30 knows
t_stop_all
cgroup_leave
umount /proc/driver
t_end
