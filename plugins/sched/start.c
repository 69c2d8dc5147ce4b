/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * start.c - see start.h
 *
 * Slurm stays the judge: who may run is asked of Slurm's own functions, in
 * the order in which its main pass asks them, and the start itself is
 * select_nodes(), which can only give what is free.  Weft's part is to say
 * which nodes it may look at: all others are added to the job's excluded
 * nodes for the duration of the call and taken out again in every case.
 *
 * A refusal by select_nodes() is never final here.  The main pass holds a job
 * for good (priority 0, BadConstraints) when it cannot run in the cluster's
 * configuration; with most nodes closed that answer means nothing.
 *
 * Source: _schedule() in src/slurmctld/job_scheduler.c and _start_job() in
 * src/plugins/sched/backfill/backfill.c.
 */
#include "plugins/sched/publish.h"
#include "plugins/sched/start.h"
#include "plugins/sched/wishes.h"

extern diag_stats_t slurmctld_diag_stats;

static void set_reason(job_record_t *job_ptr, uint32_t reason)
{
	if (job_ptr->state_reason == reason && !job_ptr->state_desc)
		return;
	job_ptr->state_reason = reason;
	xfree(job_ptr->state_desc);
	last_job_update = time(NULL);
}

job_record_t *weft_start_prepare(const job_queue_rec_t *rec)
{
	job_record_t *job_ptr = find_job_record(rec->job_id);
	job_queue_rec_t copy;

	if (job_ptr && rec->array_task_id == NO_VAL &&
	    job_ptr->array_task_id != NO_VAL && job_ptr->array_job_id)
		job_ptr = find_job_record(job_ptr->array_job_id);
	if (!job_ptr || !job_ptr->details || !IS_JOB_PENDING(job_ptr) ||
	    IS_JOB_COMPLETING(job_ptr) || IS_JOB_REVOKED(job_ptr) ||
	    job_ptr->priority == 0 || job_ptr->preempt_in_progress)
		return NULL;

	if (!weft_slurm_queue_is_current(rec, job_ptr))
		return NULL;

	weft_slurm_queue_apply_priority(rec, job_ptr);
	if (rec->use_prefer) {
		job_ptr->details->features_use = job_ptr->details->prefer;
		job_ptr->details->feature_list_use =
			job_ptr->details->prefer_list;
	} else {
		job_ptr->details->features_use = job_ptr->details->features;
		job_ptr->details->feature_list_use =
			job_ptr->details->feature_list;
	}
	weft_slurm_queue_apply_qos(rec, job_ptr);
	copy = *rec;
	copy.job_ptr = job_ptr;
	if (job_ptr->resv_list)
		job_queue_rec_resv_list(&copy);
	else
		job_queue_rec_magnetic_resv(&copy);
	job_ptr->part_ptr = rec->part_ptr;
	return job_ptr;
}

static bool qos_is_valid(job_record_t *job_ptr)
{
	assoc_mgr_lock_t locks = { .assoc = READ_LOCK, .qos = READ_LOCK };
	bool valid;

	if (!job_ptr->qos_id)
		return true;
	assoc_mgr_lock(&locks);
	valid = !job_ptr->assoc_ptr ||
		!(accounting_enforce & ACCOUNTING_ENFORCE_QOS) ||
		job_ptr->limit_set.qos ||
		(job_ptr->qos_id < g_qos_count && job_ptr->assoc_ptr->usage &&
		 job_ptr->assoc_ptr->usage->valid_qos &&
		 bit_test(job_ptr->assoc_ptr->usage->valid_qos,
			  job_ptr->qos_id));
	if (valid && job_ptr->state_reason == FAIL_QOS)
		set_reason(job_ptr, WAIT_NO_REASON);
	assoc_mgr_unlock(&locks);
	if (!valid)
		job_fail_qos(job_ptr, __func__, false);
	return valid;
}

bool weft_start_eligible(job_record_t *job_ptr, time_t now, bool about_to_start)
{
	if (!job_ptr->part_ptr || !job_ptr->details)
		return false;
	if (job_limits_check(&job_ptr, false) != WAIT_NO_REASON)
		return false;
	if (!qos_is_valid(job_ptr))
		return false;
	if (job_ptr->deadline && job_ptr->deadline != NO_VAL &&
	    !weft_slurm_deadline_ok(job_ptr))
		return false;
	if (!acct_policy_job_runnable_pre_select(job_ptr, false))
		return false;
	if (about_to_start &&
	    license_job_test(job_ptr, now, true) != SLURM_SUCCESS) {
		set_reason(job_ptr, WAIT_LICENSES);
		return false;
	}
	if (assoc_mgr_validate_assoc_id(acct_db_conn, job_ptr->assoc_id,
					accounting_enforce)) {
		set_reason(job_ptr, FAIL_ACCOUNT);
		return false;
	}
	return true;
}

void weft_start_refused(job_record_t *job_ptr)
{
	if (IS_JOB_PENDING(job_ptr) &&
	    job_ptr->state_reason == WAIT_NO_REASON)
		set_reason(job_ptr, WAIT_RESOURCES);
}

/* The planned run time of a job with a deadline ends before it. */
static uint32_t limit_before_deadline(const job_record_t *job_ptr, time_t now)
{
	uint32_t limit, left;

	if (!job_ptr->deadline || job_ptr->deadline == NO_VAL ||
	    job_ptr->deadline <= now)
		return 0;
	left = (uint32_t)((job_ptr->deadline - now) / 60);
	limit = job_ptr->time_limit;
	if (limit == NO_VAL || limit == INFINITE)
		limit = job_ptr->part_ptr->default_time;
	if (limit == NO_VAL || limit == INFINITE)
		limit = job_ptr->part_ptr->max_time;
	if (limit == NO_VAL || limit == INFINITE)
		return left;
	return MIN(limit, left);
}

/* The minutes it is to run instead of what it asks, 0: what it asks. */
static uint32_t shorter_limit(const job_record_t *job_ptr, uint32_t limit_sec,
			      time_t now)
{
	uint32_t limit = limit_before_deadline(job_ptr, now), planned;

	if (!job_ptr->time_min || job_ptr->time_min == NO_VAL ||
	    limit_sec == UINT32_MAX)
		return limit;
	planned = MAX(limit_sec / 60, job_ptr->time_min);
	return limit ? MIN(limit, planned) : planned;
}

/*
 * The job runs with the limit that it was given: let it end before any
 * reservation to come, and keep what accounting counts in step.
 */
static void settle_limit(job_record_t *job_ptr, uint32_t asked)
{
	uint32_t given = job_ptr->time_limit, limit;

	if (!job_ptr->node_bitmap || IS_JOB_FINISHED(job_ptr))
		return;
	job_time_adj_resv(job_ptr);
	limit = job_ptr->time_limit;
	if (limit != given) {
		job_ptr->time_limit = given;
		acct_policy_alter_job(job_ptr, limit);
		job_ptr->time_limit = limit;
	}
	if (limit != asked)
		info("sched/weft: %pJ time limit changed from %u to %u",
		     job_ptr, asked, limit);
}

/* The tasks that still wait keep the limit that the array asked for. */
static void restore_array_limit(const job_record_t *job_ptr, uint32_t asked)
{
	job_record_t *base = find_job_record(job_ptr->array_job_id);

	if (base && base != job_ptr && base->array_recs &&
	    IS_JOB_PENDING(base))
		base->time_limit = asked;
}

/* select_nodes() may split an array's record off: both lose our exclusions. */
static void restore_excluded(job_record_t *job_ptr, bitstr_t *excluded,
			     bool was_array)
{
	job_record_t *base;

	if (was_array && job_ptr->details) {
		base = find_job_record(job_ptr->array_job_id);
		if (base && base != job_ptr && base->details &&
		    base->array_recs) {
			FREE_NULL_BITMAP(base->details->exc_node_bitmap);
			if (excluded)
				base->details->exc_node_bitmap =
					bit_copy(excluded);
		}
	}
	if (!job_ptr->details) {
		FREE_NULL_BITMAP(excluded);
		return;
	}
	FREE_NULL_BITMAP(job_ptr->details->exc_node_bitmap);
	job_ptr->details->exc_node_bitmap = excluded;
}

static int select_outside(job_record_t *job_ptr, bitstr_t *closed)
{
	bitstr_t *excluded = job_ptr->details->exc_node_bitmap;
	bool was_array = job_ptr->array_recs;	/* else its list is its own */
	int rc;

	if (!closed)
		return weft_slurm_select_nodes(job_ptr, SLURMDB_JOB_FLAG_BACKFILL);
	job_ptr->details->exc_node_bitmap = bit_copy(closed);
	if (excluded)
		bit_or(job_ptr->details->exc_node_bitmap, excluded);
	rc = weft_slurm_select_nodes(job_ptr, SLURMDB_JOB_FLAG_BACKFILL);
	restore_excluded(job_ptr, excluded, was_array);
	return rc;
}

int weft_start_run(job_record_t *job_ptr, bitstr_t *closed, uint32_t limit_sec,
		   time_t now)
{
	uint32_t limit = shorter_limit(job_ptr, limit_sec, now);
	uint32_t limit_asked = job_ptr->time_limit;
	struct weft_guard guard;
	int rc;

	if (fed_mgr_job_lock(job_ptr)) {
		set_reason(job_ptr, WAIT_FED_JOB_LOCK);
		return ESLURM_FED_JOB_LOCK;
	}
	if (limit)
		job_ptr->time_limit = limit;
	weft_guard_begin(&guard);
	rc = select_outside(job_ptr, closed);
	weft_guard_end(&guard);
	if (limit && job_ptr->array_job_id)
		restore_array_limit(job_ptr, limit_asked);
	if (rc != SLURM_SUCCESS) {
		if (limit)
			job_ptr->time_limit = limit_asked;
		fed_mgr_job_unlock(job_ptr);
		return rc;
	}
	weft_publish_forget(job_ptr);
	if (limit)
		settle_limit(job_ptr, limit_asked);
	fed_mgr_job_start(job_ptr, job_ptr->start_time);
	last_job_update = now;
	info("sched/weft: started %pJ on %s in %s", job_ptr, job_ptr->nodes,
	     job_ptr->part_ptr->name);
	weft_slurm_power_job_start(job_ptr);
	if (job_ptr->batch_flag == 0)
		srun_allocate(job_ptr);
	else if (!IS_JOB_CONFIGURING(job_ptr))
		launch_job(job_ptr);
	rebuild_job_part_list(job_ptr);
	slurmctld_diag_stats.backfilled_jobs++;
	slurmctld_diag_stats.last_backfilled_jobs++;
	return SLURM_SUCCESS;
}
