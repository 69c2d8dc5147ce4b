/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * outlook.c - see outlook.h
 *
 * For each kind of shape (kinds.h) the nodes able to hold a part of it, what is
 * free on them for such a part (gaps.h), and a ladder of rungs.  A rung says of
 * each of these nodes from when on it could be had for a duration, as far as is
 * known, in a tournament (soonest.h), and of a shape from when on its jobs could
 * start.
 *
 * Three things make what is known last:
 *
 *   - the timeline only fills up, so a start found earlier in the cycle is a
 *     lower bound, of a node's as of a job's
 *   - the longer the duration, the later the start
 *   - a job that asks for more of the same kind (nodes, time, a wish about the
 *     fabric) starts no earlier than one that asks for less
 *
 * So a shape that is searched for the first time begins where the last easier
 * one was placed, with a copy of what that one's rung knows, and from then on
 * has a rung of its own, which moves ahead with its answers (base_sec): what
 * is free before them is of no use to it any more, and nodes free only then
 * are not looked at again.  A kind's first rung says of each node when
 * it is free for a moment: a bound for jobs of any time.
 *
 * Rungs not used for long are dropped beyond CACHE_BYTES, and a kind's gaps with
 * its last rung.
 *
 * Cost: O(nodes) for a rung that is asked for and to copy one, O(rungs of the
 * kind) to find the one to copy; O(1) for a question (gaps.c), O(log nodes) to
 * write its answer down.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>

#include "sched/gaps.h"
#include "sched/kinds.h"
#include "sched/outlook.h"

#define CACHE_BYTES ((size_t)192 << 20)
#define NONE UINT32_MAX

struct weft_rung {
	uint32_t shape_idx;	/* whose it is; NONE: of the kind */
	uint32_t duration_sec;	/* at the least; a shape's: its limit */
	int64_t base_sec;	/* it says nothing of starts before */
	int64_t any_switches_sec;	/* of the query that base_sec answered */
	uint64_t used;		/* when last, in looks */
	struct weft_soonest soonest;
	struct weft_rung *next;
};

struct kind {
	struct weft_able *able;		/* NULL: not looked at yet */
	uint32_t count, cap_max;
	struct weft_gaps *gaps;		/* [of able], while there are rungs */
	struct weft_rung *rungs;
};

struct weft_outlook {
	const struct weft_cluster *cluster;
	const struct weft_timeline *tl;
	const uint32_t *version;	/* the timeline's */
	const struct weft_shape *shape;
	uint32_t *kind_of;		/* [shape_idx] */
	struct kind *kind;
	uint32_t kind_count;
	size_t bytes;
	uint64_t looks, steps;
};

struct weft_outlook *weft_outlook_create(const struct weft_cluster *cluster,
					 const struct weft_timeline *tl,
					 const struct weft_shape *shapes,
					 uint32_t shape_count)
{
	struct weft_outlook *o = calloc(1, sizeof(*o));

	if (!o)
		return NULL;
	*o = (struct weft_outlook) {
		.cluster = cluster, .tl = tl, .shape = shapes,
		.version = weft_timeline_versions(tl),
	};
	o->kind_of = malloc(((size_t)shape_count + 1) * sizeof(*o->kind_of));
	if (o->kind_of && weft_kinds_assign(shapes, shape_count, o->kind_of,
					    &o->kind_count) == 0)
		o->kind = calloc((size_t)o->kind_count + 1, sizeof(*o->kind));
	if (o->kind)
		return o;
	free(o->kind_of);
	free(o);
	return NULL;
}

static size_t gaps_bytes(const struct kind *k)
{
	return k->count * sizeof(*k->gaps);
}

static void drop_gaps(struct weft_outlook *o, struct kind *k)
{
	if (k->gaps)
		o->bytes -= gaps_bytes(k);
	free(k->gaps);
	k->gaps = NULL;
}

/* Take *link out of the kind's rungs. */
static void drop_rung(struct weft_outlook *o, struct kind *k,
		      struct weft_rung **link)
{
	struct weft_rung *r = *link;

	*link = r->next;
	o->bytes -= weft_soonest_bytes(k->count);
	weft_soonest_fini(&r->soonest);
	free(r);
	if (!k->rungs)
		drop_gaps(o, k);
}

static void drop_kind(struct weft_outlook *o, struct kind *k)
{
	while (k->rungs)
		drop_rung(o, k, &k->rungs);
	drop_gaps(o, k);
	free(k->able);
	*k = (struct kind) { 0 };
}

void weft_outlook_destroy(struct weft_outlook *o)
{
	if (!o)
		return;
	for (uint32_t i = 0; i < o->kind_count; i++)
		drop_kind(o, &o->kind[i]);
	free(o->kind);
	free(o->kind_of);
	free(o);
}

void weft_outlook_forget(struct weft_outlook *o, uint32_t shape_idx)
{
	drop_kind(o, &o->kind[o->kind_of[shape_idx]]);
}

uint64_t weft_outlook_steps(const struct weft_outlook *o)
{
	return o->steps;
}

/* Room for so many bytes more, at the cost of rungs not used for longest. */
static void make_room(struct weft_outlook *o, size_t bytes,
		      const struct weft_rung *keep)
{
	while (o->bytes + bytes > CACHE_BYTES) {
		struct weft_rung **oldest = NULL;
		struct kind *of = NULL;

		for (uint32_t i = 0; i < o->kind_count; i++)
			for (struct weft_rung **link = &o->kind[i].rungs; *link;
			     link = &(*link)->next)
				if (*link != keep && (!oldest ||
				    (*link)->used < (*oldest)->used)) {
					oldest = link;
					of = &o->kind[i];
				}
		if (!oldest)
			return;
		drop_rung(o, of, oldest);
	}
}

static int need_able(struct weft_outlook *o, const struct weft_shape *shape,
		     struct kind *k)
{
	uint32_t units, room = weft_idxset_count(shape->nodes);

	if (k->able)
		return 0;
	k->able = malloc(((size_t)room + 1) * sizeof(*k->able));
	if (!k->able)
		return -ENOMEM;
	k->count = k->cap_max = 0;
	weft_idxset_foreach(shape->nodes, i) {
		if (!weft_shape_is_able(shape, o->cluster, i, &units))
			continue;
		k->able[k->count++] = (struct weft_able) {
			.node_idx = i,
			.units_cap = units,
			.required = weft_shape_requires(shape, i),
		};
		k->cap_max = units > k->cap_max ? units : k->cap_max;
	}
	return 0;
}

uint32_t weft_outlook_kinds(const struct weft_outlook *o)
{
	return o->kind_count;
}

uint32_t weft_outlook_kind(const struct weft_outlook *o, uint32_t shape_idx)
{
	return o->kind_of[shape_idx];
}

int weft_outlook_able(struct weft_outlook *o, uint32_t shape_idx,
		      const struct weft_able **ret_able, uint32_t *ret_count)
{
	struct kind *k = &o->kind[o->kind_of[shape_idx]];

	if (need_able(o, &o->shape[shape_idx], k))
		return -ENOMEM;
	*ret_able = k->able;
	*ret_count = k->count;
	return 0;
}

/* ---- what is known ------------------------------------------------------ */

static uint32_t ask(struct weft_outlook *o, struct weft_gaps *gaps,
		    const struct weft_need *need, uint32_t node_idx,
		    uint32_t from_sec, uint32_t duration_sec,
		    uint32_t *ret_until)
{
	return weft_gaps_next(gaps, o->version[node_idx], o->tl,
			      o->cluster->now_sec, node_idx, need, from_sec,
			      duration_sec, ret_until, &o->steps);
}

uint32_t weft_outlook_next(struct weft_outlook *o, const struct weft_view *v,
			   uint32_t i, uint32_t from_sec, uint32_t *ret_until)
{
	uint32_t start = weft_soonest_get(v->soonest, i);

	/* Before the bound nothing starts: ask from there. */
	return ask(o, &v->gaps[i], &v->need, v->able[i].node_idx,
		   from_sec < start ? start : from_sec, v->duration_sec,
		   ret_until);
}

void weft_outlook_expect_row(const struct weft_outlook *o,
			     const struct weft_view *v, uint32_t i)
{
	uint32_t node_idx = v->able[i].node_idx;

	if (v->gaps[i].version != o->version[node_idx])
		weft_timeline_expect(o->tl, node_idx);
}

/* ---- rungs -------------------------------------------------------------- */

static struct weft_rung *add_rung(struct weft_outlook *o, struct kind *k,
				  const struct weft_rung *keep,
				  uint32_t shape_idx, uint32_t duration_sec)
{
	struct weft_rung *r;

	make_room(o, weft_soonest_bytes(k->count) + gaps_bytes(k), keep);
	r = calloc(1, sizeof(*r));
	if (!r)
		return NULL;
	r->shape_idx = shape_idx;
	r->duration_sec = duration_sec;
	if (!k->gaps) {
		k->gaps = malloc(gaps_bytes(k) + 1);
		if (!k->gaps) {
			free(r);
			return NULL;
		}
		weft_gaps_clear(k->gaps, k->count);
		o->bytes += gaps_bytes(k);
	}
	if (weft_soonest_init(&r->soonest, k->count)) {
		free(r);
		return NULL;
	}
	r->next = k->rungs;
	k->rungs = r;
	o->bytes += weft_soonest_bytes(k->count);
	return r;
}

/* When each node is first free for a moment: a bound for any time. */
static void ask_all(struct weft_outlook *o, const struct kind *k,
		    const struct weft_need *need, struct weft_rung *r)
{
	int64_t now = o->cluster->now_sec;

	r->base_sec = o->cluster->now_sec;
	r->any_switches_sec = INT64_MIN;
	for (uint32_t i = 0; i < k->count; i++)
		weft_soonest_put(
			&r->soonest, i, weft_sec_ahead(now,
				weft_timeline_first(o->tl, k->able[i].node_idx,
						    need, &o->steps)));
	weft_soonest_build(&r->soonest);
}

static void copy_rung(struct weft_rung *r, const struct weft_rung *from)
{
	r->base_sec = from->base_sec;
	r->any_switches_sec = from->any_switches_sec;
	weft_soonest_copy(&r->soonest, &from->soonest);
}

/* Does b ask for all that a, of the same kind, asks for? */
static bool asks_more(const struct weft_shape *b, const struct weft_shape *a)
{
	if (a == b)
		return true;
	if (a->nodes_min > b->nodes_min || a->license_count ||
	    !(weft_shape_is_plain(a, false) ||
	      (a->nodes_required && !a->segment && !a->switches_max &&
	       a->domain == WEFT_DOMAIN_ANY)))
		return false;
	/* What holds b's units, or its named nodes, must not be too many for a. */
	return (!a->unit_count && !a->nodes_required) ||
		a->nodes_max >= b->nodes_max;
}

/* Does the rung's base bound the answer of the query? */
static bool bounds(const struct weft_outlook *o, const struct weft_rung *r,
		   const struct weft_query *q)
{
	if (r->duration_sec > q->duration_sec)
		return false;
	if (r->shape_idx == NONE)
		return true;
	return r->any_switches_sec <= q->any_switches_sec &&
		asks_more(&o->shape[q->shape_idx], &o->shape[r->shape_idx]);
}

/* The rung that knows most of the query, or NULL; and the shape's own, or NULL. */
static struct weft_rung *find_rung(const struct weft_outlook *o,
				   const struct kind *k,
				   const struct weft_query *q,
				   struct weft_rung **ret_own)
{
	struct weft_rung *best = NULL;

	*ret_own = NULL;
	for (struct weft_rung *r = k->rungs; r; r = r->next) {
		if (r->shape_idx == q->shape_idx)
			*ret_own = r;
		if (bounds(o, r, q) &&
		    (!best || r->base_sec > best->base_sec ||
		     (r->base_sec == best->base_sec &&
		      (r->shape_idx == q->shape_idx ||
		       r->duration_sec > best->duration_sec))))
			best = r;
	}
	return best;
}

/*
 * The rung to search on.  A bound that came later than from_sec asked, from a
 * shape that is easier, is a bound here too: a copy of its rung serves.
 */
static struct weft_rung *use_rung(struct weft_outlook *o, struct kind *k,
				  const struct weft_query *q,
				  const struct weft_need *need,
				  int64_t *ret_begin_sec)
{
	struct weft_rung *own, *best = find_rung(o, k, q, &own);

	if (!best) {
		best = add_rung(o, k, NULL, NONE, 0);
		if (!best)
			return NULL;
		ask_all(o, k, need, best);
	}
	best->used = o->looks;
	*ret_begin_sec = best->base_sec;
	if (own && bounds(o, own, q) && own->base_sec >= best->base_sec) {
		own->used = o->looks;
		return own;
	}
	if (own == best || q->duration_sec != o->shape[q->shape_idx].limit_sec)
		return best;
	if (!own)
		own = add_rung(o, k, best, q->shape_idx, q->duration_sec);
	if (!own)
		return NULL;
	own->used = o->looks;
	copy_rung(own, best);
	return own;
}

int weft_outlook_look(struct weft_outlook *o, const struct weft_query *q,
		      struct weft_view *ret_view)
{
	const struct weft_shape *shape = &o->shape[q->shape_idx];
	struct kind *k = &o->kind[o->kind_of[q->shape_idx]];
	struct weft_need need = weft_shape_need(shape);
	struct weft_rung *r;
	int64_t begin;

	o->looks++;
	if (need_able(o, shape, k))
		return -ENOMEM;
	r = use_rung(o, k, q, &need, &begin);
	if (!r)
		return -ENOMEM;
	*ret_view = (struct weft_view) {
		.begin_sec = q->from_sec > begin ? q->from_sec : begin,
		.able = k->able, .count = k->count, .cap_max = k->cap_max,
		.soonest = &r->soonest, .gaps = k->gaps,
		.need = need, .duration_sec = q->duration_sec, .rung = r,
	};
	return 0;
}

bool weft_outlook_may_learn(const struct weft_outlook *o,
			    const struct weft_view *v,
			    const struct weft_query *q)
{
	return !q->except && v->rung->shape_idx == q->shape_idx &&
		v->rung->duration_sec == q->duration_sec &&
		q->from_sec <= o->cluster->now_sec;
}

void weft_outlook_learn(struct weft_view *v, const struct weft_query *q,
			int64_t start_sec)
{
	v->rung->base_sec = start_sec;
	v->rung->any_switches_sec = q->any_switches_sec;
}

void weft_outlook_learn_node(struct weft_view *v, uint32_t i, uint32_t start_sec)
{
	weft_soonest_set(&v->rung->soonest, i, start_sec);
}
