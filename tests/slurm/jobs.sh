#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# jobs.sh - what Slurm promises about jobs holds with Weft as it does without:
# the same small story is told on both, and must end the same.  The time that
# a job takes to start is shown side by side.
. "${srcdir:-.}/tests/slurm/lib.sh"

quick() { submit -n1 --mem=10 "$@"; }
sleeper() { quick "$@" --wrap "sleep 600"; }

# srun's and sbatch's time to start, the middle of seven, in ms
latency()
{
	local i begin all=() batch=() job

	for i in 1 2 3 4 5 6 7; do
		begin=$(now_msec)
		sx srun -n1 true 2>/dev/null
		all+=($(($(now_msec) - begin)))
		rm -f "$t_dir/began"
		begin=$(now_msec)
		quick --wrap "touch $t_dir/began" >/dev/null
		while [ ! -e "$t_dir/began" ] && [ $(($(now_msec) - begin)) -lt 10000 ]; do
			sleep 0.01
		done
		batch+=($(($(now_msec) - begin)))
	done
	srun_msec=$(median "${all[@]}") sbatch_msec=$(median "${batch[@]}")
}

# Each prints what it saw; both schedulers must print the same.
story_array()
{
	local job

	job=$(quick --array=0-5%2 -o "$t_dir/array-$1-%a" --wrap 'echo "$SLURM_ARRAY_TASK_ID"')
	wait_for 60 no_jobs
	cat "$t_dir/array-$1-"* | sort | xargs
}

story_depend()
{
	local a b c

	a=$(quick --wrap "sleep 1; exit 1")
	b=$(quick --dependency="afterok:$a" --wrap true)
	c=$(quick --dependency="afternotok:$a" --wrap true)
	wait_state "$c" COMPLETED 20
	echo "$(state "$a") $(state "$b") $(field "$b" Reason) $(state "$c")"
	sx scancel "$b"
}

story_reservation()
{
	local in out

	sx scontrol create reservation reservationname=r1 users="$(id -un)" nodes=node1 \
		starttime=now duration=60 flags=ignore_jobs >/dev/null
	in=$(sleeper --reservation=r1)
	out=$(submit -N2 --mem=10 --wrap "sleep 600")
	wait_state "$in" RUNNING
	sleep 1
	echo "$(field "$in" NodeList) $(state "$out")"
	clean
	sx scontrol delete reservationname=r1
}

story_licence()
{
	local a b

	a=$(sleeper -L matlab:2)
	wait_state "$a" RUNNING
	b=$(sleeper -L matlab:1)
	sleep 1
	echo "$(state "$a") $(state "$b")"
	sx scancel "$a"
	wait_state "$b" RUNNING
	state "$b"
	clean
}

story_hold()
{
	local a

	a=$(sleeper -H)
	sleep 1
	echo "$(state "$a") $(field "$a" Reason)"
	sx scontrol release "$a"
	wait_state "$a" RUNNING
	state "$a"
	sx scontrol requeuehold "$a"
	wait_for 60 in_state "$a" PENDING
	echo "$(state "$a") restarts $(field "$a" Restarts)"
	clean
}

story_begin()
{
	local a

	a=$(sleeper --begin=now+4)
	sleep 1
	echo "$(state "$a") $(field "$a" Reason)"
	wait_state "$a" RUNNING 70
	state "$a"
	clean
}

story_requeue()
{
	local a

	a=$(sleeper --requeue)
	wait_state "$a" RUNNING
	sx scontrol requeue "$a"
	again() { [ "$(field "$a" Restarts)" = 1 ] && in_state "$a" RUNNING; }
	wait_for 160 again
	echo "$(state "$a") restarts $(field "$a" Restarts)"
	clean
}

story_exclusive()
{
	local a b

	a=$(sleeper --exclusive -w node0)
	wait_state "$a" RUNNING
	b=$(sleeper -w node0)
	sleep 1
	echo "$(state "$a") $(state "$b")"
	clean
}

printf 'Licenses=matlab:2\n' >"$t_dir/extra.conf"
stories="array depend reservation licence hold begin exclusive"
[ -z "${WEFT_TEST_LONG:-}" ] || stories="$stories requeue"
declare -A end
for plugins in on off; do
	sb_start --nodes 2 --gpus 2 --plugins $plugins --conf-extra "$t_dir/extra.conf"
	latency
	note "plugins $plugins: srun -n1 true $srun_msec ms (aim 100), sbatch to start $sbatch_msec ms (aim 200)"
	if [ $plugins = on ]; then
		check "srun on an idle cluster in $srun_msec ms, under 4 s" [ "$srun_msec" -lt 4000 ]
		check "sbatch on an idle cluster in $sbatch_msec ms, under 4 s" [ "$sbatch_msec" -lt 4000 ]
	fi
	for story in $stories; do
		end[$story-$plugins]=$("story_$story" $plugins 2>&1)
	done
	clean
	sb_stop
done
for story in $stories; do
	note "$story: ${end[$story-on]}"
	is "$story: as on stock Slurm" "${end[$story-on]}" "${end[$story-off]}"
done
like "array: every task ran" "${end[array-on]}" '^0 1 2 3 4 5$'
like "depend: the right one waits for ever" "${end[depend-on]}" '^FAILED PENDING DependencyNeverSatisfied COMPLETED$'
like "reservation: in it, and not out of it" "${end[reservation-on]}" '^node1 PENDING$'
like "licence: two and no third" "${end[licence-on]}" '^RUNNING PENDING'
like "begin: not before its time" "${end[begin-on]}" 'PENDING BeginTime'
t_end
