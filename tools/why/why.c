/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * why.c - see why.h
 *
 * A table from cause to sentence; what follows a colon is Slurm's own detail
 * of the job (the dependency, the licences, the reservation).  It comes from
 * users, so control characters are shown as question marks.  No clock and no
 * Slurm here: tools/slurm/why_load.c asks, this file words the answer.
 *
 * Where sched/weft runs, its own words come instead of the table's, and the
 * jobs in the way and what would start sooner with them (sched/explain.h).
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/text.h"
#include "tools/why/why.h"

static const struct {
	const char *word, *text;
} causes[WEFT_WHY_CAUSE_COUNT] = {
	[WEFT_WHY_UNKNOWN] = { "NotTried", "the scheduler has not looked at it yet" },
	[WEFT_WHY_RESOURCES] = { "Resources", "waits for nodes, CPUs, memory or GPUs that are in use" },
	[WEFT_WHY_PRIORITY] = { "Priority", "jobs with a higher priority come first" },
	[WEFT_WHY_DEPENDENCY] = { "Dependency", "waits for another job" },
	[WEFT_WHY_DEPENDENCY_NEVER] = { "DependencyNever", "waits for a condition on another job that can no longer come true" },
	[WEFT_WHY_BEGIN] = { "Begin", "asked not to start before its begin time" },
	[WEFT_WHY_HELD_USER] = { "HeldUser", "held by its user; \"scontrol release\" lets it go" },
	[WEFT_WHY_HELD_ADMIN] = { "HeldAdmin", "held by an administrator (or priority 0)" },
	[WEFT_WHY_PARTITION_DOWN] = { "PartitionDown", "its partition is down or inactive" },
	[WEFT_WHY_PARTITION_LIMIT] = { "PartitionLimit", "asks for more nodes or time than its partition allows" },
	[WEFT_WHY_RESERVATION] = { "Reservation", "waits for a reservation" },
	[WEFT_WHY_LICENSE] = { "License", "waits for licences" },
	[WEFT_WHY_ARRAY_LIMIT] = { "ArrayLimit", "its array runs as many tasks as its own limit allows" },
	[WEFT_WHY_NODES_DOWN] = { "NodesDown", "needs nodes that are down, drained or reserved" },
	[WEFT_WHY_NEVER] = { "Never", "no node of its partition can give what it asks for" },
	[WEFT_WHY_ACCOUNT_LIMIT] = { "AccountLimit", "a limit of its account, user or QOS is reached" },
	[WEFT_WHY_OTHER] = { "Other", "Slurm gives another reason" },
};

void weft_why_destroy(struct weft_why *why)
{
	if (!why)
		return;
	for (uint32_t i = 0; i < why->job_count; i++) {
		free(why->job[i].id);
		free(why->job[i].user);
		free(why->job[i].partition);
		free(why->job[i].name);
		free(why->job[i].state);
		free(why->job[i].detail);
		free(why->job[i].licenses);
		free(why->job[i].nodes);
		free(why->job[i].tasks);
		free(why->job[i].admin_comment);
		free(why->job[i].out);
	}
	free(why->job);
	free(why);
}

const char *weft_why_word(enum weft_why_cause cause)
{
	return (unsigned)cause < WEFT_WHY_CAUSE_COUNT ? causes[cause].word :
							"Other";
}

/* Held jobs and the like stand in no line. */
static bool stands_in_line(const struct weft_why_job *job)
{
	switch (job->cause) {
	case WEFT_WHY_RESOURCES:
	case WEFT_WHY_PRIORITY:
	case WEFT_WHY_LICENSE:
	case WEFT_WHY_RESERVATION:
	case WEFT_WHY_NODES_DOWN:
		return true;
	case WEFT_WHY_UNKNOWN:
		return !job->het_id;
	default:
		return false;
	}
}

uint32_t weft_why_place(const struct weft_why_job *job)
{
	if (!stands_in_line(job))
		return 0;
	return job->explained && job->explain.line_place ?
		job->explain.line_place : job->ahead_count + 1;
}

int64_t weft_why_likely(const struct weft_why_job *job)
{
	const struct weft_explain *e = &job->explain;

	return job->explained && e->likely_sec &&
		(!job->start_sec || e->likely_sec + 60 <= job->start_sec) ?
		e->likely_sec : 0;
}

bool weft_why_names_license(const char *list, const char *name)
{
	size_t len = strlen(name);

	for (; list && *list; list += strcspn(list, ","), list += *list == ',')
		if (!strncmp(list, name, len) && strchr(":@,", list[len]))
			return true;
	return false;
}

bool weft_why_share_license(const char *list, const char *other)
{
	char name[64];
	size_t len;

	for (; list && *list; list += strcspn(list, ","), list += *list == ',') {
		len = strcspn(list, ":@,");
		if (!len || len >= sizeof(name))
			continue;
		memcpy(name, list, len);
		name[len] = '\0';
		if (weft_why_names_license(other, name))
			return true;
	}
	return false;
}

bool weft_out_starts(const struct weft_why_job *job,
		     const struct weft_out_group *group)
{
	return job->out && job->out->one_node && group->empty &&
		weft_why_place(job) == 1;
}

static void add_span(uint64_t minutes, struct weft_buf *buf)
{
	if (minutes >= 48 * 60)
		weft_buf_addf(buf, "%" PRIu64 "d%" PRIu64 "h", minutes / 1440,
			      minutes / 60 % 24);
	else if (minutes >= 60)
		weft_buf_addf(buf, "%" PRIu64 "h%02" PRIu64 "m", minutes / 60,
			      minutes % 60);
	else
		weft_buf_addf(buf, "%" PRIu64 "m", minutes);
}

static bool add_partition_limit(const struct weft_why_job *job,
				struct weft_buf *buf)
{
	const struct weft_why_bound *b = &job->bound;

	if (b->of == WEFT_BOUND_NONE)
		return false;
	weft_buf_adds(buf, "asks for ");
	if (b->of == WEFT_BOUND_TIME)
		add_span(b->asked, buf);
	else
		weft_buf_addf(buf, "%" PRIu64 " nodes", b->asked);
	weft_buf_adds(buf, ", its partition ");
	weft_text_add(buf, job->partition, 100);
	weft_buf_adds(buf, b->of == WEFT_BOUND_NODES_LEAST ? " takes none of fewer than " :
		      " allows at most ");
	if (b->of == WEFT_BOUND_TIME)
		add_span(b->bound, buf);
	else
		weft_buf_addf(buf, "%" PRIu64, b->bound);
	return true;
}

/* Sentences that need more of the job than its cause; false: there is none. */
static bool add_special(const struct weft_why_job *job, struct weft_buf *buf)
{
	switch (job->cause) {
	case WEFT_WHY_DEPENDENCY:
	case WEFT_WHY_DEPENDENCY_NEVER:
		weft_why_format_dependency(job->detail, buf);
		if (job->cause == WEFT_WHY_DEPENDENCY_NEVER)
			weft_buf_adds(buf, "; that can no longer come true: cancel it, or change its --dependency");
		return true;
	case WEFT_WHY_HELD_USER:
		weft_buf_addf(buf, "held by its user; \"scontrol release %" PRIu32 "\" lets it go",
			      job->job_id);
		return true;
	case WEFT_WHY_PARTITION_LIMIT:
		return add_partition_limit(job, buf);
	case WEFT_WHY_ARRAY_LIMIT:
		if (!job->throttle)
			return false;
		weft_buf_addf(buf, "its array runs at most %" PRIu32 " task%s at once (%%%" PRIu32
			      "); \"scontrol update jobid=%" PRIu32 " arraytaskthrottle=N\" changes that",
			      job->throttle, job->throttle == 1 ? "" : "s",
			      job->throttle, job->array_id);
		return true;
	case WEFT_WHY_UNKNOWN:
		if (!job->het_id)
			return false;
		weft_buf_adds(buf, "waits for the other parts of its heterogeneous job: they start together");
		return true;
	default:
		return false;
	}
}

int weft_why_format(const struct weft_why_job *job, struct weft_buf *buf)
{
	if (!job->waits) {
		weft_buf_adds(buf, "does not wait: ");
		weft_text_add(buf, job->state ? job->state : "?", 40);
		return weft_buf_error(buf);
	}
	if (add_special(job, buf))
		return weft_buf_error(buf);
	if (job->explained)
		return weft_explain_format(&job->explain, buf);
	if (job->limited)
		return weft_limit_format(&job->limit, job->own, buf);
	weft_buf_adds(buf, (unsigned)job->cause < WEFT_WHY_CAUSE_COUNT ?
		      causes[job->cause].text : causes[WEFT_WHY_OTHER].text);
	if (job->cause == WEFT_WHY_OTHER)
		weft_buf_addf(buf, ", number %u", job->code);
	if (job->detail && job->detail[0]) {
		weft_buf_adds(buf, ": ");
		weft_text_add(buf, job->detail, 300);
	}
	return weft_buf_error(buf);
}

int weft_why_format_wait(int64_t at_sec, int64_t now_sec, struct weft_buf *buf)
{
	long long min = (at_sec - now_sec + 59) / 60;

	if (at_sec <= now_sec)
		return weft_buf_adds(buf, "any moment");
	if (min < 60)
		return weft_buf_addf(buf, "in %lldm", min);
	if (min < 48 * 60)
		return weft_buf_addf(buf, "in %lldh%02lldm", min / 60, min % 60);
	return weft_buf_addf(buf, "in %lldd%lldh", min / 1440, min / 60 % 24);
}

const struct weft_why_job *weft_why_find(const struct weft_why *why,
					 uint32_t job_id)
{
	for (uint32_t i = 0; i < why->job_count; i++)
		if (why->job[i].job_id == job_id)
			return &why->job[i];
	return NULL;
}

bool weft_why_agrees(enum weft_why_cause cause, enum weft_reason_kind kind)
{
	switch (kind) {
	case WEFT_REASON_START:
		return false;
	case WEFT_REASON_PRIORITY:
	case WEFT_REASON_WINDOW:
	case WEFT_REASON_NOT_TRIED:
		return cause == WEFT_WHY_PRIORITY;
	case WEFT_REASON_SELECT:
		return cause == WEFT_WHY_PRIORITY ||
			cause == WEFT_WHY_RESOURCES;
	case WEFT_REASON_LICENSE:
		return cause == WEFT_WHY_LICENSE;
	case WEFT_REASON_RESERVATION:
		return cause == WEFT_WHY_RESERVATION;
	case WEFT_REASON_NODES_DOWN:
		return cause == WEFT_WHY_NODES_DOWN;
	case WEFT_REASON_BEGIN:
		return cause == WEFT_WHY_BEGIN;
	case WEFT_REASON_ARRAY_LIMIT:
		return cause == WEFT_WHY_ARRAY_LIMIT;
	default:
		return cause == WEFT_WHY_RESOURCES;
	}
}

/* A number of at most 4294967293; NULL if there is none. */
static const char *number(const char *text, uint32_t *ret)
{
	unsigned long n;
	char *end;

	if (*text < '0' || *text > '9')
		return NULL;
	n = strtoul(text, &end, 10);
	if (n > UINT32_MAX - 2)
		return NULL;
	*ret = (uint32_t)n;
	return end;
}

bool weft_why_parse_id(const char *text, uint32_t *ret_job, uint32_t *ret_task)
{
	uint32_t job, task = UINT32_MAX, part = 0;
	const char *end = number(text, &job);

	if (end && *end == '_')
		end = number(end + 1, &task);
	else if (end && *end == '+')	/* a part of a heterogeneous job */
		end = number(end + 1, &part);
	if (!end || *end || !job)
		return false;
	if (part >= UINT32_MAX - job)
		return false;
	*ret_job = job + part;	/* Slurm numbers them so */
	*ret_task = task;
	return true;
}

bool weft_why_has_task(const char *text, uint32_t task)
{
	uint32_t first, last, step;

	while ((text = number(text, &first))) {
		last = first;
		step = 1;
		if (*text == '-' && !(text = number(text + 1, &last)))
			return false;
		if (*text == ':' && !(text = number(text + 1, &step)))
			return false;
		if (task >= first && task <= last && step &&
		    (task - first) % step == 0)
			return true;
		if (*text != ',')
			return false;
		text++;
	}
	return false;
}

bool weft_why_is(const struct weft_why_job *job, uint32_t job_id, uint32_t task)
{
	if (task == UINT32_MAX)
		return job->job_id == job_id || job->array_id == job_id;
	return job->array_id == job_id &&
		(job->task_id == task ||
		 (job->tasks && weft_why_has_task(job->tasks, task)));
}
