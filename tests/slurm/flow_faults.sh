#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# flow_faults.sh - failures of every kind in one run, told apart, and its page
#
# Exit codes, signals, time limits, a node that dies, preemption and a task
# whose needs cannot be met, among tasks that are well; slurmctld is restarted
# meanwhile.  40 well tasks; with WEFT_TEST_LONG=1 a thousand, and the time limit,
# which is a minute at the least.  Then the page
# and the graph of the run are read by an XML parser and a browser, where
# these are installed.
. "${srcdir:-.}/tests/slurm/lib.sh"

many=40 failures=5 slow=
if [ -n "${WEFT_TEST_LONG:-}" ]; then
	many=1000 failures=6
	slow="  slow: {run: 'exec sleep 600', resources: {time: 1}}"
fi
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
PartitionName=high Nodes=node0 PriorityTier=10 PreemptMode=OFF
PartitionName=doomed Nodes=node2
C
sb_start --nodes 3 --plugins off --conf-extra "$t_dir/extra.conf"
cd "$t_dir" || exit 99
mkdir out
cat >f.yaml <<Y
name: faults
defaults: {resources: {time: 5, mem: 10, nodelist: node1}, on_failure: continue}
tasks:
  well: {array: 1-$many, run: 'echo x >> out/well\$index'}
  after: {array: 1-$many, needs: {task: well, each: true}, run: 'echo x >> out/after\$index'}
  code: {run: 'exit 7'}
  killed: {run: 'kill -SEGV \$\$'}
$slow
  again:
    run: 'echo "\$SLURM_MEM_PER_NODE" >> out/again; [ "\$SLURM_MEM_PER_NODE" = 20 ]'
    retries: {max: 1, delay: 1}
    on: {exit: {mem: x2}}
  node: {run: 'echo x >> out/node; exec sleep 600', resources: {nodelist: node2, partition: doomed}}
  pushed: {run: 'echo x >> out/pushed; exec sleep 600', resources: {nodelist: node0, partition: low, exclusive: true}}
  never: {needs: code, run: 'echo x >> out/never'}
  <odd> & "worse": {needs: {task: code, on: failed}, run: 'echo x >> out/odd'}
Y
sed -i 's/^  <odd> & "worse":/  '"'"'<odd> \& "worse"'"'"':/' f.yaml
sx() { timeout 500 "$weft" sandbox exec --name "$sb" -- "$@"; }
sx "$weft" flow run --json f.yaml >run.json 2>run.err &
runner=$!
check "the jobs that are to be hit have begun" wait_for 60 test -s out/node -a -s out/pushed
check "slurmctld comes back in the middle" "$weft" sandbox restart --name "$sb" slurmctld
kill -9 "$(awk '$1 == "slurmd.node2" { print $2 }' "$sb_dir/procs")"
pid=$(submit -p high -w node0 --exclusive -t 5 --wrap 'sleep 1')
check "a job of higher priority is taken" test -n "$pid"
wait "$runner"
is "the run answers no" "$?" 3
err=$(cat run.err)
like "an exit code" "$err" '^  code: exit code 7'
like "a signal" "$err" '^  killed: signal 11'
[ -z "$slow" ] || like "a time limit" "$err" '^  slow: time limit'
like "a node's failure" "$err" '^  node: its node failed'
like "preemption" "$err" '^  pushed: preempted'
like "what could not run" "$err" 'by cause:.* dependency 1'
like "and one command to continue" "$err" 'to continue: weft flow resume [^ ]*$'
is "no other failures" "$(sed -n 's/.*"failed":\([0-9]*\).*/\1/p' run.json)" "$failures"
is "every well task and its twin ran once" "$(cat out/well* out/after* | wc -l)" $((many * 2))
is "a retry had more memory" "$(xargs <out/again)" "10 20"
check "what waits for a failure ran, what waits for success did not" test -s out/odd -a ! -e out/never

check "the run has a page" sx "$weft" flow report -o page.html f.yaml
check "its graph has colours" sx "$weft" flow graph --state -o graph.dot f.yaml
like "the failed task's too" "$(cat graph.dot)" 'label="code".*fdae6b'
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
t_end
