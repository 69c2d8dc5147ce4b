/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gaps.c - see gaps.h
 *
 * Shapes of one kind ask the same of a node, mostly for different times.  So
 * when something was planned on a node its row is walked once for all of them,
 * and each then finds its start in the few gaps that were noted: the first
 * that is long enough.  The walk begins where the question did, since times that
 * have passed for one shape have mostly passed for the others.  The last gap of
 * most rows never ends, so few leave more gaps than are kept: on 10,000 nodes
 * with 5,000 planned jobs 1 in 50, of two kept 1 in 8.  What is behind those is
 * asked of the row, each time.
 *
 * A gap that begins further ahead than 32 bits count is not kept, and one that
 * ends there is taken to end a second earlier.
 *
 * Cost: O(WEFT_GAPS_KEPT), and one walk over the row (timeline_next.c) for each
 * version of it, and for each question about earlier times.
 */
#include "config.h"

#include <string.h>

#include "sched/gaps.h"

void weft_gaps_clear(struct weft_gaps *gaps, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		gaps[i].version = UINT32_MAX;
}

static void walk(struct weft_gaps *g, const struct weft_timeline *tl,
		 int64_t now_sec, uint32_t node_idx,
		 const struct weft_need *need, uint32_t from_sec,
		 uint64_t *steps)
{
	int64_t look = now_sec + from_sec;
	struct weft_gap gap;
	uint32_t n = 0, end;

	g->first_sec = from_sec;
	g->known_sec = need->resv_idx < 0 ? WEFT_SEC_NEVER : 0;
	while (weft_timeline_gap(tl, node_idx, need, UINT32_MAX, &look, &gap,
				 steps)) {
		end = weft_sec_end_ahead(now_sec, gap.end_sec);
		if (need->resv_idx >= 0)
			g->known_sec = weft_sec_end_ahead(now_sec, gap.to_sec);
		if (n && g->gap[n - 1].end_sec == end)
			continue;	/* the one before reaches as far */
		if (n == WEFT_GAPS_KEPT ||
		    weft_sec_ahead(now_sec, gap.from_sec) == WEFT_SEC_NEVER) {
			g->known_sec = weft_sec_end_ahead(now_sec, gap.from_sec);
			break;
		}
		g->gap[n].from_sec = weft_sec_ahead(now_sec, gap.from_sec);
		g->gap[n++].end_sec = end;
	}
	for (; n < WEFT_GAPS_KEPT; n++)
		g->gap[n].from_sec = WEFT_SEC_NEVER;
}

/* Starts of the i-th gap are before this. */
static uint32_t starts_end(const struct weft_gaps *g, uint32_t i)
{
	uint32_t end = g->known_sec;

	if (i + 1 < WEFT_GAPS_KEPT && g->gap[i + 1].from_sec < end)
		end = g->gap[i + 1].from_sec;
	return g->gap[i].end_sec < end ? g->gap[i].end_sec : end;
}

/* Beyond what is known. */
static uint32_t ask_row(const struct weft_timeline *tl, int64_t now_sec,
			uint32_t node_idx, const struct weft_need *need,
			uint32_t from_sec, uint32_t duration_sec,
			uint32_t *ret_until, uint64_t *steps)
{
	int64_t until, start;

	start = weft_timeline_next(tl, node_idx, need, now_sec + from_sec,
				   duration_sec, &until, steps);
	*ret_until = weft_sec_ahead(now_sec, until);
	return weft_sec_ahead(now_sec, start);
}

uint32_t weft_gaps_next(struct weft_gaps *g, uint32_t version,
			const struct weft_timeline *tl, int64_t now_sec,
			uint32_t node_idx, const struct weft_need *need,
			uint32_t from_sec, uint32_t duration_sec,
			uint32_t *ret_until, uint64_t *steps)
{
	uint32_t start, until;

	*ret_until = WEFT_SEC_NEVER;
	if (from_sec == WEFT_SEC_NEVER)
		return WEFT_SEC_NEVER;
	if (g->version != version || from_sec < g->first_sec) {
		walk(g, tl, now_sec, node_idx, need, from_sec, steps);
		g->version = version;
	}
	for (uint32_t i = 0; i < WEFT_GAPS_KEPT &&
			     g->gap[i].from_sec < WEFT_SEC_NEVER; i++) {
		uint32_t end = g->gap[i].end_sec;

		start = from_sec > g->gap[i].from_sec ? from_sec :
			g->gap[i].from_sec;
		until = starts_end(g, i);
		if (start >= until)
			continue;
		if (end < WEFT_SEC_NEVER) {
			if (end - start < duration_sec)
				continue;
			if (end - duration_sec < until)
				until = end - duration_sec + 1;
		}
		*ret_until = until;
		return start;
	}
	if (g->known_sec == WEFT_SEC_NEVER)
		return WEFT_SEC_NEVER;
	return ask_row(tl, now_sec, node_idx, need,
		       from_sec < g->known_sec ? g->known_sec : from_sec,
		       duration_sec, ret_until, steps);
}
