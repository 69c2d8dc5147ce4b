/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_soonest.c - the tournament and its walk beside sorting
 */
#include "config.h"

#include <stdbool.h>
#include <string.h>

#include "sched/soonest.h"
#include "tests/unit/unit.h"

#define ENTRIES 200
#define ROUNDS 3000

static unsigned long long seed = 7;

static uint32_t dice(uint32_t sides)
{
	return (uint32_t)(unit_random(&seed) >> 33) % sides;
}

static uint32_t any_key(void)
{
	return dice(10) ? dice(50) : WEFT_SOONEST_NEVER;
}

/* The smallest key of those not out yet. */
static uint32_t least(const uint32_t *key, const bool *out, uint32_t count)
{
	uint32_t least = WEFT_SOONEST_NEVER;

	for (uint32_t i = 0; i < count; i++)
		if (!out[i] && key[i] < least)
			least = key[i];
	return least;
}

static void hand_out(const uint32_t *key, bool *out, uint32_t i)
{
	ck_assert(!out[i]);
	ck_assert_uint_ne(key[i], WEFT_SOONEST_NEVER);
	out[i] = true;
}

/* One walk, in which entries handed out change; afterwards they stay so. */
static void walk(struct weft_soonest *s, uint32_t *key)
{
	uint32_t fresh[ENTRIES], then[ENTRIES], n, until, i;
	uint64_t heap[ENTRIES];
	struct weft_soonest_walk w;
	bool out[ENTRIES] = { false }, again[ENTRIES] = { false };

	memcpy(then, key, s->count * sizeof(*key));
	weft_soonest_walk_begin(&w, s, heap);
	for (uint32_t turn = 0; turn < 12; turn++) {
		uint32_t want = least(then, out, s->count);

		ck_assert_uint_eq(weft_soonest_walk_peek(&w), want);
		if (want == WEFT_SOONEST_NEVER)
			break;
		if (dice(3)) {
			bool second = weft_soonest_walk_is_again(&w);

			i = weft_soonest_walk_pop(&w);
			ck_assert_int_eq(second, again[i]);
			ck_assert_uint_eq(then[i], want);
			hand_out(then, out, i);
			if (!dice(3)) {		/* it comes once more, later */
				then[i] = dice(20) ? then[i] + 1 + dice(20) :
					WEFT_SOONEST_NEVER;
				weft_soonest_walk_put(&w, i, then[i]);
				again[i] = true;
				out[i] = false;
				continue;
			}
			key[i] = any_key();
			weft_soonest_set(s, i, key[i]);
			continue;
		}
		until = dice(40) ? dice(60) : WEFT_SOONEST_NEVER;
		n = weft_soonest_walk_until(&w, until, fresh);
		for (i = 0; i < n; i++) {
			ck_assert_uint_le(then[fresh[i]], until);
			hand_out(then, out, fresh[i]);
		}
		want = least(then, out, s->count);
		ck_assert(want > until || want == WEFT_SOONEST_NEVER);
	}
}

START_TEST(test_beside_sorting)
{
	for (uint32_t round = 0; round < ROUNDS; round++) {
		uint32_t count = 1 + dice(round % 10 ? 20 : ENTRIES);
		uint32_t key[ENTRIES];
		struct weft_soonest s, copy;

		ck_assert_int_eq(weft_soonest_init(&s, count), 0);
		ck_assert_int_eq(weft_soonest_init(&copy, count), 0);
		for (uint32_t i = 0; i < count; i++) {
			key[i] = any_key();
			weft_soonest_put(&s, i, key[i]);
		}
		weft_soonest_build(&s);
		for (uint32_t walks = 0; walks < 3; walks++)
			walk(&s, key);
		weft_soonest_copy(&copy, &s);
		for (uint32_t i = 0; i < count; i++)
			ck_assert_uint_eq(weft_soonest_get(&copy, i), key[i]);
		walk(&copy, key);
		weft_soonest_fini(&s);
		weft_soonest_fini(&copy);
	}
}
END_TEST

START_TEST(test_nothing)
{
	struct weft_soonest s;
	struct weft_soonest_walk w;
	uint64_t heap[1];
	uint32_t none;

	ck_assert_int_eq(weft_soonest_init(&s, 0), 0);
	weft_soonest_build(&s);
	weft_soonest_walk_begin(&w, &s, heap);
	ck_assert_uint_eq(weft_soonest_walk_peek(&w), WEFT_SOONEST_NEVER);
	ck_assert_uint_eq(weft_soonest_walk_until(&w, 5, &none), 0);
	weft_soonest_fini(&s);
}
END_TEST

UNIT_MAIN("soonest", test_beside_sorting, test_nothing)
