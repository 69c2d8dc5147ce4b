/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * timeline_row.h - the inside of a timeline, for the search over it
 *
 * Only timeline.c changes rows; fit.c and earliest.c read them, because a
 * search that asked through a function for every step would cost too much.
 */
#ifndef WEFT_SCHED_TIMELINE_ROW_H
#define WEFT_SCHED_TIMELINE_ROW_H

#include "sched/timeline.h"

#define WEFT_ROW_INLINE 4	/* steps kept in the row itself */

struct weft_step {
	int64_t start_sec;
	uint64_t mem_mib;
	weft_gpuset_t gpus;	/* free ones */
	uint32_t cpus;
	uint16_t holders;
	bool whole;		/* held by an exclusive job */
};

struct weft_row {
	struct weft_step *step;
	uint32_t count, cap;
	uint32_t version;	/* raised by every change */
	struct weft_step inline_step[WEFT_ROW_INLINE];
};

struct weft_timeline {
	int64_t now_sec;
	uint32_t node_count;
	struct weft_row *row;	/* [node_idx] */
};

/*
 * Like add from now on, but for a hold that is a fact: a running job on a node
 * that is held beyond what it has (an OverSubscribe partition) leaves nothing
 * instead of failing.  0 or -ENOMEM.
 */
int weft_timeline_force(struct weft_timeline *tl, const struct weft_hold *hold,
			int64_t end_sec);

static inline weft_gpuset_t weft_gpuset_first(uint32_t count)
{
	return count >= 64 ? ~UINT64_C(0) : (UINT64_C(1) << count) - 1;
}

static inline struct weft_free weft_step_free(const struct weft_step *step)
{
	if (step->whole)
		return (struct weft_free){ 0 };
	return (struct weft_free){
		.cpus = step->cpus, .mem_mib = step->mem_mib,
		.gpus = step->gpus, .whole = !step->holders,
	};
}

/* What is free in both. */
static inline void weft_free_meet(struct weft_free *room,
				  const struct weft_step *step)
{
	struct weft_free other = weft_step_free(step);

	if (other.cpus < room->cpus)
		room->cpus = other.cpus;
	if (other.mem_mib < room->mem_mib)
		room->mem_mib = other.mem_mib;
	room->gpus &= other.gpus;
	room->whole &= other.whole;
}

/* t + duration without overflow; UINT32_MAX seconds is for ever. */
static inline int64_t weft_end_of(int64_t start_sec, uint32_t duration_sec)
{
	return duration_sec == UINT32_MAX ? WEFT_TIME_NEVER :
					    start_sec + duration_sec;
}

#endif
