/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cluster.c - see cluster.h: is this snapshot possible at all? */
#include "config.h"

#include <errno.h>
#include <stdlib.h>

#include "sched/cluster.h"

static int check_ranges(const struct weft_cluster *c, struct weft_err *err)
{
	for (uint32_t i = 0; i < c->running_count; i++) {
		const struct weft_running *job = &c->running[i];

		if (job->hold_first > c->hold_count ||
		    job->hold_count > c->hold_count - job->hold_first)
			return weft_err_set(err, EINVAL,
				"job %u: holds beyond the table", job->job_id);
		if (job->license_first > c->license_use_count ||
		    job->license_count >
			    c->license_use_count - job->license_first)
			return weft_err_set(err, EINVAL,
				"job %u: licences beyond the table", job->job_id);
	}
	for (uint32_t i = 0; i < c->license_use_count; i++)
		if (c->license_use[i].license_idx >= c->license_count)
			return weft_err_set(err, EINVAL,
				"licence %u does not exist",
				c->license_use[i].license_idx);
	for (uint32_t i = 0; i < c->node_count; i++)
		if (c->node[i].total.gpus > WEFT_GPUS_MAX)
			return weft_err_set(err, EINVAL,
				"node %s: %u GPUs, at most %d can be planned",
				c->node[i].name, c->node[i].total.gpus,
				WEFT_GPUS_MAX);
	return 0;
}

static int check_holds(const struct weft_cluster *c, weft_gpuset_t *held,
		       struct weft_err *err)
{
	for (uint32_t i = 0; i < c->running_count; i++) {
		const struct weft_running *job = &c->running[i];

		for (uint32_t h = 0; h < job->hold_count; h++) {
			const struct weft_hold *hold = &c->hold[job->hold_first + h];
			weft_gpuset_t twice;

			if (hold->node_idx >= c->node_count)
				return weft_err_set(err, EINVAL,
					"job %u holds node %u of %u", job->job_id,
					hold->node_idx, c->node_count);
			twice = held[hold->node_idx] & hold->gpus;
			if (twice)
				return weft_err_set(err, EINVAL,
					"job %u on node %s: GPU %d is held twice",
					job->job_id, c->node[hold->node_idx].name,
					__builtin_ctzll(twice));
			held[hold->node_idx] |= hold->gpus;
			if (c->node[hold->node_idx].total.gpus < 64 &&
			    hold->gpus >> c->node[hold->node_idx].total.gpus)
				return weft_err_set(err, EINVAL,
					"job %u on node %s: holds a GPU that is not there",
					job->job_id, c->node[hold->node_idx].name);
		}
	}
	return 0;
}

int weft_cluster_check(const struct weft_cluster *cluster, struct weft_err *err)
{
	weft_gpuset_t *held;
	int rc;

	if (!cluster->fabric || cluster->fabric->node_count != cluster->node_count)
		return weft_err_set(err, EINVAL,
			"the fabric does not have the cluster's %u nodes",
			cluster->node_count);
	rc = check_ranges(cluster, err);
	if (rc)
		return rc;
	held = calloc(cluster->node_count ? cluster->node_count : 1,
		      sizeof(*held));
	if (!held)
		return weft_err_set(err, ENOMEM, "cluster: out of memory");
	rc = check_holds(cluster, held, err);
	free(held);
	return rc;
}
