/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sim_stock.h - where stock Slurm's select/cons_tres would put a job
 *
 * Shared by fifo, easy and backfill.
 */
#ifndef WEFT_SCHED_SIM_STOCK_H
#define WEFT_SCHED_SIM_STOCK_H

#include "sched/sim.h"

static inline bool weft_room_holds(const struct weft_room *room,
				   const struct weft_shape *shape)
{
	return room->cpus >= shape->per_node.cpus &&
		room->mem_mib >= shape->per_node.mem_mib &&
		(uint32_t)__builtin_popcountll(room->gpus) >=
		shape->per_node.gpus;
}

/*
 * Choose nodes for the shape among those allowed (NULL: all), with the lowest
 * free GPUs of each; ret_place has room for the shape's nodes.  false and
 * nothing written if they do not suffice.
 */
bool weft_stock_choose(const struct weft_room *room, uint32_t node_count,
		       const struct weft_idxset *allowed,
		       const struct weft_shape *shape,
		       struct weft_place *ret_place);

/* Take the shape from these nodes' room, or give it back. */
void weft_stock_take(struct weft_room *room, const struct weft_shape *shape,
		     const struct weft_place *place, uint32_t count);

#endif
