/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * plan.c - see plan.h
 *
 * Jobs are taken in the policy's order.  Each of the first plan_depth gets the
 * earliest interval in which it fits beside everything planned before it, and
 * holds it: now (it starts) or later (a planned start).  Since a planned job
 * already holds its place when later jobs are looked at, none of those can
 * delay it: conservative backfill, as in Mu'alem and Feitelson (TPDS 2001),
 * over single GPUs instead of nodes.  Jobs beyond plan_depth are only asked
 * whether they fit now.
 *
 * Jobs that start together (job.h) have their turn when the last of them has
 * (gang.c).
 *
 * Two timelines are kept.  "all" has running jobs and every plan; "base" has
 * running jobs and what starts in this cycle, and tells whether a job that
 * must wait waits for running jobs or only for those before it in line.
 *
 * A job that somebody else will place (weft_shape.left) holds a place only as
 * long as not even the part of its request that is known fits: so those behind
 * cannot starve it of nodes, and a place that is never taken idles nothing.
 *
 * A job that no state of the cluster would suit is told so and takes no part in
 * plan_depth, nor does any other of its shape.
 *
 * Two more bounds end this before plan_depth does: the time of the cycle
 * (plan_msec), and the nodes of all places together (places_max), for each costs
 * memory.
 *
 * In one cycle the timelines only fill up.  So a shape that did not fit now
 * will not fit now later in the cycle, and is not tried again; its reason is
 * found once.
 *
 * A place held for tomorrow's start keeps out today's jobs that are a little too
 * long for the gap, and by tomorrow most of what is planned has changed, for jobs
 * end before their limits: so starts beyond hold_sec are told, not held
 * (docs/design/0083).
 *
 * Whoever wants to know only who starts now (starts_only) is spared the places
 * of jobs behind which nobody could start any more (hope.c).
 *
 * Cost: one search (search.c) for each planned job and for each start; one
 * failed search and one diagnosis for each shape; O(1) for every other job.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sched/plan.h"
#include "sched/plan_impl.h"
#include "sched/whatif.h"

/* More than WEFT_GPUS_MAX GPUs a node is no error: no node has them. */
static int check_shape(const struct weft_cluster *c, const struct weft_shape *s)
{
	if (s->left && !s->nodes)
		return s->limit_sec ? 0 : -EINVAL;
	if (!s->nodes || s->nodes->size != c->node_count || !s->nodes_min ||
	    s->nodes_max < s->nodes_min || !s->limit_sec ||
	    s->resv_idx >= (int32_t)c->resv_count)
		return -EINVAL;
	if (s->nodes_required && s->nodes_required->size != c->node_count)
		return -EINVAL;
	for (uint32_t k = 0; k < s->license_count; k++)
		if (s->license[k].license_idx >= c->license_count)
			return -EINVAL;
	return 0;
}

static int check_input(const struct weft_cluster *c,
		       const struct weft_shape *shapes, uint32_t shape_count,
		       const struct weft_job *jobs, uint32_t job_count,
		       struct weft_err *err)
{
	int rc = weft_cluster_check(c, err);

	for (uint32_t i = 0; rc == 0 && i < shape_count; i++)
		if (check_shape(c, &shapes[i]))
			rc = weft_err_set(err, EINVAL, "shape %u makes no sense",
					  i);
	for (uint32_t i = 0; rc == 0 && i < job_count; i++)
		if (jobs[i].shape_idx >= shape_count)
			rc = weft_err_set(err, EINVAL,
					  "job %u has shape %u of %u",
					  jobs[i].job_id, jobs[i].shape_idx,
					  shape_count);
	return rc;
}

/* ---- one job ------------------------------------------------------------ */

static int search(struct weft_planner *p, const struct weft_job *job,
		  uint32_t duration_sec, int64_t from, int64_t not_after,
		  struct weft_found *ret_found)
{
	struct weft_query query = {
		.shape_idx = job->shape_idx,
		.duration_sec = duration_sec,
		.from_sec = from,
		.not_after_sec = not_after,
		.any_switches_sec = job->switch_wait_until_sec,
	};

	return weft_search_earliest(p->search, &query, ret_found);
}

/* Start now with a shorter limit, the most whole minutes that fit. */
static int shrink(struct weft_planner *p, const struct weft_job *job,
		  struct weft_found *found, uint32_t *ret_limit_sec)
{
	const struct weft_shape *shape = &p->shape[job->shape_idx];
	uint32_t low = shape->limit_min_sec, high = shape->limit_sec, best = 0;
	int64_t now = p->cluster->now_sec;
	struct weft_found trial;
	int rc = search(p, job, low, now, now, &trial);

	if (rc == 0 && trial.start_sec == now)
		best = low;
	if (high == UINT32_MAX)
		high = best + p->policy->window_sec;
	while (rc == 0 && best && high - best > 60) {
		uint32_t mid = best + (high - best) / 2;

		mid -= mid % 60;
		if (mid <= best)
			break;
		rc = search(p, job, mid, now, now, &trial);
		if (trial.start_sec == now)
			best = mid;
		else
			high = mid;
	}
	if (rc || !best)
		return rc;
	*ret_limit_sec = best;
	return search(p, job, best, now, now, found);
}

static struct weft_reason just(enum weft_reason_kind kind)
{
	return (struct weft_reason) { .kind = kind, .detail_idx = -1 };
}

struct weft_reason weft_planner_why_not_now(struct weft_planner *p,
					    uint32_t shape_idx)
{
	struct weft_shape_state *state = &p->state[shape_idx];

	if (p->policy->starts_only)
		return just(WEFT_REASON_NOT_TRIED);
	if (!state->diagnosed) {
		state->reason = weft_diagnosis_find(p->diagnosis, shape_idx,
						    p->base_changes,
						    p->licenses_free);
		state->diagnosed = true;
	}
	return state->reason;
}

static bool is_full(const struct weft_planner *p)
{
	return p->policy->start_max &&
		p->plan->stats.started >= p->policy->start_max;
}

bool weft_planner_misses_deadline(const struct weft_job *job, int64_t start,
				  uint32_t limit_sec)
{
	return job->deadline_sec &&
		weft_time_after(start, limit_sec) > job->deadline_sec;
}

uint32_t weft_planner_limit_for(const struct weft_planner *p,
				const struct weft_job *job, int64_t start,
				uint32_t limit_sec)
{
	uint32_t least = p->shape[job->shape_idx].limit_min_sec, left;

	if (!least || !weft_planner_misses_deadline(job, start, limit_sec) ||
	    weft_planner_misses_deadline(job, start, least))
		return limit_sec;
	if (job->deadline_sec - start >= UINT32_MAX)
		return limit_sec;
	left = (uint32_t)(job->deadline_sec - start);
	left -= left % 60;
	return left > least ? left : least;
}

static bool is_late(const struct weft_planner *p)
{
	const struct weft_policy *policy = p->policy;

	return policy->plan_msec && policy->clock_usec &&
		policy->clock_usec() - p->begin_usec >=
		(int64_t)policy->plan_msec * 1000;
}

bool weft_planner_is_deep(const struct weft_planner *p)
{
	uint32_t max = p->policy->places_max ? p->policy->places_max :
		WEFT_PLACES_MAX;

	return p->taken < p->policy->plan_depth && p->plan->place_count < max &&
		!is_late(p);
}

int64_t weft_planner_hold_until(const struct weft_planner *p,
				const struct weft_job *job)
{
	const struct weft_policy *policy = p->policy;
	int64_t now = p->cluster->now_sec;

	if (!policy->hold_sec || policy->hold_sec > policy->window_sec ||
	    weft_policy_is_overdue(policy, job, now))
		return now + policy->window_sec;
	return now + policy->hold_sec;
}

/* Found a place: take it, and say what that means. */
static int settle(struct weft_planner *p, const struct weft_job *job,
		  const struct weft_found *found, uint32_t limit_sec,
		  struct weft_decision *d)
{
	int64_t now = p->cluster->now_sec;
	bool start = found->start_sec == now && !is_full(p);
	int rc;

	if (p->shape[job->shape_idx].left && found->start_sec == now) {
		d->reason = just(WEFT_REASON_SELECT);
		return 0;
	}
	limit_sec = weft_planner_limit_for(p, job, found->start_sec, limit_sec);
	if (weft_planner_misses_deadline(job, found->start_sec, limit_sec)) {
		d->reason = just(WEFT_REASON_DEADLINE);
		return 0;
	}
	d->start_sec = found->start_sec;
	d->limit_sec = limit_sec;
	if (start)
		d->reason = just(WEFT_REASON_START);
	else if (found->start_sec == now)
		d->reason = just(WEFT_REASON_NOT_TRIED);
	else if (job->eligible_sec >= found->start_sec)
		d->reason = just(WEFT_REASON_BEGIN);
	else
		d->reason = weft_planner_why_not_now(p, job->shape_idx);
	d->told = d->start_sec > weft_planner_hold_until(p, job);
	rc = weft_planner_hold(p, job, found, d);
	if (rc == 0 && !start && !p->policy->starts_only)
		rc = weft_planner_blame(p, d);
	if (rc == 0 && start)
		p->plan->stats.started++;
	else if (rc == 0)
		p->plan->stats.planned++;
	return rc;
}

void weft_planner_refuse(struct weft_planner *p, const struct weft_job *job,
			 bool whole_window, struct weft_decision *d)
{
	d->reason = weft_planner_why_not_now(p, job->shape_idx);
	if (job->eligible_sec > p->cluster->now_sec)
		d->reason = just(WEFT_REASON_BEGIN);
	else if (p->shape[job->shape_idx].left)
		d->reason = just(WEFT_REASON_SELECT);
	else if (whole_window && d->reason.kind != WEFT_REASON_NEVER &&
		 d->reason.kind != WEFT_REASON_LICENSE &&
		 d->reason.kind != WEFT_REASON_NODES_DOWN)
		d->reason.kind = WEFT_REASON_WINDOW;
}

/*
 * The first job of a shape that waits, in its turn; the search for what was
 * asked is made again, since its result did not outlive the other searches.
 */
static int whatif(struct weft_planner *p, const struct weft_job *job,
		  struct weft_found *found, struct weft_decision *d)
{
	struct weft_shape_state *state = &p->state[job->shape_idx];
	struct weft_plan_stats *stats = &p->plan->stats;
	int64_t start = found->start_sec;
	uint64_t before, after, steps;
	int rc;

	if (!p->own_shape || state->waited || p->shape[job->shape_idx].left)
		return 0;
	state->waited = true;
	if (p->waiting_shapes++ < p->policy->whatif_from ||
	    stats->whatif_tests >= p->policy->whatif_tests)
		return 0;
	stats->whatif_next = p->waiting_shapes;
	weft_search_costs(p->search, &before, &steps);
	rc = weft_whatif_ask(p, job, start, d);
	if (rc == 0 && start != WEFT_TIME_NEVER)
		rc = search(p, job, p->shape[job->shape_idx].limit_sec, start,
			    start, found);
	weft_search_costs(p->search, &after, &steps);
	stats->whatif_tests += after - before;
	return rc;
}

bool weft_planner_is_impossible(struct weft_planner *p, uint32_t shape_idx)
{
	struct weft_shape_state *state = &p->state[shape_idx];

	if (!state->judged)
		state->never = !weft_diagnosis_is_possible(p->cluster, p->placer,
							   &p->shape[shape_idx],
							   p->scratch);
	state->judged = true;
	return state->never;
}

static int plan_one(struct weft_planner *p, const struct weft_job *job,
		    struct weft_decision *d)
{
	const struct weft_shape *shape = &p->shape[job->shape_idx];
	struct weft_shape_state *state = &p->state[job->shape_idx];
	int64_t now = p->cluster->now_sec;
	int64_t from = job->eligible_sec > now ? job->eligible_sec : now;
	bool deep = weft_planner_is_deep(p);
	bool strict = shape->switches_max && job->switch_wait_until_sec > now;
	int64_t window = now + p->policy->window_sec;
	int64_t held = p->policy->starts_only ?
		weft_planner_hold_until(p, job) : window;
	int64_t last = deep ? held : now;
	bool may_now = from == now && !is_full(p);
	uint32_t limit_sec = shape->limit_sec;
	struct weft_found found = { .start_sec = WEFT_TIME_NEVER };
	int rc = 0;

	if (state->never) {
		weft_planner_refuse(p, job, deep, d);
		return 0;
	}
	p->taken++;
	if ((deep && !state->beyond && !(state->far && held < window)) ||
	    (may_now && !state->not_now))
		rc = search(p, job, limit_sec, from, last, &found);
	if (rc == 0 && found.start_sec != now && from == now && !strict &&
	    !state->not_now) {
		if (may_now && shape->limit_min_sec &&
		    shape->limit_min_sec < limit_sec) {
			struct weft_found later = found;
			int64_t start = found.start_sec;

			rc = shrink(p, job, &found, &limit_sec);
			if (rc == 0 && limit_sec == shape->limit_sec &&
			    start != WEFT_TIME_NEVER)
				rc = search(p, job, limit_sec, from, last,
					    &later);
			if (limit_sec == shape->limit_sec)
				found = later;
		}
		state->not_now = found.start_sec != now;
	}
	if (rc == 0 && found.start_sec != now && from == now)
		rc = whatif(p, job, &found, d);
	if (rc == 0 && found.start_sec != WEFT_TIME_NEVER &&
	    shape->limit_min_sec &&
	    weft_planner_misses_deadline(job, found.start_sec,
					 shape->limit_min_sec)) {
		limit_sec = shape->limit_min_sec;
		rc = search(p, job, limit_sec, from, last, &found);
	}
	if (rc)
		return rc;
	if (found.start_sec != WEFT_TIME_NEVER)
		return settle(p, job, &found, limit_sec, d);
	if (deep && weft_planner_is_impossible(p, job->shape_idx))
		p->taken--;
	if (deep && !strict && from == now) {
		state->far = true;
		state->beyond = state->beyond || held == window;
	}
	weft_planner_refuse(p, job, deep, d);
	return 0;
}

/* ---- all jobs ----------------------------------------------------------- */

static struct weft_decision *add_decision(struct weft_planner *p,
					  uint32_t job_idx)
{
	struct weft_plan *plan = p->plan;
	struct weft_decision *more;
	uint32_t cap;

	if (plan->decision_count == p->decision_cap) {
		cap = p->decision_cap * 2;
		more = realloc(plan->decision, cap * sizeof(*more));
		if (!more)
			return NULL;
		plan->decision = more;
		p->decision_cap = cap;
	}
	plan->decision[plan->decision_count] = (struct weft_decision) {
		.job_idx = job_idx,
		.start_sec = WEFT_TIME_NEVER,
		.limit_sec = p->shape[p->job[job_idx].shape_idx].limit_sec,
		.reason = just(WEFT_REASON_NOT_TRIED),
	};
	return &plan->decision[plan->decision_count++];
}

/* A job, or as many tasks of an array as start now and then some. */
static int plan_entry(struct weft_planner *p, uint32_t job_idx)
{
	const struct weft_job *job = &p->job[job_idx];
	uint32_t tasks = job->array_tasks ? job->array_tasks : 1, later = 0;
	struct weft_decision *d = &p->plan->decision[job_idx];
	int rc = 0;

	if (job->gang_id)
		return weft_planner_gang(p, job_idx);
	if (p->shape[job->shape_idx].left && !p->shape[job->shape_idx].nodes) {
		d->reason = just(WEFT_REASON_SELECT);
		return 0;
	}
	if (job->array_running_max == 0) {
		d->reason = just(WEFT_REASON_ARRAY_LIMIT);
		return 0;
	}
	if (tasks > job->array_running_max)
		tasks = job->array_running_max;
	for (uint32_t i = 0; i < tasks && later < WEFT_ARRAY_PLANNED_MAX; i++) {
		if (i)
			d = add_decision(p, job_idx);
		if (!d)
			return -ENOMEM;
		rc = plan_one(p, job, d);
		if (rc || (i && d->start_sec == WEFT_TIME_NEVER)) {
			p->plan->decision_count -= i > 0;
			break;
		}
		if (d->start_sec == WEFT_TIME_NEVER)
			break;
		later += d->reason.kind != WEFT_REASON_START;
	}
	return rc;
}

/*
 * In the order in which the jobs were taken; an array's tasks as its first.
 * before[] is a tree of sums (Fenwick) over the given order, of those taken
 * so far: who is taken and not before a job has passed it.
 */
static int number_line(const struct weft_planner *p)
{
	struct weft_plan *plan = p->plan;
	uint32_t *before = calloc((size_t)p->job_count + 1, sizeof(*before));
	uint32_t place = 0, behind;

	if (!before)
		return -ENOMEM;
	for (uint32_t i = 0; i < p->job_count; i++) {
		struct weft_decision *d = &plan->decision[p->turn[i]];

		if (d->reason.kind == WEFT_REASON_START)
			continue;
		behind = place;
		for (uint32_t k = p->turn[i] + 1; k; k &= k - 1)
			behind -= before[k];
		for (uint32_t k = p->turn[i] + 1; k <= p->job_count; k += k & -k)
			before[k]++;
		d->reason.line_place = ++place;
		d->passed_count = behind;
		d->unpassed_sec = weft_policy_unpassed_sec(p->policy,
							   &p->job[p->turn[i]]);
	}
	free(before);
	for (uint32_t i = p->job_count; i < plan->decision_count; i++) {
		struct weft_decision *d = &plan->decision[i];
		const struct weft_decision *first = &plan->decision[d->job_idx];

		d->reason.line_place = first->reason.line_place;
		d->passed_count = first->passed_count;
		d->unpassed_sec = first->unpassed_sec;
	}
	return 0;
}

static int plan_all(struct weft_planner *p, bool (*stop)(void *arg),
		    void *stop_arg)
{
	struct weft_plan *plan = p->plan;
	bool hopeless = false;
	int rc = 0;

	for (uint32_t i = 0; i < p->job_count; i++)
		if (!add_decision(p, i))
			return -ENOMEM;
	for (uint32_t i = 0; rc == 0 && i < p->job_count; i++) {
		if (stop && i % 16 == 0 && stop(stop_arg)) {
			plan->stats.skipped = p->job_count - i;
			break;
		}
		if (p->policy->starts_only)
			rc = weft_planner_is_hopeless(p, i, &hopeless);
		if (rc || hopeless)
			break;
		rc = plan_entry(p, p->turn[i]);
	}
	if (rc == 0 && !p->policy->starts_only)
		rc = number_line(p);
	plan->stats.jobs = p->job_count;
	if (plan->stats.whatif_next >= p->waiting_shapes ||
	    p->policy->whatif_from >= p->waiting_shapes)
		plan->stats.whatif_next = 0;	/* from the first again */
	plan->stats.shapes = p->shape_count;
	weft_search_costs(p->search, &plan->stats.tests, &plan->stats.steps);
	return rc;
}

int weft_plan_run(const struct weft_cluster *cluster,
		  const struct weft_policy *policy,
		  const struct weft_shape *shapes, uint32_t shape_count,
		  const struct weft_job *jobs, uint32_t job_count,
		  bool (*stop)(void *arg), void *stop_arg,
		  struct weft_plan **ret_plan, struct weft_err *err)
{
	struct weft_planner planner = {
		.cluster = cluster, .policy = policy,
		.shape = shapes, .shape_count = shape_count,
		.job = jobs, .job_count = job_count,
		.begin_usec = policy->clock_usec ? policy->clock_usec() : 0,
	};
	int rc = check_input(cluster, shapes, shape_count, jobs, job_count,
			     err);

	if (rc == 0)
		rc = weft_planner_init(&planner, err);
	if (rc == 0)
		rc = plan_all(&planner, stop, stop_arg);
	if (rc == 0) {
		planner.plan->turn = planner.turn;
		planner.turn = NULL;
		*ret_plan = planner.plan;
		planner.plan = NULL;
	} else if (rc == -ENOMEM) {
		weft_err_set(err, ENOMEM, "no memory to plan %u jobs",
			     job_count);
	}
	weft_planner_fini(&planner);
	return rc;
}

void weft_plan_destroy(struct weft_plan *plan)
{
	if (!plan)
		return;
	free(plan->decision);
	free(plan->place);
	free(plan->blocker);
	free(plan->advice);
	free(plan->turn);
	free(plan);
}
