/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * queue.c - the pending jobs into the snapshot (snapshot.h), in slices
 *
 * build_job_queue() is Slurm's: it walks all jobs in one hold of the locks,
 * and its records point into slurmctld, so they are worth nothing once the
 * locks are given back.  list_queue() therefore only takes names from it, in
 * Slurm's order: about 0.1 us a job, copied once for each run of jobs of one
 * partition.  What costs more, Slurm's own tests of eligibility and the
 * reading of a request, comes afterwards, one job at a time, each found again
 * by its names, and the locks go back whenever the slice is over.
 *
 * Invariant: between two jobs nothing is kept that points into slurmctld.
 * The shapes' keys (shape.c) hold no pointers either, so a partition that was
 * deleted meanwhile, and another made at its address, are not taken for one.
 * A partition's nodes are as they were at the first job of a shape.
 *
 * Cost: O(jobs log jobs) for build_job_queue() and its sort in one hold, which
 * Slurm bounds by build_queue_timeout; O(1) a job in slices.
 */
#include "plugins/sched/shape.h"
#include "plugins/sched/snapshot.h"
#include "plugins/sched/start.h"

#define SAY_EVERY 64		/* refs between two looks at the slice */

/* Tasks of an array that may be planned now. */
static uint32_t tasks_of(const job_record_t *job_ptr)
{
	const job_array_struct_t *array = job_ptr->array_recs;
	uint32_t tasks;

	if (!array || job_ptr->array_task_id != NO_VAL)
		return 1;
	tasks = MIN(array->task_cnt, WEFT_ARRAY_TASKS_MAX);
	if (array->max_run_tasks)
		tasks = MIN(tasks, array->max_run_tasks > array->tot_run_tasks ?
			    array->max_run_tasks - array->tot_run_tasks : 0);
	return MAX(tasks, 1);
}

/*
 * What Slurm's order puts above priority: reservations, the partition's tier,
 * and under preempt/qos the QOS.  A job whose priority was set by hand is in
 * no band with others either.
 */
static uint32_t tier_of(const job_record_t *job_ptr)
{
	uint32_t tier = job_ptr->part_ptr ? job_ptr->part_ptr->priority_tier : 0;

	if (job_ptr->resv_id || job_ptr->resv_ptr)
		tier |= UINT32_C(1) << 31;
	if (job_ptr->direct_set_prio)
		tier |= UINT32_C(1) << 30;
	if (!xstrcmp(slurm_conf.preempt_type, "preempt/qos"))
		tier |= (job_ptr->qos_id & 0x3fff) << 16;
	return tier;
}

/* Of its het job, those that start with it; all would if none can be found. */
static uint32_t components_of(const job_record_t *job_ptr)
{
	const job_record_t *leader = find_job_record(job_ptr->het_job_id);

	return leader && leader->het_job_list ?
		weft_slurm_het_waiting(leader) : UINT32_MAX;
}

static int fill_job(struct weft_snapshot *snap, job_record_t *job_ptr,
		    uint32_t shape_idx)
{
	time_t now = snap->cluster.now_sec;
	struct weft_job *job;

	job = weft_arena_grow(&snap->arena, snap->job, snap->job_count,
			      &snap->job_cap, sizeof(*job));
	if (!job)
		return -ENOMEM;
	snap->job = job;
	job = &snap->job[snap->job_count++];
	*job = (struct weft_job) {
		.job_id = job_ptr->job_id,
		.shape_idx = shape_idx,
		.priority = job_ptr->priority,
		.tier = tier_of(job_ptr),
		.nice = (int32_t)((int64_t)job_ptr->details->nice - NICE_OFFSET),
		.submit_sec = job_ptr->details->submit_time,
		.eligible_sec = MIN(job_ptr->details->begin_time, now),
		.user_id = job_ptr->user_id,
		.array_tasks = 1,
		.array_running_max = UINT32_MAX,
	};
	if (job_ptr->het_job_id) {
		job->gang_id = job_ptr->het_job_id;
		job->gang_part = job_ptr->het_job_offset;
		job->gang_parts = components_of(job_ptr);
	}
	if (job_ptr->deadline && job_ptr->deadline != NO_VAL)
		job->deadline_sec = job_ptr->deadline;
	if (job_ptr->req_switch)
		job->switch_wait_until_sec =
			(job_ptr->wait4switch_start ?
			 job_ptr->wait4switch_start : now) +
			job_ptr->wait4switch;
	return 0;
}

/* The names of a record of the queue. */
static int add_ref(struct weft_snapshot *snap, const job_queue_rec_t *rec,
		   const char **partition, const part_record_t **partition_of)
{
	struct weft_ref *ref;

	ref = weft_arena_grow(&snap->arena, snap->ref, snap->ref_count,
			      &snap->ref_cap, sizeof(*ref));
	if (!ref)
		return -ENOMEM;
	snap->ref = ref;
	ref = &snap->ref[snap->ref_count];
	if (rec->part_ptr != *partition_of) {
		*partition = weft_arena_strdup(&snap->arena,
					       rec->part_ptr->name);
		*partition_of = rec->part_ptr;
	}
	*ref = (struct weft_ref) {
		.job_id = rec->job_id,
		.array_task_id = rec->array_task_id,
		.priority = rec->priority,
		.qos_id = weft_slurm_queue_qos_id(rec),
		.partition = *partition,
		.reservation = rec->resv_ptr ?
			weft_arena_strdup(&snap->arena, rec->resv_ptr->name) :
			NULL,
		.use_prefer = rec->use_prefer,
		.job_idx = UINT32_MAX,
		.limit_sec = UINT32_MAX,
	};
	if (!ref->partition || (rec->resv_ptr && !ref->reservation))
		return -ENOMEM;
	snap->ref_count++;
	return 0;
}

int weft_snapshot_list_queue(struct weft_snapshot *snap)
{
	int64_t begin = weft_slice_now_usec();
	struct xlist *queue = build_job_queue(false, false);
	const part_record_t *partition_of = NULL;
	const char *partition = NULL;
	job_queue_rec_t *rec;
	int rc = 0;

	sort_job_queue(queue);
	while (rc == 0 && (rec = list_pop(queue))) {
		rc = add_ref(snap, rec, &partition, &partition_of);
		xfree(rec);
	}
	FREE_NULL_LIST(queue);
	snap->queue_usec = weft_slice_now_usec() - begin;
	return rc;
}

const struct weft_ref *weft_ref_next(struct weft_ref_walk *walk,
				     const job_record_t **ret_job_ptr)
{
	while (walk->next_idx < walk->snap->ref_count) {
		const struct weft_ref *ref = &walk->snap->ref[walk->next_idx];

		if (walk->next_idx++ % SAY_EVERY == 0 &&
		    !weft_slice_next(walk->slice)) {
			walk->dropped = true;
			return NULL;
		}
		if (ref->job_idx == UINT32_MAX)
			continue;
		*ret_job_ptr = find_job_record(ref->job_id);
		if (*ret_job_ptr)
			return ref;
	}
	return NULL;
}

job_record_t *weft_ref_find(const struct weft_ref *ref)
{
	job_queue_rec_t rec = {
		.array_task_id = ref->array_task_id,
		.job_id = ref->job_id,
		.priority = ref->priority,
		.use_prefer = ref->use_prefer,
	};
	char *name;

	rec.job_ptr = find_job_record(ref->job_id);
	name = xstrdup(ref->partition);
	rec.part_ptr = find_part_record(name);
	xfree(name);
	if (ref->reservation) {
		name = xstrdup(ref->reservation);
		rec.resv_ptr = find_resv_name(name);
		xfree(name);
	}
	if (!rec.job_ptr || !rec.part_ptr || (ref->reservation && !rec.resv_ptr))
		return NULL;
	weft_slurm_queue_set_qos(&rec, ref->qos_id);
	return weft_start_prepare(&rec);
}

/* A shape that only has a limit; UINT32_MAX: no memory. */
static uint32_t left_shape(struct weft_snapshot *snap, uint32_t limit_sec)
{
	struct weft_shape *shape;

	for (uint32_t i = snap->shape_count; i-- > 0;)
		if (snap->shape[i].left && !snap->shape[i].nodes &&
		    snap->shape[i].limit_sec == limit_sec)
			return i;
	shape = weft_arena_grow(&snap->arena, snap->shape, snap->shape_count,
				   &snap->shape_cap, sizeof(*shape));
	if (!shape)
		return UINT32_MAX;
	snap->shape = shape;
	shape[snap->shape_count] = (struct weft_shape) {
		.left = true, .limit_sec = limit_sec, .resv_idx = -1 };
	return snap->shape_count++;
}

/* Nothing of the request can be told but its limit. */
static uint32_t unknown_shape(struct weft_snapshot *snap, const job_record_t *job_ptr)
{
	uint32_t minutes = job_ptr->time_limit;

	if (minutes == NO_VAL)
		minutes = job_ptr->part_ptr->max_time;
	return left_shape(snap, minutes < UINT32_MAX / 60 ?
			  MAX(minutes, 1) * 60 : UINT32_MAX);
}

/*
 * A prepared and eligible job; without job_idx it is left to Slurm's select: one
 * whose request says more than a shape, and one that select has refused lately.
 * A het job of which one component was refused was refused as a whole.
 */
static int describe(struct weft_snapshot *snap, struct weft_ref *ref,
		    job_record_t *job_ptr)
{
	bool refused = weft_refusals_has(snap->refusals, job_ptr->het_job_id ?
					 job_ptr->het_job_id : ref->job_id,
					 snap->cluster.now_sec);
	uint32_t shape_idx;
	int rc = weft_shape_of(snap, job_ptr, refused, &shape_idx);

	ref->het_job_id = job_ptr->het_job_id;
	if (rc == -ENOTSUP)
		shape_idx = unknown_shape(snap, job_ptr);
	else if (rc)
		return rc;
	if (shape_idx == UINT32_MAX)
		return -ENOMEM;
	ref->limit_sec = snap->shape[shape_idx].limit_sec;
	ref->turn_idx = snap->job_count;
	if (snap->shape[shape_idx].left)
		return fill_job(snap, job_ptr, shape_idx);
	ref->job_idx = snap->job_count;
	rc = 0;
	ref->job_count = tasks_of(job_ptr);
	for (uint32_t i = 0; rc == 0 && i < ref->job_count; i++)
		rc = fill_job(snap, job_ptr, shape_idx);
	return rc;
}

int weft_snapshot_describe_queue(struct weft_snapshot *snap,
				 struct weft_slice *slice, time_t now)
{
	uint32_t kept = 0;
	job_record_t *job_ptr;
	int rc = 0;

	snap->shape_index = weft_shape_index_create(snap->ref_count);
	if (!snap->shape_index)
		return -ENOMEM;
	for (uint32_t i = 0; rc == 0 && i < snap->ref_count; i++) {
		if (!weft_slice_next(slice)) {
			rc = WEFT_SNAPSHOT_DROPPED;
			break;
		}
		job_ptr = weft_ref_find(&snap->ref[i]);
		if (!job_ptr)
			continue;
		if (weft_start_eligible(job_ptr, now, false)) {
			snap->ref[kept] = snap->ref[i];
			rc = describe(snap, &snap->ref[kept++], job_ptr);
		}
		job_resv_clear_magnetic_flag(job_ptr);
	}
	snap->ref_count = kept;
	weft_shape_index_destroy(snap->shape_index);
	snap->shape_index = NULL;
	return rc;
}
