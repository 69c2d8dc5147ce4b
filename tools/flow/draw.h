/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * draw.h - a workflow's tasks and needs for Graphviz, and for programs
 */
#ifndef WEFT_FLOW_DRAW_H
#define WEFT_FLOW_DRAW_H

#include "tools/flow/compile.h"

#define WEFT_DRAW_NODES 120	/* as many as people read, and dot(1) places at once */

struct json_object;

struct weft_drawing {
	const struct weft_flow *flow;
	const struct weft_flow_graph *graph;
	const struct weft_plan *plan;	/* states of units; NULL: none */
	/* More tasks are drawn in groups: 1 .. 1,000, UINT32_MAX: never. */
	uint32_t max_nodes;
};

/* Append it in DOT; -ENOMEM, -EFBIG beyond the buffer's limit. */
int weft_draw_dot(const struct weft_drawing *drawing, struct weft_buf *out);

/* Every task with its needs, and with a plan its units by state.  NULL: no memory. */
struct json_object *weft_draw_json(const struct weft_drawing *drawing);

#endif
