/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * wishes.c - see wishes.h
 *
 * The options stand in the job's control environment, which slurmctld saves
 * with the job and copies to each task of an array: requeue and restart need
 * nothing of us.  What
 * happens when others want its nodes, is guard.c's.
 *
 *   once          --checkpoint-signal becomes Slurm's own --signal, unless the
 *                 user gave one; --requeue-on sets Slurm's requeue flag if all
 *                 three causes that Slurm requeues for are named, and clears
 *                 it otherwise; AdminComment tells what was asked, for
 *                 `weft why`, and us that the job was seen to
 *   in its grace  what Slurm would stop within 30 seconds is stopped at once
 *   at the end    what ended of a named cause is requeued, at most
 *                 requeue_max times over all causes; Slurm's job_requeue()
 *                 takes jobs that are completing or complete
 *
 * A dependency on the first end ("afternotok") is not met in between: Slurm
 * looks at dependencies of a completing job only when it is complete, and the
 * walk is the first thing of a cycle.
 *
 * Cost: O(jobs) a cycle, a few words of each; more only for jobs with options.
 */
#include "plugins/sched/start.h"
#include "plugins/sched/publish.h"
#include "plugins/sched/wishes.h"

#define SLURMS_CAUSES (WEFT_REQUEUE_NODE_FAIL | WEFT_REQUEUE_BOOT_FAIL | \
		       WEFT_REQUEUE_PREEMPT)

struct walk {
	time_t now;
	uint32_t requeue_max, requeued;
};

void weft_wishes_of(const job_record_t *job_ptr, struct weft_wish *wish)
{
	*wish = (struct weft_wish) { 0 };
	for (uint32_t i = 0; i < job_ptr->spank_job_env_size; i++)
		if (job_ptr->spank_job_env[i])
			weft_wish_set(wish, job_ptr->spank_job_env[i]);
}

static void apply(job_record_t *job_ptr, const struct weft_wish *wish)
{
	if (wish->signal && !job_ptr->warn_signal) {
		job_ptr->warn_signal = (uint16_t)wish->signal;
		job_ptr->warn_time = (uint16_t)wish->signal_sec;
		job_ptr->warn_flags = wish->signal_batch ? KILL_JOB_BATCH : 0;
	}
	if (wish->causes && job_ptr->details)
		job_ptr->details->requeue =
			(wish->causes & SLURMS_CAUSES) == SLURMS_CAUSES;
}

/* As what Slurm has ended it; 0: nothing that one asks for. */
static uint32_t cause_of(const job_record_t *job_ptr)
{
	switch (job_ptr->job_state & JOB_STATE_BASE) {
	case JOB_NODE_FAIL:
		return WEFT_REQUEUE_NODE_FAIL;
	case JOB_BOOT_FAIL:
		return WEFT_REQUEUE_BOOT_FAIL;
	case JOB_PREEMPTED:
		return WEFT_REQUEUE_PREEMPT;
	case JOB_TIMEOUT:
		return WEFT_REQUEUE_TIMEOUT;
	case JOB_OOM:
		return WEFT_REQUEUE_OOM;
	case JOB_FAILED:
		return job_ptr->preempt_time ? WEFT_REQUEUE_PREEMPT :
			WEFT_REQUEUE_FAIL;
	case JOB_COMPLETE:	/* it took its grace time to save and leave */
		return job_ptr->preempt_time ? WEFT_REQUEUE_PREEMPT : 0;
	default:
		return 0;
	}
}

static void requeue(struct walk *walk, job_record_t *job_ptr, uint32_t cause)
{
	uint32_t job_id = job_ptr->job_id;
	uint16_t flag = job_ptr->details->requeue;
	int rc;

	job_ptr->details->requeue = 1;
	rc = job_requeue(0, job_id, NULL, cause == WEFT_REQUEUE_PREEMPT, 0);
	if (job_ptr->details)
		job_ptr->details->requeue = flag;
	if (rc) {
		debug("sched/weft: JobId=%u cannot be requeued: %s", job_id,
		      slurm_strerror(rc));
		return;
	}
	walk->requeued++;
	info("sched/weft: requeued JobId=%u as its --requeue-on asks", job_id);
}

static void look_at_end(struct walk *walk, job_record_t *job_ptr,
			const struct weft_wish *wish)
{
	uint32_t cause = cause_of(job_ptr);

	if ((wish->causes & cause) && job_ptr->batch_flag && job_ptr->details &&
	    job_ptr->restart_cnt < walk->requeue_max)
		requeue(walk, job_ptr, cause);
}

static void take_up(const struct walk *walk, job_record_t *job_ptr,
		       const struct weft_wish *wish)
{
	struct weft_buf buf;

	if (xstrstr(job_ptr->admin_comment, WEFT_WISH_MARK))
		return;
	weft_buf_init(&buf, 1024);
	if (weft_wish_write(wish, &buf) == 0) {
		apply(job_ptr, wish);
		xstrfmtcat(job_ptr->admin_comment, "%s%s",
			   job_ptr->admin_comment ? " " : "",
			   weft_buf_str(&buf));
		last_job_update = walk->now;
	}
	weft_buf_fini(&buf);
}

static int visit(void *x, void *arg)
{
	job_record_t *job_ptr = x;
	struct walk *walk = arg;
	struct weft_wish wish;

	if (IS_JOB_FINISHED(job_ptr) && job_ptr->system_comment)
		weft_publish_forget(job_ptr);
	if (!job_ptr->spank_job_env_size)
		return 0;
	weft_wishes_of(job_ptr, &wish);
	if (!wish.given)
		return 0;
	if (IS_JOB_FINISHED(job_ptr)) {
		look_at_end(walk, job_ptr, &wish);
		return 0;
	}
	take_up(walk, job_ptr, &wish);
	/* As job_time_limit() does every 30 seconds: its grace is over. */
	if (wish.signal && IS_JOB_RUNNING(job_ptr) && job_ptr->preempt_time &&
	    job_ptr->end_time <= walk->now)
		slurm_job_preempt(job_ptr, NULL,
				  slurm_job_preempt_mode(job_ptr), false);
	return 0;
}

uint32_t weft_wishes_walk(time_t now, uint32_t requeue_max)
{
	struct walk walk = { .now = now, .requeue_max = requeue_max };

	if (job_list)
		list_for_each(job_list, visit, &walk);
	return walk.requeued;
}
