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
put '{"submit": {"rules": [
 {"name": "reserved", "match": {"name": "MAINT"}, "reject": "the name {name} is reserved"},
 {"name": "begin", "match": {"begin_in": {"min": "1-0"}}, "reject": "begins in {begin_in}"},
 {"name": "deadline", "match": {"deadline_in": {"max": 60}}, "reject": "a deadline in {deadline_in}"},
 {"name": "nice", "match": {"nice": {"min": 500}}, "reject": "too nice: {nice}"},
 {"name": "raise", "match": {"nice_raise": {"set": true}}, "reject": "not nice: {nice_raise}"},
 {"name": "signal", "match": {"signal": 10}, "set": {"signal_time": 300}},
 {"name": "sockets", "match": {"tasks_per_socket": 3}, "reject": "sockets"},
 {"name": "input", "match": {"std_in": "/etc/*"}, "reject": "reads {std_in}"},
 {"name": "hostile", "match": {"comment": {"contains": "%s"}}, "reject": "says {comment}"},
 {"name": "big", "match": {"gpu_hours": {"min": 1000000000}}, "reject": "{gpu_hours} GPU-hours"},
 {"name": "slow", "match": {"script": {"regex": "^(a|aa)+needle$"}}, "reject": "slow"},
 {"name": "script", "match": {"script": {"contains": "needle"}}, "reject": "a needle"},
 {"name": "env", "match": {"env": {"HOSTILE": {"set": true}}}, "warn": "{env.HOSTILE}"}]}}'
check "--begin" refused 'begins in 2-00:0' -p cpu --begin=now+2days
check "--begin, sooner" sub -p cpu --begin=now+2hours
check "--deadline" refused 'a deadline in 00:' -p cpu -t 1 --deadline=now+30minutes
check "--nice" refused 'too nice: 1000' -p cpu --nice=1000
check "--nice=-N" refused 'not nice: 50' -p cpu --nice=-50
check "no --nice" sub -p cpu
check "--signal" sub -p cpu --signal=USR1@60
check "its time is set" shows 'TimeLimit'
check "--ntasks-per-socket" refused 'sockets' -p cpu -n3 --ntasks-per-socket=3
check "--input" refused 'reads /etc/passwd' -p cpu --input=/etc/passwd
check "formats and control characters of a user's text" refused 'says %s%n\?\[2J' -p cpu --comment="%s%n$(printf '\033[2J')"
long=$(printf '%065000d' 0)
check "a text of 65,000 bytes is cut in the message" refused 'says %s0000' -p cpu --comment="%s$long"
check "huge counts are many, not few" refused '[0-9]{9,} GPU-hours' -p main --gpus=4294967 -t 365-0
HOSTILE=$(printf 'a%%n\001b') sub -p cpu --export=ALL
check "an environment with them" says 'note: a%n\?b'

# Sizes that Slurm itself takes: 4 MB of script, megabytes of environment,
# 10,000 dependencies.
sub_file() { timeout 60 sbatch -H -o /dev/null -p cpu "$1" > "$out" 2>&1; }
finds_needle() { ! sub_file "$private/long.sh" && says 'a needle'; }
{ printf '#!/bin/sh\n'; yes "$(printf '%01000d' 0 | tr 0 a)" | head -n 4100; } > "$private/long.sh"
check "a script of 4.1 MB, searched by a pattern" sub_file "$private/long.sh"
echo aaneedle >> "$private/long.sh"
check "what stands in its last line is found" finds_needle
check "an environment of 1.5 MB" eval "($(printf 'export BIG%d=$long; ' {1..20}) sub -p cpu --export=ALL)"
jobs=$(squeue -h -t PD -o %i | head -n 20)
many=$(for ((i = 0; i < 10000; i++)); do echo "$jobs"; done | head -n 10000 | sed 's/^/after:/' | paste -sd,)
check "10,000 dependencies" sub -p cpu --dependency="$many"
check "slurmctld lives" scontrol ping
put '{"submit": {"rules": [{"name": "x", "match": {"tme": 1}, "reject": ""}]}}'
check "a bad file keeps the old rules" refused 'the name MAINT' -p cpu -J MAINT
check "and again" refused 'the name MAINT' -p cpu -J MAINT
check "the log says where, once" [ "$(grep -c 'weft.json:1:[0-9]*: submit.rules\[0\].match.tme' "$private/log/slurmctld.log")" -eq 1 ]
printf '{}' > "$private/new" && chmod 666 "$private/new" && mv "$private/new" "$private/weft.json"
sleep 1.1
check "a file that everybody may write keeps them too" refused 'the name MAINT' -p cpu -J MAINT
check "the log says why" grep -q 'weft.json: everybody may write it' "$private/log/slurmctld.log"
rm "$private/weft.json"
sleep 1.1
check "no file, no rules" sub -p cpu -J MAINT
finish
