/* SPDX-License-Identifier: GPL-2.0-or-later */
/* timeline_impl.h - what timeline.c (the rows) and timeline_next.c (questions) share */
#ifndef WEFT_SCHED_TIMELINE_IMPL_H
#define WEFT_SCHED_TIMELINE_IMPL_H

#include "sched/timeline.h"

struct step {
	int64_t from_sec;
	uint64_t mem_mib;
	weft_gpuset_t gpus;
	uint32_t cpus;
	uint16_t users;		/* holds on the node */
	uint16_t wholes;	/* of these, holds of the whole node */
};

/* A time in which the node is closed but to jobs of one reservation. */
struct closure {
	int64_t start_sec, end_sec;
	int32_t resv_idx;	/* -1: to all (the node is down) */
	struct closure *next;
};

struct row {
	struct step *step;
	uint32_t count, cap;
	bool own;		/* step[] is this row's alone, to be freed */
	int64_t drop_sec;	/* the last planned start: what is free only grows
				 * from there on */
	struct closure *closed;
};

struct weft_timeline {
	const struct weft_cluster *cluster;
	struct row *row;
	uint32_t *version;	/* [node_idx] */
	struct step *first;	/* every row's first, in one piece */
	struct closure *closure;
	bool changed;		/* something was added since it was created */
};

static inline int64_t step_end(const struct row *row, uint32_t i)
{
	return i + 1 < row->count ? row->step[i + 1].from_sec : WEFT_TIME_NEVER;
}

/* The step that holds the time; times before the row count as its begin. */
static inline uint32_t find_step(const struct row *row, int64_t sec)
{
	uint32_t low = 0, high = row->count;

	/* Mostly now is asked for: a long row is not to be leafed through. */
	if (high > 1 && row->step[1].from_sec > sec)
		return 0;
	while (high - low > 1) {
		uint32_t mid = low + (high - low) / 2;

		if (row->step[mid].from_sec <= sec)
			low = mid;
		else
			high = mid;
	}
	return low;
}

#endif
