#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# sched_predict.sh - sched.predict: what ended jobs teach changes who goes
# first among jobs with one limit, and is told by weft sched stats.
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
finish
