/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * collapse.h - the tasks of a workflow in so few groups that people can read them
 */
#ifndef WEFT_FLOW_COLLAPSE_H
#define WEFT_FLOW_COLLAPSE_H

#include "tools/flow/graph.h"

/* What makes tasks one group, from the finest to the coarsest. */
enum weft_collapse_by {
	WEFT_COLLAPSE_NOTHING,	/* every task is its own group */
	WEFT_COLLAPSE_ALIKE,	/* level, name but for numbers, and needed groups */
	WEFT_COLLAPSE_NAME,	/* level, and name but for numbers */
	WEFT_COLLAPSE_LEVEL,
	WEFT_COLLAPSE_LEVELS,	/* several levels at a time */
	WEFT_COLLAPSE_STEM,	/* name but for numbers, wherever they stand */
};

struct weft_collapse {
	const struct weft_flow *flow;
	const struct weft_flow_graph *graph;
	enum weft_collapse_by by;
	uint32_t count;		/* groups */
	uint32_t *group_of;	/* per task */
	uint32_t *first;	/* count + 1: where a group begins in members */
	uint32_t *members;	/* tasks by group, each group in the graph's order */
};

/*
 * Group by the finest kind (not STEM) that gives at most limit >= 1 groups.  A
 * need never leads out of a group and back, so groups form no cycle.  -ENOMEM.
 */
int weft_collapse_init(struct weft_collapse *collapse, const struct weft_flow *flow,
		       const struct weft_flow_graph *graph, uint32_t limit);
/* Group by STEM if there are more than limit tasks; any number of groups. */
int weft_collapse_init_stems(struct weft_collapse *collapse, const struct weft_flow *flow,
			     const struct weft_flow_graph *graph, uint32_t limit);
void weft_collapse_fini(struct weft_collapse *collapse);

static inline uint32_t weft_collapse_size(const struct weft_collapse *collapse, uint32_t group)
{
	return collapse->first[group + 1] - collapse->first[group];
}

/* Append "train", "train*", "level 3" or "levels 30 to 39". */
void weft_collapse_name(const struct weft_collapse *collapse, uint32_t group,
			struct weft_buf *out);

/*
 * Append the most frequent names of a group that holds several but for
 * numbers: "align* 12, sort* 9, 14 others".  Nothing if all are one.  -ENOMEM.
 */
int weft_collapse_stems(const struct weft_collapse *collapse, uint32_t group,
			struct weft_buf *out);

#endif
