/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * graph.c - see graph.h
 *
 * One depth-first walk over "needs" edges, with its own stack (a chain of
 * 100,000 tasks must not exhaust the C stack), yields the order, finds the
 * first cycle and, since a task comes after everything it needs, the levels.
 * Linear in tasks and edges.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tools/flow/graph.h"

enum { WHITE, GREY, BLACK };

struct walk {
	const struct weft_flow *flow;
	struct weft_flow_graph *graph;
	uint8_t *colour;
	uint32_t *stack, *next;		/* task, and its next need to look at */
	uint32_t depth, done;
};

static int complain_cycle(const struct walk *w, uint32_t back_to, struct weft_err *err)
{
	const struct weft_flow_task *tasks = w->flow->tasks;
	struct weft_buf buf;
	uint32_t from = 0, shown = 0;
	int rc;

	while (w->stack[from] != back_to)
		from++;
	weft_buf_init(&buf, WEFT_ERR_SIZE);
	for (uint32_t i = from; i < w->depth; i++) {
		if (w->depth - i > 2 && ++shown > 8) {
			weft_buf_adds(&buf, "... needs ");
			i = w->depth - 2;
			shown = 0;
			continue;
		}
		weft_buf_addf(&buf, "%.40s needs ", tasks[w->stack[i]].name);
	}
	weft_buf_addf(&buf, "%.40s", tasks[back_to].name);
	rc = weft_doc_complain(tasks[back_to].at, err, "a cycle: %s", weft_buf_str(&buf));
	weft_buf_fini(&buf);
	return rc;
}

static int visit(struct walk *w, uint32_t root, struct weft_err *err)
{
	w->stack[0] = root;
	w->next[0] = 0;
	w->depth = 1;
	w->colour[root] = GREY;
	while (w->depth) {
		uint32_t t = w->stack[w->depth - 1];
		const struct weft_flow_task *task = &w->flow->tasks[t];
		uint32_t n = w->next[w->depth - 1], to;

		if (n == task->need_count) {
			w->colour[t] = BLACK;
			w->graph->order[w->done++] = t;
			w->depth--;
			continue;
		}
		w->next[w->depth - 1]++;
		to = task->needs[n].task_idx;
		w->graph->edge_count++;
		if (w->colour[to] == GREY)
			return complain_cycle(w, to, err);
		if (w->colour[to] == BLACK)
			continue;
		w->colour[to] = GREY;
		w->stack[w->depth] = to;
		w->next[w->depth++] = 0;
	}
	return 0;
}

static void set_levels(struct weft_flow_graph *graph, const struct weft_flow *flow)
{
	for (uint32_t i = 0; i < flow->task_count; i++) {
		const struct weft_flow_task *task = &flow->tasks[graph->order[i]];
		uint32_t level = 0;

		for (uint32_t n = 0; n < task->need_count; n++)
			if (graph->level[task->needs[n].task_idx] + 1 > level)
				level = graph->level[task->needs[n].task_idx] + 1;
		graph->level[graph->order[i]] = level;
		if (level + 1 > graph->level_count)
			graph->level_count = level + 1;
	}
}

int weft_flow_graph_init(struct weft_flow_graph *graph,
			 const struct weft_flow *flow, struct weft_err *err)
{
	struct walk w = { .flow = flow, .graph = graph };
	uint32_t count = flow->task_count;
	int rc = 0;

	memset(graph, 0, sizeof(*graph));
	graph->order = calloc(count, sizeof(uint32_t));
	graph->level = calloc(count, sizeof(uint32_t));
	w.colour = calloc(count, 1);
	w.stack = calloc(count, sizeof(uint32_t));
	w.next = calloc(count, sizeof(uint32_t));
	if (!graph->order || !graph->level || !w.colour || !w.stack || !w.next)
		rc = weft_err_set(err, ENOMEM, "out of memory");
	for (uint32_t t = 0; t < count && !rc; t++)
		if (w.colour[t] == WHITE)
			rc = visit(&w, t, err);
	if (!rc)
		set_levels(graph, flow);
	free(w.colour);
	free(w.stack);
	free(w.next);
	if (rc)
		weft_flow_graph_fini(graph);
	return rc;
}

void weft_flow_graph_fini(struct weft_flow_graph *graph)
{
	free(graph->order);
	free(graph->level);
	memset(graph, 0, sizeof(*graph));
}

uint64_t weft_flow_graph_critical(const struct weft_flow_graph *graph,
				  const struct weft_flow *flow,
				  const uint32_t *minutes, uint32_t *path,
				  uint32_t *ret_path_count, struct weft_err *err)
{
	uint64_t *finish = calloc(flow->task_count, sizeof(*finish));
	uint32_t *via = calloc(flow->task_count, sizeof(*via));
	uint32_t last = 0, count = 0;
	uint64_t longest = 0;

	*ret_path_count = 0;
	if (!finish || !via) {
		weft_err_set(err, ENOMEM, "out of memory");
		goto out;
	}
	for (uint32_t i = 0; i < flow->task_count; i++) {
		uint32_t t = graph->order[i];
		const struct weft_flow_task *task = &flow->tasks[t];
		uint64_t start = 0;

		via[t] = t;
		for (uint32_t n = 0; n < task->need_count; n++) {
			uint32_t from = task->needs[n].task_idx;

			if (via[t] == t || finish[from] > start) {
				start = finish[from];
				via[t] = from;
			}
		}
		finish[t] = start + minutes[t];
		if (!i || finish[t] > longest) {
			longest = finish[t];
			last = t;
		}
	}
	for (uint32_t t = last;; t = via[t]) {
		path[count++] = t;
		if (via[t] == t)
			break;
	}
	for (uint32_t i = 0; i < count / 2; i++) {
		uint32_t swap = path[i];

		path[i] = path[count - 1 - i];
		path[count - 1 - i] = swap;
	}
	*ret_path_count = count;
out:
	free(finish);
	free(via);
	return longest;
}
