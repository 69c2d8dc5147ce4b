#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# topo.sh - what slurmctld learns of the nodes' GPUs, and what tools make of
# it: weft topo about the nodes and the cluster, a topology.conf that Slurm
# takes, other hardware after a restart of slurmd, and hardware that is not
# what slurm.conf says.
. "${srcdir:-.}/tests/slurm/lib.sh"

topo() { sx "$weft" topo "$@"; }
links() { topo show --node "$1" --json | tr -d ' \n' | sed -n 's/.*"link_mbps":\(\[\[.*\]\]\).*/\1/p'; }
gpus() { field "$1" GRES; sx scontrol show job -d -o "$1" | sed -n 's/.*IDX:\([0-9,-]*\).*/\1/p'; }
ready() { [ "$(sx sinfo -h -N -t idle,mix -o %N | sort -u | wc -l)" = "$1" ]; }
domain_is() { topo show --node "$1" --json | grep -q "\"domain\": *\"$2\""; }
knows() { topo show --node "$1" --json >/dev/null; }

cp "$srcdir/tests/slurm/pairs.json" "$t_dir/a.json"
cp "$srcdir/tests/slurm/machines/nvswitch.txt" "$t_dir/b.txt"
sb_start --nodes 4 --gpus 8 --cpus 16 --topology "$t_dir/a.json,$t_dir/b.txt"
check "slurmctld knows every node's hardware" wait_for 20 knows node3

out=$(topo show --node node0)
like "a node is shown by its name" "$out" '^node0: 8 x h100'
like "with its domain" "$out" 'NVLink domain rack7'
out=$(topo show --cluster)
like "the cluster: two domains' lines" "$out" 'rack7 +2 +16 +0 +node\[0,2\]'
like "nodes without a domain" "$out" 'none known +2 +16 +0 +node\[1,3\]'
is "each hardware is drawn once" "$(grep -c 'read from report' <<<"$out")" 2
out=$(topo show --cluster --json | tr -d ' \n')
like "as JSON" "$out" '"domains":\[\{"nodes":"node\[0,2\]","node_count":2,"gpus":16,"busy_gpus":0,"name":"rack7"\}'
like "an unknown node is refused" "$(topo show --node node9 2>&1)" 'no node node9'

job=$(submit -n1 -w node0 --gres=gpu:2 --wrap "sleep 600")
wait_state "$job" RUNNING
want=$(topo pick --node node0 --gpus 3 --json | tr -d ' \n' | sed -n 's/.*"choice":{"gpus":\[\([0-9,]*\)\].*/\1/p')
job=$(submit -n1 -w node0 --gres=gpu:3 --wrap "sleep 600")
wait_state "$job" RUNNING
is "pick --node foretells what the next job gets" \
	"$(gpus "$job" | tail -n 1 | tr , '\n' | awk -F- '{ for (i = $1; i <= (NF > 1 ? $2 : $1); i++) print i }' | paste -sd,)" "$want"
like "the cluster shows the GPUs that are held" "$(topo show --cluster)" '^    node0 [□■]{8}   node2 □{8}$'
out=$(topo show --cluster --json)
like "and tells them in its JSON" "$(tr -d ' \n' <<<"$out")" '"name":"node0","leaf":null,"domain":"rack7","state":"up","hardware":"[0-9a-f]{16}","gpus":8,"busy":\[([0-9],){4}[0-9]\]'
clean

# Slurm takes what topology-conf writes.
takes()
{
	topo topology-conf --form "$1" >"$sb_dir/etc/topology.conf" &&
		echo "TopologyPlugin=topology/$1" >>"$sb_dir/etc/slurm.conf" &&
		"$weft" sandbox restart --name "$sb" slurmctld >/dev/null 2>&1 &&
		wait_for 30 ready 4
}
check "Slurm starts with the topology.conf of a tree" takes tree
like "and knows its leaves" "$(sx scontrol show topology)" 'SwitchName=domain1.*node\[0,2\]'
wait_for 20 knows node3
like "so does weft topo" "$(topo show --cluster)" '^leaf domain1: 2 nodes, 0 of 16 GPUs busy$'
out=$(topo show --cluster --svg)
is "the drawing has a panel a leaf" "$(grep -o '>leaf [a-z0-9]*: 2 nodes' <<<"$out" | sort | xargs)" ">leaf domain1: 2 nodes >leaf others: 2 nodes"
is "a tile a node" "$(grep -c 'class="tile"' <<<"$out")" 4
like "and the links of each kind" "$out" '>A: the links inside 2 nodes<'
if [ "$release" != 22.05 ]; then
	sed -i '/^TopologyPlugin/d' "$sb_dir/etc/slurm.conf"
	check "and with that of blocks" takes block
	like "and knows its block" "$(sx scontrol show topology)" 'BlockName=block1.*node\[0,2\]'
else
	skip "blocks" "topology/block came with Slurm 23.11"
fi

# Without a TopologyPlugin from here on: nodes in no block could run nothing.
sed -i '/^TopologyPlugin/d' "$sb_dir/etc/slurm.conf"
rm "$sb_dir/etc/topology.conf"
"$weft" sandbox restart --name "$sb" slurmctld >/dev/null 2>&1
check "the plain cluster is back" wait_for 30 ready 4

# Other hardware: node0 becomes a machine of another rack with other pairs.
check "after a restart slurmctld knows node0 as before" wait_for 20 domain_is node0 rack7
before=$(links node0)
sed 's/rack7/rack8/; s/300000/777/; s/25000/300000/g; s/777/25000/' "$srcdir/tests/slurm/pairs.json" >"$t_dir/a.json"
"$weft" sandbox restart --name "$sb" slurmd.node0 >/dev/null 2>&1
check "slurmd restarted with another topology: the domain changes" wait_for 30 domain_is node0 rack8
check "so does the matrix" test "$(links node0)" != "$before"
check "node2 is what it was" domain_is node2 rack7

# A machine with more NUMA nodes than sockets, as EPYC has, in a slurmctld that
# knew it as nothing else.
numa=$(seq -s, 0 7 | sed 's/[0-9]/{ "type": "h100", "numa": & }/g')
printf '{ "weft_inventory": 1, "gpus": [%s] }\n' "$numa" >"$t_dir/a.json"
for daemon in slurmd.node0 slurmctld; do
	"$weft" sandbox restart --name "$sb" "$daemon" >/dev/null 2>&1
done
job=$(submit -n1 -w node0 --gres=gpu:1 --wrap "sleep 600")
check "a node with more NUMA nodes than sockets is taken, and runs a job" wait_state "$job" RUNNING 30
like "its GPUs' cores are said" "$(tail -n 200 "$sb_dir/log/slurmd.node0.log")" 'cores given to 8'
sx scancel "$job"

# slurm.conf says 8 h100; the machine has 4 a100.
printf '{ "weft_inventory": 1, "gpus": [%s] }\n' \
	'{ "type": "a100", "numa": 0 }, { "type": "a100", "numa": 0 }, { "type": "a100", "numa": 1 }, { "type": "a100", "numa": 1 }' >"$t_dir/b.txt"
"$weft" sandbox restart --name "$sb" slurmd.node1 >/dev/null 2>&1
logged() { grep -q "$1" "$sb_dir/log/slurmd.node1.log"; }
check "a wrong type is said in words" wait_for 20 logged 'call GPU 0 "h100", but it is a a100'
check "a wrong count is said in words" wait_for 20 logged 'name 8 GPUs, but 4 are there'
check "the node is not drained" wait_for 20 ready 4
job=$(submit -n1 -w node1 --gres=gpu:8 --wrap "sleep 600")
check "and runs jobs as slurm.conf has it" wait_state "$job" RUNNING 20
t_end
