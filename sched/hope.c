/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hope.c - may any job that is still to be planned start now? (plan_impl.h)
 *
 * A planned job matters to who starts now only through those behind it: it
 * keeps them off its place.  If none of them could start even so, the rest of
 * the queue need not be planned.  A simulator, which uses only the starts,
 * asks before each job.
 *
 * The queue is looked at from its end.  In one cycle the timeline only fills
 * up, so a shape that does not fit now will not fit now later on, and the
 * jobs at the end that have no hope are passed over once and for all; the
 * look ends at the first that has some.  Whether it still has is looked at
 * again after a start, and else after every LOOK_EVERY jobs: the answer may
 * be too hopeful, which costs time, never a start.
 *
 * Jobs that start together have hope until it is known of one of them that it
 * does not fit now.
 *
 * A shape is refused by the census of what is free at this moment, if that is
 * enough to refuse it; else by a search.  With segments or few switches among
 * its wishes the search is not exact (place.h), and it keeps its hope.
 *
 * Cost: O(jobs) in all for jobs passed over, and for each shape among them at
 * most one pass over the nodes and one search.
 */
#include "config.h"

#include "sched/plan_impl.h"
#include "sched/shape.h"

#define LOOK_EVERY 16

int weft_planner_fits_now(struct weft_planner *p, uint32_t shape_idx,
			  bool *ret_fits)
{
	const struct weft_shape *shape = &p->shape[shape_idx];
	struct weft_need need = weft_shape_need(shape);
	struct weft_query query = {
		.shape_idx = shape_idx,
		.duration_sec = shape->limit_min_sec ? shape->limit_min_sec :
			shape->limit_sec,
		.from_sec = p->cluster->now_sec,
		.not_after_sec = p->cluster->now_sec,
	};
	struct weft_found found;
	int rc;

	*ret_fits = true;
	if (shape->segment || shape->switches_max)
		return 0;
	if (weft_timeline_count_now(p->all, &need, shape->nodes_min) <
	    shape->nodes_min) {
		*ret_fits = false;
		return 0;
	}
	rc = weft_search_earliest(p->search, &query, &found);
	*ret_fits = found.start_sec == p->cluster->now_sec;
	return rc;
}

int weft_planner_is_hopeless(struct weft_planner *p, uint32_t turn_idx,
			     bool *ret_hopeless)
{
	const struct weft_plan_stats *stats = &p->plan->stats;
	const struct weft_job *own = &p->job[p->turn[turn_idx]];
	int64_t now = p->cluster->now_sec;
	bool hope = false;
	int rc = 0;

	*ret_hopeless = false;
	if (p->hopeful == 0)
		p->hopeful = p->job_count;
	else if (p->taken < p->hope_taken + LOOK_EVERY &&
		 stats->started == p->hope_started)
		return 0;
	if (p->policy->start_max && stats->started >= p->policy->start_max) {
		*ret_hopeless = true;
		return 0;
	}
	p->hope_taken = p->taken;
	p->hope_started = stats->started;
	/* The job itself is about to be tried: nothing is saved by asking. */
	for (; p->hopeful > turn_idx + 1; p->hopeful--) {
		const struct weft_job *job = &p->job[p->turn[p->hopeful - 1]];
		struct weft_shape_state *state = &p->state[job->shape_idx];

		if (job->gang_id) {
			if (weft_planner_gang_is_hopeless(p, job))
				continue;
			return 0;
		}
		if (state->not_now || job->eligible_sec > now ||
		    p->shape[job->shape_idx].left ||
		    !job->array_running_max)
			continue;
		rc = weft_planner_fits_now(p, job->shape_idx, &hope);
		if (rc || hope)
			return rc;
		state->not_now = true;
	}
	*ret_hopeless = p->hopeful != turn_idx + 1 ||
		(own->gang_id ? weft_planner_gang_is_hopeless(p, own) :
				p->state[own->shape_idx].not_now);
	return 0;
}
