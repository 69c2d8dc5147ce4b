#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# sim_real.sh - the simulator says what real Slurm does
#
# Two dozen short jobs through stock Slurm, through sched/weft, and through the
# simulator (tests/bench/validate, which states the bounds).  They tell Weft from
# the others by five seconds and more; stock from FIFO by three, which a busy
# machine may take away, so that is left to the long form.  WEFT_TEST_LONG: its 150
# jobs on 12 nodes.
. "${srcdir:-.}/tests/slurm/lib.sh"

history=24 nodes=6 stock_margin=9 bound=0.75
[ -z "${WEFT_TEST_LONG:-}" ] || { history=150 nodes=12 stock_margin= bound=; }

validate()
{
	VALIDATE_STOCK_MARGIN=$stock_margin VALIDATE_BOUND=$bound \
		WEFT=$weft TMPDIR=$t_dir bash "$srcdir/tests/bench/validate" \
		"$srcdir/tests/bench/validate_$history.csv" "$nodes" >"$t_dir/out" 2>&1
}

validate
rc=$?
while read -r line; do
	note "$line"
done <"$t_dir/out"
is "start times, orders and waits are within their bounds" "$rc" 0
t_end
