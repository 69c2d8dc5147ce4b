/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sim_space.h - stock backfill's picture of the future: whole nodes by time
 *
 * The window from now on is cut into slots; each has the set of nodes that no
 * planned job has in it.  (node_space of plugins/sched/backfill/backfill.c.)
 */
#ifndef WEFT_SCHED_SIM_SPACE_H
#define WEFT_SCHED_SIM_SPACE_H

#include "lib/idxset.h"

struct weft_slot {
	int64_t begin_sec, end_sec;
	struct weft_idxset *free;
};

struct weft_space {
	struct weft_slot *slot;		/* by time, without gaps */
	uint32_t count, cap;
	struct weft_idxset *next, *current;	/* scratch */
};

int weft_space_init(struct weft_space *space, uint32_t node_count);
void weft_space_fini(struct weft_space *space);
/* One slot with all nodes.  0 or -ENOMEM. */
int weft_space_reset(struct weft_space *space, int64_t begin_sec,
		     int64_t end_sec);

/*
 * Leave in *avail (all nodes before) what is free all through [start, end],
 * and say when to look again: the end of the slot of start if the next slot
 * has a node that it has not, else 0.
 */
int64_t weft_space_avail(const struct weft_space *space, int64_t start_sec,
			 int64_t end_sec, struct weft_idxset *avail);

/* Some of these nodes are taken in [start, end). */
bool weft_space_overlaps(const struct weft_space *space,
			 const struct weft_idxset *nodes, int64_t start_sec,
			 int64_t end_sec);

/* Take the nodes in [start, end).  0 or -ENOMEM. */
int weft_space_add(struct weft_space *space, const struct weft_idxset *nodes,
		   int64_t start_sec, int64_t end_sec);

#endif
