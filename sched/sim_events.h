/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sim_events.h - what will happen, soonest first
 *
 * A binary heap.  Events of one second come out in the order of their kinds
 * (what frees resources before what asks for them), then as they were put in,
 * so a run is the same every time.
 */
#ifndef WEFT_SCHED_SIM_EVENTS_H
#define WEFT_SCHED_SIM_EVENTS_H

#include <stdbool.h>
#include <stdint.h>

enum weft_event_kind {
	WEFT_EVENT_END,		/* a job leaves its nodes */
	WEFT_EVENT_CANCEL,	/* its owner gave up waiting */
	WEFT_EVENT_SUBMIT,
	WEFT_EVENT_WAKE,	/* the scheduler asked to be called */
};

struct weft_event {
	int64_t sec;
	uint64_t seq;		/* set by add */
	enum weft_event_kind kind;
	uint32_t idx;		/* of the job */
};

struct weft_events {
	struct weft_event *heap;
	uint32_t count, cap;
	uint64_t seq;
};

/* All zero is an empty heap. */
void weft_events_fini(struct weft_events *events);
int weft_events_add(struct weft_events *events, int64_t sec,
		    enum weft_event_kind kind, uint32_t idx); /* or -ENOMEM */
/* The soonest, NULL if there is none; remove takes it away. */
const struct weft_event *weft_events_first(const struct weft_events *events);
void weft_events_remove_first(struct weft_events *events);

#endif
