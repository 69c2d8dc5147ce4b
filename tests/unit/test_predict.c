/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_predict.c - run times from history: which of it, how much, how wrong */
#include "config.h"

#include <errno.h>
#include <math.h>

#include "sched/likely.h"
#include "sched/predict.h"
#include "tests/unit/sched_sample.h"
#include "tests/unit/unit.h"

static double expect(struct weft_predictor *p, struct weft_predict_key key,
		     enum weft_predict_source wanted)
{
	enum weft_predict_source source;
	double sec = weft_predictor_expect(p, &key, &source);

	ck_assert_int_eq(source, wanted);
	return sec;
}

static void learn(struct weft_predictor *p, struct weft_predict_key key,
		  double sec)
{
	weft_predictor_learn(p, &key, sec);
}

START_TEST(test_sources)
{
	struct weft_predictor *p = weft_predictor_create(1000);
	const struct weft_predict_key train = {
		.user_idx = 1, .account_idx = 5, .gpus = 8, .nodes = 1,
		.name_hash = weft_predict_hash("train"), .limit_sec = 3600,
	};
	struct weft_predict_key other = train;

	ck_assert_double_eq(expect(p, train, WEFT_PREDICT_LIMIT), 3600);
	other.limit_sec = 0;
	ck_assert_double_eq(expect(p, other, WEFT_PREDICT_NOTHING), 0);
	learn(p, train, 100);
	ck_assert_double_eq(expect(p, train, WEFT_PREDICT_KIND), 100);
	learn(p, train, 200);
	ck_assert_double_eq(expect(p, train, WEFT_PREDICT_KIND), 150);
	learn(p, train, 600);		/* the last two only */
	ck_assert_double_eq(expect(p, train, WEFT_PREDICT_KIND), 400);
	other = train;
	other.name_hash = weft_predict_hash("eval");
	ck_assert_double_eq(expect(p, other, WEFT_PREDICT_ACCOUNT), 400);
	learn(p, other, 10);
	ck_assert_double_eq(expect(p, other, WEFT_PREDICT_KIND), 10);
	ck_assert_double_eq(expect(p, train, WEFT_PREDICT_KIND), 400);
	other.gpus = 64;		/* another size, the account knows */
	ck_assert_double_eq(expect(p, other, WEFT_PREDICT_ACCOUNT), 305);
	other.account_idx = 6;
	ck_assert_double_eq(expect(p, other, WEFT_PREDICT_LIMIT), 3600);
	other = train;
	other.user_idx = 2;
	ck_assert_double_eq(expect(p, other, WEFT_PREDICT_LIMIT), 3600);
	weft_predictor_destroy(p);
}
END_TEST

START_TEST(test_limits)
{
	struct weft_predictor *p = weft_predictor_create(10);
	struct weft_predict_key key = { .user_idx = 1, .limit_sec = 60 };

	learn(p, key, 1e9);
	ck_assert_double_eq(expect(p, key, WEFT_PREDICT_KIND), 60);
	learn(p, key, 0);
	learn(p, key, 0);
	ck_assert_double_eq(expect(p, key, WEFT_PREDICT_KIND), 1);
	learn(p, key, NAN);		/* nothing to learn from */
	learn(p, key, -5);
	learn(p, key, INFINITY);
	ck_assert_double_eq(expect(p, key, WEFT_PREDICT_KIND), 1);
	weft_predictor_destroy(p);
	weft_predictor_destroy(NULL);
}
END_TEST

/* Ten thousand kinds through room for 64: those met lately are known. */
START_TEST(test_bounded)
{
	struct weft_predictor *p = weft_predictor_create(64);
	struct weft_predict_key key = { .limit_sec = 1e6 };
	uint32_t known = 0;

	for (uint32_t i = 0; i < 10000; i++) {
		key.user_idx = i;
		learn(p, key, i + 1);
	}
	for (uint32_t i = 0; i < 10000; i++) {
		enum weft_predict_source source;
		double sec;

		key.user_idx = i;
		sec = weft_predictor_expect(p, &key, &source);
		if (source == WEFT_PREDICT_LIMIT)
			continue;
		known++;
		ck_assert_double_eq(sec, i + 1);
		ck_assert_uint_gt(i, 9000);
	}
	ck_assert_uint_gt(known, 10);
	ck_assert_uint_le(known, 64);
	weft_predictor_destroy(p);
}
END_TEST

START_TEST(test_correct)
{
	static const struct {
		double predicted, elapsed, limit, wanted;
	} cases[] = {
		{ 100, 50, 0, 100 },
		{ 100, 100, 0, 160 },
		{ 100, 160, 0, 460 },
		{ 100, 3000, 0, 3160 },
		{ 100, 100, 120, 120 },
		{ 100, 120, 120, 121 },
		{ 0, 0, 0, 60 },
		{ 100, 1e7, 0, 2e7 },
	};
	double last = 0;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		ck_assert_double_eq(weft_predict_correct(cases[i].predicted,
							 cases[i].elapsed,
							 cases[i].limit),
				    cases[i].wanted);
	for (double t = 0; t < 1e6; t += 777) {
		double now = weft_predict_correct(300, t, 0);

		ck_assert_double_gt(now, t);
		ck_assert_double_ge(now, last);
		last = now;
	}
}
END_TEST

START_TEST(test_hash)
{
	ck_assert(weft_predict_hash("run-17") == weft_predict_hash("run-18"));
	ck_assert(weft_predict_hash("2024_run") == weft_predict_hash("99_run"));
	ck_assert(weft_predict_hash("run") != weft_predict_hash("ruin"));
	ck_assert(weft_predict_hash("17") == weft_predict_hash(""));
}
END_TEST

START_TEST(test_errors)
{
	struct weft_predict_errors e = { 0 };

	ck_assert_double_eq(weft_predict_errors_quantile(&e, 0.5), 0);
	weft_predict_errors_add(&e, 100, 100, WEFT_PREDICT_KIND);
	weft_predict_errors_add(&e, 50, 100, WEFT_PREDICT_KIND);
	weft_predict_errors_add(&e, 800, 100, WEFT_PREDICT_LIMIT);
	weft_predict_errors_add(&e, 0, 0, WEFT_PREDICT_NOTHING);
	ck_assert_uint_eq(e.count, 4);
	ck_assert_uint_eq(e.under_count, 1);
	ck_assert_uint_eq(e.within_count, 3);
	ck_assert_uint_eq(e.source[WEFT_PREDICT_KIND], 2);
	ck_assert_double_eq_tol(e.accuracy_sum, 1 + 0.5 + 0.125 + 1, 1e-9);
	ck_assert_double_eq_tol(e.absolute_sum_sec, 750, 1e-9);
	ck_assert_double_eq_tol(weft_predict_errors_quantile(&e, 0.25), 0.5, 1e-9);
	ck_assert_double_eq_tol(weft_predict_errors_quantile(&e, 0.5), 1, 1e-9);
	ck_assert_double_eq_tol(weft_predict_errors_quantile(&e, 1), 8, 1e-9);
	weft_predict_errors_add(&e, 1e30, 1, WEFT_PREDICT_KIND);
	ck_assert_double_eq_tol(weft_predict_errors_quantile(&e, 1), 1048576, 1);
}
END_TEST

/* ---- likely starts --------------------------------------------------------- */

/*
 * Two nodes of four GPUs, both full for an hour; one is expected to be free in
 * ten minutes.  The first job takes it for its expected five minutes.
 */
START_TEST(likely_starts)
{
	double job_sec[3] = { 0, 0, 0 };
	int64_t end_sec[2] = { 0, 0 }, start[3], plain[3];
	struct weft_expected expected = { job_sec, end_sec };
	struct weft_shape shape;
	struct weft_job job[3];
	struct weft_plan *plan;
	struct sample s;

	sample_init(&s, 2, 4, 0);
	sample_run(&s, 0, 0xf, 4, 3600);
	sample_run(&s, 1, 0xf, 4, 3600);
	shape = (struct weft_shape) {
		.nodes_min = 1, .nodes_max = 1, .per_node = { .gpus = 4, .cpus = 1 },
		.gpu_type_idx = -1, .resv_idx = -1, .nodes = s.all, .limit_sec = 3600 };
	for (uint32_t i = 0; i < 3; i++)
		job[i] = (struct weft_job) {
			.job_id = i + 1, .priority = 1, .array_tasks = 1,
			.array_running_max = UINT32_MAX, .submit_sec = SAMPLE_NOW };
	ck_assert_int_eq(weft_plan_run(&s.cluster, &s.policy, &shape, 1, job, 3,
				       NULL, NULL, &plan, NULL), 0);
	for (uint32_t i = 0; i < 3; i++)
		plain[i] = plan->decision[i].start_sec;
	weft_plan_destroy(plan);
	ck_assert_int_eq(weft_likely_run(&s.cluster, &s.policy, &shape, 1, job, 3,
					 &expected, NULL, NULL, start, NULL), 0);
	for (uint32_t i = 0; i < 3; i++)	/* nothing expected: the plan */
		ck_assert_int_eq(start[i], plain[i]);
	end_sec[0] = SAMPLE_NOW + 600;
	job_sec[0] = 300;
	ck_assert_int_eq(weft_likely_run(&s.cluster, &s.policy, &shape, 1, job, 3,
					 &expected, NULL, NULL, start, NULL), 0);
	ck_assert_int_eq(start[0], SAMPLE_NOW + 600);
	ck_assert_int_ge(start[1], SAMPLE_NOW + 600 + 285);	/* in steps of 9 % */
	ck_assert_int_le(start[1], SAMPLE_NOW + 600 + 315);
	ck_assert_int_eq(start[2], SAMPLE_NOW + 3600);
	ck_assert_int_eq(s.cluster.running[0].end_sec, SAMPLE_NOW + 3600);
	end_sec[0] = SAMPLE_NOW + 7200;		/* the limit is the end */
	job_sec[0] = 1e9;
	ck_assert_int_eq(weft_likely_run(&s.cluster, &s.policy, &shape, 1, job, 3,
					 &expected, NULL, NULL, start, NULL), 0);
	for (uint32_t i = 0; i < 3; i++)
		ck_assert_int_eq(start[i], plain[i]);
	job[2].shape_idx = 1;
	ck_assert_int_eq(weft_likely_run(&s.cluster, &s.policy, &shape, 1, job, 3,
					 &expected, NULL, NULL, start, NULL), -EINVAL);
	sample_fini(&s);
}
END_TEST

START_TEST(how_sure_it_was)
{
	struct weft_likely_record record = { 0, 0 };

	for (int i = 0; i < 9; i++)
		weft_likely_judge(&record, 0, 1000, 1000);
	ck_assert_uint_eq(weft_likely_sure(&record), 0);	/* too few */
	weft_likely_judge(&record, 0, 1000, 1250);
	ck_assert_uint_eq(weft_likely_sure(&record), 100);
	for (int i = 0; i < 10; i++)
		weft_likely_judge(&record, 0, 1000, i % 2 ? 749 : 1251);
	ck_assert_uint_eq(weft_likely_sure(&record), 50);
	for (int i = 0; i < 5000; i++)		/* the old ones fade */
		weft_likely_judge(&record, 0, 1000, 5000);
	ck_assert_uint_eq(weft_likely_sure(&record), 0);
	ck_assert_double_le(record.count, 1001);
}
END_TEST

UNIT_MAIN("predict", test_sources, test_limits, test_bounded, test_correct,
	  test_hash, test_errors,
	  likely_starts, how_sure_it_was)
