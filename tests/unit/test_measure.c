/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_measure.c - what is said of a schedule, against sums made by hand */
#include "config.h"

#include <math.h>

#include "sched/measure.h"
#include "sched/sim_idle.h"
#include "tests/unit/sim_sample.h"

START_TEST(measures)
{
	struct weft_machine *m = machine_of(2, 4);
	struct weft_workload_builder *b = builder_of(m);
	int64_t start[] = { 0, 90, 200, -1 }, end[] = { 100, 95, 300, -1 };
	struct weft_outcome o = { start, end, 0, 400, 3, 0 };
	struct weft_fairness f;
	struct weft_measure r;
	struct weft_workload *w;

	add(b, 0, 4, 0, 100, 1000);	/* wait 0, slowdown 1 */
	add(b, 10, 1, 0, 5, 1000);	/* wait 80, 85 / 10 */
	add(b, 100, 2, 0, 100, 1000);	/* wait 100, 2 */
	add(b, 100, 2, 0, 100, 1000);	/* never */
	w = finish(b);
	w->job[1].user_idx = w->job[2].user_idx = 1;
	ck_assert_int_eq(weft_measure(w, &o, NULL, &r, NULL), 0);
	ck_assert_uint_eq(r.jobs, 3);
	ck_assert_uint_eq(r.never, 1);
	ck_assert_double_eq_tol(r.wait_mean, 60, 1e-9);
	ck_assert_double_eq_tol(r.wait_median, 80, 1e-9);
	ck_assert_double_eq_tol(r.wait_p95, 100, 1e-9);
	ck_assert_double_eq_tol(r.slowdown_mean, (1 + 8.5 + 2) / 3, 1e-9);
	ck_assert_double_eq_tol(r.completion_mean, (100 + 85 + 200) / 3.0, 1e-9);
	ck_assert_double_eq_tol(r.size_hours, 605 / 3600.0, 1e-9);
	ck_assert_double_eq_tol(r.wait_weighted,
				(5 * 80 + 200 * 100) / 605.0, 1e-9);
	ck_assert_double_eq_tol(weft_measure_utilisation(m, w, &o),
				605 / (8 * 400.0), 1e-9);
	ck_assert_int_eq(weft_measure_fairness(w, &o, false, &f, NULL), 0);
	ck_assert_uint_eq(f.count, 2);
	ck_assert_double_eq_tol(f.wait_worst, 90, 1e-9);
	ck_assert_double_eq_tol(f.wait_mean, 45, 1e-9);
	ck_assert_double_eq_tol(f.finish_worst, (17 + 2) / 2.0, 1e-9);
	ck_assert_double_eq_tol(f.jain, 6.25 * 6.25 / (2 * (1 + 5.25 * 5.25)),
				1e-9);
	weft_workload_destroy(w);
	weft_machine_destroy(m);
}
END_TEST

/*
 * Two nodes of 4 GPUs, fifo: A holds 3 of node 0, B (8 GPUs) waits, C (1 GPU)
 * behind it would fit.  A look then: 3 of 8 held, 1 idle although it fits.
 */
static void look_once(void *arg, const struct weft_sim *sim, int64_t sec)
{
	if (sec == 50)
		weft_idle_look(arg, sim, sec);
}

START_TEST(idle_although_it_fits)
{
	struct weft_machine *m = machine_of(2, 4);
	struct weft_workload_builder *b = builder_of(m);
	struct weft_sim_settings settings;
	struct weft_idle idle;
	const struct weft_sim_watch watch = { .arg = &idle, .every_sec = 1,
					      .look = look_once };
	struct weft_workload *w;
	struct weft_outcome *o;

	add(b, 0, 3, 0, 100, 100);
	add(b, 1, 8, 0, 100, 100);
	add(b, 2, 1, 0, 100, 100);
	w = finish(b);
	set_defaults(&settings);
	ck_assert_int_eq(weft_idle_init(&idle, m, w, 1), 0);
	ck_assert_int_eq(weft_sim_run(m, w, &weft_sim_fifo, &settings, &watch,
				      &o, NULL), 0);
	ck_assert_uint_eq(idle.looks, 1);
	ck_assert_double_eq(idle.capacity, 8);
	ck_assert_double_eq(idle.held, 3);
	ck_assert_double_eq(idle.idle_fits, 1);
	/* A third of the mix wants 3, 4 or 1: of node 0's one GPU two thirds
	 * are lost; of node 1's four one third times one, and nothing. */
	ck_assert_double_eq_tol(idle.stranded, 2 / 3.0 + 1 / 3.0, 1e-9);
	weft_idle_fini(&idle);
	weft_outcome_destroy(o);
	weft_workload_destroy(w);
	weft_machine_destroy(m);
}
END_TEST

START_TEST(ratio)
{
	const double a[] = { 1, 4, 0, 2 }, b[] = { 2, 4, 5, 8 };
	struct weft_ratio r = weft_measure_ratio(a, b, 4);

	/* logs -ln 2, 0, -2 ln 2: mean -ln 2, deviation ln 2, t 4.303 */
	ck_assert_uint_eq(r.windows, 3);
	ck_assert_double_eq_tol(r.mean, 0.5, 1e-9);
	ck_assert_double_eq_tol(r.high, 0.5 * exp(4.303 * log(2) / sqrt(3)),
				1e-6);
	ck_assert_double_eq_tol(r.low * r.high, 0.25, 1e-9);
	r = weft_measure_ratio(a, b, 1);
	ck_assert_double_eq_tol(r.mean, 0.5, 1e-9);
	ck_assert_double_eq_tol(r.high, 0, 1e-9);
	ck_assert_uint_eq(weft_size_class(1), 0);
	ck_assert_uint_eq(weft_size_class(8), 2);
	ck_assert_uint_eq(weft_size_class(9), 3);
	ck_assert_uint_eq(weft_size_class(1000), 5);
}
END_TEST

UNIT_MAIN("measure", measures, idle_although_it_fits, ratio)
