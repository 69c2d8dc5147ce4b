/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * policy.c - the settings of the scheduler, and the order of jobs
 *
 * Slurm's priority is the site's own word about who comes first; a policy
 * only reorders jobs inside a band of nearly equal priorities.  A band begins
 * with the first job not in the one before and holds those that follow it as
 * long as they are of its tier (partition tiers, say, which Slurm puts above
 * priority) and their priority is within share_band of its own.  In a band
 *
 *   1. nicer jobs come after less nice ones: --nice keeps its meaning, however
 *      small it is beside the priority;
 *   2. who has waited longer than wait_max_sec goes before the others, such
 *      jobs among themselves in the order given: nobody starves;
 *   3. the rest as the order says, and as given where that says nothing:
 *
 *   priority	as given
 *   service	least attained service (GPU-seconds used by its owner, less
 *		what ageing forgives for each second waited) first
 *   shortest	shortest run time first: what was predicted, at most the
 *		limit; without a prediction the limit.  With wide_share a wide job
 *		that would fit as the machine is now counts as WIDE_GAIN times shorter
 *
 * Wide are jobs of at least wide_share of the nodes they may use.  So many nodes
 * are seldom free together; to empty them costs what they could have done
 * meanwhile.  So once they are free, whether drained for a wide job before or by
 * chance, they are better used by the next wide one than filled with narrow ones
 * and drained again.
 *
 * The time waited counts from when the job could have run.  It is a bound on
 * being passed, not on the wait: on a machine that is asked for more than it
 * has, jobs wait longer, and then in the order given.
 *
 * Why shortest is the default, and what else was tried: docs/design/0081.
 *
 * Sources: least attained service: Gu et al., "Tiresias", NSDI'19.  Shortest
 * first with a bound against starvation: Zotkin and Keleher, HPDC'99; by
 * users' limits: Chiang, Arpaci-Dusseau, Vernon, JSSPP 2002.
 *
 * Cost: O(jobs * log(largest band)).
 */
#include "config.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>

#include "sched/opinion.h"
#include "sched/plan.h"

#define WIDE_GAIN 10

static const char *const orders[] = { "priority", "service", "shortest", NULL };

#define AT(field) offsetof(struct weft_policy, field)

const struct weft_setting weft_policy_settings[] = {
	{ "plan_depth", WEFT_SETTING_U32, AT(plan_depth), 0, 1000000, 5000,
	  NULL, "jobs",
	  "jobs, each task of an array counted, that get a place on the timeline "
	  "in each cycle" },
	{ "plan_msec", WEFT_SETTING_U32, AT(plan_msec), 0, 3600000, 500, NULL,
	  "milliseconds",
	  "time of a cycle after which jobs get no later place any more; 0: no bound" },
	{ "window_sec", WEFT_SETTING_U32, AT(window_sec), 60, 31536000, 1209600,
	  NULL, "seconds", "how far ahead starts are planned" },
	{ "hold_sec", WEFT_SETTING_U32, AT(hold_sec), 0, 31536000, 86400, NULL,
	  "seconds",
	  "starts further ahead are told and hold no place, until the job has "
	  "waited wait_max_sec; 0: all hold" },
	{ "start_max", WEFT_SETTING_U32, AT(start_max), 0, 1000000, 0, NULL,
	  "jobs", "starts in one cycle at most; 0: no bound" },
	{ "fragmentation", WEFT_SETTING_BOOL, AT(fragmentation), 0, 1, 1, NULL,
	  NULL, "place jobs where they strand the fewest GPUs" },
	{ "lasting_sec", WEFT_SETTING_U32, AT(lasting_sec), 0, 31536000, 0,
	  NULL, "seconds",
	  "jobs with a longer limit go where they put off the least the moment "
	  "when all of a node is free; 0: none" },
	{ "order", WEFT_SETTING_WORD, AT(order), 0, 0, WEFT_ORDER_SHORTEST,
	  orders, NULL, "who goes first among nearly equal priorities" },
	{ "ageing_weight", WEFT_SETTING_DOUBLE, AT(ageing_weight), 0, 1e9, 1,
	  NULL, "GPU-seconds",
	  "service forgiven for each second of waiting (order service)" },
	{ "share_band", WEFT_SETTING_DOUBLE, AT(share_band), 0, 1, 0.1, NULL,
	  NULL, "priorities within this fraction count as nearly equal" },
	{ "wait_max_sec", WEFT_SETTING_U32, AT(wait_max_sec), 0, 31536000,
	  604800, NULL, "seconds",
	  "who has waited longer is passed by nobody of nearly equal priority; "
	  "0: no bound" },
	{ "wide_share", WEFT_SETTING_DOUBLE, AT(wide_share), 0, 1, 0, NULL,
	  NULL,
	  "jobs of this part of the nodes that they may use, and two or more, "
	  "count as ten times shorter where they fit as it is (order shortest); "
	  "0: none" },
	{ "predict", WEFT_SETTING_WORD, AT(predict), 0, 0, WEFT_PREDICT_OFF,
	  weft_predict_method_words, NULL,
	  "second opinion on run times, for order shortest only: of the user's "
	  "last two jobs, of those like it, or these and the limit weighed" },
	{ NULL }
};

struct rank {
	double value;
	uint32_t idx;
	int32_t nice;
	bool overdue;
};

static int compare(const void *a, const void *b)
{
	const struct rank *x = a, *y = b;

	if (x->nice != y->nice)
		return x->nice < y->nice ? -1 : 1;
	if (x->overdue != y->overdue)
		return x->overdue ? -1 : 1;
	if (x->value != y->value)
		return x->value < y->value ? -1 : 1;
	return x->idx < y->idx ? -1 : x->idx > y->idx;
}

/* Since when it could have run. */
static int64_t since_sec(const struct weft_job *job)
{
	return job->eligible_sec > job->submit_sec ? job->eligible_sec :
						     job->submit_sec;
}

int64_t weft_policy_unpassed_sec(const struct weft_policy *policy,
				 const struct weft_job *job)
{
	if (policy->order == WEFT_ORDER_PRIORITY || !policy->wait_max_sec)
		return 0;
	return since_sec(job) + policy->wait_max_sec;
}

static double run_sec(const struct weft_shape *shape,
		      const struct weft_job *job)
{
	double limit = shape->limit_sec;

	return job->predicted_sec > 0 && job->predicted_sec < limit ?
		job->predicted_sec : limit;
}

bool weft_policy_is_wide(const struct weft_policy *policy,
			 const struct weft_shape *shape)
{
	return policy->wide_share > 0 && policy->order == WEFT_ORDER_SHORTEST &&
		shape->nodes_min > 1 &&
		shape->nodes_min >=
		policy->wide_share * weft_idxset_count(shape->nodes);
}

static double waited_sec(const struct weft_job *job, int64_t now_sec)
{
	int64_t since = since_sec(job);

	return now_sec > since ? (double)(now_sec - since) : 0;
}

bool weft_policy_is_overdue(const struct weft_policy *policy,
			    const struct weft_job *job, int64_t now_sec)
{
	return policy->wait_max_sec &&
		waited_sec(job, now_sec) >= policy->wait_max_sec;
}

static struct rank rank_of(const struct weft_policy *policy,
			   const struct weft_shape *shape,
			   const struct weft_job *job, uint32_t idx,
			   bool wide_now, int64_t now_sec)
{
	struct rank rank = { .idx = idx, .nice = job->nice };

	if (weft_policy_is_overdue(policy, job, now_sec))
		rank.overdue = true;
	else if (policy->order == WEFT_ORDER_SHORTEST)
		rank.value = run_sec(shape, job) /
			(wide_now && job->eligible_sec <= now_sec ? WIDE_GAIN : 1);
	else
		rank.value = job->share_used - policy->ageing_weight *
			waited_sec(job, now_sec);
	return rank;
}

static uint32_t band_end(const struct weft_policy *policy,
			 const struct weft_job *jobs, uint32_t first,
			 uint32_t count)
{
	double top = jobs[first].priority, slack = top * policy->share_band;
	uint32_t i = first + 1;

	while (i < count && jobs[i].tier == jobs[first].tier &&
	       jobs[i].priority <= top + slack &&
	       jobs[i].priority >= top - slack)
		i++;
	return i;
}

int weft_policy_order(const struct weft_policy *policy,
		      const struct weft_shape *shapes, const bool *wide_now,
		      const struct weft_job *jobs, uint32_t job_count,
		      int64_t now_sec, uint32_t *ret_turn)
{
	struct rank *rank;

	if (policy->order == WEFT_ORDER_PRIORITY || job_count < 2) {
		for (uint32_t i = 0; i < job_count; i++)
			ret_turn[i] = i;
		return 0;
	}
	rank = malloc(job_count * sizeof(*rank));
	if (!rank)
		return -ENOMEM;
	for (uint32_t i = 0; i < job_count; i++)
		rank[i] = rank_of(policy, &shapes[jobs[i].shape_idx], &jobs[i], i,
				  wide_now && wide_now[jobs[i].shape_idx],
				  now_sec);
	for (uint32_t first = 0; first < job_count;) {
		uint32_t end = band_end(policy, jobs, first, job_count);

		qsort(&rank[first], end - first, sizeof(*rank), compare);
		first = end;
	}
	for (uint32_t i = 0; i < job_count; i++)
		ret_turn[i] = rank[i].idx;
	free(rank);
	return 0;
}
