/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * earliest.h - the first moment at which a shape finds a place
 */
#ifndef WEFT_SCHED_EARLIEST_H
#define WEFT_SCHED_EARLIEST_H

#include "sched/licenses.h"
#include "sched/place.h"

/* Everything a search looks at; owned by the planner, one per cycle. */
struct weft_search {
	const struct weft_cluster *cluster;
	const struct weft_timeline *tl;
	const struct weft_licenses *licenses;
	struct weft_placer *placer;
	struct weft_candidate *candidate;	/* [node_count], scratch */
	struct weft_event *event;		/* [node_count], scratch */
	uint32_t *tally;			/* [vertex_count], scratch */
	uint64_t steps;
};

/* What is remembered of one shape between its jobs in a cycle. */
struct weft_shape_cache {
	int64_t *next;		/* [node_idx], lower bound of the next fit */
	uint32_t *version;	/* [node_idx], of the row when next was found */
	int64_t earliest_sec;	/* no job of this shape can start before */
};

int weft_search_init(struct weft_search *search,
		     const struct weft_cluster *cluster,
		     const struct weft_timeline *tl,
		     const struct weft_licenses *licenses,
		     struct weft_placer *placer);
void weft_search_fini(struct weft_search *search);

void weft_shape_cache_fini(struct weft_shape_cache *cache);

/* Does the shape find a place exactly at t?  Number of places, 0 if not. */
uint32_t weft_search_at(struct weft_search *search,
			const struct weft_shape *shape, uint32_t switches_max,
			uint32_t duration_sec, int64_t t,
			struct weft_place *place);

/*
 * The earliest time in [from, until) with a place: number of places and
 * *ret_start, 0 places if there is none; -ENOMEM.  With switches_max waived
 * the cache must not be given (NULL): it belongs to the wish as stated.
 */
int weft_search_earliest(struct weft_search *search,
			 const struct weft_shape *shape,
			 struct weft_shape_cache *cache, uint32_t switches_max,
			 uint32_t duration_sec, int64_t from, int64_t until,
			 struct weft_place *place, int64_t *ret_start);

#endif
