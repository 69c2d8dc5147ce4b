/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kinds.c - see kinds.h
 *
 * Users give many time limits to few kinds of request: a queue has thousands
 * of shapes and a few dozen kinds.  What is known of a node's future is kept
 * by kind (search.c).
 *
 * A hash table with open addressing, at most half full.  Cost: O(count).
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>

#include "lib/hash.h"
#include "sched/kinds.h"

#define NONE UINT32_MAX

static bool same_kind(const struct weft_shape *a, const struct weft_shape *b)
{
	return a->nodes && a->nodes == b->nodes &&
		a->nodes_required == b->nodes_required &&
		weft_amount_equals(&a->per_node, &b->per_node) &&
		weft_amount_equals(&a->per_unit, &b->per_unit) &&
		a->unit_count == b->unit_count &&
		a->units_per_node_max == b->units_per_node_max &&
		a->units_per_node_min == b->units_per_node_min &&
		a->gpu_type_idx == b->gpu_type_idx &&
		a->exclusive == b->exclusive && a->resv_idx == b->resv_idx;
}

static uint64_t hash_of(const struct weft_shape *s)
{
	uint64_t h = weft_hash_word(WEFT_HASH_INIT,
				    (uint64_t)(uintptr_t)s->nodes);

	h = weft_hash_word(h, (uint64_t)s->per_node.cpus << 32 | s->per_node.gpus);
	h = weft_hash_word(h, s->per_node.mem_mib);
	h = weft_hash_word(h, (uint64_t)s->per_unit.cpus << 32 | s->per_unit.gpus);
	return weft_hash_word(h, (uint64_t)s->unit_count << 32 | s->exclusive);
}

int weft_kinds_assign(const struct weft_shape *shape, uint32_t count,
		      uint32_t *kind_of, uint32_t *ret_count)
{
	uint32_t *table, kinds = 0, size = 64;

	while (size < UINT32_MAX / 4 && size / 2 < count)
		size *= 2;
	table = malloc(size * sizeof(*table));
	if (!table)
		return -ENOMEM;
	for (uint32_t i = 0; i < size; i++)
		table[i] = NONE;
	for (uint32_t i = 0; i < count; i++) {
		uint32_t at = (uint32_t)hash_of(&shape[i]) & (size - 1);

		while (table[at] != NONE &&
		       !same_kind(&shape[table[at]], &shape[i]))
			at = (at + 1) & (size - 1);
		if (table[at] == NONE) {
			table[at] = i;
			kind_of[i] = kinds++;
		} else {
			kind_of[i] = kind_of[table[at]];
		}
	}
	free(table);
	*ret_count = kinds;
	return 0;
}
