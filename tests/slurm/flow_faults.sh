#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# flow_faults.sh - failures of every kind in one run, told apart, and its page
#
# Exit codes, signals, time limits, too much memory (where cgroups v1 can be
# written), a node that dies, preemption and a task whose needs cannot be met,
# among tasks of which one in twenty fails by chance in a way of its own;
# slurmctld is restarted meanwhile.  What each unit is
# said to have ended of is compared with what was done to it.  About a hundred
# units; with WEFT_TEST_LONG=1 a thousand, and the time limit, which is a
# minute at the least.  WEFT_SEED repeats a series.  Then the page and the
# graph of the run are read by an XML parser and a browser, where these are
# installed.
. "${srcdir:-.}/tests/slurm/lib.sh"

many=40 few=2 slow=
if [ -n "${WEFT_TEST_LONG:-}" ]; then
	many=480 few=15
	slow="  slow: {run: 'exec sleep 600', resources: {time: 1}}"
fi
RANDOM=${WEFT_SEED:=$((EPOCHSECONDS % 32768))}
note "WEFT_SEED=$WEFT_SEED"
# A second partition preempts the first; a dead node is noticed in seconds, and
# its job ends there: with JobRequeue=1 Slurm itself would try it again.
cat >"$t_dir/extra.conf" <<C
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
JobRequeue=0
SlurmdTimeout=5
OverTimeLimit=0
KillWait=2
PartitionName=low Nodes=node0 PriorityTier=1 PreemptMode=CANCEL
PartitionName=high Nodes=node[0-1] PriorityTier=10 PreemptMode=OFF
PartitionName=doomed Nodes=node2
C
# Slurm's own judge of memory.  Jobs have directories by node and number, so
# numbers begin where no other sandbox on this machine has its own.
eaten=
cgroup=/sys/fs/cgroup/memory/weft-test-$EPOCHSECONDS-$$
if [ "$release" = 22.05 ] && [ -e /sys/fs/cgroup/freezer/release_agent ] &&
	mkdir "$cgroup" 2>/dev/null && rmdir "$cgroup"; then
	eaten="  eaten: {run: 'x=; printf -v x %80000000s; exit 5', resources: {mem: 40}}
  fed:
    run: 'echo \"\$SLURM_MEM_PER_NODE\" >> out/fed; x=; printf -v x %60000000s'
    retries: {max: 2, delay: 1}
    resources: {mem: 50}
    on: {oom: {mem: x4}}"
	before=$(ls -d /sys/fs/cgroup/*/slurm_node? 2>/dev/null)
	cat >>"$t_dir/extra.conf" <<-C
	ProctrackType=proctrack/cgroup
	TaskPlugin=task/cgroup
	FirstJobId=$((EPOCHSECONDS % 60000 * 1000 + 1))
	C
fi
sb_start --nodes 3 --plugins off --conf-extra "$t_dir/extra.conf"
if [ -n "$eaten" ]; then
	printf 'CgroupPlugin=cgroup/v1\nConstrainRAMSpace=yes\nConstrainSwapSpace=yes\n' >"$sb_dir/etc/cgroup.conf"
	check "a slurmd that bounds memory" "$weft" sandbox restart --name "$sb" slurmd.node1
else
	skip "a slurmd that bounds memory" "no cgroups v1 that can be written, or not Slurm 22.05"
fi
cd "$t_dir" || exit 99
mkdir out fate

# One in twenty ends in a way of its own, before its twin may begin; `want`
# holds what each unit must be said to have ended of.
fates()
{
	local i code

	for ((i = 1; i <= many; i++)); do
		if [ $((RANDOM % 20)) != 0 ] && [ $i != 3 ]; then
			echo "well[$i] done"
			echo "after[$i] done"
			continue
		fi
		code=$((RANDOM % 125 + 1))
		case $((RANDOM % 3)) in
		0) echo "exit $code" >fate/$i; echo "well[$i] failed exit $code" ;;
		1) echo 'kill -TERM $$' >fate/$i; echo "well[$i] failed signal 15" ;;
		2) echo 'kill -KILL $$' >fate/$i; echo "well[$i] failed signal 9" ;;
		esac
		echo "after[$i] failed dependency"
	done
	for ((i = 1; i <= few; i++)); do
		echo "flaky[$i] done"
		echo "moved[$i] done"
		echo "node[$i] failed node_fail"
	done
	[ -z "$slow" ] || echo "slow failed timeout"
	[ -z "$eaten" ] || printf '%s\n' "eaten failed oom" "fed done"
	printf '%s\n' "again done" "code failed exit 7" "killed failed signal 11" \
		"never failed dependency" "pushed failed preempted" '<odd> & "worse" done'
}
fates | sort >want
cat >f.yaml <<Y
name: faults
defaults: {resources: {time: 5, mem: 10, nodelist: node1}, on_failure: continue}
tasks:
  well: {array: 1-$many, run: 'echo x >> out/well\$index; [ ! -e fate/\$index ] || . fate/\$index'}
  after: {array: 1-$many, needs: {task: well, each: true}, run: 'echo x >> out/after\$index'}
  code: {run: 'exit 7'}
  killed: {run: 'kill -SEGV \$\$'}
$slow
$eaten
  again:
    run: 'echo "\$SLURM_MEM_PER_NODE" >> out/again; [ "\$SLURM_MEM_PER_NODE" = 20 ]'
    retries: {max: 1, delay: 1}
    on: {exit: {mem: x2}}
  flaky:
    array: 1-$few
    retries: {max: 2, delay: 1}
    run: 'echo x >> out/flaky\$index; [ "\$(wc -l < out/flaky\$index)" -gt \$((index % 2 + 1)) ]'
  node: {array: 1-$few, run: 'echo x >> out/node; exec sleep 600', resources: {nodelist: node2, partition: doomed}}
  moved:
    array: 1-$few
    retries: {max: 1, delay: 0}
    resources: {nodelist: node2, partition: doomed}
    on: {node_fail: {nodelist: node1, partition: high}}
    run: 'echo x >> out/moved; [ "\$SLURMD_NODENAME" = node1 ] || exec sleep 600'
  pushed: {run: 'echo x >> out/pushed; exec sleep 600', resources: {nodelist: node0, partition: low, exclusive: true}}
  never: {needs: code, run: 'echo x >> out/never'}
  <odd> & "worse": {needs: {task: code, on: failed}, run: 'echo x >> out/odd'}
Y
sed -i 's/^  <odd> & "worse":/  '"'"'<odd> \& "worse"'"'"':/' f.yaml
sx_sec=900
sx "$weft" flow run --json f.yaml >run.json 2>run.err &
runner=$!
begun() { [ -s out/pushed ] && [ "$(cat out/node out/moved | wc -l)" = $((few * 2)) ]; }
check "the jobs that are to be hit have begun" wait_for 120 begun
check "slurmctld comes back in the middle" "$weft" sandbox restart --name "$sb" slurmctld
kill -9 "$(awk '$1 == "slurmd.node2" { print $2 }' "$sb_dir/procs")"
pid=$(submit -p high -w node0 --exclusive -t 5 --wrap 'sleep 1')
check "a job of higher priority is taken" test -n "$pid"
wait "$runner"
is "the run answers no" "$?" 3
err=$(cat run.err)
# "unit state cause detail" of every unit, as status tells it.
ends()
{
	sed -n 's/\\\(.\)/\1/g; s/^ *"\(unit\|state\|cause\|exit_code\|signal\|failed_tries\)":"\{0,1\}/\1 /p' status.json |
		sed 's/"\{0,1\},\{0,1\}$//' | awk '
		$1 == "unit" { line = substr($0, 6); next }
		$1 == "failed_tries" { print line; next }
		$1 == "state" { failed = $2 == "failed" }
		$1 == "state" || failed { line = line " " $2 }' |
		sort | diff want -
}
like "an exit code" "$err" '^  code: exit code 7'
like "a signal" "$err" '^  killed: signal 11'
[ -z "$slow" ] || like "a time limit" "$err" '^  slow: time limit'
like "a node's failure" "$err" '^  node\[1\]: its node failed'
like "preemption" "$err" '^  pushed: preempted'
like "what could not run" "$err" 'by cause:.* dependency [0-9]'
like "and one command to continue" "$err" 'to continue: weft flow resume [^ ]*$'
is "no other failures" "$(sed -n 's/.*"failed":\([0-9]*\).*/\1/p' run.json)" "$(grep -c ' failed' want)"
sx "$weft" flow status --json f.yaml >status.json
is "status says so too" "$?" 3
check "what each of $(wc -l <want) units ended of is told right" ends
is "every well task ran once" "$(cat out/well* | wc -l)" "$many"
is "and every twin of one that succeeded" "$(cat out/after* | wc -l)" "$(grep -c '^after.*done' want)"
if [ -n "$eaten" ]; then
	like "too much memory" "$err" '^  eaten: out of memory on node1'
	is "and what had too little got more" "$(xargs <out/fed)" "50 200"
fi
is "tries are counted" "$(grep -c '"failed_tries":2' status.json)" "$((few / 2 + few % 2))"
is "a retry had more memory" "$(xargs <out/again)" "10 20"
check "what waits for a failure ran, what waits for success did not" test -s out/odd -a ! -e out/never

check "the run has a page" sx "$weft" flow report -o page.html f.yaml
check "its graph has colours" sx "$weft" flow graph --state -o graph.dot f.yaml
like "the failed task's too" "$(cat graph.dot)" 'label="code".*fd8d3c'
like "the page tells the failures" "$(cat page.html)" '<td>code</td><td class="l">exit 7</td>'
if command -v xmllint >/dev/null; then
	check "the page is well-formed" xmllint --noout --nonet page.html
else
	skip "the page is well-formed" "no xmllint here"
fi
if command -v dot >/dev/null; then
	check "the graph can be drawn" sx "$weft" flow graph --state --svg -o graph.svg f.yaml
	if command -v xmllint >/dev/null; then
		check "and the drawing is well-formed" xmllint --noout --nonet --huge graph.svg
	fi
else
	skip "the graph can be drawn" "no dot here"
fi
if command -v chromium >/dev/null; then
	timeout 60 chromium --headless --no-sandbox --disable-gpu --disable-dev-shm-usage --user-data-dir="$t_dir/browser" \
		--dump-dom "file://$PWD/page.html" >dom.html 2>dom.err </dev/null
	like "a browser shows the bars" "$(cat dom.html)" '<rect class="f"[^>]*><title>code'
	like "and the odd name as text" "$(cat dom.html)" '&lt;odd&gt; &amp; "worse"'
	unlike "never as an element" "$(cat dom.html)" '<odd'
	rm -rf "$t_dir/browser"
else
	skip "a browser shows the page" "no chromium here"
fi
if [ -n "$eaten" ]; then
	sb_stop
	for dir in /sys/fs/cgroup/*/slurm_node?; do
		[[ $'\n'$before$'\n' == *$'\n'$dir$'\n'* ]] ||
			find "$dir" -depth -type d -exec rmdir {} + 2>/dev/null
	done
fi
t_end
