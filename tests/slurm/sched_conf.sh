#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# sched_conf.sh - weft.json is read live; a bad one keeps the last good
# settings and says file, line and column once; slurmctld goes on.  And a
# setting that decides who starts, hold_sec, does so from the next cycle on.
. "${srcdir:-.}/tests/slurm/private.sh"

private_json='{ "sched": { "plan_depth": 500 }, "bridge": { "interval_msec": 2000 } }'
private_start conf 1 2

log() { cat "$private/log/slurmctld.log"; }
runs() { timeout 10 srun -n1 --mem=10 true >/dev/null 2>&1; }
# Lines that name the place, since the last mark.
said() { log | tail -n "+$mark" | grep -c "sched/weft: $private/weft.json:$1"; }

settings_read() { [ "$(log | grep -c 'sched/weft: settings read')" -ge "$1" ]; }

# write it, reconfigure, wait for the line at LINE:COLUMN
bad()
{
	mark=$(($(log | wc -l) + 1))
	printf '%s' "$2" > "$private/weft.json"
	scontrol reconfigure
	private_wait 60 eval "[ \"\$(said '$3')\" -ge 1 ]"
	check "$1: the log names $3" [ "$(said "$3")" -ge 1 ]
	sleep 2.5
	check "$1: it is said once" [ "$(said "$3")" -eq 1 ]
	check "$1: jobs still start" runs
}

check "a job starts with a good file" runs
bad "text that does not parse" '{ "sched": {
 "plan_depth": }
}' 2:
bad "a wrong type" '{ "sched": {

  "plan_depth": "many" } }' 3:
bad "an unknown key" '{
 "bridge": { "slize_msec": 5 } }' 2:
bad "a key twice" '{ "sched": { "plan_depth": 5,
 "plan_depth": 6 } }' 2:2
chmod 666 "$private/weft.json"
bad "a file that everybody may write" '{ "sched": { "plan_depth": 7 } }' " everybody may"
chmod 644 "$private/weft.json"
chown 4321 "$private/weft.json"
bad "a file of some user" '{ "sched": { "plan_depth": 8 } }' " belongs to user 4321"
chown 0 "$private/weft.json"
head -c 5000000 /dev/zero | tr '\0' ' ' > "$private/weft.json"
scontrol reconfigure
sleep 1
check "a huge file: jobs still start" runs
rm "$private/weft.json"
mkdir "$private/weft.json"
scontrol reconfigure
sleep 1
check "a folder of that name: jobs still start" runs
rmdir "$private/weft.json"
before=$(log | grep -c 'settings read')
scontrol reconfigure
private_wait 60 settings_read $((before + 1))
check "a missing file gives the defaults" settings_read $((before + 1))
# One of two GPUs runs for 3 hours; "wide" wants both, "long" one for 10.
gpus() { sbatch -Q --mem=10 -o /dev/null -J "$1" --gpus="$2" -t "$3" --wrap "sleep 600"; }
is_now() { squeue -h -t all -n "$1" -o '%T %S' | grep -Eq "$2"; }
later='^PENDING 20'
gpus now 1 180
check "hold_sec: a job runs" private_wait 30 is_now now RUNNING
gpus wide 2 60
check "hold_sec: the next has a start in 3 hours" private_wait 30 is_now wide "$later"
gpus long 1 600
check "hold_sec: by default it holds its place" private_wait 30 is_now long "$later"
echo '{ "sched": { "hold_sec": 3600 } }' >"$private/weft.json"
scontrol reconfigure
check "hold_sec of an hour: the long one starts" private_wait 60 is_now long RUNNING
is_put_off() { [ "$(squeue -h -n wide -o %S)" \> "$(squeue -h -n now -o %e)" ]; }
check "and the wide one's start is told nonetheless" private_wait 30 is_now wide "$later"
check "which is later than before" private_wait 60 is_put_off
scancel -u "$(id -un)"
# (Later releases run slurmctld anew at each reconfigure, so no count of starts.)
never_fatal() { scontrol ping | grep -q UP && ! log | grep -q 'fatal:'; }
check "slurmctld answers and was never fatal" never_fatal
finish
