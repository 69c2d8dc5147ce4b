/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * usage.c - see usage.h
 *
 * One walk over slurmctld's job list for each limit that a job meets: about
 * 20 ns a job in the list, only for jobs that match such a rule.  Counting
 * from the list, and not beside it, is right after a restart, after requeues
 * and after an admin's cancel.
 *
 * Every job counts, an array's pending tasks each as one.  Two users' names
 * are compared by uid, the job's account by name.
 */
#include "config.h"

#include <string.h>

#include "plugins/job_submit/bridge.h"
#include "plugins/job_submit/usage.h"
#include "plugins/slurm/submit.h"

struct count {
	const struct weft_rules *rules;
	uint32_t rule_idx;
	weft_fieldset_t per;
	const struct weft_submission *sub;
	struct weft_usage *usage;
};

static bool same_text(const struct count *c, int field, const char *job)
{
	const char *asked = c->sub->value[field].text;

	if (!(c->per & WEFT_FIELD_BIT(field)) || asked == job)
		return true;
	/* Not asked: Slurm chooses a default that the request does not tell. */
	return asked && job && strcmp(asked, job) == 0;
}

/*
 * As far as slurmctld's record tells: it keeps no script and no environment,
 * and the user is known to be the same one, whose name need not be asked.
 */
static bool same_rule(const struct count *c, const job_record_t *job)
{
	struct weft_submission sub;

	if (c->rule_idx == WEFT_RULES_ANY)
		return true;
	weft_submission_init(&sub);
	weft_bridge_fill_job(&sub, job);
	sub.value[WEFT_F_MODIFY].num = 0;
	sub.value[WEFT_F_UID].num = job->user_id;
	if (job->user_id == c->sub->value[WEFT_F_UID].num) {
		sub.value[WEFT_F_USER] = c->sub->value[WEFT_F_USER];
		sub.value[WEFT_F_GROUPS] = c->sub->value[WEFT_F_GROUPS];
	}
	weft_submission_derive(&sub);
	return weft_rules_match(c->rules, c->rule_idx, &sub);
}

/* Hostile counts come to "very many", never round to few. */
static uint64_t times(uint64_t a, uint64_t b)
{
	uint64_t product;

	return __builtin_mul_overflow(a, b, &product) ? UINT64_MAX : product;
}

static uint64_t add(uint64_t a, uint64_t b)
{
	uint64_t sum;

	return __builtin_add_overflow(a, b, &sum) ? UINT64_MAX : sum;
}

static int count_job(void *item, void *arg)
{
	const job_record_t *job = item;
	const struct count *c = arg;
	struct weft_usage *u = c->usage;
	uint64_t gpus, tasks = 1, minutes;

	if (!IS_JOB_PENDING(job) && !IS_JOB_RUNNING(job) && !IS_JOB_SUSPENDED(job))
		return 0;
	if ((c->per & WEFT_FIELD_BIT(WEFT_F_USER)) &&
	    job->user_id != c->sub->value[WEFT_F_UID].num)
		return 0;
	if (!same_text(c, WEFT_F_ACCOUNT, job->account) ||
	    !same_text(c, WEFT_F_PARTITION, job->partition) ||
	    !same_text(c, WEFT_F_QOS, job->qos_ptr ? job->qos_ptr->name : NULL) ||
	    !same_rule(c, job))
		return 0;
	if (IS_JOB_PENDING(job) && job->array_recs && job->array_recs->task_cnt)
		tasks = job->array_recs->task_cnt;
	gpus = weft_bridge_job_gpus(job);
	minutes = job->time_limit == NO_VAL || job->time_limit == INFINITE ? 0 :
		job->time_limit;
	u->jobs += tasks;
	if (IS_JOB_PENDING(job))
		u->pending_jobs += tasks;
	else
		u->running_jobs += tasks;
	if (job->array_recs || job->array_task_id != NO_VAL)
		u->array_tasks += tasks;
	u->gpus = add(u->gpus, times(gpus, tasks));
	u->gpu_hours = add(u->gpu_hours, times(times(gpus, tasks), minutes) / 60);
	return 0;
}

int weft_usage_count(void *arg, weft_fieldset_t per, uint32_t rule_idx,
		     const struct weft_submission *sub,
		     struct weft_usage *ret_usage)
{
	struct count c = { arg, rule_idx, per, sub, ret_usage };

	*ret_usage = (struct weft_usage){ 0 };
	list_for_each_ro(job_list, count_job, &c);
	return 0;
}
