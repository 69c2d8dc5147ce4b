/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_idxset.c - the bitmap against the dullest set there is
 *
 * Property: for random sets of awkward sizes (0, 1, around multiples of 64)
 * every operation gives what the same operation on an array of bools gives,
 * and the bits past the size stay 0, on which count, equal and hash rely.
 */
#include "config.h"

#include <errno.h>

#include "lib/idxset.h"
#include "tests/unit/torture.h"
#include "tests/unit/unit.h"

#define MAX 200

static const uint32_t sizes[] = { 0, 1, 2, 63, 64, 65, 127, 128, 129, MAX };

/* A set and the same as bools. */
struct pair {
	struct weft_idxset *set;
	bool has[MAX];
};

static struct pair random_pair(uint32_t size, unsigned long long *seed)
{
	struct pair p = { .set = weft_idxset_create(size) };
	unsigned int density = unit_random(seed) % 5;	/* 0: empty, 4: full */

	ck_assert_ptr_nonnull(p.set);
	for (uint32_t i = 0; i < size; i++)
		if (unit_random(seed) % 4 < density) {
			weft_idxset_add(p.set, i);
			p.has[i] = true;
		}
	return p;
}

static void check_same(const struct weft_idxset *set, const bool *has)
{
	uint32_t count = 0, next = 0;

	for (uint32_t i = 0; i < set->size; i++) {
		ck_assert_int_eq(weft_idxset_has(set, i), has[i]);
		count += has[i];
	}
	ck_assert_uint_eq(weft_idxset_count(set), count);
	weft_idxset_foreach(set, idx) {
		while (!has[next])
			next++;
		ck_assert_uint_eq(idx, next++);
		count--;
	}
	ck_assert_uint_eq(count, 0);
	if (set->size % 64)
		ck_assert_uint_eq(set->word[set->size / 64] >> set->size % 64, 0);
}

typedef void (*set_op)(struct weft_idxset *, const struct weft_idxset *);

static bool expect(int op, bool a, bool b)
{
	switch (op) {
	case 0:
		return a && b;
	case 1:
		return a || b;
	case 2:
		return a && !b;
	default:
		return b;
	}
}

static void check_pair_operations(uint32_t size, unsigned long long *seed)
{
	static const set_op ops[] = { weft_idxset_and, weft_idxset_or,
				      weft_idxset_andnot, weft_idxset_copy };
	struct pair a = random_pair(size, seed), b = random_pair(size, seed);
	bool overlaps = false, subset = true, equal = true, want[MAX];

	for (uint32_t i = 0; i < size; i++) {
		overlaps |= a.has[i] && b.has[i];
		subset &= !a.has[i] || b.has[i];
		equal &= a.has[i] == b.has[i];
	}
	ck_assert_int_eq(weft_idxset_overlaps(a.set, b.set), overlaps);
	ck_assert_int_eq(weft_idxset_subset(a.set, b.set), subset);
	ck_assert_int_eq(weft_idxset_equal(a.set, b.set), equal);
	if (equal)
		ck_assert_uint_eq(weft_idxset_hash(a.set), weft_idxset_hash(b.set));
	for (int op = 0; op < 4; op++) {
		struct weft_idxset *to = weft_idxset_dup(a.set);

		ck_assert_ptr_nonnull(to);
		check_same(to, a.has);
		ops[op](to, b.set);
		for (uint32_t i = 0; i < size; i++)
			want[i] = expect(op, a.has[i], b.has[i]);
		check_same(to, want);
		weft_idxset_destroy(to);
	}
	weft_idxset_destroy(a.set);
	weft_idxset_destroy(b.set);
}

START_TEST(operations_agree_with_bools)
{
	unsigned long long seed = 42;

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		for (int round = 0; round < 200; round++)
			check_pair_operations(sizes[i], &seed);
}
END_TEST

START_TEST(fill_clear_remove_next)
{
	bool has[MAX];

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct weft_idxset *set = weft_idxset_create(sizes[i]);

		memset(has, true, sizeof(has));
		weft_idxset_fill(set);
		check_same(set, has);
		ck_assert_uint_eq(weft_idxset_next(set, sizes[i]), sizes[i]);
		ck_assert_uint_eq(weft_idxset_next(set, UINT32_MAX), sizes[i]);
		for (uint32_t j = 0; j < sizes[i]; j += 3) {
			weft_idxset_remove(set, j);
			has[j] = false;
		}
		check_same(set, has);
		weft_idxset_clear(set);
		memset(has, false, sizeof(has));
		check_same(set, has);
		weft_idxset_destroy(set);
	}
	weft_idxset_destroy(NULL);
}
END_TEST

START_TEST(hash_tells_sets_apart)
{
	struct weft_idxset *set = weft_idxset_create(1000);
	uint64_t seen[1001];

	/* All sets of one index, and the empty one: 1001 different hashes. */
	seen[1000] = weft_idxset_hash(set);
	for (uint32_t i = 0; i < 1000; i++) {
		weft_idxset_add(set, i);
		seen[i] = weft_idxset_hash(set);
		weft_idxset_remove(set, i);
	}
	for (int i = 0; i < 1001; i++)
		for (int j = 0; j < i; j++)
			ck_assert_uint_ne(seen[i], seen[j]);
	weft_idxset_destroy(set);
}
END_TEST

START_TEST(largest_size_keeps_its_last_index)
{
	struct weft_idxset *set = weft_idxset_create(UINT32_MAX);

	/* 512 MiB of untouched zeroes; a machine may refuse them. */
	if (!set)
		return;
	weft_idxset_add(set, UINT32_MAX - 1);
	ck_assert(weft_idxset_has(set, UINT32_MAX - 1));
	ck_assert_uint_eq(weft_idxset_next(set, UINT32_MAX - 64), UINT32_MAX - 1);
	weft_idxset_destroy(set);
}
END_TEST

static int make_two(void *arg)
{
	struct weft_idxset *set = weft_idxset_create(500), *dup;

	(void)arg;
	if (!set)
		return -ENOMEM;
	dup = weft_idxset_dup(set);
	weft_idxset_destroy(set);
	if (!dup)
		return -ENOMEM;
	weft_idxset_destroy(dup);
	return 0;
}

START_TEST(no_memory_at_any_point)
{
	torture_check(make_two, NULL);
}
END_TEST

UNIT_MAIN("idxset", operations_agree_with_bools, fill_clear_remove_next,
	  hash_tells_sets_apart, largest_size_keeps_its_last_index,
	  no_memory_at_any_point)
