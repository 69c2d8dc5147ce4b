/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * arena.h - memory of one cycle, freed in one go
 *
 * A snapshot is thousands of small pieces with one life.  They come from
 * here: zeroed, aligned for anything, never moved, together at most `limit`
 * bytes, so a strange queue cannot make slurmctld swell.
 */
#ifndef WEFT_PLUGINS_SCHED_ARENA_H
#define WEFT_PLUGINS_SCHED_ARENA_H

#include <stddef.h>
#include <stdint.h>

struct weft_arena {
	struct weft_arena_block *block;	/* the newest first */
	size_t used, limit;		/* bytes */
};

void weft_arena_init(struct weft_arena *arena, size_t limit);
void weft_arena_fini(struct weft_arena *arena);

/* count zeroed items of size bytes; NULL: no memory, or over the limit. */
void *weft_arena_alloc(struct weft_arena *arena, size_t count, size_t size);
/*
 * Room for one more item after count, where *cap were asked for: old, or a
 * copy of twice the room (what was old stays until the end).  NULL as above.
 */
void *weft_arena_grow(struct weft_arena *arena, void *old, uint32_t count,
		      uint32_t *cap, size_t size);
/* A copy; NULL in, NULL out. */
char *weft_arena_strdup(struct weft_arena *arena, const char *text);

#endif
