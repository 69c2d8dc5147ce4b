/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_hostlist.c - lists of nodes: tables, and numbers against counting */
#include "config.h"

#include <errno.h>

#include "lib/buf.h"
#include "lib/hostlist.h"
#include "tests/unit/unit.h"

static int join(void *arg, const char *name)
{
	struct weft_buf *buf = arg;

	if (buf->len)
		weft_buf_adds(buf, " ");
	return weft_buf_adds(buf, name);
}

START_TEST(test_lists)
{
	static const struct {
		const char *text, *names;
	} cases[] = {
		{ "", "" },
		{ "login", "login" },
		{ "a,b , c", "a b c" },
		{ ",a,,b,", "a b" },
		{ "n[1-3]", "n1 n2 n3" },
		{ "n[01-03,7],x", "n01 n02 n03 n7 x" },
		{ "n[8-11]", "n8 n9 n10 n11" },
		{ "n[08-11].ib", "n08.ib n09.ib n10.ib n11.ib" },
		{ "r[1-2]n[1-2]", "r1n1 r1n2 r2n1 r2n2" },
		{ "circe-n[040,060-061]", "circe-n040 circe-n060 circe-n061" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct weft_err err = WEFT_ERR_INIT;
		struct weft_buf buf;

		weft_buf_init(&buf, 4096);
		ck_assert_msg(weft_hostlist_each(cases[i].text, 100, join, &buf,
						 &err) == 0, "%s: %s",
			      cases[i].text, err.msg);
		ck_assert_str_eq(weft_buf_str(&buf), cases[i].names);
		weft_buf_fini(&buf);
	}
}
END_TEST

START_TEST(test_faults)
{
	static const struct {
		const char *text, *message;
		int rc;
	} cases[] = {
		{ "n[1-3", "not closed", -EINVAL },
		{ "n1]", "not opened", -EINVAL },
		{ "n[]", "expected in brackets", -EINVAL },
		{ "n[a]", "expected in brackets", -EINVAL },
		{ "n[1-]", "expected in brackets", -EINVAL },
		{ "n[1;2]", "expected in brackets", -EINVAL },
		{ "n[3-1]", "backwards", -EINVAL },
		{ "n[1[2]]", "not opened", -EINVAL },
		{ "n[1-12345678901]", "digits", -EINVAL },
		{ "n[1-101]", "more than 100 names", -E2BIG },
		{ "n[0-999999999][0-999999999]", "more than 100", -E2BIG },
		{ "[1][1][1][1][1][1][1][1][1]", "more than 8", -EINVAL },
	};
	char text[600];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct weft_err err = WEFT_ERR_INIT;
		struct weft_buf buf;

		weft_buf_init(&buf, 4096);
		ck_assert_int_eq(weft_hostlist_each(cases[i].text, 100, join,
						    &buf, &err), cases[i].rc);
		ck_assert_msg(strstr(err.msg, cases[i].message) != NULL,
			      "%s: %s", cases[i].text, err.msg);
		weft_buf_fini(&buf);
	}
	memset(text, 'x', sizeof(text));
	text[256] = '\0';
	ck_assert_int_eq(weft_hostlist_each(text, 1, join, NULL, NULL),
			 -EINVAL);
	memcpy(text + 253, "[1000]", 7);
	ck_assert_int_eq(weft_hostlist_each(text, 1, join, NULL, NULL),
			 -EINVAL);
}
END_TEST

START_TEST(test_has)
{
	ck_assert(weft_hostlist_has("a,n[1-900]", "n900"));
	ck_assert(!weft_hostlist_has("a,n[1-900]", "n901"));
	ck_assert(!weft_hostlist_has("a,n[01-09]", "n1"));
	ck_assert(!weft_hostlist_has("n[1-", "n1"));
}
END_TEST

static int stop_at_three(void *arg, const char *name)
{
	(void)name;
	return ++*(int *)arg == 3 ? -ECANCELED : 0;
}

START_TEST(test_stop)
{
	int seen = 0;

	ck_assert_int_eq(weft_hostlist_each("n[1-9]", 9, stop_at_three, &seen,
					    NULL), -ECANCELED);
	ck_assert_int_eq(seen, 3);
}
END_TEST

UNIT_MAIN("hostlist", test_lists, test_faults, test_has, test_stop)
