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
 * Most nodes of a busy cluster have nothing to say about T, so they are not
 * asked.  Of each a lower bound of next() is known (outlook.h), and nodes are
 * gathered in the order of these bounds, asked exactly, and no further than
 * to the first bound behind T.  For a count of nodes T is the k-th smallest
 * next(); with wishes about the fabric twice as many are offered until they
 * would do, and T is then found by bisection, for more nodes never make a wish
 * harder to grant.  Units (GPUs or tasks spread unevenly) are bounded by what
 * the empty nodes hold; where the bound is too optimistic the search goes on
 * at the next time anything changes.
 *
 * The search begins where the outlook says that nothing earlier is possible, and
 * tells it its answer, unless the placer is not exact for the shape (place.h).
 *
 * Cost of a search for k nodes that gathers g: O(rounds * g + g log nodes),
 * plus O(steps) for each node gathered whose row changed since it was last
 * asked.  g is at least k, and beyond that the nodes whose bound is not behind
 * the start: those planned on since, and at a shape's first search those free
 * only before it.  So on a busy cluster g is near k; where everything is free
 * it is all nodes.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sched/licenses.h"
#include "sched/score.h"
#include "sched/search.h"

#define ITERATIONS_MAX 20000
#define AHEAD 8		/* nodes whose rows are fetched while others are asked */

/* A node gathered: its next() is start_sec for t <= start_sec, t before until. */
struct gathered {
	int64_t start_sec, until_sec;
};

struct weft_search {
	const struct weft_cluster *cluster;
	struct weft_timeline *tl;
	struct weft_placer *placer;
	struct weft_outlook *outlook;
	const struct weft_shape *shape;
	struct weft_license_row *license;
	const struct weft_mix *mix;
	uint64_t tests;
	/* of the search under way; [i] is able[i] of the view */
	struct weft_view view;
	struct weft_soonest_walk walk;
	struct gathered *node;
	struct weft_idxset *in;		/* gathered */
	uint32_t *heap, *fresh;
	int64_t *sec;			/* next() of those gathered, as a heap or sorted */
	uint32_t sec_count;
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
		.shape = shapes,
	};
	s->outlook = weft_outlook_create(cluster, tl, shapes, shape_count);
	s->license = calloc((size_t)cluster->license_count + 1,
			    sizeof(*s->license));
	s->node = malloc(n * sizeof(*s->node));
	s->in = weft_idxset_create(cluster->node_count);
	s->heap = malloc(n * sizeof(*s->heap));
	s->fresh = malloc(n * sizeof(*s->fresh));
	s->sec = malloc(n * sizeof(*s->sec));
	s->cand = malloc(n * sizeof(*s->cand));
	s->pick = malloc(n * sizeof(*s->pick));
	if (s->outlook && s->license && s->node && s->in &&
	    s->heap && s->fresh && s->sec && s->cand && s->pick)
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
	weft_outlook_destroy(s->outlook);
	weft_idxset_destroy(s->in);
	free(s->license);
	free(s->node);
	free(s->heap);
	free(s->fresh);
	free(s->sec);
	free(s->cand);
	free(s->pick);
	free(s);
}

void weft_search_set_mix(struct weft_search *s, const struct weft_mix *mix)
{
	s->mix = mix;
}

void weft_search_forget(struct weft_search *s, uint32_t shape_idx)
{
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

/* The earliest time at which each licence alone would do. */
static int licenses_next(struct weft_search *s, const struct weft_shape *shape,
			 uint32_t duration_sec, int64_t from_sec,
			 int64_t *ret_sec)
{
	*ret_sec = from_sec;
	for (uint32_t k = 0; k < shape->license_count; k++) {
		const struct weft_license_use *use = &shape->license[k];
		int64_t t;

		if (weft_license_init(s->license, s->cluster,
				      use->license_idx))
			return -ENOMEM;
		t = weft_license_next(&s->license[use->license_idx], use->count,
				 from_sec, duration_sec);
		if (t > *ret_sec)
			*ret_sec = t;
	}
	return 0;
}

/* ---- gathering ---------------------------------------------------------- */

static void ask(struct weft_search *s, uint32_t i, int64_t t)
{
	s->node[i].start_sec = weft_outlook_next(s->outlook, &s->view, i, t,
						 &s->node[i].until_sec);
}

static void gather(struct weft_search *s, const uint32_t *fresh, uint32_t n,
		   int64_t t)
{
	for (uint32_t i = 0; i < n; i++) {
		if (i + AHEAD < n)
			weft_timeline_expect(s->tl,
				s->view.able[fresh[i + AHEAD]].node_idx);
		weft_idxset_add(s->in, fresh[i]);
		ask(s, fresh[i], t);
	}
}

/* The walk counts from now. */
static int64_t peek(const struct weft_search *s)
{
	uint32_t key = weft_soonest_walk_peek(&s->walk);

	return key == WEFT_SOONEST_NEVER ? WEFT_TIME_NEVER :
		s->cluster->now_sec + key;
}

/* All whose bound is not behind until_sec, asked from t on. */
static void gather_until(struct weft_search *s, int64_t until_sec, int64_t t)
{
	int64_t ahead = until_sec - s->cluster->now_sec;
	uint32_t n = weft_soonest_walk_until(&s->walk,
		ahead < WEFT_SOONEST_NEVER ? (uint32_t)ahead :
		WEFT_SOONEST_NEVER, s->fresh);

	gather(s, s->fresh, n, t);
}

/* Go on to t: what those gathered say of it. */
static void advance(struct weft_search *s, int64_t t)
{
	weft_idxset_foreach(s->in, i) {
		if (s->node[i].until_sec <= t)
			ask(s, i, t);
		else if (s->node[i].start_sec < t)
			s->node[i].start_sec = t;
	}
	gather_until(s, t, t);
}

/* ---- the smallest T ---------------------------------------------------- */

static void sift_down(int64_t *heap, uint32_t count, uint32_t at, int64_t sec)
{
	uint32_t child;

	while ((child = 2 * at + 1) < count) {
		if (child + 1 < count && heap[child + 1] > heap[child])
			child++;
		if (heap[child] <= sec)
			break;
		heap[at] = heap[child];
		at = child;
	}
	heap[at] = sec;
}

/* Keep the k smallest in a heap whose top is the largest of them. */
static void keep(struct weft_search *s, uint32_t k, int64_t sec)
{
	uint32_t at = s->sec_count;

	if (sec == WEFT_TIME_NEVER)
		return;
	if (s->sec_count == k) {
		if (sec < s->sec[0])
			sift_down(s->sec, k, 0, sec);
		return;
	}
	for (s->sec_count++; at && s->sec[(at - 1) / 2] < sec; at = (at - 1) / 2)
		s->sec[at] = s->sec[(at - 1) / 2];
	s->sec[at] = sec;
}

/* The k-th smallest of those kept; never, if there are fewer. */
static int64_t kept(const struct weft_search *s, uint32_t k)
{
	return s->sec_count == k ? s->sec[0] : WEFT_TIME_NEVER;
}

/*
 * The k-th smallest next(), gathering what it takes; something behind last_sec
 * if it is behind that.  The k are left in sec[].
 */
static int64_t kth(struct weft_search *s, uint32_t k, int64_t t,
		   int64_t last_sec)
{
	s->sec_count = 0;
	if (!k || k > s->view.count)
		return WEFT_TIME_NEVER;
	weft_idxset_foreach(s->in, i)
		keep(s, k, s->node[i].start_sec);
	while (peek(s) < WEFT_TIME_NEVER && peek(s) < kept(s, k)) {
		uint32_t n = 0;

		if (peek(s) > last_sec)
			return peek(s);
		/* A few at once: their rows come from memory meanwhile. */
		while (n < AHEAD && peek(s) <= last_sec && peek(s) < kept(s, k)) {
			s->fresh[n] = weft_soonest_walk_pop(&s->walk);
			weft_timeline_expect(s->tl,
				s->view.able[s->fresh[n++]].node_idx);
		}
		gather(s, s->fresh, n, t);
		for (uint32_t i = 0; i < n; i++)
			keep(s, k, s->node[s->fresh[i]].start_sec);
	}
	return kept(s, k);
}

/* So many nodes at the least; 0: no number will do. */
static uint32_t nodes_least(const struct weft_search *s,
			    const struct weft_shape *shape)
{
	uint32_t k = shape->nodes_min, need;

	if (shape->unit_count) {
		if (!s->view.cap_max)
			return 0;
		need = (shape->unit_count - 1) / s->view.cap_max + 1;
		k = need > k ? need : k;
	}
	return k > shape->nodes_max ? 0 : k;
}

/* Would those gathered do that could have started by then? */
static bool would_do(struct weft_search *s, const struct weft_shape *shape,
		     bool any_switches, int64_t until_sec)
{
	uint32_t n = 0;

	weft_idxset_foreach(s->in, i)
		if (s->node[i].start_sec <= until_sec)
			s->cand[n++] = (struct weft_candidate) {
				.node_idx = s->view.able[i].node_idx,
				.units = s->view.able[i].units_cap,
				.required = s->view.able[i].required,
			};
	return weft_place_exists(s->placer, shape, any_switches, s->cand, n);
}

static int compare_sec(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

/*
 * Of the times in sec[] the first at which those gathered would do; at the
 * last they do, at the first low of them they do not.
 */
static int64_t bisect(struct weft_search *s, const struct weft_shape *shape,
		      bool any_switches, uint32_t low)
{
	uint32_t high = s->sec_count;

	qsort(s->sec, s->sec_count, sizeof(*s->sec), compare_sec);
	while (high - low > 1) {
		uint32_t middle = low + (high - low) / 2;

		if (would_do(s, shape, any_switches, s->sec[middle - 1]))
			high = middle;
		else
			low = middle;
	}
	return s->sec[high - 1];
}

static int64_t smallest(struct weft_search *s, const struct weft_shape *shape,
			bool any_switches, int64_t t, int64_t last_sec)
{
	uint32_t k = nodes_least(s, shape), low = 0;
	int64_t at = kth(s, k, t, last_sec);

	if (at > last_sec || weft_shape_is_plain(shape, any_switches))
		return at;
	for (;;) {
		gather_until(s, at, t);
		if (would_do(s, shape, any_switches, at))
			break;
		if (k == s->view.count || at == last_sec)
			return WEFT_TIME_NEVER;
		low = k;
		k = k > s->view.count / 2 ? s->view.count : 2 * k;
		at = kth(s, k, t, last_sec);
		if (at > last_sec) {	/* then all that come in time */
			kth(s, s->view.count, t, last_sec);
			at = last_sec;
		}
	}
	if (!low)
		return at;
	return bisect(s, shape, any_switches, low);
}

/* The bound, with or without the wish for few switches. */
static int64_t bound(struct weft_search *s, const struct weft_shape *shape,
		     const struct weft_query *q, int64_t t)
{
	int64_t last = q->not_after_sec, strict, loose;

	if (!shape->switches_max || t >= q->any_switches_sec)
		return smallest(s, shape, true, t, last);
	strict = smallest(s, shape, false, t, last);
	loose = smallest(s, shape, true, t, last);
	if (loose < q->any_switches_sec)
		loose = q->any_switches_sec;
	return strict < loose ? strict : loose;
}

/* ---- choosing at t ------------------------------------------------------ */

/* Nodes alike score alike: the last score is kept with what it was made of. */
struct scored {
	struct weft_free free;
	uint32_t weight, gpus;
	uint64_t score;
	bool valid;
};

static uint64_t score(const struct weft_search *s,
		      const struct weft_shape *shape,
		      const struct weft_node *node,
		      const struct weft_free *free, struct scored *last)
{
	if (last->valid && last->free.cpus == free->cpus &&
	    last->free.mem_mib == free->mem_mib &&
	    last->free.gpus == free->gpus && last->weight == node->weight &&
	    last->gpus == node->total.gpus)
		return last->score;
	*last = (struct scored) { *free, node->weight, node->total.gpus,
				  weft_score(s->mix, shape, node, free), true };
	return last->score;
}

/* The place at t among those gathered that are free from then on. */
static uint32_t choose(struct weft_search *s, const struct weft_shape *shape,
		       const struct weft_query *q, int64_t t)
{
	int64_t end = weft_time_after(t, q->duration_sec);
	struct scored last = { .valid = false };
	uint32_t n = 0;

	weft_idxset_foreach(s->in, i) {
		struct weft_candidate *cand = &s->cand[n];
		uint32_t node_idx = s->view.able[i].node_idx;
		struct weft_free free;

		if (s->node[i].start_sec != t)
			continue;
		free = weft_timeline_free(s->tl, node_idx, t, end);
		*cand = (struct weft_candidate) {
			.node_idx = node_idx,
			.score = score(s, shape, &s->cluster->node[node_idx],
				       &free, &last),
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
	int64_t soonest = peek(s), at;

	weft_idxset_foreach(s->in, i) {
		at = s->node[i].start_sec;
		if (at <= t)
			at = weft_timeline_step_after(
				s->tl, s->view.able[i].node_idx, t);
		soonest = at < soonest ? at : soonest;
	}
	if (q->any_switches_sec > t && q->any_switches_sec < soonest &&
	    s->shape[q->shape_idx].switches_max)
		soonest = q->any_switches_sec;
	return soonest;
}

/* ---- a search ----------------------------------------------------------- */

/* Does the placer find a place whenever there is one (place.h)? */
static bool is_exact(const struct weft_shape *shape)
{
	return !(shape->unit_count && (shape->segment || shape->switches_max)) &&
		!(shape->segment && shape->nodes_required);
}

/* Found at t: what all gathered say of it is news. */
static void learn(struct weft_search *s, const struct weft_query *q, int64_t t)
{
	if (!is_exact(&s->shape[q->shape_idx]) ||
	    !weft_outlook_may_learn(s->outlook, &s->view, q))
		return;
	weft_outlook_learn(s->outlook, &s->view, q, t);
	weft_idxset_foreach(s->in, i)
		weft_outlook_learn_node(s->outlook, &s->view, i,
					s->node[i].start_sec,
					s->node[i].until_sec);
}

int weft_search_earliest(struct weft_search *s, const struct weft_query *q,
			 struct weft_found *ret_found)
{
	const struct weft_shape *shape = &s->shape[q->shape_idx];
	int64_t t, at;

	s->tests++;
	*ret_found = (struct weft_found) { .start_sec = WEFT_TIME_NEVER,
					   .cand = s->cand, .pick = s->pick };
	if (weft_outlook_look(s->outlook, q, &s->view))
		return -ENOMEM;
	t = s->view.begin_sec;
	weft_idxset_clear(s->in);
	weft_soonest_walk_begin(&s->walk, s->view.soonest, s->heap);
	for (uint32_t round = 0; round < ITERATIONS_MAX && s->view.count;
	     round++) {
		if (licenses_next(s, shape, q->duration_sec, t, &at))
			return -ENOMEM;
		if (at > q->not_after_sec || t > q->not_after_sec)
			break;
		if (at > t) {
			t = at;
			continue;
		}
		advance(s, t);
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
