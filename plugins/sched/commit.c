/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * commit.c - see commit.h
 *
 * Between the snapshot and now the locks were free: jobs may have been
 * cancelled, nodes drained, other jobs started.  So nothing of the snapshot
 * is trusted: a job is found again by its id, prepared and tested anew, and
 * select_nodes() decides with every node closed that the plan did not choose.
 * If it refuses, the next best GPUs of the same nodes are tried (steer_next.h),
 * then these nodes without steering, then all nodes
 * that no job before this one is going to need; if that fails too the
 * refusal is remembered (refusal.h).  So is one for licences, which the plan
 * counts and Slurm also keeps for reservations: what holds a place in the plan
 * and never starts would keep its GPUs idle.
 *
 * Jobs are visited in the order in which the plan took them.  One that Weft
 * cannot describe in full has its turn in that order too (queue.c), whether or
 * not the plan has a later place for the part that is known: select may know better.
 * It may use any node except those on which a job before it has a planned
 * start within its run time: whole nodes, as Slurm's own backfill thinks.
 * These turns cost a full select each, so they share a budget of time a cycle.
 *
 * Cost: one select_nodes() a started job or turn, O(nodes) each.
 */
#include "plugins/sched/commit.h"
#include "plugins/sched/start.h"
#include "plugins/sched/steer.h"
#include "plugins/sched/steer_next.h"
#include "plugins/sched/walk.h"

const struct weft_place *weft_walk_places(const struct weft_walk *walk,
					  const struct weft_decision *d)
{
	return &walk->commit->plan->place[d->place_first];
}

/* All nodes but the places'. */
bitstr_t *weft_walk_all_but(const struct weft_place *place, uint32_t count)
{
	bitstr_t *closed = bit_alloc(node_record_count);

	bit_set_all(closed);
	for (uint32_t i = 0; i < count; i++)
		if (place[i].node_idx < (uint32_t)node_record_count)
			bit_clear(closed, place[i].node_idx);
	return closed;
}

/* Nodes that a job before this one will need before it could end. */
bitstr_t *weft_walk_needed(const struct weft_walk *walk, uint32_t limit_sec,
			   time_t now)
{
	bitstr_t *closed = bit_alloc(node_record_count);
	int64_t end = limit_sec == UINT32_MAX ? WEFT_TIME_NEVER :
		(int64_t)now + limit_sec;

	for (int i = 0; i < node_record_count; i++)
		if (walk->planned_sec[i] < end)
			bit_set(closed, i);
	return closed;
}

void weft_walk_note_planned(struct weft_walk *walk, const struct weft_decision *d)
{
	const struct weft_place *place = weft_walk_places(walk, d);

	for (uint32_t i = 0; i < d->place_count; i++)
		if (d->start_sec < walk->planned_sec[place[i].node_idx])
			walk->planned_sec[place[i].node_idx] = d->start_sec;
}

static int start_steered(struct weft_walk *walk, job_record_t *job_ptr,
			 const struct weft_place *place, uint32_t count,
			 uint32_t limit_sec, bool steer, time_t now)
{
	struct weft_stats *stats = walk->commit->stats;
	bitstr_t *closed = weft_walk_all_but(place, count);
	int64_t begin = weft_slice_now_usec(), selected;
	struct weft_steer s;
	int rc;

	weft_steer_begin(&s, place, steer ? count : 0);
	selected = weft_slice_now_usec();
	stats->steer_usec += (uint64_t)(selected - begin);
	rc = weft_start_run(job_ptr, closed, limit_sec, now);
	selected = weft_slice_now_usec();
	weft_steer_end(&s);
	stats->steer_usec += (uint64_t)(weft_slice_now_usec() - selected);
	FREE_NULL_BITMAP(closed);
	if (rc == SLURM_SUCCESS && count && place[0].gpus) {
		if (weft_steer_hit(job_ptr, place, count))
			stats->steered++;
		else
			stats->steer_missed++;
	}
	return rc;
}

static int start_anywhere(struct weft_walk *walk, job_record_t *job_ptr,
			  uint32_t limit_sec, bitstr_t *used, time_t now)
{
	bitstr_t *closed = weft_walk_needed(walk, limit_sec, now);
	int rc;

	if (used)
		bit_or(closed, used);
	rc = weft_start_run(job_ptr, closed, limit_sec, now);

	FREE_NULL_BITMAP(closed);
	return rc;
}

/* Errors after which another set of nodes may do. */
static bool may_retry(int rc)
{
	return rc == ESLURM_NODES_BUSY || rc == ESLURM_NODE_NOT_AVAIL ||
		rc == ESLURM_REQUESTED_NODE_CONFIG_UNAVAILABLE ||
		rc == ESLURM_REQUESTED_PART_CONFIG_UNAVAILABLE ||
		rc == ESLURM_RESERVATION_BUSY;
}

/* Select refused the best GPUs: the next best, while there is time for it. */
static int start_next_best(struct weft_walk *walk, job_record_t *job_ptr,
			   const struct weft_decision *d, int rc, time_t now)
{
	int64_t begin = weft_slice_now_usec(), end = begin + walk->turn_left_usec;
	struct weft_steer_next next;

	if (!weft_steer_next_init(&next, &walk->commit->snap->cluster,
				  weft_walk_places(walk, d), d->place_count))
		return rc;
	while (may_retry(rc) && IS_JOB_PENDING(job_ptr) &&
	       weft_slice_now_usec() < end && weft_steer_next_step(&next))
		rc = start_steered(walk, job_ptr, next.place, next.place_count,
				   d->limit_sec, true, now);
	if (rc == SLURM_SUCCESS)
		walk->commit->stats->steer_next++;
	walk->turn_left_usec -= weft_slice_now_usec() - begin;
	return rc;
}

static bool starts_now(const struct weft_decision *d)
{
	return d->reason.kind == WEFT_REASON_START;
}

/* At its place, or as near to it as select allows. */
static int start_placed(struct weft_walk *walk, const struct weft_ref *ref,
			const struct weft_decision *d, job_record_t *job_ptr,
			bitstr_t *used, time_t now)
{
	const struct weft_commit *commit = walk->commit;
	const struct weft_shape *shape =
		&commit->snap->shape[commit->snap->job[d->job_idx].shape_idx];
	bool steer = commit->steer && shape->steer_gpus && !shape->exclusive;
	int rc = start_steered(walk, job_ptr, weft_walk_places(walk, d),
			       d->place_count, d->limit_sec, steer, now);

	if (may_retry(rc) && steer && IS_JOB_PENDING(job_ptr)) {
		debug("sched/weft: select refused the chosen GPUs for JobId=%u: %s",
		      ref->job_id, slurm_strerror(rc));
		rc = start_next_best(walk, job_ptr, d, rc, now);
	}
	if (may_retry(rc) && steer && IS_JOB_PENDING(job_ptr))
		rc = start_steered(walk, job_ptr, weft_walk_places(walk, d),
				   d->place_count, d->limit_sec, false, now);
	if (may_retry(rc) && IS_JOB_PENDING(job_ptr) && !shape->segment &&
	    shape->domain == WEFT_DOMAIN_ANY)
		rc = start_anywhere(walk, job_ptr, d->limit_sec, used, now);
	return rc;
}

int weft_walk_start(struct weft_walk *walk, const struct weft_ref *ref,
		    job_record_t *job_ptr, bitstr_t *used, time_t now)
{
	const struct weft_commit *commit = walk->commit;
	const struct weft_decision *d = &commit->plan->decision[ref->turn_idx];
	const struct weft_place *place = weft_walk_places(walk, d);
	bool placed = starts_now(d);

	for (uint32_t i = 0; placed && i < d->place_count; i++)
		placed = place[i].node_idx < (uint32_t)node_record_count &&
			!bit_test(used, place[i].node_idx);
	return placed ? start_placed(walk, ref, d, job_ptr, used, now) :
		start_anywhere(walk, job_ptr, ref->limit_sec, used, now);
}

static void start_planned(struct weft_walk *walk, const struct weft_ref *ref,
			  const struct weft_decision *d, time_t now)
{
	struct weft_commit *commit = walk->commit;
	job_record_t *job_ptr = weft_ref_find(ref);
	int rc;

	if (!job_ptr)
		return;
	if (!weft_start_eligible(job_ptr, now, true)) {
		if (job_ptr->state_reason == WAIT_LICENSES)
			weft_refusals_add(commit->refusals, ref->job_id, now);
		goto out;
	}
	rc = start_placed(walk, ref, d, job_ptr, NULL, now);
	if (rc == SLURM_SUCCESS) {
		walk->started++;
	} else if (!walk->turn_started) {
		commit->stats->refused++;
		weft_refusals_add(commit->refusals, ref->job_id, now);
		debug("sched/weft: select refused JobId=%u: %s", ref->job_id,
		      slurm_strerror(rc));
	}
out:
	job_resv_clear_magnetic_flag(job_ptr);
}

/* Did it start? */
static bool take_turn(struct weft_walk *walk, const struct weft_ref *ref, time_t now)
{
	int64_t begin = weft_slice_now_usec();
	uint32_t before = walk->started;
	job_record_t *job_ptr;

	if (walk->turn_left_usec <= 0)
		return false;
	job_ptr = weft_ref_find(ref);
	if (job_ptr) {
		if (weft_start_eligible(job_ptr, now, true)) {
			walk->commit->stats->handed++;
			if (start_anywhere(walk, job_ptr, ref->limit_sec,
					   NULL, now) == SLURM_SUCCESS) {
				walk->started++;
				walk->turn_started = true;
			} else {
				weft_start_refused(job_ptr);
			}
		}
		job_resv_clear_magnetic_flag(job_ptr);
	}
	walk->turn_left_usec -= weft_slice_now_usec() - begin;
	return walk->started > before;
}

/*
 * A job that could start if others made room: select_nodes() sees to that.
 * Of jobs alike in shape and QOS one attempt a cycle tells for all.  Looking for
 * who could make room is O(jobs), so its time counts, too.
 */
static void try_preemption(struct weft_walk *walk, const struct weft_ref *ref,
			   const struct weft_decision *d, time_t now)
{
	uint32_t shape_idx = walk->commit->snap->job[d->job_idx].shape_idx;
	job_record_t *job_ptr;
	struct xlist *candidates;
	int64_t begin;

	if (walk->turn_left_usec <= 0)
		return;	/* has_work() has not seen to the locks either */
	job_ptr = weft_ref_find(ref);
	if (!job_ptr)
		return;
	if (walk->preempt_tried[shape_idx] != job_ptr->qos_id + 1) {
		walk->preempt_tried[shape_idx] = job_ptr->qos_id + 1;
		begin = weft_slice_now_usec();
		candidates = slurm_find_preemptable_jobs(job_ptr);
		walk->turn_left_usec -= weft_slice_now_usec() - begin;
		if (candidates && list_count(candidates))
			take_turn(walk, ref, now);
		FREE_NULL_LIST(candidates);
	}
	job_resv_clear_magnetic_flag(job_ptr);
}

/*
 * By the planner's reckoning no state of this cluster can hold the job, but
 * Slurm took it: perhaps its request means less than we read into it.  So it is
 * left to select in its turn, one job of a shape and cycle; not if it has a wish
 * that only Weft knows.
 */
static void try_unplaceable(struct weft_walk *walk, const struct weft_ref *ref,
			    const struct weft_decision *d, time_t now)
{
	const struct weft_snapshot *snap = walk->commit->snap;
	uint32_t shape_idx = snap->job[d->job_idx].shape_idx;

	if (walk->unplaceable_tried[shape_idx] ||
	    snap->shape[shape_idx].segment ||
	    snap->shape[shape_idx].domain != WEFT_DOMAIN_ANY)
		return;
	walk->unplaceable_tried[shape_idx] = true;
	take_turn(walk, ref, now);
}

static bool unplaceable(const struct weft_decision *d)
{
	return d->reason.kind == WEFT_REASON_NEVER;
}

static void visit(struct weft_walk *walk, uint32_t ref_idx, time_t now)
{
	const struct weft_snapshot *snap = walk->commit->snap;
	const struct weft_ref *ref = &snap->ref[ref_idx];
	const struct weft_decision *d;

	if (ref->het_job_id) {
		weft_het_visit(walk, ref_idx, now);
		return;
	}
	if (ref->job_idx == UINT32_MAX) {
		d = &walk->commit->plan->decision[ref->turn_idx];
		if (!take_turn(walk, ref, now) && d->start_sec != WEFT_TIME_NEVER)
			weft_walk_note_planned(walk, d);
		return;
	}
	for (uint32_t i = 0; i < ref->job_count; i++) {
		d = &walk->commit->plan->decision[ref->job_idx + i];
		if (starts_now(d) && !weft_slice_next(walk->commit->slice))
			return;
		if (starts_now(d))
			start_planned(walk, ref, d, now);
		else if (unplaceable(d) && i == 0)
			try_unplaceable(walk, ref, d, now);
		else if (walk->preemption && i == 0)
			try_preemption(walk, ref, d, now);
		if (!starts_now(d) && d->start_sec != WEFT_TIME_NEVER)
			weft_walk_note_planned(walk, d);
	}
}

/* Does anything happen at this ref, so that the locks are worth their time? */
static bool has_work(const struct weft_walk *walk, uint32_t ref_idx)
{
	const struct weft_snapshot *snap = walk->commit->snap;
	const struct weft_ref *ref = &snap->ref[ref_idx];

	if (ref->het_job_id)
		return weft_het_is_due(walk, ref_idx);
	if (walk->preemption && walk->turn_left_usec > 0)
		return true;
	if (ref->job_idx == UINT32_MAX)
		return walk->turn_left_usec > 0;
	for (uint32_t i = 0; i < ref->job_count; i++)
		if (starts_now(&walk->commit->plan->decision[ref->job_idx + i]))
			return true;
	return ref->job_count && walk->turn_left_usec > 0 &&
		unplaceable(&walk->commit->plan->decision[ref->job_idx]);
}

static bool walk_init(struct weft_walk *walk, struct weft_commit *commit)
{
	uint32_t node_count = commit->snap->cluster.node_count;

	*walk = (struct weft_walk) {
		.commit = commit,
		.turn_left_usec = commit->turn_usec,
		.preemption = slurm_preemption_enabled(),
		.het = weft_het_create(commit->snap),
		.planned_sec = calloc(node_count + 1, sizeof(int64_t)),
		.preempt_tried = calloc(commit->snap->shape_count + 1,
					sizeof(uint32_t)),
		.unplaceable_tried = calloc(commit->snap->shape_count + 1,
					    sizeof(bool)),
	};
	if (!walk->het || !walk->planned_sec || !walk->preempt_tried ||
	    !walk->unplaceable_tried)
		return false;
	for (uint32_t i = 0; i < node_count; i++)
		walk->planned_sec[i] = WEFT_TIME_NEVER;
	return true;
}

/* The refs in the order of their turns; NULL: no memory. */
static uint32_t *refs_by_turn(const struct weft_commit *commit)
{
	const struct weft_snapshot *snap = commit->snap;
	uint32_t *ref_of = malloc(((size_t)snap->job_count + 1) *
				  sizeof(*ref_of));
	uint32_t *order = malloc(((size_t)snap->ref_count + 1) *
				 sizeof(*order)), n = 0;

	for (uint32_t i = 0; ref_of && i < snap->job_count; i++)
		ref_of[i] = UINT32_MAX;
	for (uint32_t i = 0; ref_of && i < snap->ref_count; i++)
		ref_of[snap->ref[i].turn_idx] = i;
	for (uint32_t i = 0; ref_of && order && i < snap->job_count; i++)
		if (ref_of[commit->plan->turn[i]] != UINT32_MAX)
			order[n++] = ref_of[commit->plan->turn[i]];
	if (!ref_of || !order) {
		free(order);
		order = NULL;
	}
	free(ref_of);
	return order;
}

uint32_t weft_commit_run(struct weft_commit *commit)
{
	struct weft_slice *slice = commit->slice;
	struct weft_walk walk;
	uint32_t *order = refs_by_turn(commit);
	bool go = walk_init(&walk, commit) && order;

	slice->node_count = (int)commit->snap->cluster.node_count;
	for (uint32_t i = 0; go && i < commit->snap->ref_count; i++) {
		if (!has_work(&walk, order[i])) {
			visit(&walk, order[i], 0);
			continue;
		}
		if (!slice->since_usec)
			weft_slice_begin(slice);
		go = weft_slice_next(slice);
		if (go)
			visit(&walk, order[i], time(NULL));
	}
	if (slice->since_usec)
		weft_slice_end(slice);
	free(order);
	weft_het_destroy(walk.het);
	free(walk.planned_sec);
	free(walk.preempt_tried);
	free(walk.unplaceable_tried);
	return walk.started;
}
