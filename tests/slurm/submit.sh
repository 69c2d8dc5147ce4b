#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# submit.sh - job_submit/weft in a real slurmctld: what users see, what jobs
# become, updates, and a bad file that changes nothing.
. "${srcdir:-.}/tests/slurm/private.sh"

private_start submit 1 4 sched/builtin JobSubmitPlugins=weft "PartitionName=cpu Nodes=ALL State=UP"
out=$private/out
printf '#!/bin/sh\nsleep 60\n' > "$private/j.sh"

put() { printf '%s' "$1" > "$private/new" && mv "$private/new" "$private/weft.json" && sleep 1.1; }
sub() { timeout 10 sbatch -H -o /dev/null "$@" "$private/j.sh" > "$out" 2>&1; }
says() { grep -Eq -- "$1" "$out"; }
shows() { scontrol show job "$(sed -n 's/^Submitted batch job //p' "$out")" | grep -Eq -- "$1"; }
refused() { ! sub "${@:2}" && says "$1"; }

check "without a file jobs go through" sub -p cpu
put '{"submit": {"rules": [
 {"name": "gpus-needed", "match": {"partition": "main", "gpus": 0}, "reject": "this one asks {gpus} GPUs"},
 {"name": "reserved", "match": {"name": "MAINT"}, "reject": "the name {name} is reserved"},
 {"name": "time", "default": {"time": "4:00:00"}, "cap": {"time": "2-0"}},
 {"name": "mem", "match": {"gpus": {"min": 1}}, "multiply": {"mem_per_node": {"by": "gpus_per_node", "times": "4G"}}},
 {"name": "few", "match": {"name": "few*"}, "limit": {"per": ["user", "rule"], "pending_jobs": 2}}]}}'
check "the file counts without a reconfigure" refused 'this one asks 0 GPUs \(rule gpus-needed\)' -p main
check "GPUs are seen" sub -p main --gpus=2
check "memory by GPU" shows 'MinMemoryNode=8G'
check "a default time" shows 'TimeLimit=04:00:00'
check "a long job" sub -p cpu -t 5-0
check "its time is capped" shows 'TimeLimit=2-00:00:00'
job=$(sed -n 's/^Submitted batch job //p' "$out")
check "a reserved name" refused 'the name MAINT is reserved' -p cpu -J MAINT
check "a limit by rule: first" sub -p cpu -J few1
check "a limit by rule: second" sub -p cpu -J few2
check "a limit by rule: third" refused 'over the limit of 2 pending_jobs' -p cpu -J few3
check "an update is held to the rules" eval '! scontrol update jobid=$job jobname=MAINT >/dev/null 2>&1'
check "a harmless update goes through" scontrol update jobid="$job" jobname=other
put '{"submit": {"rules": [{"name": "x", "match": {"tme": 1}, "reject": ""}]}}'
check "a bad file keeps the old rules" refused 'the name MAINT' -p cpu -J MAINT
check "and again" refused 'the name MAINT' -p cpu -J MAINT
check "the log says where, once" [ "$(grep -c 'weft.json:1:[0-9]*: submit.rules\[0\].match.tme' "$private/log/slurmctld.log")" -eq 1 ]
rm "$private/weft.json"
sleep 1.1
check "no file, no rules" sub -p cpu -J MAINT
finish
