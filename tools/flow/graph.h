/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * graph.h - order, levels and the critical path of a workflow's tasks
 */
#ifndef WEFT_FLOW_GRAPH_H
#define WEFT_FLOW_GRAPH_H

#include "tools/flow/model.h"

struct weft_flow_graph {
	uint32_t *order;	/* task indices, needs first */
	uint32_t *level;	/* per task: 0 needs nothing */
	uint32_t level_count;
	uint32_t edge_count;
};

/* -EINVAL with the cycle written out: "a needs b needs a". */
int weft_flow_graph_init(struct weft_flow_graph *graph,
			 const struct weft_flow *flow, struct weft_err *err);
void weft_flow_graph_fini(struct weft_flow_graph *graph);

/*
 * The longest chain when task i takes minutes[i].  Returns its length in
 * minutes; path (task_count places) gets its tasks, first to last.
 */
uint64_t weft_flow_graph_critical(const struct weft_flow_graph *graph,
				  const struct weft_flow *flow,
				  const uint32_t *minutes, uint32_t *path,
				  uint32_t *ret_path_count, struct weft_err *err);

#endif
