/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_flow_compile.c - units to Slurm objects
 *
 * Random workflows are compiled with small limits and every object's terms are
 * spelled out unit by unit: what Slurm would wait for must be exactly what the
 * file says, whatever was merged, split or left for a later wave.
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <check.h>

#include "tests/unit/flow_sample.h"

static char path[] = "/tmp/weft-test-compile-XXXXXX";	/* scratch files begin so */

static void set_up(struct flow_sample *s, const char *text)
{
	struct weft_err err = WEFT_ERR_INIT;

	flow_sample_init(s, text);
	ck_assert_msg(!weft_plan_apply_when(&s->plan, &err), "%s", err.msg);
}

static uint64_t barrier_terms;	/* of the passes to come */

static uint32_t pass(struct flow_sample *s, uint32_t max_array, uint32_t max_queued)
{
	struct weft_plan_limits limits = { max_array, max_queued, NULL, barrier_terms };

	return flow_sample_pass(s, &limits);
}

/* The units that Slurm would make unit (in object, at slot) wait for. */
static void expand_terms(const struct weft_plan *plan, const struct weft_object *object,
			 uint32_t slot, bool *waits)
{
	for (uint32_t t = 0; t < object->term_count; t++) {
		const struct weft_term *term = &object->terms[t];
		const struct weft_object *parent = &plan->objects[term->object];
		uint32_t found = 0;

		if (weft_object_is_barrier(parent)) {
			ck_assert_int_eq(term->kind, WEFT_TERM_OK);
			expand_terms(plan, parent, 0, waits);
			continue;
		}
		for (uint32_t i = 0; i < parent->unit_count; i++) {
			bool hit = term->kind == WEFT_TERM_CORR ? parent->slots[i] == slot :
				   term->slot == WEFT_NO_SLOT ? true :
								parent->slots[i] == term->slot;

			/* Slurm is content with the elements that are over */
			if (hit && plan->units[parent->units[i]].state == WEFT_UNIT_LIVE)
				waits[parent->units[i]] = true;
			found += hit;
		}
		ck_assert_uint_gt(found, 0);
	}
}

static void expand_needs(const struct weft_plan *plan, uint32_t unit, bool *needs)
{
	uint32_t local;
	const struct weft_flow_task *task = weft_plan_task(plan, unit, &local);

	for (uint32_t n = 0; n < task->need_count; n++) {
		const struct weft_flow_task *parent =
			&plan->flow->tasks[task->needs[n].task_idx];

		for (uint32_t u = 0; u < parent->unit_count; u++)
			if ((!task->needs[n].each || u == local) &&
			    plan->units[parent->first_unit + u].state == WEFT_UNIT_LIVE)
				needs[parent->first_unit + u] = true;
	}
}

static void check_objects(const struct weft_plan *plan, uint32_t first, uint32_t max_array)
{
	uint32_t count = plan->flow->unit_count;
	bool *waits = calloc(count, sizeof(bool)), *needs = calloc(count, sizeof(bool));

	for (uint32_t o = first; o < plan->object_count; o++) {
		const struct weft_object *object = &plan->objects[o];

		for (uint32_t t = 0; t < object->term_count; t++)
			ck_assert_uint_lt(object->terms[t].object, o);
		for (uint32_t i = 0; i < object->unit_count; i++) {
			memset(waits, 0, count);
			memset(needs, 0, count);
			ck_assert(!object->is_array || object->slots[i] < max_array);
			ck_assert(!i || object->slots[i] > object->slots[i - 1]);
			ck_assert_int_eq(plan->units[object->units[i]].state, WEFT_UNIT_LIVE);
			expand_terms(plan, object, object->slots[i], waits);
			expand_needs(plan, object->units[i], needs);
			ck_assert_msg(!memcmp(waits, needs, count), "object %u unit %u", o, i);
		}
	}
	free(waits);
	free(needs);
}

static void random_flow(char *text, size_t size, uint32_t *seed)
{
	uint32_t tasks = 2 + (*seed >> 20) % 10, form[12];
	size_t len = (size_t)snprintf(text, size, "tasks:\n");

	for (uint32_t t = 0; t < tasks; t++) {
		*seed = *seed * 1664525 + 1013904223;
		form[t] = *seed >> 24 & 3;
		len += (size_t)snprintf(text + len, size - len, "  t%u:\n    run: x%u\n%s%s%s",
					t, t,
					form[t] & 1 ? "    array: 0-11\n" : "",
					form[t] & 2 ? "    matrix: {a: [1, 2], b: [x, y]}\n" : "",
					*seed >> 12 & 1 ? "    resources: {mem: 5}\n" : "");
		if (form[t] & 2 && *seed >> 13 & 1 && !(*seed >> 12 & 1))
			len += (size_t)snprintf(text + len, size - len,
						"    env: {V: \"${a}\"}\n    resources: {time: \"${a}\"}\n");
		len += (size_t)snprintf(text + len, size - len, "    needs: [");
		for (uint32_t u = 0; u < t; u++) {
			*seed = *seed * 1664525 + 1013904223;
			if ((*seed >> 24) > 70)
				continue;
			len += (size_t)snprintf(text + len, size - len, "{task: t%u%s}, ", u,
						form[t] == form[u] && *seed >> 23 & 1 ?
							", each: true" : "");
		}
		len += (size_t)snprintf(text + len, size - len, "]\n");
	}
}

START_TEST(terms_are_the_needs)
{
	uint32_t seed = (uint32_t)_i * 977 + 3;
	static const uint32_t maxes[] = { 5, 7, 16, 1000 };
	uint32_t barriers = 0;

	barrier_terms = _i % 2 ? 4 : 0;
	for (int round = 0; round < 60; round++) {
		char text[16384];
		struct flow_sample s;
		uint32_t max = maxes[round % 4], todo = 0;

		random_flow(text, sizeof(text), &seed);
		set_up(&s, text);
		check_objects(&s.plan, pass(&s, max, UINT32_MAX), max);
		for (uint32_t u = 0; u < s.flow->unit_count; u++)
			todo += s.plan.units[u].state != WEFT_UNIT_LIVE;
		ck_assert_uint_eq(todo, 0);
		for (uint32_t o = 0; o < s.plan.object_count; o++)
			barriers += weft_object_is_barrier(&s.plan.objects[o]);
		flow_sample_fini(&s);
	}
	ck_assert(barrier_terms ? barriers > 10 : !barriers);
	barrier_terms = 0;
}
END_TEST

/* Waves of ten: units end as Slurm would end them, until all are done. */
START_TEST(waves_end)
{
	uint32_t seed = (uint32_t)_i * 31 + 7;
	char text[16384];
	struct flow_sample s;
	uint32_t done = 0, rounds = 0;

	random_flow(text, sizeof(text), &seed);
	set_up(&s, text);
	while (done < s.flow->unit_count) {
		uint32_t live = 0;

		ck_assert_uint_lt(++rounds, 2000);
		check_objects(&s.plan, pass(&s, 6, 10), 6);
		for (uint32_t u = 0; u < s.flow->unit_count; u++)
			live += s.plan.units[u].state == WEFT_UNIT_LIVE;
		ck_assert_uint_le(live, 10);
		ck_assert_uint_gt(live, 0);
		for (uint32_t u = 0; u < s.flow->unit_count; u++) {
			bool needs[4096] = { false }, open = false;

			if (s.plan.units[u].state != WEFT_UNIT_LIVE)
				continue;
			expand_needs(&s.plan, u, needs);
			for (uint32_t v = 0; v < s.flow->unit_count; v++)
				open |= needs[v];
			if (open)
				continue;
			s.plan.units[u].state = WEFT_UNIT_DONE;
			s.plan.objects[s.plan.units[u].object].live_count--;
			done++;
			break;
		}
	}
	flow_sample_fini(&s);
}
END_TEST

START_TEST(regular_flow_is_three_objects)
{
	struct flow_sample s;
	struct weft_buf buf;
	struct weft_err err = WEFT_ERR_INIT;

	set_up(&s, "tasks:\n  map: {run: x, array: 0-9999}\n"
		   "  twin: {run: y, array: 0-9999, needs: {task: map, each: true}}\n"
		   "  reduce: {run: z, needs: twin}\n");
	pass(&s, 10001, UINT32_MAX);
	ck_assert_uint_eq(s.plan.object_count, 3);
	s.plan.objects[0].job_id = 11;
	s.plan.objects[1].job_id = 12;
	weft_buf_init(&buf, 1000);
	ck_assert_int_eq(weft_object_array_text(&s.plan, &s.plan.objects[0], &buf), 0);
	ck_assert_str_eq(weft_buf_str(&buf), "0-9999");
	weft_buf_clear(&buf);
	ck_assert_int_eq(weft_object_dependency(&s.plan, &s.plan.objects[1], &buf, &err), 0);
	ck_assert_str_eq(weft_buf_str(&buf), "aftercorr:11");
	weft_buf_clear(&buf);
	ck_assert_int_eq(weft_object_dependency(&s.plan, &s.plan.objects[2], &buf, &err), 0);
	ck_assert_str_eq(weft_buf_str(&buf), "afterok:12");
	weft_buf_fini(&buf);
	ck_assert(s.plan.objects[0].root && !s.plan.objects[1].root);
	flow_sample_fini(&s);
}
END_TEST

START_TEST(commands_of_one_shape_merge)
{
	struct flow_sample s;
	char text[8192];
	size_t len = (size_t)snprintf(text, sizeof(text), "tasks:\n");

	for (int i = 0; i < 50; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len,
					"  t%d: {run: 'cmd %d'}\n", i, i);
	snprintf(text + len, sizeof(text) - len, "  end: {run: e, needs: [t0, t1, t49]}\n"
						 "  big: {run: b, resources: {nodes: 2}}\n");
	set_up(&s, text);
	pass(&s, 1001, UINT32_MAX);
	ck_assert_uint_eq(s.plan.object_count, 3);
	ck_assert_uint_eq(s.plan.objects[0].unit_count, 50);
	ck_assert_uint_eq(s.plan.objects[2].term_count, 3);
	flow_sample_fini(&s);
}
END_TEST

/* 40,000 needs, two arrays, one dependency; a need less, and it names elements. */
START_TEST(all_to_all_is_one_term)
{
	struct weft_buf text, dependency;
	struct weft_err err = WEFT_ERR_INIT;

	for (int less = 0; less < 2; less++) {
		struct flow_sample s;

		weft_buf_init(&text, 1 << 20);
		weft_buf_init(&dependency, 1 << 20);
		weft_buf_adds(&text, "tasks:\n");
		for (int i = 0; i < 200; i++)
			weft_buf_addf(&text, "  a%d: {run: 'x %d'}\n", i, i);
		for (int j = 0; j < 200; j++) {
			weft_buf_addf(&text, "  b%d: {run: 'y %d', needs: [", j, j);
			for (int i = less; i < 200; i++)
				weft_buf_addf(&text, "a%d, ", i);
			weft_buf_adds(&text, "]}\n");
		}
		set_up(&s, weft_buf_str(&text));
		pass(&s, 1001, UINT32_MAX);
		ck_assert_uint_eq(s.plan.object_count, 2);
		ck_assert_uint_eq(s.plan.objects[1].unit_count, 200);
		ck_assert_uint_eq(s.plan.objects[1].term_count, less ? 199 : 1);
		s.plan.objects[0].job_id = 7;
		ck_assert_int_eq(weft_object_dependency(&s.plan, &s.plan.objects[1],
							&dependency, &err), 0);
		if (!less)
			ck_assert_str_eq(weft_buf_str(&dependency), "afterok:7");
		check_objects(&s.plan, 0, 1001);
		weft_buf_fini(&dependency);
		weft_buf_fini(&text);
		flow_sample_fini(&s);
	}
}
END_TEST

START_TEST(failures_settle)
{
	struct flow_sample s;

	set_up(&s, "tasks:\n  a: {run: x}\n  b: {run: x, needs: a}\n  c: {run: x, needs: b}\n"
		   "  d: {run: x, needs: {task: a, on: failed}}\n"
		   "  e: {run: x, needs: {task: a, on: any}}\n  f: {run: x}\n"
		   "  g: {run: x, needs: {task: f, on: failed}}\n");
	s.plan.units[0].state = WEFT_UNIT_FAILED;
	s.plan.units[5].state = WEFT_UNIT_DONE;
	ck_assert_uint_eq(weft_plan_settle(&s.plan), 3);
	ck_assert_int_eq(s.plan.units[1].state, WEFT_UNIT_FAILED);
	ck_assert_int_eq(s.plan.units[2].cause, WEFT_CAUSE_DEPENDENCY);
	ck_assert_int_eq(s.plan.units[3].state, WEFT_UNIT_TODO);
	ck_assert_int_eq(s.plan.units[4].state, WEFT_UNIT_TODO);
	ck_assert_int_eq(s.plan.units[6].state, WEFT_UNIT_SKIPPED);
	flow_sample_fini(&s);
}
END_TEST

/* The frame is real shell: run it, with every unit's own values. */
START_TEST(script_runs)
{
	struct flow_sample s;
	struct weft_buf buf;
	struct weft_err err = WEFT_ERR_INIT;
	char script[64], command[512], line[256] = "";
	FILE *file;

	set_up(&s, "params: {p: \"it's $HOME; \\\"x\\\" `id`\"}\n"
		   "tasks:\n  t:\n    matrix: {m: [a, 'b c'], n: [1, 2, 3]}\n    array: 5-9:2\n"
		   "    env: {E: \"${m}-${index}\"}\n"
		   "    run: |\n      printf '%s|%s|%s|%s|%s|%s\\n' \"$p\" \"$m\" \"$n\" \"$index\" \"$E\" WEFT_END_0\n      exit 3\n");
	pass(&s, 1001, UINT32_MAX);
	ck_assert_uint_eq(s.plan.object_count, 1);
	weft_buf_init(&buf, 1 << 20);
	ck_assert_msg(!weft_object_script(&s.plan, s.plan.objects, &buf, &err), "%s", err.msg);
	snprintf(script, sizeof(script), "%s.sh", path);
	file = fopen(script, "w");
	fputs(weft_buf_str(&buf), file);
	fclose(file);
	weft_buf_fini(&buf);
	/* unit 13: combination 4 (m=b c, n=2), index 7 */
	snprintf(command, sizeof(command),
		 "mkdir -p %s.d/end; SLURM_ARRAY_TASK_ID=13 SLURM_JOB_ID=77 WEFT_DIR=%s.d WEFT_OBJECT=4 bash %s; echo \"rc $?\"; cat %s.d/end/4_13; rm -rf %s.d %s",
		 path, path, script, path, path, script);
	file = popen(command, "r");
	ck_assert_ptr_nonnull(fgets(line, sizeof(line), file));
	ck_assert_str_eq(line, "it's $HOME; \"x\" `id`|b c|2|7|b c-7|WEFT_END_0\n");
	ck_assert_ptr_nonnull(fgets(line, sizeof(line), file));
	ck_assert_str_eq(line, "rc 3\n");
	ck_assert_ptr_nonnull(fgets(line, sizeof(line), file));
	ck_assert_msg(!strncmp(line, "3 ", 2) && strstr(line, " 77\n"), "%s", line);
	pclose(file);
	flow_sample_fini(&s);
}
END_TEST

/*
 * The warning comes while the frame is still setting up: a `date` of ours, the
 * first program that it calls, gives it.  The job must ask to be requeued.
 */
START_TEST(early_warning_is_kept)
{
	struct flow_sample s;
	struct weft_buf buf;
	struct weft_err err = WEFT_ERR_INIT;
	char command[1024], line[256] = "";
	FILE *file;

	set_up(&s, "tasks:\n  t: {run: 'sleep 30', checkpoint: {signal: USR1, grace: 10}}\n");
	pass(&s, 1001, UINT32_MAX);
	weft_buf_init(&buf, 1 << 20);
	ck_assert_msg(!weft_object_script(&s.plan, s.plan.objects, &buf, &err), "%s", err.msg);
	snprintf(command, sizeof(command),
		 "mkdir -p %s.d/end && cd %s.d && cat >job && "
		 "printf '#!/bin/sh\\n[ -e told ] || { >told; kill -USR1 $(cat pid); }\\n"
		 "echo 1\\n' >date && printf '#!/bin/sh\\necho $*\\nexit 1\\n' >scontrol && "
		 "chmod +x date scontrol && PATH=$PWD:$PATH SLURM_JOB_ID=77 WEFT_DIR=. "
		 "WEFT_OBJECT=4 sh -c 'echo $$ >pid; exec bash job' >out 2>err; echo \"rc $?\" >>out",
		 path, path);
	file = popen(command, "w");
	ck_assert_ptr_nonnull(file);
	fputs(weft_buf_str(&buf), file);
	pclose(file);
	weft_buf_fini(&buf);
	snprintf(command, sizeof(command), "cat %s.d/out; rm -rf %s.d", path, path);
	file = popen(command, "r");
	ck_assert_ptr_nonnull(fgets(line, sizeof(line), file));
	ck_assert_str_eq(line, "requeue 77\n");
	ck_assert_ptr_nonnull(fgets(line, sizeof(line), file));
	ck_assert_str_eq(line, "rc 138\n");
	pclose(file);
	flow_sample_fini(&s);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("flow-compile");
	TCase *tcase = tcase_create("plan");
	SRunner *runner;
	int failed, fd = mkstemp(path);

	if (fd < 0)
		return 99;
	close(fd);
	tcase_set_timeout(tcase, 300);
	tcase_add_loop_test(tcase, terms_are_the_needs, 0, 6);
	tcase_add_loop_test(tcase, waves_end, 0, 12);
	tcase_add_test(tcase, regular_flow_is_three_objects);
	tcase_add_test(tcase, commands_of_one_shape_merge);
	tcase_add_test(tcase, all_to_all_is_one_term);
	tcase_add_test(tcase, failures_settle);
	tcase_add_test(tcase, script_runs);
	tcase_add_test(tcase, early_warning_is_kept);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	unlink(path);
	return failed != 0;
}
