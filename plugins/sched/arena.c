/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * arena.c - see arena.h
 *
 * Blocks of 256 KiB, or of one item if that is larger; an item never crosses
 * blocks.  What is left at the end of a block is lost, at most one item.
 */
#include <stdlib.h>
#include <string.h>

#include "plugins/sched/arena.h"

#define BLOCK ((size_t)256 << 10)
#define ALIGN 16

struct weft_arena_block {
	struct weft_arena_block *next;
	size_t len, cap;
	_Alignas(ALIGN) char data[];
};

void weft_arena_init(struct weft_arena *arena, size_t limit)
{
	*arena = (struct weft_arena) { .limit = limit };
}

void weft_arena_fini(struct weft_arena *arena)
{
	struct weft_arena_block *block = arena->block, *next;

	for (; block; block = next) {
		next = block->next;
		free(block);
	}
	weft_arena_init(arena, arena->limit);
}

void *weft_arena_alloc(struct weft_arena *arena, size_t count, size_t size)
{
	struct weft_arena_block *block = arena->block;
	size_t len, cap;
	void *p;

	if (__builtin_mul_overflow(count, size, &len) || len > arena->limit)
		return NULL;
	len = (len + ALIGN - 1) / ALIGN * ALIGN;
	if (!block || block->cap - block->len < len) {
		cap = len > BLOCK ? len : BLOCK;
		if (arena->used + cap > arena->limit)
			return NULL;
		block = calloc(1, sizeof(*block) + cap);
		if (!block)
			return NULL;
		block->cap = cap;
		block->next = arena->block;
		arena->block = block;
		arena->used += cap;
	}
	p = block->data + block->len;
	block->len += len;
	return p;
}

void *weft_arena_grow(struct weft_arena *arena, void *old, uint32_t count,
		      uint32_t *cap, size_t size)
{
	uint32_t more = *cap ? *cap * 2 : 256;
	void *p;

	if (count < *cap)
		return old;
	p = weft_arena_alloc(arena, more, size);
	if (!p)
		return NULL;
	if (count)
		memcpy(p, old, count * size);
	*cap = more;
	return p;
}

char *weft_arena_strdup(struct weft_arena *arena, const char *text)
{
	size_t len;
	char *copy;

	if (!text)
		return NULL;
	len = strlen(text) + 1;
	copy = weft_arena_alloc(arena, len, 1);
	if (copy)
		memcpy(copy, text, len);
	return copy;
}
