/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cluster.c - see cluster.h: is the snapshot one that can be true, and which
 * GPUs of a node go together?
 *
 * Cost of the check: one pass over nodes, holds and licence uses, with one array
 * of what each node holds so far.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>

#include "lib/bits.h"
#include "sched/cluster.h"

weft_gpuset_t weft_cluster_gpus(const struct weft_cluster *c,
				uint32_t node_idx, weft_gpuset_t free,
				int32_t gpu_type_idx, uint32_t count)
{
	const struct weft_node *node = &c->node[node_idx];
	weft_gpuset_t best = 0, rest = free, set;
	uint32_t types = c->gpu_type_count < WEFT_GPU_TYPES_MAX ?
		c->gpu_type_count : WEFT_GPU_TYPES_MAX;

	if (gpu_type_idx >= 0)
		return gpu_type_idx < (int32_t)types ?
			free & node->gpus_of_type[gpu_type_idx] : 0;
	/*
	 * The tightest type that has enough; untyped GPUs are one type.  Where
	 * none has, Slurm's select mixes types, and so do we.
	 */
	for (uint32_t t = 0; t <= types && rest; t++) {
		set = t < types ? free & node->gpus_of_type[t] : rest;
		rest &= ~set;
		if (!set)
			continue;
		uint32_t have = weft_bits_count(set);
		uint32_t top = weft_bits_count(best);

		if (top < count ? have > top : have >= count && have < top)
			best = set;
	}
	return weft_bits_count(best) < count ? free : best;
}

static bool is_range(uint32_t first, uint32_t count, uint32_t size)
{
	return first <= size && count <= size - first;
}

static int check_counts(const struct weft_cluster *c, struct weft_err *err)
{
	if (c->gpu_type_count > WEFT_GPU_TYPES_MAX)
		return weft_err_set(err, EINVAL, "%u GPU types, at most %d",
				    c->gpu_type_count, WEFT_GPU_TYPES_MAX);
	if (c->fabric && c->fabric->node_count != c->node_count)
		return weft_err_set(err, EINVAL,
				    "a fabric of %u nodes for a cluster of %u",
				    c->fabric->node_count, c->node_count);
	for (uint32_t i = 0; i < c->node_count; i++)
		if (c->node[i].total.gpus > WEFT_GPUS_MAX)
			return weft_err_set(err, EINVAL, "%s has %u GPUs, at most %d",
					    c->node[i].name,
					    c->node[i].total.gpus,
					    WEFT_GPUS_MAX);
	for (uint32_t i = 0; i < c->resv_count; i++)
		if (!c->resv[i].nodes ||
		    c->resv[i].nodes->size != c->node_count)
			return weft_err_set(err, EINVAL,
					    "reservation %u: nodes are not the cluster's",
					    i);
	return 0;
}

static int check_hold(const struct weft_cluster *c, const struct weft_hold *h,
		      struct weft_amount *left, weft_gpuset_t *busy,
		      struct weft_err *err)
{
	const struct weft_node *node;

	if (h->node_idx >= c->node_count)
		return weft_err_set(err, EINVAL, "holds node %u of %u",
				    h->node_idx, c->node_count);
	node = &c->node[h->node_idx];
	left += h->node_idx;
	busy += h->node_idx;
	if (h->cpus > left->cpus || h->mem_mib > left->mem_mib)
		return weft_err_set(err, EINVAL, "more %s held on %s than it has",
				    h->cpus > left->cpus ? "CPUs" : "memory",
				    node->name);
	if (node->total.gpus < WEFT_GPUS_MAX && h->gpus >> node->total.gpus)
		return weft_err_set(err, EINVAL, "holds GPUs that %s has not",
				    node->name);
	if (h->gpus & *busy)
		return weft_err_set(err, EINVAL, "a GPU of %s is held twice",
				    node->name);
	left->cpus -= h->cpus;
	left->mem_mib -= h->mem_mib;
	*busy |= h->gpus;
	return 0;
}

static int check_running(const struct weft_cluster *c,
			 const struct weft_running *job,
			 struct weft_amount *left, weft_gpuset_t *busy,
			 struct weft_err *err)
{
	int rc = 0;

	if (!is_range(job->hold_first, job->hold_count, c->hold_count) ||
	    !is_range(job->license_first, job->license_count,
		      c->license_use_count))
		return weft_err_set(err, EINVAL, "job %u: no such hold",
				    job->job_id);
	for (uint32_t k = 0; rc == 0 && k < job->hold_count; k++)
		rc = check_hold(c, &c->hold[job->hold_first + k], left, busy,
				err);
	for (uint32_t k = 0; rc == 0 && k < job->license_count; k++)
		if (c->license_use[job->license_first + k].license_idx >=
		    c->license_count)
			rc = weft_err_set(err, EINVAL, "holds no such licence");
	if (rc)
		weft_err_prefix(err, "job %u", job->job_id);
	return rc;
}

int weft_cluster_check(const struct weft_cluster *c, struct weft_err *err)
{
	struct weft_amount *left;
	weft_gpuset_t *busy;
	int rc = check_counts(c, err);

	if (rc)
		return rc;
	left = calloc((size_t)c->node_count + 1, sizeof(*left));
	busy = calloc((size_t)c->node_count + 1, sizeof(*busy));
	if (!left || !busy)
		rc = weft_err_set(err, ENOMEM, "no memory to check %u nodes",
				  c->node_count);
	for (uint32_t i = 0; rc == 0 && i < c->node_count; i++)
		left[i] = c->node[i].total;
	for (uint32_t i = 0; rc == 0 && i < c->running_count; i++)
		rc = check_running(c, &c->running[i], left, busy, err);
	free(left);
	free(busy);
	return rc;
}
