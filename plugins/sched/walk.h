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
	struct weft_het *het;		/* who is a component of what */
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

/* Who is behind this one in the queue is to know of its planned start. */
void weft_walk_note_planned(struct weft_walk *walk, const struct weft_decision *d);

/*
 * Start a job that the plan starts, or that is left to select, outside of used:
 * at its place, or where nobody before it needs the nodes.
 * An errno of Slurm's.
 */
int weft_walk_start(struct weft_walk *walk, const struct weft_ref *ref,
		    job_record_t *job_ptr, bitstr_t *used, time_t now);

/* NULL: no memory. */
struct weft_het *weft_het_create(const struct weft_snapshot *snap);
void weft_het_destroy(struct weft_het *het);

/* Would weft_het_visit() start anything?  Needs no locks. */
bool weft_het_is_due(const struct weft_walk *walk, uint32_t ref_idx);

/*
 * A component of a het job has its turn; acts at the last one (het.c).  Needs
 * locks only if it is due.
 */
void weft_het_visit(struct weft_walk *walk, uint32_t ref_idx, time_t now);

#endif
