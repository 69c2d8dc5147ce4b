/* SPDX-License-Identifier: GPL-2.0-or-later */
/* gang_impl.h - what gang.c and gang_start.c share: the gang at hand */
#ifndef WEFT_SCHED_GANG_IMPL_H
#define WEFT_SCHED_GANG_IMPL_H

#include "sched/plan_impl.h"

struct weft_gang_member {
	uint32_t gang_id, part, job_idx;
};

struct weft_gang_part {
	uint32_t first, count;		/* its members */
	uint32_t job_idx;		/* the member that fits first */
	int64_t alone_sec;		/* the earliest start it has by itself */
	const struct weft_candidate *cand;	/* its place, in the pool */
	uint32_t cand_count;
};

struct weft_gangs {
	struct weft_gang_member *member;		/* by gang, part, and Slurm's order */
	uint32_t count;
	uint32_t *size, *seen;		/* [a gang's first member] members, had a turn */
	/* of the gang at hand; parts of which something is known */
	struct weft_gang_part *part;
	uint32_t part_count;
	uint32_t *order;		/* in which parts are given nodes */
	uint32_t tests_left;
	uint32_t last_part;		/* who fits last */
	bool nodes_short;		/* for want of nodes of its own */
	bool few;			/* parts take the fewest nodes they may */
	struct weft_idxset *taken;
	struct weft_candidate *pool;
	uint32_t pool_count;
	uint32_t *pick;			/* 0, 1, 2, ... */
	struct weft_license_use *use;
	uint32_t use_cap;
};

/* Nothing of it is known, so it has no place. */
static inline bool weft_gang_is_unknown(const struct weft_planner *p,
					uint32_t shape_idx)
{
	return p->shape[shape_idx].left && !p->shape[shape_idx].nodes;
}

static inline const struct weft_job *
weft_gang_job(const struct weft_planner *p, const struct weft_gang_part *part)
{
	return &p->job[part->job_idx];
}

static inline const struct weft_shape *
weft_gang_shape(const struct weft_planner *p, const struct weft_gang_part *part)
{
	return &p->shape[weft_gang_job(p, part)->shape_idx];
}

/*
 * The common start of the parts listed, from_sec at the earliest, and each part's
 * place at it; WEFT_TIME_NEVER: none by last_sec, or tests_left is spent.  Says
 * who fits last.  0 or -ENOMEM.
 */
int weft_gang_search(struct weft_planner *p, int64_t from_sec, int64_t last_sec,
		     int64_t *ret_sec);

#endif
