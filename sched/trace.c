/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trace.c - see trace.h
 *
 * zlib reads plain files and gzipped ones alike.  The header line is turned
 * into an array of columns once; a line is then split in place and each piece
 * handed to its column.  What only several columns together can tell (run time
 * from start and end, is this a step) is settled in finish_row().
 *
 * Cost: O(bytes); memory is one line, the names, and one hash entry a job for
 * finding ids that occur twice.
 */
#include "config.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <zlib.h>

#include "sched/trace_columns.h"

#define NAMES_MAX (1u << 24)

struct weft_trace {
	gzFile file;
	char *path;
	enum weft_trace_format format;
	uint32_t column_count;
	const struct weft_trace_column *column[WEFT_TRACE_COLUMNS_MAX];
	struct weft_names *users, *groups, *partitions, *ids;
	struct weft_names *gpu_types, *constraints;
	double last_submit_sec;
	char separators[4];
	bool name_is_last;	/* sacct: the last column may hold separators */
	bool has_start;		/* a column for it */
	bool keeps_ids;
	bool pending_line;	/* line[] holds SWF's first line, not yet used */
	struct weft_trace_report report;
	char line[WEFT_TRACE_LINE_MAX];
};

static const char *const format_name[] = { "csv", "sacct", "swf" };

static void count_fault(struct weft_trace *trace, enum weft_trace_fault fault,
			const char *example)
{
	struct weft_trace_report *report = &trace->report;
	char *c;

	if (report->fault[fault]++)
		return;
	report->first_line[fault] = report->lines;
	snprintf(report->example[fault], sizeof(report->example[fault]), "%s",
		 example);
	for (c = report->example[fault]; *c; c++)
		if (!isprint((unsigned char)*c))
			*c = '?';
}

/* Throw the rest of an overlong line away. */
static void skip_line(struct weft_trace *trace)
{
	int c;

	do {
		c = gzgetc(trace->file);
	} while (c != '\n' && c != -1);
}

/*
 * A line that a damaged gzip ends in: its last number may be the beginning of
 * a longer one.  (A plain file may well end without a newline.)
 */
static bool is_half(const struct weft_trace *trace, size_t len)
{
	int errnum;

	if (len == sizeof(trace->line) - 1 ||
	    (len && trace->line[len - 1] == '\n'))
		return false;
	gzerror(trace->file, &errnum);
	return errnum != Z_OK && errnum != Z_STREAM_END;
}

/* 1 and a line without its newline; 0 at the end of what can be read. */
static int read_line(struct weft_trace *trace)
{
	size_t len;
	int errnum;

	for (;;) {
		if (!gzgets(trace->file, trace->line, sizeof(trace->line))) {
			gzerror(trace->file, &errnum);
			if (errnum != Z_OK && errnum != Z_STREAM_END)
				count_fault(trace, WEFT_FAULT_CUT_SHORT, "");
			return 0;
		}
		trace->report.lines++;
		len = strlen(trace->line);
		if (is_half(trace, len)) {
			count_fault(trace, WEFT_FAULT_CUT_SHORT, trace->line);
			return 0;
		}
		if (len == sizeof(trace->line) - 1 && trace->line[len - 1] != '\n') {
			count_fault(trace, WEFT_FAULT_LONG_LINE, trace->line);
			skip_line(trace);
			continue;
		}
		while (len && (trace->line[len - 1] == '\n' ||
			       trace->line[len - 1] == '\r'))
			trace->line[--len] = '\0';
		return 1;
	}
}

/* Split in place; for SWF runs of blanks separate, else each separator does. */
static uint32_t split(const struct weft_trace *trace, char *line,
		      char *piece[WEFT_TRACE_COLUMNS_MAX])
{
	const char *separators = trace->separators;
	uint32_t count = 0;

	while (count < WEFT_TRACE_COLUMNS_MAX) {
		if (trace->format == WEFT_TRACE_SWF) {
			line += strspn(line, separators);
			if (!*line)
				break;
		}
		piece[count++] = line;
		if (trace->name_is_last && count == trace->column_count)
			break;
		line += strcspn(line, separators);
		if (!*line)
			break;
		*line++ = '\0';
	}
	return count;
}

static int need_columns(const struct weft_trace *trace, const char *const need[],
			struct weft_err *err)
{
	const struct weft_trace_column *column;
	uint32_t i;

	for (; *need; need++) {
		column = weft_trace_column_find(trace->format, *need);
		for (i = 0; i < trace->column_count; i++)
			if (trace->column[i] == column)
				break;
		if (i == trace->column_count)
			return weft_err_set(err, EINVAL,
					    "%s: line 1: no column \"%s\"",
					    trace->path, *need);
	}
	return 0;
}

static int read_header(struct weft_trace *trace, struct weft_err *err)
{
	static const char *const need_csv[] = { "job_id", "submit_s",
						"runtime_s", "gpus", NULL };
	static const char *const need_sacct[] = { "JobID", "Submit", NULL };
	char *piece[WEFT_TRACE_COLUMNS_MAX];

	trace->column_count = split(trace, trace->line, piece);
	for (uint32_t i = 0; i < trace->column_count; i++) {
		trace->column[i] = weft_trace_column_find(trace->format, piece[i]);
		trace->has_start = trace->has_start ||
			!strcasecmp(piece[i], "Start");
		trace->report.tells_gpus = trace->report.tells_gpus ||
			!strcasecmp(piece[i], "gpus") ||
			!strcasecmp(piece[i], "ReqTRES") ||
			!strcasecmp(piece[i], "AllocTRES");
	}
	trace->name_is_last = trace->format == WEFT_TRACE_SACCT &&
		!strcasecmp(piece[trace->column_count - 1], "JobName");
	return need_columns(trace, trace->format == WEFT_TRACE_CSV ?
			    need_csv : need_sacct, err);
}

static bool looks_like_swf(const char *line)
{
	const char *c = line + strspn(line, " \t");

	return *c == ';' || (isdigit((unsigned char)*c) &&
			     !strpbrk(line, ",|") && strpbrk(c, " \t"));
}

/* The separator of sacct --parsable2, which --delimiter may change; 0: none. */
static char sacct_separator(const char *line)
{
	static const char first[] = "JobID";
	char c;

	if (strchr(line, '|'))
		return '|';
	if (strncasecmp(line, first, strlen(first)))
		return '\0';
	c = line[strlen(first)];
	return isalnum((unsigned char)c) || c == '_' ? '\0' : c;
}

static int detect(struct weft_trace *trace, struct weft_err *err)
{
	if (!read_line(trace))
		return weft_err_set(err, EINVAL, "%s: empty or unreadable: "
				    "expected a job history", trace->path);
	if (looks_like_swf(trace->line)) {
		trace->format = WEFT_TRACE_SWF;
		memcpy(trace->separators, " \t", 3);
		while (trace->column_count < WEFT_TRACE_COLUMNS_MAX &&
		       weft_trace_column_swf(trace->column_count)) {
			trace->column[trace->column_count] =
				weft_trace_column_swf(trace->column_count);
			trace->column_count++;
		}
		trace->pending_line = true;
		return 0;
	}
	trace->separators[0] = sacct_separator(trace->line);
	if (trace->separators[0]) {
		trace->format = WEFT_TRACE_SACCT;
		return read_header(trace, err);
	}
	if (strchr(trace->line, ',')) {
		trace->format = WEFT_TRACE_CSV;
		trace->separators[0] = ',';
		return read_header(trace, err);
	}
	return weft_err_set(err, EINVAL, "%s: line 1: expected the header of "
			    "sacct --parsable2, of a CSV trace, or SWF",
			    trace->path);
}

/* Index 0 is the empty name: none is told.  NULL: no memory. */
static struct weft_names *create_names_with_none(void)
{
	struct weft_names *names = weft_names_create(NAMES_MAX);
	uint32_t none;

	if (names && weft_names_add(names, "", &none, NULL)) {
		weft_names_destroy(names);
		return NULL;
	}
	return names;
}

int weft_trace_open(const char *path, struct weft_trace **ret_trace,
		    struct weft_err *err)
{
	struct weft_trace *trace = calloc(1, sizeof(*trace));
	int rc;

	if (!trace)
		return weft_err_set(err, ENOMEM, "%s: out of memory", path);
	trace->path = strdup(path);
	trace->users = weft_names_create(NAMES_MAX);
	trace->groups = weft_names_create(NAMES_MAX);
	trace->ids = weft_names_create(NAMES_MAX);
	trace->partitions = create_names_with_none();
	trace->gpu_types = create_names_with_none();
	trace->constraints = create_names_with_none();
	if (!trace->path || !trace->users || !trace->groups || !trace->ids ||
	    !trace->partitions || !trace->gpu_types || !trace->constraints) {
		rc = weft_err_set(err, ENOMEM, "%s: out of memory", path);
	} else {
		errno = 0;
		trace->file = gzopen(path, "rb");
		rc = trace->file ? detect(trace, err) :
			weft_err_sys(err, errno ? errno : ENOMEM,
				     "%s: cannot open", path);
	}
	if (rc) {
		weft_trace_close(trace);
		return rc;
	}
	*ret_trace = trace;
	return 0;
}

void weft_trace_close(struct weft_trace *trace)
{
	if (!trace)
		return;
	if (trace->file)
		gzclose(trace->file);
	weft_names_destroy(trace->users);
	weft_names_destroy(trace->groups);
	weft_names_destroy(trace->partitions);
	weft_names_destroy(trace->gpu_types);
	weft_names_destroy(trace->constraints);
	weft_names_destroy(trace->ids);
	free(trace->path);
	free(trace);
}

static bool never_started(const struct weft_trace *trace,
			  const struct weft_trace_row *row)
{
	const struct weft_trace_job *job = &row->job;

	if (row->is_pending || !row->has_runtime)
		return true;
	return trace->format == WEFT_TRACE_SACCT && job->runtime_sec <= 0 &&
		(trace->has_start ? job->start_sec < 0 :
		 job->status == WEFT_TRACE_CANCELLED);
}

/*
 * When a job is resized, sacct ends its record (RESIZING) and begins another,
 * submitted at that moment, whose start and elapsed time are still those of
 * the whole job.
 */
static void finish_resized(struct weft_trace *trace, struct weft_trace_job *job)
{
	if (trace->format != WEFT_TRACE_SACCT || job->start_sec < 0 ||
	    job->start_sec >= job->submit_sec)
		return;
	count_fault(trace, WEFT_FAULT_RESIZED, job->id);
	job->runtime_sec -= fmin(job->runtime_sec,
				 job->submit_sec - job->start_sec);
	job->start_sec = job->submit_sec;
}

/* When it ran, and how long.  False: it did not (counted). */
static bool finish_times(struct weft_trace *trace, struct weft_trace_row *row)
{
	struct weft_trace_job *job = &row->job;

	if (row->end_sec >= 0 && job->start_sec >= 0) {
		if (row->end_sec < job->start_sec) {
			count_fault(trace, WEFT_FAULT_RUNTIME, job->id);
			return false;
		}
		if (!row->has_runtime) {
			job->runtime_sec = row->end_sec - job->start_sec;
			row->has_runtime = true;
		}
	}
	if (never_started(trace, row)) {
		count_fault(trace, WEFT_FAULT_NEVER, job->id);
		return false;
	}
	finish_resized(trace, job);
	if (row->eligible_sec > job->submit_sec)
		job->submit_sec = row->eligible_sec;
	return true;
}

/* What the columns together say.  False: the line is no job (counted). */
static bool finish_row(struct weft_trace *trace, struct weft_trace_row *row)
{
	struct weft_trace_job *job = &row->job;

	if (row->is_step) {
		trace->report.steps++;
		return false;
	}
	if (job->submit_sec < 0) {
		count_fault(trace, WEFT_FAULT_TIME, job->id);
		return false;
	}
	if (!finish_times(trace, row))
		return false;
	if (job->gpus <= 0 && !job->cpus && !job->nodes) {
		count_fault(trace, WEFT_FAULT_SIZE, job->id);
		return false;
	}
	return true;
}

/* What is kept and yet to be told. */
static int note_odd(struct weft_trace *trace, struct weft_trace_row *row)
{
	struct weft_trace_job *job = &row->job;
	int is_new, rc;

	rc = weft_names_add(trace->ids, job->id, &job->id_idx, &is_new);
	if (rc)
		return rc;
	if (!is_new)
		count_fault(trace, WEFT_FAULT_DUPLICATE, job->id);
	if (job->status == WEFT_TRACE_RUNNING)
		count_fault(trace, WEFT_FAULT_RUNNING, job->id);
	if (strchr(job->id, '+') && trace->format == WEFT_TRACE_SACCT)
		count_fault(trace, WEFT_FAULT_HET, job->id);
	if (row->has_types)
		count_fault(trace, WEFT_FAULT_TYPES, job->id);
	if (trace->report.jobs && job->submit_sec < trace->last_submit_sec)
		count_fault(trace, WEFT_FAULT_BACKWARDS, job->id);
	trace->last_submit_sec = job->submit_sec;
	trace->report.jobs++;
	return 0;
}

/* 1 a job, 0 passed over, negative: cannot go on. */
static int read_row(struct weft_trace *trace, struct weft_trace_row *row)
{
	char *piece[WEFT_TRACE_COLUMNS_MAX];
	uint32_t count;
	int rc;

	*row = (struct weft_trace_row){
		.job = { .submit_sec = -1, .start_sec = -1 },
		.end_sec = -1, .eligible_sec = -1,
		.users = trace->users, .groups = trace->groups,
		.partitions = trace->partitions,
		.gpu_types = trace->gpu_types,
		.constraints = trace->constraints,
	};
	count = split(trace, trace->line, piece);
	if (count < trace->column_count ||
	    (count > trace->column_count && trace->format == WEFT_TRACE_SACCT)) {
		count_fault(trace, WEFT_FAULT_COLUMNS, piece[0]);
		return 0;
	}
	for (uint32_t i = 0; i < trace->column_count; i++) {
		if (!trace->column[i])
			continue;
		rc = weft_trace_column_set(trace->column[i], piece[i], row);
		if (rc == -EINVAL) {
			count_fault(trace, WEFT_FAULT_NUMBER, piece[i]);
			return 0;
		}
		if (rc)
			return rc;
	}
	if (!finish_row(trace, row))
		return 0;
	rc = note_odd(trace, row);
	return rc ? rc : 1;
}

int weft_trace_next(struct weft_trace *trace, struct weft_trace_job *ret_job,
		    struct weft_err *err)
{
	struct weft_trace_row row;
	int rc;

	for (;;) {
		if (!trace->pending_line && !read_line(trace)) {
			if (!trace->keeps_ids) {
				weft_names_destroy(trace->ids);
				trace->ids = NULL;
			}
			return 0;
		}
		trace->pending_line = false;
		if (!trace->line[strspn(trace->line, " \t")] ||
		    (trace->format == WEFT_TRACE_SWF &&
		     trace->line[strspn(trace->line, " \t")] == ';'))
			continue;
		rc = read_row(trace, &row);
		if (rc < 0)
			return weft_err_set(err, -rc, "%s: line %llu: %s",
				trace->path,
				(unsigned long long)trace->report.lines,
				rc == -ENOSPC ? "too many different names" :
						"out of memory");
		if (rc) {
			*ret_job = row.job;
			return 1;
		}
	}
}

const struct weft_trace_report *
weft_trace_get_report(const struct weft_trace *trace)
{
	return &trace->report;
}

const char *weft_trace_format_name(const struct weft_trace *trace)
{
	return format_name[trace->format];
}

void weft_trace_keep_ids(struct weft_trace *trace)
{
	trace->keeps_ids = true;
}

const char *weft_trace_id(const struct weft_trace *trace, uint32_t idx)
{
	return trace->ids ? weft_names_get(trace->ids, idx) : NULL;
}

const char *weft_trace_user(const struct weft_trace *trace, uint32_t idx)
{
	return weft_names_get(trace->users, idx);
}

const char *weft_trace_group(const struct weft_trace *trace, uint32_t idx)
{
	return weft_names_get(trace->groups, idx);
}

const char *weft_trace_partition(const struct weft_trace *trace, uint32_t idx)
{
	return weft_names_get(trace->partitions, idx);
}

const char *weft_trace_gpu_type(const struct weft_trace *trace, uint32_t idx)
{
	return weft_names_get(trace->gpu_types, idx);
}

const char *weft_trace_constraint(const struct weft_trace *trace, uint32_t idx)
{
	return weft_names_get(trace->constraints, idx);
}

static const struct {
	const char *key, *said;
} faults[WEFT_FAULT_COUNT] = {
	[WEFT_FAULT_COLUMNS] = { "columns", "with too few or too many columns, skipped" },
	[WEFT_FAULT_NUMBER] = { "number", "with a number, time or state that is none, skipped" },
	[WEFT_FAULT_TIME] = { "time", "without a submit time, skipped" },
	[WEFT_FAULT_RUNTIME] = { "runtime", "that end before they start, skipped" },
	[WEFT_FAULT_NEVER] = { "never_ran", "that never ran, skipped" },
	[WEFT_FAULT_SIZE] = { "size", "that ask for nothing, skipped" },
	[WEFT_FAULT_DUPLICATE] = { "duplicate", "with an id seen before, kept" },
	[WEFT_FAULT_BACKWARDS] = { "backwards", "submitted before the job above them, kept" },
	[WEFT_FAULT_RUNNING] = { "running", "of jobs that are not over, kept as if they ended now" },
	[WEFT_FAULT_HET] = { "heterogeneous", "of components of heterogeneous jobs, kept as jobs of their own" },
	[WEFT_FAULT_RESIZED] = { "resized", "of resized jobs' later parts, kept as jobs of their own" },
	[WEFT_FAULT_TYPES] = { "gpu_types", "that ask for GPUs of several types, kept as for any" },
	[WEFT_FAULT_LONG_LINE] = { "long_line", "longer than any job's line, skipped" },
	[WEFT_FAULT_CUT_SHORT] = { "cut_short", "the file is cut short: its end is missing" },
};

const char *weft_trace_fault_key(enum weft_trace_fault fault)
{
	return faults[fault].key;
}

int weft_trace_report_format(const struct weft_trace_report *report,
			     struct weft_buf *buf)
{
	for (int i = 0; i < WEFT_FAULT_COUNT; i++) {
		if (!report->fault[i])
			continue;
		if (i == WEFT_FAULT_CUT_SHORT)
			weft_buf_addf(buf, "%s (after line %llu)\n", faults[i].said,
				(unsigned long long)report->first_line[i]);
		else
			weft_buf_addf(buf, "%llu lines %s (first: line %llu, \"%s\")\n",
				(unsigned long long)report->fault[i], faults[i].said,
				(unsigned long long)report->first_line[i],
				report->example[i]);
	}
	return weft_buf_error(buf);
}
