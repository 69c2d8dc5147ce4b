/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * steer.h - make Slurm's select give exactly the chosen GPUs
 */
#ifndef WEFT_PLUGINS_SCHED_STEER_H
#define WEFT_PLUGINS_SCHED_STEER_H

#include "plugins/slurm/ctld.h"

#include "sched/plan.h"

/* What was blocked on one node, to be given back exactly. */
struct weft_steer_node {
	gres_node_state_t *state;
	bitstr_t *blocked;	/* bits that we set */
	uint64_t count;
	uint64_t *topo;		/* [topo_cnt] added to topo_gres_cnt_alloc */
	uint64_t *type;		/* [type_cnt] added to type_cnt_alloc */
};

struct weft_steer {
	struct weft_steer_node *node;
	uint32_t node_count;
};

/*
 * Block every free GPU that the places do not name.  Needs the node write
 * lock, held until weft_steer_end().  Nodes whose GPUs have no bitmap or are
 * shared (shard, MPS) are left alone.  Always follow with end.
 */
void weft_steer_begin(struct weft_steer *steer, const struct weft_place *place,
		      uint32_t place_count);
/* Give back what begin blocked and nothing else, whatever happened between. */
void weft_steer_end(struct weft_steer *steer);

/* Did the job, which runs now, get exactly the GPUs of the places? */
bool weft_steer_hit(job_record_t *job_ptr, const struct weft_place *place,
		    uint32_t place_count);

#endif
