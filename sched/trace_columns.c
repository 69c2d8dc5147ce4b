/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trace_columns.c - see trace_columns.h
 *
 * Empty text, "Unknown", "None" and SWF's -1 mean "not known" and leave the
 * field at its default.  Times of sacct are taken as UTC whatever zone they
 * were printed in: only differences matter, and SLURM_TIME_FORMAT=%s avoids
 * the jump at the end of summer time (docs/man/weft-sim.1 says so).
 */
#include "config.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "sched/predict.h"
#include "sched/trace_columns.h"

#define TIME_MAX_SEC 1e11
#define UNLIMITED_SEC 1e9	/* longer than any job is planned for */

typedef int (*set_fn)(const char *text, struct weft_trace_row *row);

struct weft_trace_column {
	enum weft_trace_format format;
	const char *name;
	set_fn set;
};

static bool is_unknown(const char *text)
{
	return !*text || !strcasecmp(text, "unknown") ||
	       !strcasecmp(text, "none") || !strcmp(text, "-1");
}

static int parse_number(const char *text, double *ret_value, const char **ret_end)
{
	char *end;
	double value = strtod(text, &end);

	if (end == text || !isfinite(value) || fabs(value) > 1e15)
		return -EINVAL;
	*ret_end = end;
	*ret_value = value;
	return 0;
}

/* A whole text that is one number >= 0. */
static int parse_amount(const char *text, double *ret_value)
{
	const char *end;
	double value;

	if (is_unknown(text))
		return 0;
	if (parse_number(text, &value, &end) || *end || value < 0)
		return -EINVAL;
	*ret_value = value;
	return 0;
}

static int parse_count(const char *text, uint32_t *ret_count)
{
	double value = *ret_count;

	if (parse_amount(text, &value) || value > UINT32_MAX)
		return -EINVAL;
	if (value > 0)		/* 0: nothing was allocated yet */
		*ret_count = (uint32_t)value;
	return 0;
}

/*
 * Seconds since the epoch, or YYYY-MM-DDTHH:MM:SS.  Beyond the year 5000 they
 * are no seconds (milliseconds, most likely).
 */
static int parse_time(const char *text, double *ret_sec)
{
	struct tm tm = { 0 };
	double sec = *ret_sec;
	const char *end;

	if (is_unknown(text))
		return 0;
	end = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
	if (end && !*end) {
		*ret_sec = (double)timegm(&tm);
		return 0;
	}
	if (parse_amount(text, &sec) || sec > TIME_MAX_SEC)
		return -EINVAL;
	*ret_sec = sec;
	return 0;
}

/* [D-]HH:MM:SS, MM:SS, or minutes: as Slurm writes time limits. */
static int parse_duration(const char *text, double *ret_sec)
{
	unsigned int d = 0, h = 0, m = 0, s = 0;
	int used = 0;

	if (sscanf(text, "%9u-%9u:%9u:%9u%n", &d, &h, &m, &s, &used) == 4 ||
	    (d = 0, sscanf(text, "%9u:%9u:%9u%n", &h, &m, &s, &used) == 3) ||
	    (h = 0, sscanf(text, "%9u:%9u%n", &m, &s, &used) == 2)) {
		if (text[used] && text[used] != '.')
			return -EINVAL;
		*ret_sec = ((d * 24.0 + h) * 60 + m) * 60 + s;
		return 0;
	}
	return -EINVAL;
}

/* "4000M", "16G", "250Gn", "4Gc": per node or per CPU is resolved later. */
static int parse_memory(const char *text, double *ret_mib)
{
	static const char units[] = "KMGTP";
	const char *end, *unit;
	double value;

	if (is_unknown(text))
		return 0;
	if (parse_number(text, &value, &end) || value < 0)
		return -EINVAL;
	unit = *end ? strchr(units, toupper((unsigned char)*end)) : NULL;
	if (unit)
		value *= pow(1024, (double)(unit - units) - 1);
	*ret_mib = value;
	return 0;
}

static int set_id(const char *text, struct weft_trace_row *row)
{
	snprintf(row->job.id, sizeof(row->job.id), "%s", text);
	row->is_step = strchr(text, '.') != NULL;
	return 0;
}

static int set_submit(const char *text, struct weft_trace_row *row)
{
	return parse_time(text, &row->job.submit_sec);
}

static int set_eligible(const char *text, struct weft_trace_row *row)
{
	return parse_time(text, &row->eligible_sec);
}

static int set_start(const char *text, struct weft_trace_row *row)
{
	return parse_time(text, &row->job.start_sec);
}

static int set_end(const char *text, struct weft_trace_row *row)
{
	return parse_time(text, &row->end_sec);
}

static int set_runtime(const char *text, struct weft_trace_row *row)
{
	row->has_runtime = !is_unknown(text);
	return parse_amount(text, &row->job.runtime_sec);
}

static int set_elapsed(const char *text, struct weft_trace_row *row)
{
	row->has_runtime = !is_unknown(text);
	return row->has_runtime ?
		parse_duration(text, &row->job.runtime_sec) : 0;
}

static int set_limit(const char *text, struct weft_trace_row *row)
{
	return parse_amount(text, &row->job.limit_sec);
}

static int set_limit_min(const char *text, struct weft_trace_row *row)
{
	double minutes = 0;
	int rc;

	if (!strcasecmp(text, "UNLIMITED"))
		row->job.limit_sec = UNLIMITED_SEC;
	if (!strcasecmp(text, "UNLIMITED") || !strcasecmp(text, "Partition_Limit"))
		return 0;
	rc = parse_amount(text, &minutes);
	row->job.limit_sec = minutes * 60;
	return rc;
}

static int set_limit_clock(const char *text, struct weft_trace_row *row)
{
	if (!strcasecmp(text, "UNLIMITED"))
		row->job.limit_sec = UNLIMITED_SEC;
	if (is_unknown(text) || !strcasecmp(text, "UNLIMITED") ||
	    !strcasecmp(text, "Partition_Limit"))
		return 0;
	return parse_duration(text, &row->job.limit_sec);
}

static int set_gpus(const char *text, struct weft_trace_row *row)
{
	return parse_amount(text, &row->job.gpus);
}

static int set_nodes(const char *text, struct weft_trace_row *row)
{
	return parse_count(text, &row->job.nodes);
}

static int set_cpus(const char *text, struct weft_trace_row *row)
{
	return parse_count(text, &row->job.cpus);
}

static int set_mem_mib(const char *text, struct weft_trace_row *row)
{
	double mib = (double)row->job.mem_mib;
	int rc = parse_memory(text, &mib);

	row->job.mem_mib = (uint64_t)mib;
	return rc;
}

/* SWF: kilobytes per processor, after the processors. */
static int set_mem_kib_per_cpu(const char *text, struct weft_trace_row *row)
{
	double kib = 0;
	int rc = parse_amount(text, &kib);

	row->job.mem_mib = (uint64_t)(kib * row->job.cpus / 1024);
	return rc;
}

/* The types-th type that is asked for, from 1. */
static int add_type(const char *name, size_t len, uint32_t types,
		    struct weft_trace_row *row)
{
	char text[64];

	row->has_types = types > 1;
	row->job.gpu_type_idx = 0;
	if (row->has_types || len >= sizeof(text))
		return 0;
	memcpy(text, name, len);
	text[len] = '\0';
	return weft_names_add(row->gpu_types, text, &row->job.gpu_type_idx,
			      NULL);
}

/*
 * "billing=8,cpu=8,gres/gpu:a100=2,gres/gpu=2,mem=64G,node=1"
 * types: 1 if those of the GPUs are meant.
 */
static int read_tres(const char *text, uint32_t types,
		     struct weft_trace_row *row)
{
	double value = 0, typed_gpus = 0;
	const char *item, *eq, *end;
	bool total_gpus = false;
	size_t len;
	int rc = 0;

	for (item = text; *item && !rc; item += strcspn(item, ",")) {
		item += *item == ',';
		eq = item + strcspn(item, "=,");
		if (*eq != '=')
			continue;
		len = (size_t)(eq - item);
		if (len == 3 && !strncmp(item, "mem", 3))
			rc = parse_memory(eq + 1, &value);
		else
			rc = parse_number(eq + 1, &value, &end);
		if (rc || value < 0)
			return -EINVAL;
		if (len == 3 && !strncmp(item, "cpu", 3))
			row->job.cpus = (uint32_t)fmin(value, UINT32_MAX);
		else if (len == 4 && !strncmp(item, "node", 4))
			row->job.nodes = (uint32_t)fmin(value, UINT32_MAX);
		else if (len == 3 && !strncmp(item, "mem", 3))
			row->job.mem_mib = (uint64_t)value;
		else if (len == 8 && !strncmp(item, "gres/gpu", 8)) {
			row->job.gpus = value;
			total_gpus = true;
		} else if (len > 9 && !strncmp(item, "gres/gpu:", 9)) {
			typed_gpus += value;
			if (types && value > 0)
				rc = add_type(item + 9, len - 9, types++, row);
		}
	}
	if (!total_gpus && typed_gpus > 0)
		row->job.gpus = typed_gpus;
	return rc;
}

static int set_req_tres(const char *text, struct weft_trace_row *row)
{
	return read_tres(text, 1, row);
}

/* What it got: that these GPUs have a type does not say that it mattered. */
static int set_alloc_tres(const char *text, struct weft_trace_row *row)
{
	return read_tres(text, 0, row);
}

static int set_gpu_type(const char *text, struct weft_trace_row *row)
{
	return weft_names_add(row->gpu_types, text, &row->job.gpu_type_idx,
			      NULL);
}

static int set_constraint(const char *text, struct weft_trace_row *row)
{
	return weft_names_add(row->constraints, text,
			      &row->job.constraint_idx, NULL);
}

static int set_user(const char *text, struct weft_trace_row *row)
{
	return weft_names_add(row->users, text, &row->job.user_idx, NULL);
}

static int set_group(const char *text, struct weft_trace_row *row)
{
	return weft_names_add(row->groups, text, &row->job.group_idx, NULL);
}

static int set_partition(const char *text, struct weft_trace_row *row)
{
	return weft_names_add(row->partitions, text, &row->job.partition_idx,
			      NULL);
}

static int set_name(const char *text, struct weft_trace_row *row)
{
	row->job.name_hash = is_unknown(text) ? 0 : weft_predict_hash(text);
	return 0;
}

static int set_status(const char *text, struct weft_trace_row *row)
{
	static const struct {
		const char *word;
		enum weft_trace_status status;
	} known[] = {
		{ "COMPLETED", WEFT_TRACE_COMPLETED },
		{ "CANCELLED", WEFT_TRACE_CANCELLED },
		{ "TIMEOUT", WEFT_TRACE_TIMEOUT },
		{ "FAILED", WEFT_TRACE_FAILED },
		{ "NODE_FAIL", WEFT_TRACE_FAILED },
		{ "BOOT_FAIL", WEFT_TRACE_FAILED },
		{ "OUT_OF_ME", WEFT_TRACE_FAILED },
		{ "DEADLINE", WEFT_TRACE_TIMEOUT },
		{ "PREEMPTED", WEFT_TRACE_CANCELLED },
		{ "RUNNING", WEFT_TRACE_RUNNING },
		{ "COMPLETING", WEFT_TRACE_RUNNING },
		{ "SUSPENDED", WEFT_TRACE_RUNNING },
		{ "PENDING", WEFT_TRACE_UNKNOWN },
		{ "CONFIGURING", WEFT_TRACE_RUNNING },
		{ "LAUNCH_FAILED", WEFT_TRACE_FAILED },
		{ "REQUEUE", WEFT_TRACE_CANCELLED },
		{ "RESIZING", WEFT_TRACE_COMPLETED },
		{ "REVOKED", WEFT_TRACE_CANCELLED },
		{ "RESV_DEL_HOLD", WEFT_TRACE_CANCELLED },
		{ "RECONFIG_FAIL", WEFT_TRACE_FAILED },
		{ "SPECIAL_EXIT", WEFT_TRACE_FAILED },
		{ "SIGNALING", WEFT_TRACE_RUNNING },
		{ "STAGE_OUT", WEFT_TRACE_RUNNING },
		{ "STOPPED", WEFT_TRACE_RUNNING },
		{ "UNKNOWN", WEFT_TRACE_UNKNOWN },
	};
	size_t i;

	row->is_pending = !strncasecmp(text, "PENDING", 7);
	row->is_resizing = !strncasecmp(text, "RESIZING", 8);

	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (!strncasecmp(text, known[i].word, strlen(known[i].word)))
			break;
	if (i < sizeof(known) / sizeof(known[0]))
		row->job.status = known[i].status;
	return 0;
}

/*
 * A word that is no state comes of a separator inside a column before it, such
 * as the constraint "a|b".
 */
static int set_state(const char *text, struct weft_trace_row *row)
{
	row->job.status = WEFT_TRACE_STATUS_COUNT;
	set_status(text, row);
	if (row->job.status != WEFT_TRACE_STATUS_COUNT)
		return 0;
	row->job.status = WEFT_TRACE_UNKNOWN;
	return is_unknown(text) ? 0 : -EINVAL;
}

/* 2 to 4 are runs between checkpoints of a job that has a line of its own. */
static int set_status_swf(const char *text, struct weft_trace_row *row)
{
	row->is_step = *text >= '2' && *text <= '4' && !text[1];
	row->job.status = !strcmp(text, "1") ? WEFT_TRACE_COMPLETED :
			  !strcmp(text, "0") ? WEFT_TRACE_FAILED :
			  !strcmp(text, "5") ? WEFT_TRACE_CANCELLED :
					       WEFT_TRACE_UNKNOWN;
	return 0;
}

/* SWF: the wait, relative to the submit time that stands before it. */
static int set_wait(const char *text, struct weft_trace_row *row)
{
	double wait = -1;

	if (parse_amount(text, &wait))
		return -EINVAL;
	if (wait >= 0)
		row->job.start_sec = row->job.submit_sec + wait;
	return 0;
}

static int ignore(const char *text, struct weft_trace_row *row)
{
	return 0;
}

/* Where two columns set one field, the later in the line wins if known. */
static const struct weft_trace_column columns[] = {
	{ WEFT_TRACE_CSV, "job_id", set_id },
	{ WEFT_TRACE_CSV, "submit_s", set_submit },
	{ WEFT_TRACE_CSV, "user", set_user },
	{ WEFT_TRACE_CSV, "group_or_vc", set_group },
	{ WEFT_TRACE_CSV, "nodes_or_empty", set_nodes },
	{ WEFT_TRACE_CSV, "gpus", set_gpus },
	{ WEFT_TRACE_CSV, "cpus_or_empty", set_cpus },
	{ WEFT_TRACE_CSV, "mem_mb_or_empty", set_mem_mib },
	{ WEFT_TRACE_CSV, "runtime_s", set_runtime },
	{ WEFT_TRACE_CSV, "timelimit_s_or_empty", set_limit },
	{ WEFT_TRACE_CSV, "status", set_status },
	{ WEFT_TRACE_CSV, "start_s", set_start },
	{ WEFT_TRACE_CSV, "group", set_group },
	{ WEFT_TRACE_CSV, "nodes", set_nodes },
	{ WEFT_TRACE_CSV, "cpus", set_cpus },
	{ WEFT_TRACE_CSV, "mem_mb", set_mem_mib },
	{ WEFT_TRACE_CSV, "timelimit_s", set_limit },
	{ WEFT_TRACE_CSV, "partition", set_partition },
	{ WEFT_TRACE_CSV, "name", set_name },
	{ WEFT_TRACE_CSV, "gpu_type", set_gpu_type },
	{ WEFT_TRACE_CSV, "constraint", set_constraint },
	{ WEFT_TRACE_SACCT, "JobID", set_id },
	{ WEFT_TRACE_SACCT, "JobName", set_name },
	{ WEFT_TRACE_SACCT, "Partition", set_partition },
	{ WEFT_TRACE_SACCT, "User", set_user },
	{ WEFT_TRACE_SACCT, "Account", set_group },
	{ WEFT_TRACE_SACCT, "Submit", set_submit },
	{ WEFT_TRACE_SACCT, "Eligible", set_eligible },
	{ WEFT_TRACE_SACCT, "Start", set_start },
	{ WEFT_TRACE_SACCT, "End", set_end },
	{ WEFT_TRACE_SACCT, "Elapsed", set_elapsed },
	{ WEFT_TRACE_SACCT, "ElapsedRaw", set_runtime },
	{ WEFT_TRACE_SACCT, "Timelimit", set_limit_clock },
	{ WEFT_TRACE_SACCT, "TimelimitRaw", set_limit_min },
	{ WEFT_TRACE_SACCT, "NNodes", set_nodes },
	{ WEFT_TRACE_SACCT, "NCPUS", set_cpus },
	{ WEFT_TRACE_SACCT, "ReqNodes", set_nodes },
	{ WEFT_TRACE_SACCT, "ReqCPUS", set_cpus },
	{ WEFT_TRACE_SACCT, "AllocNodes", set_nodes },
	{ WEFT_TRACE_SACCT, "AllocCPUS", set_cpus },
	{ WEFT_TRACE_SACCT, "ReqTRES", set_req_tres },
	{ WEFT_TRACE_SACCT, "AllocTRES", set_alloc_tres },
	{ WEFT_TRACE_SACCT, "Constraints", set_constraint },
	{ WEFT_TRACE_SACCT, "State", set_state },
};

static const struct weft_trace_column swf[] = {
	{ WEFT_TRACE_SWF, "job number", set_id },
	{ WEFT_TRACE_SWF, "submit time", set_submit },
	{ WEFT_TRACE_SWF, "wait time", set_wait },
	{ WEFT_TRACE_SWF, "run time", set_runtime },
	{ WEFT_TRACE_SWF, "allocated processors", set_cpus },
	{ WEFT_TRACE_SWF, "average CPU time", ignore },
	{ WEFT_TRACE_SWF, "used memory", ignore },
	{ WEFT_TRACE_SWF, "requested processors", set_cpus },
	{ WEFT_TRACE_SWF, "requested time", set_limit },
	{ WEFT_TRACE_SWF, "requested memory", set_mem_kib_per_cpu },
	{ WEFT_TRACE_SWF, "status", set_status_swf },
	{ WEFT_TRACE_SWF, "user", set_user },
	{ WEFT_TRACE_SWF, "group", set_group },
	{ WEFT_TRACE_SWF, "executable", set_name },
};

const struct weft_trace_column *
weft_trace_column_find(enum weft_trace_format format, const char *name)
{
	for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++)
		if (columns[i].format == format &&
		    !strcasecmp(columns[i].name, name))
			return &columns[i];
	return NULL;
}

const struct weft_trace_column *weft_trace_column_swf(uint32_t place)
{
	return place < sizeof(swf) / sizeof(swf[0]) ? &swf[place] : NULL;
}

int weft_trace_column_set(const struct weft_trace_column *column,
			  const char *text, struct weft_trace_row *row)
{
	return column->set(text, row);
}
