/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * measure.h - how good a schedule was
 *
 * Numbers from a workload and what became of its jobs.  A job's size is its
 * GPUs (on a machine without GPUs, its CPUs); "hour" measures are of that
 * resource.
 *
 *   wait		start - submission
 *   bounded slowdown	(wait + run) / max(run, 10 s), at least 1
 *   utilisation	size-hours held / (machine * (last end - first submit))
 *   finish stretch	(wait + run) / run, averaged by user: how much longer a
 *			user's jobs took than on a machine of their own
 */
#ifndef WEFT_SCHED_MEASURE_H
#define WEFT_SCHED_MEASURE_H

#include "sched/sim.h"

struct weft_measure {
	uint32_t jobs, never;		/* started; and not */
	double wait_mean, wait_median, wait_p95, wait_p99;	/* seconds */
	double wait_weighted;		/* by size-hours */
	double slowdown_mean, slowdown_median, slowdown_p99;
	double slowdown_weighted;
	double completion_mean;		/* end - submission */
	double completion_weighted;
	double size_hours;
};

/* Which jobs: by index, true to count it. */
struct weft_measure_filter {
	bool (*keep)(const void *arg, const struct weft_workload *w,
		     uint32_t job_idx);
	const void *arg;
};

/* filter NULL: all.  0 or -ENOMEM.  No jobs: all zero. */
int weft_measure(const struct weft_workload *w,
		 const struct weft_outcome *outcome,
		 const struct weft_measure_filter *filter,
		 struct weft_measure *ret_measure, struct weft_err *err);

/* Held size-hours over the machine's, first submission to last end. */
double weft_measure_utilisation(const struct weft_machine *machine,
				const struct weft_workload *w,
				const struct weft_outcome *outcome);

/* Mean wait by user or by group. */
struct weft_fairness {
	uint32_t count;			/* users with a job that started */
	double wait_worst, wait_mean;	/* of users' mean waits */
	double jain;			/* of users' mean slowdowns; 1: all alike */
	double finish_worst;		/* the worst user's finish stretch */
};
/* One user's, or one group's, jobs that started: sums, to be divided by jobs. */
struct weft_share {
	double wait_sec, slowdown, finish, size_hours;
	uint32_t jobs;
};
/* By index; the caller frees *ret_share.  0 or -ENOMEM. */
int weft_measure_shares(const struct weft_workload *w,
			const struct weft_outcome *outcome, bool by_group,
			struct weft_share **ret_share, uint32_t *ret_count,
			struct weft_err *err);
int weft_measure_fairness(const struct weft_workload *w,
			  const struct weft_outcome *outcome, bool by_group,
			  struct weft_fairness *ret, struct weft_err *err);

/* Classes by size: 1, 2-4, 5-8, 9-32, 33-128, more. */
#define WEFT_SIZE_CLASSES 6
uint32_t weft_size_class(uint32_t size);
const char *weft_size_class_name(uint32_t class_idx);

/*
 * A ratio over windows: the geometric mean of a[i] / b[i], and the interval
 * that holds it with 95 % by Student's t on the logarithms.  Windows where
 * either is not positive are left out; with fewer than two there is no
 * interval (low = high = 0).
 */
struct weft_ratio {
	double mean, low, high;
	uint32_t windows;
};
struct weft_ratio weft_measure_ratio(const double *a, const double *b,
				     uint32_t count);

#endif
