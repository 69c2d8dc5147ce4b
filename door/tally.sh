# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# tally.sh - how many tests ran, of all kinds
#
# Automake leaves a .trs (the verdict) and a .log (what was printed) for each
# test program.  A Check program counts its cases in a line "100%: Checks: 6,
# Failures: 0, Errors: 0"; a script may speak TAP ("ok 3 - text", "not ok",
# "# SKIP"); any other counts as one.  A program that failed although all the
# cases that it told of passed (it crashed, say) counts one failure more.

tally_passed=0
tally_failed=0
tally_skipped=0
tally_names=()

# One line "PASSED FAILED SKIPPED" for the test with this .trs.
tally_one()	# TRS
{
	awk -v result="$(sed -n 's/^:test-result: *//p' "$1" | sort -u | tr '\n' ' ')" '
		/^[0-9]+%: Checks: [0-9]+, Failures: [0-9]+, Errors: [0-9]+$/ {
			gsub(/,/, "")
			failed += $5 + $7
			passed += $3 - $5 - $7
		}
		/^(not )?ok [0-9]+.*# *SKIP/ { skipped++; next }
		/^ok [0-9]+/ { passed++ }
		/^not ok [0-9]+/ { failed++ }
		END {
			if (result ~ /FAIL|ERROR/ && !failed)
				failed = 1
			if (result ~ /SKIP/ && !passed && !skipped)
				skipped = 1
			if (result ~ /PASS/ && !(passed + skipped + failed))
				passed = 1
			print passed + 0, failed + 0, skipped + 0
		}' "${1%.trs}.log"
}

tally_add()	# PASSED FAILED SKIPPED NAME
{
	tally_passed=$((tally_passed + $1))
	tally_failed=$((tally_failed + $2))
	tally_skipped=$((tally_skipped + $3))
	[ "$2" -eq 0 ] || tally_names+=("$4")
}

# What the test with this log said of its failures.
tally_why()	# LOG
{
	grep -hE -A 2 '^not ok |:[FE]:' "$1" | grep -vE '^(ok |--)' | head -n 12 |
		cut -c 1-300 | sed 's/^/    /'
}

# All tests of a build directory that ran since the file SINCE was written.
tally_tree()	# DIR SINCE LEG
{
	local trs counts passed=0 failed=0 skipped=0

	while IFS= read -r trs; do
		read -ra counts < <(tally_one "$trs")
		tally_add "${counts[@]}" "$3: ${trs#"$1"/}"
		[ "${counts[1]}" -eq 0 ] ||
			tally_names+=("$(tally_why "${trs%.trs}.log")")
		passed=$((passed + counts[0]))
		failed=$((failed + counts[1]))
		skipped=$((skipped + counts[2]))
	done < <(find "$1" -name '*.trs' -newer "$2" -not -path '*/_inst/*' | sort)
	say "        $passed passed, $failed failed, $skipped skipped"
}

# The last line, alone, and the verdict.
tally_close()
{
	local name

	if [ ${#tally_names[@]} -gt 0 ]; then
		say "failed:"
		for name in "${tally_names[@]}"; do
			say "  $name"
		done
		say "details: $ui_log"
	fi
	if [ $tally_skipped -gt 0 ]; then
		say "$tally_passed passed, $tally_failed failed, $tally_skipped skipped"
	else
		say "$tally_passed passed, $tally_failed failed"
	fi
	[ $tally_failed -eq 0 ] && [ $tally_passed -gt 0 ]
}
