/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gang_start.c - when can all parts of a gang start at once, and where (gang.c)
 *
 * The earliest common start is found by asking each part in turn when it could
 * start, not before the latest answer so far, until a whole round brings
 * nothing later: T.  Each answer is a lower bound for all, so T is never later
 * than a start that exists.  Licences that several parts want are added up in
 * the same rounds.  Then the parts are given their nodes at T, one after the
 * other, each without the nodes of those before it.  Where parts want the same
 * nodes one may find none left; it goes to the front of the line and the choice
 * is made again, each now with the fewest nodes it may have.  If that does not
 * help, the search goes on from the earliest time at which a part that was left
 * over fits beside the others.
 *
 * Not exact: where parts can use the same nodes, the choice of one may stand in
 * another's way in each order that is tried, and the start is later than it had
 * to be; so it may be where parts can be placed in several ways with different
 * licences.  --time-min counts only to meet a deadline.  After as many searches
 * as gang.c allows a gang is left for the next cycle.
 *
 * Cost: as many searches as parts, and as many again for each round; mostly
 * two rounds.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sched/gang_impl.h"

/* Once: the order in which they are given nodes, who can use the fewest first. */
static void sort_parts(const struct weft_planner *p)
{
	struct weft_gangs *g = p->gangs;

	for (uint32_t i = 0; i < g->part_count; i++) {
		uint32_t wide = weft_idxset_count(weft_gang_shape(p, &g->part[i])->nodes);
		uint32_t k = i;

		while (k && weft_idxset_count(weft_gang_shape(p,
				&g->part[g->order[k - 1]])->nodes) > wide) {
			g->order[k] = g->order[k - 1];
			k--;
		}
		g->order[k] = i;
	}
}

static int ask(struct weft_planner *p, uint32_t job_idx, int64_t from,
	       int64_t last, const struct weft_idxset *except,
	       struct weft_found *ret_found)
{
	const struct weft_job *job = &p->job[job_idx];
	struct weft_query query = {
		.shape_idx = job->shape_idx,
		.duration_sec = p->shape[job->shape_idx].limit_sec,
		.from_sec = from, .not_after_sec = last,
		.any_switches_sec = job->switch_wait_until_sec,
		.except = except,
	};

	p->gangs->tests_left--;
	return weft_search_earliest(p->search, &query, ret_found);
}

/* What an answer says of all jobs of the shape, in plan_one()'s words. */
static void learn(struct weft_planner *p, const struct weft_job *job,
		  int64_t from, int64_t last, int64_t start)
{
	const struct weft_shape *shape = &p->shape[job->shape_idx];
	struct weft_shape_state *state = &p->state[job->shape_idx];
	int64_t now = p->cluster->now_sec;

	if (from != now || start == now || shape->limit_min_sec ||
	    (shape->switches_max && job->switch_wait_until_sec > now))
		return;
	state->not_now = true;
	if (start == WEFT_TIME_NEVER && last == now + p->policy->window_sec)
		state->beyond = true;
}

/* What was found is the part's place; with few, no more nodes than it must have. */
static void keep(struct weft_gangs *g, struct weft_gang_part *part,
		 const struct weft_shape *shape, const struct weft_found *found)
{
	struct weft_candidate *to = &g->pool[g->pool_count];
	uint32_t want = found->count, n = 0;

	if (g->few && !shape->unit_count && !shape->segment)
		want = shape->nodes_min;
	for (uint32_t required = 0; required < 2; required++)
		for (uint32_t k = 0; k < found->count; k++) {
			const struct weft_candidate *cand =
				&found->cand[found->pick[k]];

			if (cand->required == !required &&
			    (cand->required || n < want))
				to[n++] = *cand;
		}
	part->cand = to;
	part->cand_count = n;
}

/*
 * The earliest start of the part outside of except, on the first of its members
 * that has it; *ret_found is that member's, if it is wanted.
 */
static int earliest(struct weft_planner *p, struct weft_gang_part *part, int64_t from,
		    int64_t last, const struct weft_idxset *except,
		    int64_t *ret_sec)
{
	struct weft_gangs *g = p->gangs;
	uint32_t end = part->first + part->count;
	struct weft_found found;
	int rc = 0;

	*ret_sec = WEFT_TIME_NEVER;
	for (uint32_t i = part->first; rc == 0 && i < end && g->tests_left &&
	     *ret_sec > from; i++) {
		uint32_t job_idx = g->member[i].job_idx;
		const struct weft_shape_state *state =
			&p->state[p->job[job_idx].shape_idx];

		if (weft_gang_is_unknown(p, p->job[job_idx].shape_idx) ||
		    state->beyond || state->never ||
		    (state->not_now && last <= p->cluster->now_sec))
			continue;
		rc = ask(p, job_idx, from, last, except, &found);
		if (rc == 0 && !except)
			learn(p, &p->job[job_idx], from, last, found.start_sec);
		if (rc || found.start_sec >= *ret_sec)
			continue;
		*ret_sec = found.start_sec;
		part->job_idx = job_idx;
		if (found.start_sec > from)
			continue;
		keep(g, part, &p->shape[p->job[job_idx].shape_idx], &found);
	}
	return rc;
}

/* All licences that this part and those that run as long want of its kinds. */
static int add_licenses(struct weft_planner *p, const struct weft_gang_part *part,
			uint32_t *ret_count)
{
	struct weft_gangs *g = p->gangs;
	const struct weft_shape *own = weft_gang_shape(p, part);
	struct weft_license_use *more;

	if (own->license_count > g->use_cap) {
		more = realloc(g->use, own->license_count * sizeof(*more));
		if (!more)
			return -ENOMEM;
		g->use = more;
		g->use_cap = own->license_count;
	}
	*ret_count = own->license_count;
	for (uint32_t k = 0; k < own->license_count; k++) {
		struct weft_license_use *use = &g->use[k];

		*use = own->license[k];
		for (uint32_t i = 0; i < g->part_count; i++) {
			const struct weft_shape *s = weft_gang_shape(p, &g->part[i]);

			if (&g->part[i] == part || s->limit_sec < own->limit_sec)
				continue;
			for (uint32_t n = 0; n < s->license_count; n++)
				if (s->license[n].license_idx == use->license_idx)
					use->count += s->license[n].count;
		}
	}
	return 0;
}

/* Not before from: when it fits and has licences for itself and the others. */
static int part_next(struct weft_planner *p, struct weft_gang_part *part, int64_t from,
		     int64_t last, int64_t *ret_sec)
{
	uint32_t count;
	int64_t at;
	int rc = earliest(p, part, from, last, NULL, &at);

	while (rc == 0 && at <= last && weft_gang_shape(p, part)->license_count) {
		rc = add_licenses(p, part, &count);
		if (rc == 0)
			rc = weft_search_licenses_next(p->search, p->gangs->use,
						       count, weft_gang_shape(p, part)->limit_sec,
						       at, &from);
		if (from <= at || rc)
			break;
		at = from;
	}
	*ret_sec = at > last ? WEFT_TIME_NEVER : at;
	return rc;
}

/* When each could start if the others did not exist; the last of these. */
static int ask_alone(struct weft_planner *p, int64_t from, int64_t last,
		     int64_t *ret_sec)
{
	struct weft_gangs *g = p->gangs;
	int rc = 0;

	*ret_sec = from;
	g->pool_count = 0;
	for (uint32_t i = 0; rc == 0 && i < g->part_count &&
	     *ret_sec != WEFT_TIME_NEVER; i++) {
		struct weft_gang_part *part = &g->part[i];

		rc = earliest(p, part, from, last, NULL, &part->alone_sec);
		if (part->alone_sec <= *ret_sec)
			continue;
		*ret_sec = part->alone_sec;
		g->last_part = i;
	}
	return rc;
}

/* A time not before this at which each by itself could; NEVER: not by last. */
static int common_start(struct weft_planner *p, int64_t from, int64_t last,
			int64_t *ret_sec)
{
	struct weft_gangs *g = p->gangs;
	uint32_t same = 0, i = 0;
	int64_t at;
	int rc;

	*ret_sec = from;
	g->pool_count = 0;
	while (same < g->part_count && g->tests_left) {
		rc = part_next(p, &g->part[i], *ret_sec, last, &at);
		if (rc)
			return rc;
		same = at > *ret_sec ? 1 : same + 1;
		if (at > *ret_sec) {
			g->last_part = i;
			g->nodes_short = false;
		}
		*ret_sec = at;
		if (at == WEFT_TIME_NEVER)
			return 0;
		i = i + 1 < g->part_count ? i + 1 : 0;
	}
	if (same < g->part_count)
		*ret_sec = WEFT_TIME_NEVER;
	return 0;
}

/* ---- one gang: where ---------------------------------------------------- */

/*
 * Give each part nodes at start, in order.  *ret_short is the place in the order
 * of the first that finds none, or part_count; *ret_next when it would.
 */
static int give_nodes(struct weft_planner *p, int64_t start, int64_t last,
		      uint32_t *ret_short, int64_t *ret_next)
{
	struct weft_gangs *g = p->gangs;
	uint32_t i;
	int rc = 0;

	weft_idxset_clear(g->taken);
	g->pool_count = 0;
	for (i = 0; i < g->part_count; i++) {
		struct weft_gang_part *part = &g->part[g->order[i]];

		rc = earliest(p, part, start, last, i ? g->taken : NULL,
			      ret_next);
		if (rc || *ret_next != start)
			break;
		for (uint32_t k = 0; k < part->cand_count; k++)
			weft_idxset_add(g->taken, part->cand[k].node_idx);
		g->pool_count += part->cand_count;
	}
	*ret_short = i;
	return rc;
}

/*
 * Nodes for all at start, who finds none going first in the next try.
 * *ret_sec: start, or the earliest time that is worth another look.
 */
static int place_all(struct weft_planner *p, int64_t start, int64_t last,
		     int64_t *ret_sec)
{
	struct weft_gangs *g = p->gangs;
	uint32_t short_at, who;
	int64_t next;
	int rc;

	*ret_sec = WEFT_TIME_NEVER;
	for (uint32_t tries = 0; tries <= g->part_count && g->tests_left;
	     tries++) {
		g->few = tries > 0;
		rc = give_nodes(p, start, last, &short_at, &next);
		if (rc)
			return rc;
		if (short_at == g->part_count) {
			*ret_sec = start;
			return 0;
		}
		who = g->order[short_at];
		if (next < *ret_sec)
			*ret_sec = next;
		g->last_part = who;
		memmove(&g->order[1], &g->order[0],
			short_at * sizeof(*g->order));
		g->order[0] = who;
	}
	g->nodes_short = true;
	return 0;
}

int weft_gang_search(struct weft_planner *p, int64_t from, int64_t last,
		     int64_t *ret_sec)
{
	int64_t at, next = from;
	int rc;

	sort_parts(p);
	rc = ask_alone(p, from, last, &next);
	do {
		at = next;
		if (rc == 0 && at != WEFT_TIME_NEVER)
			rc = common_start(p, at, last, &at);
		next = at;
		if (rc == 0 && at != WEFT_TIME_NEVER)
			rc = place_all(p, at, last, &next);
	} while (rc == 0 && next != at);
	*ret_sec = at;
	return rc;
}
