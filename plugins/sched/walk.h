/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * walk.h - what commit.c and het.c share while they go through the queue
 *
 * All functions need the locks of start.h.
 */
#ifndef WEFT_PLUGINS_SCHED_WALK_H
#define WEFT_PLUGINS_SCHED_WALK_H

#include "plugins/sched/commit.h"

struct weft_walk {
	struct weft_commit *commit;
	int64_t *planned_sec;	/* [node_idx] the first planned start there */
	uint32_t *preempt_tried;	/* [shape_idx] QOS id + 1 of the last attempt */
	bool *unplaceable_tried;	/* [shape_idx] left to select in this cycle */
	int64_t turn_left_usec;
	uint32_t started;
	bool turn_started;	/* so the plan below it may be stale */
	bool preemption;
};

const struct weft_place *weft_walk_places(const struct weft_walk *walk,
					  const struct weft_decision *d);

/* All nodes but the places'.  The caller frees it. */
bitstr_t *weft_walk_all_but(const struct weft_place *place, uint32_t count);

/* Nodes that a job before this one will need within limit_sec; to be freed. */
bitstr_t *weft_walk_needed(const struct weft_walk *walk, uint32_t limit_sec,
			   time_t now);

/* A component of a het job has its turn; acts at the last one (het.c). */
void weft_het_visit(struct weft_walk *walk, uint32_t ref_idx, time_t now);

#endif
