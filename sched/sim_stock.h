/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sim_stock.h - where stock Slurm's select/cons_tres would put a job
 *
 * Shared by fifo, easy and backfill.
 */
#ifndef WEFT_SCHED_SIM_STOCK_H
#define WEFT_SCHED_SIM_STOCK_H

#include "lib/bits.h"
#include "sched/sim.h"

static inline bool weft_room_holds(const struct weft_room *room,
				   const struct weft_shape *shape)
{
	return room->cpus >= shape->per_node.cpus &&
		room->mem_mib >= shape->per_node.mem_mib &&
		weft_bits_count(weft_room_gpus(room, shape->gpu_type_idx)) >=
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

/* ---- running jobs in the order of their ends ---------------------------- */

struct weft_ending {
	int64_t sec;
	uint32_t running_idx;
};

struct weft_endings {		/* all zero is empty */
	struct weft_ending *ending;
	uint32_t count, cap;
};

int weft_endings_sort(struct weft_endings *endings,
		      const struct weft_cluster *cluster);	/* or -ENOMEM */
void weft_endings_fini(struct weft_endings *endings);
/* Give a running job's resources back to room[node]. */
void weft_endings_release(const struct weft_cluster *cluster,
			  uint32_t running_idx, struct weft_room *room);

/*
 * When select would say that the job can run on allowed nodes, and where; now,
 * the end of a running job, or WEFT_TIME_NEVER.  scratch has a room a node.
 */
int64_t weft_stock_when(const struct weft_room *now_room,
			const struct weft_cluster *cluster,
			const struct weft_endings *endings,
			const struct weft_idxset *allowed,
			const struct weft_shape *shape,
			struct weft_room *scratch, struct weft_place *ret_place);

/*
 * Asks nothing less of the same nodes: where than does not fit, neither does
 * shape.
 */
bool weft_stock_asks_more(const struct weft_shape *shape,
			  const struct weft_shape *than);

/* The shape would fit on the machine at this moment. */
bool weft_stock_fits(const struct weft_room *room, uint32_t node_count,
		     const struct weft_shape *shape);

#endif
