/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sim_space.c - see sim_space.h
 *
 * Invariant: slots follow each other without gap, the first begins at reset's
 * begin, the last ends at its end; what lies beyond is cut off.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sched/sim_space.h"

int weft_space_init(struct weft_space *space, uint32_t node_count)
{
	*space = (struct weft_space) { 0 };
	space->next = weft_idxset_create(node_count);
	space->current = weft_idxset_create(node_count);
	if (space->next && space->current)
		return 0;
	weft_space_fini(space);
	return -ENOMEM;
}

static void clear(struct weft_space *space)
{
	for (uint32_t i = 0; i < space->count; i++)
		weft_idxset_destroy(space->slot[i].free);
	space->count = 0;
}

void weft_space_fini(struct weft_space *space)
{
	clear(space);
	free(space->slot);
	weft_idxset_destroy(space->next);
	weft_idxset_destroy(space->current);
	*space = (struct weft_space) { 0 };
}

static int reserve(struct weft_space *space)
{
	uint32_t cap = space->cap ? space->cap * 2 : 64;
	struct weft_slot *more;

	if (space->count < space->cap)
		return 0;
	more = realloc(space->slot, cap * sizeof(*more));
	if (!more)
		return -ENOMEM;
	space->slot = more;
	space->cap = cap;
	return 0;
}

int weft_space_reset(struct weft_space *space, int64_t begin_sec,
		     int64_t end_sec)
{
	struct weft_idxset *all;

	clear(space);
	all = weft_idxset_dup(space->next);
	if (!all || reserve(space)) {
		weft_idxset_destroy(all);
		return -ENOMEM;
	}
	weft_idxset_fill(all);
	space->slot[space->count++] = (struct weft_slot) { begin_sec, end_sec,
							   all };
	return 0;
}

/* Nodes free in the next slot and not in this one, of those in avail. */
static bool gains(const struct weft_space *space, uint32_t i,
		  const struct weft_idxset *avail)
{
	weft_idxset_copy(space->next, space->slot[i + 1].free);
	weft_idxset_copy(space->current, avail);
	weft_idxset_and(space->current, space->slot[i].free);
	return !weft_idxset_subset(space->next, space->current);
}

int64_t weft_space_avail(const struct weft_space *space, int64_t start_sec,
			 int64_t end_sec, struct weft_idxset *avail)
{
	int64_t later = 0;

	weft_idxset_fill(avail);
	for (uint32_t i = 0; i < space->count; i++) {
		const struct weft_slot *slot = &space->slot[i];

		if (slot->end_sec > start_sec && i + 1 < space->count &&
		    !later && gains(space, i, avail))
			later = slot->end_sec;
		if (slot->end_sec <= start_sec)
			continue;
		if (slot->begin_sec > end_sec)
			break;
		weft_idxset_and(avail, slot->free);
	}
	return later;
}

bool weft_space_overlaps(const struct weft_space *space,
			 const struct weft_idxset *nodes, int64_t start_sec,
			 int64_t end_sec)
{
	for (uint32_t i = 0; i < space->count; i++)
		if (space->slot[i].end_sec > start_sec &&
		    space->slot[i].begin_sec < end_sec &&
		    !weft_idxset_subset(nodes, space->slot[i].free))
			return true;
	return false;
}

/* A slot begins at sec, if that lies within. */
static int split(struct weft_space *space, int64_t sec)
{
	struct weft_slot *slot;
	uint32_t i = 0;

	while (i < space->count && space->slot[i].end_sec <= sec)
		i++;
	if (i == space->count || space->slot[i].begin_sec >= sec)
		return 0;
	if (reserve(space))
		return -ENOMEM;
	slot = &space->slot[i];
	memmove(slot + 2, slot + 1, (space->count - i - 1) * sizeof(*slot));
	slot[1] = (struct weft_slot) { sec, slot->end_sec,
				       weft_idxset_dup(slot->free) };
	slot->end_sec = sec;
	space->count++;
	return slot[1].free ? 0 : -ENOMEM;
}

int weft_space_add(struct weft_space *space, const struct weft_idxset *nodes,
		   int64_t start_sec, int64_t end_sec)
{
	if (split(space, start_sec) || split(space, end_sec))
		return -ENOMEM;
	for (uint32_t i = 0; i < space->count; i++)
		if (space->slot[i].begin_sec >= start_sec &&
		    space->slot[i].end_sec <= end_sec)
			weft_idxset_andnot(space->slot[i].free, nodes);
	return 0;
}
