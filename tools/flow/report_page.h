/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * report_page.h - a page under way: between report.c and its parts
 *
 * The sums come first (report_sums.c); the parts then only write.
 */
#ifndef WEFT_FLOW_REPORT_PAGE_H
#define WEFT_FLOW_REPORT_PAGE_H

#include "tools/flow/collapse.h"
#include "tools/flow/report.h"

#define WEFT_REPORT_ROWS 300	/* more tasks are drawn and listed in groups */

struct weft_report_sums {
	uint32_t counts[WEFT_UNIT_FAILED + 1];
	uint32_t tries, waits;
	int64_t wait, longest_wait;
	double node_hours, gpu_hours;
	int64_t first_start;		/* INT64_MAX: nothing of it began */
	int64_t ready;			/* of its first unit */
	uint32_t units;
};

struct weft_report_page {
	const struct weft_report *r;
	const struct weft_flow *flow;
	struct weft_buf *out;
	int64_t from, to;		/* the axis */
	struct weft_collapse groups;	/* tasks that are alike, if there are many */
	struct weft_report_sums *sums;	/* per group */
	struct weft_report_sums all;
};

/* The journal tells when the unit began and ended. */
static inline bool weft_report_known(const struct weft_report_page *p, uint32_t unit)
{
	return p->r->ends[unit].end_sec > 0 && p->r->ends[unit].start_sec > 0;
}

/* Fill the sums and the end of the axis.  -ENOMEM. */
int weft_report_add_up(struct weft_report_page *p);

/* "85 s", "12 min 05 s", "3 h 20 min". */
void weft_report_span(struct weft_buf *out, int64_t sec);

void weft_report_put_failures(struct weft_report_page *p);
int weft_report_put_gantt(struct weft_report_page *p);	/* -ENOMEM */

#endif
