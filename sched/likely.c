/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * likely.c - see likely.h
 *
 * The jobs are put in the order that the policy makes of the true limits, and
 * planned in that order with the expected run times in the limits' place.
 * Jobs of one shape may be expected to run unlike, so a shape is copied for
 * each step of expected time among its jobs; steps are an eighth of a doubling,
 * which keeps shapes few and costs less than 5 % of a run time.
 *
 * What it leaves out: jobs that will be submitted, and that the true plan goes
 * by limits when it lets a small job into a gap.
 *
 * Cost: one plan, with more shapes than the true one; O(jobs log jobs) before.
 */
#include "config.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sched/likely.h"

#define STEPS 8			/* of a doubling */
#define AS_LIMIT UINT16_MAX	/* a step: nothing else is expected */
#define RECORD_MAX 1000		/* forecasts before the old ones fade */
#define RECORD_MIN 10

struct likely {
	struct weft_cluster cluster;	/* with a running[] of its own */
	struct weft_running *running;
	struct weft_shape *shape;
	struct weft_job *job;
	uint32_t *turn;
	uint64_t *key;			/* shape and step of each, then sorted */
	uint32_t shape_count;
};

static uint64_t key_of(uint32_t shape_idx, double sec)
{
	double step = sec > 0 ? round(log2(fmax(sec, 1)) * STEPS) : AS_LIMIT;

	return (uint64_t)shape_idx << 16 | (uint64_t)fmin(step, AS_LIMIT);
}

static int compare_keys(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static struct weft_shape shape_of(const struct weft_shape *shapes, uint64_t key)
{
	struct weft_shape shape = shapes[key >> 16];
	double sec = exp2((double)(key & 0xffff) / STEPS);

	if ((key & 0xffff) == AS_LIMIT)
		return shape;
	if (sec < shape.limit_sec)
		shape.limit_sec = sec < 1 ? 1 : (uint32_t)sec;
	if (shape.limit_min_sec > shape.limit_sec)
		shape.limit_min_sec = 0;
	return shape;
}

/* The shapes with their expected times, and the jobs in turn pointing to them. */
static void make_jobs(struct likely *l, const struct weft_shape *shapes,
		      const struct weft_job *jobs, uint32_t job_count,
		      const struct weft_expected *expected)
{
	uint64_t *at, key;

	for (uint32_t i = 0; i < job_count; i++)
		l->key[i] = key_of(jobs[i].shape_idx, expected->job_sec[i]);
	qsort(l->key, job_count, sizeof(*l->key), compare_keys);
	for (uint32_t i = 0; i < job_count; i++)
		if (!l->shape_count || l->key[l->shape_count - 1] != l->key[i])
			l->key[l->shape_count++] = l->key[i];
	for (uint32_t i = 0; i < l->shape_count; i++)
		l->shape[i] = shape_of(shapes, l->key[i]);
	for (uint32_t i = 0; i < job_count; i++) {
		l->job[i] = jobs[l->turn[i]];
		key = key_of(l->job[i].shape_idx, expected->job_sec[l->turn[i]]);
		at = bsearch(&key, l->key, l->shape_count, sizeof(*l->key),
			     compare_keys);
		l->job[i].shape_idx = at ? (uint32_t)(at - l->key) : 0;
		l->job[i].predicted_sec = 0;
	}
}

static void make_cluster(struct likely *l, const struct weft_cluster *cluster,
			 const struct weft_expected *expected)
{
	l->cluster = *cluster;
	l->cluster.running = l->running;
	for (uint32_t i = 0; i < cluster->running_count; i++) {
		int64_t end = expected->running_end_sec[i];

		l->running[i] = cluster->running[i];
		if (end && end < l->running[i].end_sec)
			l->running[i].end_sec = end;
	}
}

static int allocate(struct likely *l, const struct weft_cluster *cluster,
		    uint32_t job_count)
{
	l->running = calloc((size_t)cluster->running_count + 1, sizeof(*l->running));
	l->shape = calloc((size_t)job_count + 1, sizeof(*l->shape));
	l->job = calloc((size_t)job_count + 1, sizeof(*l->job));
	l->turn = calloc((size_t)job_count + 1, sizeof(*l->turn));
	l->key = calloc((size_t)job_count + 1, sizeof(*l->key));
	return l->running && l->shape && l->job && l->turn && l->key ? 0 : -ENOMEM;
}

static void release(struct likely *l)
{
	free(l->running);
	free(l->shape);
	free(l->job);
	free(l->turn);
	free(l->key);
}

int weft_likely_run(const struct weft_cluster *cluster,
		    const struct weft_policy *policy,
		    const struct weft_shape *shapes, uint32_t shape_count,
		    const struct weft_job *jobs, uint32_t job_count,
		    const struct weft_expected *expected,
		    bool (*stop)(void *arg), void *stop_arg,
		    int64_t *ret_start_sec, struct weft_err *err)
{
	struct weft_policy as_given = *policy;
	struct weft_plan *plan = NULL;
	struct likely l = { .shape_count = 0 };
	int rc;

	for (uint32_t i = 0; i < job_count; i++)
		if (jobs[i].shape_idx >= shape_count)
			return weft_err_set(err, EINVAL, "job %u has no shape",
					    jobs[i].job_id);
	as_given.order = WEFT_ORDER_PRIORITY;
	as_given.whatif_tests = 0;
	as_given.starts_only = false;
	rc = allocate(&l, cluster, job_count);
	if (rc == 0)
		rc = weft_policy_order(policy, shapes, NULL, jobs, job_count,
				       cluster->now_sec, l.turn);
	if (rc == 0) {
		make_jobs(&l, shapes, jobs, job_count, expected);
		make_cluster(&l, cluster, expected);
		rc = weft_plan_run(&l.cluster, &as_given, l.shape, l.shape_count,
				   l.job, job_count, stop, stop_arg, &plan, err);
	}
	for (uint32_t i = 0; rc == 0 && i < job_count; i++) {
		const struct weft_decision *d = &plan->decision[i];

		ret_start_sec[l.turn[i]] = d->start_sec == WEFT_TIME_NEVER ?
			0 : d->start_sec;
	}
	weft_plan_destroy(plan);
	release(&l);
	return rc;
}

void weft_likely_judge(struct weft_likely_record *r, int64_t told_sec,
		       int64_t likely_sec, int64_t start_sec)
{
	double wait = (double)(likely_sec - told_sec);
	double error = fabs((double)(start_sec - likely_sec));

	if (r->count >= RECORD_MAX) {
		r->count /= 2;
		r->near_count /= 2;
	}
	r->count++;
	r->near_count += error <= wait / 4;
}

uint32_t weft_likely_sure(const struct weft_likely_record *r)
{
	return r->count < RECORD_MIN ? 0 :
		(uint32_t)(r->near_count * 100 / r->count + 0.5);
}
