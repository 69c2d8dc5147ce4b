/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_child.c - another program run: what it hears, says, and how it ends
 */
#include "config.h"

#include <errno.h>

#include "tests/unit/unit.h"
#include "tools/ui/child.h"

#define RUN(...) &(const struct weft_child){ __VA_ARGS__ }
#define ARGV(...) .argv = (const char *const[]){ __VA_ARGS__, NULL }

/* More than a pipe and a socket hold: both sides must go on at once. */
START_TEST(test_echo_of_megabytes)
{
	size_t len = (size_t)4 << 20;
	char *text = malloc(len + 1);
	struct weft_buf out;
	int code = -1;

	ck_assert_ptr_nonnull(text);
	for (size_t i = 0; i < len; i++)
		text[i] = (char)('a' + i % 23);
	text[len] = '\0';
	weft_buf_init(&out, 2 * len);
	ck_assert_int_eq(weft_child_run(RUN(ARGV("cat"), .in = text, .in_len = len,
					    .out = &out), &code, NULL), 0);
	ck_assert_int_eq(code, 0);
	ck_assert_uint_eq(out.len, len);
	ck_assert_str_eq(weft_buf_str(&out), text);
	weft_buf_fini(&out);
	free(text);
}
END_TEST

/* Nothing of the caller's: no word of its input, no SIGPIPE, nothing printed. */
START_TEST(test_deaf_and_mute)
{
	static char text[1 << 20];
	int code = -1;

	ck_assert_int_eq(weft_child_run(RUN(ARGV("true"), .in = text,
					    .in_len = sizeof(text)), &code, NULL), 0);
	ck_assert_int_eq(code, 0);
	ck_assert_int_eq(weft_child_run(RUN(ARGV("cat")), &code, NULL), 0);
	ck_assert_int_eq(code, 0);
}
END_TEST

START_TEST(test_ends)
{
	int code = -1;

	ck_assert_int_eq(weft_child_run(RUN(ARGV("sh", "-c", "exit 3")), &code, NULL), 0);
	ck_assert_int_eq(code, 3);
	ck_assert_int_eq(weft_child_run(RUN(ARGV("sh", "-c", "kill -TERM $$")),
					&code, NULL), 0);
	ck_assert_int_eq(code, 128 + 15);
	ck_assert_int_eq(weft_child_run(RUN(ARGV("no-such-program-anywhere")),
					&code, NULL), 0);
	ck_assert_int_eq(code, WEFT_CHILD_NOT_FOUND);
}
END_TEST

START_TEST(test_limits)
{
	struct weft_err err = WEFT_ERR_INIT;
	struct weft_buf out;
	int code = -1;

	ck_assert_int_eq(weft_child_run(RUN(ARGV("sleep", "50"), .limit_sec = 1),
					&code, &err), -ETIMEDOUT);
	ck_assert_str_eq(err.msg, "sleep: stopped, not done after 1 s");
	weft_buf_init(&out, 1000);
	ck_assert_int_eq(weft_child_run(RUN(ARGV("yes"), .out = &out), &code, &err),
			 -EFBIG);
	weft_buf_fini(&out);
	ck_assert_int_eq(code, -1);
}
END_TEST

static void name_it(const void *ctx)
{
	setenv("WEFT_TEST_CHILD", ctx, 1);
}

START_TEST(test_prepared)
{
	struct weft_buf out;
	int code = -1;

	weft_buf_init(&out, 1000);
	ck_assert_int_eq(weft_child_run(RUN(ARGV("sh", "-c", "echo $WEFT_TEST_CHILD"),
					    .out = &out, .prepare = name_it,
					    .ctx = "a child"), &code, NULL), 0);
	ck_assert_str_eq(weft_buf_str(&out), "a child\n");
	ck_assert_ptr_null(getenv("WEFT_TEST_CHILD"));
	weft_buf_fini(&out);
}
END_TEST

UNIT_MAIN("child", test_echo_of_megabytes, test_deaf_and_mute, test_ends,
	  test_limits, test_prepared)
