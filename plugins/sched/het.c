/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * het.c - heterogeneous jobs: all components or none
 *
 * The plan has one start for all components (sched/gang.c).  When the walk has
 * come to the last of them, which is their turn in the plan, all are started if
 * they start now, on distinct nodes as Slurm's own backfill does it.  Before the
 * first is started each is found and tested again, so that a limit or a hold
 * met by one stops all.  If select refuses one after others were started, those
 * are taken back the way backfill takes them back: they wait until their
 * credentials have expired.  Nothing was launched by then: Slurm sends the
 * script, or answers srun, when the last component has its nodes.
 *
 * Locks: all is done in one hold of them, and slurmctld saves its jobs under a
 * lock of them, so no saved state has some components running and others not.
 *
 * A component of which the plan knows nothing is offered to select among the
 * others' starts.  One that may run in several partitions is in the queue
 * once for each; the plan says which it takes.
 *
 * Left out: preemption for a het job, a common time limit from --time-min,
 * limits that each component keeps and all together do not (select refuses the
 * last, and the others are taken back).
 *
 * Cost: O(components log components) to sort them once a cycle, O(log) a visit.
 *
 * Source: _het_job_start_now() and _het_job_kill_now() in
 * src/plugins/sched/backfill/backfill.c.
 */
#include "plugins/sched/start.h"
#include "plugins/sched/walk.h"

struct entry {
	uint32_t id, part, ref_idx;
};

struct weft_het {
	struct entry *entry;	/* by het job, component, and Slurm's order */
	uint32_t count;
	uint32_t *size, *seen;	/* [a het job's first entry] */
};

static int compare(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	if (x->id != y->id)
		return x->id < y->id ? -1 : 1;
	if (x->part != y->part)
		return x->part < y->part ? -1 : 1;
	return x->ref_idx < y->ref_idx ? -1 : x->ref_idx > y->ref_idx;
}

static const struct weft_job *job_of(const struct weft_snapshot *snap,
				     const struct weft_ref *ref)
{
	return &snap->job[ref->turn_idx];
}

struct weft_het *weft_het_create(const struct weft_snapshot *snap)
{
	struct weft_het *het = calloc(1, sizeof(*het));
	uint32_t n = 0, first = 0;

	for (uint32_t i = 0; i < snap->ref_count; i++)
		n += snap->ref[i].het_job_id > 0;
	if (!het)
		return NULL;
	het->entry = calloc((size_t)n + 1, sizeof(*het->entry));
	het->size = calloc((size_t)n + 1, sizeof(*het->size));
	het->seen = calloc((size_t)n + 1, sizeof(*het->seen));
	if (!het->entry || !het->size || !het->seen) {
		weft_het_destroy(het);
		return NULL;
	}
	for (uint32_t i = 0; i < snap->ref_count; i++)
		if (snap->ref[i].het_job_id)
			het->entry[het->count++] = (struct entry) {
				snap->ref[i].het_job_id,
				job_of(snap, &snap->ref[i])->gang_part, i };
	qsort(het->entry, het->count, sizeof(*het->entry), compare);
	for (uint32_t i = 0; i < het->count; i++) {
		if (het->entry[i].id != het->entry[first].id)
			first = i;
		het->size[first]++;
	}
	return het;
}

void weft_het_destroy(struct weft_het *het)
{
	if (!het)
		return;
	free(het->entry);
	free(het->size);
	free(het->seen);
	free(het);
}

/* The first entry of the het job. */
static uint32_t find(const struct weft_het *het, uint32_t id)
{
	uint32_t low = 0, high = het->count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (het->entry[middle].id < id)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static const struct weft_ref *ref_at(const struct weft_walk *walk, uint32_t i)
{
	return &walk->commit->snap->ref[walk->het->entry[i].ref_idx];
}

static const struct weft_decision *decision_of(const struct weft_walk *walk,
					       const struct weft_ref *ref)
{
	return &walk->commit->plan->decision[ref->turn_idx];
}

/*
 * Entry i, or one that stands for the same component behind it, that may start
 * now as far as the plan knows: it starts, or it is select's to say and no other
 * starts.  NULL: none may.  *ret_next is the next component's first entry.
 */
static const struct weft_ref *may_start(const struct weft_walk *walk, uint32_t i,
					uint32_t end, uint32_t *ret_next)
{
	const struct weft_het *het = walk->het;
	const struct weft_ref *found = NULL;
	uint32_t part = het->entry[i].part;

	for (; i < end && het->entry[i].part == part; i++) {
		const struct weft_ref *ref = ref_at(walk, i);
		const struct weft_decision *d = decision_of(walk, ref);

		if (d->reason.kind == WEFT_REASON_START ||
		    (d->reason.kind == WEFT_REASON_SELECT &&
		     d->start_sec == WEFT_TIME_NEVER && !found))
			found = ref;
	}
	*ret_next = i;
	return found;
}

/* Does one of them start by the plan, and may each of the others? */
static bool all_start(const struct weft_walk *walk, uint32_t first)
{
	uint32_t end = first + walk->het->size[first], parts = 0, starts = 0;
	const struct weft_ref *ref;

	for (uint32_t i = first; i < end; parts++) {
		ref = may_start(walk, i, end, &i);
		if (!ref)
			return false;
		starts += decision_of(walk, ref)->reason.kind ==
			WEFT_REASON_START;
	}
	ref = ref_at(walk, first);
	/* All left to select: it may know better. */
	return parts >= job_of(walk->commit->snap, ref)->gang_parts &&
		(starts || walk->turn_left_usec > 0);
}

bool weft_het_is_due(const struct weft_walk *walk, uint32_t ref_idx)
{
	uint32_t first = find(walk->het, walk->commit->snap->ref[ref_idx].het_job_id);

	return walk->het->seen[first] + 1 == walk->het->size[first] &&
		all_start(walk, first);
}

/* On nodes that none of used is; if it starts, its nodes are of used. */
static int start_one(struct weft_walk *walk, const struct weft_ref *ref,
		     bitstr_t *used, time_t now)
{
	job_record_t *job_ptr = weft_ref_find(ref);
	int rc;

	if (!job_ptr)
		return ESLURM_NODES_BUSY;
	rc = weft_walk_start(walk, ref, job_ptr, used, now);
	if (rc == SLURM_SUCCESS && job_ptr->node_bitmap)
		bit_or(used, job_ptr->node_bitmap);
	job_resv_clear_magnetic_flag(job_ptr);
	return rc;
}

/* Found again, and by Slurm's tests nothing is in the way of any of them. */
static bool all_eligible(const struct weft_walk *walk, uint32_t first, time_t now)
{
	uint32_t end = first + walk->het->size[first], id = walk->het->entry[first].id;
	job_record_t *job_ptr = find_job_record(id);
	bool ok = job_ptr && job_ptr->het_job_list &&
		weft_slurm_het_waiting(job_ptr) ==
		job_of(walk->commit->snap, ref_at(walk, first))->gang_parts;

	for (uint32_t i = first; ok && i < end;) {
		job_ptr = weft_ref_find(may_start(walk, i, end, &i));
		ok = job_ptr && weft_start_eligible(job_ptr, now, true);
		if (job_ptr && !ok && job_ptr->state_reason == WAIT_LICENSES)
			weft_refusals_add(walk->commit->refusals, id, now);
		if (job_ptr)
			job_resv_clear_magnetic_flag(job_ptr);
	}
	return ok;
}

static void take_back(const struct weft_walk *walk, uint32_t first, uint32_t end,
		      time_t now)
{
	job_record_t *job_ptr;

	for (uint32_t i = first; i < end; i++) {
		job_ptr = find_job_record(ref_at(walk, i)->job_id);
		if (!job_ptr || IS_JOB_PENDING(job_ptr) || !job_ptr->details)
			continue;
		info("sched/weft: %pJ is taken back, another component could not start",
		     job_ptr);
		weft_slurm_undo_start(job_ptr, now);
	}
}

static void start_all(struct weft_walk *walk, uint32_t first, time_t now)
{
	uint32_t end = first + walk->het->size[first], started = 0, next = first;
	uint32_t id = walk->het->entry[first].id;
	bitstr_t *used = bit_alloc(node_record_count);
	int rc = SLURM_SUCCESS;

	while (rc == SLURM_SUCCESS && next < end) {
		rc = start_one(walk, may_start(walk, next, end, &next), used,
			       now);
		started += rc == SLURM_SUCCESS;
	}
	FREE_NULL_BITMAP(used);
	if (rc == SLURM_SUCCESS) {
		walk->started += started;
		return;
	}
	if (started)
		take_back(walk, first, next, now);
	walk->commit->stats->refused++;
	weft_refusals_add(walk->commit->refusals, id, now);
}

void weft_het_visit(struct weft_walk *walk, uint32_t ref_idx, time_t now)
{
	uint32_t id = walk->commit->snap->ref[ref_idx].het_job_id;
	uint32_t first = find(walk->het, id), end = first + walk->het->size[first];
	bool due = weft_het_is_due(walk, ref_idx);

	if (++walk->het->seen[first] < walk->het->size[first])
		return;
	if (due && !weft_refusals_has(walk->commit->refusals, id, now) &&
	    all_eligible(walk, first, now))
		start_all(walk, first, now);
	for (uint32_t i = first; i < end; i++) {
		const struct weft_decision *d = decision_of(walk, ref_at(walk, i));

		if (d->reason.kind != WEFT_REASON_START &&
		    d->start_sec != WEFT_TIME_NEVER)
			weft_walk_note_planned(walk, d);
	}
}
