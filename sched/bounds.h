/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bounds.h - what no scheduler can beat
 *
 * For jobs of known length on a machine of known capacity: no schedule that
 * runs each job once, whole and without a break ends earlier than end_sec,
 * or has a smaller sum of completion times than completion_sum_sec.
 */
#ifndef WEFT_SCHED_BOUNDS_H
#define WEFT_SCHED_BOUNDS_H

#include <stdint.h>

#include "lib/err.h"

#define WEFT_BOUND_KINDS 3	/* GPUs, CPUs, memory, in the caller's units */

struct weft_bound_job {
	double release_sec;		/* cannot start before */
	double runtime_sec;		/* >= 0 */
	double amount[WEFT_BOUND_KINDS];	/* held while it runs; 0: none */
};

struct weft_bounds {
	uint64_t count;			/* jobs */
	double end_sec;			/* the best of these two: */
	double critical_end_sec;	/* some job alone */
	double area_end_sec;		/* all work through the whole machine */
	double completion_sum_sec;	/* the best of these three: */
	double alone_sum_sec;		/* every job at once when it comes */
	double fluid_sum_sec;		/* divisible, shortest remaining first */
	double busy_sum_sec;		/* by mean busy times */
	double wait_mean_sec;		/* what completion_sum_sec leaves of waiting */
};

/*
 * The bounds for these jobs; for those of one size class give only these:
 * what holds for them alone on the machine holds among others.  capacity 0:
 * this kind is never what a job waits for.  -EINVAL for a job that is larger
 * than the machine or has a time that is no number; -ENOMEM.
 */
int weft_bounds_compute(const struct weft_bound_job *job, uint32_t count,
			const double capacity[WEFT_BOUND_KINDS],
			struct weft_bounds *ret_bounds, struct weft_err *err);

#endif
