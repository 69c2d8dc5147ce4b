/* SPDX-License-Identifier: GPL-2.0-or-later */
/* place_impl.h - between place.c (the fabric) and place_list.c (one list) */
#ifndef WEFT_SCHED_PLACE_IMPL_H
#define WEFT_SCHED_PLACE_IMPL_H

#include "sched/place.h"

struct weft_entry {
	uint64_t score;
	uint32_t cand_idx, units, group;
	bool required;
};

/* For qsort: required nodes first, then the lowest score. */
int weft_entry_compare(const void *a, const void *b);
/* The same, but those that hold the most units before the lowest score. */
int weft_entry_compare_units(const void *a, const void *b);

/* How many of the list are required. */
uint32_t weft_entries_required(const struct weft_entry *list, uint32_t count);

/* Order the list so that its first n do for the shape; n, or 0: none do. */
uint32_t weft_entries_take(const struct weft_shape *shape,
			   struct weft_entry *list, uint32_t count);

#endif
