#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# sched.sh - weft sched stats, on files; nobody is asked over a network
set -u
. "${srcdir:-.}/tests/cli/lib.sh"
printf '{\n"started_sec": 100, "last_sec": 0, "cycles": 7, "cycle_usec": 12345,\n"steered": 3, "steer_missed": 1}\n' >"$cli_tmp/good"
printf '{"cycles": 7,\n "depth": "many"}' >"$cli_tmp/type"
printf '{"cycles": 7, "predict_ratio_like": [5, 50, 100, 250, 12000]}' >"$cli_tmp/ratio"
printf '{"cycles": 7, "predict_ratio_like": [5, "x"]}' >"$cli_tmp/noratio"
printf '{"other": 7}' >"$cli_tmp/other"
printf '{"cycles": ' >"$cli_tmp/broken"

stats() { "$weft" sched stats "$@"; }

check "a count" 0 '^cycles +7$' "" stats --file="$cli_tmp/good"
check "a time" 0 '^cycle time, last +12\.345 ms$' "" stats -f "$cli_tmp/good"
check "no cycle yet" 0 '^last cycle +never$' "" stats -f "$cli_tmp/good"
check "missed" 0 '^got other GPUs +1$' "" stats -f "$cli_tmp/good"
check "a distribution" 0 'like +0\.05  0\.5  1  2\.5  120$' "" stats -f "$cli_tmp/ratio"
check "no distribution" 1 "" 'predict_ratio_like: an array of whole' stats -f "$cli_tmp/noratio"
check "json" 0 '"cycle_usec": ?12345' "" stats --json -f "$cli_tmp/good"
check "no number" 1 "" 'type:2:[0-9]+: depth: a whole number' stats -f "$cli_tmp/type"
check "another file" 1 "" 'no numbers of sched/weft' stats -f "$cli_tmp/other"
check "half a file" 1 "" 'broken:1:' stats -f "$cli_tmp/broken"
check "no file" 1 "" 'No such file' stats -f "$cli_tmp/none"
check "help" 0 '^usage: weft sched stats' "" "$weft" sched --help
check "help of the verb" 0 '--file' "" stats --help
check "no verb" 2 "" 'what shall it do' "$weft" sched
check "wrong verb" 2 "" 'no stat$' "$weft" sched stat
check "operand" 2 "" 'unexpected x' stats x
# What the plugin writes is shown, and all that is shown stands in the manual.
written=$(sed -n 's/.*add(buf, "\([a-z_]*\)".*/\1/p' "${srcdir:-.}/plugins/sched/stats.c")
cli_keys=0
for key in $written; do
	grep -q "{ \"$key\", " "${srcdir:-.}/tools/weft/cmd_sched.c" || echo "$key is not shown"
	case $key in
	predict_within_* | predict_accuracy_*) key="${key%_*}_\*" ;;
	esac
	grep -q "[(, ]$key[,)]" "${srcdir:-.}/docs/man/weft-sched.1" || echo "$key is not in the manual"
done >"$cli_tmp/missing"
for key in $written; do cli_keys=$((cli_keys + 1)); done
check "the plugin's numbers are found" 0 "" "" test "$cli_keys" -ge 20
check "each is shown and explained" 0 "" "" cat "$cli_tmp/missing"
cli_end
