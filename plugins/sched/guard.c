/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * guard.c - see wishes.h: jobs that others may not take at once
 *
 * select_nodes() finds the jobs to preempt and stops them in one call, and
 * asks about each candidate only what Slurm knows.  So for the length of that
 * call, under the write locks, the records say what the user asked:
 *
 *   --min-runtime        the start is moved by that much: Slurm's own
 *                        PreemptExemptTime counts from there
 *                        (acct_policy_get_preemptable_time())
 *   --checkpoint-signal  the job's partition, and a copy of its QOS, have that
 *                        grace time, whichever of them the preempt plugin
 *                        reads, and the warning signal is that of the option
 *
 * A partition's grace time is everybody's, and select compares pointers to
 * partitions, so that no copy will do.  Hence, if one job asks for a signal,
 * the others are prepared too: who has no grace time looks as if it had ended
 * already, which Slurm's _job_check_grace() takes for "at once", and who has
 * one gets its own length afterwards.
 *
 * The signal goes out instead of SIGTERM where preempt_send_user_signal is
 * set, a global that _preempt_jobs() itself reads again after a reconfigure;
 * so both it and the text that it is read from say yes for that long, and
 * other jobs with a --signal are marked as warned, so that a site which did
 * not ask for it sees no difference.
 *
 * All is put back; what Slurm itself wrote on a job that it chose (its grace
 * time, that the signal was sent) stays.  The grace ends in Slurm's own
 * job_time_limit(), every 30 seconds, or in wishes.c, whichever is first.
 *
 * Left out: srun --immediate and bridge.start_at_submit, where slurmctld
 * selects without us; gang suspension, which ends nothing.
 *
 * Source: Slurm, src/slurmctld/preempt.c (later src/interfaces/preempt.c),
 * _preempt_jobs() in node_scheduler.c.  Cost: O(jobs) a call, as
 * slurm_find_preemptable_jobs(); nothing where no job may be preempted.
 */
#include "plugins/sched/wishes.h"

#define ENDED 1		/* a preempt_time that is only ours */

static char send_param[] = "preempt_send_user_signal";	/* Slurm wants char * */

static struct weft_guarded *add(struct weft_guard *guard, job_record_t *job_ptr)
{
	struct weft_guarded *g;

	if (guard->count == guard->cap) {
		guard->cap = guard->cap ? 2 * guard->cap : 16;
		xrealloc(guard->job, guard->cap * sizeof(*guard->job));
	}
	g = &guard->job[guard->count++];
	*g = (struct weft_guarded) {
		.job_ptr = job_ptr,
		.start_time = job_ptr->start_time,
		.end_time = job_ptr->end_time,
		.can_be_chosen = !job_ptr->preempt_time,
		.warn_signal = job_ptr->warn_signal,
		.warn_time = job_ptr->warn_time,
		.warn_flags = job_ptr->warn_flags,
		.qos_ptr = job_ptr->qos_ptr,
		.part_grace_sec = job_ptr->part_ptr ?
			job_ptr->part_ptr->grace_time : 0,
	};
	return g;
}

/* Jobs with a wish. */
static int find_wishes(void *x, void *arg)
{
	job_record_t *job_ptr = x;
	struct weft_guard *guard = arg;
	struct weft_guarded *g;
	struct weft_wish wish;
	time_t now;

	if (!IS_JOB_RUNNING(job_ptr) || !job_ptr->spank_job_env_size)
		return 0;
	weft_wishes_of(job_ptr, &wish);
	if (!wish.min_runtime_sec && !wish.signal)
		return 0;
	now = time(NULL);
	g = add(guard, job_ptr);
	g->exempt = wish.min_runtime_sec &&
		now < g->start_time + (time_t)wish.min_runtime_sec;
	if (g->exempt)
		job_ptr->start_time += wish.min_runtime_sec;
	g->signalled = wish.signal && g->can_be_chosen;
	if (!g->signalled)
		return 0;
	g->grace_sec = MAX(slurm_job_get_grace_time(job_ptr), wish.signal_sec);
	job_ptr->warn_signal = (uint16_t)wish.signal;
	job_ptr->warn_time = (uint16_t)wish.signal_sec;
	job_ptr->warn_flags = wish.signal_batch ? KILL_JOB_BATCH : 0;
	return 0;
}

/* All others, as they would fare without the altered grace times. */
static int find_others(void *x, void *arg)
{
	job_record_t *job_ptr = x;
	struct weft_guard *guard = arg;
	struct weft_guarded *g;

	if ((!IS_JOB_RUNNING(job_ptr) && !IS_JOB_SUSPENDED(job_ptr)) ||
	    job_ptr->preempt_time)
		return 0;
	for (uint32_t i = 0; i < guard->count; i++)
		if (guard->job[i].job_ptr == job_ptr)
			return 0;
	g = add(guard, job_ptr);
	g->grace_sec = slurm_job_get_grace_time(job_ptr);
	if (g->grace_sec == 0 || g->grace_sec == NO_VAL) {
		g->grace_sec = 0;
		job_ptr->preempt_time = ENDED;
		job_ptr->end_time = MIN(job_ptr->end_time, time(NULL));
	}
	if (!guard->was_sending)
		job_ptr->warn_flags |= WARN_SENT;
	return 0;
}

/* The records must not move any more when jobs point into them. */
static void lend_grace(struct weft_guarded *g)
{
	job_record_t *job_ptr = g->job_ptr;

	if (!g->signalled)
		return;
	if (job_ptr->part_ptr && job_ptr->part_ptr->grace_time < g->grace_sec)
		job_ptr->part_ptr->grace_time = g->grace_sec;
	if (g->qos_ptr) {
		g->qos = *g->qos_ptr;
		g->qos.grace_time = g->grace_sec;
		job_ptr->qos_ptr = &g->qos;
	}
}

void weft_guard_begin(struct weft_guard *guard)
{
	bool any = false;

	*guard = (struct weft_guard) { 0 };
	if (!slurm_preemption_enabled())
		return;
	list_for_each(job_list, find_wishes, guard);
	for (uint32_t i = 0; i < guard->count; i++)
		any |= guard->job[i].signalled;
	if (!any)
		return;
	guard->altered = true;
	guard->was_sending = weft_slurm_sends_user_signal();
	list_for_each(job_list, find_others, guard);
	for (uint32_t i = 0; i < guard->count; i++)
		lend_grace(&guard->job[i]);
	guard->slurmctld_params = slurm_conf.slurmctld_params;
	slurm_conf.slurmctld_params = send_param;
	preempt_send_user_signal = true;
}

static void put_back(struct weft_guarded *g)
{
	job_record_t *job_ptr = g->job_ptr;
	bool chosen = g->can_be_chosen && job_ptr->preempt_time > ENDED;

	if (g->exempt)
		job_ptr->start_time = g->start_time;
	if (g->signalled)
		job_ptr->qos_ptr = g->qos_ptr;
	if (!g->can_be_chosen)
		return;
	if (!chosen) {
		if (job_ptr->preempt_time == ENDED)
			job_ptr->preempt_time = 0;
		if (IS_JOB_RUNNING(job_ptr) || IS_JOB_SUSPENDED(job_ptr))
			job_ptr->end_time = g->end_time;
	} else if (g->grace_sec && IS_JOB_RUNNING(job_ptr)) {
		job_ptr->end_time = MIN(g->end_time, job_ptr->preempt_time +
					(time_t)g->grace_sec);
	}
	if (!chosen || !g->signalled) {
		job_ptr->warn_signal = g->warn_signal;
		job_ptr->warn_time = g->warn_time;
		job_ptr->warn_flags = g->warn_flags;
	} else {
		info("sched/weft: %pJ gets signal %u and %u seconds before it is preempted",
		     job_ptr, job_ptr->warn_signal, g->grace_sec);
	}
}

void weft_guard_end(struct weft_guard *guard)
{
	/* Backwards: the first of a partition saw its grace time unaltered. */
	for (uint32_t i = guard->count; i-- > 0;) {
		struct weft_guarded *g = &guard->job[i];

		if (g->signalled && g->job_ptr->part_ptr)
			g->job_ptr->part_ptr->grace_time = g->part_grace_sec;
		put_back(g);
	}
	if (guard->altered) {
		slurm_conf.slurmctld_params = guard->slurmctld_params;
		preempt_send_user_signal = guard->was_sending;
	}
	xfree(guard->job);
}
