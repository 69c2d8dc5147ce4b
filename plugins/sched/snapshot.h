/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * snapshot.h - slurmctld's records as plain data, taken in slices
 *
 * Everything that a cycle needs to plan without any lock: the cluster, the
 * pending jobs in Slurm's order, the shapes they fall into.  Nothing in it
 * points into slurmctld; ref[] says how to find a job again later.
 */
#ifndef WEFT_PLUGINS_SCHED_SNAPSHOT_H
#define WEFT_PLUGINS_SCHED_SNAPSHOT_H

#include "plugins/slurm/ctld.h"

#include "plugins/sched/arena.h"
#include "plugins/sched/refusal.h"
#include "plugins/sched/slice.h"
#include "sched/plan.h"

/* Pending tasks of one array that are planned in one cycle. */
#define WEFT_ARRAY_TASKS_MAX 256

/* What a queue record says, in a form that outlives the lock. */
struct weft_ref {
	uint32_t job_id, array_task_id, priority;
	uint32_t het_job_id;		/* 0: not part of a het job */
	uint32_t qos_id;		/* of several that it asked for; 0: its own */
	const char *partition;
	const char *reservation;	/* magnetic or one of several; or NULL */
	bool use_prefer;
	/*
	 * The job in snapshot.job[], or UINT32_MAX: Weft can't describe all of
	 * it and offers it to Slurm's select in its turn.
	 */
	uint32_t job_idx;
	uint32_t job_count;		/* an array's next tasks follow each other */
	uint32_t turn_idx;		/* in snapshot.job[]: job_idx, or what has its
					 * turn in the policy's order (weft_shape.left) */
	uint32_t limit_sec;		/* planned run time */
};

struct weft_snapshot {
	struct weft_arena arena;
	struct weft_cluster cluster;
	struct weft_shape *shape;
	uint32_t shape_count, shape_cap;
	struct weft_job *job;
	uint32_t job_count, job_cap;
	struct weft_ref *ref;		/* in Slurm's order */
	uint32_t ref_count, ref_cap;
	uint32_t running_cap, hold_cap, use_cap;
	struct weft_shape_index *shape_index;
	int64_t queue_usec;		/* what listing the queue took */
	const struct weft_refusals *refusals;
};

/* The work was told to stop, or slurm.conf was read again: take another. */
#define WEFT_SNAPSHOT_DROPPED 1

/*
 * Copy.  slice holds the locks of start.h, before and after; in between they
 * may be given back (see snapshot.c for what is consistent with what).  Nodes
 * are only read; jobs are written by Slurm's own functions that decide
 * eligibility.  0, WEFT_SNAPSHOT_DROPPED, or -ENOMEM and a message; release in
 * each case.  fabric and pickers are borrowed.
 */
int weft_snapshot_take(struct weft_snapshot *snap,
		       const struct weft_fabric *fabric,
		       const struct weft_refusals *refusals,
		       struct weft_slice *slice, time_t now,
		       struct weft_err *err);

/*
 * The job of a ref, prepared (start.h), or NULL if nothing is left to do.
 * Needs the locks of start.h.
 */
job_record_t *weft_ref_find(const struct weft_ref *ref);

/*
 * From ref to ref, those whose job is planned and still there, with the locks
 * of start.h given back now and then.  Begin with next_idx 0.  NULL at the end;
 * dropped: because the slice is over.
 */
struct weft_ref_walk {
	const struct weft_snapshot *snap;
	struct weft_slice *slice;
	uint32_t next_idx;
	bool dropped;
};
const struct weft_ref *weft_ref_next(struct weft_ref_walk *walk,
				     const job_record_t **ret_job_ptr);

void weft_snapshot_release(struct weft_snapshot *snap);

/* The parts of it; see the files of the same name. */
int weft_snapshot_nodes(struct weft_snapshot *snap, time_t now);
int weft_snapshot_running(struct weft_snapshot *snap, time_t now);
int weft_snapshot_list_queue(struct weft_snapshot *snap);
int weft_snapshot_describe_queue(struct weft_snapshot *snap,
				 struct weft_slice *slice, time_t now);

/*
 * The gpu entry of a list of a node's or a job's GRES, or NULL.  If there
 * are several (types named one by one), *ret_count says how many.
 */
gres_state_t *weft_snapshot_find_gpu(struct xlist *gres_list,
				     uint32_t *ret_count);

/* Bits as GPUs; those past WEFT_GPUS_MAX are left out. */
weft_gpuset_t weft_snapshot_gpus(const bitstr_t *bits);
/* A bitmap of nodes as a set in the arena; NULL: no memory. */
struct weft_idxset *weft_snapshot_set(struct weft_arena *arena, bitstr_t *bits);

/* The index of a licence by name, UINT32_MAX if Slurm counts none such. */
uint32_t weft_snapshot_license(const struct weft_snapshot *snap,
			       const char *name);

#endif
