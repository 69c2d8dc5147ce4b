/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * jobs.h - what slurmctld knows of our jobs, and the few orders we give it
 */
#ifndef WEFT_SLURM_JOBS_H
#define WEFT_SLURM_JOBS_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/err.h"

enum weft_job_state {
	WEFT_JOB_PENDING,
	WEFT_JOB_RUNNING,	/* or suspended, or completing */
	WEFT_JOB_DONE,		/* exit code 0 */
	WEFT_JOB_FAILED,	/* see exit_status */
	WEFT_JOB_TIMEOUT,
	WEFT_JOB_OOM,
	WEFT_JOB_NODE_FAIL,
	WEFT_JOB_PREEMPTED,
	WEFT_JOB_CANCELLED,
};

struct weft_job_info {
	uint32_t job_id;	/* of the array for an element */
	uint32_t own_id;	/* the element's own number */
	bool is_array;
	uint32_t task_id;	/* UINT32_MAX: the record stands for `tasks` */
	char *tasks;		/* "0-5,9": array elements still together; or NULL */
	char *comment;		/* or NULL */
	char *reason;		/* why it is pending, or NULL */
	char *node;		/* first node, or NULL */
	enum weft_job_state state;
	bool held;
	bool launch_failed;	/* a node could not start it: requeued, and held */
	bool never;		/* DependencyNeverSatisfied */
	int exit_status;	/* as wait(2) gives it */
	int64_t start_sec, end_sec;
	uint32_t restarts;
};

struct weft_job_list {
	struct weft_job_info *jobs;
	uint32_t count;
};

/* One RPC: every job of ours whose comment begins with the prefix. */
int weft_slurm_list(const char *comment_prefix, struct weft_job_list *ret_list,
		    struct weft_err *err);
void weft_job_list_fini(struct weft_job_list *list);

/* Let a held job go.  -ENOENT: it is gone. */
int weft_slurm_release(uint32_t job_id, struct weft_err *err);
/* Cancel "123", "123_4" or "123_[4-9]"; a job that is over is no error. */
int weft_slurm_cancel(const char *job, struct weft_err *err);

struct weft_slurm_limits {
	uint32_t max_array_size;
	uint32_t max_job_count;
	uint32_t job_count;	/* in slurmctld now, everybody's */
	uint32_t default_minutes;	/* of the default partition; UINT32_MAX: none */
	bool enforced;		/* limits of accounts and QOS bind jobs */
};
int weft_slurm_limits(struct weft_slurm_limits *ret_limits, struct weft_err *err);

#endif
