/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * steer_next.h - other GPUs on the chosen nodes, when select refuses the best
 */
#ifndef WEFT_PLUGINS_SCHED_STEER_NEXT_H
#define WEFT_PLUGINS_SCHED_STEER_NEXT_H

#include "plugins/slurm/ctld.h"

#include "gres/pick.h"
#include "sched/plan.h"

#define WEFT_STEER_NEXT_NODES 4		/* jobs over more are not helped */
#define WEFT_STEER_NEXT_TRIES 8

struct weft_steer_next {
	struct weft_place place[WEFT_STEER_NEXT_NODES];	/* to be tried now */
	uint32_t place_count;
	weft_gpuset_t set[WEFT_STEER_NEXT_NODES][WEFT_PICK_SPREADS_MAX];
	uint32_t set_count[WEFT_STEER_NEXT_NODES];
	uint32_t at[WEFT_STEER_NEXT_NODES];	/* place[i] has set[i][at[i]] */
	uint32_t step;		/* the sum of at[] */
	uint32_t tried;
};

/*
 * Begin with the places that were refused.  Needs the node lock, and the
 * cluster whose indices they are.  False if there is nothing else to try.
 */
bool weft_steer_next_init(struct weft_steer_next *next,
			  const struct weft_cluster *cluster,
			  const struct weft_place *place, uint32_t place_count);
/* The next best in next->place; false when all are tried, or enough. */
bool weft_steer_next_step(struct weft_steer_next *next);

#endif
