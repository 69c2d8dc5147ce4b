#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# submit.sh - sbatch throughput with no filter, with job_submit/lua, and with
# job_submit/weft by equivalent rules, on one slurmctld in one run
#
#   tests/bench/submit.sh [JOBS [BLOCKS]]     from the build folder (40, 15)
#
# Told are the jobs a second that a loop of sbatch reaches, and the CPU time
# that slurmctld took for each.  The usec that slurmctld logs for a submission
# are no help: Slurm starts that clock again when it has its locks, after the
# filter.
#
# One block is a turn of each filter, there and back again (none, lua, weft,
# weft, lua, none), so that whatever drifts hits all of them alike; each block
# begins with another.  Within a block each filter is compared with none; over
# the blocks the median of these
# ratios is told, and the interval in which the true median lies in 95 of 100
# such runs (by ranks: no law of the noise is taken for granted).  Turns are
# short and many: a slow second costs one block.  Jobs are held, and cancelled
# after each turn.  A figure and no test: it fails only if a turn could not be
# made.
. "${srcdir:-.}/tests/slurm/lib.sh"

jobs=${1:-40}
blocks=${2:-15}
# No scheduler's cycles between the submissions.
echo "SchedulerType=sched/builtin" >"$t_dir/extra.conf"
sb_start --nodes 1 --gpus 8 --conf-extra "$t_dir/extra.conf"
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

turn()
{
	sx env N="$jobs" J="$t_dir/job.sh" sh -c 'i=0
		while [ $i -lt $N ]; do sbatch -H -o /dev/null --gpus=1 "$J" >/dev/null || exit 1; i=$((i + 1)); done'
}

# Ticks of CPU (10 ms) that slurmctld has taken, threads that ended included.
ticks() { awk '{ sub(/.*\) /, ""); print $12 + $13 }' "/proc/$(cat "$sb_dir/run/slurmctld.pid")/stat"; }

filters="none weft"
if sx sh -c 'ls "$(scontrol show config | sed -n "s/^PluginDir *= *//p" | tr : "\n" | tail -n 1)"/job_submit_lua.so' >/dev/null 2>&1; then
	filters="none lua weft"
else
	skip "job_submit/lua" "not installed here"
fi
for b in $(seq "$blocks"); do
	filters="${filters#* } ${filters%% *}"	# another one begins
	# shellcheck disable=SC2086  # a list of words
	for f in $filters $(printf '%s\n' $filters | tac); do
		use "$f"
		sx sbatch -Q -H -o /dev/null -a 1-3 "$t_dir/job.sh"	# warm
		before=$(ticks)
		begin=$(now_msec)
		turn || { not_ok "block $b, filter $f"; t_end; }
		echo "$b $f $(($(now_msec) - begin)) $(($(ticks) - before))" >>"$t_dir/turns"
		sx scancel -u "$(id -un)" >/dev/null 2>&1
	done
done

# Of one filter in each block: msec, ticks, and both by the block's own "none".
of_blocks()
{
	awk -v f="$1" '$2 == "none" { n[$1] += $3; m[$1] += $4 } $2 == f { t[$1] += $3; c[$1] += $4 }
		END { for (b in t) printf "%d %d %.5f %d\n", t[b], c[b], t[b] / n[b], m[b] }' "$t_dir/turns"
}
quantile() { sort -n | awk -v q="$1" '{ v[NR] = $1 } END { print v[int(q * (NR - 1)) + 1] }'; }
for f in none lua weft; do
	of_blocks "$f" >"$t_dir/of"
	[ -s "$t_dir/of" ] || continue
	note "$f: $(awk -v f="$f" -v n="$jobs" '$2 == f { print n * 1000 / $3 }' "$t_dir/turns" | quantile 0.5) jobs/s (quartiles $(
		for q in 0.25 0.75; do awk -v f="$f" -v n="$jobs" '$2 == f { print n * 1000 / $3 }' "$t_dir/turns" | quantile $q; done | tr '\n' ' ')), slurmctld's CPU $(
		awk -v n=$((blocks * jobs * 2)) '{ s += $2 } END { printf "%.0f", s * 10000 / n }' "$t_dir/of") us a job"
	[ "$f" != none ] || continue
	sort -n -k3 "$t_dir/of" | awk -v f="$f" '{ r[NR] = ($3 - 1) * 100 }
		END { low = int((NR - 1.96 * sqrt(NR)) / 2); low = low < 1 ? 1 : low
		printf "# %s over none: time %+.2f %% (95 %%: %+.2f to %+.2f)\n", f, r[int((NR + 1) / 2)], r[low], r[NR + 1 - low] }'
	awk -v f="$f" '{ c[NR] = $2; m[NR] = $4; C += $2; M += $4 }
		END { if (NR < 3) exit; for (i = 1; i <= NR; i++) { v = (C - c[i]) / (M - m[i]); s += v; q += v * v }
		e = 1.96 * sqrt((NR - 1) * (q / NR - (s / NR) ^ 2)); r = C / M - 1
		printf "# %s over none: CPU of slurmctld %+.2f %% (95 %%: %+.2f to %+.2f)\n", f, r * 100, (r - e) * 100, (r + e) * 100 }' "$t_dir/of"
done
# Where slurmctld's time goes, asked of its own stack: what difference two
# noisy clocks cannot show, samples inside the filter do.
if command -v perf >/dev/null && perf record -q -e cpu-clock -o "$t_dir/perf" true 2>/dev/null; then
	for f in lua weft; do
		[[ " $filters " = *" $f "* ]] || continue
		use "$f"
		perf record -q -F 10000 -e cpu-clock -g -o "$t_dir/perf" -p "$(cat "$sb_dir/run/slurmctld.pid")" 2>/dev/null &
		turn && turn && turn && turn
		kill -INT $!
		wait $!
		sx scancel -u "$(id -un)" >/dev/null 2>&1
		perf script -i "$t_dir/perf" -F ip,sym,dso 2>/dev/null | awk -v so="job_submit_$f" -v f="$f" -v n=$((4 * jobs)) '
			/^$/ { all += open; inside += open && hit; open = hit = 0; next }
			{ open = 1; if (index($0, so)) hit = 1 }
			END { if (all) printf "# %s: %d of %d samples of slurmctld are in the filter or below it: %.2f %%, %.1f us a job\n",
				f, inside, all, 100 * inside / all, inside * 100 / n }'
	done
else
	note "no perf here that may sample: the filters' own share is not told"
fi
ok "every turn was made: $blocks blocks of $jobs jobs, two turns a filter in each"
sb_stop
t_end
