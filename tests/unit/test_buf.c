/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_buf.c - a buffer never passes its limit, and failure is sticky */
#include "config.h"

#include <errno.h>

#include "lib/buf.h"
#include "tests/unit/torture.h"
#include "tests/unit/unit.h"

START_TEST(empty_is_an_empty_string)
{
	struct weft_buf buf;
	char *text;

	weft_buf_init(&buf, 10);
	ck_assert_str_eq(weft_buf_str(&buf), "");
	text = weft_buf_steal(&buf);
	ck_assert_str_eq(text, "");
	free(text);
	weft_buf_fini(&buf);
}
END_TEST

START_TEST(adds_follow_each_other)
{
	struct weft_buf buf;

	weft_buf_init(&buf, 1000);
	ck_assert_int_eq(weft_buf_adds(&buf, "job "), 0);
	ck_assert_int_eq(weft_buf_addf(&buf, "%d of %s", 12, "many"), 0);
	ck_assert_int_eq(weft_buf_add(&buf, "\0!", 2), 0);
	ck_assert_uint_eq(buf.len, strlen("job 12 of many") + 2);
	ck_assert_str_eq(weft_buf_str(&buf), "job 12 of many");
	ck_assert_int_eq(buf.data[buf.len - 1], '!');
	ck_assert_int_eq(buf.data[buf.len], '\0');
	weft_buf_fini(&buf);
	ck_assert_ptr_null(buf.data);
}
END_TEST

START_TEST(limit_holds_to_the_byte)
{
	struct weft_buf buf;

	weft_buf_init(&buf, 5);
	ck_assert_int_eq(weft_buf_adds(&buf, "12345"), 0);
	ck_assert_int_eq(weft_buf_adds(&buf, ""), 0);
	ck_assert_int_eq(weft_buf_error(&buf), 0);
	ck_assert_int_eq(weft_buf_adds(&buf, "6"), -EFBIG);
	ck_assert_str_eq(weft_buf_str(&buf), "12345");
	weft_buf_fini(&buf);

	weft_buf_init(&buf, 5);
	ck_assert_int_eq(weft_buf_addf(&buf, "%d", 123456), -EFBIG);
	ck_assert_uint_eq(buf.len, 0);
	weft_buf_fini(&buf);
}
END_TEST

START_TEST(failure_is_sticky_until_clear)
{
	struct weft_buf buf;

	weft_buf_init(&buf, 3);
	weft_buf_adds(&buf, "long");
	ck_assert_int_eq(weft_buf_adds(&buf, "a"), -EFBIG);
	ck_assert_int_eq(weft_buf_addf(&buf, "b"), -EFBIG);
	ck_assert_int_eq(weft_buf_error(&buf), -EFBIG);
	weft_buf_clear(&buf);
	ck_assert_int_eq(weft_buf_error(&buf), 0);
	ck_assert_int_eq(weft_buf_adds(&buf, "abc"), 0);
	weft_buf_adds(&buf, "d");
	ck_assert_ptr_null(weft_buf_steal(&buf));
	ck_assert_str_eq(weft_buf_str(&buf), "");
	weft_buf_fini(&buf);
}
END_TEST

/* Random adds against a plain array of the same bytes. */
START_TEST(growth_keeps_every_byte)
{
	static char want[100000];
	unsigned long long seed = 1;
	struct weft_buf buf;
	size_t len = 0;

	weft_buf_init(&buf, sizeof(want));
	while (len < sizeof(want)) {
		size_t add = unit_random(&seed) % 700;

		if (add > sizeof(want) - len)
			add = sizeof(want) - len;
		memset(want + len, 'a' + len % 26, add);
		ck_assert_int_eq(weft_buf_add(&buf, want + len, add), 0);
		len += add;
		ck_assert_uint_eq(buf.len, len);
		ck_assert_uint_ge(buf.cap, len + 1);
	}
	ck_assert_int_eq(memcmp(buf.data, want, len), 0);
	ck_assert_int_eq(weft_buf_add(&buf, "x", 1), -EFBIG);
	weft_buf_fini(&buf);
}
END_TEST

static int write_and_steal(void *arg)
{
	struct weft_buf buf;
	char *text;

	(void)arg;
	weft_buf_init(&buf, 1 << 20);
	for (int i = 0; i < 2000; i++)
		weft_buf_addf(&buf, "line %d\n", i);
	text = weft_buf_steal(&buf);
	if (!text)
		return -ENOMEM;
	free(text);
	return 0;
}

START_TEST(no_memory_at_any_point)
{
	torture_check(write_and_steal, NULL);
}
END_TEST

UNIT_MAIN("buf", empty_is_an_empty_string, adds_follow_each_other,
	  limit_holds_to_the_byte, failure_is_sticky_until_clear,
	  growth_keeps_every_byte, no_memory_at_any_point)
