/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * commit.h - carry out what was planned, in short slices
 */
#ifndef WEFT_PLUGINS_SCHED_COMMIT_H
#define WEFT_PLUGINS_SCHED_COMMIT_H

#include "plugins/sched/refusal.h"
#include "plugins/sched/slice.h"
#include "plugins/sched/snapshot.h"
#include "plugins/sched/stats.h"

struct weft_commit {
	const struct weft_snapshot *snap;
	const struct weft_plan *plan;
	struct weft_refusals *refusals;
	struct weft_stats *stats;
	struct weft_slice *slice;
	uint32_t turn_usec;	/* at most this long for jobs handed to select */
	bool steer;
};

/*
 * Start the jobs that the plan starts now and offer those that Weft cannot
 * describe to Slurm's select, in the order of the queue.  Takes and gives
 * back slurmctld's locks itself.  Returns how many jobs were started.
 */
uint32_t weft_commit_run(struct weft_commit *commit);

#endif
