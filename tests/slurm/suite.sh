#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# suite.sh - Slurm's own tests of scheduling, with stock and with Weft
#
#   bash tests/slurm/suite.sh [TEST...]     in the build directory
#
# A TEST is a number (7.22: testsuite/expect/test7.22) or a file below
# testsuite/python/tests (commands/srun/test_--exclusive.py); without any, those
# below that judge a scheduler and that this release has.  The tests are taken
# from the Slurm source tree (WEFT_SLURM_SOURCE, else ~/.cache/weft/slurm-RELEASE),
# copied, and run in two sandboxes alike but for Weft's plugins.  Many ask that
# SchedulerType be sched/backfill, so Weft stands there under that name, as at a
# site with heterogeneous jobs (docs/admin.md).  Those that ask for settings of
# their own, preemption and limits, come in rounds of their own.
#
# Prints a line for each test: its name and what became of it with stock and with
# Weft (pass, fail, skip, time: not over after WEFT_SUITE_SECONDS, 300).  Where the
# two differ it is run twice more in each, the line says how often it passed, and
# below stands what the first runs said; then a summary.  A test that passes with
# stock and never with Weft is a failure; one that sometimes passes in both is told
# as chance.  WEFT_SUITE_LOGS: a directory for all that the tests said.  Needs
# expect, gcc and, for python, pytest; takes half an hour and more, so make
# check-slurm does not run it.  docs/design/0052 explains what differs.
#
# shellcheck source=tests/slurm/lib.sh
. "${srcdir:-.}/tests/slurm/lib.sh"

source=${WEFT_SLURM_SOURCE:-$(find "${WEFT_CACHE:-$HOME/.cache/weft}" -maxdepth 1 -name "slurm-$release*" -type d 2>/dev/null | head -n 1)}
limit=${WEFT_SUITE_SECONDS:-300}
logs=${WEFT_SUITE_LOGS:-$t_dir/logs}
stock_plugins=
dbd=
! command -v slurmdbd >/dev/null || ! command -v mariadbd >/dev/null || dbd=--slurmdbd

usual="1.18 2.21 2.22 2.23 2.26 3.11 3.15 5.10 7.1 7.11 7.21 7.22 7.24 9.9
	15.14 17.18 17.37 17.39 17.44 24.1 24.2 24.3 24.4 24.5 24.6 24.7
	28.1 28.2 28.3 28.4 28.5 28.6 28.7 28.8 28.9 28.10 28.11 28.13
	31.2 38.1 38.2 38.3 38.4 38.5 38.6 38.7 38.8 38.9
	39.1 39.2 39.3 39.4 39.5 39.6 39.7 39.8 39.9 39.10 39.11 39.12 39.13
	39.14 39.15 39.16 39.17 39.18 39.19 39.22 39.23
	commands/srun/test_--exclusive.py commands/srun/test_--immediate.py
	commands/srun/test_--no-kill.py commands/srun/test_--ntasks-per-node.py
	commands/srun/test_--mem--mincpus--tmp.py
	commands/srun/test_srun_increasing_job_sizes.py
	test_105_2.py test_116_7.py test_116_11.py test_116_13.py test_122_1.py
	test_130_3.py"
# Settings of their own: preemption by the partition's priority, and by QOS.
tier="34.1"
qos="28.12 34.2 39.20"

[ -d "$source/testsuite/expect" ] || { echo "1..0 # SKIP no Slurm source in ${source:-~/.cache/weft}"; exit 77; }
t_need expect
mkdir -p "$logs" || exit 99
for python in /usr/bin/python3 python3 ""; do
	[ -z "$python" ] || ! "$python" -c 'import pytest' 2>/dev/null || break
done

# ---- one column ----------------------------------------------------------------

# The suite, told where the current sandbox is.
place()
{
	local dir=$t_dir/suite-$1 etc=$sb_dir/etc

	rm -rf "$dir"
	cp -rp "$source/testsuite" "$dir"
	# Debian's commands say that they are slurm-wlm.
	sed -i -E 's/slurm (\(|\$number)/slurm.* \1/' \
		"$dir"/expect/test{7.11,7.21,7.24,24.2}
	printf '%s\n' "SlurmSourceDir=$source" "SlurmBuildDir=$source" \
		"SlurmInstallDir=/usr" "SlurmConfigDir=$etc" >"$dir/testsuite.conf"
	cat >"$dir/globals.local" <<-END
	set bin_py3 ${python:-python3}
	set max_job_delay 60
	set testsuite_colorize 0
	END
}

settings()	# ROUND
{
	printf '%s\n' "JobRequeue=1" "PriorityType=priority/multifactor" \
		"PriorityWeightAge=1000" "PriorityWeightPartition=1000" \
		"Licenses=soft:4" "SlurmctldDebug=verbose"
	case $1 in
	tier) printf '%s\n' "PreemptType=preempt/partition_prio" \
		"PreemptMode=CANCEL" ;;
	qos) printf '%s\n' "PreemptType=preempt/qos" "PreemptMode=CANCEL" \
		"MinJobAge=30"
		[ -z "$dbd" ] || echo "AccountingStorageEnforce=limits,qos" ;;
	esac
}

start_column()	# COLUMN ROUND
{
	local extra=$t_dir/extra.conf plugins=$t_dir/plugins

	settings "$2" >"$extra"
	if [ "$1" = stock ]; then
		# shellcheck disable=SC2086  # no option, or one
		sb_start --nodes 4 --gpus 4 --cpus 8 $dbd --plugins off --conf-extra "$extra"
		stock_plugins=$(sx scontrol show config | sed -n 's/^PluginDir *= *//p')
	else
		mkdir -p "$plugins"
		cp "${weft%/*}/.libs/sched_backfill.so" "$plugins/"
		printf '%s\n' "SchedulerType=sched/backfill" \
			"PluginDir=$plugins:$t_dir/weft-sandbox/test-$$-$((t_serial + 1))/plugins:$stock_plugins" >>"$extra"
		# shellcheck disable=SC2086
		sb_start --nodes 4 --gpus 4 --cpus 8 $dbd --conf-extra "$extra"
	fi
	sx sacctmgr -i create account suite >/dev/null 2>&1
	sx sacctmgr -i create user "$(id -un)" account=suite adminlevel=admin >/dev/null 2>&1
	place "$1"
}

# For tests that compile something against libslurmfull, which Debian keeps aside.
LIBRARY_PATH=$(dirname "$(find /usr/lib* -name 'libslurmfull.so' 2>/dev/null | head -n 1)")
export LIBRARY_PATH LD_LIBRARY_PATH=$LIBRARY_PATH

# Exit codes: 0 pass; above 127 skipped (expect), 124 time.
run_test()	# COLUMN TEST [AGAIN]
{
	local dir=$t_dir/suite-$1 test=$2 out=$logs/$1.${2//\//_}${3:+.$3} rc
	local -x SLURM_TESTSUITE_CONF=$dir/testsuite.conf \
		SLURM_LOCAL_GLOBALS_FILE=$dir/globals.local

	case $test in
	*.py)
		[ -n "$python" ] && [ -e "$dir/python/tests/$test" ] || { echo none; return; }
		set -- "$python" -m pytest -p no:cacheprovider -rs "tests/$test"
		cd "$dir/python" || return
		;;
	*)
		[ -e "$dir/expect/test$test" ] || { echo none; return; }
		set -- expect "./test$test"
		cd "$dir/expect" || return
		;;
	esac
	timeout -k 10 "$limit" "$weft" sandbox exec --name "$sb" -- "$@" >"$out" 2>&1 </dev/null
	rc=$?
	case $rc in
	0) if grep -q '=.* [0-9]* skipped' "$out" && ! grep -q '=.* [0-9]* passed' "$out"; then echo skip; else echo pass; fi ;;
	124 | 137) echo "time" ;;
	*) if [ $rc -gt 127 ] && [[ $test != *.py ]]; then echo skip; else echo fail; fi ;;
	esac
}

# A test may leave nodes down, or stock backfill calls them planned until it
# looks again: they are then none that a test may use.  The next is to find four.
all_idle()
{
	[ "$(sx sinfo -h -N -o '%N %t' | sort -u | grep -c ' idle$')" -eq 4 ] ||
		{ sx scontrol update nodename=ALL state=resume; false; }
}

column()	# COLUMN AGAIN TEST...
{
	local column=$1 again=$2 test outcome

	shift 2
	for test; do
		outcome=$(run_test "$column" "$test" "$again")
		echo "$test $outcome" >>"$t_dir/$column.outcomes"
		echo "suite.sh: $column $test $outcome" >&2
		sx scancel -u "$(id -un)" 2>/dev/null
		wait_for 60 no_jobs || note "jobs are left after $test ($column)"
		wait_for 120 all_idle || note "nodes are missing after $test ($column)"
	done
}

# ---- both ----------------------------------------------------------------------

both()	# AGAIN TEST...
{
	(sb_use "$box_stock"; column stock "$@") &
	(sb_use "$box_weft"; column weft "$@") &
	wait
}

# Of TEST with COLUMN: "pass", or "pass 2 of 3"; then how often it passed.
cell()	# COLUMN TEST
{
	awk -v test="$2" '$1 == test { n++; if ($2 == "pass") pass++; last = $2; of[$2]++ }
		END { word = pass ? "pass" : last
			print word (of[word] == n ? "" : " " of[word] " of " n) ":" pass + 0 }' \
		"$t_dir/$1.outcomes"
}

# Of a list, what this release has.
these()
{
	local test

	for test; do
		[ ! -e "$source/testsuite/expect/test$test" ] &&
			[ ! -e "$source/testsuite/python/tests/$test" ] || echo "$test"
	done
}

# All tests of a round, and what differs twice more.
run_round()	# ROUND TEST...
{
	local round=$1 tests differ

	shift
	tests=$(these "$@")
	[ -n "$tests" ] || return
	start_column stock "$round"
	box_stock=$sb
	start_column weft "$round"
	box_weft=$sb
	# shellcheck disable=SC2086  # lists of words
	both '' $tests
	differ=$(join <(sort "$t_dir/stock.outcomes") <(sort "$t_dir/weft.outcomes") |
		awk '$2 != $3 { print $1 }' | grep -xF "$tests")
	# shellcheck disable=SC2086
	[ -z "$differ" ] || { both 2 $differ; both 3 $differ; }
	sb_stop "$box_stock"
	sb_stop "$box_weft"
}

note "Slurm $release from $source"
: >"$t_dir/stock.outcomes"
: >"$t_dir/weft.outcomes"
if [ $# -eq 0 ]; then
	# shellcheck disable=SC2086  # lists of words
	run_round usual $usual
	# shellcheck disable=SC2086
	run_round tier $tier
	# shellcheck disable=SC2086
	run_round qos $qos
else
	for round in tier qos usual; do
		# shellcheck disable=SC2046
		run_round $round $(for test; do
			case " $tier : $qos " in
			*" $test "*:*) echo "tier $test" ;;
			*:*" $test "*) echo "qos $test" ;;
			*) echo "usual $test" ;;
			esac
		done | sed -n "s/^$round //p")
	done
fi

printf '# %-48s %-12s %s\n' test stock weft
same=0 worse=0 better=0 chance=0
while read -r test; do
	in_stock=$(cell stock "$test") in_weft=$(cell weft "$test")
	printf '# %-48s %-12s %s\n' "$test" "${in_stock%:*}" "${in_weft%:*}"
	if [ "$(grep -cxF "$(grep -m 1 "^$test " "$t_dir/stock.outcomes")" <(grep -m 1 "^$test " "$t_dir/weft.outcomes"))" -eq 1 ]; then
		same=$((same + 1))
		continue
	fi
	grep -hiE -m 3 'fatal|error.*(expected|fail)|FAILURE|assert|skip' \
		"$logs/weft.${test//\//_}" "$logs/stock.${test//\//_}" 2>/dev/null |
		cut -c1-200 | sed 's/^/#     /'
	case ${in_stock#*:}/${in_weft#*:} in
	0/*) better=$((better + 1)) ;;
	*/0) worse=$((worse + 1)); not_ok "$test passes as with stock" ;;
	*) chance=$((chance + 1)) ;;
	esac
done < <(cut -d' ' -f1 "$t_dir/stock.outcomes" | sort -uV)
note "$same alike ($(grep -c ' pass$' "$t_dir/stock.outcomes") passes with stock), $chance passed and failed by chance, $worse pass with stock only, $better otherwise different, in $SECONDS s"
grep -q ' pass$' "$t_dir/stock.outcomes" && [ $worse -eq 0 ] && ok "every test that passes with stock passes with Weft"
t_end
