/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * likely.h - when jobs will likely start: the plan, with run times as expected
 *
 * The plan itself goes by time limits, for what it promises must hold.  Jobs
 * mostly end sooner; this asks the same planner what follows if they run as
 * long as their like did.  A forecast, never a reservation.
 */
#ifndef WEFT_SCHED_LIKELY_H
#define WEFT_SCHED_LIKELY_H

#include "sched/plan.h"

/* What is expected instead of the limits; 0: the limit. */
struct weft_expected {
	double *job_sec;		/* [job]: it runs so long */
	int64_t *running_end_sec;	/* [running]: it ends then */
};

/*
 * ret_start_sec[i]: when jobs[i] starts then; 0: not known.  Jobs are taken in
 * the order of the plan.  stop as in weft_plan_run(): who is behind is not
 * known.  0, or what weft_plan_run() returns.
 */
int weft_likely_run(const struct weft_cluster *cluster,
		    const struct weft_policy *policy,
		    const struct weft_shape *shapes, uint32_t shape_count,
		    const struct weft_job *jobs, uint32_t job_count,
		    const struct weft_expected *expected,
		    bool (*stop)(void *arg), void *stop_arg,
		    int64_t *ret_start_sec, struct weft_err *err);

/* ---- how sure ---------------------------------------------------------- */

/* How forecasts came out: the old ones count less and less. */
struct weft_likely_record {
	double count, near_count;
};

/*
 * A job was told at told_sec that it likely starts at likely_sec, and started
 * at start_sec.  Near is within a quarter of the wait that was told.
 */
void weft_likely_judge(struct weft_likely_record *record, int64_t told_sec,
		       int64_t likely_sec, int64_t start_sec);

/* Percent that came near; 0 while there are fewer than ten. */
uint32_t weft_likely_sure(const struct weft_likely_record *record);

#endif
