/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * snap_running.c - what running jobs hold, and until when
 *
 * CPUs are counted as select/cons_tres takes them: whole cores where cores
 * (or sockets) are the unit, else the CPUs given.  Memory counts only where
 * it is a consumable resource.  GPUs come from the bitmaps of the job.
 *
 * What Slurm allows and the timeline does not know (shared CPUs, gang
 * scheduling, GPUs cut into shards) would make a node hold more than it has.
 * The sums are therefore capped at what the node has: the snapshot says
 * "full", which is true, and select_nodes() knows the rest.
 *
 * A suspended job keeps its memory and GPUs, not its CPUs.  A job that only
 * completes holds nothing: its nodes are closed by snap_nodes.c.
 */
#include "plugins/sched/snapshot.h"

/* What holds have taken of each node so far. */
struct taken {
	uint32_t cpus;
	uint64_t mem_mib;
	weft_gpuset_t gpus;
};

/* GPUs of the job on its n-th node. */
static weft_gpuset_t gpus_of_job(struct xlist *gres_list, uint32_t n,
				 weft_gpuset_t free)
{
	struct listIterator *it;
	gres_state_t *state;
	gres_job_state_t *js;
	weft_gpuset_t set = 0;
	uint64_t count;

	if (!gres_list)
		return 0;
	it = list_iterator_create(gres_list);
	while ((state = list_next(it))) {
		js = state->gres_data;
		if (xstrcmp(state->gres_name, "gpu") || !js ||
		    n >= js->node_cnt)
			continue;
		if (js->gres_bit_alloc && js->gres_bit_alloc[n]) {
			set |= weft_snapshot_gpus(js->gres_bit_alloc[n]);
			continue;
		}
		count = js->gres_cnt_node_alloc ?
			js->gres_cnt_node_alloc[n] : 0;
		for (; count && (free & ~set); count--)
			set |= (free & ~set) & -(free & ~set);
	}
	list_iterator_destroy(it);
	return set;
}

/* CPUs on the job's n-th node; *core_pos moves over the node's cores. */
static uint32_t cpus_of_job(const job_resources_t *r, uint32_t n,
			    uint32_t cores, uint32_t threads,
			    int64_t *core_pos)
{
	uint32_t used = 0;
	int64_t end = *core_pos + cores;

	if (r->core_bitmap && end <= bit_size(r->core_bitmap))
		used = (uint32_t)bit_set_count_range(r->core_bitmap,
						     (int32_t)*core_pos,
						     (int32_t)end) * threads;
	*core_pos = end;
	if (used && (r->cr_type & (CR_CORE | CR_SOCKET)))
		return used;
	return r->cpus ? r->cpus[n] : used;
}

static void cap_hold(struct weft_hold *hold, const struct weft_node *node,
		     struct taken *taken)
{
	hold->cpus = MIN(hold->cpus, node->total.cpus - taken->cpus);
	hold->mem_mib = MIN(hold->mem_mib, node->total.mem_mib - taken->mem_mib);
	hold->gpus &= ~taken->gpus;
	if (node->total.gpus < WEFT_GPUS_MAX)
		hold->gpus &= ((weft_gpuset_t)1 << node->total.gpus) - 1;
	taken->cpus += hold->cpus;
	taken->mem_mib += hold->mem_mib;
	taken->gpus |= hold->gpus;
}

static int add_holds(struct weft_snapshot *snap, job_record_t *job_ptr,
		     struct weft_running *running, struct taken *taken)
{
	struct weft_cluster *c = &snap->cluster;
	const job_resources_t *r = job_ptr->job_resrcs;
	struct weft_hold *hold;
	node_record_t *record;
	int64_t core_pos = 0;
	uint32_t n = 0, size = (uint32_t)bit_size(r->node_bitmap);

	for (uint32_t i = 0; i < size && i < c->node_count; i++) {
		if (!bit_test(r->node_bitmap, i))
			continue;
		record = node_record_table_ptr[i];
		hold = weft_arena_grow(&snap->arena, c->hold, c->hold_count,
				       &snap->hold_cap, sizeof(*hold));
		if (!hold)
			return -ENOMEM;
		c->hold = hold;
		hold = &c->hold[c->hold_count++];
		*hold = (struct weft_hold) { .node_idx = i };
		if (record && n < r->nhosts) {
			hold->cpus = cpus_of_job(r, n, record->tot_cores,
						 MAX(record->tpc, 1),
						 &core_pos);
			if (IS_JOB_SUSPENDED(job_ptr))
				hold->cpus = 0;
			if ((r->cr_type & CR_MEMORY) && r->memory_allocated)
				hold->mem_mib = r->memory_allocated[n];
			hold->gpus = gpus_of_job(
				job_ptr->gres_list_alloc, n,
				~taken[i].gpus);
			hold->whole_node =
				weft_slurm_is_exclusive(r->whole_node);
		}
		cap_hold(hold, &c->node[i], &taken[i]);
		running->hold_count++;
		n++;
	}
	return 0;
}

static int add_licenses(struct weft_snapshot *snap, job_record_t *job_ptr,
			struct weft_running *running)
{
	struct weft_cluster *c = &snap->cluster;
	struct listIterator *it;
	struct weft_license_use *use;
	licenses_t *lic;
	uint32_t idx;
	int rc = 0;

	if (!job_ptr->license_list || !c->license_count)
		return 0;
	it = list_iterator_create(job_ptr->license_list);
	while ((lic = list_next(it))) {
		idx = weft_snapshot_license(snap, lic->name);
		if (idx == UINT32_MAX)
			continue;
		use = weft_arena_grow(&snap->arena, c->license_use,
				      c->license_use_count, &snap->use_cap,
				      sizeof(*use));
		if (!use) {
			rc = -ENOMEM;
			break;
		}
		c->license_use = use;
		c->license_use[c->license_use_count++] =
			(struct weft_license_use) { idx, lic->total };
		running->license_count++;
	}
	list_iterator_destroy(it);
	return rc;
}

static int add_running(struct weft_snapshot *snap, job_record_t *job_ptr,
		       struct taken *taken)
{
	struct weft_cluster *c = &snap->cluster;
	struct weft_running *running;

	running = weft_arena_grow(&snap->arena, c->running, c->running_count,
				  &snap->running_cap, sizeof(*running));
	if (!running)
		return -ENOMEM;
	c->running = running;
	running = &c->running[c->running_count++];
	*running = (struct weft_running) {
		.job_id = job_ptr->job_id,
		.end_sec = job_ptr->end_time ? job_ptr->end_time :
			WEFT_TIME_NEVER,
		.hold_first = c->hold_count,
		.license_first = c->license_use_count,
	};
	if (add_holds(snap, job_ptr, running, taken))
		return -ENOMEM;
	return add_licenses(snap, job_ptr, running);
}

int weft_snapshot_running(struct weft_snapshot *snap, time_t now)
{
	struct listIterator *it;
	job_record_t *job_ptr;
	struct taken *taken;
	int rc = 0;

	taken = weft_arena_alloc(&snap->arena, snap->cluster.node_count,
				 sizeof(*taken));
	if (!taken)
		return -ENOMEM;
	it = list_iterator_create(job_list);
	while (rc == 0 && (job_ptr = list_next(it))) {
		if (!IS_JOB_RUNNING(job_ptr) && !IS_JOB_SUSPENDED(job_ptr))
			continue;
		if (!job_ptr->job_resrcs || !job_ptr->job_resrcs->node_bitmap)
			continue;
		rc = add_running(snap, job_ptr, taken);
	}
	list_iterator_destroy(it);
	return rc;
}
