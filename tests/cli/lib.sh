# SPDX-License-Identifier: GPL-2.0-or-later
# lib.sh - what every test of the command line uses
#
#   check NAME CODE STDOUT STDERR COMMAND...
#
# runs COMMAND and compares its exit code; STDOUT and STDERR are extended
# regular expressions that must be found, or "" for a stream that must be
# empty.  Speaks TAP; cli_end prints the plan and fails if anything failed.
# shellcheck shell=sh
weft=${WEFT:-./weft}
cli_count=0
cli_failed=0
cli_tmp=$(mktemp -d) || exit 99
trap 'rm -rf "$cli_tmp"' EXIT

cli_stream()
{
	if [ -z "$1" ]; then
		[ ! -s "$2" ]
	else
		grep -Eq -- "$1" "$2"
	fi
}

check()
{
	name=$1 code=$2 want_out=$3 want_err=$4
	shift 4
	"$@" >"$cli_tmp/out" 2>"$cli_tmp/err" </dev/null
	rc=$?
	cli_count=$((cli_count + 1))
	if [ "$rc" -eq "$code" ] && cli_stream "$want_out" "$cli_tmp/out" &&
	   cli_stream "$want_err" "$cli_tmp/err"; then
		echo "ok $cli_count - $name"
		return
	fi
	cli_failed=1
	echo "not ok $cli_count - $name"
	echo "# exit code $rc, wanted $code; stdout and stderr:"
	sed 's/^/# /' "$cli_tmp/out" "$cli_tmp/err"
}

cli_end()
{
	echo "1..$cli_count"
	exit "$cli_failed"
}
