/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * where.h - on which nodes of the machine a job of the trace may run
 *
 * What a job names (partition, constraint, type of GPUs) becomes a set of the
 * site's nodes, made once for each different combination.  What the machine
 * cannot tell is passed over and counted: a machine of equal nodes has no
 * partitions, and a site whose nodes have no features cannot judge constraints.
 */
#ifndef WEFT_TOOLS_SIM_WHERE_H
#define WEFT_TOOLS_SIM_WHERE_H

#include "lib/buf.h"
#include "sched/workload.h"

struct sim_where_odd {		/* jobs, and the name that the first had */
	uint64_t count;
	char example[64];
};

struct sim_where_report {
	struct sim_where_odd partition;	/* the site has not: any node */
	struct sim_where_odd constraint;	/* is none, or not to be judged: any */
	struct sim_where_odd simplified;	/* says more than a set of nodes can */
	struct sim_where_odd untyped;	/* the machine's GPUs have no types: any */
};

struct sim_where;

/* Both are borrowed.  NULL: no memory. */
struct sim_where *sim_where_create(const struct weft_machine *machine,
				   const struct weft_trace *trace);
void sim_where_destroy(struct sim_where *where);
/* For weft_workload_settings.where. */
int sim_where_find(void *where, const struct weft_trace_job *job,
		   const struct weft_workload_where **ret_where);
const struct sim_where_report *sim_where_get_report(const struct sim_where *where);
/* A line for each that occurred. */
void sim_where_report_format(const struct sim_where_report *report,
			     struct weft_buf *buf);

#endif
