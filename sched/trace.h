/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trace.h - job histories, read as a stream
 *
 * One record form for three kinds of file, each plain or gzipped:
 *   sacct   `sacct --parsable2` with any columns, known by their header names
 *   csv     a header line with the names in trace_columns.c
 *   swf     the Standard Workload Format of the Parallel Workloads Archive
 *
 * A million jobs pass through a few hundred bytes.  Lines that make no sense
 * are never dropped in silence: each kind of fault is counted, with the first
 * offender kept as an example.
 *
 * Source for SWF: Feitelson, "The Standard Workload Format", fields 1 to 18.
 */
#ifndef WEFT_SCHED_TRACE_H
#define WEFT_SCHED_TRACE_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/err.h"

#define WEFT_TRACE_LINE_MAX 65536

enum weft_trace_status {
	WEFT_TRACE_UNKNOWN,
	WEFT_TRACE_COMPLETED,
	WEFT_TRACE_FAILED,
	WEFT_TRACE_CANCELLED,
	WEFT_TRACE_TIMEOUT,
	WEFT_TRACE_RUNNING,	/* at the end of the trace */
	WEFT_TRACE_STATUS_COUNT
};

struct weft_trace_job {
	char id[32];
	uint32_t id_idx;	/* weft_trace_id(), of ids that occur twice the first */
	double submit_sec;	/* since the epoch, or since the first job */
	double start_sec;	/* as the real scheduler gave it; < 0 unknown */
	double runtime_sec;	/* >= 0 */
	double limit_sec;	/* 0 unknown */
	double gpus;		/* whole job; may be a fraction */
	uint32_t nodes;		/* 0 unknown */
	uint32_t cpus;		/* whole job; 0 unknown */
	uint64_t mem_mib;	/* whole job; 0 unknown */
	uint32_t user_idx, group_idx;	/* weft_trace_user(), _group() */
	uint32_t partition_idx;	/* weft_trace_partition(); 0: none is named */
	uint32_t gpu_type_idx;	/* weft_trace_gpu_type(), asked for; 0: any */
	uint32_t constraint_idx;	/* weft_trace_constraint(); 0: none */
	uint64_t name_hash;	/* weft_predict_hash() of its name; 0 unknown */
	enum weft_trace_status status;
};

enum weft_trace_fault {
	WEFT_FAULT_COLUMNS,	/* a line with too few or too many columns: skipped */
	WEFT_FAULT_NUMBER,	/* a number that is none: skipped */
	WEFT_FAULT_TIME,	/* no usable submit time: skipped */
	WEFT_FAULT_RUNTIME,	/* ends before it starts: skipped */
	WEFT_FAULT_NEVER,	/* never started, or no run time: skipped */
	WEFT_FAULT_SIZE,	/* asks neither CPUs, GPUs nor nodes: skipped */
	WEFT_FAULT_DUPLICATE,	/* an id seen before: kept */
	WEFT_FAULT_BACKWARDS,	/* submitted before its predecessor: kept */
	WEFT_FAULT_RUNNING,	/* not over: kept, with its run so far */
	WEFT_FAULT_HET,		/* a component of a heterogeneous job: kept */
	WEFT_FAULT_RESIZED,	/* a resized job's later part: kept, see trace.c */
	WEFT_FAULT_TYPES,	/* GPUs of several types: kept, as of any type */
	WEFT_FAULT_LONG_LINE,	/* longer than WEFT_TRACE_LINE_MAX: skipped */
	WEFT_FAULT_CUT_SHORT,	/* the file ends in the middle (gzip says) */
	WEFT_FAULT_COUNT
};

struct weft_trace_report {
	uint64_t lines, jobs;
	bool tells_gpus;	/* there is a column for them */
	uint64_t steps;		/* of sacct, and parts of SWF's jobs: passed over */
	uint64_t fault[WEFT_FAULT_COUNT];
	uint64_t first_line[WEFT_FAULT_COUNT];	/* of the first offender */
	char example[WEFT_FAULT_COUNT][80];	/* its beginning, printable */
};

struct weft_trace;

/*
 * Open and tell the format by the first line.  -EINVAL with a message if it is
 * none that we know or needed columns are missing (which ones).
 */
int weft_trace_open(const char *path, struct weft_trace **ret_trace,
		    struct weft_err *err);
void weft_trace_close(struct weft_trace *trace);

/*
 * Ids are needed for finding those that occur twice and let go of at the end;
 * after this they stay until the trace is closed.
 */
void weft_trace_keep_ids(struct weft_trace *trace);

/* 1 and a job; 0 at the end; -ENOMEM, -ENOSPC (over 2^24 names), -EIO. */
int weft_trace_next(struct weft_trace *trace, struct weft_trace_job *ret_job,
		    struct weft_err *err);

const struct weft_trace_report *weft_trace_get_report(const struct weft_trace *trace);
const char *weft_trace_format_name(const struct weft_trace *trace);
/* NULL once the end was reached, unless they are kept. */
const char *weft_trace_id(const struct weft_trace *trace, uint32_t idx);
const char *weft_trace_user(const struct weft_trace *trace, uint32_t idx);
const char *weft_trace_group(const struct weft_trace *trace, uint32_t idx);
const char *weft_trace_partition(const struct weft_trace *trace, uint32_t idx);
const char *weft_trace_gpu_type(const struct weft_trace *trace, uint32_t idx);
const char *weft_trace_constraint(const struct weft_trace *trace, uint32_t idx);

/* A word for machines, such as "columns". */
const char *weft_trace_fault_key(enum weft_trace_fault fault);
/* A line for each fault that occurred, with its example; "" if none. */
int weft_trace_report_format(const struct weft_trace_report *report,
			     struct weft_buf *buf);

#endif
