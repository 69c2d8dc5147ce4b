/* SPDX-License-Identifier: GPL-2.0-or-later */
/* whatif.h - what a job that waits could ask instead, to start sooner */
#ifndef WEFT_SCHED_WHATIF_H
#define WEFT_SCHED_WHATIF_H

#include "sched/plan_impl.h"

/*
 * Ask the planner how this job would fare had it asked for a little less.
 * To be called when the timeline holds what runs and the jobs before this
 * one, and not yet the job itself.  Fills the decision's advice.
 * wait_sec is the start found for what it asked, or WEFT_TIME_NEVER.  0 or -ENOMEM.
 */
int weft_whatif_ask(struct weft_planner *p, const struct weft_job *job,
		    int64_t wait_sec, struct weft_decision *d);

#endif
