#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# sched_segment.sh - two jobs of 16 nodes with segments of 4 on two NVLink
# domains of 18 and 14 nodes: each run of 4 nodes lies inside one domain, as
# nothing in stock Slurm of this release can ask for.
. "${srcdir:-.}/tests/slurm/private.sh"

[ -f "$WEFT_BUILD/.libs/weft.so" ] || skip_all "the SPANK plugin is not built"
private_json='{ "fabric": { "domains": [
  { "name": "a", "nodes": "n[1-9]" }, { "name": "b", "nodes": "n[10-18]" },
  { "name": "c", "nodes": "n[19-27]" }, { "name": "d", "nodes": "n[28-36]" } ] } }'
private_spank="required $WEFT_BUILD/.libs/weft.so"
private_start segment 36 2

# How many nodes of the job lie in each domain, "8 8" say.
spread()
{
	scontrol show hostnames "$(squeue -h -j "$1" -o %N)" |
		awk '{ n[int((substr($1, 2) - 1) / 9)]++ }
		     END { for (i in n) print n[i] }' | sort -n | xargs
}

runs() { [ "$(squeue -h -j "$1" -o %T)" = RUNNING ]; }
whole() { for n in $(spread "$1"); do [ $((n % 4)) -eq 0 ] || return 1; done; }

# An odd node of the first domain is taken, so first fit would break segments.
sbatch -Q -w n2 -n1 --mem=10 -o /dev/null --exclusive --wrap 'sleep 300'
option=$(sbatch --help | grep -o -- '--[a-z-]*segment' | head -n 1)
for i in 1 2; do
	job[i]=$(sbatch --parsable -N16 --mem=10 --exclusive "$option=4" \
		-o /dev/null --wrap 'sleep 300')
	check "job $i of 16 nodes starts" private_wait 60 runs "${job[i]}"
	say "job $i: nodes a domain: $(spread "${job[i]}")"
	check "job $i lies on whole segments" whole "${job[i]}"
done
private_stop

# topology.conf, its leaf switches or on releases that have them its blocks:
# 6 nodes fit in one that is not the first.
private_json=
if [ "$(slurmctld -V | sed 's/[^0-9]*\([0-9]*\).*/\1/')" -ge 24 ]; then
	plugin=block known='2 NVLink domains, 0 leaf switches'
	private_topology='BlockName=b1 Nodes=n[1-3]
BlockName=b2 Nodes=n[4-9]
BlockSizes=3'
else
	plugin=tree known='0 NVLink domains, 2 leaf switches'
	private_topology='SwitchName=root Switches=leaf[1-2]
SwitchName=leaf1 Nodes=n[1-3]
SwitchName=leaf2 Nodes=n[4-9]'
fi
private_start leaves 9 2 sched/weft TopologyPlugin=topology/$plugin
seen() { grep -q "fabric: 9 nodes, $known" "$private/log/slurmctld.log"; }
check "Weft knows $known" private_wait 60 seen
job=$(sbatch --parsable -N6 --mem=10 --exclusive -o /dev/null --wrap 'sleep 300')
check "a job of 6 nodes starts" private_wait 60 runs "$job"
nodes=$(squeue -h -j "$job" -o %N)
check "it lies in one of them ($nodes)" [ "$nodes" = "n[4-9]" ]
finish
