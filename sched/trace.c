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
#include <stdlib.h>
#include <stdio.h>
#include <string.h>
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
	double last_submit_sec;
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
	const char *separators = trace->format == WEFT_TRACE_SACCT ? "|" :
				 trace->format == WEFT_TRACE_CSV ? "," : " \t";
	uint32_t count = 0;

	while (count < WEFT_TRACE_COLUMNS_MAX) {
		if (trace->format == WEFT_TRACE_SWF) {
			line += strspn(line, separators);
			if (!*line)
				break;
		}
		piece[count++] = line;
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
	for (uint32_t i = 0; i < trace->column_count; i++)
		trace->column[i] = weft_trace_column_find(trace->format, piece[i]);
	return need_columns(trace, trace->format == WEFT_TRACE_CSV ?
			    need_csv : need_sacct, err);
}

static bool looks_like_swf(const char *line)
{
	const char *c = line + strspn(line, " \t");

	return *c == ';' || (isdigit((unsigned char)*c) &&
			     !strpbrk(line, ",|") && strpbrk(c, " \t"));
}

static int detect(struct weft_trace *trace, struct weft_err *err)
{
	if (!read_line(trace))
		return weft_err_set(err, EINVAL, "%s: empty or unreadable: "
				    "expected a job history", trace->path);
	if (looks_like_swf(trace->line)) {
		trace->format = WEFT_TRACE_SWF;
		while (trace->column_count < WEFT_TRACE_COLUMNS_MAX &&
		       weft_trace_column_swf(trace->column_count)) {
			trace->column[trace->column_count] =
				weft_trace_column_swf(trace->column_count);
			trace->column_count++;
		}
		trace->pending_line = true;
		return 0;
	}
	if (strchr(trace->line, '|')) {
		trace->format = WEFT_TRACE_SACCT;
		return read_header(trace, err);
	}
	if (strchr(trace->line, ',')) {
		trace->format = WEFT_TRACE_CSV;
		return read_header(trace, err);
	}
	return weft_err_set(err, EINVAL, "%s: line 1: expected the header of "
			    "sacct --parsable2, of a CSV trace, or SWF",
			    trace->path);
}

int weft_trace_open(const char *path, struct weft_trace **ret_trace,
		    struct weft_err *err)
{
	struct weft_trace *trace = calloc(1, sizeof(*trace));
	uint32_t none;
	int rc;

	if (!trace)
		return weft_err_set(err, ENOMEM, "%s: out of memory", path);
	trace->path = strdup(path);
	trace->users = weft_names_create(NAMES_MAX);
	trace->groups = weft_names_create(NAMES_MAX);
	trace->partitions = weft_names_create(NAMES_MAX);
	trace->ids = weft_names_create(NAMES_MAX);
	/* Index 0 of the partitions is the empty name: none is named. */
	if (!trace->path || !trace->users || !trace->groups || !trace->ids ||
	    !trace->partitions ||
	    weft_names_add(trace->partitions, "", &none, NULL)) {
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
	weft_names_destroy(trace->ids);
	free(trace->path);
	free(trace);
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
	if (row->eligible_sec > job->submit_sec)
		job->submit_sec = row->eligible_sec;
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
	if (!row->has_runtime) {
		count_fault(trace, WEFT_FAULT_RUNTIME, job->id);
		return false;
	}
	if (job->gpus <= 0 && !job->cpus && !job->nodes) {
		count_fault(trace, WEFT_FAULT_SIZE, job->id);
		return false;
	}
	return true;
}

static int note_order(struct weft_trace *trace, const struct weft_trace_job *job)
{
	uint32_t idx;
	int is_new, rc;

	rc = weft_names_add(trace->ids, job->id, &idx, &is_new);
	if (rc)
		return rc;
	if (!is_new)
		count_fault(trace, WEFT_FAULT_DUPLICATE, job->id);
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
	};
	count = split(trace, trace->line, piece);
	if (count < trace->column_count) {
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
	rc = note_order(trace, &row->job);
	return rc ? rc : 1;
}

int weft_trace_next(struct weft_trace *trace, struct weft_trace_job *ret_job,
		    struct weft_err *err)
{
	struct weft_trace_row row;
	int rc;

	for (;;) {
		if (!trace->pending_line && !read_line(trace))
			return 0;
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

int weft_trace_report_format(const struct weft_trace_report *report,
			     struct weft_buf *buf)
{
	static const char *const said[WEFT_FAULT_COUNT] = {
		[WEFT_FAULT_COLUMNS] = "with too few columns, skipped",
		[WEFT_FAULT_NUMBER] = "with a number or time that is none, skipped",
		[WEFT_FAULT_TIME] = "without a submit time, skipped",
		[WEFT_FAULT_RUNTIME] = "that never ran or end before they start, skipped",
		[WEFT_FAULT_SIZE] = "that ask for nothing, skipped",
		[WEFT_FAULT_DUPLICATE] = "with an id seen before, kept",
		[WEFT_FAULT_BACKWARDS] = "submitted before the job above them, kept",
		[WEFT_FAULT_LONG_LINE] = "longer than any job's line, skipped",
		[WEFT_FAULT_CUT_SHORT] = "the file is cut short: its end is missing",
	};

	for (int i = 0; i < WEFT_FAULT_COUNT; i++) {
		if (!report->fault[i])
			continue;
		if (i == WEFT_FAULT_CUT_SHORT)
			weft_buf_addf(buf, "%s (after line %llu)\n", said[i],
				(unsigned long long)report->first_line[i]);
		else
			weft_buf_addf(buf, "%llu lines %s (first: line %llu, \"%s\")\n",
				(unsigned long long)report->fault[i], said[i],
				(unsigned long long)report->first_line[i],
				report->example[i]);
	}
	return weft_buf_error(buf);
}
