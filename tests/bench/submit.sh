#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# submit.sh - sbatch throughput with no filter, with job_submit/lua, and with
# job_submit/weft by equivalent rules, on one slurmctld in one run
#
#   tests/bench/submit.sh [JOBS [ROUNDS]]     from the build folder (100, 7)
#
# Told are the jobs a second that a loop of sbatch reaches.  The usec that
# slurmctld logs for a submission are no help: Slurm starts that clock again
# when it has its locks, after the filter.
#
# The filters take turns, round by round, so that a slow minute of the machine
# hits all of them; the medians of the rounds are told, with the spread between
# the fastest and the slowest as the noise.  Jobs are held, and cancelled after
# each turn.  A figure and no test: it fails only if a turn could not be made.
. "${srcdir:-.}/tests/slurm/lib.sh"

jobs=${1:-100}
rounds=${2:-7}
sb_start --nodes 1 --gpus 8
conf=$(sx sh -c 'dirname "$SLURM_CONF"')
printf '#!/bin/sh\ntrue\n' >"$t_dir/job.sh"

# Twenty rules that do not match this job, and two that change it.
{
	echo '{"submit": {"rules": ['
	for i in $(seq 20); do
		echo "{\"name\": \"r$i\", \"match\": {\"partition\": \"p$i\", \"gpus\": {\"min\": $i}}, \"reject\": \"no\"},"
	done
	echo '{"name": "time", "default": {"time": 240}}, {"name": "cap", "cap": {"time": 2880}}]}}'
} >"$conf/weft.json"
{
	cat <<-'X'
	local NO = 4294967294
	function slurm_job_submit(job, parts, uid)
	   local gpus = 0
	   for _, t in ipairs({"tres_per_job", "tres_per_node", "tres_per_task"}) do
	      local n = string.match(job[t] or "", "gpu[^,]*:(%d+)")
	      if n then gpus = tonumber(n) end
	   end
	X
	for i in $(seq 20); do
		echo "   if job.partition == \"p$i\" and gpus >= $i then slurm.log_user(\"no\") return slurm.ERROR end"
	done
	cat <<-'X'
	   if job.time_limit == NO then job.time_limit = 240 end
	   if job.time_limit > 2880 then job.time_limit = 2880 end
	   return slurm.SUCCESS
	end
	function slurm_job_modify(job, rec, parts, uid) return slurm.SUCCESS end
	return slurm.SUCCESS
	X
} >"$conf/job_submit.lua"

use()
{
	sed -i '/^JobSubmitPlugins/d' "$conf/slurm.conf"
	[ "$1" = none ] || echo "JobSubmitPlugins=$1" >>"$conf/slurm.conf"
	sx scontrol reconfigure
	wait_for 30 sx scontrol ping
	# The filter is there: its default limit tells.
	id=$(submit -H "$t_dir/job.sh")
	[ "$1" = none ] || [ "$(field "$id" TimeLimit)" = 04:00:00 ] ||
		{ not_ok "filter $1 is in force" "$(field "$id" TimeLimit)"; t_end; }
}

# Milliseconds for all jobs.
turn()
{
	sx env N="$jobs" J="$t_dir/job.sh" sh -c 'i=0
		while [ $i -lt $N ]; do sbatch -H -o /dev/null --gpus=1 "$J" >/dev/null || exit 1; i=$((i + 1)); done'
}

filters="none weft"
if sx sh -c 'ls "$(scontrol show config | sed -n "s/^PluginDir *= *//p" | tr : "\n" | tail -n 1)"/job_submit_lua.so' >/dev/null 2>&1; then
	filters="none lua weft"
else
	skip "job_submit/lua" "not installed here"
fi
for r in $(seq "$rounds"); do
	for f in $filters; do
		use "$f"
		begin=$(now_msec)
		turn || { not_ok "round $r, filter $f"; t_end; }
		echo "$f $(($(now_msec) - begin))" >>"$t_dir/times"
		sx scancel -u "$(id -un)" >/dev/null 2>&1
	done
done
base=
for f in $filters; do
	mapfile -t took < <(sed -n "s/^$f //p" "$t_dir/times" | sort -n)
	m=$(median "${took[@]}")
	: "${base:=$m}"
	note "$f: $((jobs * 1000 / m)) jobs/s (median of $rounds rounds of $jobs, $m ms; ${took[0]} to ${took[-1]} ms), $(((m - base) * 1000 / base)) per mille over none"
done
ok "every round was made"
sb_stop
t_end
