#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# flow_once.sh - exactly once although answers are lost or slurmctld forgets
#
# killer.c stops slurmctld (SIGSTOP) just before a job is submitted.  What is
# sent then lies in its queue, and is taken when it goes on: the answers are
# lost, the jobs are not.  Once the run is left to find that out, once it is
# killed and resumed.  Then slurmctld is killed between two submissions and
# forgets jobs whose numbers the journal has.  At last two `run` begin in one
# directory at the same moment.  Each task must have run exactly once.
. "${srcdir:-.}/tests/slurm/lib.sh"

killer=${weft%/*}/.libs/weft_killer.so
[ -e "$killer" ] || { echo "1..0 # SKIP no $killer here"; exit 77; }
# Stock Slurm lets the next job of a chain wait up to three seconds.
printf '%s\n' MessageTimeout=4 SchedulerParameters=batch_sched_delay=0,sched_interval=1 \
	>"$t_dir/extra.conf"
for part in go kill forget; do
	sb_start --nodes 2 --plugins off --conf-extra "$t_dir/extra.conf"
	eval "sb_$part=\$sb dir_$part=\$sb_dir"
	mkdir -p "$t_dir/$part/out"
	cat >"$t_dir/$part/o.yaml" <<'Y'
defaults: {resources: {time: 5, mem: 10}}
tasks:
  a: {array: 0-3, run: 'echo x >> out/a$index'}
  b: {array: 0-3, needs: {task: a, each: true}, run: 'echo x >> out/b$index'}
  p: {run: 'echo x >> out/p'}
  q: {run: 'echo x >> out/q', resources: {mem: 11}}
  r: {needs: [b, p, q], run: 'echo x >> out/r'}
Y
done
sx_sec=600
# A run may end a moment before Slurm has cleared up behind its last jobs.
ran() { wait_for 60 no_jobs; echo "$(find out -type f | wc -l) $(cat out/* 2>/dev/null | wc -l) $(sx squeue -h | wc -l)"; }
in_part() { sb=$(eval "echo \$sb_$1") sb_dir=$(eval "echo \$dir_$1"); cd "$t_dir/$1" || exit 99; }
ctld() { awk '$1 == "slurmctld" { print $2 }' "$sb_dir/procs"; }
# flow STEP SIGNAL: a run during which slurmctld gets a signal
flow()
{
	sx env LD_PRELOAD="$killer" WEFT_STOP_AT="$1" WEFT_STOP_SIGNAL="$2" WEFT_STOP_PID="$(ctld)" \
		"$weft" flow run o.yaml >run.out 2>run.err </dev/null
	echo $? >run.rc
}
silent() { grep -q 'no answer from slurmctld' run.err; }
gone() { ! kill -0 "$1" 2>/dev/null; }

# The waits are of one length, so they pass together.
(in_part go && flow 2 19) &
go=$!
(in_part kill && flow 4 19) &
killed=$!
in_part forget
pid=$(ctld)
flow 4 9 &
forget=$!
wait_for 60 gone "$pid"
check "slurmctld is killed between submissions and comes back" "$weft" sandbox restart --name "$sb" slurmctld

in_part go
check "a run finds that slurmctld does not answer" wait_for 60 silent
kill -CONT "$(ctld)"
in_part kill
check "so does one that is killed then" wait_for 60 silent
for pid in $(pgrep -f -x "$weft flow run o.yaml"); do
	[ "$(readlink "/proc/$pid/cwd")" != "$PWD" ] || kill -9 "$pid"
done
wait $killed
kill -CONT "$(ctld)"
resume() { sx "$weft" flow resume >resume.out 2>resume.err; }
check "it is resumed when slurmctld is back" wait_for 120 resume
is "after a kill amid lost answers each of 11 tasks ran once" "$(ran)" "11 11 0"

in_part go
wait $go
is "the other goes on to its end by itself" "$(cat run.rc)" 0
is "with lost answers each of 11 tasks ran once" "$(ran)" "11 11 0"
like "it waited for what could come late" "$(cat run.err)" 'waited for'

in_part forget
wait $forget
is "a run whose jobs slurmctld forgot ends well" "$(cat run.rc)" 0
[ "$(cat run.rc)" = 0 ] || note "$(cat run.err)"
is "and each of its tasks ran once" "$(ran)" "11 11 0"

rm -rf .weft out && mkdir out
sx "$weft" flow run o.yaml >one.out 2>one.err </dev/null &
one=$!
sx "$weft" flow run o.yaml >two.out 2>two.err </dev/null &
wait $one
first=$?
wait $!
second=$?
is "of two at the same moment one runs" "$(printf '%s\n' $first $second | sort | xargs)" "0 3"
like "and the other says so" "$(cat one.err two.err)" 'is not over'
is "each task ran once" "$(ran)" "11 11 0"
t_end
