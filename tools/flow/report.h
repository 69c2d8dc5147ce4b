/* SPDX-License-Identifier: GPL-2.0-or-later */
/* report.h - a run as one page: what ran when, what waited, what failed */
#ifndef WEFT_FLOW_REPORT_H
#define WEFT_FLOW_REPORT_H

#include "tools/flow/compile.h"
#include "tools/flow/state.h"

struct weft_report {
	const char *id;
	const struct weft_plan *plan;
	const struct weft_unit_end *ends;	/* per unit; end_sec 0: not known */
	int64_t started_sec;			/* of the run */
	const char *resume;			/* the command that goes on, or NULL */
	/* Append where a unit's output is; may be NULL. */
	void (*log_path)(void *ctx, uint32_t unit, struct weft_buf *out);
	void *ctx;
};

/* Append the page; -EFBIG beyond the buffer's limit, -ENOMEM. */
int weft_report_write(const struct weft_report *report, struct weft_buf *out);

#endif
