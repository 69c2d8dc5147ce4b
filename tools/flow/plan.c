/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * plan.c - the states of a workflow's units, and what they make of each other
 *
 * A unit is settled when nothing can change its fate any more: done, skipped
 * or failed for good.  weft_plan_settle() spreads that along the needs, in
 * topological order, so one call reaches the ends of every chain.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tools/flow/compile_key.h"

static int no_memory(struct weft_err *err)
{
	return weft_err_set(err, ENOMEM, "out of memory");
}

int weft_plan_init(struct weft_plan *plan, const struct weft_flow *flow,
		   const struct weft_flow_graph *graph, struct weft_err *err)
{
	memset(plan, 0, sizeof(*plan));
	plan->flow = flow;
	plan->graph = graph;
	plan->units = calloc(flow->unit_count + 1, sizeof(*plan->units));
	if (!plan->units)
		return no_memory(err);
	for (uint32_t u = 0; u < flow->unit_count; u++) {
		plan->units[u].cause = WEFT_CAUSE_NONE;
		plan->units[u].object = WEFT_NO_OBJECT;
		plan->units[u].slot = WEFT_NO_SLOT;
	}
	return 0;
}

struct weft_object *weft_plan_object_new(struct weft_plan *plan)
{
	if (plan->object_count == plan->object_cap) {
		uint32_t cap = plan->object_cap ? plan->object_cap * 2 : 64;
		struct weft_object *more =
			reallocarray(plan->objects, cap, sizeof(*more));

		if (!more)
			return NULL;
		plan->objects = more;
		plan->object_cap = cap;
	}
	memset(&plan->objects[plan->object_count], 0, sizeof(*plan->objects));
	return &plan->objects[plan->object_count++];
}

void weft_plan_object_drop(struct weft_plan *plan)
{
	struct weft_object *object = &plan->objects[--plan->object_count];

	for (uint32_t s = 0; s < object->setting_count; s++)
		free(object->settings[s].value);
	free(object->settings);
	free(object->units);
	free(object->slots);
	free(object->terms);
}

void weft_plan_fini(struct weft_plan *plan)
{
	while (plan->object_count)
		weft_plan_object_drop(plan);
	for (uint32_t u = 0; plan->units && u < plan->flow->unit_count; u++)
		free(plan->units[u].changes);
	free(plan->objects);
	free(plan->units);
	memset(plan, 0, sizeof(*plan));
}

const struct weft_flow_task *weft_plan_task(const struct weft_plan *plan,
					    uint32_t unit, uint32_t *ret_local)
{
	const struct weft_flow *flow = plan->flow;
	uint32_t low = 0, high = flow->task_count - 1;

	while (low < high) {
		uint32_t mid = low + (high - low + 1) / 2;

		if (flow->tasks[mid].first_unit <= unit)
			low = mid;
		else
			high = mid - 1;
	}
	if (ret_local)
		*ret_local = unit - flow->tasks[low].first_unit;
	return &flow->tasks[low];
}

int weft_plan_apply_when(struct weft_plan *plan, struct weft_err *err)
{
	const struct weft_flow *flow = plan->flow;

	for (uint32_t t = 0; t < flow->task_count; t++) {
		const struct weft_flow_task *task = &flow->tasks[t];

		for (uint32_t u = 0; task->when && u < task->unit_count; u++) {
			bool truth;
			int rc = weft_flow_when(flow, task, u, &truth, err);

			if (rc) {
				weft_err_prefix(err, "%s:%u: task \"%.60s\"", task->at->file,
						task->at->line, task->name);
				return rc;
			}
			if (!truth && plan->units[task->first_unit + u].state == WEFT_UNIT_TODO)
				plan->units[task->first_unit + u].state = WEFT_UNIT_SKIPPED;
		}
	}
	return 0;
}

/* What the parents of one need come to for one unit (local number). */
struct verdict {
	uint32_t open, failed, done;	/* parents by state */
};

static void judge(const struct weft_plan *plan, const struct weft_flow_need *need,
		  uint32_t local, struct verdict *v)
{
	const struct weft_flow_task *parent = &plan->flow->tasks[need->task_idx];
	uint32_t from = need->each ? local : 0;
	uint32_t to = need->each ? local + 1 : parent->unit_count;

	memset(v, 0, sizeof(*v));
	for (uint32_t u = from; u < to; u++) {
		switch (plan->units[parent->first_unit + u].state) {
		case WEFT_UNIT_FAILED:
			v->failed++;
			break;
		case WEFT_UNIT_TODO:
		case WEFT_UNIT_LIVE:
			v->open++;
			break;
		default:
			v->done++;
		}
	}
}

/* TODO: may still run; FAILED or SKIPPED: it never will. */
static enum weft_unit_state fate(const struct weft_plan *plan,
				 const struct weft_flow_task *task, uint32_t local,
				 const struct verdict *full)
{
	for (uint32_t n = 0; n < task->need_count; n++) {
		const struct weft_flow_need *need = &task->needs[n];
		struct verdict v;

		if (need->on == WEFT_NEED_ANY)
			continue;
		if (need->each)
			judge(plan, need, local, &v);
		else
			v = full[n];
		if (need->on == WEFT_NEED_OK && v.failed)
			return WEFT_UNIT_FAILED;
		if (need->on == WEFT_NEED_FAILED && !v.open && !v.failed)
			return WEFT_UNIT_SKIPPED;
	}
	return WEFT_UNIT_TODO;
}

uint32_t weft_plan_settle(struct weft_plan *plan)
{
	uint32_t changed = 0;

	for (uint32_t i = 0; i < plan->flow->task_count; i++) {
		const struct weft_flow_task *task =
			&plan->flow->tasks[plan->graph->order[i]];
		struct verdict *full = calloc(task->need_count + 1, sizeof(*full));

		for (uint32_t n = 0; full && n < task->need_count; n++)
			if (!task->needs[n].each)
				judge(plan, &task->needs[n], 0, &full[n]);
		for (uint32_t u = 0; full && u < task->unit_count; u++) {
			struct weft_unit *unit = &plan->units[task->first_unit + u];
			enum weft_unit_state now;

			if (unit->state != WEFT_UNIT_TODO)
				continue;
			now = fate(plan, task, u, full);
			if (now == WEFT_UNIT_TODO)
				continue;
			unit->state = (uint8_t)now;
			if (now == WEFT_UNIT_FAILED)
				unit->cause = WEFT_CAUSE_DEPENDENCY;
			changed++;
		}
		free(full);
	}
	return changed;
}
