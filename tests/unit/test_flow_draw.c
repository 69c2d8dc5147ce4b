/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_flow_draw.c - groups of tasks, and what is drawn of them
 *
 * Random workflows are drawn within random limits.  Whatever was grouped: each
 * task is in one group, groups are no more than allowed and form no cycle, and
 * a path of arrows leads from what a task needs to it, although arrows that
 * follow from others are left out.
 */
#include "config.h"

#include <json-c/json.h>

#include "tests/unit/flow_sample.h"
#include "tests/unit/unit.h"
#include "tools/flow/collapse.h"
#include "tools/flow/draw.h"

static char *draw(const struct flow_sample *s, bool states, uint32_t max_nodes)
{
	struct weft_drawing drawing = { s->flow, &s->graph, states ? &s->plan : NULL, max_nodes };
	struct weft_buf dot;

	weft_buf_init(&dot, 16 << 20);
	ck_assert_int_eq(weft_draw_dot(&drawing, &dot), 0);
	return weft_buf_steal(&dot);
}

#define HAS(text, part) ck_assert_msg(strstr(text, part) != NULL, "no %s in\n%s", part, text)
#define LACKS(text, part) ck_assert_msg(!strstr(text, part), "%s in\n%s", part, text)

/* A hundred samples through three steps are three boxes and two arrows. */
START_TEST(alike_tasks_are_one_box)
{
	struct flow_sample s;
	struct weft_buf text;
	char *dot;

	weft_buf_init(&text, 1 << 20);
	weft_buf_adds(&text, "tasks:\n");
	for (int i = 0; i < 100; i++)
		weft_buf_addf(&text, "  fetch%d: {run: x}\n  align-%d.bam: {run: x, needs: fetch%d}\n"
			      "  count%d: {run: x, array: 0-1, needs: [align-%d.bam, fetch%d]}\n",
			      i, i, i, i, i, i);
	flow_sample_init(&s, weft_buf_str(&text));
	for (uint32_t u = 0; u < 400; u += 4)	/* fetch, align, count[0], count[1] */
		s.plan.units[u].state = u ? WEFT_UNIT_DONE : WEFT_UNIT_FAILED;
	s.plan.units[1].state = WEFT_UNIT_FAILED;
	s.plan.units[1].cause = WEFT_CAUSE_DEPENDENCY;
	dot = draw(&s, true, 10);
	HAS(dot, "t0 [label=\"fetch*\\n100 tasks\\n99 done, 1 failed\", peripheries=2, "
		 "style=striped, fillcolor=\"#9ecae1;0.9890:#fd8d3c;0.0100\"]");
	HAS(dot, "t1 [label=\"align-*.bam\\n100 tasks\\n1 behind failures, 99 to come\"");
	HAS(dot, "t2 [label=\"count*\\n100 tasks, 200 in all\\n200 to come\", peripheries=2, "
		 "fillcolor=\"white\"]");
	HAS(dot, "t0 -> t1 ");
	HAS(dot, "t1 -> t2 ");
	LACKS(dot, "t0 -> t2 ");	/* follows from the two */
	free(dot);
	/* with room for every task nothing is grouped or left out */
	dot = draw(&s, false, UINT32_MAX);
	HAS(dot, "label=\"fetch7\"]");
	HAS(dot, "t0 -> t2 ");
	LACKS(dot, "striped");
	free(dot);
	flow_sample_fini(&s);
	weft_buf_fini(&text);
}
END_TEST

/* What the arrows say of failures is kept; names are quoted for DOT. */
START_TEST(arrows_and_names)
{
	struct flow_sample s;
	char *dot;

	flow_sample_init(&s, "tasks:\n"
			 "  'q\"\\': {run: x, array: 0-1}\n"
			 "  mend1: {run: x, needs: {task: 'q\"\\', on: failed}}\n"
			 "  mend2: {run: x, needs: {task: 'q\"\\', on: failed}}\n"
			 "  twin1: {run: x, array: 0-1, needs: {task: 'q\"\\', each: true}}\n"
			 "  twin2: {run: x, array: 0-1, needs: {task: 'q\"\\', each: true}}\n"
			 "  any1: {run: x, needs: {task: mend1, on: any}}\n");
	dot = draw(&s, false, 4);
	HAS(dot, "label=\"q\\\"\\\\\\nx2\"");
	HAS(dot, "t0 -> t1 [style=solid, label=\"failed\"]");
	HAS(dot, "t0 -> t2 [style=dashed, label=\"\"]");
	HAS(dot, "t1 -> t3 [style=solid, label=\"any\"]");
	free(dot);
	flow_sample_fini(&s);
}
END_TEST

#define TASKS 120

static void random_workflow(struct weft_buf *text, uint32_t count, unsigned long long *seed)
{
	static const char *const stems[] = { "a", "bb7c", "9", "d\xc3\xa4" };
	const char *stem[TASKS];

	weft_buf_adds(text, "tasks:\n");
	for (uint32_t t = 0; t < count; t++) {
		uint32_t a = (uint32_t)(unit_random(seed) % (t + 1));
		uint32_t b = (uint32_t)(unit_random(seed) % (t + 1));

		stem[t] = stems[unit_random(seed) % 4];
		weft_buf_addf(text, "  '%s.%u': {run: x%s, needs: [", stem[t], t,
			      unit_random(seed) % 5 ? "" : ", array: 0-2");
		if (a < t)
			weft_buf_addf(text, "'%s.%u'", stem[a], a);
		if (b < t && b != a)
			weft_buf_addf(text, "%s'%s.%u'", a < t ? ", " : "", stem[b], b);
		weft_buf_adds(text, "]}\n");
	}
}

/* reach[a * count + b]: drawn arrows lead from a to b. */
static bool *reach_of(const char *dot, uint32_t count)
{
	bool *reach = calloc((size_t)count * count + 1, sizeof(*reach));
	unsigned int from, to;

	for (const char *line = dot; line; line = strchr(line + 1, '\n'))
		if (sscanf(line, "\n\tt%u -> t%u", &from, &to) == 2) {
			ck_assert(from < count && to < count);
			reach[from * count + to] = true;
		}
	for (uint32_t via = 0; via < count; via++)
		for (uint32_t a = 0; a < count; a++)
			for (uint32_t b = 0; b < count; b++)
				reach[a * count + b] |= reach[a * count + via] &&
							reach[via * count + b];
	return reach;
}

START_TEST(groups_keep_the_order)
{
	unsigned long long seed = 977 + (unsigned long long)_i;
	uint32_t count = 1 + (uint32_t)(unit_random(&seed) % TASKS);
	uint32_t limit = 1 + (uint32_t)(unit_random(&seed) % 40), seen = 0;
	struct weft_collapse c;
	struct flow_sample s;
	struct weft_buf text;
	bool *reach;
	char *dot;

	weft_buf_init(&text, 1 << 20);
	random_workflow(&text, count, &seed);
	flow_sample_init(&s, weft_buf_str(&text));
	ck_assert_int_eq(weft_collapse_init(&c, s.flow, &s.graph, limit), 0);
	ck_assert_uint_le(c.count, limit);
	ck_assert(count > limit || c.count == count);
	for (uint32_t g = 0; g < c.count; g++) {
		ck_assert_uint_ge(weft_collapse_size(&c, g), 1);
		for (uint32_t i = c.first[g]; i < c.first[g + 1]; i++, seen++)
			ck_assert_uint_eq(c.group_of[c.members[i]], g);
	}
	ck_assert_uint_eq(seen, count);
	dot = draw(&s, false, limit);
	reach = reach_of(dot, c.count);
	for (uint32_t g = 0; g < c.count; g++)
		ck_assert_msg(!reach[g * c.count + g], "a cycle in\n%s", dot);
	for (uint32_t t = 0; t < count; t++)
		for (uint32_t n = 0; n < s.flow->tasks[t].need_count; n++) {
			uint32_t from = c.group_of[s.flow->tasks[t].needs[n].task_idx];

			ck_assert_msg(from == c.group_of[t] ||
				      reach[from * c.count + c.group_of[t]],
				      "%s comes before what it needs in\n%s",
				      s.flow->tasks[t].name, dot);
		}
	free(reach);
	free(dot);
	weft_collapse_fini(&c);
	flow_sample_fini(&s);
	weft_buf_fini(&text);
}
END_TEST

/* A chain far longer than the limit becomes bands of its levels. */
START_TEST(long_chain_is_bands)
{
	struct flow_sample s;
	struct weft_buf text;
	char *dot;

	weft_buf_init(&text, 1 << 20);
	weft_buf_adds(&text, "tasks:\n  t0: {run: x}\n");
	for (int i = 1; i < 1000; i++)
		weft_buf_addf(&text, "  t%d: {run: x, needs: t%d}\n", i, i - 1);
	flow_sample_init(&s, weft_buf_str(&text));
	dot = draw(&s, false, 10);
	HAS(dot, "label=\"levels 1 to 100\\n100 tasks\"");
	HAS(dot, "label=\"levels 901 to 1000\\n100 tasks\"");
	HAS(dot, "t8 -> t9 ");
	LACKS(dot, "t7 -> t9 ");
	free(dot);
	flow_sample_fini(&s);
	weft_buf_fini(&text);
}
END_TEST

START_TEST(json_has_every_task)
{
	struct weft_drawing drawing;
	struct json_object *json;
	struct flow_sample s;
	const char *text;

	flow_sample_init(&s, "tasks:\n  a: {run: x, array: 0-2}\n"
			 "  b: {run: x, needs: {task: a, on: any}}\n");
	s.plan.units[1].state = WEFT_UNIT_DONE;
	drawing = (struct weft_drawing){ s.flow, &s.graph, &s.plan, 1 };
	json = weft_draw_json(&drawing);
	text = json_object_to_json_string_ext(json, JSON_C_TO_STRING_PLAIN);
	HAS(text, "{\"task\":\"a\",\"level\":1,\"units\":3,\"needs\":[],\"states\":{\"done\":1,\"to come\":2}}");
	HAS(text, "\"needs\":[{\"task\":\"a\",\"each\":false,\"on\":\"any\"}]");
	json_object_put(json);
	flow_sample_fini(&s);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("flow-draw");
	TCase *tcase = tcase_create("draw");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_set_timeout(tcase, UNIT_TIMEOUT_SEC);
	tcase_add_test(tcase, alike_tasks_are_one_box);
	tcase_add_test(tcase, arrows_and_names);
	tcase_add_test(tcase, long_chain_is_bands);
	tcase_add_test(tcase, json_has_every_task);
	tcase_add_loop_test(tcase, groups_keep_the_order, 0, 60);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
