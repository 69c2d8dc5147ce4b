/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * place_impl.h - between place.c (the fabric), place_segments.c (runs of nodes
 * inside domains) and place_list.c (one list)
 */
#ifndef WEFT_SCHED_PLACE_IMPL_H
#define WEFT_SCHED_PLACE_IMPL_H

#include "sched/place.h"

struct weft_entry {
	uint64_t score;
	uint32_t cand_idx, units, group;
	bool required;
};

/* Candidates of one vertex. */
struct weft_group {
	uint32_t vertex, first, count;	/* in entry[], sorted by group */
	uint32_t taken;
};

struct weft_placer {
	const struct weft_cluster *cluster;
	struct weft_entry *entry, *list;
	struct weft_group *group;
	uint32_t *first;	/* [vertex + 1] into entry[], while they are sorted */
	uint32_t *below;	/* [vertex], candidates in the subtree */
	uint64_t *units_below;
	uint32_t group_count;
};

/*
 * How the placer divides nodes: [node_idx], the vertex, for this shape; NULL:
 * they are all of one group.
 */
const uint32_t *weft_place_grouping(const struct weft_placer *p,
				    const struct weft_shape *shape,
				    bool any_switches);
/* The number of a node's group, below weft_place_slots(). */
uint32_t weft_place_slot(const struct weft_placer *p, const uint32_t *group_of,
			 uint32_t node_idx);
uint32_t weft_place_slots(const struct weft_placer *p);

static inline uint32_t weft_place_emit(const struct weft_entry *list, uint32_t n,
				       uint32_t *ret_pick)
{
	for (uint32_t i = 0; ret_pick && i < n; i++)
		ret_pick[i] = list[i].cand_idx;
	return n;
}

/* shape->segment: so many of entry[] from each group; 0: none will do. */
uint32_t weft_place_segments(struct weft_placer *p,
			     const struct weft_shape *shape, uint32_t required,
			     uint32_t *ret_pick);

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
