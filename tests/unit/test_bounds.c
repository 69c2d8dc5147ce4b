/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_bounds.c - no schedule is better than the bounds
 *
 * Against brute force: for up to 6 jobs every order is tried, each job as
 * early as it fits in that order; these schedules hold the best one for the
 * end and for the sum of completions.  And the bounds must be worth having:
 * exact where theory says so, and near on average.
 */
#include "config.h"

#include <errno.h>
#include <math.h>

#include "sched/bounds.h"
#include "tests/unit/torture.h"
#include "tests/unit/unit.h"

#define JOBS_MAX 6
#define TIME_MAX 200

struct best {
	double end, sum;
};

static void try_order(const struct weft_bound_job *job, const uint32_t *order,
		      uint32_t count, const double *capacity, struct best *best)
{
	double used[TIME_MAX][2] = { { 0 } };
	double end = 0, sum = 0;

	for (uint32_t i = 0; i < count; i++) {
		const struct weft_bound_job *j = &job[order[i]];
		int at = (int)j->release_sec, run = (int)j->runtime_sec, t = at;

		while (t < at + run) {
			if (t >= TIME_MAX)	/* ck_assert is slow here */
				ck_abort_msg("a job that never fits");
			if (used[t][0] + j->amount[0] > capacity[0] ||
			    used[t][1] + j->amount[1] > capacity[1])
				at = t + 1;
			t = used[t][0] + j->amount[0] > capacity[0] ||
				used[t][1] + j->amount[1] > capacity[1] ?
				at : t + 1;
		}
		for (t = at; t < at + run; t++) {
			used[t][0] += j->amount[0];
			used[t][1] += j->amount[1];
		}
		sum += at + run;
		end = fmax(end, at + run);
	}
	best->end = fmin(best->end, end);
	best->sum = fmin(best->sum, sum);
}

static void try_all(const struct weft_bound_job *job, uint32_t *order,
		    uint32_t from, uint32_t count, const double *capacity,
		    struct best *best)
{
	if (from == count)
		try_order(job, order, count, capacity, best);
	for (uint32_t i = from; i < count; i++) {
		uint32_t swap = order[from];

		order[from] = order[i];
		order[i] = swap;
		try_all(job, order, from + 1, count, capacity, best);
		order[i] = order[from];
		order[from] = swap;
	}
}

static double near(double bound, double best)
{
	ck_assert_msg(bound <= best + 1e-6, "bound %g, yet %g is possible",
		      bound, best);
	return best > 0 ? bound / best : 1;
}

START_TEST(test_brute_force)
{
	unsigned long long seed = 20260101;
	double end_near = 0, sum_near = 0;
	const int rounds = 600;

	for (int round = 0; round < rounds; round++) {
		uint32_t count = 1 + unit_random(&seed) % JOBS_MAX;
		uint32_t order[JOBS_MAX] = { 0, 1, 2, 3, 4, 5 };
		struct weft_bound_job job[JOBS_MAX] = { { 0 } };
		const double capacity[WEFT_BOUND_KINDS] = { 4, 8, 0 };
		struct best best = { INFINITY, INFINITY };
		struct weft_err err = WEFT_ERR_INIT;
		struct weft_bounds b;

		for (uint32_t i = 0; i < count; i++) {
			job[i].release_sec = (double)(unit_random(&seed) % 8);
			job[i].runtime_sec = 1 + (double)(unit_random(&seed) % 9);
			job[i].amount[0] = (double)(unit_random(&seed) % 5);
			job[i].amount[1] = (double)(unit_random(&seed) % 9);
		}
		try_all(job, order, 0, count, capacity, &best);
		ck_assert_msg(!weft_bounds_compute(job, count, capacity, &b,
						   &err), "%s", err.msg);
		end_near += near(b.end_sec, best.end);
		sum_near += near(b.completion_sum_sec, best.sum);
		near(b.fluid_sum_sec, best.sum);
		near(b.busy_sum_sec, best.sum);
		near(b.alone_sum_sec, best.sum);
		near(b.area_end_sec, best.end);
	}
	printf("bounds: %.3f of the best end, %.3f of the best completions\n",
	       end_near / rounds, sum_near / rounds);
	ck_assert_double_gt(end_near / rounds, 0.9);
	ck_assert_double_gt(sum_near / rounds, 0.85);
}
END_TEST

/* Jobs of one GPU on a machine of one: the fluid bound is the best schedule. */
START_TEST(test_exact)
{
	const double capacity[WEFT_BOUND_KINDS] = { 1, 0, 0 };
	const struct weft_bound_job job[] = {
		{ .release_sec = 100, .runtime_sec = 5, .amount = { 1, 9, 9 } },
		{ .release_sec = 100, .runtime_sec = 2, .amount = { 1 } },
		{ .release_sec = 100, .runtime_sec = 3, .amount = { 1 } },
	};
	struct weft_bounds b;

	ck_assert_int_eq(weft_bounds_compute(job, 3, capacity, &b, NULL), 0);
	ck_assert_double_eq_tol(b.end_sec, 110, 1e-9);
	ck_assert_double_eq_tol(b.fluid_sum_sec, 102 + 105 + 110, 1e-9);
	ck_assert_double_eq_tol(b.busy_sum_sec, 102 + 105 + 110, 1e-9);
	ck_assert_double_eq_tol(b.wait_mean_sec, 7.0 / 3, 1e-9);
}
END_TEST

/* Equal whole-length jobs on 4 GPUs: only the busy bound sees their length. */
START_TEST(test_busy_is_better)
{
	const double capacity[WEFT_BOUND_KINDS] = { 4, 0, 0 };
	struct weft_bound_job job[8] = { { 0 } };
	struct weft_bounds b;

	for (int i = 0; i < 8; i++)
		job[i] = (struct weft_bound_job) {
			.runtime_sec = 8, .amount = { 1 },
		};
	ck_assert_int_eq(weft_bounds_compute(job, 8, capacity, &b, NULL), 0);
	ck_assert_double_eq_tol(b.fluid_sum_sec, 72, 1e-9);
	ck_assert_double_eq_tol(b.busy_sum_sec, 96, 1e-9);	/* 4*8 + 4*16 */
	ck_assert_double_eq_tol(b.end_sec, 16, 1e-9);
}
END_TEST

START_TEST(test_wide_jobs)
{
	const double capacity[WEFT_BOUND_KINDS] = { 4, 0, 0 };
	const struct weft_bound_job job[] = {
		{ .runtime_sec = 10, .amount = { 3 } },
		{ .runtime_sec = 10, .amount = { 3 } },
	};
	struct weft_bounds b;

	ck_assert_int_eq(weft_bounds_compute(job, 2, capacity, &b, NULL), 0);
	ck_assert_double_eq_tol(b.end_sec, 20, 1e-9);	/* not 60 / 4 */
}
END_TEST

START_TEST(test_refused)
{
	const double capacity[WEFT_BOUND_KINDS] = { 4, 0, 0 };
	const struct weft_bound_job bad[] = {
		{ .runtime_sec = -1 }, { .runtime_sec = NAN },
		{ .release_sec = INFINITY }, { .amount = { 5 } },
		{ .amount = { -1 } }, { .amount = { 0, NAN } },
	};
	struct weft_bounds b = { .count = 77 };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_int_eq(weft_bounds_compute(&bad[i], 1, capacity, &b,
						     NULL), -EINVAL);
	ck_assert_uint_eq(b.count, 77);
	ck_assert_int_eq(weft_bounds_compute(NULL, 0, capacity, &b, NULL), 0);
	ck_assert_uint_eq(b.count, 0);
	ck_assert_double_eq(b.end_sec, 0);
}
END_TEST

static int compute(void *arg)
{
	const double capacity[WEFT_BOUND_KINDS] = { 4, 0, 0 };
	const struct weft_bound_job job = { .runtime_sec = 1 };
	struct weft_bounds b;

	(void)arg;
	return weft_bounds_compute(&job, 1, capacity, &b, NULL);
}

START_TEST(test_memory)
{
	torture_check(compute, NULL);
}
END_TEST

UNIT_MAIN("bounds", test_brute_force, test_exact, test_busy_is_better,
	  test_wide_jobs, test_refused, test_memory)
