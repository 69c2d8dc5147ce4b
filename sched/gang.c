/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gang.c - jobs that start together: one start for the parts of a het job
 *
 * Slurm calls the parts of a heterogeneous job its components.  Each is a job
 * with a shape, a partition and a limit of its own; all start at once, each on
 * nodes that no other has, as Slurm's own backfill starts them, or none does.
 *
 * Nothing is held before that start, so who ends by then, or fits beside, may run
 * there; from it on everything is held, and who is planned later delays no part.
 *
 * The parts have their turn when the last of them has: nobody that Slurm's
 * order puts before any part is passed by another.  A part of which nothing is
 * known (weft_shape.left) has no place; the others are planned without it.  If
 * a part is missing altogether (it may not start yet, say for a limit), nothing
 * of the gang is planned, and nothing held.
 *
 * How the start is found, what it costs and when it is not exact: gang_start.c.
 *
 * Source: _het_job_start_find() and _het_job_start_test() in
 * src/plugins/sched/backfill/backfill.c, which has each part hold a place of its
 * own, not before the starts that the others had so far.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>

#include "sched/gang_impl.h"

#define TESTS_MAX 64		/* and so many more for each member */
#define TESTS_A_MEMBER 16
#define NONE UINT32_MAX

/* ---- all gangs ---------------------------------------------------------- */

static int compare(const void *a, const void *b)
{
	const struct weft_gang_member *x = a, *y = b;

	if (x->gang_id != y->gang_id)
		return x->gang_id < y->gang_id ? -1 : 1;
	if (x->part != y->part)
		return x->part < y->part ? -1 : 1;
	return x->job_idx < y->job_idx ? -1 : x->job_idx > y->job_idx;
}

static int allocate(struct weft_gangs *g, uint32_t node_count)
{
	size_t nodes = (size_t)node_count + 1;

	g->member = malloc(g->count * sizeof(*g->member));
	g->size = calloc(g->count, sizeof(*g->size));
	g->seen = calloc(g->count, sizeof(*g->seen));
	g->part = malloc(g->count * sizeof(*g->part));
	g->order = malloc(g->count * sizeof(*g->order));
	g->taken = weft_idxset_create(node_count);
	g->pool = malloc(nodes * sizeof(*g->pool));
	g->pick = malloc(nodes * sizeof(*g->pick));
	if (!g->member || !g->size || !g->seen || !g->part || !g->order ||
	    !g->taken || !g->pool || !g->pick)
		return -ENOMEM;
	for (uint32_t i = 0; i < node_count; i++)
		g->pick[i] = i;
	return 0;
}

int weft_gangs_create(const struct weft_job *jobs, uint32_t job_count,
		      uint32_t node_count, struct weft_gangs **ret_gangs)
{
	struct weft_gangs *g;
	uint32_t count = 0, first = 0;

	*ret_gangs = NULL;
	for (uint32_t i = 0; i < job_count; i++)
		count += jobs[i].gang_id > 0;
	if (!count)
		return 0;
	g = calloc(1, sizeof(*g));
	if (!g)
		return -ENOMEM;
	g->count = count;
	if (allocate(g, node_count)) {
		weft_gangs_destroy(g);
		return -ENOMEM;
	}
	count = 0;
	for (uint32_t i = 0; i < job_count; i++)
		if (jobs[i].gang_id)
			g->member[count++] = (struct weft_gang_member) {
				jobs[i].gang_id, jobs[i].gang_part, i };
	qsort(g->member, count, sizeof(*g->member), compare);
	for (uint32_t i = 0; i < count; i++) {
		if (g->member[i].gang_id != g->member[first].gang_id)
			first = i;
		g->size[first]++;
	}
	*ret_gangs = g;
	return 0;
}

void weft_gangs_destroy(struct weft_gangs *g)
{
	if (!g)
		return;
	free(g->member);
	free(g->size);
	free(g->seen);
	free(g->part);
	free(g->order);
	weft_idxset_destroy(g->taken);
	free(g->pool);
	free(g->pick);
	free(g->use);
	free(g);
}

/* The gang's first member. */
static uint32_t find(const struct weft_gangs *g, uint32_t gang_id)
{
	uint32_t low = 0, high = g->count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (g->member[middle].gang_id < gang_id)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* ---- one gang: who and when --------------------------------------------- */

/*
 * The parts among these members of which something is known; returns how many
 * parts there are with those, and in *ret_from the time that all may start.
 */
static uint32_t list_parts(struct weft_planner *p, uint32_t first,
			   uint32_t count, int64_t *ret_from)
{
	struct weft_gangs *g = p->gangs;
	uint32_t parts = 0, last = NONE;
	struct weft_gang_part *part = NULL;

	g->part_count = 0;
	*ret_from = p->cluster->now_sec;
	for (uint32_t i = first; i < first + count; i++) {
		const struct weft_gang_member *m = &g->member[i];
		const struct weft_job *job = &p->job[m->job_idx];

		if (i == first || m->part != last) {
			parts++;
			part = NULL;
			last = m->part;
		}
		if (job->eligible_sec > *ret_from)
			*ret_from = job->eligible_sec;
		if (weft_gang_is_unknown(p, job->shape_idx))
			continue;
		if (!part) {
			part = &g->part[g->part_count++];
			*part = (struct weft_gang_part) {
				.first = i, .job_idx = m->job_idx,
				.alone_sec = WEFT_TIME_NEVER };
		}
		part->count = i + 1 - part->first;
	}
	return parts;
}

/* ---- one gang: what is said and held ------------------------------------ */

static struct weft_reason waits_for_part(uint32_t job_id, bool nodes_short)
{
	return (struct weft_reason) { .kind = WEFT_REASON_PARTS,
		.wanted = job_id, .available = nodes_short, .detail_idx = -1 };
}

static void say_all(struct weft_planner *p, uint32_t first, uint32_t count,
		    struct weft_reason reason)
{
	for (uint32_t i = first; i < first + count; i++) {
		uint32_t job_idx = p->gangs->member[i].job_idx;
		struct weft_decision *d = &p->plan->decision[job_idx];

		d->reason = reason;
		if (p->shape[p->job[job_idx].shape_idx].left)
			d->reason = (struct weft_reason) {
				.kind = WEFT_REASON_SELECT, .detail_idx = -1 };
	}
}

/* No start by the end of the search: the last part tells why, the others that. */
static void refuse(struct weft_planner *p, bool deep)
{
	struct weft_gangs *g = p->gangs;
	const struct weft_gang_part *part = &g->part[g->last_part];
	struct weft_reason reason = waits_for_part(weft_gang_job(p, part)->job_id,
						   g->nodes_short);

	say_all(p, part->first, part->count, reason);
	if (!g->tests_left)
		reason.kind = WEFT_REASON_NOT_TRIED;
	for (uint32_t i = part->first; i < part->first + part->count; i++) {
		uint32_t job_idx = g->member[i].job_idx;
		struct weft_decision *d = &p->plan->decision[job_idx];

		if (!g->tests_left)
			d->reason = reason;
		else if (!g->nodes_short && d->reason.kind == WEFT_REASON_PARTS)
			weft_planner_refuse(p, &p->job[job_idx], deep, d);
	}
}

/* One of them cannot end before its deadline if they start then. */
static bool misses_deadline(struct weft_planner *p, int64_t start)
{
	struct weft_gangs *g = p->gangs;

	for (uint32_t i = 0; i < g->part_count; i++) {
		const struct weft_job *job = weft_gang_job(p, &g->part[i]);
		uint32_t limit = weft_planner_limit_for(
			p, job, start, weft_gang_shape(p, &g->part[i])->limit_sec);

		if (!weft_planner_misses_deadline(job, start, limit))
			continue;
		p->plan->decision[g->part[i].job_idx].reason =
			(struct weft_reason) { .kind = WEFT_REASON_DEADLINE,
					       .detail_idx = -1 };
		return true;
	}
	return false;
}

/* The reason of a part that is planned, and who is in its way. */
static int explain(struct weft_planner *p, const struct weft_gang_part *part,
		   struct weft_decision *d)
{
	const struct weft_gangs *g = p->gangs;
	const struct weft_gang_part *last = &g->part[g->last_part];
	const struct weft_job *job = weft_gang_job(p, part);

	if (d->start_sec == p->cluster->now_sec)
		d->reason.kind = WEFT_REASON_NOT_TRIED;
	else if (job->eligible_sec >= d->start_sec)
		d->reason.kind = WEFT_REASON_BEGIN;
	else if (part == last ? g->nodes_short : part->alone_sec < d->start_sec)
		d->reason = waits_for_part(weft_gang_job(p, last)->job_id,
					   part == last);
	else
		d->reason = weft_planner_why_not_now(p, job->shape_idx);
	return p->policy->starts_only ? 0 : weft_planner_blame(p, d);
}

static int hold_all(struct weft_planner *p, int64_t start, bool start_now,
		    bool told)
{
	struct weft_gangs *g = p->gangs;
	int rc = 0;

	for (uint32_t i = 0; rc == 0 && i < g->part_count; i++) {
		const struct weft_gang_part *part = &g->part[i];
		const struct weft_job *job = weft_gang_job(p, part);
		struct weft_decision *d = &p->plan->decision[part->job_idx];
		struct weft_found found = {
			.start_sec = start, .cand = part->cand,
			.pick = g->pick, .count = part->cand_count,
		};

		if (start == p->cluster->now_sec && weft_gang_shape(p, part)->left) {
			d->reason.kind = WEFT_REASON_SELECT;
			continue;
		}
		d->start_sec = start;
		d->limit_sec = weft_planner_limit_for(p, job, start,
						      weft_gang_shape(p, part)->limit_sec);
		d->told = told;
		d->reason = (struct weft_reason) {
			.kind = WEFT_REASON_START, .detail_idx = -1 };
		rc = weft_planner_hold(p, job, &found, d);
		if (rc == 0 && !start_now)
			rc = explain(p, part, d);
		*(start_now ? &p->plan->stats.started :
			      &p->plan->stats.planned) += rc == 0;
	}
	return rc;
}

/* ---- one gang ----------------------------------------------------------- */

/* Of a part that fits nowhere, whose shape no state of the cluster would suit. */
static bool is_impossible(struct weft_planner *p, const struct weft_gang_part *part)
{
	for (uint32_t i = part->first; i < part->first + part->count; i++) {
		uint32_t shape_idx =
			p->job[p->gangs->member[i].job_idx].shape_idx;

		if (weft_gang_is_unknown(p, shape_idx) ||
		    !weft_planner_is_impossible(p, shape_idx))
			return false;
	}
	return true;
}

static bool may_start(const struct weft_planner *p)
{
	const struct weft_plan_stats *stats = &p->plan->stats;

	return !p->policy->start_max || !stats->started ||
		stats->started + p->gangs->part_count <= p->policy->start_max;
}

static int plan_gang(struct weft_planner *p, const struct weft_job *job,
		     uint32_t first, uint32_t count, int64_t from)
{
	struct weft_gangs *g = p->gangs;
	int64_t now = p->cluster->now_sec, start, last = now;
	int64_t held = weft_planner_hold_until(p, job);
	bool deep = weft_planner_is_deep(p);
	int rc;

	if (deep)
		last = p->policy->starts_only ? held :
			now + p->policy->window_sec;
	g->tests_left = TESTS_MAX + TESTS_A_MEMBER * count;
	g->last_part = 0;
	g->nodes_short = false;
	rc = weft_gang_search(p, from, last, &start);
	if (rc)
		return rc;
	say_all(p, first, count,
		waits_for_part(weft_gang_job(p, &g->part[g->last_part])->job_id, false));
	if (start == WEFT_TIME_NEVER) {
		if (!deep || !is_impossible(p, &g->part[g->last_part]))
			p->taken += g->part_count;
		refuse(p, deep);
		return 0;
	}
	p->taken += g->part_count;
	if (misses_deadline(p, start))
		return 0;
	return hold_all(p, start, start == now && may_start(p), start > held);
}

int weft_planner_gang(struct weft_planner *p, uint32_t job_idx)
{
	struct weft_gangs *g = p->gangs;
	const struct weft_job *job = &p->job[job_idx];
	uint32_t first = find(g, job->gang_id), count = g->size[first], parts;
	int64_t from;

	if (++g->seen[first] < count)
		return 0;
	parts = list_parts(p, first, count, &from);
	say_all(p, first, count, waits_for_part(0, false));
	if (parts < job->gang_parts || !g->part_count)
		return 0;
	return plan_gang(p, job, first, count, from);
}

bool weft_planner_gang_is_hopeless(const struct weft_planner *p,
				   const struct weft_job *job)
{
	const struct weft_gangs *g = p->gangs;
	uint32_t first = find(g, job->gang_id), part = NONE;
	bool fits = true;	/* the part at hand, as far as is known */

	for (uint32_t i = first; i < first + g->size[first]; i++) {
		const struct weft_job *member = &p->job[g->member[i].job_idx];

		if (member->eligible_sec > p->cluster->now_sec)
			return true;
		if (i == first || g->member[i].part != part) {
			if (!fits)
				return true;
			part = g->member[i].part;
			fits = false;
		}
		fits = fits || weft_gang_is_unknown(p, member->shape_idx) ||
			!p->state[member->shape_idx].not_now;
	}
	return !fits;
}
