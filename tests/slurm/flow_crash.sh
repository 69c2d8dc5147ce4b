#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# flow_crash.sh - kill `weft flow run` at each of its steps, resume, and count:
# every task ran exactly once.
#
# killer.c kills before an even and after an odd step; the steps of a run are
# gone through in turn until a run is not reached any more, or until
# WEFT_CRASHES (12 in make check, 0: all) of them, spread evenly.
. "${srcdir:-.}/tests/slurm/lib.sh"

killer=${weft%/*}/.libs/weft_killer.so
[ -e "$killer" ] || { echo "1..0 # SKIP no $killer here"; exit 77; }
# Stock Slurm lets the next job of a chain wait up to three seconds.
echo SchedulerParameters=batch_sched_delay=0,sched_interval=1 >"$t_dir/extra.conf"
sb_start --nodes 2 --plugins off --conf-extra "$t_dir/extra.conf"
mkdir "$t_dir/c" && cd "$t_dir/c" || exit 99
crashes=${WEFT_CRASHES:-12}
# A machine that others keep busy may take a minute for what takes a second.
sx_sec=600

begin()
{
	rm -rf .weft out && mkdir out
	cat >c.yaml <<'Y'
defaults: {resources: {time: 5, mem: 10}}
tasks:
  a: {array: 0-3, run: 'echo x >> out/a$index'}
  b: {array: 0-3, needs: {task: a, each: true}, run: 'echo x >> out/b$index'}
  p: {run: 'echo x >> out/p'}
  q: {run: 'echo x >> out/q', resources: {mem: 11}}
  r: {needs: [b, p, q], run: 'echo x >> out/r'}
Y
}

step=1 killed=0 stride=1
[ "$crashes" = 0 ] || stride=5	# odd: both kinds of kill are met
while [ "$crashes" = 0 ] || [ "$killed" -lt "$crashes" ]; do
	begin
	sx env WEFT_KILL_AT="$step" LD_PRELOAD="$killer" "$weft" flow run c.yaml >/dev/null 2>&1
	rc=$?
	[ "$rc" = 137 ] || break
	killed=$((killed + 1))
	if sx "$weft" flow resume >/dev/null 2>resume.err; then
		is "killed at step $step and resumed: each of 11 tasks ran once" \
			"$(find out -type f | wc -l) $(cat out/* | wc -l)" "11 11"
	elif grep -qE 'never completed|no run of weft flow' resume.err; then
		is "killed at step $step, before the journal was begun: nothing ran" \
			"$(find out -type f | wc -l)" 0
		is "and nothing is queued" "$(sx squeue -h | wc -l)" 0
	else
		note "$(cat resume.err)"
		check "killed at step $step: resume works" false
	fi
	step=$((step + stride))
done
check "a dozen steps were met" test "$killed" -ge 12
t_end
