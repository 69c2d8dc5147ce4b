/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * shape.h - what a shape asks of one node, and what a node can give it
 */
#ifndef WEFT_SCHED_SHAPE_H
#define WEFT_SCHED_SHAPE_H

#include "sched/job.h"
#include "sched/timeline.h"

/* What a shape needs at the least of each of its nodes. */
struct weft_need weft_shape_need(const struct weft_shape *shape);

/* Units that fit beside one another where so much stays free. */
uint32_t weft_shape_units(const struct weft_shape *shape, uint32_t cpus,
			  uint64_t mem_mib, uint32_t gpus);

/* GPUs among free that the shape could take of the node together. */
uint32_t weft_shape_gpus_on(const struct weft_shape *shape,
			    const struct weft_cluster *cluster,
			    uint32_t node_idx, weft_gpuset_t free);

/* Units that fit into what is free of a node. */
uint32_t weft_shape_units_on(const struct weft_shape *shape,
			     const struct weft_cluster *cluster,
			     uint32_t node_idx, const struct weft_free *free);

/* Could the node, if empty, be one of the shape's?  With how many units? */
bool weft_shape_is_able(const struct weft_shape *shape,
			const struct weft_cluster *cluster, uint32_t node_idx,
			uint32_t *ret_units);

/* Is this node one that the shape insists on? */
static inline bool weft_shape_requires(const struct weft_shape *shape,
				       uint32_t node_idx)
{
	return shape->nodes_required &&
		weft_idxset_has(shape->nodes_required, node_idx);
}

/* Any nodes will do that are enough: no node named, no wish about the fabric. */
static inline bool weft_shape_is_plain(const struct weft_shape *shape,
				       bool any_switches)
{
	return !shape->nodes_required && !shape->segment &&
		shape->domain == WEFT_DOMAIN_ANY &&
		(!shape->switches_max || any_switches);
}

#endif
