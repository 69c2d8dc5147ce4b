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
 * For a count of nodes T is the k-th smallest next(); with wishes about the
 * fabric it is found by bisection over the sorted values, for more nodes
 * never make a wish harder to grant.  Units (GPUs or tasks spread unevenly)
 * are bounded by what the empty nodes hold; where the bound is too
 * optimistic the search goes on at the next time anything changes.
 *
 * next() is cached per kind of shape (kinds.h) and node, with the interval for
 * which it is known and the duration, if that mattered; it is asked again only
 * if the time left that interval or the node's row changed.  Where nothing is
 * planned on a node yet, what is free only grows and the duration does not
 * matter, so the thousand time limits of a kind share what is known.  Caches
 * of kinds not used for long are dropped beyond CACHE_BYTES.
 *
 * Cost of a search: O(iterations * nodes of the shape), and O(steps) for each
 * node that changed since the kind's last search.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/bits.h"
#include "sched/kinds.h"
#include "sched/licenses.h"
#include "sched/search.h"

#define CACHE_BYTES ((size_t)96 << 20)
#define ITERATIONS_MAX 20000

/* next(node, t) = start for asked <= t <= start, t for start < t < until. */
struct known {
	int64_t asked_sec, start_sec, until_sec;
	uint32_t node_idx, version, units_cap, duration_sec;
	bool required, valid, any_duration;
};

struct kind_cache {
	struct known *known;
	uint32_t count, cap_max;
	uint64_t used;		/* when last, in searches */
};

struct weft_search {
	const struct weft_cluster *cluster;
	struct weft_timeline *tl;
	const uint32_t *version;	/* the timeline's */
	struct weft_placer *placer;
	const struct weft_shape *shape;
	uint32_t shape_count;
	uint32_t *kind_of;		/* [shape_idx] */
	struct kind_cache *cache;	/* [kind] */
	uint32_t kind_count;
	size_t cache_bytes;
	struct weft_license_row *license;
	struct weft_candidate *cand;
	uint32_t *pick;
	int64_t *key, *sorted;
	const struct weft_mix *mix;
	uint64_t tests, steps;
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
		.version = weft_timeline_versions(tl),
		.shape = shapes, .shape_count = shape_count,
	};
	s->kind_of = malloc(((size_t)shape_count + 1) * sizeof(*s->kind_of));
	if (s->kind_of && weft_kinds_assign(shapes, shape_count, s->kind_of,
					    &s->kind_count) == 0)
		s->cache = calloc((size_t)s->kind_count + 1, sizeof(*s->cache));
	s->license = calloc((size_t)cluster->license_count + 1,
			    sizeof(*s->license));
	s->cand = malloc(n * sizeof(*s->cand));
	s->pick = malloc(n * sizeof(*s->pick));
	s->key = malloc(n * sizeof(*s->key));
	s->sorted = malloc(n * sizeof(*s->sorted));
	if (s->cache && s->license && s->cand && s->pick && s->key && s->sorted)
		return s;
	weft_search_destroy(s);
	return NULL;
}

void weft_search_destroy(struct weft_search *s)
{
	if (!s)
		return;
	for (uint32_t i = 0; s->cache && i < s->kind_count; i++)
		free(s->cache[i].known);
	free(s->kind_of);
	for (uint32_t i = 0; s->license && i < s->cluster->license_count; i++)
		free(s->license[i].step);
	free(s->cache);
	free(s->license);
	free(s->cand);
	free(s->pick);
	free(s->key);
	free(s->sorted);
	free(s);
}

static uint32_t sum32(uint32_t a, uint32_t b)
{
	return a > UINT32_MAX - b ? UINT32_MAX : a + b;
}

struct weft_need weft_search_need(const struct weft_shape *shape)
{
	struct weft_need need = {
		.amount = shape->per_node,
		.gpu_type_idx = shape->gpu_type_idx,
		.whole = shape->exclusive,
		.resv_idx = shape->resv_idx,
	};

	if (shape->unit_count && shape->units_per_node_min) {
		need.amount.cpus = sum32(need.amount.cpus,
					 shape->per_unit.cpus);
		need.amount.gpus = sum32(need.amount.gpus,
					 shape->per_unit.gpus);
		if (__builtin_add_overflow(need.amount.mem_mib,
					   shape->per_unit.mem_mib,
					   &need.amount.mem_mib))
			need.amount.mem_mib = UINT64_MAX;
	}
	return need;
}

/* Units that the free resources of a node hold, with GPUs of one type. */
static uint32_t units_in(const struct weft_search *s, uint32_t node_idx,
			 const struct weft_shape *shape, struct weft_free free)
{
	uint32_t want = weft_shape_gpus_most(shape);
	weft_gpuset_t set = 0;

	if (want)
		set = weft_timeline_gpus(s->tl, node_idx, free.gpus,
					 shape->gpu_type_idx, want);
	return weft_place_units(shape, free.cpus, free.mem_mib,
				weft_bits_count(set));
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

/* ---- what is known of each node ---------------------------------------- */

static void drop_oldest(struct weft_search *s, const struct kind_cache *keep)
{
	struct kind_cache *oldest = NULL;

	for (uint32_t i = 0; i < s->kind_count; i++) {
		struct kind_cache *c = &s->cache[i];

		if (c != keep && c->known && (!oldest || c->used < oldest->used))
			oldest = c;
	}
	if (!oldest)
		return;
	s->cache_bytes -= oldest->count * sizeof(*oldest->known);
	free(oldest->known);
	oldest->known = NULL;
}

void weft_search_forget(struct weft_search *s, uint32_t shape_idx)
{
	struct kind_cache *c = &s->cache[s->kind_of[shape_idx]];

	if (c->known)
		s->cache_bytes -= c->count * sizeof(*c->known);
	free(c->known);
	*c = (struct kind_cache) { 0 };
}

/* Could the node, if empty, be one of the shape's? */
static bool is_able(const struct weft_search *s, const struct weft_shape *shape,
		    uint32_t node_idx, uint32_t *ret_units)
{
	const struct weft_node *node = &s->cluster->node[node_idx];
	struct weft_need need = weft_search_need(shape);
	struct weft_free all = {
		.cpus = node->total.cpus, .mem_mib = node->total.mem_mib,
		.gpus = node->total.gpus >= WEFT_GPUS_MAX ?
			~(weft_gpuset_t)0 :
			((weft_gpuset_t)1 << node->total.gpus) - 1,
	};
	weft_gpuset_t set = all.gpus;

	*ret_units = 0;
	if (need.amount.cpus > all.cpus || need.amount.mem_mib > all.mem_mib)
		return false;
	if (need.amount.gpus) {
		set = weft_timeline_gpus(s->tl, node_idx, all.gpus,
					 shape->gpu_type_idx,
					 need.amount.gpus);
		if (weft_bits_count(set) < need.amount.gpus)
			return false;
	}
	if (shape->unit_count)
		*ret_units = units_in(s, node_idx, shape, all);
	return true;
}

static int need_cache(struct weft_search *s, uint32_t shape_idx)
{
	const struct weft_shape *shape = &s->shape[shape_idx];
	struct kind_cache *c = &s->cache[s->kind_of[shape_idx]];
	uint32_t room = weft_idxset_count(shape->nodes), units;

	c->used = s->tests;
	if (c->known)
		return 0;
	while (s->cache_bytes + room * sizeof(*c->known) > CACHE_BYTES) {
		size_t before = s->cache_bytes;

		drop_oldest(s, c);
		if (s->cache_bytes == before)
			break;
	}
	c->known = malloc(((size_t)room + 1) * sizeof(*c->known));
	if (!c->known)
		return -ENOMEM;
	c->count = c->cap_max = 0;
	weft_idxset_foreach(shape->nodes, i) {
		if (!is_able(s, shape, i, &units))
			continue;
		c->known[c->count++] = (struct known) {
			.node_idx = i,
			.units_cap = units,
			.required = shape->nodes_required &&
				weft_idxset_has(shape->nodes_required, i),
		};
		c->cap_max = units > c->cap_max ? units : c->cap_max;
	}
	s->cache_bytes += c->count * sizeof(*c->known);
	return 0;
}

/*
 * The longer the duration, the later the start: so what is known for another
 * duration tells something as well.
 */
static int64_t next(struct weft_search *s, const struct weft_need *need,
		    struct known *k, uint32_t duration_sec, int64_t t)
{
	uint32_t version = s->version[k->node_idx];
	int64_t from = t;

	if (k->valid && k->version == version && t >= k->asked_sec) {
		bool same = k->any_duration || k->duration_sec == duration_sec;

		if (same && t <= k->start_sec)
			return k->start_sec;
		if ((same || duration_sec < k->duration_sec) &&
		    t >= k->start_sec && t < k->until_sec)
			return t;
		if (duration_sec > k->duration_sec && t < k->start_sec)
			from = k->start_sec;
	}
	if (from < WEFT_TIME_NEVER)
		k->start_sec = weft_timeline_next(s->tl, k->node_idx, need,
						  from, duration_sec,
						  &k->until_sec, &s->steps);
	k->asked_sec = t;
	k->duration_sec = duration_sec;
	k->any_duration = weft_timeline_only_grows(s->tl, k->node_idx, t);
	k->version = version;
	k->valid = true;
	return k->start_sec;
}

/* ---- the smallest T ---------------------------------------------------- */

/* The k-th smallest (k from 1) of n values, which are put in some order. */
static int64_t kth(int64_t *v, uint32_t n, uint32_t k)
{
	uint32_t low = 0, high = n - 1, want = k - 1;

	while (low < high) {
		int64_t pivot = v[low + (high - low) / 2], swap;
		uint32_t less = low, i = low, more = high + 1;

		/* less: [low, less), equal: [less, i), more: [more, high] */
		while (i < more) {
			if (v[i] == pivot) {
				i++;
				continue;
			}
			swap = v[i];
			if (swap < pivot) {
				v[i++] = v[less];
				v[less++] = swap;
			} else {
				v[i] = v[--more];
				v[more] = swap;
			}
		}
		if (want >= less && want < more)
			return pivot;
		if (want < less)
			high = less - 1;
		else
			low = more;
	}
	return v[want];
}

static int compare_sec(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

static uint32_t offer(struct weft_search *s, const struct kind_cache *c,
		      int64_t until_sec)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < c->count; i++)
		if (s->key[i] <= until_sec)
			s->cand[n++] = (struct weft_candidate) {
				.node_idx = c->known[i].node_idx,
				.units = c->known[i].units_cap,
				.required = c->known[i].required,
			};
	return n;
}

static bool is_plain(const struct weft_shape *shape, bool any_switches)
{
	return !shape->nodes_required && !shape->segment &&
		shape->domain == WEFT_DOMAIN_ANY &&
		(!shape->switches_max || any_switches);
}

static int64_t smallest_by_count(struct weft_search *s,
				 const struct kind_cache *c,
				 const struct weft_shape *shape)
{
	uint32_t k = shape->nodes_min, need;

	if (shape->unit_count) {
		if (!c->cap_max)
			return WEFT_TIME_NEVER;
		need = (shape->unit_count - 1) / c->cap_max + 1;
		k = need > k ? need : k;
	}
	if (k > c->count || k > shape->nodes_max)
		return WEFT_TIME_NEVER;
	memcpy(s->sorted, s->key, c->count * sizeof(*s->key));
	return kth(s->sorted, c->count, k);
}

static int64_t smallest(struct weft_search *s, const struct kind_cache *c,
			const struct weft_shape *shape, bool any_switches)
{
	uint32_t low = 0, high = c->count;

	if (is_plain(shape, any_switches))
		return smallest_by_count(s, c, shape);
	memcpy(s->sorted, s->key, c->count * sizeof(*s->key));
	qsort(s->sorted, c->count, sizeof(*s->sorted), compare_sec);
	while (high && s->sorted[high - 1] == WEFT_TIME_NEVER)
		high--;
	if (!high || !weft_place_exists(s->placer, shape, any_switches, s->cand,
					offer(s, c, s->sorted[high - 1])))
		return WEFT_TIME_NEVER;
	/* sorted[low - 1] will not do, sorted[high - 1] will. */
	while (high - low > 1) {
		uint32_t mid = low + (high - low) / 2;

		if (weft_place_exists(s->placer, shape, any_switches, s->cand,
				      offer(s, c, s->sorted[mid - 1])))
			high = mid;
		else
			low = mid;
	}
	return s->sorted[high - 1];
}

/* The bound, with or without the wish for few switches. */
static int64_t bound(struct weft_search *s, const struct kind_cache *c,
		     const struct weft_shape *shape,
		     const struct weft_query *q, int64_t t)
{
	int64_t strict, loose;

	if (!shape->switches_max)
		return smallest(s, c, shape, true);
	if (t >= q->any_switches_sec)
		return smallest(s, c, shape, true);
	strict = smallest(s, c, shape, false);
	loose = smallest(s, c, shape, true);
	if (loose < q->any_switches_sec)
		loose = q->any_switches_sec;
	return strict < loose ? strict : loose;
}

/* ---- choosing at t ------------------------------------------------------ */

void weft_search_set_mix(struct weft_search *s, const struct weft_mix *mix)
{
	s->mix = mix;
}

/* GPUs that the job would strand for the mix, in halves, from 0 (64 fewer). */
static uint64_t stranded(const struct weft_search *s,
			 const struct weft_shape *shape, struct weft_free free)
{
	struct weft_amount take = weft_search_need(shape).amount;
	uint32_t gpus = weft_bits_count(free.gpus);
	double more;

	if (!s->mix || shape->nodes_min > 1 || !take.gpus ||
	    take.gpus > gpus || take.cpus > free.cpus ||
	    take.mem_mib > free.mem_mib)
		return 128;
	more = weft_mix_fragmentation(s->mix, free.cpus - take.cpus,
				      free.mem_mib - take.mem_mib,
				      gpus - take.gpus) -
		weft_mix_fragmentation(s->mix, free.cpus, free.mem_mib, gpus);
	more = (more + 64) * 2;
	return more < 0 ? 0 : more > 255 ? 255 : (uint64_t)more;
}

/*
 * Lower is taken first: Slurm's weight, nodes without GPUs, what would be
 * stranded, and then best fit: fewest GPUs free, fewest CPUs free.
 */
static uint64_t score(const struct weft_search *s,
		      const struct weft_shape *shape,
		      const struct weft_node *node, struct weft_free free)
{
	uint64_t gpus = weft_bits_count(free.gpus);
	uint64_t cpus = free.cpus < (1u << 20) ? free.cpus : (1u << 20) - 1;
	uint64_t weight = node->weight < (1u << 28) ? node->weight :
		(1u << 28) - 1;

	return weight << 36 | (node->total.gpus ? UINT64_C(1) << 35 : 0) |
		stranded(s, shape, free) << 27 | gpus << 20 | cpus;
}

static uint32_t choose(struct weft_search *s, const struct kind_cache *c,
		       const struct weft_shape *shape,
		       const struct weft_query *q, int64_t t)
{
	int64_t end = weft_time_after(t, q->duration_sec);
	uint32_t n = 0;

	for (uint32_t i = 0; i < c->count; i++) {
		struct weft_candidate *cand = &s->cand[n];
		uint32_t node_idx = c->known[i].node_idx;
		struct weft_free free;

		if (s->key[i] != t)
			continue;
		free = weft_timeline_free(s->tl, node_idx, t, end);
		*cand = (struct weft_candidate) {
			.node_idx = node_idx,
			.score = score(s, shape,
				       &s->cluster->node[node_idx], free),
			.required = c->known[i].required,
		};
		if (shape->unit_count)
			cand->units = units_in(s, node_idx, shape, free);
		n++;
	}
	return weft_place_choose(s->placer, shape, t >= q->any_switches_sec,
				 s->cand, n, s->pick);
}

/* The next time at which something changes for this shape. */
static int64_t next_event(struct weft_search *s, const struct kind_cache *c,
			  const struct weft_query *q, int64_t t)
{
	int64_t soonest = WEFT_TIME_NEVER, at;

	for (uint32_t i = 0; i < c->count; i++) {
		at = s->key[i];
		if (at <= t)
			at = weft_timeline_step_after(s->tl,
						      c->known[i].node_idx, t);
		soonest = at < soonest ? at : soonest;
	}
	if (q->any_switches_sec > t && q->any_switches_sec < soonest &&
	    s->shape[q->shape_idx].switches_max)
		soonest = q->any_switches_sec;
	return soonest;
}

int weft_search_earliest(struct weft_search *s, const struct weft_query *q,
			 struct weft_found *ret_found)
{
	const struct weft_shape *shape = &s->shape[q->shape_idx];
	struct kind_cache *c = &s->cache[s->kind_of[q->shape_idx]];
	struct weft_need need = weft_search_need(shape);
	int64_t t = q->from_sec, at;

	s->tests++;
	*ret_found = (struct weft_found) { .start_sec = WEFT_TIME_NEVER,
					   .cand = s->cand, .pick = s->pick };
	if (need_cache(s, q->shape_idx))
		return -ENOMEM;
	for (uint32_t round = 0; round < ITERATIONS_MAX && c->count; round++) {
		if (licenses_next(s, shape, q->duration_sec, t, &at))
			return -ENOMEM;
		if (at > q->not_after_sec || t > q->not_after_sec)
			break;
		if (at > t) {
			t = at;
			continue;
		}
		for (uint32_t i = 0; i < c->count; i++)
			s->key[i] = next(s, &need, &c->known[i],
					 q->duration_sec, t);
		at = bound(s, c, shape, q, t);
		if (at > q->not_after_sec || at == WEFT_TIME_NEVER)
			break;
		if (at > t) {
			t = at;
			continue;
		}
		ret_found->count = choose(s, c, shape, q, t);
		if (ret_found->count) {
			ret_found->start_sec = t;
			break;
		}
		t = next_event(s, c, q, t);
	}
	return 0;
}

void weft_search_costs(const struct weft_search *s, uint64_t *ret_tests,
		       uint64_t *ret_steps)
{
	*ret_tests = s->tests;
	*ret_steps = s->steps;
}
