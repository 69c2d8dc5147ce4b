/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * soonest.h - many times, of which the smallest are wanted first
 *
 * A tournament over count entries, each with a time as its key, and a walk
 * over it in ascending order that touches only what it hands out.  Times are
 * seconds from an instant that is the caller's, WEFT_SOONEST_NEVER for never.
 */
#ifndef WEFT_SCHED_SOONEST_H
#define WEFT_SCHED_SOONEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WEFT_SOONEST_NEVER UINT32_MAX

struct weft_soonest {
	uint32_t count;
	uint32_t *key;	/* [count + i] is entry i; above it the smaller of two */
};

/* Keys are undefined until weft_soonest_build().  0 or -ENOMEM. */
int weft_soonest_init(struct weft_soonest *s, uint32_t count);
void weft_soonest_fini(struct weft_soonest *s);
/* All of from's, which has as many entries. */
void weft_soonest_copy(struct weft_soonest *s, const struct weft_soonest *from);

/* Bytes that it takes. */
size_t weft_soonest_bytes(uint32_t count);

static inline uint32_t weft_soonest_get(const struct weft_soonest *s, uint32_t i)
{
	return s->key[s->count + i];
}

/* Without the tournament: call weft_soonest_build() after the last. */
static inline void weft_soonest_put(struct weft_soonest *s, uint32_t i,
				    uint32_t sec)
{
	s->key[s->count + i] = sec;
}
void weft_soonest_build(struct weft_soonest *s);

/* Change one entry, O(log count). */
void weft_soonest_set(struct weft_soonest *s, uint32_t i, uint32_t sec);

/*
 * A walk.  An entry already handed out may be set during it, no other.
 * Entries of WEFT_SOONEST_NEVER are not handed out.
 */
struct weft_soonest_walk {
	const struct weft_soonest *of;
	uint64_t *heap;		/* borrowed, room for of->count */
	uint32_t heap_count;
};

void weft_soonest_walk_begin(struct weft_soonest_walk *w,
			     const struct weft_soonest *s, uint64_t *heap);
/* The key of the next one; WEFT_SOONEST_NEVER: none is left. */
uint32_t weft_soonest_walk_peek(const struct weft_soonest_walk *w);
/* Is the next one an entry that was put back?  There is a next one. */
bool weft_soonest_walk_is_again(const struct weft_soonest_walk *w);
/* Hand it out; there is one. */
uint32_t weft_soonest_walk_pop(struct weft_soonest_walk *w);
/* An entry that was handed out is to come again, at this time. */
void weft_soonest_walk_put(struct weft_soonest_walk *w, uint32_t i,
			   uint32_t sec);
/*
 * Hand out all up to and including this time, in no order, into ret_entry;
 * how many.  Cheaper than one by one.
 */
uint32_t weft_soonest_walk_until(struct weft_soonest_walk *w, uint32_t sec,
				 uint32_t *ret_entry);

#endif
