/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * snapshot.c - see snapshot.h
 *
 * The order of the copies matters little, since all of it happens under one
 * hold of the locks: nodes (with GPU types, licences, reservations, which the
 * rest refers to by index), running jobs, the queue.
 *
 * Cost: O(nodes + running jobs' nodes + pending jobs); a queue of 4,000 on 512
 * nodes takes a few milliseconds beside what build_job_queue() takes.
 */
#include "plugins/sched/shape.h"
#include "plugins/sched/snapshot.h"
#include "plugins/sched/start.h"

#define ARENA_LIMIT ((size_t)1 << 30)

void *weft_snapshot_grow(struct weft_snapshot *snap, void *old, uint32_t count,
			 uint32_t *cap, size_t size)
{
	uint32_t more = *cap ? *cap * 2 : 256;
	void *p;

	if (count < *cap)
		return old;
	p = weft_arena_alloc(&snap->arena, more, size);
	if (!p)
		return NULL;
	if (count)
		memcpy(p, old, count * size);
	*cap = more;
	return p;
}

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

static int fill_job(struct weft_snapshot *snap, job_record_t *job_ptr,
		    uint32_t shape_idx)
{
	time_t now = snap->cluster.now_sec;
	struct weft_job *job;

	job = weft_snapshot_grow(snap, snap->job, snap->job_count,
				 &snap->job_cap, sizeof(*job));
	if (!job)
		return -ENOMEM;
	snap->job = job;
	job = &snap->job[snap->job_count++];
	*job = (struct weft_job) {
		.job_id = job_ptr->job_id,
		.shape_idx = shape_idx,
		.priority = job_ptr->priority,
		.submit_sec = job_ptr->details->submit_time,
		.eligible_sec = MIN(job_ptr->details->begin_time, now),
		.user_id = job_ptr->user_id,
		.array_tasks = 1,
		.array_running_max = UINT32_MAX,
	};
	if (job_ptr->deadline && job_ptr->deadline != NO_VAL)
		job->deadline_sec = job_ptr->deadline;
	if (job_ptr->req_switch)
		job->switch_wait_until_sec =
			(job_ptr->wait4switch_start ?
			 job_ptr->wait4switch_start : now) +
			job_ptr->wait4switch;
	return 0;
}

/* One record of the queue, already prepared and found eligible. */
static int add_job(struct weft_snapshot *snap, const job_queue_rec_t *rec,
		   job_record_t *job_ptr)
{
	struct weft_ref *ref;
	uint32_t shape_idx;
	int rc;

	ref = weft_snapshot_grow(snap, snap->ref, snap->ref_count,
				 &snap->ref_cap, sizeof(*ref));
	if (!ref)
		return -ENOMEM;
	snap->ref = ref;
	ref = &snap->ref[snap->ref_count++];
	*ref = (struct weft_ref) {
		.job_id = rec->job_id,
		.array_task_id = rec->array_task_id,
		.priority = rec->priority,
		.het_job_id = job_ptr->het_job_id,
		.qos_id = weft_slurm_queue_qos_id(rec),
		.partition = weft_arena_strdup(&snap->arena,
					       rec->part_ptr->name),
		.reservation = rec->resv_ptr ?
			weft_arena_strdup(&snap->arena, rec->resv_ptr->name) :
			NULL,
		.use_prefer = rec->use_prefer,
		.job_idx = UINT32_MAX,
		.limit_sec = UINT32_MAX,
	};
	if (!ref->partition || (rec->resv_ptr && !ref->reservation))
		return -ENOMEM;
	if (weft_refusals_has(snap->refusals, ref->job_id,
			      snap->cluster.now_sec))
		return 0;
	rc = weft_shape_of(snap, job_ptr, &shape_idx);
	if (rc == -ENOTSUP)
		return 0;
	if (rc)
		return rc;
	ref->limit_sec = snap->shape[shape_idx].limit_sec;
	ref->job_idx = snap->job_count;
	ref->job_count = tasks_of(job_ptr);
	for (uint32_t i = 0; rc == 0 && i < ref->job_count; i++)
		rc = fill_job(snap, job_ptr, shape_idx);
	return rc;
}

int weft_snapshot_queue(struct weft_snapshot *snap, time_t now)
{
	struct xlist *queue = build_job_queue(false, false);
	job_queue_rec_t *rec;
	job_record_t *job_ptr;
	int rc;

	sort_job_queue(queue);
	snap->shape_index =
		weft_shape_index_create((uint32_t)list_count(queue));
	rc = snap->shape_index ? 0 : -ENOMEM;
	while (rc == 0 && (rec = list_pop(queue))) {
		job_ptr = weft_start_prepare(rec);
		if (job_ptr) {
			if (weft_start_eligible(job_ptr, now, false))
				rc = add_job(snap, rec, job_ptr);
			job_resv_clear_magnetic_flag(job_ptr);
		}
		xfree(rec);
	}
	FREE_NULL_LIST(queue);
	weft_shape_index_destroy(snap->shape_index);
	snap->shape_index = NULL;
	return rc;
}

int weft_snapshot_take(struct weft_snapshot *snap,
		       const struct weft_fabric *fabric,
		       const struct weft_refusals *refusals, time_t now,
		       struct weft_err *err)
{
	int rc;

	*snap = (struct weft_snapshot) { .refusals = refusals };
	weft_arena_init(&snap->arena, ARENA_LIMIT);
	snap->cluster.now_sec = now;
	snap->cluster.fabric = fabric;
	rc = weft_snapshot_nodes(snap, now);
	if (rc == 0)
		rc = weft_snapshot_running(snap, now);
	if (rc == 0)
		rc = weft_snapshot_queue(snap, now);
	if (rc)
		weft_err_set(err, -rc, "no memory for a snapshot of %d nodes",
			     node_record_count);
	return rc;
}

void weft_snapshot_release(struct weft_snapshot *snap)
{
	weft_arena_fini(&snap->arena);
}
