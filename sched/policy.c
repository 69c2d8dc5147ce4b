/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * policy.c - the settings of the scheduler, and the order of jobs
 *
 * Slurm's priority is the site's own word about who comes first; a policy
 * only reorders jobs inside a band of nearly equal priorities.  A band begins
 * with the first job not in the one before and holds those that follow it as
 * long as their priority is within share_band of its own.
 *
 *   service	least attained service (GPU-seconds used by its owner, less
 *		what ageing forgives for each second waited) first
 *   shortest	shortest predicted run time first; unknown ones last
 *
 * Source: least attained service: Gu et al., "Tiresias", NSDI'19.
 *
 * Cost: O(jobs * log(largest band)).
 */
#include "config.h"

#include <stddef.h>
#include <stdlib.h>

#include "sched/plan.h"

static const char *const orders[] = { "priority", "service", "shortest", NULL };

#define AT(field) offsetof(struct weft_policy, field)

const struct weft_setting weft_policy_settings[] = {
	{ "plan_depth", WEFT_SETTING_U32, AT(plan_depth), 0, 1000000, 5000,
	  NULL, "jobs",
	  "jobs, each task of an array counted, that get a place on the timeline "
	  "in each cycle" },
	{ "window_sec", WEFT_SETTING_U32, AT(window_sec), 60, 31536000, 1209600,
	  NULL, "seconds", "how far ahead starts are planned" },
	{ "start_max", WEFT_SETTING_U32, AT(start_max), 0, 1000000, 0, NULL,
	  "jobs", "starts in one cycle at most; 0: no bound" },
	{ "fragmentation", WEFT_SETTING_BOOL, AT(fragmentation), 0, 1, 1, NULL,
	  NULL, "place jobs where they strand the fewest GPUs" },
	{ "order", WEFT_SETTING_WORD, AT(order), 0, 0, WEFT_ORDER_PRIORITY,
	  orders, NULL, "who goes first among nearly equal priorities" },
	{ "ageing_weight", WEFT_SETTING_DOUBLE, AT(ageing_weight), 0, 1e9, 1,
	  NULL, "GPU-seconds",
	  "service forgiven for each second of waiting (order service)" },
	{ "share_band", WEFT_SETTING_DOUBLE, AT(share_band), 0, 1, 0.1, NULL,
	  NULL, "priorities within this fraction count as nearly equal" },
	{ NULL }
};

struct rank {
	double value;
	uint32_t idx;
};

static int compare(const void *a, const void *b)
{
	const struct rank *x = a, *y = b;

	if (x->value != y->value)
		return x->value < y->value ? -1 : 1;
	return x->idx < y->idx ? -1 : x->idx > y->idx;
}

/* When the youngest job was submitted: ageing counts from there. */
static int64_t latest_submit(const struct weft_job *jobs, uint32_t count)
{
	int64_t latest = INT64_MIN;

	for (uint32_t i = 0; i < count; i++)
		if (jobs[i].submit_sec > latest)
			latest = jobs[i].submit_sec;
	return latest;
}

static double value_of(const struct weft_policy *policy,
		       const struct weft_job *job, int64_t latest)
{
	if (policy->order == WEFT_ORDER_SHORTEST)
		return job->predicted_sec > 0 ? job->predicted_sec : 1e300;
	return job->share_used - policy->ageing_weight *
		(double)(latest - job->submit_sec);
}

static uint32_t band_end(const struct weft_policy *policy,
			 const struct weft_job *jobs, uint32_t first,
			 uint32_t count)
{
	double top = jobs[first].priority, slack = top * policy->share_band;
	uint32_t i = first + 1;

	while (i < count && jobs[i].priority <= top + slack &&
	       jobs[i].priority >= top - slack)
		i++;
	return i;
}

void weft_policy_order(const struct weft_policy *policy, struct weft_job *jobs,
		       uint32_t job_count)
{
	int64_t latest = latest_submit(jobs, job_count);
	struct weft_job *copy;
	struct rank *rank;

	if (policy->order == WEFT_ORDER_PRIORITY || job_count < 2)
		return;
	copy = malloc(job_count * sizeof(*copy));
	rank = malloc(job_count * sizeof(*rank));
	for (uint32_t first = 0; copy && rank && first < job_count;) {
		uint32_t end = band_end(policy, jobs, first, job_count);

		for (uint32_t i = first; i < end; i++) {
			copy[i] = jobs[i];
			rank[i] = (struct rank) {
				value_of(policy, &jobs[i], latest), i };
		}
		qsort(&rank[first], end - first, sizeof(*rank), compare);
		for (uint32_t i = first; i < end; i++)
			jobs[i] = copy[rank[i].idx];
		first = end;
	}
	free(copy);
	free(rank);
}
