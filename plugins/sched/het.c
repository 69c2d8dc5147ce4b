/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * het.c - heterogeneous jobs: all components or none
 *
 * The components of a het job are jobs of their own to the plan.  They are
 * started together when the walk has come to the last of them, if each could
 * start now, on distinct nodes as Slurm's own backfill does it.  If one is
 * refused after others were started, those are taken back the way backfill
 * takes them back: they wait until their credentials have expired.
 *
 * Left out: planning distinct nodes (components that the plan puts on one
 * node are moved by select), preemption for a het job, a common time limit
 * from --time-min.
 *
 * Source: _het_job_start_now() and _het_job_kill_now() in
 * src/plugins/sched/backfill/backfill.c.
 */
#include "plugins/sched/start.h"
#include "plugins/sched/walk.h"

/* Is this the last record of its het job in the queue, and how many are there? */
static bool is_last(const struct weft_snapshot *snap, uint32_t ref_idx,
		    uint32_t *ret_count)
{
	uint32_t id = snap->ref[ref_idx].het_job_id;

	for (uint32_t i = ref_idx + 1; i < snap->ref_count; i++)
		if (snap->ref[i].het_job_id == id)
			return false;
	*ret_count = 0;
	for (uint32_t i = 0; i <= ref_idx; i++)
		*ret_count += snap->ref[i].het_job_id == id;
	return true;
}

/* May each of them start now, as far as the plan knows? */
static bool all_start(const struct weft_walk *walk, uint32_t id)
{
	const struct weft_snapshot *snap = walk->commit->snap;
	const struct weft_decision *d;

	for (uint32_t i = 0; i < snap->ref_count; i++) {
		if (snap->ref[i].het_job_id != id)
			continue;
		if (snap->ref[i].job_idx == UINT32_MAX)
			continue;	/* select will say */
		d = &walk->commit->plan->decision[snap->ref[i].job_idx];
		if (d->reason.kind != WEFT_REASON_START)
			return false;
	}
	return true;
}

static bool is_complete(uint32_t id, uint32_t count)
{
	job_record_t *leader = find_job_record(id);

	return leader && leader->het_job_list &&
		(uint32_t)list_count(leader->het_job_list) == count;
}

/* Nodes closed to one component: all but its places if these are still free. */
static bitstr_t *closed_for(struct weft_walk *walk, const struct weft_ref *ref,
			    bitstr_t *used, time_t now)
{
	const struct weft_decision *d;
	bitstr_t *closed = NULL, *own;

	if (ref->job_idx != UINT32_MAX) {
		d = &walk->commit->plan->decision[ref->job_idx];
		closed = weft_walk_all_but(weft_walk_places(walk, d),
					   d->place_count);
		own = bit_copy(closed);
		bit_not(own);
		if (bit_overlap_any(own, used))
			FREE_NULL_BITMAP(closed);
		FREE_NULL_BITMAP(own);
	}
	if (!closed)
		closed = weft_walk_needed(walk, ref->limit_sec, now);
	bit_or(closed, used);
	return closed;
}

static int start_one(struct weft_walk *walk, const struct weft_ref *ref,
		     bitstr_t *used, time_t now)
{
	job_record_t *job_ptr = weft_ref_find(ref);
	bitstr_t *closed;
	int rc = ESLURM_NODES_BUSY;

	if (!job_ptr)
		return rc;
	if (weft_start_eligible(job_ptr, now, true)) {
		closed = closed_for(walk, ref, used, now);
		rc = weft_start_run(job_ptr, closed, UINT32_MAX, now);
		FREE_NULL_BITMAP(closed);
	}
	if (rc == SLURM_SUCCESS && job_ptr->node_bitmap)
		bit_or(used, job_ptr->node_bitmap);
	return rc;
}

static void take_back(const struct weft_snapshot *snap, uint32_t id, time_t now)
{
	job_record_t *job_ptr;

	for (uint32_t i = 0; i < snap->ref_count; i++) {
		if (snap->ref[i].het_job_id != id)
			continue;
		job_ptr = find_job_record(snap->ref[i].job_id);
		if (!job_ptr || IS_JOB_PENDING(job_ptr) || !job_ptr->details)
			continue;
		info("sched/weft: %pJ is taken back, another component could not start",
		     job_ptr);
		weft_slurm_undo_start(job_ptr, now);
	}
}

void weft_het_visit(struct weft_walk *walk, uint32_t ref_idx, time_t now)
{
	const struct weft_snapshot *snap = walk->commit->snap;
	uint32_t id = snap->ref[ref_idx].het_job_id, count, started = 0;
	bitstr_t *used;
	int rc = SLURM_SUCCESS;

	if (!is_last(snap, ref_idx, &count) || !all_start(walk, id) ||
	    !is_complete(id, count) ||
	    weft_refusals_has(walk->commit->refusals, id, now))
		return;
	used = bit_alloc(node_record_count);
	for (uint32_t i = 0; i <= ref_idx && rc == SLURM_SUCCESS; i++) {
		if (snap->ref[i].het_job_id != id)
			continue;
		rc = start_one(walk, &snap->ref[i], used, now);
		started += rc == SLURM_SUCCESS;
	}
	FREE_NULL_BITMAP(used);
	if (rc == SLURM_SUCCESS) {
		walk->started += started;
		return;
	}
	if (started)
		take_back(snap, id, now);
	walk->commit->stats->refused++;
	weft_refusals_add(walk->commit->refusals, id, now);
}
