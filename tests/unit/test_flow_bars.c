/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_flow_bars.c - lines of a bar in windows of any width, and the time left
 */
#include "config.h"

#include "lib/text.h"
#include "tests/unit/unit.h"
#include "tools/flow/bars.h"

static const struct {
	const char *name, *text;
	struct weft_run_totals t;	/* todo, live, running, done, skipped, failed */
	uint32_t width;
	const char *want;
} lines[] = {
	{ "train", "5/10", { 5, 0, 0, 5, 0, 0 }, 30, "train    [#######.......] 5/10" },
	{ "train", "5/10  2 running", { 3, 2, 2, 5, 0, 0 }, 47,
	  "train    [##########>>>>......] 5/10  2 running" },
	/* one of many that failed or runs is seen */
	{ "train", "0/999", { 997, 1, 1, 0, 0, 1 }, 26, "train    [>.......!] 0/999" },
	/* over: no gap left */
	{ "train", "1/3", { 0, 0, 0, 1, 0, 2 }, 22, "train    [##!!!!!] 1/3" },
	/* too narrow for a bar, and for the text */
	{ "train", "5/10", { 5, 0, 0, 5, 0, 0 }, 16, "train    5/10   " },
	{ "train", "5/10", { 5, 0, 0, 5, 0, 0 }, 11, "train    5/" },
	{ "train", "5/10", { 5, 0, 0, 5, 0, 0 }, 4, "trai" },
	/* a name is cut between characters */
	{ "\xc3\xa4\xc3\xb6\xc3\xbc\xc3\xa4\xc3\xb6\xc3\xbc\xc3\xa4\xc3\xb6\xc3\xbc", "1/1",
	  { 0, 0, 0, 1, 0, 0 }, 21,
	  "\xc3\xa4\xc3\xb6\xc3\xbc\xc3\xa4\xc3\xb6\xc3\xbc\xc3\xa4\xc3\xb6 [######] 1/1" },
};

START_TEST(lines_fit)
{
	struct weft_buf out;

	weft_buf_init(&out, 1000);
	weft_bars_line(&out, lines[_i].name, 8, &lines[_i].t, lines[_i].text,
		       (uint32_t)strlen(lines[_i].text), lines[_i].width);
	ck_assert_str_eq(weft_buf_str(&out), lines[_i].want);
	weft_buf_fini(&out);
	/* whatever the width, a line is never wider */
	for (uint32_t width = 1; width < 120; width++) {
		weft_buf_init(&out, 1000);
		weft_bars_line(&out, lines[_i].name, 8, &lines[_i].t, lines[_i].text,
			       (uint32_t)strlen(lines[_i].text), width);
		ck_assert_uint_le(weft_text_width(weft_buf_str(&out)), width);
		weft_buf_fini(&out);
	}
}
END_TEST

static int64_t left(struct weft_pace *pace, uint32_t running, uint32_t done, uint32_t all,
		    time_t now)
{
	struct weft_run_totals t = { .todo = all - done - running, .live = running,
				     .running = running, .done = done };

	return weft_pace_left(pace, &t, now);
}

START_TEST(pace_is_what_was_seen)
{
	struct weft_pace pace = { 0, 0 }, middle = { 0, 90 };

	ck_assert_int_eq(left(&pace, 0, 0, 100, 1000), -1);	/* nothing runs */
	ck_assert_int_eq(left(&pace, 5, 0, 100, 1010), -1);
	ck_assert_int_eq(left(&pace, 5, 9, 100, 1028), -1);	/* too early to say */
	ck_assert_int_eq(left(&pace, 5, 10, 100, 1030), 181);	/* 20 s for ten, 90 left */
	ck_assert_int_eq(left(&pace, 0, 100, 100, 1300), -1);	/* over */
	/* 90 of 100 had ended before anyone looked: they say nothing of the pace */
	ck_assert_int_eq(left(&middle, 5, 90, 100, 5000), -1);
	ck_assert_int_eq(left(&middle, 5, 90, 100, 5010), -1);
	ck_assert_int_eq(left(&middle, 4, 92, 100, 5020), 81);
	/* a resume took back what had failed */
	ck_assert_int_eq(left(&middle, 4, 80, 100, 5020), -1);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("flow-bars");
	TCase *tcase = tcase_create("bars");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_loop_test(tcase, lines_fit, 0, sizeof(lines) / sizeof(lines[0]));
	tcase_add_test(tcase, pace_is_what_was_seen);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
