/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * workload.h - a history of jobs, fitted to a machine
 *
 * Records of a trace become jobs with a shape.  A trace says what a job asked
 * of its own cluster, often in part only; what is missing or does not fit is
 * settled here, the same for every scheduler, and counted:
 *
 *   nodes	the fewest that hold the job's GPUs and CPUs, unless the trace
 *		says how many.  Each node gives the same, rounded up.
 *   CPUs	where a GPU job names none, its GPUs' part of the node
 *   memory	cut to the node's
 *   limit	the trace's, or drawn as enum weft_limits says; a job that ran
 *		longer than its limit is taken to have ended there
 *   where	the nodes that it may use (partition, features) and the type of
 *		its GPUs, if the caller knows them
 *   too large	jobs that the empty machine, or those nodes, cannot hold are left
 *		out; where nodes are unlike, more nodes of less are tried first
 *
 * Cost: 40 bytes a job; shapes are few and shared.
 */
#ifndef WEFT_SCHED_WORKLOAD_H
#define WEFT_SCHED_WORKLOAD_H

#include "sched/job.h"
#include "sched/machine.h"
#include "sched/trace.h"

/* Time limits for traces that have none. */
enum weft_limits {
	WEFT_LIMITS_DRAWN,	/* run time over a ratio drawn from real users' */
	WEFT_LIMITS_ROUND,	/* the next of 1, 4, 12 hours, 1, 2, 7, 14, 30 days */
};

/* Where a job may run.  The sets are the caller's, and stay. */
struct weft_workload_where {
	const struct weft_idxset *nodes;	/* none: the job is left out */
	const struct weft_idxset *partition;	/* all nodes of its partition */
	int32_t gpu_type_idx;	/* that it asks for; -1: any */
	uint32_t limit_sec;	/* of jobs that name none; 0: drawn */
};

struct weft_workload_settings {
	enum weft_limits limits;
	uint64_t seed;
	double load;		/* 1.2: arrivals 1.2 times as dense */
	int64_t from_sec, until_sec;	/* of submission, in the trace's time */
	/* NULL, or answers NULL: every node.  0 or -ENOMEM. */
	int (*where)(void *arg, const struct weft_trace_job *job,
		     const struct weft_workload_where **ret_where);
	void *where_arg;
};

struct weft_workload_job {
	int64_t submit_sec;
	uint32_t runtime_sec;	/* >= 1, and never above the shape's limit */
	uint32_t patience_sec;	/* cancelled if not started by then; UINT32_MAX */
	uint32_t shape_idx;
	uint32_t user_idx, group_idx;
	uint32_t id_idx;	/* the trace's, weft_trace_id() */
	uint64_t name_hash;	/* 0: not known */
};

struct weft_workload_report {
	uint64_t seen, kept;
	uint64_t too_large;	/* left out */
	uint64_t nowhere;	/* no node may be used: left out */
	uint64_t rounded;	/* GPUs or CPUs do not divide over its nodes */
	uint64_t memory_cut, limit_drawn, limit_passed, outside;
	char too_large_example[32], nowhere_example[32];
};

struct weft_workload {
	struct weft_workload_job *job;	/* by submit_sec, once finished */
	uint32_t job_count;
	struct weft_shape *shape;
	const struct weft_idxset **partition;	/* [shape_idx]: its nodes */
	uint32_t shape_count;
	struct weft_idxset *all;	/* every node */
	struct weft_workload_report report;
};

struct weft_workload_builder;

/* Borrows machine, which outlives the workload too.  NULL: no memory. */
struct weft_workload_builder *
weft_workload_builder_create(const struct weft_machine *machine,
			     const struct weft_workload_settings *settings);
void weft_workload_builder_destroy(struct weft_workload_builder *b);
/* 0 (taken, or left out and counted), -ENOMEM, -EOVERFLOW over 2^28 jobs. */
int weft_workload_add(struct weft_workload_builder *b,
		      const struct weft_trace_job *job, struct weft_err *err);
/* Of the jobs so far. */
const struct weft_workload_report *
weft_workload_builder_report(const struct weft_workload_builder *b);
/* -EINVAL if no job was kept. */
int weft_workload_finish(struct weft_workload_builder *b,
			 struct weft_workload **ret_workload,
			 struct weft_err *err);
void weft_workload_destroy(struct weft_workload *workload);

/* GPUs (or, on a machine without, CPUs) that a job holds in all. */
uint32_t weft_workload_size(const struct weft_workload *w, uint32_t job_idx);

#endif
