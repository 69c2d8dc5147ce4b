/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * unit.h - the main() of a Check program, and small help for its tests
 *
 * A test program holds one suite.  It ends with
 *
 *	UNIT_MAIN("buf", test_limit, test_growth, ...)
 *
 * or, where some tests run once for each row of a table (_i is the row),
 *
 *	UNIT_MAIN_ROWS("buf", ONCE(test_limit), EACH(test_growth, rows), ...)
 *
 * Each test runs in its own process with Check's time limit, so one crash is
 * one failure.  CK_RUN_CASE, CK_VERBOSITY and CK_FORK work as Check says.
 */
#ifndef WEFT_TESTS_UNIT_UNIT_H
#define WEFT_TESTS_UNIT_UNIT_H

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define UNIT_TIMEOUT_SEC 300	/* for what hangs; a busy machine is no failure */

struct unit_test {
	const TTest *test;
	int rows;	/* it runs for _i from 0 to below */
};

#define ONCE(test) { test, 1 }
#define TIMES(test, count) { test, (int)(count) }
#define EACH(test, table) TIMES(test, sizeof(table) / sizeof((table)[0]))

static inline int unit_run(const char *name, const struct unit_test *tests,
			   size_t count)
{
	Suite *suite = suite_create(name);
	SRunner *runner;
	int failed;

	for (size_t i = 0; i < count; i++) {
		TCase *one = tcase_create(tests[i].test->name);

		tcase_set_timeout(one, UNIT_TIMEOUT_SEC);
		tcase_add_loop_test(one, tests[i].test, 0, tests[i].rows);
		suite_add_tcase(suite, one);
	}
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

#define UNIT_MAIN(name, ...)                                                  \
	int main(void)                                                        \
	{                                                                     \
		const TTest *const list[] = { __VA_ARGS__ };                  \
		struct unit_test tests[sizeof(list) / sizeof(list[0])];       \
                                                                              \
		for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++)   \
			tests[i] = (struct unit_test) ONCE(list[i]);          \
		return unit_run(name, tests,                                  \
				sizeof(list) / sizeof(list[0]));              \
	}

#define UNIT_MAIN_ROWS(name, ...)                                             \
	int main(void)                                                        \
	{                                                                     \
		const struct unit_test tests[] = { __VA_ARGS__ };             \
                                                                              \
		return unit_run(name, tests,                                  \
				sizeof(tests) / sizeof(tests[0]));            \
	}

/*
 * A directory of the test's own, under the current one (the build tree);
 * unit_tmpdir_remove() removes it with the files directly in it.
 */
void unit_tmpdir(char *ret_path, size_t size);
void unit_tmpdir_remove(const char *path);

/* xorshift64*: the same numbers on every machine for the same seed. */
static inline unsigned long long unit_random(unsigned long long *state)
{
	unsigned long long x = *state;

	x ^= x >> 12;
	x ^= x << 25;
	x ^= x >> 27;
	*state = x;
	return x * 2685821657736338717ULL;
}

#endif
