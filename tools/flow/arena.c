/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * arena.c - see arena.h
 *
 * Chunks double from 4 KiB to 1 MiB; a piece larger than a chunk gets its
 * own.  An allocation is an addition; the waste is at most the tail of each
 * chunk.  No piece is ever given back alone: callers that grow a list keep it
 * in malloc'd memory and copy it here when it has its final size.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "tools/flow/arena.h"

#define CHUNK_MIN ((size_t)4 << 10)
#define CHUNK_MAX ((size_t)1 << 20)
#define ALIGNMENT 16

struct weft_arena_chunk {
	struct weft_arena_chunk *next;
	size_t pad;		/* keeps data[] aligned */
	char data[];
};

void weft_arena_init(struct weft_arena *arena, size_t limit)
{
	memset(arena, 0, sizeof(*arena));
	arena->limit = limit;
}

void weft_arena_fini(struct weft_arena *arena)
{
	struct weft_arena_chunk *chunk = arena->chunks;

	while (chunk) {
		struct weft_arena_chunk *next = chunk->next;

		free(chunk);
		chunk = next;
	}
	weft_arena_init(arena, arena->limit);
}

static int arena_grow(struct weft_arena *arena, size_t need)
{
	size_t want = arena->cap ? arena->cap * 2 : CHUNK_MIN;
	struct weft_arena_chunk *chunk;

	if (want > CHUNK_MAX)
		want = CHUNK_MAX;
	if (want < need)
		want = need;
	if (want > arena->limit - arena->total)
		want = need;
	if (want > arena->limit - arena->total)
		return -1;
	chunk = calloc(1, sizeof(*chunk) + want);
	if (!chunk)
		return -1;
	chunk->next = arena->chunks;
	arena->chunks = chunk;
	arena->used = 0;
	arena->cap = want;
	arena->total += want;
	return 0;
}

void *weft_arena_alloc(struct weft_arena *arena, size_t size)
{
	void *piece;

	if (size > arena->limit)
		return NULL;
	size = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
	if (!size)
		size = ALIGNMENT;
	if (size > arena->cap - arena->used && arena_grow(arena, size))
		return NULL;
	piece = arena->chunks->data + arena->used;
	arena->used += size;
	return piece;
}

void *weft_arena_array(struct weft_arena *arena, size_t count, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(count, size, &bytes))
		return NULL;
	return weft_arena_alloc(arena, bytes);
}

char *weft_arena_strndup(struct weft_arena *arena, const char *text, size_t len)
{
	char *copy = len < arena->limit ? weft_arena_alloc(arena, len + 1) : NULL;

	if (copy)
		memcpy(copy, text, len);
	return copy;
}

char *weft_arena_strdup(struct weft_arena *arena, const char *text)
{
	return weft_arena_strndup(arena, text, strlen(text));
}
