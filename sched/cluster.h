/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cluster.h - the machine as the scheduler sees it at one instant
 *
 * A snapshot: plain data that the bridge copies out of slurmctld (or the
 * simulator out of a trace), on which a cycle plans without any lock.  Times
 * are seconds since the epoch; "now" is a field, for the core has no clock.
 *
 * GPUs are known one by one (bit i of a weft_gpuset_t is GPU i of the node);
 * CPUs and memory are counted, since Slurm's select places them inside a node.
 */
#ifndef WEFT_SCHED_CLUSTER_H
#define WEFT_SCHED_CLUSTER_H

#include <stdbool.h>
#include <stdint.h>

#include "gres/pick.h"
#include "lib/idxset.h"
#include "sched/fabric.h"

#define WEFT_GPU_TYPES_MAX 32
#define WEFT_TIME_NEVER INT64_MAX

/* What can be had of a node, or is asked of it. */
struct weft_amount {
	uint32_t cpus;
	uint32_t gpus;
	uint64_t mem_mib;
};

static inline bool weft_amount_equals(const struct weft_amount *a,
				      const struct weft_amount *b)
{
	return a->cpus == b->cpus && a->gpus == b->gpus &&
		a->mem_mib == b->mem_mib;
}

struct weft_node {
	const char *name;	/* borrowed from the snapshot's owner */
	struct weft_amount total;
	weft_gpuset_t gpus_of_type[WEFT_GPU_TYPES_MAX];	/* by type index */
	const struct weft_picker *picker;	/* NULL: lowest indices first */
	bool usable;		/* up and not drained: may start jobs now */
	int64_t back_sec;	/* if not usable: when it may be again, or WEFT_TIME_NEVER */
	uint32_t weight;	/* Slurm's: lower is filled first */
};

/* One job's hold on one node. */
struct weft_hold {
	uint32_t node_idx;
	uint32_t cpus;
	uint64_t mem_mib;
	weft_gpuset_t gpus;
	bool whole_node;	/* exclusive: nothing else may run beside it */
};

struct weft_running {
	uint32_t job_id;
	int64_t end_sec;	/* by its time limit; past = due any moment */
	uint32_t hold_first, hold_count;	/* in weft_cluster.hold[] */
	uint32_t license_first, license_count;	/* in weft_cluster.license_use[] */
};

struct weft_license_use {
	uint32_t license_idx;
	uint32_t count;
};

/*
 * Nodes kept for some: a job whose resv_idx is this one may use only these
 * nodes, others may not use them, from start to end.
 */
struct weft_reservation {
	const char *name;
	int64_t start_sec, end_sec;
	const struct weft_idxset *nodes;
};

struct weft_cluster {
	int64_t now_sec;
	const struct weft_fabric *fabric;
	uint32_t node_count;
	struct weft_node *node;
	uint32_t gpu_type_count;
	const char **gpu_type;		/* names, for messages */
	uint32_t running_count;
	struct weft_running *running;
	uint32_t hold_count;
	struct weft_hold *hold;
	uint32_t license_count;
	uint32_t *license_total;	/* [license_idx] */
	const char **license_name;
	uint32_t license_use_count;
	struct weft_license_use *license_use;
	uint32_t resv_count;
	struct weft_reservation *resv;
};

/* GPUs 0 .. count - 1; of more than WEFT_GPUS_MAX as many as there can be. */
static inline weft_gpuset_t weft_gpus_below(uint32_t count)
{
	return count >= WEFT_GPUS_MAX ? ~(weft_gpuset_t)0 :
		((weft_gpuset_t)1 << count) - 1;
}

/*
 * The node's GPUs among free from which count are to be taken: of the type
 * asked for; of the tightest type that has so many; or all of them.
 */
weft_gpuset_t weft_cluster_gpus(const struct weft_cluster *cluster,
				uint32_t node_idx, weft_gpuset_t free,
				int32_t gpu_type_idx, uint32_t count);

/*
 * Invariants: holds name existing nodes, no GPU is held twice, no node holds
 * more than it has (a message names the first offender).  0 or -EINVAL.
 */
int weft_cluster_check(const struct weft_cluster *cluster, struct weft_err *err);

#endif
