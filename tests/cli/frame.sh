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
check "a full disk" 1 "" 'cannot write the output' full help
cli_end
