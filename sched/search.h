/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * search.h - when is the earliest time at which a shape fits, and where
 *
 * Made for one cycle, in which the timeline only ever fills up: what was
 * found once bounds what can be found later, and a node is looked at again
 * only if something was planned on it.
 */
#ifndef WEFT_SCHED_SEARCH_H
#define WEFT_SCHED_SEARCH_H

#include "sched/mix.h"
#include "sched/outlook.h"
#include "sched/place.h"

struct weft_search;

/* Everything borrowed; NULL: no memory. */
struct weft_search *weft_search_create(const struct weft_cluster *cluster,
				       struct weft_timeline *tl,
				       struct weft_placer *placer,
				       const struct weft_shape *shapes,
				       uint32_t shape_count);
void weft_search_destroy(struct weft_search *search);

/* Score single nodes by what they strand of this mix; NULL: best fit only. */
void weft_search_set_mix(struct weft_search *search,
			 const struct weft_mix *mix);
/* Jobs on one node that last longer are scored as such (score.h); 0: none. */
void weft_search_set_lasting(struct weft_search *search, uint32_t lasting_sec);

struct weft_found {
	int64_t start_sec;	/* or WEFT_TIME_NEVER */
	const struct weft_candidate *cand;	/* chosen; valid until the next call */
	const uint32_t *pick;	/* indices into cand */
	uint32_t count;		/* of pick */
};

/* 0 (found or not) or -ENOMEM. */
int weft_search_earliest(struct weft_search *search,
			 const struct weft_query *query,
			 struct weft_found *ret_found);

/*
 * The shape at this index, which had no nodes when the search was made, is
 * another one now: forget what is known of it.
 */
void weft_search_forget(struct weft_search *search, uint32_t shape_idx);

/* Licences for one job on [start, end). */
int weft_search_add_licenses(struct weft_search *search,
			     const struct weft_license_use *use,
			     uint32_t count, int64_t start_sec, int64_t end_sec);

/*
 * The earliest time from from_sec on at which each of these alone is free for
 * the duration, or WEFT_TIME_NEVER.  0 or -ENOMEM.
 */
int weft_search_licenses_next(struct weft_search *search,
			      const struct weft_license_use *use,
			      uint32_t count, uint32_t duration_sec,
			      int64_t from_sec, int64_t *ret_sec);

/* Costs so far: searches made, steps of rows walked. */
void weft_search_costs(const struct weft_search *search, uint64_t *ret_tests,
		       uint64_t *ret_steps);

#endif
