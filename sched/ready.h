/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ready.h - the nodes on which a job of a kind could start at this moment, and
 * how well each of them suits it
 *
 * Made for one cycle, in which the timeline only ever fills up: who is not ready
 * never becomes it, and a node is looked at again only if something was planned
 * on it.  Kinds are those of kinds.h; a node is scored for jobs of a single node.
 */
#ifndef WEFT_SCHED_READY_H
#define WEFT_SCHED_READY_H

#include "sched/outlook.h"
#include "sched/place.h"
#include "sched/score.h"

struct weft_ready;

/* Everything borrowed; NULL: no memory. */
struct weft_ready *weft_ready_create(const struct weft_cluster *cluster,
				     const struct weft_timeline *tl,
				     uint32_t kind_count);
void weft_ready_destroy(struct weft_ready *ready);

/* Who shapes of a kind are, and what they will be scored by; borrowed. */
struct weft_ready_kind {
	uint32_t kind_idx;
	const struct weft_shape *shape;		/* one of the kind, of one node */
	const struct weft_able *able;		/* by node_idx */
	uint32_t able_count;
	const struct weft_mix *mix;		/* the same each time */
};

/*
 * The candidates for a start now that lasts duration_sec, by node_idx, into
 * ret_cand (room for able_count); *ret_count of them.  0; -ENOMEM; -ENOSPC:
 * too much is kept of other kinds, so of this one it is not known.
 */
int weft_ready_list(struct weft_ready *ready,
		    const struct weft_ready_kind *kind, uint32_t duration_sec,
		    struct weft_candidate *ret_cand, uint32_t *ret_count);

/* The kind is of other shapes now: forget what is known of it. */
void weft_ready_forget(struct weft_ready *ready, uint32_t kind_idx);

#endif
