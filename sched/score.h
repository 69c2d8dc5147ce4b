/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * score.h - which of the nodes that fit should be taken first
 */
#ifndef WEFT_SCHED_SCORE_H
#define WEFT_SCHED_SCORE_H

#include "sched/mix.h"
#include "sched/shape.h"

/*
 * Lower is taken first: Slurm's weight, nodes without GPUs, what would be
 * stranded for the mix (NULL: not looked at), and then best fit: fewest GPUs
 * free, fewest CPUs free.
 */
uint64_t weft_score(const struct weft_mix *mix, const struct weft_shape *shape,
		    const struct weft_node *node, const struct weft_free *free);

/* The last answer, with what it was made of: nodes alike score alike. */
struct weft_scored {
	struct weft_free free;
	uint32_t weight, gpus;
	uint64_t score;
	bool valid;
};

/* As weft_score(), for one mix and shape, from last if that is alike. */
uint64_t weft_score_like(struct weft_scored *last, const struct weft_mix *mix,
			 const struct weft_shape *shape,
			 const struct weft_node *node,
			 const struct weft_free *free);

/*
 * The same for a job that lasts: in place of what would be stranded, by how much
 * it puts off the moment when the node is all free.  It is to end at end_sec;
 * without it the node would be at clear_sec (WEFT_TIME_NEVER: never).
 */
uint64_t weft_score_lasting(const struct weft_node *node,
			    const struct weft_free *free, int64_t clear_sec,
			    int64_t end_sec);

#endif
