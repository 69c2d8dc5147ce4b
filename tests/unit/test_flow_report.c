/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_flow_report.c - the page of a run: sums, escapes, form
 *
 * Names are hostile.  Well-formedness is judged by xmllint where there is one.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "tests/unit/flow_sample.h"
#include "tools/flow/report.h"

struct setup {
	struct flow_sample sample;
	struct weft_unit_end ends[512];
	struct weft_buf page;
};

static void set_up(struct setup *s, const char *text)
{
	struct weft_plan_limits limits = { 1001, UINT32_MAX };

	flow_sample_init(&s->sample, text);
	flow_sample_pass(&s->sample, &limits);
	memset(s->ends, 0, sizeof(s->ends));
	weft_buf_init(&s->page, 1 << 20);
}

static void tear_down(struct setup *s)
{
	weft_buf_fini(&s->page);
	flow_sample_fini(&s->sample);
}

static void end_unit(struct setup *s, uint32_t unit, enum weft_unit_state state,
		     int64_t start, int64_t end, int status, const char *node)
{
	s->sample.plan.units[unit].state = (uint8_t)state;
	s->ends[unit] = (struct weft_unit_end){ .exit_status = status, .start_sec = start,
						.end_sec = end };
	snprintf(s->ends[unit].node, sizeof(s->ends[unit].node), "%s", node);
}

static void write_page(struct setup *s)
{
	struct weft_report report = { .id = "run <1>", .plan = &s->sample.plan, .ends = s->ends,
				      .started_sec = 1000, .resume = "weft flow resume 'a&b'" };

	ck_assert_int_eq(weft_report_write(&report, &s->page), 0);
}

#define HAS(s, text) ck_assert_msg(strstr(weft_buf_str(&(s)->page), text) != NULL, \
				   "no \"%s\" in\n%s", text, weft_buf_str(&(s)->page))
#define LACKS(s, text) ck_assert_msg(!strstr(weft_buf_str(&(s)->page), text), \
				     "\"%s\" in\n%s", text, weft_buf_str(&(s)->page))

static void check_form(struct setup *s)
{
	FILE *pipe;

	if (system("xmllint --version >/dev/null 2>&1"))
		return;
	pipe = popen("xmllint --noout --nonet - 2>&1", "w");
	ck_assert_ptr_nonnull(pipe);
	fwrite(s->page.data, 1, s->page.len, pipe);
	ck_assert_int_eq(pclose(pipe), 0);
}

START_TEST(hostile_names_are_escaped)
{
	struct setup s;

	set_up(&s, "tasks:\n"
		   "  '</title><script>alert(1)</script>': {run: x}\n"
		   "  '<img src=x onerror=\"x\">': {run: x}\n"
		   "  'a name much longer than fits \xc3\xa4\xc3\xb6\xc3\xbc': {run: y, array: 0-3}\n"
		   "  \"twenty-five bytes then  \xe2\x82\xac\": {run: z}\n");
	for (uint32_t u = 0; u < 7; u++)
		end_unit(&s, u, u ? WEFT_UNIT_DONE : WEFT_UNIT_FAILED, 1010, 1020, 0,
			 u == 3 ? "n\x01\xff<&\"" : "node1");
	s.sample.plan.units[0].cause = WEFT_CAUSE_EXIT;
	write_page(&s);
	LACKS(&s, "<script");
	LACKS(&s, "<img");
	HAS(&s, "&lt;script&gt;alert(1)");
	HAS(&s, "run &lt;1&gt;");
	HAS(&s, "weft flow resume 'a&amp;b'");
	HAS(&s, "n\xef\xbf\xbd\xef\xbf\xbd&lt;&amp;&quot;");
	check_form(&s);
	tear_down(&s);
}
END_TEST

START_TEST(sums_are_right)
{
	struct setup s;

	set_up(&s, "tasks:\n  a: {run: x, resources: {gpus: 4}}\n"
		   "  b: {needs: a, run: y, array: 0-1, resources: {nodes: 2}}\n"
		   "  c: {needs: b, run: z}\n");
	end_unit(&s, 0, WEFT_UNIT_DONE, 1060, 1060 + 1800, 0, "n");	/* waited 60 s */
	end_unit(&s, 1, WEFT_UNIT_DONE, 2860 + 10, 2870 + 3600, 0, "n");
	end_unit(&s, 2, WEFT_UNIT_FAILED, 2860 + 30, 2890 + 3600, 7 << 8, "n");
	s.sample.plan.units[2].cause = WEFT_CAUSE_EXIT;
	s.sample.plan.units[2].attempt = 2;
	s.sample.plan.units[3].state = WEFT_UNIT_FAILED;
	s.sample.plan.units[3].cause = WEFT_CAUSE_DEPENDENCY;
	write_page(&s);
	HAS(&s, "<dt>done</dt><dd>2</dd>");
	HAS(&s, "<dt>failed</dt><dd class=\"f\">2</dd>");
	HAS(&s, "<dt>open</dt><dd>0</dd>");
	HAS(&s, "<dt>node-hours</dt><dd>4.50</dd>");
	HAS(&s, "<dt>GPU-hours</dt><dd>2.00</dd>");
	HAS(&s, "<td>a</td><td>1</td><td>0</td><td>0</td><td>0</td><td>0</td><td>60 s</td><td>60 s</td><td>0.50</td><td>2.00</td>");
	HAS(&s, "<td>b</td><td>1</td><td>1</td><td>0</td><td>0</td><td>2</td><td>20 s</td><td>30 s</td><td>4.00</td><td>0.00</td>");
	HAS(&s, "<td>b[1]</td><td class=\"l\">exit 7</td><td>3</td>");
	HAS(&s, "what they need failed: 1.");
	check_form(&s);
	tear_down(&s);
}
END_TEST

/* A large array is an area of how many ran at once; most failures are folded. */
START_TEST(many_units_are_an_area)
{
	struct setup s;

	set_up(&s, "tasks: {a: {run: x, array: 0-99}, b: {run: y}}\n");
	for (uint32_t u = 0; u < 100; u++) {
		end_unit(&s, u, u % 10 ? WEFT_UNIT_DONE : WEFT_UNIT_FAILED, 1010 + u / 25 * 100,
			 1090 + u / 25 * 100, u % 10 ? 0 : 1 << 8, "n");
		s.sample.plan.units[u].cause = u % 10 ? WEFT_CAUSE_NONE : WEFT_CAUSE_EXIT;
	}
	write_page(&s);
	HAS(&s, "<title>at most 25 at once</title>");
	HAS(&s, "<td>a[20]</td>");
	HAS(&s, "<summary>7 more of the same tasks</summary>");
	LACKS(&s, "fill-opacity=\"0.5\"");
	check_form(&s);
	tear_down(&s);
}
END_TEST

/* Hundreds of tasks that are alike are one row of the drawing and of the table. */
START_TEST(many_tasks_are_groups)
{
	struct weft_buf text;
	struct setup s;

	weft_buf_init(&text, 1 << 20);
	weft_buf_adds(&text, "tasks:\n");
	for (int i = 0; i < 400; i++)
		weft_buf_addf(&text, "  part%d: {run: x}\n", i);
	weft_buf_adds(&text, "  join: {needs: part7, run: y}\n");
	set_up(&s, weft_buf_str(&text));
	for (uint32_t u = 0; u < 400; u++) {
		end_unit(&s, u, u % 40 ? WEFT_UNIT_DONE : WEFT_UNIT_FAILED, 1010, 1110,
			 u % 40 ? 0 : 1 << 8, "n");
		s.sample.plan.units[u].cause = u % 40 ? WEFT_CAUSE_NONE : WEFT_CAUSE_EXIT;
	}
	end_unit(&s, 400, WEFT_UNIT_DONE, 1120, 1130, 0, "n");
	write_page(&s);
	HAS(&s, "<td>part* (400 tasks)</td><td>390</td><td>10</td>");
	HAS(&s, "<title>at most 400 at once</title>");
	HAS(&s, "<td>part80</td>");
	HAS(&s, "<summary>7 more of the same tasks</summary>");
	HAS(&s, "<td>join</td><td>1</td>");
	LACKS(&s, "<title>part");
	ck_assert_uint_lt(s.page.len, 20000);
	check_form(&s);
	tear_down(&s);
	weft_buf_fini(&text);
}
END_TEST

/* Nothing ended yet: the page stands all the same. */
START_TEST(empty_run_has_a_page)
{
	struct setup s;

	set_up(&s, "tasks: {a: {run: x}}\n");
	write_page(&s);
	HAS(&s, "<dt>done</dt><dd>0</dd>");
	HAS(&s, "<dt>open</dt><dd>1</dd>");
	LACKS(&s, "nan");
	LACKS(&s, "inf");
	LACKS(&s, "Failures");
	check_form(&s);
	tear_down(&s);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("flow-report");
	TCase *tcase = tcase_create("page");
	SRunner *runner;
	int failed;

	tcase_add_test(tcase, hostile_names_are_escaped);
	tcase_add_test(tcase, sums_are_right);
	tcase_add_test(tcase, many_units_are_an_area);
	tcase_add_test(tcase, many_tasks_are_groups);
	tcase_add_test(tcase, empty_run_has_a_page);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
