/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * timeline.h - what is free on every node from now on
 *
 * Per node a sorted row of steps; a step says what is free from its time to
 * the next step's: CPUs, memory and which GPUs.  Holds are taken for an
 * interval, and questions are asked about an interval.  This is what makes
 * Weft plan GPUs and not nodes: a job that fits beside others is seen to fit.
 */
#ifndef WEFT_SCHED_TIMELINE_H
#define WEFT_SCHED_TIMELINE_H

#include "sched/cluster.h"

struct weft_timeline;

/* Everything free from now_sec on; nodes' totals are copied. */
struct weft_timeline *weft_timeline_create(const struct weft_cluster *cluster);
void weft_timeline_destroy(struct weft_timeline *tl);

/*
 * Take hold's resources on [start, end), end WEFT_TIME_NEVER allowed.
 * -EBUSY and nothing taken if they are not free throughout; -ENOMEM.
 */
int weft_timeline_add(struct weft_timeline *tl, const struct weft_hold *hold,
		      int64_t start_sec, int64_t end_sec, struct weft_err *err);
/* Give back what exactly such an add took. */
int weft_timeline_remove(struct weft_timeline *tl, const struct weft_hold *hold,
			 int64_t start_sec, int64_t end_sec,
			 struct weft_err *err);

/* What stays free on the node all through [start, end). */
struct weft_free {
	uint32_t cpus;
	uint64_t mem_mib;
	weft_gpuset_t gpus;
	bool whole;		/* and nobody else is on it */
};
struct weft_free weft_timeline_free(const struct weft_timeline *tl,
				    uint32_t node_idx, int64_t start_sec,
				    int64_t end_sec);

/* Invariants: every row begins now and is sorted by time. */
int weft_timeline_check(const struct weft_timeline *tl, struct weft_err *err);

#endif
