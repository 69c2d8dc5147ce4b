#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# topo.sh - weft topo on a machine whose device numbers are not its indices
# and of which a GPU is cut into slices
set -u
. "${srcdir:-.}/tests/cli/lib.sh"
m=$cli_tmp/machine.json
cat >"$m" <<'END'
{ "weft_inventory": 1, "numa_count": 2, "pu_count": 16, "gpus": [
  { "type": "a100", "minor": 1, "numa": 0, "cpus": "0-7", "slices": [
    { "profile": "1g.5gb", "uuid": "MIG-1", "gpu_instance": 7, "gpu_cap": 66, "compute_cap": 67, "mem_mib": 4864 },
    { "profile": "3g.20gb", "gpu_instance": 2 } ] },
  { "type": "a100", "minor": 0, "numa": 0, "cpus": "0-7" },
  { "type": "a100", "minor": 2, "numa": 1, "cpus": "8-15" },
  { "type": "a100", "minor": 3, "numa": 1, "cpus": "8-15" } ] }
END
check "a slice has its GPU's file and two of its own" 0 \
	'^Name=gpu Type=1g\.5gb MultipleFiles=/dev/nvidia1,/dev/nvidia-caps/nvidia-cap66,/dev/nvidia-caps/nvidia-cap67 Cores=0-7$' "" \
	"$weft" topo gres-conf "$m"
check "a slice whose files are unknown is a comment" 0 '^# slice 1 of GPU 0 \(3g\.20gb\)' "" \
	"$weft" topo gres-conf "$m"
check "a GPU's file goes by its minor number" 0 '^Name=gpu Type=a100 File=/dev/nvidia0 Cores=0-7$' "" \
	"$weft" topo gres-conf "$m"
check "numbers in a row share a line" 0 '^Name=gpu Type=a100 File=/dev/nvidia\[2-3\] Cores=8-15$' "" \
	"$weft" topo gres-conf "$m"
check "no line of the GPU that is cut" 1 "" "" \
	sh -c '"$0" topo gres-conf "$1" | grep -q "File=/dev/nvidia1 "' "$weft" "$m"
check "slices are shown" 0 'slice 1g\.5gb +4\.8 GiB  MIG-1' "" "$weft" topo show "$m"
check "and the file where its number is another" 0 'GPU 0 .*/dev/nvidia1' "" "$weft" topo show "$m"
sed -i 's/"gpu_cap": 66/"gpu_cap": -1/' "$m"
check "a wrong number is refused where it stands" 1 "" 'gpus\[0\]\.gpu_cap.*whole number' "$weft" topo show "$m"
cli_end
