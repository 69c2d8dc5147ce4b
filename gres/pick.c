/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pick.c - see pick.h: creation, and the pick itself
 *
 * With tables (up to 16 GPUs) a pick walks the list of the subsets of the
 * wanted size, best first.  Those that need a busy GPU are passed over.  The
 * list is sorted by all that does not depend on the free set: bandwidth, then
 * NUMA spread, NIC distance and index.  What does depend on it, the worth of
 * the rest, ranks between bandwidth and spread; so inside one class of equal
 * bandwidth all candidates are looked at and the first with the greatest rest
 * wins, and the walk ends with the class in which the runner-up was found.
 *
 * Cost: at most C(16,8) = 12,870 steps with one table look-up each; a few
 * steps where links differ.  tests/bench/bench_pick.c measures.
 *
 * The flat picker knows only how many GPUs there are: for nodes whose links
 * nobody has told us.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "gres/pick_impl.h"

/* ---- creation ----------------------------------------------------------- */

static void digest_places(const struct weft_inventory *inv,
			  struct weft_picker *picker)
{
	picker->numa_count = inv->numa_count + 1;
	for (uint32_t i = 0; i < inv->gpu_count; i++) {
		uint32_t nearest = WEFT_PATH_UNKNOWN;
		int32_t numa_idx = inv->gpu[i].numa_idx;

		for (uint32_t j = 0; j < inv->nic_count; j++)
			if (inv->nic_path[i][j] < nearest)
				nearest = inv->nic_path[i][j];
		picker->nic_distance[i] = nearest;
		if (numa_idx < 0)
			numa_idx = (int32_t)inv->numa_count;
		picker->numa_gpus[numa_idx] |= UINT64_C(1) << i;
	}
}

struct weft_picker *weft_picker_create(const struct weft_inventory *inv)
{
	struct weft_picker *picker = calloc(1, sizeof(*picker));

	if (!picker)
		return NULL;
	picker->count = inv->gpu_count;
	for (uint32_t i = 0; i < inv->gpu_count; i++)
		for (uint32_t j = 0; j < inv->gpu_count; j++)
			picker->pair_mbps[i][j] = weft_pair_mbps(inv, i, j);
	digest_places(inv, picker);
	if (picker->count && picker->count <= WEFT_PICK_EXACT_MAX &&
	    pick_tables_create(picker, &picker->tables)) {
		free(picker);
		return NULL;
	}
	return picker;
}

struct weft_picker *weft_picker_create_flat(uint32_t gpu_count)
{
	struct weft_picker *picker = calloc(1, sizeof(*picker));

	if (!picker)
		return NULL;
	picker->count = gpu_count < WEFT_GPUS_MAX ? gpu_count : WEFT_GPUS_MAX;
	picker->flat = true;
	return picker;
}

void weft_picker_destroy(struct weft_picker *picker)
{
	if (!picker)
		return;
	pick_tables_destroy(picker->tables);
	free(picker);
}

uint32_t weft_picker_count(const struct weft_picker *picker)
{
	return picker->count;
}

/* ---- scores ------------------------------------------------------------- */

static weft_gpuset_t all_gpus(const struct weft_picker *picker)
{
	return picker->count >= 64 ? ~UINT64_C(0) :
	       (UINT64_C(1) << picker->count) - 1;
}

struct weft_pick_score weft_pick_score_of(const struct weft_picker *picker,
					  weft_gpuset_t free,
					  weft_gpuset_t gpus,
					  enum weft_pick_goal goal)
{
	struct weft_pick_score score = { 0 };
	const struct pick_tables *tables = picker->tables;

	free &= all_gpus(picker);
	gpus &= all_gpus(picker);
	if (picker->flat)
		return score;
	if (tables) {
		score.ring_mbps = tables->ring_mbps[gpus];
		score.pairs_mbps = tables->pairs_mbps[gpus];
		score.left_mbps = tables->left_mbps[free & ~gpus];
	} else {
		score.ring_mbps = pick_large_ring_mbps(picker, gpus);
		score.pairs_mbps = pick_pairs_mbps(picker, gpus);
		score.left_mbps = pick_pairs_mbps(picker, free & ~gpus);
	}
	score.bandwidth_mbps = goal == WEFT_PICK_RING ? score.ring_mbps
						      : score.pairs_mbps;
	score.numa_spread = pick_numa_spread(picker, gpus);
	score.nic_distance = pick_nic_distance(picker, gpus);
	return score;
}

/* ---- the pick ----------------------------------------------------------- */

static void pick_flat(weft_gpuset_t free, uint32_t count,
		      struct weft_pick *ret_pick)
{
	weft_gpuset_t rest, last;

	ret_pick->exact = true;
	ret_pick->gpus = weft_bits_lowest(free, count);
	rest = free & ~ret_pick->gpus;
	if (!rest)
		return;
	last = UINT64_C(1) << (63 - __builtin_clzll(ret_pick->gpus));
	ret_pick->second = (ret_pick->gpus & ~last) | (rest & -rest);
}

static void pick_exact(const struct weft_picker *picker, weft_gpuset_t free,
		       uint32_t count, enum weft_pick_goal goal,
		       struct weft_pick *ret_pick)
{
	const struct pick_tables *tables = picker->tables;
	const uint16_t *order = tables->order[goal];
	const uint16_t *class = tables->class[goal];
	const uint32_t end = tables->first[goal][count + 1];
	const uint32_t busy = ~(uint32_t)free, open = (uint32_t)free;
	const uint32_t none = UINT32_MAX;
	uint32_t best = none, best_left = 0, second = none, second_left = 0;

	for (uint32_t i = tables->first[goal][count]; i < end; i++) {
		uint32_t left;

		if (order[i] & busy)
			continue;
		if (second != none && class[i] != class[second])
			break;
		left = tables->left_mbps[open & ~order[i]];
		if (best == none ||
		    (class[i] == class[best] && left > best_left)) {
			second = best;
			second_left = best_left;
			best = i;
			best_left = left;
		} else if (second == none || left > second_left) {
			second = i;
			second_left = left;
		}
	}
	ret_pick->exact = true;
	ret_pick->gpus = order[best];
	if (second != none)
		ret_pick->second = order[second];
}

bool weft_pick_gpus(const struct weft_picker *picker, weft_gpuset_t free,
		    uint32_t count, enum weft_pick_goal goal,
		    struct weft_pick *ret_pick)
{
	struct weft_pick pick = { 0 };

	free &= all_gpus(picker);
	if (pick_count(free) < count) {
		*ret_pick = pick;
		return false;
	}
	if (!count)
		pick.exact = true;
	else if (picker->flat)
		pick_flat(free, count, &pick);
	else if (picker->tables)
		pick_exact(picker, free, count, goal, &pick);
	else
		pick_large(picker, free, count, goal, &pick);
	pick.score = weft_pick_score_of(picker, free, pick.gpus, goal);
	if (pick.second)
		pick.second_score = weft_pick_score_of(picker, free,
						       pick.second, goal);
	if (pick.exact)
		pick.bound_mbps = pick.score.bandwidth_mbps;
	*ret_pick = pick;
	return true;
}

/* ---- the order of a ring ------------------------------------------------ */

static void reverse_tail(uint32_t *order, uint32_t count)
{
	for (uint32_t i = 1, j = count - 1; i < j; i++, j--) {
		uint32_t swap = order[i];

		order[i] = order[j];
		order[j] = swap;
	}
}

uint32_t weft_pick_ring(const struct weft_picker *picker, weft_gpuset_t gpus,
			uint32_t order[WEFT_GPUS_MAX])
{
	const struct pick_tables *tables = picker->tables;
	uint32_t count, set, at;

	gpus &= all_gpus(picker);
	count = pick_count(gpus);
	if (!count)
		return 0;
	if (tables) {
		set = (uint32_t)gpus;
		at = tables->ring_last[set];
		order[0] = pick_lowest(set);
		for (uint32_t i = count - 1; i > 0; i--) {
			order[i] = at;
			at = tables->ring_prev[set * picker->count + at];
			set &= ~(1u << order[i]);
		}
	} else if (picker->flat) {
		count = 0;
		pick_foreach(gpus, gpu_idx)
			order[count++] = (uint32_t)gpu_idx;
	} else {
		pick_large_ring(picker, gpus, order);
	}
	if (count > 2 && order[1] > order[count - 1])
		reverse_tail(order, count);
	return count;
}
