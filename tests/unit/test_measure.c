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
	ck_assert_double_eq_tol(r.slowdown_weighted,
				(400 * 1 + 5 * 8.5 + 200 * 2) / 605, 1e-9);
	ck_assert_double_eq_tol(r.completion_weighted,
				(400 * 100 + 5 * 85 + 200 * 200) / 605.0, 1e-9);
	ck_assert_double_eq_tol(weft_measure_utilisation(m, w, &o),
				605 / (8 * 400.0), 1e-9);
	ck_assert_int_eq(weft_measure_fairness(w, &o, false, &f, NULL), 0);
	ck_assert_uint_eq(f.count, 2);
	ck_assert_double_eq_tol(f.wait_worst, 90, 1e-9);
	ck_assert_double_eq_tol(f.wait_mean, 45, 1e-9);
	ck_assert_double_eq_tol(f.finish_worst, (17 + 2) / 2.0, 1e-9);
	ck_assert_double_eq_tol(f.jain, 6.25 * 6.25 / (2 * (1 + 5.25 * 5.25)),
				1e-9);
	let_go(m, w, NULL);
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
	ck_assert_double_eq(idle.all.capacity, 8);
	ck_assert_double_eq(idle.all.held, 3);
	ck_assert_double_eq(idle.all.idle_fits, 1);
	/* A third of the mix wants 3, 4 or 1: of node 0's one GPU two thirds
	 * are lost; of node 1's four one third times one, and nothing. */
	ck_assert_double_eq_tol(idle.all.stranded, 2 / 3.0 + 1 / 3.0, 1e-9);
	weft_idle_fini(&idle);
	let_go(m, w, o);
}
END_TEST

/* Jobs go where their GPUs are: nodes of the type told by gpu_type_idx. */
struct typed {
	struct weft_idxset *nodes[2];
	struct weft_workload_where where[2];
};

static int where_is(void *arg, const struct weft_trace_job *job,
		    const struct weft_workload_where **ret_where)
{
	*ret_where = &((struct typed *)arg)->where[job->gpu_type_idx];
	return 0;
}

static void add_typed(struct weft_workload_builder *b, double submit,
		      double gpus, uint32_t type_idx)
{
	struct weft_trace_job job = {
		.id = "j", .submit_sec = submit, .runtime_sec = 100,
		.limit_sec = 100, .gpus = gpus, .cpus = 1,
		.gpu_type_idx = type_idx };

	ck_assert_int_eq(weft_workload_add(b, &job, NULL), 0);
}

static struct weft_machine *two_types(struct typed *t)
{
	static const char *names[] = { "old", "new" };
	struct weft_machine *m = machine_of(2, 4);

	m->cluster.gpu_type_count = 2;
	m->cluster.gpu_type = names;
	for (uint32_t i = 0; i < 2; i++) {
		m->cluster.node[i].gpus_of_type[i] = 0xf;
		t->nodes[i] = weft_idxset_create(2);
		ck_assert_ptr_nonnull(t->nodes[i]);
		weft_idxset_add(t->nodes[i], i);
		t->where[i] = (struct weft_workload_where) {
			.nodes = t->nodes[i], .partition = t->nodes[i],
			.gpu_type_idx = (int32_t)i };
	}
	return m;
}

/*
 * A node of 4 old GPUs, one of 4 new, fifo: A holds 3 old, B (4 old) waits and
 * all behind it.  C (1 old) and D (2 new) would fit.  The old GPU left is of no
 * use to A and B, of use to C: two thirds lost.  Of the new ones none is: who
 * wants new ones wants 2, and that others want old ones is no waste.
 */
START_TEST(idle_by_type)
{
	struct typed typed;
	struct weft_machine *m = two_types(&typed);
	const struct weft_workload_settings settings = {
		.load = 1, .from_sec = INT64_MIN, .until_sec = INT64_MAX,
		.where = where_is, .where_arg = &typed };
	struct weft_workload_builder *b =
		weft_workload_builder_create(m, &settings);
	struct weft_sim_settings run;
	struct weft_idle idle;
	const struct weft_sim_watch watch = { .arg = &idle, .every_sec = 1,
					      .look = look_once };
	struct weft_workload *w;
	struct weft_outcome *o;

	ck_assert_ptr_nonnull(b);
	add_typed(b, 0, 3, 0);
	add_typed(b, 1, 4, 0);
	add_typed(b, 2, 1, 0);
	add_typed(b, 3, 2, 1);
	w = finish(b);
	set_defaults(&run);
	ck_assert_int_eq(weft_idle_init(&idle, m, w, 1), 0);
	ck_assert_int_eq(weft_sim_run(m, w, &weft_sim_fifo, &run, &watch, &o,
				      NULL), 0);
	ck_assert_uint_eq(idle.type_count, 2);
	ck_assert_double_eq(idle.type[0].capacity, 4);
	ck_assert_double_eq(idle.type[0].held, 3);
	ck_assert_double_eq(idle.type[0].idle_fits, 1);
	ck_assert_double_eq_tol(idle.type[0].stranded, 2 / 3.0, 1e-9);
	ck_assert_double_eq(idle.type[1].capacity, 4);
	ck_assert_double_eq(idle.type[1].held, 0);
	ck_assert_double_eq(idle.type[1].idle_fits, 2);
	ck_assert_double_eq(idle.type[1].stranded, 0);
	ck_assert_double_eq(idle.type[2].capacity, 0);
	ck_assert_double_eq(idle.all.idle_fits, 3);
	ck_assert_double_eq_tol(idle.all.stranded, 2 / 3.0, 1e-9);
	weft_idle_fini(&idle);
	let_go(m, w, o);
	weft_idxset_destroy(typed.nodes[0]);
	weft_idxset_destroy(typed.nodes[1]);
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

UNIT_MAIN("measure", measures, idle_although_it_fits, idle_by_type, ratio)
