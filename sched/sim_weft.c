/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sim_weft.c - the plugin's own planner, in virtual time
 *
 * Queue and snapshot go to weft_plan_run() as in plugins/sched/cycle.c, and
 * what it says to start is started where it says.  Nothing here decides.
 *
 * A plan is made anew at each change, but only its starts have an effect.  So
 * the call is spared when it can start nothing: if no waiting shape fits the
 * machine as it stands.  And where jobs are taken in the order of submission,
 * as long as none has left since the last plan those that it let wait still
 * must; then only jobs that came since are asked whether they fit.  A test
 * holds this against planning every time.
 *
 * gap_sec spaces the plans while jobs are left waiting: then a change is seen
 * up to so much later.  It is for long histories; 0 is what the plugin does.
 *
 * Cost: the planner's, on the shapes of the queue.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>

#include "sched/sim_stock.h"

struct weft_state {
	const struct weft_sim_settings *settings;
	int64_t last_sec;	/* of the last plan */
	uint32_t seen;		/* jobs of the history that it knew */
	bool left;		/* a job left since */
	bool waiting;		/* it let jobs wait */
	struct weft_job *job;
	uint32_t job_cap;
	struct weft_shape *shape;	/* of the queue, renumbered */
	uint32_t shape_cap;
	uint32_t *local_of, *stamp_of;	/* [shape_idx] */
	uint32_t stamp;
};

static void weft_destroy(void *arg)
{
	struct weft_state *state = arg;

	if (!state)
		return;
	free(state->job);
	free(state->shape);
	free(state->local_of);
	free(state->stamp_of);
	free(state);
}

static void *weft_create(const struct weft_sim_settings *settings,
			 const struct weft_sim *sim)
{
	struct weft_state *state = calloc(1, sizeof(*state));
	uint32_t shapes = weft_sim_workload(sim)->shape_count;

	if (!state)
		return NULL;
	state->settings = settings;
	state->last_sec = INT64_MIN / 2;
	state->local_of = malloc(shapes * sizeof(*state->local_of));
	state->stamp_of = calloc(shapes, sizeof(*state->stamp_of));
	state->shape = malloc(shapes * sizeof(*state->shape));
	if (!state->local_of || !state->stamp_of || !state->shape) {
		weft_destroy(state);
		return NULL;
	}
	return state;
}

static int need_jobs(struct weft_state *state, uint32_t count)
{
	struct weft_job *more;

	if (count <= state->job_cap)
		return 0;
	count += count / 2 + 64;
	more = realloc(state->job, count * sizeof(*more));
	if (!more)
		return -ENOMEM;
	state->job = more;
	state->job_cap = count;
	return 0;
}

/* The queue as the planner wants it; returns the number of shapes. */
static uint32_t fill(struct weft_state *state, const struct weft_sim *sim,
		     const uint32_t *queue, uint32_t count)
{
	const struct weft_workload *w = weft_sim_workload(sim);
	uint32_t shapes = 0;

	state->stamp++;
	for (uint32_t i = 0; i < count; i++) {
		const struct weft_workload_job *job = &w->job[queue[i]];
		uint32_t s = job->shape_idx;

		if (state->stamp_of[s] != state->stamp) {
			state->stamp_of[s] = state->stamp;
			state->local_of[s] = shapes;
			state->shape[shapes++] = w->shape[s];
		}
		state->job[i] = (struct weft_job) {
			.job_id = queue[i] + 1,
			.shape_idx = state->local_of[s],
			.priority = weft_sim_priority(sim, queue[i]),
			.submit_sec = job->submit_sec,
			.eligible_sec = job->submit_sec,
			.user_id = job->user_idx,
			.array_tasks = 1,
			.array_running_max = UINT32_MAX,
			.predicted_sec = weft_sim_expect(sim, queue[i]),
		};
	}
	return shapes;
}

static int start_all(struct weft_sim *sim, const struct weft_state *state,
		     const struct weft_plan *plan, struct weft_err *err)
{
	int rc = 0;

	for (uint32_t i = 0; rc == 0 && i < plan->decision_count; i++) {
		const struct weft_decision *d = &plan->decision[i];

		if (d->reason.kind == WEFT_REASON_START)
			rc = weft_sim_start(sim,
					    state->job[d->job_idx].job_id - 1,
					    &plan->place[d->place_first],
					    d->place_count, err);
	}
	return rc;
}

/* May any job start that could not at the last plan? */
static bool is_worth_it(const struct weft_state *state,
			const struct weft_sim *sim)
{
	const struct weft_workload *w = weft_sim_workload(sim);
	const struct weft_room *room = weft_sim_room(sim);
	const struct weft_shape *refused = NULL;
	uint32_t count;
	const uint32_t *queue = weft_sim_queue(sim, &count);
	bool as_given = state->settings->policy.order == WEFT_ORDER_PRIORITY &&
		!weft_sim_priorities_change(sim);

	for (uint32_t i = count; i-- > 0;) {
		const struct weft_shape *shape =
			&w->shape[w->job[queue[i]].shape_idx];

		if (as_given && !state->left && queue[i] < state->seen)
			break;
		if (refused && weft_stock_asks_more(shape, refused))
			continue;
		if (weft_stock_fits(room, w->all->size, shape))
			return true;
		refused = shape;
	}
	return false;
}

static int plan(struct weft_state *state, struct weft_sim *sim,
		struct weft_err *err)
{
	struct weft_policy policy = state->settings->policy;
	const struct weft_cluster *c = weft_sim_cluster(sim);
	struct weft_plan *plan;
	uint32_t count, shapes;
	const uint32_t *queue = weft_sim_queue(sim, &count);
	int rc;

	if (!c || need_jobs(state, count))
		return weft_err_set(err, ENOMEM, "no memory for the queue");
	shapes = fill(state, sim, queue, count);
	policy.starts_only = true;
	rc = weft_plan_run(c, &policy, state->shape, shapes, state->job, count,
			   NULL, NULL, &plan, err);
	if (rc)
		return rc;
	rc = start_all(sim, state, plan, err);
	state->last_sec = weft_sim_now(sim);
	state->left = false;
	state->waiting = plan->stats.started < count;
	state->seen = weft_sim_submitted(sim);
	weft_plan_destroy(plan);
	return rc;
}

static int weft_decide(void *arg, struct weft_sim *sim, struct weft_err *err)
{
	struct weft_state *state = arg;
	int64_t next_sec = state->last_sec + state->settings->gap_sec;

	state->left = state->left || weft_sim_has_ended(sim);
	if (state->waiting && weft_sim_now(sim) < next_sec)
		return weft_sim_wake(sim, next_sec);
	return is_worth_it(state, sim) ? plan(state, sim, err) : 0;
}

const struct weft_sim_policy weft_sim_weft = {
	.name = "weft",
	.summary = "the planner of sched/weft, with weft.json's settings",
	.create = weft_create,
	.destroy = weft_destroy,
	.decide = weft_decide,
};
