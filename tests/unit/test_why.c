/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_why.c - reasons to sentences, times to words */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "tools/why/why.h"

START_TEST(every_cause_has_words)
{
	struct weft_why_job job = { .waits = true };
	struct weft_buf buf;

	for (int c = 0; c < WEFT_WHY_CAUSE_COUNT; c++) {
		weft_buf_init(&buf, 1024);
		job.cause = c;
		ck_assert_int_eq(weft_why_format(&job, &buf), 0);
		ck_assert_uint_gt(buf.len, 10);
		for (int d = 0; d < c; d++)
			ck_assert_str_ne(weft_why_word(c), weft_why_word(d));
		weft_buf_fini(&buf);
	}
}
END_TEST

static const struct {
	struct weft_why_job job;
	const char *want;
} sentence[] = {
	{ { .waits = true, .cause = WEFT_WHY_DEPENDENCY,
	    .detail = (char[]){ "afterok:12(unfulfilled)" } },
	  "waits for another job: afterok:12(unfulfilled)" },
	{ { .waits = true, .cause = WEFT_WHY_LICENSE, .detail = (char[]){ "a\033[2Jb\n" } },
	  "waits for licences: a?[2Jb?" },
	{ { .waits = true, .cause = WEFT_WHY_OTHER, .code = 999 },
	  "Slurm gives another reason, number 999" },
	{ { .state = (char[]){ "RUNNING" }, .cause = WEFT_WHY_RESOURCES },
	  "does not wait: RUNNING" },
};

START_TEST(sentences)
{
	struct weft_buf buf;

	weft_buf_init(&buf, 1024);
	ck_assert_int_eq(weft_why_format(&sentence[_i].job, &buf), 0);
	ck_assert_str_eq(weft_buf_str(&buf), sentence[_i].want);
	weft_buf_fini(&buf);
}
END_TEST

static const struct {
	int64_t at;
	const char *want;
} wait_text[] = {
	{ 1000, "any moment" }, { 999, "any moment" }, { 1001, "in 1m" },
	{ 1000 + 59 * 60, "in 59m" }, { 1000 + 125 * 60, "in 2h05m" },
	{ 1000 + 49 * 3600, "in 2d1h" },
};

START_TEST(waits)
{
	struct weft_buf buf;

	weft_buf_init(&buf, 64);
	weft_why_format_wait(wait_text[_i].at, 1000, &buf);
	ck_assert_str_eq(weft_buf_str(&buf), wait_text[_i].want);
	weft_buf_fini(&buf);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("why");
	TCase *tc = tcase_create("why");
	SRunner *runner;
	int failed;

	tcase_add_test(tc, every_cause_has_words);
	tcase_add_loop_test(tc, sentences, 0, 4);
	tcase_add_loop_test(tc, waits, 0, 6);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
