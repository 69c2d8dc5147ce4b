/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pick_large.c - a good set where there are too many GPUs for tables
 *
 * More than 16 GPUs in one node are rare (partitioned cards), and 2^17 subsets
 * are too many to keep.  So: from each free GPU as a seed, grow a set by the
 * GPU that adds the most bandwidth to it; then trade one member for one
 * outsider as long as that gains, at most ROUNDS_MAX times; keep the best of
 * all seeds.  Sets are compared as the exact choice compares them, but the
 * worth of the rest is simply the bandwidth between the GPUs that are left.
 *
 * The stated bound: no set of k can have
 *   all-to-all  more than half the sum, over the k best GPUs, of each one's
 *               k-1 widest pairs among the free;
 *   ring        a slowest hop wider than the k-th greatest of the free GPUs'
 *               second widest pairs (each member has two hops; the widest pair
 *               itself for k = 2),
 * so the answer carries that number and the caller sees how far from the best
 * it can be.  Where all pairs are alike (NVSwitch) both are met exactly.
 *
 * Rings: nearest neighbour from the lowest index, then 2-opt on the slowest
 * hop.  Cost: O(f k f) per seed, O(k f) pair sums a trade: well under a
 * millisecond at 64 GPUs choosing 8.
 */
#include "config.h"

#include <string.h>

#include "gres/pick_impl.h"

#define ROUNDS_MAX 64

/* ---- rings -------------------------------------------------------------- */

static uint32_t slowest_hop(const struct weft_picker *picker,
			    const uint32_t *order, uint32_t count)
{
	uint32_t slowest = UINT32_MAX;

	for (uint32_t i = 0; i < count; i++) {
		uint32_t hop = picker->pair_mbps[order[i]][order[(i + 1) % count]];

		if (hop < slowest)
			slowest = hop;
	}
	return slowest;
}

static void nearest_neighbour(const struct weft_picker *picker,
			      weft_gpuset_t gpus, uint32_t *order)
{
	uint32_t count = 0;

	order[count++] = pick_lowest(gpus);
	gpus &= gpus - 1;
	while (gpus) {
		const uint32_t *row = picker->pair_mbps[order[count - 1]];
		uint32_t next = pick_lowest(gpus);

		pick_foreach(gpus, gpu_idx)
			if (row[gpu_idx] > row[next])
				next = (uint32_t)gpu_idx;
		order[count++] = next;
		gpus &= ~(UINT64_C(1) << next);
	}
}

static void reverse(uint32_t *order, uint32_t from, uint32_t to)
{
	for (; from < to; from++, to--) {
		uint32_t swap = order[from];

		order[from] = order[to];
		order[to] = swap;
	}
}

/* One reversal that makes the slowest hop faster; false if there is none. */
static bool improve_ring(const struct weft_picker *picker, uint32_t *order,
			 uint32_t count)
{
	uint32_t now = slowest_hop(picker, order, count);

	for (uint32_t i = 1; i + 1 < count; i++)
		for (uint32_t j = i + 1; j < count; j++) {
			reverse(order, i, j);
			if (slowest_hop(picker, order, count) > now)
				return true;
			reverse(order, i, j);
		}
	return false;
}

uint32_t pick_large_ring(const struct weft_picker *picker, weft_gpuset_t gpus,
			 uint32_t order[WEFT_GPUS_MAX])
{
	uint32_t count = pick_count(gpus);

	if (!count)
		return 0;
	nearest_neighbour(picker, gpus, order);
	for (int round = 0; round < ROUNDS_MAX; round++)
		if (!improve_ring(picker, order, count))
			break;
	return count;
}

uint64_t pick_large_ring_mbps(const struct weft_picker *picker,
			      weft_gpuset_t gpus)
{
	uint32_t order[WEFT_GPUS_MAX];
	uint32_t count = pick_large_ring(picker, gpus, order);

	return count < 2 ? 0 : slowest_hop(picker, order, count);
}

/* ---- sets --------------------------------------------------------------- */

/* What one GPU gives to a set: its total, and its slowest pair in it. */
static uint64_t pull(const struct weft_picker *picker, weft_gpuset_t set,
		     uint32_t gpu_idx, enum weft_pick_goal goal)
{
	const uint32_t *row = picker->pair_mbps[gpu_idx];
	uint32_t first = 0, second = 0;
	uint64_t sum = 0;

	pick_foreach(set & ~(UINT64_C(1) << gpu_idx), other) {
		uint32_t mbps = row[other];

		sum += mbps;
		if (mbps > first) {
			second = first;
			first = mbps;
		} else if (mbps > second) {
			second = mbps;
		}
	}
	/* A ring needs two good hops from each; the total breaks ties. */
	if (goal == WEFT_PICK_RING)
		return (uint64_t)(second ? second : first) << 32 | sum;
	return sum;
}

static weft_gpuset_t grow(const struct weft_picker *picker, weft_gpuset_t free,
			  uint32_t seed, uint32_t count, enum weft_pick_goal goal)
{
	weft_gpuset_t set = UINT64_C(1) << seed;

	while (pick_count(set) < count) {
		uint32_t best = WEFT_GPUS_MAX;
		uint64_t best_pull = 0;

		pick_foreach(free & ~set, gpu_idx) {
			uint64_t mbps = pull(picker, set, gpu_idx, goal);

			if (best == WEFT_GPUS_MAX || mbps > best_pull) {
				best = (uint32_t)gpu_idx;
				best_pull = mbps;
			}
		}
		set |= UINT64_C(1) << best;
	}
	return set;
}

/* The best trade of one member for one outsider; the set itself if none. */
static weft_gpuset_t trade(const struct weft_picker *picker, weft_gpuset_t free,
			   weft_gpuset_t set, enum weft_pick_goal goal)
{
	weft_gpuset_t best = set;
	int64_t best_gain = 0;

	pick_foreach(set, out) {
		weft_gpuset_t rest = set & ~(UINT64_C(1) << out);
		int64_t loss = (int64_t)pull(picker, rest, out, goal);

		pick_foreach(free & ~set, in) {
			int64_t gain = (int64_t)pull(picker, rest, in, goal) - loss;

			if (gain > best_gain) {
				best_gain = gain;
				best = rest | UINT64_C(1) << in;
			}
		}
	}
	return best;
}

static bool better(const struct weft_pick_score *a, weft_gpuset_t a_set,
		   const struct weft_pick_score *b, weft_gpuset_t b_set)
{
	uint64_t a_other = a->ring_mbps + a->pairs_mbps - a->bandwidth_mbps;
	uint64_t b_other = b->ring_mbps + b->pairs_mbps - b->bandwidth_mbps;

	if (a->bandwidth_mbps != b->bandwidth_mbps)
		return a->bandwidth_mbps > b->bandwidth_mbps;
	if (a_other != b_other)
		return a_other > b_other;
	if (a->left_mbps != b->left_mbps)
		return a->left_mbps > b->left_mbps;
	if (a->numa_spread != b->numa_spread)
		return a->numa_spread < b->numa_spread;
	if (a->nic_distance != b->nic_distance)
		return a->nic_distance < b->nic_distance;
	return pick_before(a_set, b_set);
}

static void offer(const struct weft_picker *picker, weft_gpuset_t free,
		  weft_gpuset_t set, enum weft_pick_goal goal,
		  struct weft_pick *pick)
{
	struct weft_pick_score score;

	if (set == pick->gpus || set == pick->second)
		return;
	score = weft_pick_score_of(picker, free, set, goal);
	if (!pick->gpus || better(&score, set, &pick->score, pick->gpus)) {
		pick->second = pick->gpus;
		pick->second_score = pick->score;
		pick->gpus = set;
		pick->score = score;
	} else if (!pick->second ||
		   better(&score, set, &pick->second_score, pick->second)) {
		pick->second = set;
		pick->second_score = score;
	}
}

/* ---- the bound ---------------------------------------------------------- */

/* Keep value among the count greatest so far, greatest first. */
static void keep_greatest(uint64_t *list, uint32_t *used, uint32_t count,
			  uint64_t value)
{
	uint32_t at = *used;

	if (!count)
		return;
	if (at == count && value <= list[at - 1])
		return;
	if (at == count)
		at--;
	else
		(*used)++;
	for (; at && list[at - 1] < value; at--)
		list[at] = list[at - 1];
	list[at] = value;
}

static uint64_t bound(const struct weft_picker *picker, weft_gpuset_t free,
		      uint32_t count, enum weft_pick_goal goal)
{
	uint64_t gpu[WEFT_GPUS_MAX], row[WEFT_GPUS_MAX], sum = 0;
	uint32_t gpu_used = 0;

	if (count < 2)
		return 0;
	pick_foreach(free, i) {
		uint32_t used = 0;
		uint64_t value = 0;

		pick_foreach(free & ~(UINT64_C(1) << i), j)
			keep_greatest(row, &used, count - 1,
				      picker->pair_mbps[i][j]);
		for (uint32_t j = 0; j < used; j++)
			value += row[j];
		if (goal == WEFT_PICK_RING)
			value = row[count > 2 ? 1 : 0];
		keep_greatest(gpu, &gpu_used, count, value);
	}
	if (goal == WEFT_PICK_RING)
		return gpu[count - 1];
	for (uint32_t i = 0; i < count; i++)
		sum += gpu[i];
	return sum / 2;
}

void pick_large(const struct weft_picker *picker, weft_gpuset_t free,
		uint32_t count, enum weft_pick_goal goal,
		struct weft_pick *ret_pick)
{
	pick_foreach(free, seed) {
		weft_gpuset_t set = grow(picker, free, seed, count, goal);

		offer(picker, free, set, goal, ret_pick);
		for (int round = 0; round < ROUNDS_MAX; round++) {
			weft_gpuset_t next = trade(picker, free, set, goal);

			if (next == set)
				break;
			set = next;
			offer(picker, free, set, goal, ret_pick);
		}
	}
	ret_pick->bound_mbps = bound(picker, free, count, goal);
	ret_pick->exact = false;
}
