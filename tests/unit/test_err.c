/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_err.c - messages are one printable line, codes come back negative */
#include "config.h"

#include <errno.h>

#include "lib/err.h"
#include "tests/unit/unit.h"

START_TEST(set_returns_negative_errno)
{
	struct weft_err err = WEFT_ERR_INIT;

	ck_assert_str_eq(err.msg, "");
	ck_assert_int_eq(weft_err_set(&err, EINVAL, "%s: %d jobs", "x", 3), -EINVAL);
	ck_assert_str_eq(err.msg, "x: 3 jobs");
	ck_assert_int_eq(weft_err_set(NULL, ENOENT, "nobody listens"), -ENOENT);
}
END_TEST

START_TEST(sys_adds_the_reason)
{
	struct weft_err err = WEFT_ERR_INIT;
	char want[128];

	snprintf(want, sizeof(want), "weft.json: %s", strerror(EACCES));
	ck_assert_int_eq(weft_err_sys(&err, EACCES, "weft.json"), -EACCES);
	ck_assert_str_eq(err.msg, want);
	ck_assert_int_eq(weft_err_sys(NULL, EIO, "nobody listens"), -EIO);
}
END_TEST

START_TEST(prefix_says_where)
{
	struct weft_err err = WEFT_ERR_INIT;

	weft_err_set(&err, EINVAL, "expected a number");
	weft_err_prefix(&err, "line %d", 7);
	weft_err_prefix(&err, "f");
	ck_assert_str_eq(err.msg, "f: line 7: expected a number");
	weft_err_prefix(NULL, "nobody listens");
}
END_TEST

START_TEST(control_characters_become_question_marks)
{
	struct weft_err err = WEFT_ERR_INIT;

	weft_err_set(&err, EINVAL, "a\nb\x1b[31m\x7f\tc \xc3\xa9");
	ck_assert_str_eq(err.msg, "a?b?[31m??c \xc3\xa9");
	weft_err_sys(&err, EIO, "a\rb");
	ck_assert_ptr_null(strchr(err.msg, '\r'));
	weft_err_prefix(&err, "bell\a");
	ck_assert_ptr_null(strchr(err.msg, '\a'));
}
END_TEST

START_TEST(long_messages_are_cut_not_overrun)
{
	struct {
		struct weft_err err;
		char guard;
	} box = { .guard = 'g' };
	char text[2 * WEFT_ERR_SIZE];

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	weft_err_set(&box.err, EINVAL, "%s", text);
	ck_assert_uint_eq(strlen(box.err.msg), WEFT_ERR_SIZE - 1);
	weft_err_sys(&box.err, EIO, "%s", text);
	ck_assert_uint_eq(strlen(box.err.msg), WEFT_ERR_SIZE - 1);
	weft_err_prefix(&box.err, "where");
	ck_assert_uint_eq(strlen(box.err.msg), WEFT_ERR_SIZE - 1);
	ck_assert_int_eq(strncmp(box.err.msg, "where: xxx", 10), 0);
	ck_assert_int_eq(box.guard, 'g');
}
END_TEST

UNIT_MAIN("err", set_returns_negative_errno, sys_adds_the_reason,
	  prefix_says_where, control_characters_become_question_marks,
	  long_messages_are_cut_not_overrun)
