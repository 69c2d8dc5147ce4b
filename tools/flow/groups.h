/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * groups.h - units of one level by what makes them one array
 *
 * A group has a key (compile_key.h), the units that share it and the terms
 * that they wait for.  Groups keep the order in which their keys came, so a
 * plan does not depend on the hash.
 */
#ifndef WEFT_FLOW_GROUPS_H
#define WEFT_FLOW_GROUPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tools/flow/compile.h"

struct weft_group {
	char *key;
	uint32_t hash;
	bool merged;		/* single commands of several tasks */
	uint32_t *units;
	uint32_t count, cap;
	struct weft_term *terms;
	uint32_t term_count;
};

struct weft_groups {
	struct weft_group *list;
	uint32_t count, cap;
	uint32_t *slots;	/* by hash: place in list + 1 */
	uint32_t slot_mask;
};

/* The group of a key, made empty if there is none; NULL: no memory. */
struct weft_group *weft_groups_find(struct weft_groups *groups, const char *key,
				    size_t len);
int weft_group_add(struct weft_group *group, uint32_t unit);	/* 0, -ENOMEM */
/* Forget all groups, keeping room for the next level's; or that too. */
void weft_groups_clear(struct weft_groups *groups);
void weft_groups_fini(struct weft_groups *groups);

#endif
