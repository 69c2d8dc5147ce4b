/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * groups.c - see groups.h
 *
 * Open addressing over a list that only grows: the list gives the order, the
 * slots the place of a key.  At most half of the slots are taken.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/hash.h"
#include "tools/flow/groups.h"

static int rehash(struct weft_groups *groups)
{
	uint32_t size = groups->slot_mask ? (groups->slot_mask + 1) * 2 : 64;
	uint32_t *slots = calloc(size, sizeof(*slots));

	if (!slots)
		return -ENOMEM;
	free(groups->slots);
	groups->slots = slots;
	groups->slot_mask = size - 1;
	for (uint32_t g = 0; g < groups->count; g++) {
		uint32_t s = groups->list[g].hash & groups->slot_mask;

		while (slots[s])
			s = (s + 1) & groups->slot_mask;
		slots[s] = g + 1;
	}
	return 0;
}

static struct weft_group *append(struct weft_groups *groups, const char *key, uint32_t hash)
{
	struct weft_group *group;

	if (groups->count == groups->cap) {
		uint32_t cap = groups->cap ? groups->cap * 2 : 64;

		group = reallocarray(groups->list, cap, sizeof(*group));
		if (!group)
			return NULL;
		groups->list = group;
		groups->cap = cap;
	}
	group = &groups->list[groups->count];
	memset(group, 0, sizeof(*group));
	group->key = strdup(key);
	group->hash = hash;
	if (!group->key)
		return NULL;
	groups->count++;
	return group;
}

struct weft_group *weft_groups_find(struct weft_groups *groups, const char *key,
				    size_t len)
{
	uint32_t hash = (uint32_t)weft_hash_bytes(WEFT_HASH_INIT, key, len), s;
	struct weft_group *group;

	if (groups->count * 2 >= groups->slot_mask && rehash(groups))
		return NULL;
	for (s = hash & groups->slot_mask; groups->slots[s]; s = (s + 1) & groups->slot_mask) {
		group = &groups->list[groups->slots[s] - 1];
		if (group->hash == hash && !strcmp(group->key, key))
			return group;
	}
	group = append(groups, key, hash);
	if (group)
		groups->slots[s] = groups->count;
	return group;
}

int weft_group_add(struct weft_group *group, uint32_t unit)
{
	if (group->count == group->cap) {
		uint32_t cap = group->cap ? group->cap * 2 : 4;
		uint32_t *more = reallocarray(group->units, cap, sizeof(*more));

		if (!more)
			return -ENOMEM;
		group->units = more;
		group->cap = cap;
	}
	group->units[group->count++] = unit;
	return 0;
}

void weft_groups_clear(struct weft_groups *groups)
{
	for (uint32_t g = 0; g < groups->count; g++) {
		free(groups->list[g].key);
		free(groups->list[g].units);
		free(groups->list[g].terms);
	}
	groups->count = 0;
	if (groups->slots)
		memset(groups->slots, 0, (groups->slot_mask + 1) * sizeof(*groups->slots));
}

void weft_groups_fini(struct weft_groups *groups)
{
	weft_groups_clear(groups);
	free(groups->list);
	free(groups->slots);
	memset(groups, 0, sizeof(*groups));
}
