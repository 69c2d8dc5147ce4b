/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ctld.h - slurmctld's inside, one spelling for every Slurm release
 *
 * For plugins that live in slurmctld (sched/weft).  See compat.h for the
 * rules.  Functions named here keep the locking rules of what they wrap.
 */
#ifndef WEFT_PLUGINS_SLURM_CTLD_H
#define WEFT_PLUGINS_SLURM_CTLD_H

#include "plugins/slurm/compat.h"

#include "src/common/assoc_mgr.h"
#include "src/common/node_conf.h"

#if WEFT_SLURM_HAS_STEPMGR
#include "src/common/job_features.h"
#endif
#if WEFT_SLURM_HAS_INTERFACES
#include "src/interfaces/burst_buffer.h"
#include "src/interfaces/cred.h"
#include "src/interfaces/preempt.h"
#include "src/interfaces/select.h"
#else
#include "src/common/power.h"
#include "src/common/slurm_cred.h"
#include "src/common/select.h"
#include "src/slurmctld/burst_buffer.h"
#include "src/slurmctld/preempt.h"
#endif

#include "src/slurmctld/acct_policy.h"
#include "src/slurmctld/agent.h"
#include "src/slurmctld/fed_mgr.h"
#include "src/slurmctld/job_scheduler.h"
#include "src/slurmctld/licenses.h"
#include "src/slurmctld/locks.h"
#include "src/slurmctld/node_scheduler.h"
#include "src/slurmctld/reservation.h"
#include "src/slurmctld/slurmctld.h"
#include "src/slurmctld/state_save.h"

#if WEFT_SLURM_HAS_STEPMGR
#include "src/slurmctld/proc_req.h"
#else
#include "src/slurmctld/srun_comm.h"
#endif

/* struct job_details, later job_details_t */
typedef __typeof__(*((job_record_t *)0)->details) weft_slurm_details_t;

/* Slurm's own choice and start; job, node write locks. */
static inline int weft_slurm_select_nodes(job_record_t *job_ptr,
					  uint32_t scheduler_flag)
{
#if WEFT_SLURM_HAS_STEPMGR
	job_node_select_t request = { .job_ptr = job_ptr };

	return select_nodes(&request, false, false, scheduler_flag);
#else
	return select_nodes(job_ptr, false, NULL, NULL, false, scheduler_flag);
#endif
}

/* False, and the job is cancelled, if it cannot end before its deadline. */
static inline bool weft_slurm_deadline_ok(job_record_t *job_ptr)
{
	char who[] = "weft";	/* 22.05 wants char *, 24.11 const char * */

	return deadline_ok(job_ptr, who);
}

/* --exclusive: a number in 22.05 (2 and 3 mean user and mcs), later bits. */
static inline bool weft_slurm_is_exclusive(uint32_t whole_node)
{
#if WEFT_SLURM_HAS_STEPMGR
	return whole_node & WHOLE_NODE_REQUIRED;
#else
	return whole_node == WHOLE_NODE_REQUIRED;
#endif
}

/* Shared by one user's or one label's jobs, or by whole blocks (24.11). */
static inline bool weft_slurm_is_shared_by_some(uint32_t whole_node)
{
	return whole_node && !weft_slurm_is_exclusive(whole_node);
}

/* sbatch --segment of the releases that have it; 0: none. */
static inline uint32_t weft_slurm_segment(const job_record_t *job_ptr)
{
#if WEFT_SLURM_HAS_STEPMGR
	return job_ptr->details->segment_size;
#else
	return 0;
#endif
}

/*
 * Take back a job that was started a moment ago: back to pending, its nodes
 * cleaned, eligible again when the credentials that may be out have expired.
 */
static inline void weft_slurm_undo_start(job_record_t *job_ptr, time_t now)
{
	uint64_t flags;
	int lifetime = 1200;

#if WEFT_SLURM_HAS_STEPMGR
	lifetime = cred_expiration();
#else
	(void) slurm_cred_ctx_get(slurmctld_config.cred_ctx,
				  SLURM_CRED_OPT_EXPIRY_WINDOW, &lifetime);
#endif
	job_ptr->details->begin_time = now + lifetime + 1;
	job_ptr->end_time = now;
#if WEFT_SLURM_HAS_STEPMGR
	job_state_set(job_ptr, JOB_PENDING | JOB_COMPLETING);
#else
	job_ptr->job_state = JOB_PENDING | JOB_COMPLETING;
#endif
	last_job_update = now;
	build_cg_bitmap(job_ptr);
	job_completion_logger(job_ptr, false);
	deallocate_nodes(job_ptr, false, false, false);
	/* The logger removed the submit; no stage-out of burst buffers. */
	flags = job_ptr->bit_flags;
	job_ptr->bit_flags |= JOB_KILL_HURRY;
#if WEFT_SLURM_HAS_STEPMGR
	acct_policy_add_job_submit(job_ptr, false);
#else
	acct_policy_add_job_submit(job_ptr);
#endif
	job_ptr->bit_flags = flags;
	if (!job_ptr->node_bitmap_cg || !bit_set_count(job_ptr->node_bitmap_cg))
		batch_requeue_fini(job_ptr);
}

/* Components of the het job, of which this is the leader, that do not run yet. */
static inline uint32_t weft_slurm_het_waiting(const job_record_t *leader)
{
	const job_record_t *job_ptr;
	struct listIterator *it;
	uint32_t waiting = 0;

	it = list_iterator_create(leader->het_job_list);
	while ((job_ptr = list_next(it)))
		waiting += !IS_JOB_RUNNING(job_ptr);
	list_iterator_destroy(it);
	return waiting;
}

/*
 * From 24.11 on a job may ask for several QOS, and each has its own record in
 * the queue.  The id of a record's QOS (0: the release has one QOS a job); a
 * record made again from that id; the job made to be the one of its record.
 */
static inline uint32_t weft_slurm_queue_qos_id(const job_queue_rec_t *rec)
{
#if WEFT_SLURM_HAS_STEPMGR
	return rec->qos_ptr ? rec->qos_ptr->id : 0;
#else
	return 0;
#endif
}

static inline void weft_slurm_queue_set_qos(job_queue_rec_t *rec, uint32_t id)
{
#if WEFT_SLURM_HAS_STEPMGR
	struct listIterator *it;
	slurmdb_qos_rec_t *qos;

	rec->qos_ptr = rec->job_ptr->qos_ptr;
	if (!id || !rec->job_ptr->qos_list)
		return;
	it = list_iterator_create(rec->job_ptr->qos_list);
	while ((qos = list_next(it)))
		if (qos->id == id)
			rec->qos_ptr = qos;
	list_iterator_destroy(it);
#endif
}

static inline void weft_slurm_queue_apply_qos(const job_queue_rec_t *rec,
					      job_record_t *job_ptr)
{
#if WEFT_SLURM_HAS_STEPMGR
	job_ptr->qos_ptr = rec->qos_ptr;
#endif
}

/* May the job still run in the partition of its record?  It may have been updated. */
static inline bool weft_slurm_queue_is_current(const job_queue_rec_t *rec,
					       const job_record_t *job_ptr)
{
	struct listIterator *it;
	part_record_t *part;

	if (!job_ptr->part_ptr_list)
		return job_ptr->part_ptr == rec->part_ptr;
	it = list_iterator_create(job_ptr->part_ptr_list);
	while ((part = list_next(it)))
		if (part == rec->part_ptr)
			break;
	list_iterator_destroy(it);
	return part != NULL;
}

/*
 * A job of several partitions has a priority for each, and is given that of
 * its record; any other keeps its own, which may be a newer one.
 */
static inline void weft_slurm_queue_apply_priority(const job_queue_rec_t *rec,
						   job_record_t *job_ptr)
{
	const uint32_t *each;
	int count = 1;

#if WEFT_SLURM_HAS_STEPMGR
	each = job_ptr->part_prio ? job_ptr->part_prio->priority_array : NULL;
	if (job_ptr->qos_list)
		count = list_count(job_ptr->qos_list);
#else
	each = job_ptr->priority_array;
#endif
	if (job_ptr->part_ptr_list)
		count *= list_count(job_ptr->part_ptr_list);
	for (int i = 0; each && i < count; i++)
		if (each[i] == rec->priority)
			job_ptr->priority = rec->priority;
}

/* Did the site ask that preempted jobs get their --signal first? */
static inline bool weft_slurm_sends_user_signal(void)
{
#if WEFT_SLURM_HAS_STEPMGR
	if (xstrcasestr(slurm_conf.preempt_params, "send_user_signal"))
		return true;
#endif
	return xstrcasestr(slurm_conf.slurmctld_params,
			   "preempt_send_user_signal");
}

/* Said by 22.05's power plugins; later releases have none. */
static inline void weft_slurm_power_job_start(job_record_t *job_ptr)
{
#if !WEFT_SLURM_HAS_INTERFACES
	power_g_job_start(job_ptr);
#endif
}

#endif
