#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# sched_life.sh - what happens to jobs and nodes on the way: --time-min and
# --deadline, suspended jobs, nodes that are drained, down or saving power,
# preemption by partition (REQUEUE and CANCEL), licences, requests that no
# node can hold, heterogeneous jobs: one start for all components, and nothing held
# before it.
# shellcheck source=tests/slurm/lib.sh
. "${srcdir:-.}/tests/slurm/lib.sh"

on() { local node=$1; shift; submit -N1 -n1 --mem=10 -w "$node" "$@" --wrap "sleep 600"; }
whole() { on "$1" --gres=gpu:4 "${@:2}"; }
limit() { field "$1" TimeLimit; }
reason() { field "$1" Reason; }
in_reason() { [ "$(reason "$1")" = "$2" ]; }
planned() { [ "$(field "$1" StartTime)" != Unknown ]; }
node_state() { sx scontrol show node -o "$1" | sed -n 's/.* State=\([^ ]*\).*/\1/p'; }
not_running() { ! in_state "$1" RUNNING; }
# A job that came later has run: the queue was looked at since.
passed()
{
	local job

	job=$(submit -n1 --mem=10 -w node3 -o /dev/null --wrap true)
	wait_state "$job" COMPLETED 30
}

cat >"$t_dir/extra.conf" <<END
Licenses=matlab:1,fea:1
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
PartitionName=again Nodes=node2 PriorityTier=1 PreemptMode=REQUEUE
PartitionName=gone Nodes=node2 PriorityTier=1 PreemptMode=CANCEL
PartitionName=first Nodes=node2 PriorityTier=10 PreemptMode=OFF
SuspendProgram=$t_dir/suspend
ResumeProgram=$t_dir/resume
SuspendTimeout=2
ResumeTimeout=600
SuspendTime=36000
END
printf '#!/bin/sh\nexit 0\n' >"$t_dir/suspend"
printf '#!/bin/sh\necho "$1" >>%s/resumed\n' "$t_dir" >"$t_dir/resume"
chmod 0755 "$t_dir/suspend" "$t_dir/resume"
sb_start --nodes 4 --gpus 4 --conf-extra "$t_dir/extra.conf"

# ---- --time-min: as long as it can until the next planned start -------------
holder=$(whole node0 -t 40)
wait_state "$holder" RUNNING 30
wide=$(submit -N2 --mem=10 --gres=gpu:4 -w node0,node1 -t 60 --wrap "sleep 600")
check "a job for both nodes has a planned start" wait_for 30 planned "$wide"
plain=$(whole node1 -t 60)
short=$(whole node1 -t 60 --time-min=10)
wait_state "$short" RUNNING 30
is "with --time-min it starts in the gap" "$(state "$short")" RUNNING
like "its limit is what the gap allows" "$(limit "$short")" '^00:(3[5-9]|40):00$'
is "without --time-min it waits" "$(state "$plain")" PENDING
is "the job that waits keeps its limit" "$(limit "$plain")" 01:00:00
sx scancel "$short" "$plain"
array=$(submit -N1 -n1 --mem=10 -w node1 --gres=gpu:4 --array=0-1 -t 60 --time-min=10 --wrap "sleep 600")
wait_state "${array}_0" RUNNING 30
like "an array's task starts in the gap" "$(state "${array}_0") $(limit "${array}_0")" '^RUNNING 00:(3[5-9]|40):00$'
is "its waiting tasks keep their limit" "$(limit "${array}_1")" 01:00:00
clean

# ---- --deadline -----------------------------------------------------------------
holder=$(whole node0 -t 40)
wait_state "$holder" RUNNING 30
late=$(whole node0 -t 1 --deadline=now+75)
shorter=$(whole node1 -t 120 --time-min=10 --deadline=now+1hour)
wait_state "$shorter" RUNNING 30
like "the limit ends at the deadline" "$(limit "$shorter")" '^(00:5[5-9]:00|01:00:00)$'
open=$(whole node2 --deadline=now+1hour)
wait_state "$open" RUNNING 30
like "no limit and a deadline: it may run until then" "$(limit "$open")" '^(00:5[5-9]:00|01:00:00)$'

# ---- licences -------------------------------------------------------------------
lic=$(on node3 -L matlab:1)
wait_state "$lic" RUNNING 30
lic2=$(on node3 -L matlab:1)
check "who waits for a licence says so" wait_for 30 in_reason "$lic2" Licenses
sx scancel "$lic"
check "and runs when it is free" wait_state "$lic2" RUNNING 30
sx scontrol create reservation=kept starttime=now duration=60 user=root \
	licenses=fea:1 flags=any_nodes nodecnt=1 >/dev/null
lic3=$(whole node3 -L fea:1)
check "a licence that a reservation keeps is not there" wait_for 30 in_reason "$lic3" Licenses
behind=$(whole node3)
check "who waits for it holds no GPUs" wait_state "$behind" RUNNING 30
like "weft why names the reservation" "$(sx "$weft" why "$lic3")" \
	'in its way: +reservation kept keeps fea:1 until [A-Z]'
like "and its JSON" "$(sx "$weft" why --json "$lic3")" \
	'"reservations": \[ \{ "name": "kept", "licenses": "fea:1", "start": [0-9]+, "end": [0-9]+ \} \]'
sx scontrol delete reservation=kept
sx scancel "$behind"
check "and runs when the reservation is gone" wait_state "$lic3" RUNNING 30
sx scancel "$lic3"

# ---- what no node holds ------------------------------------------------------------
# Tasks on one node ask for more GPUs than a set can name.
many=$(submit -N1 -n20 --mem=10 --gpus-per-task=4 --wrap true 2>/dev/null)
check "a request beyond every node stops nobody" passed
[ -z "$many" ] || sx scancel "$many"

# ---- suspended ------------------------------------------------------------------
sx scontrol suspend "$lic2"
check "a job is suspended" wait_state "$lic2" SUSPENDED
check "others go on meanwhile" passed
sx scontrol resume "$lic2"
check "it runs again" wait_state "$lic2" RUNNING
is "a job that its deadline has passed does not start late" \
	"$(wait_for 40 in_state "$late" DEADLINE; state "$late")" DEADLINE
clean

# ---- nodes ----------------------------------------------------------------------
sx scontrol update NodeName=node0 State=DRAIN Reason=test
drained=$(whole node0)
check "the queue is looked at with a drained node" passed
is "nothing starts on a drained node" "$(state "$drained")" PENDING
sx scontrol update NodeName=node0 State=RESUME
check "it starts when the node is back" wait_state "$drained" RUNNING 30
sx scontrol update NodeName=node0 State=DOWN Reason=test
check "a job on a node that went down is taken off it" wait_for 30 not_running "$drained"
sx scancel "$drained"
sx scontrol update NodeName=node0 State=RESUME 2>/dev/null	# it may be back by itself
down=$(whole node0)
check "the node takes jobs again" wait_state "$down" RUNNING 30
sx scancel "$down"

# ---- preemption --------------------------------------------------------------------
low=$(whole node2 -p again)
wait_state "$low" RUNNING 30
high=$(whole node2 -p first)
check "preemption: the first partition's job runs" wait_state "$high" RUNNING 60
check "REQUEUE: the other waits again" wait_state "$low" PENDING 30
is "and was requeued once" "$(field "$low" Restarts)" 1
sx scancel "$low" "$high"
low=$(whole node2 -p gone)
wait_state "$low" RUNNING 60
high=$(whole node2 -p first)
check "CANCEL: the first partition's job runs" wait_state "$high" RUNNING 60
is "the other has ended" "$(state "$low")" PREEMPTED
clean

# ---- saving power ------------------------------------------------------------------
sx scontrol update NodeName=node1 State=POWER_DOWN
powered_down() { node_state node1 | grep -q 'POWERED_DOWN'; }
check "a node is powered down" wait_for 60 powered_down
woken=$(whole node1)
waking() { grep -q node1 "$t_dir/resumed"; }
check "a job for it makes slurmctld wake the node" wait_for 60 waking
is "and stands on it" "$(field "$woken" NodeList)" node1
clean

# ---- heterogeneous jobs ---------------------------------------------------------------
own_name() { sx scontrol show config | grep -q '^SchedulerType *= sched/weft'; }
check "SchedulerType has its own name" wait_for 60 own_name
het=$(submit -n1 --mem=10 -w node0 --wrap "srun --het-group=0,1 hostname" : -n1 --mem=10 -w node3)
check "a heterogeneous job is taken and runs" wait_state "$het" COMPLETED 60
is "on both its nodes" "$(field "$het" NodeList) $(field "$het+1" NodeList)" "node0 node3"
het=$(submit -n1 --mem=10 -p again,first -w node2 --wrap "srun --het-group=0,1 hostname" : -n1 --mem=10 -w node3)
check "one with a component for several partitions runs, too" wait_state "$het" COMPLETED 60

holder=$(whole node3 -t 60)
wait_state "$holder" RUNNING 30
het=$(submit -n1 --mem=10 --gres=gpu:4 -w node0 -t 10 --wrap "sleep 600" : \
	-n1 --mem=10 --gres=gpu:4 -w node3 -t 10)
together() { [ "$(field "$het" StartTime) $(field "$het+1" StartTime)" = "$(field "$holder" EndTime) $(field "$holder" EndTime)" ]; }
check "components have one planned start, when the last can" wait_for 30 together
between=$(whole node0 -t 30)
check "until then another job has what one component would have" wait_state "$between" RUNNING 30
over=$(whole node0 -t 90)
check "the queue is looked at with a job that would delay them" passed
check "their start stays" together
sx scancel "$between"
check "the queue is looked at with the first component's node free" passed
is "neither that job nor the component takes it" "$(state "$over") $(state "$het")" "PENDING PENDING"
sx scancel "$holder"
check "they start when the last one can" wait_state "$het+1" RUNNING 60
is "all of them" "$(state "$het") $(state "$het+1")" "RUNNING RUNNING"
clean

sx scontrol update PartitionName=gone State=DOWN
het=$(submit -n1 --mem=10 --gres=gpu:4 -w node0 --wrap "sleep 600" : -n1 --mem=10 -p gone -w node2)
check "the queue is looked at with a component that may not start" passed
over=$(whole node0 -t 90)
check "nothing is held for the other" wait_state "$over" RUNNING 30
sx scancel "$over"
sx scontrol update PartitionName=gone State=UP
check "it runs when all may" wait_state "$het" RUNNING 60
clean
unlike "no component was taken back" "$(log)" 'is taken back, another component'
check "a reconfigure is no error" sx scontrol reconfigure

note "$(sx "$weft" sched stats 2>/dev/null | tr '\n' ' ')"
unlike "no cycle was skipped" "$(log)" 'the cycle is skipped'
t_end
