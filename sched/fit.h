/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fit.h - does a shape fit on one node, and from when on?
 */
#ifndef WEFT_SCHED_FIT_H
#define WEFT_SCHED_FIT_H

#include "sched/job.h"
#include "sched/timeline_row.h"

/* What one node can give a job over an interval. */
struct weft_fit {
	uint32_t units;		/* that fit on the node; 1 if the shape has none */
	weft_gpuset_t gpus;	/* free ones of the type that is best here */
	struct weft_free free;
};

/* The units that each chosen node must hold at least. */
uint32_t weft_fit_units_needed(const struct weft_shape *shape);

/* What `units` units ask of one node. */
struct weft_amount weft_fit_demand(const struct weft_shape *shape,
				   uint32_t units);

/* Does it fit into what is free?  False: *ret_fit is not set. */
bool weft_fit_test(const struct weft_shape *shape, const struct weft_node *node,
		   const struct weft_free *room, struct weft_fit *ret_fit);

/*
 * The earliest time >= from at which the shape fits on the node for
 * duration_sec, WEFT_TIME_NEVER if none before until.  Knows reservations and
 * nodes that come back.  steps is raised by the timeline steps walked.
 */
int64_t weft_fit_next(const struct weft_shape *shape,
		      const struct weft_cluster *cluster,
		      const struct weft_timeline *tl, uint32_t node_idx,
		      uint32_t duration_sec, int64_t from, int64_t until,
		      uint64_t *steps);

#endif
