#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# badinput.sh - weft.json and a node's topology that are missing, unreadable,
# huge or malformed, at a start and at scontrol reconfigure: the daemons go
# on, jobs keep running and starting, and the log says which file and where.
. "${srcdir:-.}/tests/slurm/lib.sh"

topo=$t_dir/node.json
cp "$srcdir/tests/slurm/pairs.json" "$topo"
sb_start --nodes 1 --topology "$topo"
conf=$sb_dir/etc/weft.json
cp "$conf" "$t_dir/good.json"
job=$(submit -n1 --gres=gpu:1 --wrap "sleep 600")
wait_state "$job" RUNNING
pids=$(cut -d' ' -f2 "$sb_dir/procs" | xargs)

runs() { [ "$(timeout 20 "$weft" sandbox exec --name "$sb" -- srun -n1 --gres=gpu:1 echo yes 2>/dev/null)" = yes ]; }
alive() { local p; for p in $pids; do kill -0 "$p" || return 1; done; }
reconfigure() { sx scontrol reconfigure; runs; sleep 1.1; runs; }
logged() { tail -q -c "+$((mark + 1))" "$sb_dir/log/slurmctld.log" | grep -E "error.*$1"; }
mark() { mark=$(stat -c %s "$sb_dir/log/slurmctld.log"); dmark=$(stat -c %s "$sb_dir/log/slurmd.node0.log"); }
dlogged() { tail -q -c "+$((dmark + 1))" "$sb_dir/log/slurmd.node0.log" | grep -E "error.*$1"; }
still()
{
	check "$1: the daemons run" alive
	check "$1: jobs start" runs
	is "$1: the job still runs" "$(state "$job")" RUNNING
}

# conf_case NAME REGEX: weft.json has been replaced
conf_case()
{
	mark
	reconfigure
	still "$1"
	check "$1: slurmctld's log says where" wait_for 60 logged "$2"
	check "$1: slurmd's log says where" wait_for 60 dlogged "$2"
}

printf '{ "gres": { "nodes": [\n\n  oops' >"$conf"
conf_case "malformed weft.json" 'weft\.json:3:'
printf '{ "gres": { "nodes": 7 },\n "fabric": { "domains": 3 },\n "submit": { "rules": 1 } }' >"$conf"
conf_case "weft.json of wrong types" 'weft\.json:[0-9]+'
truncate -s 3G "$conf"
conf_case "huge weft.json" 'weft\.json'
truncate -s 0 "$conf"
conf_case "empty weft.json" 'weft\.json'
rm "$conf" && mkdir "$conf"
conf_case "weft.json is a folder" 'weft\.json'
rmdir "$conf"
mark
reconfigure
still "no weft.json"
cp "$t_dir/good.json" "$conf"
reconfigure

# topo_case NAME REGEX: the topology has been replaced
topo_case()
{
	mark
	reconfigure
	still "$1"
	check "$1: slurmd's log says where" wait_for 60 dlogged "$2"
}

printf '{ "weft_inventory": 1,\n "gpus": [\n {{' >"$topo"
topo_case "malformed topology" 'node\.json:3'
truncate -s 3G "$topo"
topo_case "huge topology" 'node\.json'
rm "$topo"
topo_case "no topology" 'node\.json'
mkfifo "$topo"
topo_case "a topology that never ends to come" 'node\.json'
sb_stop
rm "$topo"

# The same at a start.
for what in malformed missing; do
	rm -f "$topo"
	cp "$srcdir/tests/slurm/pairs.json" "$topo"
	[ $what != malformed ] || printf '{ "weft_inventory": 1,\n "gpus": [\n {{' >"$topo"
	sb_start --nodes 1 --topology "$topo"
	if [ $what = missing ]; then
		rm "$topo"
		"$weft" sandbox restart --name "$sb" slurmd.node0 >/dev/null 2>&1
	fi
	check "$what topology at a start: jobs start" wait_for 60 runs
	check "$what topology at a start: the log says so" grep -q "error.*node\.json" "$sb_dir/log/slurmd.node0.log"
	printf '{ "sched": [\n oops' >"$sb_dir/etc/weft.json"
	"$weft" sandbox restart --name "$sb" slurmctld >/dev/null 2>&1
	check "bad weft.json at a start: jobs start" wait_for 60 runs
	like "bad weft.json at a start: the log says where" "$(log)" 'error.*weft\.json:2'
	sb_stop
done
t_end
