/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_names.c - names get stable numbers; the nearest one is offered; hashes */
#include "config.h"

#include <errno.h>

#include "lib/hash.h"
#include "lib/names.h"
#include "lib/nearest.h"
#include "tests/unit/torture.h"
#include "tests/unit/unit.h"

START_TEST(indices_are_dense_and_stable)
{
	struct weft_names *names = weft_names_create(5000);
	char text[16];
	uint32_t idx;
	int is_new;

	for (uint32_t round = 0; round < 2; round++)
		for (uint32_t i = 0; i < 5000; i++) {
			snprintf(text, sizeof(text), "user%u", i);
			ck_assert_int_eq(weft_names_add(names, text, &idx, &is_new), 0);
			ck_assert_uint_eq(idx, i);
			ck_assert_int_eq(is_new, round == 0);
		}
	ck_assert_str_eq(weft_names_get(names, 4321), "user4321");
	ck_assert_uint_eq(weft_names_find(names, "user17"), 17);
	ck_assert_uint_eq(weft_names_find(names, "nobody"), UINT32_MAX);
	ck_assert_ptr_null(weft_names_get(names, 5000));
	ck_assert_int_eq(weft_names_add(names, "one more", &idx, NULL), -ENOSPC);
	ck_assert_uint_eq(weft_names_count(names), 5000);
	weft_names_destroy(names);
}
END_TEST

START_TEST(nearest_offers_only_what_is_near)
{
	static const char *const words[] = { "nodes", "gpus", "time", "on_failure" };

	ck_assert_str_eq(weft_nearest("node", words, 4), "nodes");
	ck_assert_str_eq(weft_nearest("onfailure", words, 4), "on_failure");
	ck_assert_str_eq(weft_nearest("gpsu", words, 4), "gpus");
	ck_assert_ptr_null(weft_nearest("elephant", words, 4));
	ck_assert_ptr_null(weft_nearest("x", words, 0));
}
END_TEST

static int add_many(void *arg)
{
	struct weft_names *names = weft_names_create(1000);
	char text[16];
	uint32_t idx;
	int rc = names ? 0 : -ENOMEM;

	for (int i = 0; i < 100 && !rc; i++) {
		snprintf(text, sizeof(text), "n%d", i);
		rc = weft_names_add(names, text, &idx, NULL);
	}
	weft_names_destroy(names);
	return rc;
}

START_TEST(survives_failed_allocations)
{
	torture_check(add_many, NULL);
}
END_TEST

/* Values are written to files: the published ones of FNV-1a, for ever. */
START_TEST(hashes_are_the_published_ones)
{
	ck_assert_uint_eq(weft_hash_bytes(WEFT_HASH_INIT, "a", 1),
			  UINT64_C(0xaf63dc4c8601ec8c));
	ck_assert_uint_eq(weft_hash_bytes(WEFT_HASH_INIT, "foobar", 6),
			  UINT64_C(0x85944171f73967e8));
	ck_assert_uint_eq(weft_hash_text(WEFT_HASH_INIT, NULL),
			  weft_hash_text(WEFT_HASH_INIT, ""));
	ck_assert_uint_ne(weft_hash_text(weft_hash_text(WEFT_HASH_INIT, "ab"), "c"),
			  weft_hash_text(weft_hash_text(WEFT_HASH_INIT, "a"), "bc"));
	ck_assert_uint_ne(weft_hash_word(WEFT_HASH_INIT, 1),
			  weft_hash_word(WEFT_HASH_INIT, UINT64_C(1) << 32));
	ck_assert_uint_ne(weft_hash_word(1, 0), weft_hash_word(2, 3));
}
END_TEST

UNIT_MAIN("names", indices_are_dense_and_stable,
	  nearest_offers_only_what_is_near, hashes_are_the_published_ones,
	  survives_failed_allocations)
