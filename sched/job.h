/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * job.h - a pending job as data
 *
 * Every way to ask Slurm for resources comes down to one form.  A job takes
 * nodes_min .. nodes_max nodes.  On each of them it needs per_node once, and
 * per_unit for each unit placed there, where a unit is a task or a GPU:
 *
 *   -N4 --gpus-per-node=8            nodes 4..4, per_node {gpus 8}, no units
 *   -n64 -c2                         nodes 1..64, 64 units of {cpus 2}
 *   --gpus=16 --mem-per-gpu=40G      nodes 1..16, 16 units of {gpus 1, mem 40G}
 *   -N2 -n16 -c4 --gpus-per-node=8   nodes 2..2, per_node {gpus 8},
 *                                    16 units of {cpus 4}
 *
 * Jobs with equal shape (all of struct weft_shape) stand or fall together in a
 * cycle, so each shape is tested once: the bridge interns shapes, jobs point
 * to them.
 */
#ifndef WEFT_SCHED_JOB_H
#define WEFT_SCHED_JOB_H

#include "sched/cluster.h"

enum weft_domain_wish {
	WEFT_DOMAIN_ANY,	/* prefer few domains, accept any */
	WEFT_DOMAIN_SAME,	/* all nodes in one NVLink domain or wait */
};

struct weft_shape {
	uint32_t nodes_min, nodes_max;	/* 1 <= min <= max */
	struct weft_amount per_node, per_unit;
	uint32_t unit_count;		/* 0: none */
	uint32_t units_per_node_max;	/* 0: no bound */
	uint32_t units_per_node_min;	/* 0 or 1: at least one unit on a node */
	int32_t gpu_type_idx;		/* -1: any; on each node of one type where one
					 * has enough, else of several, as select does */
	bool exclusive;			/* nothing else on its nodes */
	bool exclusive_wish;		/* by its own wish, not by a rule of the site's */
	bool steer_gpus;		/* false: the bridge can't steer this request */
	/*
	 * Placed by somebody else: its jobs have their turn, and never start here.
	 * What the shape says of them is a part of what they ask: while that part
	 * must wait they hold a place for it, once it fits now they hold nothing.
	 * Without nodes only limit_sec counts.
	 */
	bool left;
	enum weft_domain_wish domain;
	uint32_t segment;		/* nodes in runs of k inside domains; 0: none */
	uint32_t switches_max;		/* 0: no wish */
	uint32_t limit_sec;		/* planned run time, UINT32_MAX: unlimited */
	uint32_t limit_min_sec;		/* --time-min; 0: equals limit_sec */
	int32_t resv_idx;		/* its reservation, -1: none */
	const struct weft_idxset *nodes;	/* may be used: partition, features, lists */
	const struct weft_idxset *nodes_required;	/* --nodelist, or NULL */
	uint32_t license_count;
	const struct weft_license_use *license;
};

/* GPUs that all of it asks on one node at the most; saturates. */
static inline uint32_t weft_shape_gpus_most(const struct weft_shape *shape)
{
	uint64_t most = (uint64_t)shape->per_unit.gpus * shape->unit_count +
		shape->per_node.gpus;

	return most > UINT32_MAX ? UINT32_MAX : (uint32_t)most;
}

struct weft_job {
	uint32_t job_id;		/* for messages and the policy's ties */
	uint32_t shape_idx;
	uint32_t priority;		/* Slurm's; order of the array is what counts */
	uint32_t tier;			/* no job passes one of another tier */
	int32_t nice;			/* the user's: lower first among near priorities */
	int64_t submit_sec;
	int64_t eligible_sec;		/* not before: begin time, end of a hold */
	int64_t switch_wait_until_sec;	/* when switches_max is given up */
	int64_t deadline_sec;		/* 0: none */
	uint32_t user_id;
	uint32_t array_tasks;		/* further pending tasks of this shape; 1: a single job */
	uint32_t array_running_max;	/* %N minus those running; UINT32_MAX: no bound */
	/*
	 * Jobs of one gang_id start at one time, on nodes of their own each, or
	 * not at all.  A gang has gang_parts parts, jobs of equal gang_part are
	 * other ways to place the same part.  No array may be in a gang.
	 */
	uint32_t gang_id;		/* 0: alone */
	uint32_t gang_part, gang_parts;
	double share_used;		/* attained service in GPU-seconds, for ageing */
	double predicted_sec;		/* expected run time, 0: unknown */
};

#endif
