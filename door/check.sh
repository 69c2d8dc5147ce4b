# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# check.sh - every test there is, in legs; one leg's failure does not stop the
# next, and the last line counts them all
#
# Legs on this system's Slurm: the tests that need no Slurm, the same once
# more under ASan and UBSan, a build without Slurm (inside that leg), make
# distcheck, an installation into a directory, the tests on a real slurmctld.
# Then the other release, if asked for: see release.sh.

CHECK_PACKAGES="shellcheck binutils"
check_here=
check_other=

check_options()
{
	while [ $# -gt 0 ]; do
		case $1 in
		--slurm)
			[ $# -gt 1 ] || usage "--slurm wants a release: 22.05, 24.11 or all"
			check_release "$2"
			shift
			;;
		--slurm=*) check_release "${1#*=}" ;;
		--long) export WEFT_TEST_LONG=1 ;;
		*) usage "check has no option '$1'" ;;
		esac
		shift
	done
	[ -n "$check_here$check_other" ] || check_here=1
}

check_release()
{
	case $1 in
	22.05*) check_here=1 ;;
	24.11*) check_other=1 ;;
	all) check_here=1 check_other=1 ;;
	*) usage "no Slurm release '$1' to check with; 22.05, 24.11 and all are known" ;;
	esac
}

# A leg that is one test: its exit status counts.
leg_command()	# TEXT COMMAND...
{
	if try "$@"; then
		tally_add 1 0 0 "$1"
	else
		tally_add 0 1 0 "$1"
		ui_tail "$ui_log" >&2
	fi
}

# A leg that runs automake tests in DIR: each of them counts.
leg_tests()	# TEXT DIR COMMAND...
{
	local text=$1 dir=$2 since=$build/log/since before=$tally_failed rc=0
	shift 2

	: >"$since"
	sleep 0.1	# a result in the same clock tick would not be newer
	try "$text" "$@" || rc=$?
	tally_tree "$dir" "$since" "$text"
	[ $rc -ne 0 ] || return 0
	# It failed without a test that says so: the build broke.
	[ "$tally_failed" -gt "$before" ] || tally_add 0 1 0 "$text"
	ui_tail "$ui_log" >&2
}

run_make()	# DIR TARGET
{
	make -C "$1" --no-print-directory -j"$(nproc)" VERBOSE=1 "$2"
}

sanitized_check()
{
	local dir=$top/build-asan

	tree_configure "$dir" -q --enable-sanitizers --enable-developer --with-slurm=no &&
		run_make "$dir" all &&
		ASAN_OPTIONS=detect_leaks=1 run_make "$dir" check
}

check_data()
{
	local data=${WEFT_DATA:-$top/../shared/data}

	if [ -d "$data" ]; then
		WEFT_DATA=$(cd "$data" && pwd)
		export WEFT_DATA
	fi
}

run_check()
{
	local steps=$BUILD_STEPS

	[ -z "$check_here" ] || steps=$((steps + 5))
	[ -z "$check_other" ] || steps=$((steps + RELEASE_STEPS))
	ui_plan $steps
	check_data
	# shellcheck disable=SC2086  # lists of words
	build_all $CHECK_PACKAGES ${check_other:+$RELEASE_PACKAGES}
	if [ -n "$check_here" ]; then
		leg_tests "unit tests, house rules, command line" "$build" \
			run_make "$build" check
		leg_tests "the same under ASan and UBSan, without Slurm" "$top/build-asan" \
			sanitized_check
		leg_command "make distcheck" run_make "$build" distcheck
		leg_tests "installation" "$build" run_make "$build" check-install
		leg_tests "tests on a real Slurm $slurm_release" "$build" \
			run_make "$build" check-slurm
	fi
	[ -z "$check_other" ] || release_check
	tally_close
}
