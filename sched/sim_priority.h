/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sim_priority.h - the priority that Slurm would give each pending job
 *
 * priority/multifactor with age, job size and fair share (Fair Tree), by the
 * weights of struct weft_stock; with none of them, priority/basic: the order
 * of submission.  Every scheduler of a run sees the same priorities.
 */
#ifndef WEFT_SCHED_SIM_PRIORITY_H
#define WEFT_SCHED_SIM_PRIORITY_H

#include "sched/sim.h"

struct weft_priority;

/* Everything borrowed; NULL: no memory. */
struct weft_priority *weft_priority_create(const struct weft_stock *stock,
					   const struct weft_cluster *cluster,
					   const struct weft_workload *w);
void weft_priority_destroy(struct weft_priority *priority);

/* Does it change with time, or is it the order of submission for ever? */
bool weft_priority_changes(const struct weft_priority *priority);

/* A job began to use, or ceased to use, the machine. */
void weft_priority_started(struct weft_priority *priority, uint32_t job_idx,
			   int64_t now_sec);
void weft_priority_ended(struct weft_priority *priority, uint32_t job_idx,
			 int64_t now_sec);

/*
 * Put the queue (job indices) in order, highest priority first, equal ones by
 * submission.  Priorities of jobs that were there are those of the last
 * PriorityCalcPeriod's end; new jobs get theirs now.
 */
void weft_priority_sort(struct weft_priority *priority, int64_t now_sec,
			uint32_t *queue, uint32_t count);

/* As of the last sort; 1 with priority/basic. */
uint32_t weft_priority_get(const struct weft_priority *priority,
			   uint32_t job_idx);

#endif
