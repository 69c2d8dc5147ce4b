/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sim_events.c - see sim_events.h
 *
 * Invariant: no event comes before its parent at (i - 1) / 2.  O(log n).
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>

#include "sched/sim_events.h"

static bool is_before(const struct weft_event *a, const struct weft_event *b)
{
	if (a->sec != b->sec)
		return a->sec < b->sec;
	if (a->kind != b->kind)
		return a->kind < b->kind;
	return a->seq < b->seq;
}

void weft_events_fini(struct weft_events *events)
{
	free(events->heap);
	*events = (struct weft_events) { 0 };
}

int weft_events_add(struct weft_events *events, int64_t sec,
		    enum weft_event_kind kind, uint32_t idx)
{
	struct weft_event event = { sec, events->seq, kind, idx }, *more;
	uint32_t cap = events->cap ? events->cap * 2 : 64, i, up;

	if (events->count == events->cap) {
		more = realloc(events->heap, cap * sizeof(*more));
		if (!more)
			return -ENOMEM;
		events->heap = more;
		events->cap = cap;
	}
	events->seq++;
	for (i = events->count++; i; i = up) {
		up = (i - 1) / 2;
		if (!is_before(&event, &events->heap[up]))
			break;
		events->heap[i] = events->heap[up];
	}
	events->heap[i] = event;
	return 0;
}

const struct weft_event *weft_events_first(const struct weft_events *events)
{
	return events->count ? events->heap : NULL;
}

void weft_events_remove_first(struct weft_events *events)
{
	struct weft_event *heap = events->heap, last;
	uint32_t i = 0, child;

	if (!events->count)
		return;
	last = heap[--events->count];
	while ((child = 2 * i + 1) < events->count) {
		if (child + 1 < events->count &&
		    is_before(&heap[child + 1], &heap[child]))
			child++;
		if (!is_before(&heap[child], &last))
			break;
		heap[i] = heap[child];
		i = child;
	}
	if (events->count)
		heap[i] = last;
}
