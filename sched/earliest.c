/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * earliest.c - see earliest.h
 *
 * For each node the shape may use, the next time at which it fits there is
 * found (fit.c) and remembered.  Within a cycle resources are only taken, so a
 * remembered time stays a lower bound, and needs a second look only if the
 * node's row has changed or the time has passed: most jobs of a shape touch a
 * few nodes only.
 *
 * The search goes up in rounds.  At time t: the nodes whose next fit is t are
 * the candidates; if the placer finds a place among them, that is it.  If not,
 * nodes are added in the order of their next fit until enough of them are
 * there (by the fast tests of enough()), and the time of the last one is the
 * next t: no earlier time can do, because fewer nodes fit at it.  A round
 * either ends the search or raises t; ROUNDS_MAX bounds them, and a job that
 * needs more is looked at again in the next cycle.
 *
 * Cost of a round: O(n) for n nodes, plus O(k log n) to add k of them.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sched/earliest.h"

#define ROUNDS_MAX 512

struct weft_event {
	int64_t sec;
	uint32_t node_idx;
};

int weft_search_init(struct weft_search *search,
		     const struct weft_cluster *cluster,
		     const struct weft_timeline *tl,
		     const struct weft_licenses *licenses,
		     struct weft_placer *placer)
{
	uint32_t n = cluster->node_count ? cluster->node_count : 1;

	*search = (struct weft_search){
		.cluster = cluster, .tl = tl, .licenses = licenses,
		.placer = placer,
	};
	search->candidate = malloc(n * sizeof(*search->candidate));
	search->event = malloc(n * sizeof(*search->event));
	search->tally = calloc(cluster->fabric->vertex_count,
			       sizeof(*search->tally));
	if (search->candidate && search->event && search->tally)
		return 0;
	weft_search_fini(search);
	return -ENOMEM;
}

void weft_search_fini(struct weft_search *search)
{
	free(search->candidate);
	free(search->event);
	free(search->tally);
	search->candidate = NULL;
	search->event = NULL;
	search->tally = NULL;
}

void weft_shape_cache_fini(struct weft_shape_cache *cache)
{
	free(cache->next);
	free(cache->version);
	cache->next = NULL;
	cache->version = NULL;
}

static int cache_init(struct weft_shape_cache *cache, uint32_t node_count)
{
	size_t n = node_count ? node_count : 1;

	if (cache->next)
		return 0;
	cache->next = malloc(n * sizeof(*cache->next));
	cache->version = malloc(n * sizeof(*cache->version));
	if (!cache->next || !cache->version) {
		weft_shape_cache_fini(cache);
		return -ENOMEM;
	}
	for (uint32_t i = 0; i < node_count; i++)
		cache->next[i] = INT64_MIN;
	memset(cache->version, 0xff, n * sizeof(*cache->version));
	return 0;
}

/* Candidates at exactly t among the nodes given by next[], or all if NULL. */
static uint32_t gather(struct weft_search *search,
		       const struct weft_shape *shape,
		       const struct weft_shape_cache *cache,
		       uint32_t duration_sec, int64_t t)
{
	const struct weft_cluster *cluster = search->cluster;
	uint32_t count = 0;

	weft_idxset_foreach(shape->nodes, n) {
		struct weft_candidate *c = &search->candidate[count];
		struct weft_free room;

		if (cache ? cache->next[n] != t :
		    weft_fit_next(shape, cluster, search->tl, n, duration_sec,
				  t, t + 1, &search->steps) != t)
			continue;
		room = weft_timeline_free(search->tl, n, t,
					  weft_end_of(t, duration_sec));
		c->node_idx = n;
		if (weft_fit_test(shape, &cluster->node[n], &room, &c->fit))
			count++;
	}
	return count;
}

uint32_t weft_search_at(struct weft_search *search,
			const struct weft_shape *shape, uint32_t switches_max,
			uint32_t duration_sec, int64_t t,
			struct weft_place *place)
{
	uint32_t count;

	if (weft_licenses_next(search->licenses, shape, duration_sec, t) != t)
		return 0;
	count = gather(search, shape, NULL, duration_sec, t);
	if (count < shape->nodes_min)
		return 0;
	return weft_place_choose(search->placer, shape, switches_max,
				 search->candidate, count, place);
}

/* Bring every node's next fit up to t.  Counts those that fit at t itself. */
static uint32_t refresh(struct weft_search *search,
			const struct weft_shape *shape,
			struct weft_shape_cache *cache, uint32_t duration_sec,
			int64_t t, int64_t until)
{
	uint32_t at_once = 0;

	weft_idxset_foreach(shape->nodes, n) {
		uint32_t version = search->tl->row[n].version;
		int64_t bound = cache->next[n] > t ? cache->next[n] : t;

		if (cache->next[n] < t || cache->version[n] != version) {
			if (cache->next[n] != WEFT_TIME_NEVER)
				cache->next[n] = weft_fit_next(shape,
					search->cluster, search->tl, n,
					duration_sec, bound, until,
					&search->steps);
			cache->version[n] = version;
		}
		at_once += cache->next[n] == t;
	}
	return at_once;
}

/* ---- nodes in the order of their next fit ------------------------------ */

static bool before(const struct weft_event *a, const struct weft_event *b)
{
	return a->sec != b->sec ? a->sec < b->sec : a->node_idx < b->node_idx;
}

static void sift_down(struct weft_event *heap, uint32_t count, uint32_t at)
{
	for (;;) {
		uint32_t child = 2 * at + 1;
		struct weft_event swap;

		if (child >= count)
			return;
		if (child + 1 < count && before(&heap[child + 1], &heap[child]))
			child++;
		if (!before(&heap[child], &heap[at]))
			return;
		swap = heap[at];
		heap[at] = heap[child];
		heap[child] = swap;
		at = child;
	}
}

static uint32_t heap_nodes(struct weft_search *search,
			   const struct weft_shape *shape,
			   const struct weft_shape_cache *cache)
{
	uint32_t count = 0;

	weft_idxset_foreach(shape->nodes, n) {
		if (cache->next[n] == WEFT_TIME_NEVER)
			continue;
		search->event[count++] = (struct weft_event){
			.sec = cache->next[n], .node_idx = n,
		};
	}
	for (uint32_t i = count / 2; i-- > 0;)
		sift_down(search->event, count, i);
	return count;
}

/* Running totals while nodes are added; a necessary condition, not enough. */
struct total {
	uint32_t nodes, segments, required_left, fullest_domain;
	bool any_domain;
};

static void add_node(struct weft_search *search, const struct weft_shape *shape,
		     uint32_t n, struct total *total)
{
	uint32_t domain = search->cluster->fabric->domain_of[n];

	total->nodes++;
	if (shape->nodes_required && weft_idxset_has(shape->nodes_required, n))
		total->required_left--;
	if (domain == UINT32_MAX)
		return;
	search->tally[domain]++;
	if (search->tally[domain] > total->fullest_domain)
		total->fullest_domain = search->tally[domain];
	if (shape->segment && search->tally[domain] % shape->segment == 0)
		total->segments++;
}

static bool enough(const struct weft_shape *shape, const struct total *total)
{
	if (total->nodes < shape->nodes_min || total->required_left)
		return false;
	if (shape->domain == WEFT_DOMAIN_SAME && shape->nodes_min > 1 &&
	    total->fullest_domain < shape->nodes_min)
		return false;
	return !shape->segment ||
	       total->segments >= (shape->nodes_min + shape->segment - 1) /
				  shape->segment;
}

/*
 * The first time > t at which enough nodes fit (by enough()); NEVER if at no
 * time.  Nodes of one time are added together: t itself has been tried.
 */
static int64_t next_time(struct weft_search *search,
			 const struct weft_shape *shape,
			 const struct weft_shape_cache *cache, int64_t t)
{
	struct total total = {
		.required_left = shape->nodes_required ?
			weft_idxset_count(shape->nodes_required) : 0,
	};
	uint32_t count = heap_nodes(search, shape, cache);
	struct weft_event *heap = search->event;

	memset(search->tally, 0, search->cluster->fabric->vertex_count *
				 sizeof(*search->tally));
	while (count) {
		int64_t sec = heap[0].sec;

		add_node(search, shape, heap[0].node_idx, &total);
		heap[0] = heap[--count];
		sift_down(heap, count, 0);
		if (sec > t && enough(shape, &total))
			return sec;
	}
	return WEFT_TIME_NEVER;
}

static int search_rounds(struct weft_search *search,
			 const struct weft_shape *shape,
			 struct weft_shape_cache *cache, uint32_t switches_max,
			 uint32_t duration_sec, int64_t t, int64_t until,
			 struct weft_place *place, int64_t *ret_start)
{
	for (uint32_t round = 0; round < ROUNDS_MAX && t < until; round++) {
		int64_t free_sec = weft_licenses_next(search->licenses, shape,
						      duration_sec, t);
		uint32_t count, places;

		if (free_sec > t) {
			t = free_sec;
			continue;
		}
		count = refresh(search, shape, cache, duration_sec, t, until);
		if (count >= shape->nodes_min) {
			count = gather(search, shape, cache, duration_sec, t);
			places = weft_place_choose(search->placer, shape,
						   switches_max,
						   search->candidate, count,
						   place);
			if (places) {
				*ret_start = t;
				return (int)places;
			}
		}
		t = next_time(search, shape, cache, t);
	}
	return 0;
}

int weft_search_earliest(struct weft_search *search,
			 const struct weft_shape *shape,
			 struct weft_shape_cache *cache, uint32_t switches_max,
			 uint32_t duration_sec, int64_t from, int64_t until,
			 struct weft_place *place, int64_t *ret_start)
{
	struct weft_shape_cache own = { .earliest_sec = INT64_MIN };
	int64_t base = search->tl->now_sec;
	int rc;

	/*
	 * A cache holds what is true from its lower bound on; a job that may
	 * only begin later would push it past the jobs behind.
	 */
	if (cache && cache->earliest_sec > base)
		base = cache->earliest_sec;
	if (!cache || from > base)
		cache = &own;
	else
		from = base;
	if (cache_init(cache, search->cluster->node_count))
		return -ENOMEM;
	rc = search_rounds(search, shape, cache, switches_max, duration_sec,
			   from, until, place, ret_start);
	cache->earliest_sec = rc > 0 ? *ret_start : until;
	weft_shape_cache_fini(&own);
	return rc;
}
