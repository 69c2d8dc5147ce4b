#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# sim_real.sh - the simulator says what real Slurm does
#
# Some dozens of short jobs through stock Slurm, through sched/weft, and through
# the simulator (tests/bench/validate, which states the bounds).  WEFT_LONG: 300
# jobs on 16 nodes.
. "${srcdir:-.}/tests/slurm/lib.sh"

size="48 6 6 3"
[ -z "${WEFT_LONG:-}" ] || size="300 16 30 1.6"

validate()
{
	# shellcheck disable=SC2086  # a list of words
	WEFT=$weft TMPDIR=$t_dir bash "$srcdir/tests/bench/validate" $size >"$t_dir/out" 2>&1
}

validate
rc=$?
while read -r line; do
	note "$line"
done <"$t_dir/out"
is "start times, orders and waits are within their bounds" "$rc" 0
t_end
