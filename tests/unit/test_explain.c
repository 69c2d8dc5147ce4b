/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_explain.c - what would start sooner, and the text that tells it
 *
 * Advice is a promise: the same cycle planned again with the job altered as
 * advised must start the job when it said.  That, and that asking changes no
 * decision, is tried on random clusters.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sched/explain.h"
#include "tests/unit/sched_sample.h"
#include "tests/unit/unit.h"

/* ---- the text ------------------------------------------------------------ */

static struct weft_explain example(void)
{
	return (struct weft_explain) {
		.kind = WEFT_REASON_LICENSE, .wanted = 8, .available = 3,
		.line_place = 4, .start_sec = 1700000000, .name = "matlab",
		.blocker = { { 12, 1700000000 }, { 4000000000u, WEFT_TIME_NEVER } },
		.blocker_count = 2, .hidden_count = 1,
		.advice = { { WEFT_ADVICE_TIME, 14400, 86400, 1690000000 },
			    { WEFT_ADVICE_SHARED, 0, 1, 1690000000 } },
		.advice_count = 2, .advice_sec = 1690000000,
	};
}

START_TEST(text_is_read_back)
{
	struct weft_explain in = example(), out;
	struct weft_buf buf;

	weft_buf_init(&buf, WEFT_EXPLAIN_LIMIT);
	weft_buf_adds(&buf, "somebody's note; ");
	ck_assert_int_eq(weft_explain_write(&in, &buf), 0);
	ck_assert_int_eq(weft_explain_read(weft_buf_str(&buf), &out), 0);
	ck_assert_int_eq(out.kind, in.kind);
	ck_assert_uint_eq(out.wanted, 8);
	ck_assert_uint_eq(out.available, 3);
	ck_assert_uint_eq(out.line_place, 4);
	ck_assert_int_eq(out.start_sec, in.start_sec);
	ck_assert_str_eq(out.name, "matlab");
	ck_assert_uint_eq(out.blocker_count, 2);
	ck_assert_uint_eq(out.blocker[1].job_id, 4000000000u);
	ck_assert_int_eq(out.blocker[1].until_sec, WEFT_TIME_NEVER);
	ck_assert_uint_eq(out.hidden_count, 1);
	ck_assert_uint_eq(out.advice_count, 2);
	ck_assert_uint_eq(out.advice[0].value, 14400);
	ck_assert_int_eq(out.advice[1].kind, WEFT_ADVICE_SHARED);
	ck_assert_int_eq(out.advice_sec, in.advice_sec);
	ck_assert_uint_eq(weft_explain_before(weft_buf_str(&buf)), 17);
	weft_buf_fini(&buf);
}
END_TEST

/* The largest of everything stays below the limit. */
START_TEST(text_is_bounded)
{
	struct weft_explain e = example();
	struct weft_buf buf;

	e.kind = WEFT_REASON_RESERVATION;
	e.wanted = e.available = e.line_place = e.hidden_count = UINT32_MAX;
	e.start_sec = e.advice_sec = INT64_MAX - 1;
	memset(e.name, 'x', sizeof(e.name) - 1);
	e.blocker_count = WEFT_EXPLAIN_BLOCKERS;
	e.advice_count = WEFT_ADVICE_MAX;
	for (int i = 0; i < WEFT_EXPLAIN_BLOCKERS; i++)
		e.blocker[i] = (struct weft_blocker){ UINT32_MAX, INT64_MAX };
	for (int i = 0; i < WEFT_ADVICE_MAX; i++)
		e.advice[i] = (struct weft_advice){ WEFT_ADVICE_GPUS_PER_NODE,
			INT64_MAX, INT64_MAX, INT64_MAX };
	weft_buf_init(&buf, WEFT_EXPLAIN_LIMIT);
	ck_assert_int_eq(weft_explain_write(&e, &buf), 0);
	weft_buf_fini(&buf);
}
END_TEST

static const struct {
	const char *text;
	int rc;
} bad[] = {
	{ "", -ENOENT }, { "Reboot failed", -ENOENT }, { "weft:", -ENOENT },
	{ "weft:{", -EINVAL }, { "weft:{}", -EINVAL },
	{ "weft:{\"v\":2,\"why\":\"Gpus\"}", -EINVAL },
	{ "weft:{\"v\":1,\"why\":\"Magic\"}", -EINVAL },
	{ "weft:{\"v\":1,\"why\":7}", -EINVAL },
	{ "weft:{\"v\":1,\"why\":\"Gpus\",\"by\":7,\"try\":{}}", 0 },
	{ "weft:{\"v\":1,\"why\":\"Gpus\",\"by\":[1,[],[-1,2],[\"a\",2],[99999999999,1]],"
	  "\"at\":1,\"try\":[1,[],[1,2],[\"magic\",1,2,3],[\"time\",-1,2,3]]}", 0 },
	{ "weft:{\"v\":1,\"why\":\"Gpus\",\"x\":[[[[[[[[1]]]]]]]]}", -EINVAL },
	{ "weft:{\"v\":1,\"why\":\"Gpus\",\"want\":-5,\"have\":99999999999999999999,\"start\":\"x\"}", 0 },
};

START_TEST(bad_text)
{
	struct weft_explain e;

	ck_assert_int_eq(weft_explain_read(bad[_i].text, &e), bad[_i].rc);
	if (bad[_i].rc)
		return;
	ck_assert_uint_eq(e.blocker_count, 0);
	ck_assert_uint_eq(e.advice_count, 0);
}
END_TEST

START_TEST(names_are_cleaned)
{
	struct weft_explain e;

	ck_assert_int_eq(weft_explain_read("weft:{\"v\":1,\"why\":\"License\","
		"\"name\":\"a\\u001b[2J\\\"\xff\"}", &e), 0);
	for (const char *c = e.name; *c; c++)
		ck_assert(*c >= 32 && *c < 127 && *c != '"');
}
END_TEST

START_TEST(advice_is_found_again)
{
	const char *text = "x weft:{\"v\":1,\"why\":\"Gpus\",\"at\":123,\"try\":[]}";
	int64_t sec = 0;

	ck_assert_str_eq(weft_explain_advice(text, &sec), ",\"at\":123,\"try\":[]}");
	ck_assert_int_eq(sec, 123);
	ck_assert_ptr_null(weft_explain_advice("weft:{\"v\":1}", &sec));
	ck_assert_ptr_null(weft_explain_advice("x,\"at\":5", &sec));
}
END_TEST

/* ---- advice -------------------------------------------------------------- */

static bool has(const struct weft_plan *plan, const struct weft_decision *d,
		enum weft_advice_kind kind, uint64_t *ret_value)
{
	for (uint32_t i = 0; i < d->advice_count; i++)
		if (plan->advice[d->advice_first + i].kind == kind) {
			*ret_value = plan->advice[d->advice_first + i].value;
			return true;
		}
	return false;
}

/* 5 of 8 GPUs are busy for a day, and a job of all 8 is planned in 2 hours. */
START_TEST(a_day_of_gpus)
{
	struct weft_shape shape[3];
	struct weft_job job[2] = { sample_job(1, 0), sample_job(2, 1) };
	struct weft_plan *plan;
	struct sample s;
	uint64_t value = 0;

	sample_init(&s, 1, 8, 0);
	sample_run(&s, 0, 0x1f, 5, 7200);
	s.policy.whatif_tests = 1000;
	shape[0] = sample_shape(&s, 1, 8, 3600);
	shape[1] = sample_shape(&s, 1, 4, 86400);
	plan = sample_plan(&s, shape, 2, job, 2);
	ck_assert(plan->decision[0].advised && plan->decision[1].advised);
	/* 8 wait; 3 start now */
	ck_assert(has(plan, &plan->decision[0], WEFT_ADVICE_GPUS_PER_NODE, &value));
	ck_assert_uint_eq(value, 3);
	ck_assert(!has(plan, &plan->decision[0], WEFT_ADVICE_TIME, &value));
	/* 3 for a day would delay the first: nothing about GPUs alone helps */
	ck_assert(!has(plan, &plan->decision[1], WEFT_ADVICE_GPUS_PER_NODE, &value));
	weft_plan_destroy(plan);

	shape[1] = sample_shape(&s, 1, 2, 86400);
	plan = sample_plan(&s, shape, 2, job, 2);
	ck_assert_int_eq(plan->decision[1].reason.kind, WEFT_REASON_PRIORITY);
	ck_assert(has(plan, &plan->decision[1], WEFT_ADVICE_TIME, &value));
	ck_assert_uint_le(value, 7200);
	ck_assert_uint_gt(value, 7200 - 86400 / 64 - 60);
	weft_plan_destroy(plan);
	sample_fini(&s);
}
END_TEST

static void change(struct weft_shape *s, const struct weft_advice *a)
{
	switch (a->kind) {
	case WEFT_ADVICE_TIME: s->limit_sec = (uint32_t)a->value; break;
	case WEFT_ADVICE_GPUS_PER_NODE: s->per_node.gpus = (uint32_t)a->value; break;
	case WEFT_ADVICE_GPUS: s->unit_count = (uint32_t)a->value / s->per_unit.gpus; break;
	case WEFT_ADVICE_NODES: s->nodes_min = s->nodes_max = (uint32_t)a->value; break;
	case WEFT_ADVICE_CPUS_PER_NODE: s->per_node.cpus = (uint32_t)a->value; break;
	case WEFT_ADVICE_CPUS_PER_TASK: s->per_unit.cpus = (uint32_t)a->value; break;
	case WEFT_ADVICE_TASKS: s->unit_count = (uint32_t)a->value; break;
	case WEFT_ADVICE_MEMORY_PER_NODE: s->per_node.mem_mib = a->value; break;
	case WEFT_ADVICE_ANY_TYPE: s->gpu_type_idx = -1; break;
	case WEFT_ADVICE_SHARED: s->exclusive = false; break;
	case WEFT_ADVICE_ANY_PLACE:
		s->domain = WEFT_DOMAIN_ANY;
		s->segment = s->switches_max = 0;
		break;
	case WEFT_ADVICE_ANY_NODE: s->nodes_required = NULL; break;
	default: ck_abort_msg("kind %d", a->kind);
	}
}

static uint32_t below(uint32_t n)
{
	return (uint32_t)random() % n;
}

static struct weft_shape random_shape(const struct sample *s)
{
	struct weft_shape shape = sample_shape(s, 1 + below(3), below(9),
					       600 * (1 + below(60)));

	shape.per_node.mem_mib = below(3) ? 0 : below(1000001);
	shape.exclusive = shape.exclusive_wish = below(5) == 0;
	if (below(4) == 0) {
		shape.nodes_max = 4;
		shape.unit_count = 1 + below(16) + shape.nodes_min;
		shape.units_per_node_min = 1;
		shape.per_unit = (struct weft_amount){ .cpus = 1 + below(4),
						       .gpus = below(2) };
		shape.per_node = (struct weft_amount){ 0 };
	} else if (below(4) == 0) {
		shape.domain = WEFT_DOMAIN_SAME;
	}
	return shape;
}

#define JOBS 8

/* Returns how many advices were tried. */
static uint32_t keeps_promises(const struct sample *s, struct weft_shape *shape,
			       struct weft_job *job)
{
	struct weft_plan *plan = sample_plan(s, shape, JOBS, job, JOBS), *again;
	struct sample plain = *s;
	uint32_t tried = 0;

	plain.policy.whatif_tests = 0;
	again = sample_plan(&plain, shape, JOBS, job, JOBS);
	for (uint32_t i = 0; i < JOBS; i++) {
		ck_assert_int_eq(plan->decision[i].start_sec, again->decision[i].start_sec);
		ck_assert_int_eq(plan->decision[i].reason.kind, again->decision[i].reason.kind);
	}
	ck_assert_uint_eq(again->advice_count, 0);
	weft_plan_destroy(again);
	for (uint32_t i = 0; i < JOBS; i++) {
		const struct weft_decision *d = &plan->decision[i];

		for (uint32_t k = 0; k < d->advice_count; k++) {
			const struct weft_advice *a = &plan->advice[d->advice_first + k];

			shape[JOBS] = shape[job[i].shape_idx];
			change(&shape[JOBS], a);
			job[i].shape_idx = JOBS;
			again = sample_plan(&plain, shape, JOBS + 1, job, JOBS);
			job[i].shape_idx = i;
			ck_assert_int_eq(again->decision[i].start_sec, a->start_sec);
			ck_assert_int_lt(a->start_sec, d->start_sec);
			weft_plan_destroy(again);
			tried++;
		}
	}
	weft_plan_destroy(plan);
	return tried;
}

START_TEST(advice_is_a_promise)
{
	struct weft_shape shape[JOBS + 1];
	struct weft_job job[JOBS];
	uint32_t tried = 0;

	for (unsigned int seed = 1; seed <= 400; seed++) {
		struct sample s;

		srandom(seed);
		sample_init(&s, 4, 8, 2);
		s.policy.whatif_tests = 100000;
		for (uint32_t n = 0; n < 4; n++)
			if (below(4))
				sample_run(&s, n, (1u << below(9)) - 1u,
					   below(60), 600 * (1 + below(40)));
		for (uint32_t i = 0; i < JOBS; i++) {
			shape[i] = random_shape(&s);
			job[i] = sample_job(i + 1, i);
		}
		tried += keeps_promises(&s, shape, job);
		sample_fini(&s);
	}
	ck_assert_uint_gt(tried, 500);
}
END_TEST

/* With few searches a cycle every waiting shape has its turn after some. */
START_TEST(everybody_has_a_turn)
{
	struct weft_shape shape[20];
	struct weft_job job[20];
	bool seen[20] = { false };
	struct sample s;

	sample_init(&s, 1, 8, 0);
	sample_run(&s, 0, 0xff, 8, 7200);
	s.policy.whatif_tests = 10;
	for (uint32_t i = 0; i < 20; i++) {
		shape[i] = sample_shape(&s, 1, 1 + i % 8, 3600 + i * 60);
		job[i] = sample_job(i + 1, i);
	}
	for (int cycle = 0; cycle < 20; cycle++) {
		struct weft_plan *plan = sample_plan(&s, shape, 20, job, 20);

		for (uint32_t i = 0; i < 20; i++)
			seen[i] |= plan->decision[i].advised;
		ck_assert_uint_lt(plan->stats.whatif_tests, 10 + 60);
		s.policy.whatif_from = plan->stats.whatif_next;
		weft_plan_destroy(plan);
	}
	for (uint32_t i = 0; i < 20; i++)
		ck_assert(seen[i]);
	sample_fini(&s);
}
END_TEST

UNIT_MAIN_ROWS("explain",
	       ONCE(text_is_read_back), ONCE(text_is_bounded), EACH(bad_text, bad),
	       ONCE(names_are_cleaned), ONCE(advice_is_found_again),
	       ONCE(a_day_of_gpus), ONCE(advice_is_a_promise),
	       ONCE(everybody_has_a_turn))
