/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gaps.h - when a node has room for a need, for any duration, in one cache line
 */
#ifndef WEFT_SCHED_GAPS_H
#define WEFT_SCHED_GAPS_H

#include "sched/timeline.h"

#define WEFT_GAPS_KEPT 4
#define WEFT_SEC_NEVER UINT32_MAX

/*
 * The first gaps (timeline.h) from first_sec on of one node for one need, as of
 * a version of its row, in seconds from the cluster's now.  Starts in a gap end
 * where the next begins; those of the last, and what is behind it, before
 * known_sec.
 */
struct weft_gaps {
	uint32_t version;
	uint32_t first_sec, known_sec;
	struct {
		uint32_t from_sec, end_sec;
	} gap[WEFT_GAPS_KEPT];	/* from_sec WEFT_SEC_NEVER: no more */
};

/* Nothing is known yet. */
void weft_gaps_clear(struct weft_gaps *gaps, uint32_t count);

/*
 * As weft_timeline_next(), in seconds from now: the same answer, mostly without
 * a look at the row.  gaps is of this node and need, version its row's.
 */
uint32_t weft_gaps_next(struct weft_gaps *gaps, uint32_t version,
			const struct weft_timeline *tl, int64_t now_sec,
			uint32_t node_idx, const struct weft_need *need,
			uint32_t from_sec, uint32_t duration_sec,
			uint32_t *ret_until, uint64_t *steps);

/* Seconds from now, and back. */
static inline uint32_t weft_sec_ahead(int64_t now_sec, int64_t sec)
{
	return sec == WEFT_TIME_NEVER || sec - now_sec >= WEFT_SEC_NEVER ?
		WEFT_SEC_NEVER : (uint32_t)(sec - now_sec);
}

/* The same of an end: one that comes is not taken for never. */
static inline uint32_t weft_sec_end_ahead(int64_t now_sec, int64_t sec)
{
	uint32_t ahead = weft_sec_ahead(now_sec, sec);

	return sec < WEFT_TIME_NEVER && ahead == WEFT_SEC_NEVER ?
		WEFT_SEC_NEVER - 1 : ahead;
}

static inline int64_t weft_sec_from(int64_t now_sec, uint32_t ahead)
{
	return ahead == WEFT_SEC_NEVER ? WEFT_TIME_NEVER : now_sec + ahead;
}

#endif
