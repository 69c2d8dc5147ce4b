/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * soonest.c - see soonest.h
 *
 * The keys lie in one array of 2 * count: entry i at count + i, and at v < count
 * the smaller key of 2v and 2v + 1, so that the smallest of all is at 1
 * (whatever the count: each entry's way up by halving ends there).
 *
 * A walk keeps a heap of subtrees that together hold what is not handed out
 * yet, by the smallest key of each.  To hand out the next one is to take the
 * first subtree apart down to its smallest leaf and to put the halves passed
 * by back.  An entry that is put back waits in the same heap, behind subtrees of
 * the same time.  No subtree in the heap contains an entry handed out, so those may
 * change their keys meanwhile.
 *
 * Cost: build O(count), set O(log count), pop O(log count) amortized, all up to
 * a time O(entries handed out + subtrees cut off).
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sched/soonest.h"

size_t weft_soonest_bytes(uint32_t count)
{
	return 2 * ((size_t)count + 1) * sizeof(uint32_t);
}

int weft_soonest_init(struct weft_soonest *s, uint32_t count)
{
	s->count = count;
	s->key = calloc(1, weft_soonest_bytes(count));
	return s->key ? 0 : -ENOMEM;
}

void weft_soonest_fini(struct weft_soonest *s)
{
	free(s->key);
	s->key = NULL;
}

void weft_soonest_copy(struct weft_soonest *s, const struct weft_soonest *from)
{
	memcpy(s->key, from->key, weft_soonest_bytes(s->count));
}

static uint32_t smaller(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

void weft_soonest_build(struct weft_soonest *s)
{
	for (uint32_t v = s->count; v-- > 1;)
		s->key[v] = smaller(s->key[2 * v], s->key[2 * v + 1]);
}

void weft_soonest_set(struct weft_soonest *s, uint32_t i, uint32_t sec)
{
	uint32_t v = s->count + i;

	if (s->key[v] == sec)
		return;
	for (s->key[v] = sec; v > 1; v /= 2) {
		uint32_t key = smaller(s->key[v], s->key[v ^ 1]);

		if (s->key[v / 2] == key)
			break;
		s->key[v / 2] = key;
	}
}

/* ---- walking ------------------------------------------------------------ */

/*
 * In the heap: the key, and behind it the subtree, or an entry that was put
 * back.  So one comparison orders them, without a look at the tournament.
 */
#define AGAIN (UINT32_C(1) << 31)

static uint64_t item(uint32_t key, uint32_t v)
{
	return (uint64_t)key << 32 | v;
}

static void push(struct weft_soonest_walk *w, uint64_t one)
{
	uint32_t at = w->heap_count++;

	for (; at && w->heap[(at - 1) / 2] > one; at = (at - 1) / 2)
		w->heap[at] = w->heap[(at - 1) / 2];
	w->heap[at] = one;
}

static uint32_t pop(struct weft_soonest_walk *w)
{
	uint64_t *heap = w->heap, last = heap[--w->heap_count];
	uint32_t top = (uint32_t)heap[0], at = 0, child;

	while ((child = 2 * at + 1) < w->heap_count) {
		child += child + 1 < w->heap_count &&
			heap[child + 1] < heap[child];
		if (heap[child] >= last)
			break;
		heap[at] = heap[child];
		at = child;
	}
	heap[at] = last;
	return top;
}

void weft_soonest_walk_begin(struct weft_soonest_walk *w,
			     const struct weft_soonest *s, uint64_t *heap)
{
	*w = (struct weft_soonest_walk) { .of = s, .heap = heap };
	if (s->count && s->key[1] < WEFT_SOONEST_NEVER)
		push(w, item(s->key[1], 1));
}

uint32_t weft_soonest_walk_peek(const struct weft_soonest_walk *w)
{
	return w->heap_count ? (uint32_t)(w->heap[0] >> 32) :
		WEFT_SOONEST_NEVER;
}

bool weft_soonest_walk_is_again(const struct weft_soonest_walk *w)
{
	return w->heap[0] & AGAIN;
}

void weft_soonest_walk_put(struct weft_soonest_walk *w, uint32_t i,
			   uint32_t sec)
{
	if (sec < WEFT_SOONEST_NEVER)
		push(w, item(sec, i | AGAIN));
}

uint32_t weft_soonest_walk_pop(struct weft_soonest_walk *w)
{
	const uint32_t *key = w->of->key;
	uint32_t v = pop(w);

	if (v & AGAIN)
		return v & ~AGAIN;
	while (v < w->of->count) {
		uint32_t other = 2 * v + 1;

		v *= 2;
		if (key[other] < key[v]) {
			other = v;
			v++;
		}
		if (key[other] < WEFT_SOONEST_NEVER)
			push(w, item(key[other], other));
	}
	return v - w->of->count;
}

/* The subtree's entries up to sec; what is later goes into the heap. */
static uint32_t take(struct weft_soonest_walk *w, uint32_t v, uint32_t sec,
		     uint32_t *ret_entry)
{
	uint32_t key = w->of->key[v], n;

	if (key > sec) {
		if (key < WEFT_SOONEST_NEVER)
			push(w, item(key, v));
		return 0;
	}
	if (v >= w->of->count) {
		ret_entry[0] = v - w->of->count;
		return 1;
	}
	n = take(w, 2 * v, sec, ret_entry);
	return n + take(w, 2 * v + 1, sec, ret_entry + n);
}

uint32_t weft_soonest_walk_until(struct weft_soonest_walk *w, uint32_t sec,
				 uint32_t *ret_entry)
{
	uint32_t n = 0, v;

	if (sec == WEFT_SOONEST_NEVER)
		sec--;
	while (weft_soonest_walk_peek(w) <= sec) {
		v = pop(w);
		if (v & AGAIN)
			ret_entry[n++] = v & ~AGAIN;
		else
			n += take(w, v, sec, ret_entry + n);
	}
	return n;
}
