/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * timeline.h - what is free on every node from now on
 *
 * Per node a sorted row of steps; a step says what is free from its time to
 * the next step's: CPUs, memory and which GPUs.  Holds are taken for an
 * interval, and questions are asked about an interval.  This is what makes
 * Weft plan GPUs and not nodes: a job that fits beside others is seen to fit.
 *
 * Nodes that are down until a time, and reservations, are not steps: they
 * close a node to some jobs and not to others, so they are asked with the
 * need (weft_timeline_next).
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
/*
 * The holds of the cluster's running jobs; one whose end has passed is taken
 * to end in a second.  Unlike an add this bears a whole-node hold beside
 * others (a suspended job under a running one).
 */
int weft_timeline_add_running(struct weft_timeline *tl, struct weft_err *err);

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

/*
 * The same, and for which other ends the answer is the same too: all behind
 * *ret_after_sec up to and including *ret_until_sec.
 */
struct weft_free weft_timeline_free_like(const struct weft_timeline *tl,
					 uint32_t node_idx, int64_t start_sec,
					 int64_t end_sec,
					 int64_t *ret_after_sec,
					 int64_t *ret_until_sec);

/* What a job needs of a node at the least. */
struct weft_need {
	struct weft_amount amount;
	int32_t gpu_type_idx;	/* -1: any, of one type if it suffices */
	bool whole;		/* nobody else on the node */
	int32_t resv_idx;	/* may use this reservation; -1: none */
};

/*
 * The earliest start >= from_sec such that the need stays free on the node
 * for duration_sec (UINT32_MAX: for ever), or WEFT_TIME_NEVER.  *ret_until:
 * every start before it (and not before the answer) is as good.  *steps grows
 * by the steps walked.
 */
int64_t weft_timeline_next(const struct weft_timeline *tl, uint32_t node_idx,
			   const struct weft_need *need, int64_t from_sec,
			   uint32_t duration_sec, int64_t *ret_until,
			   uint64_t *steps);

/*
 * Starts from from_sec on and before to_sec are possible where the job ends by
 * end_sec (NEVER: with any duration).
 */
struct weft_gap {
	int64_t from_sec, to_sec, end_sec;
};

/*
 * The first gap that begins at *look_sec or later, and in *look_sec where to
 * look for the one behind it; false: there is none.  A gap with room for
 * enough_sec at all of its starts may be given a nearer end (UINT32_MAX: it
 * is not).  *steps as above.
 */
bool weft_timeline_gap(const struct weft_timeline *tl, uint32_t node_idx,
		       const struct weft_need *need, uint32_t enough_sec,
		       int64_t *look_sec, struct weft_gap *ret_gap,
		       uint64_t *steps);

/*
 * When the need is first free on the node from now on, be it for a moment: no
 * start is before; WEFT_TIME_NEVER.  *steps as above.
 */
int64_t weft_timeline_first(const struct weft_timeline *tl, uint32_t node_idx,
			    const struct weft_need *need, uint64_t *steps);

/* The node's row will be walked soon: a hint that spares waiting for memory. */
void weft_timeline_expect(const struct weft_timeline *tl, uint32_t node_idx);

/*
 * On how many nodes is the need free at this moment, whatever comes after?
 * Counts no further than enough; reservations and nodes that are down are not
 * looked at, so it may be too many.
 */
uint32_t weft_timeline_count_now(const struct weft_timeline *tl,
				 const struct weft_need *need,
				 uint32_t enough);

/* From when on the node is all free for good, or WEFT_TIME_NEVER. */
int64_t weft_timeline_clear(const struct weft_timeline *tl, uint32_t node_idx);

/* The node's first step that begins after sec, or WEFT_TIME_NEVER. */
int64_t weft_timeline_step_after(const struct weft_timeline *tl,
				 uint32_t node_idx, int64_t sec);

/*
 * [node_idx], borrowed: grows with every add and remove on the node, for
 * caches of answers.
 */
const uint32_t *weft_timeline_versions(const struct weft_timeline *tl);

/* start + duration, where UINT32_MAX is for ever. */
static inline int64_t weft_time_after(int64_t start_sec, uint32_t duration_sec)
{
	if (duration_sec == UINT32_MAX ||
	    start_sec > WEFT_TIME_NEVER - (int64_t)duration_sec)
		return WEFT_TIME_NEVER;
	return start_sec + duration_sec;
}

/* Invariants: sorted, nothing negative, no two equal steps side by side. */
int weft_timeline_check(const struct weft_timeline *tl, struct weft_err *err);

#endif
