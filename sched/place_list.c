/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * place_list.c - which nodes of one list of candidates
 *
 * A shape without units takes as many nodes as it may have, by score; one with
 * units takes the fewest nodes that hold them: the best single node that holds
 * all, else the roomiest first.  Required nodes come first in every order, so
 * the first n of a list hold them whenever n reaches their number; whether all
 * of the shape's required nodes are in the list at all is the caller's to
 * know.
 *
 * Cost: O(c log c) for c candidates; O(c + n log c) for units that go on n
 * nodes, which a heap hands out.  The list is reordered in place.
 */
#include "config.h"

#include <stdlib.h>

#include "sched/place_impl.h"

int weft_entry_compare(const void *a, const void *b)
{
	const struct weft_entry *x = a, *y = b;

	if (x->required != y->required)
		return x->required ? -1 : 1;
	if (x->score != y->score)
		return x->score < y->score ? -1 : 1;
	return x->cand_idx < y->cand_idx ? -1 : x->cand_idx > y->cand_idx;
}

int weft_entry_compare_units(const void *a, const void *b)
{
	const struct weft_entry *x = a, *y = b;

	if (x->required != y->required)
		return x->required ? -1 : 1;
	if (x->units != y->units)
		return x->units > y->units ? -1 : 1;
	return weft_entry_compare(a, b);
}

/* Let list[at] sink until nothing below it is better: the best is at 0. */
static void sink(struct weft_entry *list, uint32_t count, uint32_t at)
{
	struct weft_entry one = list[at];
	uint32_t child;

	while ((child = 2 * at + 1) < count) {
		child += child + 1 < count &&
			weft_entry_compare_units(&list[child + 1],
						 &list[child]) < 0;
		if (weft_entry_compare_units(&one, &list[child]) <= 0)
			break;
		list[at] = list[child];
		at = child;
	}
	list[at] = one;
}

static void swap(struct weft_entry *a, struct weft_entry *b)
{
	struct weft_entry one = *a;

	*a = *b;
	*b = one;
}

/* The best single node that holds every unit. */
static uint32_t take_one(const struct weft_shape *shape, struct weft_entry *list,
			 uint32_t count)
{
	uint32_t best = count;

	for (uint32_t i = 0; i < count; i++)
		if (list[i].units >= shape->unit_count &&
		    (best == count || weft_entry_compare(&list[i], &list[best]) < 0))
			best = i;
	if (best == count)
		return 0;
	swap(&list[0], &list[best]);
	return 1;
}

uint32_t weft_entries_required(const struct weft_entry *list, uint32_t count)
{
	uint32_t required = 0;

	for (uint32_t i = 0; i < count; i++)
		required += list[i].required;
	return required;
}

/* Order the list so that its first n do; returns n, or 0. */
static uint32_t take_units(const struct weft_shape *shape, struct weft_entry *list,
			   uint32_t count)
{
	uint32_t required = weft_entries_required(list, count), n = 0;
	uint64_t units = 0;

	/* Each node is to hold a unit: so many nodes need as many. */
	if (shape->units_per_node_min &&
	    (required > shape->unit_count ||
	     shape->nodes_min > shape->unit_count))
		return 0;
	if (shape->nodes_min <= 1 && required <= 1) {
		n = take_one(shape, list, count);
		if (n && (!required || list[0].required))
			return 1;
	}
	for (uint32_t at = count / 2; at-- > 0;)
		sink(list, count, at);
	for (n = 0; n < count && n < shape->nodes_max; n++) {
		if (units >= shape->unit_count && n >= shape->nodes_min &&
		    n >= required)
			break;
		units += list[0].units;
		swap(&list[0], &list[count - n - 1]);	/* the best so far, last first */
		sink(list, count - n - 1, 0);
	}
	for (uint32_t i = 0; i < count / 2; i++)
		swap(&list[i], &list[count - i - 1]);
	return units >= shape->unit_count && n >= shape->nodes_min &&
		n >= required ? n : 0;
}

uint32_t weft_entries_take(const struct weft_shape *shape,
			   struct weft_entry *list, uint32_t count)
{
	if (count < shape->nodes_min)
		return 0;
	if (shape->unit_count)
		return take_units(shape, list, count);
	if (weft_entries_required(list, count) > shape->nodes_max)
		return 0;
	qsort(list, count, sizeof(*list), weft_entry_compare);
	return count < shape->nodes_max ? count : shape->nodes_max;
}
