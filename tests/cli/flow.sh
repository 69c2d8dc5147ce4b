#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# flow.sh - weft flow without a Slurm: the workflows that docs/examples/ offers,
# their price and picture, and what it says of mistakes in them
set -u
. "${srcdir:-.}/tests/cli/lib.sh"
SLURM_CONF=$cli_tmp/none
export SLURM_CONF
dir=${srcdir:-.}/docs/examples
noted='Slurm.s default limits'

dry()
{
	"$weft" flow run --dry-run "$@"
}

# broken SED: the sweep, edited
broken()
{
	sed "$1" "$dir/sweep.yaml" >"$cli_tmp/broken.yaml"
	"$weft" flow check "$cli_tmp/broken.yaml"
}

check "a sweep" 0 '^sweep: 4 tasks, 14 in all' "" "$weft" flow check "$dir/sweep.yaml"
check "a long training" 0 '^pretrain: 5 tasks, 68 in all' "" \
	"$weft" flow check "$dir/pretrain.yaml" --param model=7b
check "a param without a value" 3 "" 'pretrain.yaml:8:[0-9]*: param "model" has no value' \
	"$weft" flow check "$dir/pretrain.yaml"
check "one that is not allowed" 3 "" 'allowed are 1b, 7b' \
	"$weft" flow check "$dir/pretrain.yaml" --param model=70b
# A build without Slurm's library has no runs.
if "$weft" flow run --help >/dev/null 2>&1; then
	check "each element after its own" 0 'judge +array of 6 .* one to one after #1 train' "$noted" \
		dry "$dir/sweep.yaml"
	# 2 h + 6 x 2 h + 6 x 20 min + 10 min: the table comes in a later wave
	check "all waves are priced" 0 '^price: 16.2 node-hours, 12.0 GPU-hours' "$noted" \
		dry "$dir/sweep.yaml"
	check "the way through all of them" 0 '^critical path: 4 h 30 min.*judge > table' "$noted" \
		dry "$dir/sweep.yaml"
	check "what waits for its turn" 0 '^later waves: 1 task waits' "$noted" dry "$dir/sweep.yaml"
	check "a condition that does not hold" 0 '68 tasks as 4 Slurm objects' "$noted" \
		dry "$dir/pretrain.yaml" --param model=7b
	check "one that does" 0 '#4 +publish +job +after #3 evaluate' "$noted" \
		dry "$dir/pretrain.yaml" --param model=7b --param publish=yes
	check "as data" 0 '"critical_path_minutes":270' "$noted" dry --json "$dir/sweep.yaml"
fi
check "drawn" 0 'digraph' "" "$weft" flow graph "$dir/sweep.yaml"
check "drawn for machines" 0 '"levels":4' "" "$weft" flow graph --json "$dir/sweep.yaml"
check "a full disk" 1 "" '/dev/full: No space' \
	"$weft" flow graph --json -o /dev/full "$dir/sweep.yaml"
check "a slip of the pen" 3 "" 'broken.yaml:[0-9]+:.*retrys.*did you mean' broken 's/retries/retrys/'
check "a task that is not there" 3 "" '"jugde", which is no task; did you mean "judge"' \
	broken 's/task: judge/task: jugde/'
check "a circle" 3 "" 'prepare.*train|train.*prepare' \
	broken 's/^  prepare:/&\n    needs: judge/'
check "no file" 1 "" 'No such file' "$weft" flow check "$cli_tmp/none.yaml"
check "usage" 2 "" 'flow' "$weft" flow dance
cli_end
