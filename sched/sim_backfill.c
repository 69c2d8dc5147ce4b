/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sim_backfill.c - a model of stock Slurm: main pass and sched/backfill
 *
 * The main pass takes jobs in order of priority (sim_priority.c).  After the
 * first that must wait it takes no more of that partition, nor for nodes of
 * that partition.  It runs at once when a job ends, batch_sched_delay after
 * a submission, and every sched_interval; a job submitted before all that wait
 * is tried at once.  (slurmctld/job_scheduler.c, schedule();
 * job_mgr.c, job_allocate().)
 *
 * The backfill pass runs every bf_interval if something changed.  Each of the
 * first bf_max_job_test jobs is asked for on the nodes that no job planned
 * before it has: whole nodes, even if the planned job wants one GPU of eight.
 * If it can run now there it starts; else it gets these nodes from the time
 * that select names, rounded to bf_resolution.  (plugins/sched/backfill/
 * backfill.c, _attempt_backfill(), of Slurm 22.05, whose steps are followed
 * one by one in try_job().)
 *
 * Left out: the time that a pass takes, its yields and bf_max_time (here a
 * pass takes none, so on large sites this model is better than the real
 * one), reservations, licences, preemption, time minima.
 *
 * Cost: a backfill pass is O(jobs tested * (running + nodes)), and ends behind
 * the last job that could start in it.
 */
#include "config.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>

#include "sched/sim_space.h"
#include "sched/sim_stock.h"

#define TRIES_MAX 10000
#define TICK_SEC 1	/* slurmctld's loop, and the backfill thread's nap */

#define AT(field) offsetof(struct weft_stock, field)

const struct weft_setting weft_stock_settings[] = {
	{ "bf_interval", WEFT_SETTING_U32, AT(bf_interval), 1, 10800, 30, NULL,
	  "seconds", "between two backfill passes" },
	{ "bf_window", WEFT_SETTING_U32, AT(bf_window), 1, 43200, 1440, NULL,
	  "minutes", "how far ahead backfill plans" },
	{ "bf_resolution", WEFT_SETTING_U32, AT(bf_resolution), 1, 3600, 60,
	  NULL, "seconds", "of planned times" },
	{ "bf_max_job_test", WEFT_SETTING_U32, AT(bf_max_job_test), 1, 1000000,
	  500, NULL, "jobs", "tested in one pass" },
	{ "default_queue_depth", WEFT_SETTING_U32, AT(default_queue_depth), 0,
	  1000000, 100, NULL, "jobs", "tried in a main pass" },
	{ "sched_interval", WEFT_SETTING_U32, AT(sched_interval), 1, 86400, 60,
	  NULL, "seconds", "between two main passes" },
	{ "batch_sched_delay", WEFT_SETTING_U32, AT(batch_sched_delay), 0,
	  3600, 3, NULL, "seconds", "a main pass after a submission" },
	{ "priority_weight_age", WEFT_SETTING_U32, AT(priority_weight_age), 0,
	  UINT32_MAX, 0, NULL, NULL, "PriorityWeightAge" },
	{ "priority_weight_fairshare", WEFT_SETTING_U32,
	  AT(priority_weight_fairshare), 0, UINT32_MAX, 0, NULL, NULL,
	  "PriorityWeightFairshare" },
	{ "priority_weight_job_size", WEFT_SETTING_U32,
	  AT(priority_weight_job_size), 0, UINT32_MAX, 0, NULL, NULL,
	  "PriorityWeightJobSize" },
	{ "priority_favor_small", WEFT_SETTING_BOOL, AT(priority_favor_small),
	  0, 1, 0, NULL, NULL, "PriorityFavorSmall" },
	{ "priority_max_age", WEFT_SETTING_U32, AT(priority_max_age), 1,
	  5256000, 10080, NULL, "minutes", "PriorityMaxAge" },
	{ "priority_decay_half_life", WEFT_SETTING_U32,
	  AT(priority_decay_half_life), 0, 5256000, 10080, NULL, "minutes",
	  "PriorityDecayHalfLife" },
	{ "priority_calc_period", WEFT_SETTING_U32, AT(priority_calc_period),
	  1, 525600, 5, NULL, "minutes", "PriorityCalcPeriod" },
	{ NULL }
};

struct backfill {
	const struct weft_stock *stock;
	struct weft_space space;
	struct weft_endings endings;
	struct weft_idxset *avail, *nodes;
	struct weft_room *scratch;
	struct weft_place *place;
	int64_t main_sec, full_sec, backfill_sec;	/* when next */
	int64_t last_main_sec;	/* of those that its clock makes */
	uint32_t seen;		/* jobs of the workload that were submitted */
	bool changed;		/* since the last backfill pass */
};

static void backfill_destroy(void *arg)
{
	struct backfill *b = arg;

	if (!b)
		return;
	weft_space_fini(&b->space);
	weft_endings_fini(&b->endings);
	weft_idxset_destroy(b->avail);
	weft_idxset_destroy(b->nodes);
	free(b->scratch);
	free(b->place);
	free(b);
}

static void *backfill_create(const struct weft_sim_settings *settings,
			     const struct weft_sim *sim)
{
	struct backfill *b = calloc(1, sizeof(*b));
	uint32_t nodes = weft_sim_workload(sim)->all->size;

	if (!b)
		return NULL;
	b->stock = &settings->stock;
	b->avail = weft_idxset_create(nodes);
	b->nodes = weft_idxset_create(nodes);
	b->scratch = malloc(nodes * sizeof(*b->scratch));
	b->place = malloc(nodes * sizeof(*b->place));
	b->main_sec = WEFT_TIME_NEVER;
	b->last_main_sec = INT64_MIN / 2;
	b->full_sec = b->backfill_sec = weft_sim_now(sim);
	if (weft_space_init(&b->space, nodes) || !b->avail || !b->nodes ||
	    !b->scratch || !b->place) {
		backfill_destroy(b);
		return NULL;
	}
	return b;
}

static const struct weft_shape *shape_of(const struct weft_sim *sim,
					 uint32_t job_idx)
{
	const struct weft_workload *w = weft_sim_workload(sim);

	return &w->shape[w->job[job_idx].shape_idx];
}

/* ---- the main pass -------------------------------------------------------- */

static int main_pass(struct backfill *b, struct weft_sim *sim, uint32_t depth,
		     struct weft_err *err)
{
	uint32_t count, nodes = weft_sim_workload(sim)->all->size;
	const uint32_t *queue = weft_sim_queue(sim, &count);
	const struct weft_workload *w = weft_sim_workload(sim);
	const struct weft_idxset *failed = NULL, *partition;
	int rc = 0;

	weft_idxset_fill(b->avail);
	for (uint32_t i = 0; rc == 0 && i < count && i < depth; i++) {
		const struct weft_shape *shape = shape_of(sim, queue[i]);

		partition = w->partition[w->job[queue[i]].shape_idx];
		if (weft_sim_is_started(sim, queue[i]) || partition == failed)
			continue;
		if (!weft_stock_choose(weft_sim_room(sim), nodes, b->avail,
				       shape, b->place)) {
			failed = partition;
			weft_idxset_andnot(b->avail, failed);
			if (!weft_idxset_count(b->avail))
				break;
			continue;
		}
		b->changed = true;
		rc = weft_sim_start(sim, queue[i], b->place, shape->nodes_min,
				    err);
	}
	return rc;
}

static int64_t later(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* Jobs that were just submitted behind nobody. */
static int submitted(struct backfill *b, struct weft_sim *sim,
		     struct weft_err *err)
{
	uint32_t count, fresh = 0, submitted = weft_sim_submitted(sim);
	const uint32_t *queue = weft_sim_queue(sim, &count);

	if (submitted == b->seen)
		return 0;
	while (fresh < count && queue[fresh] >= b->seen)
		fresh++;
	b->seen = submitted;
	b->changed = true;
	if (b->main_sec == WEFT_TIME_NEVER)
		b->main_sec = later(weft_sim_now(sim) + TICK_SEC,
				    b->last_main_sec +
				    b->stock->batch_sched_delay);
	return fresh ? main_pass(b, sim, fresh, err) : 0;
}

/* ---- the backfill pass ----------------------------------------------------- */

static void set_nodes(struct weft_idxset *set, const struct weft_place *place,
		      uint32_t count)
{
	weft_idxset_clear(set);
	for (uint32_t i = 0; i < count; i++)
		weft_idxset_add(set, place[i].node_idx);
}

/* Plan whole nodes for it; 1 if it must be looked for later than *from. */
static int plan_job(struct backfill *b, int64_t now, int64_t start,
		    const struct weft_shape *shape, int64_t *from)
{
	int64_t unit = b->stock->bf_resolution;
	int64_t begin = start / unit * unit;
	int64_t end = (start + shape->limit_sec) / unit * unit;

	if (start > now + (int64_t)b->stock->bf_window * 60)
		return 0;
	set_nodes(b->nodes, b->place, shape->nodes_min);
	if (weft_space_overlaps(&b->space, b->nodes, begin, end)) {
		*from = start > *from ? start : *from + 1;
		return 1;
	}
	begin = begin > b->space.slot[0].begin_sec ? begin :
		b->space.slot[0].begin_sec;
	if (end < begin + unit)
		end = begin + unit;
	return weft_space_add(&b->space, b->nodes, begin, end);
}

static int try_job(struct backfill *b, struct weft_sim *sim, uint32_t job_idx,
		   struct weft_err *err)
{
	const struct weft_cluster *c = weft_sim_cluster(sim);
	const struct weft_shape *shape = shape_of(sim, job_idx);
	int64_t now = weft_sim_now(sim), from = now, later, start;
	int rc;

	for (uint32_t tries = 0; tries < TRIES_MAX; tries++) {
		later = weft_space_avail(&b->space, from,
					 from + shape->limit_sec, b->avail);
		start = WEFT_TIME_NEVER;
		if (weft_idxset_count(b->avail) >= shape->nodes_min)
			start = weft_stock_when(weft_sim_room(sim), c,
						&b->endings, b->avail, shape,
						b->scratch, b->place);
		if (start == WEFT_TIME_NEVER) {
			if (!later)
				return 0;
			from = later;
			continue;
		}
		if (start < from)
			start = from;
		if (start <= now)
			return weft_sim_start(sim, job_idx, b->place,
					      shape->nodes_min, err);
		if (later && start > later) {
			from = later;
			continue;
		}
		rc = plan_job(b, now, start, shape, &from);
		if (rc <= 0)
			return rc;
	}
	return 0;
}

/*
 * Where in the queue a pass may end that stands at first and may test so many
 * more: behind the last of them that fits what is free at this moment.  What it
 * would plan for others dies with the pass.
 */
static uint32_t pass_end(const struct weft_sim *sim, uint32_t first,
			 uint32_t tests)
{
	const struct weft_shape *refused = NULL;
	uint32_t nodes = weft_sim_workload(sim)->all->size, all, end = first;
	const uint32_t *queue = weft_sim_queue(sim, &all);

	for (; end < all && tests; end++)
		tests -= !weft_sim_is_started(sim, queue[end]);
	for (; end > first; end--) {
		const struct weft_shape *shape = shape_of(sim, queue[end - 1]);

		if (weft_sim_is_started(sim, queue[end - 1]) ||
		    (refused && weft_stock_asks_more(shape, refused)))
			continue;
		if (weft_stock_fits(weft_sim_room(sim), nodes, shape))
			break;
		refused = shape;
	}
	return end;
}

static int begin_pass(struct backfill *b, struct weft_sim *sim)
{
	int64_t now = weft_sim_now(sim);
	const struct weft_cluster *c = weft_sim_cluster(sim);

	if (!c || weft_endings_sort(&b->endings, c))
		return -ENOMEM;
	return weft_space_reset(&b->space, now, now + 60 *
				(int64_t)b->stock->bf_window);
}

/* Ends change as jobs start in the pass; select would see them at once. */
static int backfill_pass(struct backfill *b, struct weft_sim *sim,
			 struct weft_err *err)
{
	const struct weft_cluster *c;
	uint32_t all, tests = b->stock->bf_max_job_test;
	const uint32_t *queue = weft_sim_queue(sim, &all);
	uint32_t end = pass_end(sim, 0, tests);
	int rc = end ? begin_pass(b, sim) : 0;

	for (uint32_t i = 0; rc == 0 && i < end; i++) {
		if (weft_sim_is_started(sim, queue[i]))
			continue;
		tests--;
		rc = try_job(b, sim, queue[i], err);
		if (rc == 0 && weft_sim_is_started(sim, queue[i])) {
			c = weft_sim_cluster(sim);
			rc = c ? weft_endings_sort(&b->endings, c) : -ENOMEM;
			end = pass_end(sim, i + 1, tests);
		}
	}
	return rc == -ENOMEM ? weft_err_set(err, ENOMEM,
					    "no memory for a backfill pass") : rc;
}

/* ---- its clock --------------------------------------------------------------- */

/* Every interval; the clock went on while the queue was empty. */
static bool is_due(int64_t *next_sec, int64_t now, uint32_t interval)
{
	if (*next_sec > now)
		return false;
	*next_sec = now + interval;
	return true;
}

static int main_passes(struct backfill *b, struct weft_sim *sim,
		       struct weft_err *err)
{
	const struct weft_stock *stock = b->stock;
	int64_t now = weft_sim_now(sim);
	int rc = 0;

	if (weft_sim_has_ended(sim))
		rc = main_pass(b, sim, stock->default_queue_depth, err);
	if (rc == 0 && is_due(&b->full_sec, now, stock->sched_interval)) {
		b->main_sec = WEFT_TIME_NEVER;
		b->last_main_sec = now;
		rc = main_pass(b, sim, UINT32_MAX, err);
	} else if (rc == 0 && b->main_sec <= now) {
		b->main_sec = WEFT_TIME_NEVER;
		b->last_main_sec = now;
		rc = main_pass(b, sim, stock->default_queue_depth, err);
	}
	return rc;
}

static int backfill_decide(void *arg, struct weft_sim *sim,
			   struct weft_err *err)
{
	struct backfill *b = arg;
	int64_t now = weft_sim_now(sim), next;
	int rc = submitted(b, sim, err);

	if (weft_sim_has_ended(sim))
		b->changed = true;
	if (rc == 0)
		rc = main_passes(b, sim, err);
	if (rc == 0 && b->changed && b->backfill_sec <= now) {
		rc = backfill_pass(b, sim, err);
		b->backfill_sec = now + b->stock->bf_interval;
		b->changed = false;
	}
	next = b->full_sec < b->main_sec ? b->full_sec : b->main_sec;
	if (b->changed && b->backfill_sec < next)
		next = b->backfill_sec;
	if (rc == 0 && weft_sim_wake(sim, next))
		rc = weft_err_set(err, ENOMEM, "no memory for events");
	return rc;
}

const struct weft_sim_policy weft_sim_backfill = {
	.name = "backfill",
	.summary = "stock Slurm: the main pass and sched/backfill",
	.create = backfill_create,
	.destroy = backfill_destroy,
	.decide = backfill_decide,
};
