/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * jobs.c - see jobs.h
 *
 * slurm_load_job_user() carries the jobs of one user in one answer; what is
 * not ours is dropped here.  A pending array is one record with an expression
 * of its elements; elements that started or ended have their own.  A requeued
 * job is pending again: its base state says so.
 */
#include "config.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <slurm/slurm.h>
#include <slurm/slurm_errno.h>

#include "tools/slurm/assoc.h"
#include "tools/slurm/jobs.h"

static enum weft_job_state base_state(const slurm_job_info_t *job)
{
	switch (job->job_state & JOB_STATE_BASE) {
	case JOB_PENDING:
		return WEFT_JOB_PENDING;
	case JOB_COMPLETE:
		return WEFT_JOB_DONE;
	case JOB_CANCELLED:
		return WEFT_JOB_CANCELLED;
	case JOB_FAILED:
		return WEFT_JOB_FAILED;
	case JOB_TIMEOUT:
	case JOB_DEADLINE:
		return WEFT_JOB_TIMEOUT;
	case JOB_NODE_FAIL:
	case JOB_BOOT_FAIL:
		return WEFT_JOB_NODE_FAIL;
	case JOB_PREEMPTED:
		return WEFT_JOB_PREEMPTED;
	case JOB_OOM:
		return WEFT_JOB_OOM;
	default:
		return WEFT_JOB_RUNNING;
	}
}

static const char *reason_word(uint32_t reason)
{
	switch (reason) {
	case WAIT_PRIORITY:
		return "Priority";
	case WAIT_DEPENDENCY:
		return "Dependency";
	case WAIT_RESOURCES:
		return "Resources";
	case WAIT_TIME:
		return "BeginTime";
	case WAIT_HELD:
		return "JobHeldAdmin";
	case WAIT_HELD_USER:
		return "JobHeldUser";
	case WAIT_DEP_INVALID:
		return "DependencyNeverSatisfied";
	case WAIT_PART_DOWN:
		return "PartitionDown";
	case WAIT_NODE_NOT_AVAIL:
		return "ReqNodeNotAvail";
	case WAIT_ARRAY_TASK_LIMIT:
		return "JobArrayTaskLimit";
	default:
		return "other";
	}
}

static int copy_text(char **to, const char *from)
{
	if (!from || !*from)
		return 0;
	*to = strdup(from);
	return *to ? 0 : -ENOMEM;
}

static int copy_job(struct weft_job_info *to, slurm_job_info_t *from)
{
	int rc;

	memset(to, 0, sizeof(*to));
	to->own_id = from->job_id;
	to->is_array = from->array_job_id != 0;
	to->job_id = to->is_array ? from->array_job_id : from->job_id;
	to->task_id = to->is_array && from->array_task_id != NO_VAL ?
			      from->array_task_id : UINT32_MAX;
	to->state = base_state(from);
	to->held = to->state == WEFT_JOB_PENDING && from->priority == 0;
	to->launch_failed = to->held && from->state_desc &&
			    strstr(from->state_desc, "launch failed");
	to->never = to->state == WEFT_JOB_PENDING &&
		    from->state_reason == WAIT_DEP_INVALID;
	to->exit_status = (int)from->exit_code;
	to->start_sec = from->start_time;
	to->end_sec = from->end_time;
	to->restarts = from->restart_cnt;
	rc = copy_text(&to->comment, from->comment);
	if (!rc && to->task_id == UINT32_MAX)
		rc = copy_text(&to->tasks, from->array_task_str);
	if (!rc)
		rc = copy_text(&to->node, from->batch_host);
	if (!rc && to->state == WEFT_JOB_PENDING)
		rc = copy_text(&to->reason, reason_word(from->state_reason));
	return rc;
}

int weft_slurm_list(const char *comment_prefix, struct weft_job_list *ret_list,
		    struct weft_err *err)
{
	job_info_msg_t *msg = NULL;
	struct weft_job_list list = { 0 };
	size_t len = strlen(comment_prefix);
	int rc = 0;

	/* SHOW_LOCAL: or libslurm asks about the federation first, each time */
	if (slurm_load_job_user(&msg, getuid(), SHOW_ALL | SHOW_LOCAL)) {
		int code = errno;

		/* "no jobs of that user" comes as an error */
		if (code == ESLURM_INVALID_JOB_ID) {
			memset(ret_list, 0, sizeof(*ret_list));
			return 0;
		}
		return weft_err_set(err, EAGAIN, "slurmctld: %s", slurm_strerror(code));
	}
	list.jobs = calloc(msg->record_count + 1, sizeof(*list.jobs));
	if (!list.jobs)
		rc = -ENOMEM;
	for (uint32_t i = 0; i < msg->record_count && !rc; i++) {
		slurm_job_info_t *job = &msg->job_array[i];

		if (!job->comment || strncmp(job->comment, comment_prefix, len))
			continue;
		rc = copy_job(&list.jobs[list.count++], job);
	}
	slurm_free_job_info_msg(msg);
	if (rc) {
		weft_job_list_fini(&list);
		return weft_err_set(err, ENOMEM, "out of memory");
	}
	*ret_list = list;
	return 0;
}

void weft_job_list_fini(struct weft_job_list *list)
{
	for (uint32_t i = 0; i < list->count; i++) {
		free(list->jobs[i].tasks);
		free(list->jobs[i].comment);
		free(list->jobs[i].reason);
		free(list->jobs[i].node);
	}
	free(list->jobs);
	memset(list, 0, sizeof(*list));
}

int weft_slurm_release(uint32_t job_id, struct weft_err *err)
{
	job_desc_msg_t msg;

	slurm_init_job_desc_msg(&msg);
	msg.job_id = job_id;
	msg.priority = INFINITE;
	if (!slurm_update_job(&msg))
		return 0;
	if (errno == ESLURM_JOB_NOT_PENDING || errno == ESLURM_JOB_FINISHED)
		return 0;	/* released before: it runs, or has run */
	if (errno == ESLURM_INVALID_JOB_ID || errno == ESLURM_ALREADY_DONE)
		return weft_err_set(err, ENOENT, "job %u is gone", job_id);
	return weft_err_set(err, EAGAIN, "job %u: %s", job_id, slurm_strerror(errno));
}

int weft_slurm_cancel(const char *job, struct weft_err *err)
{
	if (!slurm_kill_job2(job, SIGKILL, 0, NULL) || errno == ESLURM_ALREADY_DONE ||
	    errno == ESLURM_INVALID_JOB_ID)
		return 0;
	return weft_err_set(err, EAGAIN, "job %s: %s", job, slurm_strerror(errno));
}

static uint32_t default_minutes(void)
{
	partition_info_msg_t *parts = NULL;
	uint32_t minutes = UINT32_MAX;

	if (slurm_load_partitions((time_t)0, &parts, SHOW_ALL))
		return minutes;
	for (uint32_t i = 0; i < parts->record_count; i++) {
		const partition_info_t *part = &parts->partition_array[i];

		if (!(part->flags & PART_FLAG_DEFAULT))
			continue;
		minutes = part->default_time != NO_VAL ? part->default_time :
							 part->max_time;
		if (minutes == INFINITE || minutes == NO_VAL)
			minutes = UINT32_MAX;
	}
	slurm_free_partition_info_msg(parts);
	return minutes;
}

int weft_slurm_limits(struct weft_slurm_limits *ret_limits, struct weft_err *err)
{
	struct weft_slurm_limits limits = { .default_minutes = UINT32_MAX };
	stats_info_response_msg_t *stats = NULL;
	stats_info_request_msg_t ask = { .command_id = STAT_COMMAND_GET };
	slurm_conf_t *conf = NULL;

	if (slurm_load_ctl_conf((time_t)0, &conf))
		return weft_err_set(err, EAGAIN, "slurmctld: %s", slurm_strerror(errno));
	limits.max_array_size = conf->max_array_sz;
	limits.max_job_count = conf->max_job_cnt;
	limits.enforced = weft_slurm_enforces(conf->accounting_storage_enforce);
	slurm_free_ctl_conf(conf);
	limits.default_minutes = default_minutes();
	/* Slurm's memory, and no public call frees it: asked once a command. */
	if (!slurm_get_statistics(&stats, &ask) && stats)
		limits.job_count = stats->jobs_pending + stats->jobs_running;
	*ret_limits = limits;
	return 0;
}
