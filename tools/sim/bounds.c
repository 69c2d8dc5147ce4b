/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bounds.c - how far a schedule is from what no scheduler can beat
 *
 * The bounds are those of sched/bounds.c on the whole machine's GPUs, CPUs and
 * memory; a partition or a node can only make things worse.  A distance is
 * the measure over its bound: 1 would be the limit, if it can be reached.
 * There is none for a schedule that left jobs undone.
 *
 * Cost: O(jobs log jobs), once for all and once for each size class.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>

#include "tools/sim/sim.h"

/* As in a machine whose memory was not told: nobody waits for it. */
#define MEM_UNTOLD_MIB (UINT64_C(1) << 40)

static void fill(const struct weft_workload *w, uint32_t i,
		 struct weft_bound_job *to)
{
	const struct weft_workload_job *job = &w->job[i];
	const struct weft_shape *s = &w->shape[job->shape_idx];
	double nodes = s->nodes_min;

	*to = (struct weft_bound_job) {
		.release_sec = (double)job->submit_sec,
		.runtime_sec = job->runtime_sec,
		.amount = { nodes * s->per_node.gpus, nodes * s->per_node.cpus,
			    nodes * (double)s->per_node.mem_mib },
	};
}

/* class_idx WEFT_SIZE_CLASSES: all jobs. */
static int compute(const struct sim_run *run, uint32_t class_idx,
		   const double *capacity, struct weft_bound_job *job,
		   struct weft_bounds *ret, struct weft_err *err)
{
	const struct weft_workload *w = run->workload;
	uint32_t count = 0;

	for (uint32_t i = 0; i < w->job_count; i++)
		if (class_idx == WEFT_SIZE_CLASSES ||
		    weft_size_class(weft_workload_size(w, i)) == class_idx)
			fill(w, i, &job[count++]);
	return weft_bounds_compute(job, count, capacity, ret, err);
}

int sim_find_bounds(struct sim_run *run, struct weft_err *err)
{
	const struct weft_machine_total has = weft_machine_total(run->machine);
	const double capacity[WEFT_BOUND_KINDS] = {
		(double)has.gpus, (double)has.cpus,
		has.mem_mib < MEM_UNTOLD_MIB ? (double)has.mem_mib : 0 };
	struct weft_bound_job *job = calloc(run->workload->job_count,
					    sizeof(*job));
	int rc = job ? compute(run, WEFT_SIZE_CLASSES, capacity, job,
			       &run->bounds, err) :
		weft_err_set(err, ENOMEM, "no memory for bounds");

	for (uint32_t k = 0; rc == 0 && k < WEFT_SIZE_CLASSES; k++)
		rc = compute(run, k, capacity, job, &run->size_bounds[k], err);
	free(job);
	return rc;
}

double sim_completion_bound(const struct sim_run *run)
{
	const struct weft_workload *w = run->workload;
	double ran = 0;

	for (uint32_t i = 0; i < w->job_count; i++)
		ran += w->job[i].runtime_sec;
	return run->bounds.wait_mean_sec + ran / w->job_count;
}

void sim_find_distance(const struct sim_run *run, struct sim_result *r)
{
	double first = (double)r->outcome->first_sec;
	double bound = sim_completion_bound(run);
	double span = run->bounds.end_sec - first;

	if (r->all.never)
		return;
	r->completion_distance = bound > 0 ? r->all.completion_mean / bound : 0;
	r->makespan_distance = span > 0 ?
		((double)r->outcome->last_sec - first) / span : 0;
	r->wait_over_bound = r->all.wait_mean - run->bounds.wait_mean_sec;
}
