/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_pick.c - the choice of GPUs against an oracle that shares no code
 *
 * The oracle is written the slow, obvious way: rings by trying every
 * permutation, the worth of a rest by trying every partition, sets by trying
 * every subset.  Machines: real shapes (DGX-1's mesh, pairs, NVSwitch, PCIe
 * only) and random matrices from a fixed generator.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "gres/pick.h"
#include "tests/unit/pick_machines.h"
#include "tests/unit/unit.h"

/* ---- the oracle --------------------------------------------------------- */

static uint32_t members(weft_gpuset_t set, uint32_t *list)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < 64; i++)
		if (set >> i & 1)
			list[count++] = i;
	return count;
}

static uint64_t permute(const struct weft_inventory *inv, uint32_t *list,
			uint32_t fixed, uint32_t count, uint64_t slowest)
{
	uint64_t best = 0;

	if (fixed == count) {
		uint64_t last = weft_pair_mbps(inv, list[count - 1], list[0]);

		return last < slowest ? last : slowest;
	}
	for (uint32_t i = fixed; i < count; i++) {
		uint32_t moved = list[i];
		uint64_t hop = weft_pair_mbps(inv, list[fixed - 1], moved), worth;

		list[i] = list[fixed];
		list[fixed] = moved;
		worth = permute(inv, list, fixed + 1, count,
				hop < slowest ? hop : slowest);
		if (worth > best)
			best = worth;
		list[fixed] = list[i];
		list[i] = moved;
	}
	return best;
}

static uint64_t oracle_ring(const struct weft_inventory *inv, weft_gpuset_t set)
{
	uint32_t list[64], count = members(set, list);

	return count < 2 ? 0 : permute(inv, list, 1, count, UINT64_MAX);
}

static uint64_t oracle_pairs(const struct weft_inventory *inv, weft_gpuset_t set)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < inv->gpu_count; i++)
		for (uint32_t j = 0; j < i; j++)
			if (set >> i & set >> j & 1)
				sum += weft_pair_mbps(inv, i, j);
	return sum;
}

/* Disjoint rings of size in set: each subset that is one, then the rest. */
static uint64_t oracle_pack(const struct weft_inventory *inv, weft_gpuset_t set,
			    uint32_t size, weft_gpuset_t from)
{
	uint64_t best = 0;

	for (weft_gpuset_t sub = set; sub; sub = (sub - 1) & set) {
		uint64_t worth;

		if ((uint32_t)__builtin_popcountll(sub) != size || sub < from)
			continue;
		worth = oracle_ring(inv, sub) * size +
			oracle_pack(inv, set & ~sub, size, sub);
		if (worth > best)
			best = worth;
	}
	return best;
}

static struct weft_pick_score oracle_score(const struct weft_inventory *inv,
					   weft_gpuset_t free, weft_gpuset_t set,
					   enum weft_pick_goal goal)
{
	struct weft_pick_score score = { 0 };
	bool numa[3] = { false };

	score.ring_mbps = oracle_ring(inv, set);
	score.pairs_mbps = oracle_pairs(inv, set);
	score.bandwidth_mbps = goal == WEFT_PICK_RING ? score.ring_mbps
						      : score.pairs_mbps;
	for (uint32_t size = 2; size <= 8; size *= 2)
		score.left_mbps += oracle_pack(inv, free & ~set, size, 0);
	for (uint32_t i = 0; i < inv->gpu_count; i++) {
		uint8_t nearest = WEFT_PATH_UNKNOWN;

		if (!(set >> i & 1))
			continue;
		numa[inv->gpu[i].numa_idx + 1] = true;
		for (uint32_t j = 0; j < inv->nic_count; j++)
			if (inv->nic_path[i][j] < nearest)
				nearest = inv->nic_path[i][j];
		score.nic_distance += nearest;
	}
	score.numa_spread = numa[0] + numa[1] + numa[2];
	return score;
}

/* True if a is the better of the two. */
static bool oracle_better(const struct weft_pick_score *a, weft_gpuset_t a_set,
			  const struct weft_pick_score *b, weft_gpuset_t b_set)
{
	uint64_t a_sum = a->ring_mbps + a->pairs_mbps;
	uint64_t b_sum = b->ring_mbps + b->pairs_mbps;

	if (a->bandwidth_mbps != b->bandwidth_mbps)
		return a->bandwidth_mbps > b->bandwidth_mbps;
	if (a_sum != b_sum)
		return a_sum > b_sum;
	if (a->left_mbps != b->left_mbps)
		return a->left_mbps > b->left_mbps;
	if (a->numa_spread != b->numa_spread)
		return a->numa_spread < b->numa_spread;
	if (a->nic_distance != b->nic_distance)
		return a->nic_distance < b->nic_distance;
	for (uint32_t i = 0; i < 64; i++)
		if ((a_set >> i & 1) != (b_set >> i & 1))
			return a_set >> i & 1;
	return false;
}

struct oracle_pick {
	weft_gpuset_t best, second;
	struct weft_pick_score best_score, second_score;
};

static struct oracle_pick oracle(const struct weft_inventory *inv,
				 weft_gpuset_t free, uint32_t count,
				 enum weft_pick_goal goal)
{
	struct oracle_pick pick = { 0 };

	for (weft_gpuset_t set = free; set; set = (set - 1) & free) {
		struct weft_pick_score score;

		if ((uint32_t)__builtin_popcountll(set) != count)
			continue;
		score = oracle_score(inv, free, set, goal);
		if (!pick.best ||
		    oracle_better(&score, set, &pick.best_score, pick.best)) {
			pick.second = pick.best;
			pick.second_score = pick.best_score;
			pick.best = set;
			pick.best_score = score;
		} else if (!pick.second ||
			   oracle_better(&score, set, &pick.second_score,
					 pick.second)) {
			pick.second = set;
			pick.second_score = score;
		}
	}
	return pick;
}

static void check_same_score(const struct weft_pick_score *got,
			     const struct weft_pick_score *want)
{
	ck_assert_uint_eq(got->bandwidth_mbps, want->bandwidth_mbps);
	ck_assert_uint_eq(got->ring_mbps, want->ring_mbps);
	ck_assert_uint_eq(got->pairs_mbps, want->pairs_mbps);
	ck_assert_uint_eq(got->left_mbps, want->left_mbps);
	ck_assert_uint_eq(got->numa_spread, want->numa_spread);
	ck_assert_uint_eq(got->nic_distance, want->nic_distance);
}

/* Every count, both goals, on one free set. */
static void check_against_oracle(const struct weft_inventory *inv,
				 const struct weft_picker *picker,
				 weft_gpuset_t free)
{
	uint32_t most = (uint32_t)__builtin_popcountll(free);

	for (uint32_t count = 1; count <= most; count++)
		for (int goal = WEFT_PICK_RING; goal <= WEFT_PICK_ALL; goal++) {
			struct oracle_pick want = oracle(inv, free, count, goal);
			struct weft_pick got;

			ck_assert(weft_pick_gpus(picker, free, count, goal, &got));
			ck_assert_uint_eq(got.gpus, want.best);
			ck_assert_uint_eq(got.second, want.second);
			check_same_score(&got.score, &want.best_score);
			if (want.second)
				check_same_score(&got.second_score,
						 &want.second_score);
			ck_assert(got.exact);
		}
}

START_TEST(test_pick_matches_oracle_on_random_machines)
{
	uint64_t state = 0x9e3779b97f4a7c15;

	for (int round = 0; round < 25; round++) {
		uint32_t gpu_count = 1 + next_random(&state) % 7;
		struct weft_inventory *inv = random_machine(gpu_count, &state);
		struct weft_picker *picker = weft_picker_create(inv);
		weft_gpuset_t all = (UINT64_C(1) << gpu_count) - 1;

		ck_assert_ptr_nonnull(picker);
		check_against_oracle(inv, picker, all);
		check_against_oracle(inv, picker, next_random(&state) & all);
		weft_picker_destroy(picker);
		weft_inventory_destroy(inv);
	}
}
END_TEST

static bool divided_alike(const struct weft_inventory *inv, weft_gpuset_t a,
			  weft_gpuset_t b)
{
	int32_t more[WEFT_NUMA_MAX + 1] = { 0 };
	bool alike = true;

	for (uint32_t i = 0; i < inv->gpu_count; i++)
		more[inv->gpu[i].numa_idx + 1] += (int32_t)(a >> i & 1) -
						  (int32_t)(b >> i & 1);
	for (uint32_t n = 0; n <= inv->numa_count; n++)
		alike = alike && !more[n];
	return alike;
}

/* Every subset has its division's best, which is no worse; best first. */
static void check_spreads(const struct weft_inventory *inv,
			  const struct weft_picker *picker, weft_gpuset_t free,
			  uint32_t count, enum weft_pick_goal goal)
{
	weft_gpuset_t got[WEFT_PICK_SPREADS_MAX];
	struct weft_pick_score score[WEFT_PICK_SPREADS_MAX], other;
	uint32_t found = weft_pick_spreads(picker, free, count, goal, got);
	struct oracle_pick want = oracle(inv, free, count, goal);

	ck_assert_uint_ge(found, 1);
	ck_assert_uint_eq(got[0], want.best);
	for (uint32_t i = 0; i < found; i++) {
		score[i] = oracle_score(inv, free, got[i], goal);
		ck_assert(!i || oracle_better(&score[i - 1], got[i - 1],
					      &score[i], got[i]));
	}
	for (weft_gpuset_t set = free; set; set = (set - 1) & free) {
		uint32_t i = 0;

		if ((uint32_t)__builtin_popcountll(set) != count)
			continue;
		while (i < found && !divided_alike(inv, got[i], set))
			i++;
		ck_assert_uint_lt(i, found);
		other = oracle_score(inv, free, set, goal);
		ck_assert(set == got[i] ||
			  oracle_better(&score[i], got[i], &other, set));
	}
}

START_TEST(test_spreads_match_oracle)
{
	uint64_t state = 0x51ed270b7a1c3d55;

	for (int round = 0; round < 25; round++) {
		uint32_t gpu_count = 2 + next_random(&state) % 6;
		struct weft_inventory *inv = random_machine(gpu_count, &state);
		struct weft_picker *picker = weft_picker_create(inv);
		weft_gpuset_t free = next_random(&state) & ((1u << gpu_count) - 1);
		uint32_t most = (uint32_t)__builtin_popcountll(free);

		ck_assert_ptr_nonnull(picker);
		for (uint32_t k = 1; k <= most; k++)
			check_spreads(inv, picker, free, k, round % 2 ?
				      WEFT_PICK_RING : WEFT_PICK_ALL);
		weft_picker_destroy(picker);
		weft_inventory_destroy(inv);
	}
}
END_TEST

START_TEST(test_spreads_without_tables)
{
	struct weft_picker *picker = weft_picker_create_flat(8);
	weft_gpuset_t got[WEFT_PICK_SPREADS_MAX];

	ck_assert_uint_eq(weft_pick_spreads(picker, 0xf0, 2, WEFT_PICK_RING, got), 1);
	ck_assert_uint_eq(got[0], 0x30);
	ck_assert_uint_eq(weft_pick_spreads(picker, 0x1, 2, WEFT_PICK_RING, got), 0);
	weft_picker_destroy(picker);
}
END_TEST

START_TEST(test_pick_matches_oracle_on_dgx1)
{
	struct weft_inventory *inv = dgx1();
	struct weft_picker *picker = weft_picker_create(inv);
	static const uint8_t free[] = { 0xff, 0xfe, 0xee, 0x5f, 0xf6, 0x3c };

	for (size_t i = 0; i < sizeof(free); i++)
		check_against_oracle(inv, picker, free[i]);
	weft_picker_destroy(picker);
	weft_inventory_destroy(inv);
}
END_TEST

/* ---- cases that a person can check -------------------------------------- */

struct pick_case {
	const char *name;
	struct weft_inventory *(*machine)(uint32_t gpu_count);
	uint32_t gpu_count;
	weft_gpuset_t busy;
	uint32_t count;
	enum weft_pick_goal goal;
	weft_gpuset_t want;
};

static struct weft_inventory *dgx1_of(uint32_t gpu_count)
{
	return dgx1();
}

static const struct pick_case pick_cases[] = {
	{ "pairs, all free", pairs, 4, 0x0, 2, WEFT_PICK_RING, 0x3 },
	{ "pairs, 0 busy", pairs, 4, 0x1, 2, WEFT_PICK_RING, 0xc },
	{ "pairs, 0 busy, one GPU", pairs, 4, 0x1, 1, WEFT_PICK_RING, 0x2 },
	{ "pairs, one GPU spares a pair", pairs, 4, 0x4, 1, WEFT_PICK_ALL, 0x8 },
	{ "dgx1, a quad", dgx1_of, 8, 0x00, 4, WEFT_PICK_RING, 0x0f },
	{ "dgx1, the other quad", dgx1_of, 8, 0x01, 4, WEFT_PICK_RING, 0xf0 },
	{ "dgx1, second single beside the first", dgx1_of, 8, 0x01, 1,
	  WEFT_PICK_RING, 0x02 },
	{ "dgx1, a double link", dgx1_of, 8, 0x01, 2, WEFT_PICK_RING, 0x06 },
	{ "nvswitch, the rest does not matter", nvswitch, 8, 0x03, 4,
	  WEFT_PICK_ALL, 0xf0 },
	{ "nvswitch of 16", nvswitch, 16, 0x0001, 8, WEFT_PICK_RING, 0xff00 },
	{ "pcie, a pair at one switch, the whole side spared", pcie_only, 8,
	  0x01, 2, WEFT_PICK_RING, 0x0c },
	{ "pcie, the NIC's GPU last of all", pcie_only, 8, 0x0f, 1,
	  WEFT_PICK_RING, 0x80 },
};

START_TEST(test_pick_case)
{
	const struct pick_case *c = &pick_cases[_i];
	struct weft_inventory *inv = c->machine(c->gpu_count);
	struct weft_picker *picker = weft_picker_create(inv);
	struct weft_pick pick;

	ck_assert(weft_pick_gpus(picker, ~c->busy, c->count, c->goal, &pick));
	ck_assert_msg(pick.gpus == c->want, "%s: picked %#lx, not %#lx", c->name,
		      (unsigned long)pick.gpus, (unsigned long)c->want);
	weft_picker_destroy(picker);
	weft_inventory_destroy(inv);
}
END_TEST

START_TEST(test_pick_two_singles_leave_a_quad)
{
	struct weft_inventory *inv = dgx1();
	struct weft_picker *picker = weft_picker_create(inv);
	weft_gpuset_t free = 0xff;
	struct weft_pick pick;

	for (int i = 0; i < 2; i++) {
		ck_assert(weft_pick_gpus(picker, free, 1, WEFT_PICK_RING, &pick));
		free &= ~pick.gpus;
	}
	ck_assert_msg((free & 0x0f) == 0x0f || (free & 0xf0) == 0xf0,
		      "left free: %#lx", (unsigned long)free);
	weft_picker_destroy(picker);
	weft_inventory_destroy(inv);
}
END_TEST

START_TEST(test_pick_bounds)
{
	struct weft_inventory *inv = pairs(4), *none = new_machine(0);
	struct weft_picker *picker = weft_picker_create(inv);
	struct weft_picker *empty = weft_picker_create(none);
	struct weft_pick pick;

	ck_assert_uint_eq(weft_picker_count(picker), 4);
	ck_assert(!weft_pick_gpus(picker, 0x7, 4, WEFT_PICK_RING, &pick));
	ck_assert_uint_eq(pick.gpus, 0);
	ck_assert(weft_pick_gpus(picker, 0, 0, WEFT_PICK_RING, &pick));
	ck_assert_uint_eq(pick.gpus, 0);
	ck_assert(weft_pick_gpus(picker, ~UINT64_C(0), 4, WEFT_PICK_ALL, &pick));
	ck_assert_uint_eq(pick.gpus, 0xf);
	ck_assert_uint_eq(pick.second, 0);
	ck_assert(!weft_pick_gpus(picker, ~UINT64_C(0xf), 1, WEFT_PICK_ALL, &pick));
	ck_assert(!weft_pick_gpus(empty, ~UINT64_C(0), 1, WEFT_PICK_ALL, &pick));
	ck_assert(weft_pick_gpus(empty, 0, 0, WEFT_PICK_ALL, &pick));
	weft_picker_destroy(empty);
	weft_picker_destroy(picker);
	weft_inventory_destroy(none);
	weft_inventory_destroy(inv);
}
END_TEST

START_TEST(test_pick_flat)
{
	struct weft_picker *picker = weft_picker_create_flat(64);
	struct weft_pick pick;
	uint32_t order[WEFT_GPUS_MAX];

	ck_assert_ptr_nonnull(picker);
	ck_assert(weft_pick_gpus(picker, ~UINT64_C(0x5), 3, WEFT_PICK_RING, &pick));
	ck_assert_uint_eq(pick.gpus, 0x1a);
	ck_assert_uint_eq(pick.second, 0x2a);
	ck_assert(weft_pick_gpus(picker, ~UINT64_C(0), 64, WEFT_PICK_RING, &pick));
	ck_assert_uint_eq(pick.gpus, ~UINT64_C(0));
	ck_assert_uint_eq(weft_pick_ring(picker, 0x8000000000000011, order), 3);
	ck_assert_uint_eq(order[2], 63);
	weft_picker_destroy(picker);
}
END_TEST

/* ---- rings -------------------------------------------------------------- */

static void check_ring(const struct weft_inventory *inv,
		       const struct weft_picker *picker, weft_gpuset_t set)
{
	uint32_t order[WEFT_GPUS_MAX], list[64];
	uint32_t count = weft_pick_ring(picker, set, order);
	weft_gpuset_t seen = 0;
	uint64_t slowest = UINT64_MAX;

	ck_assert_uint_eq(count, members(set, list));
	for (uint32_t i = 0; i < count; i++) {
		uint64_t hop = weft_pair_mbps(inv, order[i],
					      order[(i + 1) % count]);

		seen |= UINT64_C(1) << order[i];
		if (hop < slowest)
			slowest = hop;
	}
	ck_assert_uint_eq(seen, set);
	ck_assert_uint_eq(order[0], list[0]);
	if (count > 2)
		ck_assert_uint_lt(order[1], order[count - 1]);
	if (count > 1)
		ck_assert_uint_eq(slowest, oracle_ring(inv, set));
}

START_TEST(test_ring_is_a_best_ring)
{
	struct weft_inventory *inv = dgx1();
	struct weft_picker *picker = weft_picker_create(inv);
	uint32_t order[WEFT_GPUS_MAX];

	for (weft_gpuset_t set = 1; set < 256; set++)
		check_ring(inv, picker, set);
	ck_assert_uint_eq(weft_pick_ring(picker, 0, order), 0);
	weft_picker_destroy(picker);
	weft_inventory_destroy(inv);
}
END_TEST

START_TEST(test_ring_counts_up_where_all_are_alike)
{
	struct weft_inventory *inv = nvswitch(16);
	struct weft_picker *picker = weft_picker_create(inv);
	uint32_t order[WEFT_GPUS_MAX];

	ck_assert_uint_eq(weft_pick_ring(picker, 0xffff, order), 16);
	for (uint32_t i = 0; i < 16; i++)
		ck_assert_uint_eq(order[i], i);
	weft_picker_destroy(picker);
	weft_inventory_destroy(inv);
}
END_TEST

/* ---- more than 16 GPUs -------------------------------------------------- */

START_TEST(test_large_keeps_its_bound)
{
	uint64_t state = 88172645463325252;

	for (int round = 0; round < 6; round++) {
		uint32_t gpu_count = 17 + next_random(&state) % 48;
		struct weft_inventory *inv = random_machine(gpu_count, &state);
		struct weft_picker *picker = weft_picker_create(inv);
		struct weft_pick pick, again;
		weft_gpuset_t free = next_random(&state);

		if (gpu_count < 64)
			free &= (UINT64_C(1) << gpu_count) - 1;
		free |= 0x1f;
		for (int goal = WEFT_PICK_RING; goal <= WEFT_PICK_ALL; goal++)
			for (uint32_t count = 1; count <= 5; count += 2) {
				ck_assert(weft_pick_gpus(picker, free, count,
							 goal, &pick));
				ck_assert_int_eq(__builtin_popcountll(pick.gpus),
						 count);
				ck_assert_uint_eq(pick.gpus & ~free, 0);
				ck_assert(!pick.exact);
				ck_assert_uint_eq(pick.score.pairs_mbps,
						  oracle_pairs(inv, pick.gpus));
				ck_assert_uint_le(pick.score.ring_mbps,
						  oracle_ring(inv, pick.gpus));
				ck_assert_uint_le(pick.score.bandwidth_mbps,
						  pick.bound_mbps);
				weft_pick_gpus(picker, free, count, goal, &again);
				ck_assert_uint_eq(pick.gpus, again.gpus);
			}
		weft_picker_destroy(picker);
		weft_inventory_destroy(inv);
	}
}
END_TEST

/* No triple is better than the bound says, and the heuristic finds the best. */
START_TEST(test_large_bound_holds_for_every_set)
{
	uint64_t state = 2463534242;
	struct weft_inventory *inv = random_machine(18, &state);
	struct weft_picker *picker = weft_picker_create(inv);
	struct weft_pick pick;

	for (int goal = WEFT_PICK_RING; goal <= WEFT_PICK_ALL; goal++) {
		weft_pick_gpus(picker, ~UINT64_C(0), 3, goal, &pick);
		for (weft_gpuset_t set = 7; set < 1u << 18; set++) {
			uint64_t worth;

			if (__builtin_popcountll(set) != 3)
				continue;
			worth = goal == WEFT_PICK_RING ? oracle_ring(inv, set)
						       : oracle_pairs(inv, set);
			ck_assert_uint_le(worth, pick.bound_mbps);
			ck_assert_uint_le(worth, pick.score.bandwidth_mbps);
		}
	}
	weft_picker_destroy(picker);
	weft_inventory_destroy(inv);
}
END_TEST

START_TEST(test_large_nvswitch_meets_the_bound)
{
	struct weft_inventory *inv = nvswitch(64);
	struct weft_picker *picker = weft_picker_create(inv);
	struct weft_pick pick;

	for (int goal = WEFT_PICK_RING; goal <= WEFT_PICK_ALL; goal++) {
		ck_assert(weft_pick_gpus(picker, ~UINT64_C(1), 8, goal, &pick));
		ck_assert_uint_eq(pick.score.bandwidth_mbps, pick.bound_mbps);
		ck_assert_uint_eq(pick.score.numa_spread, 1);
	}
	weft_picker_destroy(picker);
	weft_inventory_destroy(inv);
}
END_TEST

UNIT_MAIN_ROWS("pick",
	       ONCE(test_pick_matches_oracle_on_random_machines),
	       ONCE(test_spreads_match_oracle), ONCE(test_spreads_without_tables),
	       ONCE(test_pick_matches_oracle_on_dgx1),
	       EACH(test_pick_case, pick_cases),
	       ONCE(test_pick_two_singles_leave_a_quad), ONCE(test_pick_bounds),
	       ONCE(test_pick_flat), ONCE(test_ring_is_a_best_ring),
	       ONCE(test_ring_counts_up_where_all_are_alike),
	       ONCE(test_large_keeps_its_bound),
	       ONCE(test_large_bound_holds_for_every_set),
	       ONCE(test_large_nvswitch_meets_the_bound))
