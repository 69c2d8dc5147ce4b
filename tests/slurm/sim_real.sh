#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# sim_real.sh - the simulator says what real Slurm does
#
# Some dozens of short jobs through stock Slurm, through sched/weft, and through
# the simulator (tests/bench/validate, which states the bounds).  So few tell
# Weft from the others, but stock hardly from EASY and FIFO, which are its first
# come first served too.  WEFT_TEST_LONG: 150 jobs on 12 nodes, which do.
. "${srcdir:-.}/tests/slurm/lib.sh"

size="48 6 8 4 2" stock_margin=9 bound=0.5
[ -z "${WEFT_TEST_LONG:-}" ] || { size="150 12 25 4 2"; stock_margin= bound=; }

validate()
{
	# shellcheck disable=SC2086  # a list of words
	VALIDATE_STOCK_MARGIN=$stock_margin VALIDATE_BOUND=$bound \
		WEFT=$weft TMPDIR=$t_dir bash "$srcdir/tests/bench/validate" $size >"$t_dir/out" 2>&1
}

validate
rc=$?
while read -r line; do
	note "$line"
done <"$t_dir/out"
is "start times, orders and waits are within their bounds" "$rc" 0
t_end
