/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mix.h - the jobs that a node will be asked to hold, as a small distribution
 *
 * The fragmentation of a node is the number of its free GPUs that a job drawn
 * from the mix could not use; the gradient is how much a placement raises it.
 * Choosing the lowest gradient keeps GPUs useful to the jobs that really come.
 *
 * Source: Weng et al., "Beware of Fragmentation: Scheduling GPU-Sharing
 * Workloads with Fragmentation Gradient Descent", USENIX ATC'23.
 */
#ifndef WEFT_SCHED_MIX_H
#define WEFT_SCHED_MIX_H

#include "sched/job.h"

#define WEFT_MIX_MAX 12

struct weft_mix {
	uint32_t count;
	struct {
		struct weft_amount demand;	/* on one node */
		double share;			/* of all; they sum to 1 */
	} item[WEFT_MIX_MAX];
};

/*
 * The mix of these jobs, weighted by their number (array tasks count one by
 * one up to a thousand); the WEFT_MIX_MAX most frequent demands are kept.
 */
void weft_mix_from_jobs(struct weft_mix *mix, const struct weft_shape *shapes,
			const struct weft_job *jobs, uint32_t job_count);

/* Free GPUs that a job of the mix could not use, 0 .. gpus. */
double weft_mix_fragmentation(const struct weft_mix *mix, uint32_t cpus,
			      uint64_t mem_mib, uint32_t gpus);

#endif
