/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * publish.h - write the plan into Slurm's own fields
 */
#ifndef WEFT_PLUGINS_SCHED_PUBLISH_H
#define WEFT_PLUGINS_SCHED_PUBLISH_H

#include "plugins/sched/forecast.h"
#include "plugins/sched/slice.h"
#include "plugins/sched/snapshot.h"

struct weft_publish {
	bool explain;		/* write the planner's reasons too (explain.h) */
	bool hide_jobs;		/* and name no other jobs in them */
	const struct weft_forecast *forecast;	/* NULL: none */
};

/*
 * Reason, expected start and planned nodes of every pending job in the plan,
 * for squeue, squeue --start and scontrol show job.  Takes and gives back
 * slurmctld's locks itself; jobs that changed meanwhile are passed over.
 * 0, or -ENOMEM and nothing published.
 */
int weft_publish_run(const struct weft_publish *publish,
		     const struct weft_snapshot *snap,
		     const struct weft_plan *plan, struct weft_slice *slice,
		     struct weft_err *err);

/* Take the planner's reasons away from a job; what others wrote there stays. */
void weft_publish_forget(job_record_t *job_ptr);

#endif
