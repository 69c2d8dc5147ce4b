/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * place.h - which of the nodes that could take a job should
 *
 * The planner offers candidates: nodes that all stay free enough in the same
 * interval.  The placer answers whether a set of them satisfies the shape
 * (how many, which must be there, domains, segments, switches, units), and
 * which set leaves the rest most useful.
 */
#ifndef WEFT_SCHED_PLACE_H
#define WEFT_SCHED_PLACE_H

#include "sched/job.h"

struct weft_candidate {
	uint32_t node_idx;
	uint32_t units;		/* it can hold at most; 0 if the shape has none */
	uint64_t score;		/* lower is taken first */
	bool required;		/* in the shape's nodes_required */
};

struct weft_placer;

/* For at most node_count candidates of this cluster; NULL: no memory. */
struct weft_placer *weft_placer_create(const struct weft_cluster *cluster);
void weft_placer_destroy(struct weft_placer *placer);

/*
 * Choose among cand[0 .. count-1]: ret_pick[] (room for count) gets indices
 * into cand, best first.  Returns how many, 0 if no set will do.  The answer
 * "none" is exact for shapes without units, and for shapes with units that
 * have neither segment nor switches_max.
 */
uint32_t weft_place_choose(struct weft_placer *placer,
			   const struct weft_shape *shape, bool any_switches,
			   const struct weft_candidate *cand, uint32_t count,
			   uint32_t *ret_pick);

/* Only whether some set will do; cheaper. */
bool weft_place_exists(struct weft_placer *placer,
		       const struct weft_shape *shape, bool any_switches,
		       const struct weft_candidate *cand, uint32_t count);

#endif
