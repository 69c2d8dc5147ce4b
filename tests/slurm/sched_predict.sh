#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# sched_predict.sh - sched.predict: what ended jobs teach changes who goes
# first among jobs with one limit, is told by weft sched stats, and outlives
# slurmctld, a damaged file included.
. "${srcdir:-.}/tests/slurm/private.sh"

private_json='{ "sched": { "predict": "like" }, "bridge": { "interval_msec": 1000 } }'
private_start predict 1 1

stats=$private/state/weft/sched_stats.json
learnt()
{
	local n

	n=$("$WEFT_BUILD/weft" sched stats --json --file "$stats" 2>/dev/null |
		sed -n 's/.*"predict_learnt": *\([0-9]*\).*/\1/p')
	[ "${n:-0}" -ge "$1" ]
}
job() { sbatch -Q --mem=10 -t 10 --gpus=1 -o /dev/null "$@"; }
running() { [ -n "$(squeue -h -t R -n "$1")" ]; }
both() { [ -s "$private/long.at" ] && [ -s "$private/short.at" ]; }

sbatch -Q --mem=10 -J never -H --wrap true	# cancelled: teaches nothing
scancel -n never
job -J short-1 --wrap 'true'
job -J long-1 --wrap 'sleep 4'
check "both jobs that ended are learnt" private_wait 60 learnt 2
job -J other --wrap 'sleep 6'
private_wait 30 running other
job -J long-2 --wrap "date +%s%N >$private/long.at; sleep 4"
job -J short-2 --wrap "date +%s%N >$private/short.at"
check "both that waited have run" private_wait 60 both
check "the short one first, though it came later" \
	[ "$(cat "$private/short.at")" -lt "$(cat "$private/long.at")" ]
check "and the others are learnt too" private_wait 60 learnt 5
"$WEFT_BUILD/weft" sched stats --file "$stats" >"$private/told"
check "no other is" eval '! learnt 6'
check "weft sched stats says how good it is" \
	grep -Eq '^predicted within a factor of 2: like +[0-9]+ %' "$private/told"
kept=$private/state/weft/run_times
restart()
{
	local pid

	pid=$(private_slurmctld)
	kill -TERM "$pid"
	private_wait 60 eval '! kill -0 '"$pid"' 2>/dev/null'
	rm -f "$stats"
	[ -z "${1:-}" ] || printf 'XX' | dd of="$1" bs=1 seek=3000 conv=notrunc 2>/dev/null
	private_revive
}
restart
check "what was learnt is saved" grep -aq '^weft run times [0-9]* 0*5$' "$kept"
job -J third --wrap true
check "and is known after a restart, nothing of it twice" private_wait 60 learnt 6
check "no more than that one came" eval '! learnt 7'
restart "$kept"
check "a damaged file is not believed" private_wait 60 \
	grep -q 'run_times: .*sum is wrong; what was learnt before is used' "$private/log/slurmctld.log"
check "the one before it is, and what ended since is learnt again" private_wait 60 learnt 6
finish
