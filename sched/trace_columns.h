/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trace_columns.h - from the text of one column to a field of a trace job
 *
 * The three formats differ in the names and units of their columns only, so
 * one table of columns serves all: name, format, what it sets.
 */
#ifndef WEFT_SCHED_TRACE_COLUMNS_H
#define WEFT_SCHED_TRACE_COLUMNS_H

#include "lib/names.h"
#include "sched/trace.h"

#define WEFT_TRACE_COLUMNS_MAX 128

enum weft_trace_format {
	WEFT_TRACE_CSV,
	WEFT_TRACE_SACCT,
	WEFT_TRACE_SWF,
};

/* A line being read: the job, and what several columns together decide. */
struct weft_trace_row {
	struct weft_trace_job job;
	double end_sec;		/* < 0 unknown */
	double eligible_sec;	/* < 0 unknown */
	bool has_runtime;
	bool is_step;		/* "123.batch": no job of its own */
	bool is_pending;
	bool is_resizing;	/* ends here to go on with other nodes */
	bool has_types;		/* asks for GPUs of several types */
	struct weft_names *users, *groups, *partitions, *gpu_types, *constraints;
};

struct weft_trace_column;

/* The column called name in that format, or NULL if we do not use it. */
const struct weft_trace_column *
weft_trace_column_find(enum weft_trace_format format, const char *name);

/* SWF names its columns by place, from 0; NULL past the ones we use. */
const struct weft_trace_column *weft_trace_column_swf(uint32_t place);

/*
 * Set what the column sets.  0; -EINVAL: no such number or time; -ENOMEM,
 * -ENOSPC from the names.
 */
int weft_trace_column_set(const struct weft_trace_column *column,
			  const char *text, struct weft_trace_row *row);

#endif
