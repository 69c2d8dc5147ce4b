/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * search.c - see search.h
 *
 * For each node that the shape may use, next(node, t) is the earliest start
 * >= t that the node alone allows (timeline.h).  A set of nodes can start
 * together at T only if next(node, t) <= T for each of them, so the smallest
 * T for which the nodes with next(node, t) <= T satisfy the shape is a lower
 * bound of the answer.  If that T is t, those nodes are free at t and t is
 * the answer; else the search goes on from T.  This jumps from bound to bound
 * and never over a solution:
 *
 *   t := from
 *   repeat  T := smallest T so that {n : next(n, t) <= T} would do
 *           T = t ? done : t := T
 *
 * Nodes come in the order of next() (arrivals.h), until they are enough by
 * their number (enough.h), or where that does not tell, would do for the placer.
 * Units (GPUs or tasks spread unevenly) are bounded by what the empty nodes
 * hold; where the bound is too optimistic the search goes on at the next time
 * anything changes.
 *
 * Jobs of one node, and of units that one could hold, are first looked for among
 * the nodes ready now (ready.h).
 *
 * The search begins where the outlook says that nothing earlier is possible, and
 * tells it its answer, unless the placer is not exact for the shape (place.h).
 *
 * Cost of a search that asks g nodes: O(g log nodes), plus a walk over the row
 * of each that changed since it was last asked for the same need (gaps.h), plus
 * one choice of the placer.  g is at least the nodes of the job, and beyond that
 * those whose bound is not behind the start: those planned on since, and at a
 * shape's first search those free only before it.  So on a busy cluster g is
 * near the job's size; where everything is free it is all nodes.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sched/arrivals.h"
#include "sched/enough.h"
#include "sched/licenses.h"
#include "sched/ready.h"
#include "sched/score.h"
#include "sched/search.h"

#define ITERATIONS_MAX 20000
struct weft_search {
	const struct weft_cluster *cluster;
	struct weft_timeline *tl;
	struct weft_placer *placer;
	struct weft_outlook *outlook;
	const struct weft_shape *shape;
	struct weft_license_row *license;
	const struct weft_mix *mix;
	struct weft_ready *ready;
	uint64_t *not_now_sec;	/* [shape] none so long or longer starts now */
	uint32_t shape_count;
	uint32_t lasting_sec;
	uint64_t tests;
	/* of the search under way; i is able[i] of the view */
	struct weft_view view;
	struct weft_arrivals arrivals;
	struct weft_enough enough;
	struct weft_idxset *in;
	struct weft_candidate *cand;
	uint32_t *pick;
};

struct weft_search *weft_search_create(const struct weft_cluster *cluster,
				       struct weft_timeline *tl,
				       struct weft_placer *placer,
				       const struct weft_shape *shapes,
				       uint32_t shape_count)
{
	struct weft_search *s = calloc(1, sizeof(*s));
	size_t n = (size_t)cluster->node_count + 1;

	if (!s)
		return NULL;
	*s = (struct weft_search) {
		.cluster = cluster, .tl = tl, .placer = placer,
		.shape = shapes, .shape_count = shape_count,
	};
	s->outlook = weft_outlook_create(cluster, tl, shapes, shape_count);
	if (s->outlook)
		s->ready = weft_ready_create(cluster, tl,
					     weft_outlook_kinds(s->outlook));
	s->not_now_sec = malloc(((size_t)shape_count + 1) *
				sizeof(*s->not_now_sec));
	s->license = calloc((size_t)cluster->license_count + 1,
			    sizeof(*s->license));
	s->in = weft_idxset_create(cluster->node_count);
	s->cand = malloc(n * sizeof(*s->cand));
	s->pick = malloc(n * sizeof(*s->pick));
	for (uint32_t i = 0; s->not_now_sec && i < shape_count; i++)
		s->not_now_sec[i] = UINT64_MAX;
	if (s->ready && s->not_now_sec && s->license && s->in && s->cand && s->pick &&
	    weft_arrivals_init(&s->arrivals, s->outlook, cluster->now_sec,
			       cluster->node_count) == 0 &&
	    weft_enough_init(&s->enough, placer) == 0)
		return s;
	weft_search_destroy(s);
	return NULL;
}

void weft_search_destroy(struct weft_search *s)
{
	if (!s)
		return;
	for (uint32_t i = 0; s->license && i < s->cluster->license_count; i++)
		free(s->license[i].step);
	weft_ready_destroy(s->ready);
	free(s->not_now_sec);
	weft_outlook_destroy(s->outlook);
	weft_idxset_destroy(s->in);
	free(s->license);
	weft_arrivals_fini(&s->arrivals);
	weft_enough_fini(&s->enough);
	free(s->cand);
	free(s->pick);
	free(s);
}

void weft_search_set_mix(struct weft_search *s, const struct weft_mix *mix)
{
	s->mix = mix;
}

void weft_search_set_lasting(struct weft_search *s, uint32_t lasting_sec)
{
	s->lasting_sec = lasting_sec;
}

void weft_search_forget(struct weft_search *s, uint32_t shape_idx)
{
	weft_ready_forget(s->ready, weft_outlook_kind(s->outlook, shape_idx));
	s->not_now_sec[shape_idx] = UINT64_MAX;
	weft_outlook_forget(s->outlook, shape_idx);
}

void weft_search_costs(const struct weft_search *s, uint64_t *ret_tests,
		       uint64_t *ret_steps)
{
	*ret_tests = s->tests;
	*ret_steps = weft_outlook_steps(s->outlook);
}

/* ---- licences ---------------------------------------------------------- */

int weft_search_add_licenses(struct weft_search *s,
			     const struct weft_license_use *use,
			     uint32_t count, int64_t start_sec, int64_t end_sec)
{
	return weft_licenses_add(s->license, s->cluster, use, count, start_sec,
				 end_sec);
}

int weft_search_licenses_next(struct weft_search *s,
			      const struct weft_license_use *use,
			      uint32_t count, uint32_t duration_sec,
			      int64_t from_sec, int64_t *ret_sec)
{
	*ret_sec = from_sec;
	for (uint32_t k = 0; k < count; k++) {
		int64_t t;

		if (weft_license_init(s->license, s->cluster,
				      use[k].license_idx))
			return -ENOMEM;
		t = weft_license_next(&s->license[use[k].license_idx],
				      use[k].count, from_sec, duration_sec);
		if (t > *ret_sec)
			*ret_sec = t;
	}
	return 0;
}

/* ---- a bound of the start ------------------------------------------------ */

/* The candidates with these of the nodes here, at their best, by node_idx. */
static bool would_do(struct weft_search *s, const struct weft_enough *e,
		     uint32_t count)
{
	uint32_t n = 0;

	weft_idxset_clear(s->in);
	for (uint32_t k = 0; k < count; k++)
		weft_idxset_add(s->in, s->arrivals.here[k]);
	weft_idxset_foreach(s->in, i)
		s->cand[n++] = (struct weft_candidate) {
			.node_idx = s->view.able[i].node_idx,
			.units = s->view.able[i].units_cap,
			.required = s->view.able[i].required,
		};
	return weft_place_exists(s->placer, e->shape, e->any_switches, s->cand,
				 n);
}

/* The least number of those here that would do; low do not, high do. */
static uint32_t bisect(struct weft_search *s, const struct weft_enough *e,
		       uint32_t low, uint32_t high)
{
	while (high - low > 1) {
		uint32_t middle = low + (high - low) / 2;

		if (would_do(s, e, middle))
			high = middle;
		else
			low = middle;
	}
	return high;
}

/*
 * When so many are here that they would do, at their best; NEVER: not by
 * last_sec.  Where their number does not tell, the placer is asked, each time
 * with twice as many, for more nodes never make a wish harder to grant.
 */
static int64_t when_enough(struct weft_search *s,
			   const struct weft_shape *shape, bool any_switches,
			   int64_t last_sec)
{
	struct weft_arrivals *a = &s->arrivals;
	struct weft_enough *e = &s->enough;
	uint32_t n = 0, low = 0, look = a->at_count;
	bool more;

	weft_enough_begin(e, shape, any_switches, &s->view);
	do {
		more = !e->never && (n < a->here_count ||
				     weft_arrivals_add_next(a, last_sec));
		if (more && (!weft_enough_add(e, &s->view.able[a->here[n++]]) ||
			     (!e->certain && n < look)))
			continue;
		if (!weft_enough_is_met(e) || n == low)
			continue;
		if (e->certain)
			return weft_arrivals_came(a, n);
		if (would_do(s, e, n))
			return weft_arrivals_came(a, bisect(s, e, low, n));
		low = n;
		look = 2 * n;
	} while (more);
	return WEFT_TIME_NEVER;
}

/* The bound, with or without the wish for few switches. */
static int64_t bound(struct weft_search *s, const struct weft_shape *shape,
		     const struct weft_query *q, int64_t t)
{
	int64_t last = q->not_after_sec, strict, loose;

	loose = when_enough(s, shape, true, last);
	if (!shape->switches_max || t >= q->any_switches_sec)
		return loose;
	if (loose < q->any_switches_sec)
		loose = q->any_switches_sec;
	strict = when_enough(s, shape, false, loose < last ? loose : last);
	return strict < loose ? strict : loose;
}

/* ---- choosing at t ------------------------------------------------------ */

static bool is_lasting(const struct weft_search *s,
		       const struct weft_shape *shape, uint32_t duration_sec)
{
	return s->lasting_sec && duration_sec > s->lasting_sec &&
		shape->nodes_min == 1;
}

/* The place at t among those here, by node_idx. */
static uint32_t choose(struct weft_search *s, const struct weft_shape *shape,
		       const struct weft_query *q, int64_t t)
{
	int64_t end = weft_time_after(t, q->duration_sec);
	const struct weft_arrivals *a = &s->arrivals;
	bool lasting = is_lasting(s, shape, q->duration_sec);
	struct weft_scored last = { .valid = false };
	uint32_t n = 0, count;

	count = weft_enough_sift(&s->enough, shape, t >= q->any_switches_sec,
				 s->view.able, a->here, a->here_count, s->pick);
	weft_idxset_clear(s->in);
	for (uint32_t k = 0; k < count; k++)
		weft_idxset_add(s->in, s->pick[k]);
	weft_idxset_foreach(s->in, i) {
		struct weft_candidate *cand = &s->cand[n];
		uint32_t node_idx = s->view.able[i].node_idx;
		const struct weft_node *node = &s->cluster->node[node_idx];
		struct weft_free free;

		free = weft_timeline_free(s->tl, node_idx, t, end);
		*cand = (struct weft_candidate) {
			.node_idx = node_idx,
			.score = lasting ?
				weft_score_lasting(node, &free,
						   weft_timeline_clear(s->tl, node_idx), end) :
				weft_score_like(&last, s->mix, shape, node, &free),
			.required = s->view.able[i].required,
		};
		if (shape->unit_count)
			cand->units = weft_shape_units_on(shape, s->cluster,
							  node_idx, &free);
		n++;
	}
	return weft_place_choose(s->placer, shape, t >= q->any_switches_sec,
				 s->cand, n, s->pick);
}

/* The next time at which something changes for this shape. */
static int64_t next_event(const struct weft_search *s,
			  const struct weft_query *q, int64_t t)
{
	const struct weft_arrivals *a = &s->arrivals;
	int64_t soonest = weft_arrivals_peek(a), at;

	for (uint32_t k = 0; k < a->here_count; k++) {
		at = weft_timeline_step_after(
			s->tl, s->view.able[a->here[k]].node_idx, t);
		soonest = at < soonest ? at : soonest;
	}
	if (q->any_switches_sec > t && q->any_switches_sec < soonest &&
	    s->shape[q->shape_idx].switches_max)
		soonest = q->any_switches_sec;
	return soonest;
}

/* ---- now -------------------------------------------------------------- */

/*
 * A job of one node (or of units that one could hold) that may start now: found
 * among those ready for its kind.  *ret_asked: no other answer is to be had for
 * a start now.
 */
static int start_now(struct weft_search *s, const struct weft_query *q,
		     struct weft_found *found, bool *ret_asked)
{
	const struct weft_shape *shape = &s->shape[q->shape_idx];
	struct weft_ready_kind kind = {
		.kind_idx = weft_outlook_kind(s->outlook, q->shape_idx),
		.shape = shape, .mix = s->mix,
	};
	int64_t now = s->cluster->now_sec, at;
	uint32_t n;
	int rc;

	*ret_asked = false;
	if (q->from_sec > now || q->except || shape->nodes_min > 1 ||
	    is_lasting(s, shape, q->duration_sec) ||
	    !weft_shape_is_plain(shape, false) ||
	    (shape->nodes_max > 1 && !shape->unit_count))
		return 0;
	*ret_asked = q->duration_sec >= s->not_now_sec[q->shape_idx];
	if (*ret_asked)
		return 0;
	if (weft_search_licenses_next(s, shape->license, shape->license_count,
				      q->duration_sec, now, &at) ||
	    weft_outlook_able(s->outlook, q->shape_idx, &kind.able,
			      &kind.able_count))
		return -ENOMEM;
	if (at > now)
		return 0;
	rc = weft_ready_list(s->ready, &kind, q->duration_sec, s->cand, &n);
	if (rc)
		return rc == -ENOMEM ? rc : 0;
	*ret_asked = true;
	found->count = weft_place_choose(s->placer, shape, true, s->cand, n,
					 s->pick);
	if (found->count)
		found->start_sec = now;
	else
		s->not_now_sec[q->shape_idx] = q->duration_sec;
	return 0;
}

/* ---- a search ----------------------------------------------------------- */

/* Does the placer find a place whenever there is one (place.h)? */
static bool is_exact(const struct weft_shape *shape)
{
	return !(shape->unit_count && (shape->segment || shape->switches_max)) &&
		!(shape->segment && shape->nodes_required);
}

/* Found at t: what all asked say of it is news. */
static void learn(struct weft_search *s, const struct weft_query *q, int64_t t)
{
	if (!is_exact(&s->shape[q->shape_idx]) ||
	    !weft_outlook_may_learn(s->outlook, &s->view, q))
		return;
	weft_outlook_learn(&s->view, q, t);
	weft_arrivals_learn(&s->arrivals, &s->view);
}

int weft_search_earliest(struct weft_search *s, const struct weft_query *q,
			 struct weft_found *ret_found)
{
	const struct weft_shape *shape = &s->shape[q->shape_idx];
	int64_t t, at;
	bool asked;

	s->tests++;
	*ret_found = (struct weft_found) { .start_sec = WEFT_TIME_NEVER,
					   .cand = s->cand, .pick = s->pick };
	if (start_now(s, q, ret_found, &asked))
		return -ENOMEM;
	if (ret_found->count ||
	    (asked && q->not_after_sec <= s->cluster->now_sec))
		return 0;
	if (weft_outlook_look(s->outlook, q, &s->view))
		return -ENOMEM;
	t = s->view.begin_sec;
	if (t > q->not_after_sec)
		return 0;
	weft_arrivals_begin(&s->arrivals, &s->view, q->except);
	for (uint32_t round = 0; round < ITERATIONS_MAX && s->view.count;
	     round++) {
		if (weft_search_licenses_next(s, shape->license,
					      shape->license_count,
					      q->duration_sec, t, &at))
			return -ENOMEM;
		if (at > q->not_after_sec || t > q->not_after_sec)
			break;
		if (at > t) {
			t = at;
			continue;
		}
		weft_arrivals_go(&s->arrivals, t);
		at = bound(s, shape, q, t);
		if (at > q->not_after_sec || at == WEFT_TIME_NEVER)
			break;
		if (at > t) {
			t = at;
			continue;
		}
		ret_found->count = choose(s, shape, q, t);
		if (ret_found->count) {
			ret_found->start_sec = t;
			learn(s, q, t);
			break;
		}
		t = next_event(s, q, t);
	}
	return 0;
}
