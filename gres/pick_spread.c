/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pick_spread.c - the best set for each division among the NUMA nodes
 *
 * The list of the pick's tables is walked once, best first, and the first set
 * of each division is kept; inside one class of equal bandwidth the one that
 * leaves the most replaces it, as in pick.c.  The walk ends with the class in
 * which the last place was filled.
 *
 * Cost: at most C(16,8) steps; each compares with the divisions found so far.
 */
#include "config.h"

#include "gres/pick_impl.h"

/* A set found: where it stands in order[], and what the pick compares. */
struct find {
	uint64_t division;
	uint32_t at, class, left_mbps;
};

static uint64_t division_of(const struct weft_picker *picker, weft_gpuset_t gpus)
{
	uint64_t division = 0;

	/* One digit a NUMA node; with 16 and more of them two may share one. */
	for (uint32_t i = 0; i < picker->numa_count; i++)
		division = division * (WEFT_PICK_EXACT_MAX + 1) +
			   pick_count(picker->numa_gpus[i] & gpus);
	return division;
}

static struct find *find_division(struct find *find, uint32_t count,
				  uint64_t division)
{
	for (uint32_t i = 0; i < count; i++)
		if (find[i].division == division)
			return &find[i];
	return NULL;
}

static bool is_better(const struct find *a, const struct find *b)
{
	if (a->class != b->class)
		return a->class < b->class;
	if (a->left_mbps != b->left_mbps)
		return a->left_mbps > b->left_mbps;
	return a->at < b->at;
}

static void sort_finds(struct find *find, uint32_t count)
{
	for (uint32_t i = 1; i < count; i++) {
		struct find moved = find[i];
		uint32_t at = i;

		for (; at && is_better(&moved, &find[at - 1]); at--)
			find[at] = find[at - 1];
		find[at] = moved;
	}
}

static uint32_t find_spreads(const struct weft_picker *picker,
			     weft_gpuset_t free, uint32_t count,
			     enum weft_pick_goal goal,
			     struct find find[WEFT_PICK_SPREADS_MAX])
{
	const struct pick_tables *tables = picker->tables;
	const uint16_t *order = tables->order[goal];
	const uint32_t end = tables->first[goal][count + 1];
	const uint32_t open = (uint32_t)free;
	uint32_t found = 0;

	for (uint32_t i = tables->first[goal][count]; i < end; i++) {
		struct find one = { .at = i, .class = tables->class[goal][i] }, *same;

		if (order[i] & ~open)
			continue;
		if (found == WEFT_PICK_SPREADS_MAX &&
		    one.class != find[found - 1].class)
			break;
		one.division = division_of(picker, order[i]);
		one.left_mbps = tables->left_mbps[open & ~order[i]];
		same = find_division(find, found, one.division);
		if (same && is_better(&one, same))
			*same = one;
		else if (!same && found < WEFT_PICK_SPREADS_MAX)
			find[found++] = one;
	}
	return found;
}

uint32_t weft_pick_spreads(const struct weft_picker *picker, weft_gpuset_t free,
			   uint32_t count, enum weft_pick_goal goal,
			   weft_gpuset_t set[WEFT_PICK_SPREADS_MAX])
{
	struct find find[WEFT_PICK_SPREADS_MAX];
	struct weft_pick pick;
	uint32_t found;

	if (!weft_pick_gpus(picker, free, count, goal, &pick) || !count)
		return 0;
	set[0] = pick.gpus;
	if (!picker->tables)
		return 1;
	if (picker->count < WEFT_GPUS_MAX)
		free &= (UINT64_C(1) << picker->count) - 1;
	found = find_spreads(picker, free, count, goal, find);
	sort_finds(find, found);
	for (uint32_t i = 0; i < found; i++)
		set[i] = picker->tables->order[goal][find[i].at];
	return found;
}
