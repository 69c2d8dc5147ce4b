/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sim.c - see sim.h
 *
 * A discrete-event loop: take all events of the next second, bring queue and
 * machine up to date, ask the policy once.  Between seconds nothing changes,
 * so watchers look at any second in between for free.
 *
 * The state is kept twice: what is free on each node (for tests of fit), and
 * the list of running jobs with their holds, of which a snapshot for the
 * planner is copied only if something changed since the last.
 *
 * Invariants: what nodes hold and what is free add up to their totals; a job
 * is in exactly one of: to come, queue, running, gone; time never goes back.
 *
 * Cost: O(log events) an event, O(running holds) a snapshot, and the
 * policy's own.
 *
 * Left out: nodes that fail, reservations, licences, preemption, requeues and
 * dependencies, which traces do not tell.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sched/sim.h"
#include "sched/sim_events.h"
#include "sched/sim_priority.h"

struct live {
	uint32_t job_idx, hold_count;
	struct weft_opinion said;	/* of its run time, when it started */
	struct weft_hold *hold;
};

struct weft_sim {
	const struct weft_machine *machine;
	const struct weft_workload *workload;
	const struct weft_sim_watch *watch;
	const struct weft_sim_settings *settings;
	struct weft_outcome *outcome;
	struct weft_events events;
	struct weft_priority *priority;
	int64_t now_sec, look_sec, wake_sec;
	struct weft_room *room;		/* [node] */
	uint32_t *queue;
	uint32_t queue_count, submitted;
	struct live *live;
	uint32_t *live_of;		/* [job_idx] */
	uint32_t live_count, live_cap;
	uint32_t done;
	bool changed, ended, stale;
	struct weft_cluster cluster;	/* the snapshot */
	uint32_t running_cap, hold_cap, holds_live;
};

int64_t weft_sim_now(const struct weft_sim *sim)
{
	return sim->now_sec;
}

const struct weft_workload *weft_sim_workload(const struct weft_sim *sim)
{
	return sim->workload;
}

const uint32_t *weft_sim_queue(const struct weft_sim *sim, uint32_t *ret_count)
{
	*ret_count = sim->queue_count;
	return sim->queue;
}

bool weft_sim_is_started(const struct weft_sim *sim, uint32_t job_idx)
{
	return sim->outcome->start_sec[job_idx] >= 0;
}

const struct weft_room *weft_sim_room(const struct weft_sim *sim)
{
	return sim->room;
}

const struct weft_node *weft_sim_nodes(const struct weft_sim *sim)
{
	return sim->cluster.node;
}

uint32_t weft_sim_priority(const struct weft_sim *sim, uint32_t job_idx)
{
	return weft_priority_get(sim->priority, job_idx);
}

bool weft_sim_priorities_change(const struct weft_sim *sim)
{
	return weft_priority_changes(sim->priority);
}

uint32_t weft_sim_submitted(const struct weft_sim *sim)
{
	return sim->submitted;
}

bool weft_sim_has_ended(const struct weft_sim *sim)
{
	return sim->ended;
}

static const struct weft_shape *shape_of(const struct weft_sim *sim,
					 uint32_t job_idx)
{
	return &sim->workload->shape[sim->workload->job[job_idx].shape_idx];
}

/* ---- second opinions -------------------------------------------------------- */

static struct weft_predict_key key_of(const struct weft_sim *sim,
				      uint32_t job_idx)
{
	const struct weft_workload_job *job = &sim->workload->job[job_idx];
	const struct weft_shape *s = shape_of(sim, job_idx);

	return (struct weft_predict_key) {
		.user_idx = job->user_idx, .account_idx = job->group_idx,
		.name_hash = job->name_hash, .nodes = s->nodes_min,
		.gpus = (double)s->nodes_min * s->per_node.gpus,
		.cpus = (double)s->nodes_min * s->per_node.cpus,
		.limit_sec = s->limit_sec,
	};
}

double weft_sim_expect(const struct weft_sim *sim, uint32_t job_idx)
{
	struct weft_predict_key key;

	if (!sim->settings->opinions || !sim->settings->policy.predict)
		return 0;
	key = key_of(sim, job_idx);
	return weft_opinions_expect(sim->settings->opinions,
		(enum weft_predict_method)sim->settings->policy.predict, &key);
}

static void ask_opinion(struct weft_sim *sim, struct live *live)
{
	struct weft_predict_key key;

	if (!sim->settings->opinions)
		return;
	key = key_of(sim, live->job_idx);
	weft_opinions_ask(sim->settings->opinions, &key, &live->said);
}

static void learn(struct weft_sim *sim, const struct live *gone)
{
	struct weft_predict_key key;

	if (!sim->settings->opinions)
		return;
	key = key_of(sim, gone->job_idx);
	weft_opinions_learn(sim->settings->opinions, &key, &gone->said,
			    sim->workload->job[gone->job_idx].runtime_sec);
}

/* ---- the snapshot --------------------------------------------------------- */

static int grow(void **array, uint32_t *cap, uint32_t need, size_t size)
{
	void *more;

	if (need <= *cap)
		return 0;
	need += need / 2 + 64;
	more = realloc(*array, need * size);
	if (!more)
		return -ENOMEM;
	*array = more;
	*cap = need;
	return 0;
}

const struct weft_cluster *weft_sim_cluster(struct weft_sim *sim)
{
	struct weft_cluster *c = &sim->cluster;
	void *running = c->running, *hold = c->hold;
	int rc;

	c->now_sec = sim->now_sec;
	if (!sim->stale)
		return c;
	rc = grow(&running, &sim->running_cap, sim->live_count,
		  sizeof(*c->running));
	c->running = running;
	if (rc == 0)
		rc = grow(&hold, &sim->hold_cap, sim->holds_live,
			  sizeof(*c->hold));
	c->hold = hold;
	if (rc)
		return NULL;
	c->hold_count = 0;
	for (uint32_t i = 0; i < sim->live_count; i++) {
		const struct live *l = &sim->live[i];

		c->running[i] = (struct weft_running) {
			.job_id = l->job_idx + 1,
			.end_sec = weft_time_after(
				sim->outcome->start_sec[l->job_idx],
				shape_of(sim, l->job_idx)->limit_sec),
			.hold_first = c->hold_count,
			.hold_count = l->hold_count,
		};
		memcpy(&c->hold[c->hold_count], l->hold,
		       l->hold_count * sizeof(*l->hold));
		c->hold_count += l->hold_count;
	}
	c->running_count = sim->live_count;
	sim->stale = false;
	return c;
}

/* ---- starting and ending --------------------------------------------------- */

static int take(struct weft_sim *sim, const struct weft_hold *hold,
		int32_t gpu_type_idx, struct weft_err *err)
{
	const struct weft_cluster *c = &sim->cluster;
	struct weft_room *room;

	if (hold->node_idx >= c->node_count)
		return weft_err_set(err, EINVAL, "node %u of %u",
				    hold->node_idx, c->node_count);
	room = &sim->room[hold->node_idx];
	if (room->cpus < hold->cpus || room->mem_mib < hold->mem_mib ||
	    hold->gpus & ~weft_room_gpus(room, gpu_type_idx))
		return weft_err_set(err, EBUSY, "%s cannot hold it",
				    c->node[hold->node_idx].name);
	room->cpus -= hold->cpus;
	room->mem_mib -= hold->mem_mib;
	room->gpus &= ~hold->gpus;
	return 0;
}

static void give_back(struct weft_sim *sim, const struct weft_hold *hold,
		      uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		struct weft_room *room = &sim->room[hold[i].node_idx];

		room->cpus += hold[i].cpus;
		room->mem_mib += hold[i].mem_mib;
		room->gpus |= hold[i].gpus;
	}
}

/* All holds of a job, or none. */
static int take_all(struct weft_sim *sim, uint32_t job_idx,
		    const struct weft_place *place, uint32_t count,
		    struct weft_hold *hold, struct weft_err *err)
{
	const struct weft_shape *s = shape_of(sim, job_idx);
	int rc = 0;

	if (count != s->nodes_min)
		return weft_err_set(err, EBUSY, "%u nodes instead of %u", count,
				    s->nodes_min);
	for (uint32_t i = 0; i < count; i++) {
		hold[i] = (struct weft_hold) {
			.node_idx = place[i].node_idx,
			.cpus = s->per_node.cpus,
			.mem_mib = s->per_node.mem_mib,
			.gpus = place[i].gpus,
		};
		if ((uint32_t)__builtin_popcountll(place[i].gpus) !=
		    s->per_node.gpus)
			rc = weft_err_set(err, EBUSY, "not the GPUs asked for");
		else if (!weft_idxset_has(s->nodes, place[i].node_idx))
			rc = weft_err_set(err, EBUSY, "a node that it may not use");
		if (rc == 0)
			rc = take(sim, &hold[i], s->gpu_type_idx, err);
		if (rc) {
			give_back(sim, hold, i);
			return rc;
		}
	}
	return 0;
}

int weft_sim_start(struct weft_sim *sim, uint32_t job_idx,
		   const struct weft_place *place, uint32_t count,
		   struct weft_err *err)
{
	const struct weft_workload_job *job = &sim->workload->job[job_idx];
	struct weft_hold *hold;
	void *live = sim->live;
	int rc;

	if (weft_sim_is_started(sim, job_idx))
		return weft_err_set(err, EBUSY, "job %u started twice",
				    job_idx + 1);
	hold = malloc((count ? count : 1) * sizeof(*hold));
	rc = grow(&live, &sim->live_cap, sim->live_count + 1,
		  sizeof(*sim->live));
	sim->live = live;
	if (!hold || rc ||
	    weft_events_add(&sim->events, sim->now_sec + job->runtime_sec +
			    sim->settings->completing_sec,
			    WEFT_EVENT_END, job_idx)) {
		free(hold);
		return weft_err_set(err, ENOMEM, "no memory to start a job");
	}
	rc = take_all(sim, job_idx, place, count, hold, err);
	if (rc) {
		weft_err_prefix(err, "job %u at %lld", job_idx + 1,
				(long long)sim->now_sec);
		free(hold);
		return rc;
	}
	sim->outcome->start_sec[job_idx] = sim->now_sec;
	sim->outcome->started++;
	weft_priority_started(sim->priority, job_idx, sim->now_sec);
	sim->live_of[job_idx] = sim->live_count;
	sim->live[sim->live_count] = (struct live) {
		.job_idx = job_idx, .hold_count = count, .hold = hold };
	ask_opinion(sim, &sim->live[sim->live_count++]);
	sim->holds_live += count;
	sim->stale = true;
	if (sim->watch && sim->watch->started)
		sim->watch->started(sim->watch->arg, sim, job_idx, hold, count);
	return 0;
}

static void end_job(struct weft_sim *sim, uint32_t job_idx)
{
	uint32_t i = sim->live_of[job_idx];
	struct live gone = sim->live[i];

	give_back(sim, gone.hold, gone.hold_count);
	weft_priority_ended(sim->priority, job_idx, sim->now_sec);
	learn(sim, &gone);
	sim->holds_live -= gone.hold_count;
	free(gone.hold);
	sim->live[i] = sim->live[--sim->live_count];
	sim->live_of[sim->live[i].job_idx] = i;
	sim->outcome->end_sec[job_idx] = sim->now_sec -
		sim->settings->completing_sec;
	sim->done++;
	sim->stale = sim->ended = true;
}

int weft_sim_wake(struct weft_sim *sim, int64_t sec)
{
	if (sec <= sim->now_sec || sec == WEFT_TIME_NEVER ||
	    sec == sim->wake_sec)
		return 0;
	sim->wake_sec = sec;
	return weft_events_add(&sim->events, sec, WEFT_EVENT_WAKE, 0);
}

/* ---- the queue -------------------------------------------------------------- */

static void drop_started(struct weft_sim *sim)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < sim->queue_count; i++)
		if (!weft_sim_is_started(sim, sim->queue[i]))
			sim->queue[kept++] = sim->queue[i];
	sim->queue_count = kept;
}

static void cancel(struct weft_sim *sim, uint32_t job_idx)
{
	uint32_t kept = 0;

	if (weft_sim_is_started(sim, job_idx))
		return;
	for (uint32_t i = 0; i < sim->queue_count; i++)
		if (sim->queue[i] != job_idx)
			sim->queue[kept++] = sim->queue[i];
	sim->queue_count = kept;
	sim->ended = true;	/* what was planned for it is free */
	sim->done++;
}

static int submit(struct weft_sim *sim, uint32_t job_idx)
{
	const struct weft_workload_job *job = &sim->workload->job[job_idx];
	int rc = 0;

	sim->queue[sim->queue_count++] = job_idx;
	sim->submitted = job_idx + 1;
	if (job->patience_sec != UINT32_MAX)
		rc = weft_events_add(&sim->events,
				     job->submit_sec + job->patience_sec,
				     WEFT_EVENT_CANCEL, job_idx);
	if (rc == 0 && job_idx + 1 < sim->workload->job_count)
		rc = weft_events_add(&sim->events, job[1].submit_sec,
				     WEFT_EVENT_SUBMIT, job_idx + 1);
	return rc;
}

/* ---- the loop --------------------------------------------------------------- */

/* Every event of this second.  A submission of the same second may add one. */
static int apply(struct weft_sim *sim)
{
	const struct weft_event *first;
	int rc = 0;

	sim->changed = sim->ended = false;
	while (rc == 0 && (first = weft_events_first(&sim->events)) &&
	       first->sec == sim->now_sec) {
		struct weft_event event = *first;

		weft_events_remove_first(&sim->events);
		sim->changed = true;
		if (event.kind == WEFT_EVENT_END)
			end_job(sim, event.idx);
		else if (event.kind == WEFT_EVENT_CANCEL)
			cancel(sim, event.idx);
		else if (event.kind == WEFT_EVENT_SUBMIT)
			rc = submit(sim, event.idx);
	}
	return rc;
}

static void look(struct weft_sim *sim, int64_t until)
{
	const struct weft_sim_watch *watch = sim->watch;

	if (!watch || !watch->look || !watch->every_sec)
		return;
	for (; sim->look_sec < until; sim->look_sec += watch->every_sec)
		watch->look(watch->arg, sim, sim->look_sec);
}

static bool is_stopped(const struct weft_sim *sim)
{
	return sim->watch && sim->watch->progress &&
		sim->outcome->decisions % 64 == 0 &&
		sim->watch->progress(sim->watch->arg, sim->done);
}

static int loop(struct weft_sim *sim, const struct weft_sim_policy *policy,
		void *state, struct weft_err *err)
{
	const struct weft_event *first;
	int rc = weft_events_add(&sim->events, sim->workload->job[0].submit_sec,
				 WEFT_EVENT_SUBMIT, 0);

	while (rc == 0 && (first = weft_events_first(&sim->events)) &&
	       sim->done < sim->workload->job_count) {
		look(sim, first->sec);
		sim->now_sec = first->sec;
		rc = apply(sim);
		if (rc)
			return weft_err_set(err, ENOMEM, "no memory for events");
		if (!sim->queue_count)
			continue;
		weft_priority_sort(sim->priority, sim->now_sec, sim->queue,
				   sim->queue_count);
		sim->outcome->decisions++;
		rc = policy->decide(state, sim, err);
		drop_started(sim);
		if (rc == 0 && is_stopped(sim))
			rc = weft_err_set(err, EINTR, "stopped");
	}
	sim->outcome->last_sec = sim->now_sec - sim->settings->completing_sec;
	return rc;
}

static int init(struct weft_sim *sim, const struct weft_stock *stock,
		struct weft_err *err)
{
	uint32_t nodes = sim->machine->cluster.node_count;
	uint32_t jobs = sim->workload->job_count;

	sim->cluster = sim->machine->cluster;
	sim->cluster.running = NULL;
	sim->cluster.hold = NULL;
	sim->now_sec = sim->look_sec = sim->workload->job[0].submit_sec;
	sim->wake_sec = INT64_MIN;
	sim->stale = true;
	sim->room = calloc(nodes, sizeof(*sim->room));
	sim->queue = malloc(jobs * sizeof(*sim->queue));
	sim->priority = weft_priority_create(stock, &sim->cluster,
					     sim->workload);
	sim->live_of = malloc(jobs * sizeof(*sim->live_of));
	sim->outcome = calloc(1, sizeof(*sim->outcome));
	if (sim->outcome) {
		sim->outcome->first_sec = sim->now_sec;
		sim->outcome->start_sec = malloc(jobs * sizeof(int64_t));
		sim->outcome->end_sec = malloc(jobs * sizeof(int64_t));
	}
	if (!sim->room || !sim->queue || !sim->live_of || !sim->outcome ||
	    !sim->priority ||
	    !sim->outcome->start_sec || !sim->outcome->end_sec)
		return weft_err_set(err, ENOMEM, "no memory for %u jobs", jobs);
	memset(sim->outcome->start_sec, 0xff, jobs * sizeof(int64_t));
	memset(sim->outcome->end_sec, 0xff, jobs * sizeof(int64_t));
	for (uint32_t i = 0; i < nodes; i++) {
		const struct weft_amount *has = &sim->cluster.node[i].total;

		sim->room[i] = (struct weft_room) {
			.cpus = has->cpus, .mem_mib = has->mem_mib,
			.gpus = weft_gpus_below(has->gpus),
			.of_type = sim->cluster.node[i].gpus_of_type,
		};
	}
	return 0;
}

static void fini(struct weft_sim *sim)
{
	for (uint32_t i = 0; i < sim->live_count; i++)
		free(sim->live[i].hold);
	free(sim->live);
	free(sim->live_of);
	free(sim->queue);
	free(sim->room);
	free(sim->cluster.running);
	free(sim->cluster.hold);
	weft_events_fini(&sim->events);
	weft_priority_destroy(sim->priority);
	weft_outcome_destroy(sim->outcome);
}

int weft_sim_run(const struct weft_machine *machine,
		 const struct weft_workload *workload,
		 const struct weft_sim_policy *policy,
		 const struct weft_sim_settings *settings,
		 const struct weft_sim_watch *watch,
		 struct weft_outcome **ret_outcome, struct weft_err *err)
{
	struct weft_sim sim = { .machine = machine, .workload = workload,
				.watch = watch, .settings = settings };
	void *state = NULL;
	int rc = init(&sim, &settings->stock, err);

	if (rc == 0) {
		state = policy->create(settings, &sim);
		rc = state ? loop(&sim, policy, state, err) :
			weft_err_set(err, ENOMEM, "no memory for %s",
				     policy->name);
		policy->destroy(state);
	}
	if (rc)
		weft_err_prefix(err, "%s", policy->name);
	if (rc == 0) {
		*ret_outcome = sim.outcome;
		sim.outcome = NULL;
	}
	fini(&sim);
	return rc;
}

void weft_outcome_destroy(struct weft_outcome *outcome)
{
	if (!outcome)
		return;
	free(outcome->start_sec);
	free(outcome->end_sec);
	free(outcome);
}
