/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_torture.c - the torturer itself: it must see each kind of mistake */
#include "config.h"

#include <errno.h>

#include "tests/unit/torture.h"
#include "tests/unit/unit.h"

/* A compiler may drop a malloc() whose block is only freed; not this one. */
static void *volatile keep;
/* What leaks() loses; the test frees it, for a leak checker's peace. */
static void *volatile lost;

static int good(void *arg)
{
	char *a = malloc(10), *b = strdup("text"), *c = calloc(2, 2), *d;
	int rc = -ENOMEM;

	if (a && b && c) {
		d = realloc(a, 1000);
		if (d) {
			a = d;
			rc = 0;
		}
	}
	free(a);
	free(b);
	free(c);
	++*(int *)arg;
	return rc;
}

static int leaks(void *arg)
{
	char *a = malloc(10), *b;

	if (!a)
		return -ENOMEM;
	lost = a;
	b = strndup("text", 2);
	if (!b)
		return -ENOMEM;		/* without free(a) */
	lost = NULL;
	keep = a;
	free(a);
	free(b);
	return 0;
}

static int wrong_code(void *arg)
{
	char *a = malloc(10);

	if (!a)
		return -EINVAL;
	keep = a;
	free(a);
	return 0;
}

static int never_works(void *arg)
{
	char *a = malloc(10);

	keep = a;
	free(a);
	return -ENOMEM;
}

static int allocates_nothing(void *arg)
{
	return 0;
}

static int endless(void *arg)
{
	for (int i = 0; i < TORTURE_MAX + 1; i++) {
		char *a = malloc(1);

		if (!a)
			return -ENOMEM;
		keep = a;
		free(a);
	}
	return 0;
}

START_TEST(good_code_passes)
{
	struct torture_report report;
	int calls = 0;

	ck_assert_int_eq(torture_run(good, &calls, &report), TORTURE_OK);
	ck_assert_int_eq(calls, 5);	/* four allocations and the clean round */
	ck_assert_uint_eq(report.round, 5);
}
END_TEST

START_TEST(mistakes_are_seen)
{
	static const struct {
		torture_fn fn;
		enum torture_verdict verdict;
		unsigned int round;
	} table[] = {
		{ leaks, TORTURE_LEAK, 2 },
		{ wrong_code, TORTURE_WRONG_CODE, 1 },
		{ never_works, TORTURE_WRONG_CODE, 2 },
		{ allocates_nothing, TORTURE_DEAF, 1 },
	};
	struct torture_report report;

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		torture_run(table[i].fn, NULL, &report);
		ck_assert_int_eq(report.verdict, table[i].verdict);
		ck_assert_uint_eq(report.round, table[i].round);
		free(lost);
		lost = NULL;
	}
}
END_TEST

START_TEST(endless_code_ends)
{
	struct torture_report report;

	ck_assert_int_eq(torture_run(endless, NULL, &report), TORTURE_NO_END);
}
END_TEST

UNIT_MAIN("torture", good_code_passes, mistakes_are_seen, endless_code_ends)
