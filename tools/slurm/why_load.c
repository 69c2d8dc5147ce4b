/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * why_load.c - see why_load.h
 *
 * The request that squeue makes, and others if a job waits for a limit
 * (limit_load.c): authentication and PrivateData are Slurm's own.  Where the
 * planner tells no place in line, it counts the visible waiting jobs of the
 * same partition that come first by priority, then by number; held jobs are in
 * nobody's way.  Cost: O(jobs log jobs), by sorting.
 *
 * The numbers of enum job_state_reason used here are the same in 22.05 and
 * 24.11; limits of accounts and QOS are told by the text of their range.
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <slurm/slurm.h>
#include <slurm/slurm_errno.h>

#include "tools/slurm/job_name.h"
#include "tools/slurm/limit_load.h"
#include "tools/slurm/why_load.h"
#include "tools/slurm/submit.h"

static char *copy(const char *text)
{
	return strdup(text ? text : "");
}

static bool is_account_limit(uint32_t code)
{
	return (code >= WAIT_ASSOC_JOB_LIMIT && code <= WAIT_ASSOC_TIME_LIMIT) ||
		(code >= WAIT_QOS_THRES && code <= WAIT_QOS_TIME_LIMIT) ||
		code == WAIT_QOS || code == WAIT_ACCOUNT ||
		(code >= WAIT_QOS_GRP_CPU && code <= WAIT_ASSOC_MAX_SUB_JOB) ||
		(code >= WAIT_ASSOC_GRP_UNK && code <= WAIT_QOS_MIN_BB) ||
		(code >= WAIT_QOS_MAX_BB_PER_ACCT &&
		 code <= WAIT_QOS_MAX_SUB_JOB_PER_ACCT) ||
		code == WAIT_ACCOUNT_POLICY ||
		(code >= WAIT_ASSOC_GRP_BILLING && code <= WAIT_QOS_MIN_BILLING);
}

static enum weft_why_cause cause_of(uint32_t code)
{
	switch (code) {
	case WAIT_NO_REASON:
		return WEFT_WHY_UNKNOWN;
	case WAIT_RESOURCES:
		return WEFT_WHY_RESOURCES;
	case WAIT_PRIORITY:
		return WEFT_WHY_PRIORITY;
	case WAIT_DEPENDENCY:
		return WEFT_WHY_DEPENDENCY;
	case WAIT_DEP_INVALID:
		return WEFT_WHY_DEPENDENCY_NEVER;
	case WAIT_TIME:
		return WEFT_WHY_BEGIN;
	case WAIT_HELD_USER:
		return WEFT_WHY_HELD_USER;
	case WAIT_HELD:
		return WEFT_WHY_HELD_ADMIN;
	case WAIT_PART_DOWN:
	case WAIT_PART_INACTIVE:
		return WEFT_WHY_PARTITION_DOWN;
	case WAIT_PART_NODE_LIMIT:
	case WAIT_PART_TIME_LIMIT:
		return WEFT_WHY_PARTITION_LIMIT;
	case WAIT_RESERVATION:
		return WEFT_WHY_RESERVATION;
	case WAIT_LICENSES:
		return WEFT_WHY_LICENSE;
	case WAIT_ARRAY_TASK_LIMIT:
		return WEFT_WHY_ARRAY_LIMIT;
	case WAIT_NODE_NOT_AVAIL:
		return WEFT_WHY_NODES_DOWN;
	case FAIL_BAD_CONSTRAINTS:
		return WEFT_WHY_NEVER;
	default:
		return is_account_limit(code) ? WEFT_WHY_ACCOUNT_LIMIT :
						WEFT_WHY_OTHER;
	}
}

/*
 * Slurm's word for a number, "QOSMaxJobsPerUserLimit".  Neither function is in
 * slurm.h and each release exports one of them: NULL where it has the other.
 */
extern char *slurm_job_reason_string(enum job_state_reason code)
	__attribute__((weak));
extern const char *slurm_job_state_reason_string(enum job_state_reason code)
	__attribute__((weak));

static const char *slurms_word(uint32_t code)
{
	if (slurm_job_state_reason_string)
		return slurm_job_state_reason_string((enum job_state_reason)code);
	if (slurm_job_reason_string)
		return slurm_job_reason_string((enum job_state_reason)code);
	return NULL;
}

static const char *detail_of(const job_info_t *info, enum weft_why_cause cause)
{
	if (cause == WEFT_WHY_ACCOUNT_LIMIT ||
	    (cause == WEFT_WHY_OTHER && !(info->state_desc && info->state_desc[0])))
		return slurms_word(info->state_reason);
	if (info->state_desc && info->state_desc[0] &&
	    cause != WEFT_WHY_DEPENDENCY && cause != WEFT_WHY_DEPENDENCY_NEVER)
		return info->state_desc;
	switch (cause) {
	case WEFT_WHY_DEPENDENCY:
	case WEFT_WHY_DEPENDENCY_NEVER:
		return info->dependency;
	case WEFT_WHY_LICENSE:
		return info->licenses;
	case WEFT_WHY_RESERVATION:
		return info->resv_name;
	case WEFT_WHY_PARTITION_DOWN:
	case WEFT_WHY_PARTITION_LIMIT:
	case WEFT_WHY_NEVER:
		return info->partition;
	case WEFT_WHY_NODES_DOWN:
		return info->req_nodes;
	default:
		return NULL;
	}
}

/* Slurm's words for its states, in the order of enum job_states. */
static const char *state_of(uint32_t base)
{
	static const char *const word[] = {
		"PENDING", "RUNNING", "SUSPENDED", "COMPLETED", "CANCELLED",
		"FAILED", "TIMEOUT", "NODE_FAIL", "PREEMPTED", "BOOT_FAIL",
		"DEADLINE", "OUT_OF_MEMORY",
	};

	return base < sizeof(word) / sizeof(*word) ? word[base] : "UNKNOWN";
}

/* false: no memory. */
static bool fill(struct weft_why_job *job, const job_info_t *info)
{
	uint32_t base = info->job_state & JOB_STATE_BASE;

	job->job_id = info->job_id;
	job->array_id = info->array_job_id;
	job->waits = base == JOB_PENDING;
	job->own = info->user_id == getuid();
	job->code = info->state_reason;
	job->cause = cause_of(info->state_reason);
	job->priority = info->priority;
	job->start_sec = info->start_time;
	if (base == JOB_RUNNING || base == JOB_SUSPENDED)
		job->end_sec = info->time_limit == INFINITE ? WEFT_TIME_NEVER :
			info->end_time;
	if (weft_slurm_is_het(info)) {
		job->het_id = info->het_job_id;
		job->het_offset = info->het_job_offset;
	}
	if (info->array_max_tasks != NO_VAL)
		job->throttle = info->array_max_tasks;
	job->id = weft_slurm_job_name(info);
	job->user = weft_slurm_user_name(info);
	job->partition = copy(info->partition);
	job->name = copy(info->name);
	job->state = copy(state_of(base));
	job->detail = copy(detail_of(info, job->cause));
	job->nodes = copy(job->waits ? info->sched_nodes : info->nodes);
	job->licenses = copy(info->licenses);
	job->tasks = copy(info->array_task_str);
	job->task_id = info->array_job_id ? info->array_task_id : NO_VAL;
	job->explained = job->waits && info->system_comment &&
		weft_explain_read(info->system_comment, &job->explain) == 0 &&
		weft_why_agrees(job->cause, job->explain.kind);
	job->restarts = info->restart_cnt;
	job->admin_comment = copy(info->admin_comment);
	return job->admin_comment && job->nodes && job->licenses && job->tasks &&
		job->id && job->user && job->partition && job->name &&
		job->state && job->detail;
}

/* Waiting jobs first, by partition, highest priority first. */
static int compare(const void *a, const void *b)
{
	const struct weft_why_job *x = a, *y = b;
	int rc;

	if (x->waits != y->waits)
		return x->waits ? -1 : 1;
	rc = strcmp(x->partition, y->partition);
	if (rc)
		return rc;
	if (x->priority != y->priority)
		return x->priority > y->priority ? -1 : 1;
	return x->job_id < y->job_id ? -1 : x->job_id > y->job_id;
}

/* Could it start if there were room?  What waits for itself is in nobody's way. */
static bool contends(const struct weft_why_job *job)
{
	return job->cause == WEFT_WHY_RESOURCES ||
	       job->cause == WEFT_WHY_PRIORITY ||
	       job->cause == WEFT_WHY_LICENSE ||
	       job->cause == WEFT_WHY_UNKNOWN;
}

/* Sorted by partition, priority and number, as Slurm sorts its queue. */
static void count_ahead(struct weft_why *why)
{
	struct weft_why_job *job = why->job;
	uint32_t ahead = 0;

	for (uint32_t i = 0; i < why->job_count && job[i].waits; i++) {
		if (!i || strcmp(job[i].partition, job[i - 1].partition) != 0)
			ahead = 0;
		job[i].ahead_count = ahead;
		ahead += contends(&job[i]);
	}
}

static int fill_all(struct weft_why *why, const job_info_msg_t *msg)
{
	why->job = calloc(msg->record_count + 1, sizeof(*why->job));
	if (!why->job)
		return -ENOMEM;
	for (uint32_t i = 0; i < msg->record_count; i++)
		if (!fill(&why->job[why->job_count++], &msg->job_array[i]))
			return -ENOMEM;
	qsort(why->job, why->job_count, sizeof(*why->job), compare);
	count_ahead(why);
	return 0;
}

int weft_why_load(int64_t *since_sec, struct weft_why **ret_why,
		  struct weft_err *err)
{
	job_info_msg_t *msg = NULL;
	struct weft_why *why;
	int rc = weft_slurm_start(err);

	if (rc)
		return rc;
	if (slurm_load_jobs(since_sec ? (time_t)*since_sec : 0, &msg,
			    SHOW_ALL | SHOW_DETAIL)) {
		if (errno == SLURM_NO_CHANGE_IN_DATA)
			return -EALREADY;
		return weft_err_set(err, EIO, "cannot ask slurmctld for jobs: %s",
				    slurm_strerror(errno));
	}
	if (since_sec)
		*since_sec = (int64_t)msg->last_update;
	why = calloc(1, sizeof(*why));
	rc = why ? fill_all(why, msg) : -ENOMEM;
	if (rc == 0)
		weft_limit_load(why, msg, slurms_word);
	slurm_free_job_info_msg(msg);
	if (rc) {
		weft_why_destroy(why);
		return weft_err_set(err, ENOMEM, "out of memory");
	}
	*ret_why = why;
	return 0;
}
