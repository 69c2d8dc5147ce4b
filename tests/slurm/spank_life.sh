#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# spank_life.sh - the options of weft.so from submission to the job's end:
# checked when typed, kept through requeue, slurmctld's restart and job
# arrays, honoured when others want the nodes and when the job ends of a cause
# that it named, and told by weft why.
#
# WEFT_TEST_LONG=1 adds the causes that Slurm looks for every 30 seconds only, and
# preemption by QOS, which needs a slurmdbd.
. "${srcdir:-.}/tests/slurm/lib.sh"

cat >"$t_dir/extra.conf" <<END
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
PartitionName=low Nodes=ALL PriorityTier=1 MaxTime=600
PartitionName=high Nodes=ALL PriorityTier=10 PreemptMode=OFF
END
# Slurm's own judge of memory.  Jobs have directories by node and number there,
# so numbers begin where no other sandbox on this machine has its own.
cgroup=/sys/fs/cgroup/memory/weft-test-$EPOCHSECONDS-$$
if [ "$release" = 22.05 ] && [ -e /sys/fs/cgroup/freezer/release_agent ] &&
	mkdir "$cgroup" 2>/dev/null && rmdir "$cgroup"; then
	cgroups_before=$(ls -d /sys/fs/cgroup/*/slurm_node? 2>/dev/null)
	cat >>"$t_dir/extra.conf" <<-END
	ProctrackType=proctrack/cgroup
	TaskPlugin=task/cgroup
	FirstJobId=$((EPOCHSECONDS % 60000 * 1000 + 1))
	END
else
	cgroup=
fi
sb_start --nodes 4 --gpus 2 --conf-extra "$t_dir/extra.conf"

why() { sx "$weft" why "$@"; }
on() { local node=$1; shift; submit -N1 --exclusive -w "$node" -t 60 "$@"; }
restarts() { field "$1" Restarts; }
restarted() { [ "$(restarts "$1")" = "$2" ]; }
asked() { why --json "$1" | grep -q -- "$2"; }
# A later cycle than this one has come and gone.
cycle()
{
	local job

	job=$(submit -p high -w node3 -n1 --mem=10 --oversubscribe --wrap true)
	wait_state "$job" COMPLETED 30
}
# A script that writes down its signals and goes on.
cat >"$t_dir/saver" <<END
#!/bin/bash
trap 'echo saved >>$t_dir/saved.\$SLURM_JOB_ID' USR1
trap 'echo killed >>$t_dir/saved.\$SLURM_JOB_ID' TERM
echo begun >>$t_dir/saved.\$SLURM_JOB_ID
for i in \$(seq 3000); do sleep 0.1; done
END
chmod 0755 "$t_dir/saver"
touch "$t_dir/x" && chmod 0777 "$t_dir" && rm "$t_dir/x"
told() { tail -n +2 "$t_dir/saved.$1" 2>/dev/null | head -n 1; }
has_told() { [ "$(told "$1")" = "$2" ]; }

# ---- checked when typed -------------------------------------------------------

refused()
{
	local out

	out=$(submit "$1" --wrap true 2>&1)
	like "refused with what is expected: $1" "$out" "$2.*expected"
}
refused "$opt_segment=0" 'segment=0: a number of nodes from 1 to 65535'
refused "$opt_domain=near" 'domain=near: "same" or "any"'
refused --gpu-order=fast 'gpu-order=fast: "ring", "index" or "numa"'
refused --checkpoint-signal=KILL@5 'checkpoint-signal=KILL@5: a signal and the seconds it needs'
refused --min-runtime=soon 'min-runtime=soon: a time'
refused --requeue-on=rain 'requeue-on=rain: causes'
like "--help tells them" "$(sx sbatch --help)" 'min-runtime=TIME'

# ---- taken to slurmctld, shown ---------------------------------------------------

saver=$(on node0 -p low --checkpoint-signal=b:sigusr1@2 --requeue-on=preempt "$t_dir/saver")
young=$(on node1 -p low --min-runtime=1:00:00 --wrap "sleep 600")
bare=$(on node2 -p low --signal=B:USR1@5 "$t_dir/saver")
all=$(submit -H -N4 "$opt_segment=2" "$opt_domain=same" --gpu-order=index --checkpoint-signal=TERM@30 \
	--min-runtime=2:00:00 --requeue-on=fail,timeout --wrap true)
array=$(submit -w node3 --mem=10 -n1 --oversubscribe --array=0-1 --gpu-order=numa --requeue-on=fail \
	--wrap '[ $SLURM_RESTART_COUNT ] || exit 7; sleep 600')
for job in "$saver" "$young" "$bare"; do wait_state "$job" RUNNING 30; done
check "weft why --json: each option" wait_for 30 asked "$all" \
	'"options": { "segment": 2, "domain": "same", "gpu_order": "index", "checkpoint_signal": "TERM@30", "min_runtime": 7200, "requeue_on": "timeout,fail" }'
like "weft why: as they are typed" "$(why "$all")" \
	'asked of Weft: --segment=2 --domain=same --gpu-order=index --checkpoint-signal=TERM@30 --min-runtime=2:00:00 --requeue-on=timeout,fail'
like "of a running job too" "$(why "$young")" 'asked of Weft: --min-runtime=1:00:00'

# ---- its end, of a cause that it named ---------------------------------------------

for task in 0 1; do
	check "requeue-on=fail: task $task of an array is requeued" wait_for 30 restarted "${array}_$task" 1
done
check "a requeued task still has its options" asked "${array}_1" '"gpu_order": "numa"'
like "and weft why tells of the requeue" "$(why "${array}_1")" 'requeued 1 time so far'
other=$(submit -w node3 --mem=10 -n1 --oversubscribe --requeue-on=node-fail,timeout --wrap "exit 3")
check "another cause ends it" wait_state "$other" FAILED 30
cycle
is "for good" "$(state "$other") $(restarts "$other")" "FAILED 0"

# ---- slurmctld starts again --------------------------------------------------------

"$weft" sandbox restart --name "$sb" slurmctld >/dev/null 2>&1
check "slurmctld's restart: the options are there" wait_for 30 asked "$all" '"segment": 2, .*"min_runtime": 7200'
check "the running job's too" wait_for 30 asked "$saver" '"checkpoint_signal": "B:USR1@2"'

# ---- others want the nodes ----------------------------------------------------------

first=$(on node0 -p high --wrap "sleep 600")
second=$(on node1 -p high --wrap "sleep 600")
third=$(on node2 -p high --wrap "sleep 600")
check "no option: preempted at once" wait_state "$third" RUNNING 60
is "and its --signal is not sent, as this site has it" "$(told "$bare")" killed
check "checkpoint-signal: the signal comes before anything else" wait_for 30 has_told "$saver" saved
check "then the node is taken" wait_for 40 restarted "$saver" 1
check "requeue-on=preempt: it waits again" wait_for 30 in_state "$saver" PENDING
check "and has its options" asked "$saver" '"requeue_on": "preempt"'
check "who wanted the node runs" wait_state "$first" RUNNING 30
cycle
is "min-runtime: not preempted before" "$(state "$young") $(state "$second")" "RUNNING PENDING"
like "the grace was the asked one" "$(log)" "JobId=$saver gets signal 10 and 2 seconds"
is "the partition's own grace time is as it was" "$(sx scontrol show partition low | grep -o 'GraceTime=[0-9]*')" GraceTime=0

# ---- a node that fails ---------------------------------------------------------------

sx scancel "$first" "$third"
wait_for 30 in_state "$first" CANCELLED
never=$(on node2 -p high --requeue-on=none --wrap "sleep 600")
again=$(on node0 -p high --requeue-on=node-fail --wrap "sleep 600")
wait_state "$never" RUNNING 30
wait_state "$again" RUNNING 30
sx scontrol update NodeName=node2,node0 State=DOWN Reason=test
check "requeue-on=node-fail: requeued when its node goes down" wait_for 30 restarted "$again" 1
check "requeue-on=none: it ends" wait_for 30 in_state "$never" NODE_FAIL

# ---- too much memory -----------------------------------------------------------------

if [ -n "$cgroup" ]; then
	printf 'CgroupPlugin=cgroup/v1\nConstrainRAMSpace=yes\nConstrainSwapSpace=yes\n' >"$sb_dir/etc/cgroup.conf"
	check "a slurmd that bounds memory" "$weft" sandbox restart --name "$sb" slurmd.node3
	printf '#!/bin/bash\n[ $SLURM_RESTART_COUNT ] && exec sleep 600\nprintf -v x %%80000000s\n' >"$t_dir/eater"
	eater=$(submit -w node3 -n1 --mem=40 --oversubscribe --requeue-on=oom "$t_dir/eater")
	gone=$(submit -w node3 -n1 --mem=40 --oversubscribe --requeue-on=timeout "$t_dir/eater")
	check "requeue-on=oom: requeued when it ate too much" wait_for 60 restarted "$eater" 1
	check "and has its options" asked "$eater" '"requeue_on": "oom"'
	check "another cause named: it ends" wait_for 60 in_state "$gone" OUT_OF_MEMORY
	sx scancel "$eater"
else
	skip "requeue-on=oom" "no cgroups v1 that can be written, or not Slurm 22.05"
fi

if [ -n "${WEFT_TEST_LONG:-}" ]; then
	sx scontrol update NodeName=node2,node0 State=RESUME 2>/dev/null
	late=$(submit -w node3 --mem=10 -n1 --oversubscribe -t 1 --requeue-on=timeout --checkpoint-signal=B:USR1@20 "$t_dir/saver")
	check "checkpoint-signal: before the time limit, as Slurm's --signal" wait_for 90 has_told "$late" saved
	check "requeue-on=timeout: requeued at its time limit" wait_for 120 restarted "$late" 1
fi
if [ -n "${WEFT_TEST_LONG:-}" ] && command -v slurmdbd >/dev/null && command -v mariadbd >/dev/null; then
	unlike "nothing went wrong in the first plugin" "$(log)" 'sched/weft: .*(skipped|cannot)|removed JobId'
	sb_stop
	rm -f "$t_dir"/saved.*	# job numbers may come again
	grep -v 'Preempt\|PartitionName\|FirstJobId' "$t_dir/extra.conf" >"$t_dir/qos.conf"
	printf 'PreemptType=preempt/qos\nPreemptMode=REQUEUE\nAccountingStorageEnforce=qos\n' >>"$t_dir/qos.conf"
	sb_start --nodes 2 --gpus 2 --slurmdbd --conf-extra "$t_dir/qos.conf"
	sx sacctmgr -i add qos cheap,dear >/dev/null
	sx sacctmgr -i modify qos dear set preempt=cheap priority=100 >/dev/null
	sx sacctmgr -i modify user root set qos+=cheap,dear >/dev/null
	knows() { sx sbatch --test-only -q dear --wrap true && sx sbatch --test-only -q cheap --wrap true; }
	wait_for 60 knows
	saver=$(on node0 -q cheap --checkpoint-signal=b:sigusr1@2 --requeue-on=preempt "$t_dir/saver")
	young=$(on node1 -q cheap --min-runtime=1:00:00 --wrap "sleep 600")
	wait_state "$saver" RUNNING 30
	wait_state "$young" RUNNING 30
	wait_for 30 grep -q begun "$t_dir/saved.$saver"
	first=$(on node0 -q dear --wrap "sleep 600")
	second=$(on node1 -q dear --wrap "sleep 600")
	check "QOS: the signal comes before anything else" wait_for 30 has_told "$saver" saved
	check "QOS: then the node is taken" wait_for 40 restarted "$saver" 1
	check "QOS: who wanted the node runs" wait_state "$first" RUNNING 30
	is "QOS: min-runtime guards" "$(state "$young") $(state "$second")" "RUNNING PENDING"
	rm -f "$t_dir/saved.$saver"
fi
unlike "nothing went wrong in the plugin" "$(log)" 'sched/weft: .*(skipped|cannot)|removed JobId'
if [ -n "$cgroup" ]; then	# Slurm leaves the nodes' own directories
	sb_stop
	for dir in /sys/fs/cgroup/*/slurm_node?; do
		grep -qxF "$dir" <<<"$cgroups_before" ||
			find "$dir" -depth -type d -exec rmdir {} + 2>/dev/null
	done
fi
t_end
