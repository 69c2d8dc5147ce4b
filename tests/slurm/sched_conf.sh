#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# sched_conf.sh - weft.json is read live; a bad one keeps the last good
# settings and says file, line and column once; slurmctld goes on.
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
# (Later releases run slurmctld anew at each reconfigure, so no count of starts.)
never_fatal() { scontrol ping | grep -q UP && ! log | grep -q 'fatal:'; }
check "slurmctld answers and was never fatal" never_fatal
finish
