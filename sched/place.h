/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * place.h - of the nodes that could hold a job at one time, which to take
 *
 * The order of wishes: what the job demands (segments, one domain, at most so
 * many switches, nodes it names), then the smallest subtree of the fabric,
 * then Slurm's node weight, then what leaves the rest most useful.
 */
#ifndef WEFT_SCHED_PLACE_H
#define WEFT_SCHED_PLACE_H

#include "sched/fit.h"
#include "sched/mix.h"
#include "sched/plan.h"

/* One node that fits at the time in question. */
struct weft_candidate {
	uint32_t node_idx;
	struct weft_fit fit;
};

/* Memory for placing, made once a cycle. */
struct weft_placer;
struct weft_placer *weft_placer_create(const struct weft_cluster *cluster,
				       const struct weft_mix *mix,
				       bool fragmentation);
void weft_placer_destroy(struct weft_placer *placer);

/*
 * Choose among the candidates (any order; the array is rearranged).  Returns
 * the number of places written to place[] (room for shape->nodes_max), 0 if
 * they cannot hold the job as it wishes.  switches_max as in the shape, 0 to
 * waive it.
 */
uint32_t weft_place_choose(struct weft_placer *placer,
			   const struct weft_shape *shape,
			   uint32_t switches_max,
			   struct weft_candidate *candidates, uint32_t count,
			   struct weft_place *place);

/* The hold that a place means for a timeline. */
struct weft_hold weft_place_hold(const struct weft_cluster *cluster,
				 const struct weft_shape *shape,
				 const struct weft_place *place);

#endif
