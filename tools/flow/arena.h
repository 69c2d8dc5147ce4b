/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * arena.h - memory that lives and dies together
 *
 * A workflow's tree, its model and its compiled form are made of many small
 * pieces that all end at once.  An arena hands them out and frees them in one
 * call, so no error path has a list of things to release.  It has a ceiling:
 * a hostile file ends in -ENOMEM, never in the machine's memory.
 */
#ifndef WEFT_FLOW_ARENA_H
#define WEFT_FLOW_ARENA_H

#include <stddef.h>

struct weft_arena_chunk;

struct weft_arena {
	struct weft_arena_chunk *chunks;
	size_t used, cap;	/* of the newest chunk */
	size_t total;		/* bytes taken from malloc so far */
	size_t limit;
};

void weft_arena_init(struct weft_arena *arena, size_t limit);
void weft_arena_fini(struct weft_arena *arena);

/* Zeroed memory aligned for anything; NULL when memory or the limit ends. */
void *weft_arena_alloc(struct weft_arena *arena, size_t size);
/* The same for count pieces; NULL too if the product overflows. */
void *weft_arena_array(struct weft_arena *arena, size_t count, size_t size);
/* Copies with a NUL behind; NULL when memory ends. */
char *weft_arena_strndup(struct weft_arena *arena, const char *text, size_t len);
char *weft_arena_strdup(struct weft_arena *arena, const char *text);

#endif
