#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# flow_kill.sh - kill -9 at random instants, resume, count
#
# flow_crash.sh kills at numbered steps; here `weft flow run` dies whenever it
# happens to: after a random part of the time that a whole run takes, again
# and again (a resume may be killed as well), with slurmctld killed and
# restarted halfway, and at last on a disk that is full.  At the end of each
# round every task must have run exactly once and nothing may be queued.
#
# 5 kills; with WEFT_TEST_LONG=1 two hundred.  WEFT_SEED repeats a series.
. "${srcdir:-.}/tests/slurm/lib.sh"

kills=5 disks="0 24"
[ -z "${WEFT_TEST_LONG:-}" ] || kills=200 disks="0 4 8 16 24 32 40 60 100 200"
seed=${WEFT_SEED:-$((EPOCHSECONDS % 32768))}
RANDOM=$seed
note "WEFT_SEED=$seed"
# Stock Slurm lets the next job of a chain wait up to three seconds.
echo SchedulerParameters=batch_sched_delay=0,sched_interval=1 >"$t_dir/extra.conf"
sb_start --nodes 2 --plugins off --conf-extra "$t_dir/extra.conf"
mkdir "$t_dir/k" && cd "$t_dir/k" || exit 99

workflow()
{
	cat <<'Y'
defaults: {resources: {time: 5, mem: 10}}
tasks:
  a: {array: 0-5, run: 'echo x >> out/a$index'}
  b: {array: 0-5, needs: {task: a, each: true}, run: 'echo x >> out/b$index'}
  p: {run: 'echo x >> out/p'}
  q: {run: 'echo x >> out/q', resources: {mem: 11}}
  r: {needs: [b, p, q], run: 'echo x >> out/r'}
  s: {needs: {task: q, on: any}, run: 'echo x >> out/s', resources: {mem: 12}}
Y
}

# A machine that others keep busy may take a minute for what takes a second.
sx_sec=600
begin() { rm -rf .weft out && mkdir out && workflow >k.yaml; }

# flow MSEC COMMAND...: weft flow, killed after so long; 0: left alone
flow()
{
	local after=$1

	shift
	if [ "$after" = 0 ]; then
		sx "$weft" flow "$@" >"$t_dir/flow.out" 2>"$t_dir/flow.err" </dev/null
	else
		sx timeout -s KILL "$((after / 1000)).$(printf %03d $((after % 1000)))" \
			"$weft" flow "$@" >"$t_dir/flow.out" 2>"$t_dir/flow.err" </dev/null
	fi
}

# Bring it to its end, whatever the kills left: a run that had not begun is begun.
finish()
{
	local i

	for i in 1 2 3; do
		flow 0 resume && return 0
		# slurmctld may be on its way back, or nothing was journalled yet
		if grep -qE 'never completed|no run of weft flow' "$t_dir/flow.err"; then
			[ -z "$(ls out)" ] || return 1
			rm -rf .weft
			flow 0 run k.yaml && return 0
		fi
		sleep 1
	done
	return 1
}

wrong=0
count()
{
	local got

	wait_for 60 no_jobs	# a run may end a moment before Slurm has cleared up
	got="$(find out -type f | wc -l) $(cat out/* 2>/dev/null | wc -l) $(sx squeue -h | wc -l)"
	[ "$got" = "16 16 0" ] && return
	wrong=$((wrong + 1))
	note "$1: tasks that ran, runs, left in Slurm: $got; $(tail -n 3 "$t_dir/flow.err")"
	note "$(ls out | xargs)"
}

begin
from=$(now_msec)
flow 0 run k.yaml
whole=$(($(now_msec) - from))
count "undisturbed"
is "an undisturbed run runs everything once" $wrong 0

done_kills=0 round=0 half=
while [ "$done_kills" -lt "$kills" ]; do
	round=$((round + 1))
	begin
	flow $((RANDOM % whole + 1)) run k.yaml
	done_kills=$((done_kills + 1))
	if [ -z "$half" ] && [ "$done_kills" -ge $((kills / 2)) ]; then
		half=yes
		check "slurmctld is restarted in the middle" "$weft" sandbox restart --name "$sb" slurmctld
	fi
	while [ "$done_kills" -lt "$kills" ] && [ $((RANDOM % 2)) = 0 ]; do
		flow $((RANDOM % whole + 1)) resume
		done_kills=$((done_kills + 1))
	done
	if ! finish; then
		wrong=$((wrong + 1))
		note "round $round: resume: $(cat "$t_dir/flow.err")"
		sx scancel -u "$(id -un)"
	fi
	count "round $round"
done
is "$done_kills kills in $round runs: no task lost, none twice" $wrong 0

# A disk of a megabyte that others have filled: the run fails or ends, and when
# there is room again it comes to the same end.
mkdir disk
if mount -t tmpfs -o size=1m tmpfs disk 2>/dev/null; then
	cd disk && wrong=0
	for free in $disks; do
		begin
		head -c 1200000 /dev/zero >fill 2>/dev/null
		truncate -s "-$((free * 1024))" fill
		flow 0 run --detach k.yaml
		rc=$?
		[ $rc = 0 ] || note "with $free KiB free: $(head -n 1 "$t_dir/flow.err")"
		rm fill
		if ! finish; then
			wrong=$((wrong + 1))
			note "with $free KiB free: $(cat "$t_dir/flow.err")"
			sx scancel -u "$(id -un)"
		fi
		count "with $free KiB free"
	done
	is "a full disk loses nothing and doubles nothing" $wrong 0
	cd ..
	umount disk
else
	skip "a full disk loses nothing and doubles nothing" "no tmpfs can be mounted here"
fi
t_end
