/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * policy.c - the settings of the scheduler, and the order of the queue
 *
 * Slurm's order (multifactor priority, fair share, QOS) is the right to start.
 * The other orders only rearrange jobs inside a band: jobs whose priorities
 * differ by at most share_band of the band's first.  So a policy can favour
 * the short or the little-served among equals, and never the less entitled
 * over the more entitled.
 *
 * Sources: attained service: Gu et al., "Tiresias", NSDI'19; shortest
 * predicted first: Tsafrir et al., TPDS 18(6), 2007.
 */
#include "config.h"

#include <stddef.h>
#include <stdlib.h>

#include "sched/plan.h"

static const char *const orders[] = {
	[WEFT_ORDER_PRIORITY] = "priority",
	[WEFT_ORDER_SERVICE] = "service",
	[WEFT_ORDER_SHORTEST] = "shortest",
	NULL
};

#define AT(field) offsetof(struct weft_policy, field)

const struct weft_setting weft_policy_settings[] = {
	{ "plan_depth", WEFT_SETTING_U32, AT(plan_depth), 1, 1000000, 1000,
	  .unit = "jobs",
	  .help = "jobs that get a place on the timeline each cycle, and so an expected start; those behind may start where that delays none of them" },
	{ "window", WEFT_SETTING_U32, AT(window_sec), 3600, 31536000, 604800,
	  .unit = "seconds",
	  .help = "how far ahead places are planned; at least the longest time limit" },
	{ "start_max", WEFT_SETTING_U32, AT(start_max), 0, 1000000, 0,
	  .unit = "jobs",
	  .help = "most starts in one cycle, 0 for no bound" },
	{ "fragmentation", WEFT_SETTING_BOOL, AT(fragmentation), .fallback = 1,
	  .help = "place jobs on part of a node where they leave the most GPUs that the coming job mix can use" },
	{ "order", WEFT_SETTING_WORD, AT(order), .words = orders,
	  .help = "order inside a band of nearly equal priority: as Slurm gives it, least attained service first, or shortest predicted first" },
	{ "ageing_weight", WEFT_SETTING_DOUBLE, AT(ageing_weight), 0, 1e6, 1,
	  .help = "for order \"service\": GPU-seconds of service that one second of waiting makes good" },
	{ "share_band", WEFT_SETTING_DOUBLE, AT(share_band), 0, 1, 0.05,
	  .unit = "of the band's first priority",
	  .help = "how much lower a priority may be and still be in the band" },
	{ NULL }
};

struct keyed {
	double key;
	uint32_t idx;
};

static int by_key(const void *a, const void *b)
{
	const struct keyed *x = a, *y = b;

	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	return (x->idx > y->idx) - (x->idx < y->idx);
}

/* Small is first.  The last submit of a band stands for "now". */
static double key_of(const struct weft_policy *policy,
		     const struct weft_job *job, int64_t newest_sec)
{
	if (policy->order == WEFT_ORDER_SERVICE)
		return job->share_used - policy->ageing_weight *
			(double)(newest_sec - job->submit_sec);
	return job->predicted_sec > 0 ? job->predicted_sec : 1e300;
}

/* Sort jobs[0 .. count) by key; jobs stay as they are if memory is short. */
static void sort_band(const struct weft_policy *policy, struct weft_job *jobs,
		      uint32_t count, struct keyed *keyed,
		      struct weft_job *copy)
{
	int64_t newest = jobs[0].submit_sec;

	for (uint32_t i = 1; i < count; i++)
		if (jobs[i].submit_sec > newest)
			newest = jobs[i].submit_sec;
	for (uint32_t i = 0; i < count; i++) {
		keyed[i].key = key_of(policy, &jobs[i], newest);
		keyed[i].idx = i;
		copy[i] = jobs[i];
	}
	qsort(keyed, count, sizeof(*keyed), by_key);
	for (uint32_t i = 0; i < count; i++)
		jobs[i] = copy[keyed[i].idx];
}

void weft_policy_order(const struct weft_policy *policy, struct weft_job *jobs,
		       uint32_t job_count)
{
	struct keyed *keyed;
	struct weft_job *copy;
	uint32_t first = 0, end;

	if (policy->order == WEFT_ORDER_PRIORITY || job_count < 2)
		return;
	keyed = malloc(job_count * sizeof(*keyed));
	copy = malloc(job_count * sizeof(*copy));
	for (; keyed && copy && first < job_count; first = end) {
		double least = jobs[first].priority * (1 - policy->share_band);

		for (end = first + 1; end < job_count &&
				      jobs[end].priority >= least &&
				      jobs[end].priority <= jobs[first].priority;
		     end++)
			;
		if (end - first > 1)
			sort_band(policy, jobs + first, end - first, keyed, copy);
	}
	free(keyed);
	free(copy);
}
