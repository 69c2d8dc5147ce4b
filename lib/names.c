/* SPDX-License-Identifier: GPL-2.0-or-later */
/* names.c - see names.h.  Slots hold index + 1; 0 is empty. */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/hash.h"
#include "lib/names.h"

#define FIRST_SLOTS 64

struct weft_names {
	uint32_t limit, count, cap, slot_count;
	char **name;		/* [count] */
	uint32_t *slot;		/* [slot_count], a power of two */
};

struct weft_names *weft_names_create(uint32_t limit)
{
	struct weft_names *names = calloc(1, sizeof(*names));

	if (!names)
		return NULL;
	names->limit = limit;
	names->slot_count = FIRST_SLOTS;
	names->slot = calloc(FIRST_SLOTS, sizeof(*names->slot));
	if (!names->slot) {
		free(names);
		return NULL;
	}
	return names;
}

void weft_names_destroy(struct weft_names *names)
{
	if (!names)
		return;
	for (uint32_t i = 0; i < names->count; i++)
		free(names->name[i]);
	free(names->name);
	free(names->slot);
	free(names);
}

/* The slot of name, or the empty one where it belongs. */
static uint32_t find_slot(const struct weft_names *names, const char *name)
{
	uint32_t mask = names->slot_count - 1;
	uint32_t at = (uint32_t)weft_hash_text(WEFT_HASH_INIT, name) & mask;

	while (names->slot[at] && strcmp(names->name[names->slot[at] - 1], name))
		at = (at + 1) & mask;
	return at;
}

static int grow_slots(struct weft_names *names)
{
	uint32_t *old = names->slot;
	uint32_t old_count = names->slot_count;

	names->slot = calloc((size_t)old_count * 2, sizeof(*old));
	if (!names->slot) {
		names->slot = old;
		return -ENOMEM;
	}
	names->slot_count = old_count * 2;
	for (uint32_t i = 0; i < names->count; i++)
		names->slot[find_slot(names, names->name[i])] = i + 1;
	free(old);
	return 0;
}

static int grow_names(struct weft_names *names)
{
	uint32_t cap = names->cap ? names->cap * 2 : FIRST_SLOTS / 2;
	char **bigger = realloc(names->name, cap * sizeof(*bigger));

	if (!bigger)
		return -ENOMEM;
	names->name = bigger;
	names->cap = cap;
	return 0;
}

int weft_names_add(struct weft_names *names, const char *name,
		   uint32_t *ret_idx, int *ret_new)
{
	uint32_t at = find_slot(names, name);
	char *copy;

	if (ret_new)
		*ret_new = !names->slot[at];
	if (names->slot[at]) {
		*ret_idx = names->slot[at] - 1;
		return 0;
	}
	if (names->count >= names->limit)
		return -ENOSPC;
	if (names->count == names->cap && grow_names(names))
		return -ENOMEM;
	if ((names->count + 1) * 2 > names->slot_count) {
		if (grow_slots(names))
			return -ENOMEM;
		at = find_slot(names, name);
	}
	copy = strdup(name);
	if (!copy)
		return -ENOMEM;
	names->name[names->count] = copy;
	names->slot[at] = ++names->count;
	*ret_idx = names->count - 1;
	return 0;
}

uint32_t weft_names_find(const struct weft_names *names, const char *name)
{
	uint32_t held = names->slot[find_slot(names, name)];

	return held ? held - 1 : UINT32_MAX;
}

const char *weft_names_get(const struct weft_names *names, uint32_t idx)
{
	return idx < names->count ? names->name[idx] : NULL;
}

uint32_t weft_names_count(const struct weft_names *names)
{
	return names->count;
}
