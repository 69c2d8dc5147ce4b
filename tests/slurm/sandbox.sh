#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# sandbox.sh - weft sandbox: what start gives, and that stop takes all of it
# away: after a crash of slurmctld, with running jobs, with a job's process
# that left its session.
. "${srcdir:-.}/tests/slurm/lib.sh"

box() { "$weft" sandbox "$@"; }
json() { sed -n "s/.*\"$1\": *\"\\{0,1\\}\\([^\",]*\\).*/\\1/p" <<<"$status" | head -n 1; }

sb_start --nodes 3 --gpus 2
first=$sb
status=$(box status --name "$sb" --json)
is "status: nodes" "$(json nodes)" 3
is "status: nodes up" "$(json nodes_up)" 3
is "status: munged, slurmctld, three slurmds" "$(grep -c '"pid"' <<<"$status")" 5
unlike "status: all run" "$status" '"running": *false'
like "list" "$(box list)" "^$sb .* 3 nodes"
like "logs of slurmctld" "$(box logs --name "$sb")" 'slurmctld version'
like "logs of a slurmd" "$(box logs --name "$sb" slurmd.node2)" 'slurmd (version|started)'
check "exec hands on the exit code" sh -c '"$1" sandbox exec --name "$2" -- sh -c "exit 7"; [ $? = 7 ]' sh "$weft" "$sb"
like "a name that is taken" "$(box start --name "$sb" 2>&1)" 'is there already'

sb_start --nodes 1 --plugins off
like "the second is stock" "$(sx scontrol show config)" 'SchedulerType += sched/backfill'
is "two at once: each has its own nodes" "$(sx sinfo -h -o %D) $(box exec --name "$first" -- sinfo -h -o %D)" "1 3"
is "a job on the stock one" "$(sx srun -n1 echo yes 2>/dev/null)" yes
sb_stop

# A daemon without a terminal, a session and a parent, as jobs leave behind.
sb_use "$first"
cat >"$t_dir/leave.sh" <<'END'
#!/bin/sh
setsid sh -c 'exec -a weft-left sleep 1000' &
setsid sleep 1001 &
sleep 1002
END
job=$(submit --export=NONE "$t_dir/leave.sh")
job2=$(submit --wrap "sleep 1003")
wait_state "$job" RUNNING
wait_state "$job2" RUNNING
check "the job's processes run" wait_for 60 sh -c 'cat /proc/[0-9]*/cmdline 2>/dev/null | tr "\0" " " | grep -q "sleep 1001"'
pid=$(sed -n 's/^slurmctld \([0-9]*\) .*/\1/p' "$sb_dir/procs")
kill -9 "$pid"
sleep 0.2
status=$(box status --name "$sb" --json)
is "status after kill -9 of slurmctld: exit code" "$(box status --name "$sb" >/dev/null 2>&1; echo $?)" 3
like "and which one ended" "$(box status --name "$sb" 2>&1)" 'slurmctld .*has ended'
sb_stop
left=
for pid in /proc/[0-9]*; do
	left+=$(tr '\0' ' ' <"$pid/cmdline" 2>/dev/null | grep -E '^(sleep|weft-left) 100[0-3]')
done
is "stop ends what jobs started" "$left" ""
check "its directory is gone" [ ! -e "$sb_dir" ]
like "there is none any more" "$(box stop --name "$first" 2>&1)" 'no sandbox at'

printf 'NoSuchParameter=3\n' >"$t_dir/bad.conf"
out=$(box start --name "test-$$-bad" --nodes 1 --conf-extra "$t_dir/bad.conf" 2>&1)
is "a start that cannot work: exit code" $? 1
like "and the line of the log that says why" "$out" 'log/slurm[a-z0-9.]+ says: .*NoSuchParameter'
box stop --name "test-$$-bad" >/dev/null 2>&1

begin=$(now_msec)
sb_start --nodes 64 --domains 16
note "64 nodes: $(($(now_msec) - begin)) ms"
is "64 nodes come up" "$(sx sinfo -h -t idle -o %D)" 64
is "and run a job on all" "$(sx srun -N64 hostname 2>/dev/null | wc -l)" 64
sb_stop
if [ -n "${WEFT_TEST_LONG:-}" ]; then
	sb_start --nodes 512 --domains 64
	is "512 nodes come up" "$(sx sinfo -h -t idle -o %D)" 512
	sb_stop
else
	skip "512 nodes come up" "slow: WEFT_TEST_LONG=1 asks for it"
fi

if command -v slurmdbd >/dev/null && command -v mariadbd >/dev/null; then
	sb_start --nodes 1 --slurmdbd
	job=$(submit -J told --wrap true)
	told() { sx sacct -X -n -P -j "$job" -o JobName,State | grep -q 'told|COMPLETED'; }
	check "sacct shows a finished job" wait_for 60 told
	sb_stop
else
	skip "sacct shows a finished job" "no slurmdbd or no MariaDB here"
fi
t_end
