/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * plan.c - see plan.h
 *
 * Two timelines are made of the snapshot: one that planned jobs are added to,
 * and one that keeps the running jobs alone, for telling "resources are busy"
 * from "a job before you has a right to them".
 *
 * A job within plan_depth is searched the earliest place from now to the
 * window's end, and takes it on the timeline: conservative backfill, so no job
 * behind can delay it.  Of the jobs beyond, each shape is tried at "now" until
 * it fails once; since resources are only taken during a cycle, it need not be
 * tried again, and a hundred thousand jobs of three hundred shapes cost three
 * hundred failures and the starts.
 *
 * Invariants: holds never overlap (the timeline refuses); a job's place is
 * final for the cycle; every job has a decision, also when memory or time ran
 * out in between (NOT_TRIED).
 *
 * Cost: planned jobs O(n) each for n nodes (earliest.c), the others O(n) a
 * shape, and O(1) each.
 *
 * Source: Feitelson and Weil, "Utilization and predictability in scheduling
 * the IBM SP2 with backfilling", IPPS'98, for conservative backfill.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sched/planner.h"

#define STOP_EVERY 64

static const struct weft_decision not_tried = {
	.reason = { .kind = WEFT_REASON_NOT_TRIED, .detail_idx = -1 },
	.start_sec = WEFT_TIME_NEVER,
};

static uint32_t switches_wish(const struct weft_planner *p,
			      const struct weft_job *job,
			      const struct weft_shape *shape)
{
	return p->cluster->now_sec >= job->switch_wait_until_sec ?
		0 : shape->switches_max;
}

/* Take the places on the timeline and write them into the plan. */
static int hold_places(struct weft_planner *p, const struct weft_shape *shape,
		       uint32_t places, int64_t start_sec, uint32_t limit_sec,
		       struct weft_decision *decision, struct weft_err *err)
{
	int64_t end_sec = weft_end_of(start_sec, limit_sec);
	uint32_t i;
	int rc;

	if (weft_planner_reserve_places(p, places))
		return weft_err_set(err, ENOMEM, "plan: out of memory");
	for (i = 0; i < places; i++) {
		struct weft_hold hold = weft_place_hold(p->cluster, shape,
							&p->place[i]);

		rc = weft_timeline_add(p->tl, &hold, start_sec, end_sec, err);
		if (rc) {
			weft_err_prefix(err, "plan: a place that was found is not free");
			return rc;
		}
	}
	for (uint32_t k = 0; k < shape->license_count; k++)
		if (weft_licenses_add(p->licenses, &shape->license[k],
				      start_sec, end_sec))
			return weft_err_set(err, ENOMEM, "plan: out of memory");
	decision->place_first = p->plan->place_count;
	decision->place_count = places;
	memcpy(p->plan->place + p->plan->place_count, p->place,
	       places * sizeof(*p->place));
	p->plan->place_count += places;
	decision->start_sec = start_sec;
	decision->limit_sec = limit_sec;
	return 0;
}

/* The shape's reason, found once, and the job's place in the line. */
static struct weft_reason reason_now(struct weft_planner *p,
				     const struct weft_job *job,
				     struct weft_shape_state *state,
				     const struct weft_shape *shape)
{
	struct weft_reason reason;

	if (!state->diagnosed) {
		state->reason = weft_diagnose(&p->base_search, shape,
					      switches_wish(p, job, shape),
					      p->place);
		state->diagnosed = true;
	}
	reason = state->reason;
	reason.line_place = ++p->waiting;
	return reason;
}

/* What the job itself forbids, before any resource is looked at. */
static bool forbidden(const struct weft_planner *p, const struct weft_job *job,
		      const struct weft_shape *shape,
		      struct weft_decision *decision)
{
	int64_t earliest = job->eligible_sec > p->cluster->now_sec ?
		job->eligible_sec : p->cluster->now_sec;
	uint32_t least = shape->limit_min_sec ? shape->limit_min_sec :
						shape->limit_sec;

	if (job->array_tasks > 1 && !job->array_running_max)
		decision->reason.kind = WEFT_REASON_ARRAY_LIMIT;
	else if (job->deadline_sec &&
		 weft_end_of(earliest, least) > job->deadline_sec)
		decision->reason.kind = WEFT_REASON_DEADLINE;
	else
		return false;
	return true;
}

/* May it start right now, in full or within its own smallest limit? */
static int try_now(struct weft_planner *p, const struct weft_job *job,
		   const struct weft_shape *shape,
		   struct weft_shape_state *state, struct weft_decision *d,
		   struct weft_err *err)
{
	uint32_t limit = shape->limit_sec, places;
	int64_t now = p->cluster->now_sec;

	if (state->now_failed)
		return 0;
	p->plan->stats.tests++;
	places = weft_search_at(&p->search, shape, switches_wish(p, job, shape),
				limit, now, p->place);
	if (!places && shape->limit_min_sec && shape->limit_min_sec < limit) {
		limit = shape->limit_min_sec;
		places = weft_search_at(&p->search, shape,
					switches_wish(p, job, shape), limit,
					now, p->place);
	}
	if (!places) {
		state->now_failed = switches_wish(p, job, shape) ==
				    shape->switches_max;
		return 0;
	}
	if (job->deadline_sec && weft_end_of(now, limit) > job->deadline_sec)
		return 0;
	d->reason.kind = WEFT_REASON_START;
	return hold_places(p, shape, (uint32_t)places, now, limit, d, err);
}

/* A place on the timeline, now or later. */
static int plan_ahead(struct weft_planner *p, const struct weft_job *job,
		      const struct weft_shape *shape,
		      struct weft_shape_state *state, struct weft_decision *d,
		      struct weft_err *err)
{
	uint32_t wish = switches_wish(p, job, shape);
	int64_t now = p->cluster->now_sec;
	int64_t from = job->eligible_sec > now ? job->eligible_sec : now, start;
	int64_t until = now + p->policy->window_sec;
	int places;

	if (shape->limit_min_sec && from == now) {
		places = try_now(p, job, shape, state, d, err);
		if (places || d->reason.kind == WEFT_REASON_START)
			return places;
	}
	p->plan->stats.tests++;
	places = weft_search_earliest(&p->search, shape,
				      wish == shape->switches_max ?
					      &state->cache : NULL,
				      wish, shape->limit_sec, from, until,
				      p->place, &start);
	if (places < 0)
		return weft_err_set(err, ENOMEM, "plan: out of memory");
	if (!places) {
		d->reason = reason_now(p, job, state, shape);
		if (d->reason.kind == WEFT_REASON_PRIORITY)
			d->reason.kind = WEFT_REASON_WINDOW;
		return 0;
	}
	if (job->deadline_sec &&
	    weft_end_of(start, shape->limit_sec) > job->deadline_sec) {
		d->reason.kind = WEFT_REASON_DEADLINE;
		return 0;
	}
	/* The places are kept aside: the diagnosis uses the same scratch. */
	if (hold_places(p, shape, (uint32_t)places, start, shape->limit_sec, d,
			err))
		return -ENOMEM;
	p->plan->stats.planned++;
	if (start == now)
		d->reason.kind = WEFT_REASON_START;
	else if (from > now && start == from)
		d->reason.kind = WEFT_REASON_BEGIN;
	else
		d->reason = reason_now(p, job, state, shape);
	return 0;
}

/* One task of the job; *ret_more says whether a next one is worth trying. */
static int decide_task(struct weft_planner *p, uint32_t job_idx,
		       bool *ret_more, struct weft_err *err)
{
	const struct weft_job *job = &p->jobs[job_idx];
	const struct weft_shape *shape = &p->shapes[job->shape_idx];
	struct weft_shape_state *state = &p->state[job->shape_idx];
	struct weft_decision d = not_tried;
	bool full = p->policy->start_max &&
		p->plan->stats.started >= p->policy->start_max;
	int rc = 0;

	d.job_idx = job_idx;
	d.limit_sec = shape->limit_sec;
	*ret_more = false;
	if (forbidden(p, job, shape, &d)) {
		d.reason.line_place = ++p->waiting;
	} else if (full) {
		p->plan->stats.skipped++;
	} else if (p->planned < p->policy->plan_depth) {
		p->planned++;
		rc = plan_ahead(p, job, shape, state, &d, err);
	} else if (job->eligible_sec > p->cluster->now_sec) {
		d.reason.kind = WEFT_REASON_BEGIN;
		d.start_sec = job->eligible_sec;
		d.reason.line_place = ++p->waiting;
	} else {
		rc = try_now(p, job, shape, state, &d, err);
		if (!rc && d.reason.kind != WEFT_REASON_START)
			d.reason = reason_now(p, job, state, shape);
	}
	if (rc)
		return rc;
	p->plan->stats.started += d.reason.kind == WEFT_REASON_START;
	*ret_more = d.place_count != 0;
	if (d.place_count && d.reason.kind != WEFT_REASON_START &&
	    weft_planner_add_blockers(p, &d))
		return weft_err_set(err, ENOMEM, "plan: out of memory");
	if (d.place_count &&
	    weft_planner_note_planned(p, job->job_id, &d))
		return weft_err_set(err, ENOMEM, "plan: out of memory");
	return weft_planner_add_decision(p, &d) ?
		weft_err_set(err, ENOMEM, "plan: out of memory") : 0;
}

static int decide_job(struct weft_planner *p, uint32_t job_idx,
		      struct weft_err *err)
{
	const struct weft_job *job = &p->jobs[job_idx];
	uint32_t tasks = job->array_tasks > 1 ? job->array_tasks : 1;
	bool more = true;
	int rc = 0;

	if (tasks > job->array_running_max && job->array_running_max)
		tasks = job->array_running_max;
	for (uint32_t t = 0; t < tasks && more && !rc; t++)
		rc = decide_task(p, job_idx, &more, err);
	return rc;
}

static int check_input(const struct weft_cluster *cluster,
		       const struct weft_shape *shapes, uint32_t shape_count,
		       const struct weft_job *jobs, uint32_t job_count,
		       struct weft_err *err)
{
	for (uint32_t i = 0; i < shape_count; i++) {
		const struct weft_shape *s = &shapes[i];

		if (!s->nodes_min || s->nodes_min > s->nodes_max || !s->nodes ||
		    s->nodes->size != cluster->node_count ||
		    s->gpu_type_idx >= (int32_t)cluster->gpu_type_count ||
		    s->resv_idx >= (int32_t)cluster->resv_count)
			return weft_err_set(err, EINVAL,
				"plan: shape %u contradicts the cluster", i);
		for (uint32_t k = 0; k < s->license_count; k++)
			if (s->license[k].license_idx >= cluster->license_count)
				return weft_err_set(err, EINVAL,
					"plan: shape %u asks for licence %u of %u",
					i, s->license[k].license_idx,
					cluster->license_count);
	}
	for (uint32_t i = 0; i < job_count; i++)
		if (jobs[i].shape_idx >= shape_count)
			return weft_err_set(err, EINVAL,
				"plan: job %u has shape %u of %u",
				jobs[i].job_id, jobs[i].shape_idx, shape_count);
	return 0;
}

int weft_plan_run(const struct weft_cluster *cluster,
		  const struct weft_policy *policy,
		  const struct weft_shape *shapes, uint32_t shape_count,
		  const struct weft_job *jobs, uint32_t job_count,
		  bool (*stop)(void *arg), void *stop_arg,
		  struct weft_plan **ret_plan, struct weft_err *err)
{
	struct weft_planner p = {
		.cluster = cluster, .policy = policy, .shapes = shapes,
		.shape_count = shape_count, .jobs = jobs,
	};
	bool stopped = false;
	int rc = check_input(cluster, shapes, shape_count, jobs, job_count, err);

	if (rc)
		return rc;
	weft_mix_from_jobs(&p.mix, shapes, jobs, job_count);
	rc = weft_planner_init(&p, err);
	for (uint32_t i = 0; i < job_count && !rc; i++) {
		if (!stopped && stop && i % STOP_EVERY == 0)
			stopped = stop(stop_arg);
		if (stopped) {
			struct weft_decision d = not_tried;

			d.job_idx = i;
			d.limit_sec = shapes[jobs[i].shape_idx].limit_sec;
			p.plan->stats.skipped++;
			rc = weft_planner_add_decision(&p, &d) ?
				weft_err_set(err, ENOMEM,
					     "plan: out of memory") : 0;
		} else {
			rc = decide_job(&p, i, err);
		}
	}
	if (!rc) {
		p.plan->stats.jobs = job_count;
		p.plan->stats.shapes = shape_count;
		p.plan->stats.steps = p.search.steps + p.base_search.steps;
		*ret_plan = p.plan;
		p.plan = NULL;
	}
	weft_planner_fini(&p);
	return rc;
}

void weft_plan_destroy(struct weft_plan *plan)
{
	if (!plan)
		return;
	free(plan->decision);
	free(plan->place);
	free(plan->blocker);
	free(plan);
}
