#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# frame.sh - the weft command without a subcommand's work: help, version,
# mistakes, exit codes, and a result that cannot be written.
set -u
. "${srcdir:-.}/tests/cli/lib.sh"

full()
{
	"$weft" "$@" >/dev/full
}

check "version" 0 '^weft [0-9]+\.[0-9]+' "" "$weft" --version
check "help lists the commands" 0 '^  topo +show' "" "$weft" help
check "--help is help" 0 '^usage: weft COMMAND' "" "$weft" --help
check "help of a command" 0 '^usage: weft topo' "" "$weft" help topo
check "no command" 2 "" '^usage: weft COMMAND' "$weft"
check "mistyped command" 2 "" 'no command "tpoo"; did you mean "topo"' "$weft" tpoo
check "nothing near" 2 "" '^weft: no command "zzzzzzzz"$' "$weft" zzzzzzzz
check "help of no command" 2 "" 'no command "nonsuch"' "$weft" help nonsuch
check "help takes one" 2 "" 'there is also "b"' "$weft" help topo b
check "a subcommand's usage" 2 "" 'pick needs --gpus' "$weft" topo pick
check "a missing file" 1 "" 'weft topo: ' "$weft" topo show /nonexistent/file
if "$weft" help why >/dev/null 2>&1; then	# built with libslurm
	check "an option after the operand" 2 "" 'weft why: "x" is not a job number' "$weft" why x --json
	check "an option's bounds" 2 "" 'interval wants a number from 1 to 3600' "$weft" why --interval=0 3
	check "too many operands" 2 "" 'weft why: unexpected "2"' "$weft" why 1 2
	check "all operands after --" 2 "" 'weft why: unexpected "--json"' "$weft" why -- 1 --json
	check "an option of one of several words" 2 "" 'color wants one of auto, always, never' "$weft" map --color=blue
	check "help says what the table says" 0 '^  -a, --all +everybody' "" "$weft" queue --help
fi
check "a full disk" 1 "" 'cannot write the output' full help
cli_end
