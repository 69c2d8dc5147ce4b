/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * needs.c - the `needs` of a task, by name, once every task is known
 *
 * "each" pairs unit i with unit i and therefore wants two tasks of one form:
 * the same array indices and the same axes with as many values.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/nearest.h"
#include "tools/flow/model_read.h"

static bool same_form(const struct weft_flow_task *a, const struct weft_flow_task *b)
{
	if (a->index_count != b->index_count || a->axis_count != b->axis_count)
		return false;
	for (uint32_t i = 0; i < a->axis_count; i++)
		if (a->axes[i].count != b->axes[i].count)
			return false;
	return !a->index_count ||
	       !memcmp(a->index, b->index, a->index_count * sizeof(*a->index));
}

static int no_such_task(const struct weft_flow *flow, const struct weft_flow_task *task,
			const struct weft_doc_node *at, const char *name,
			struct weft_err *err)
{
	const char **names;
	const char *near;
	uint32_t count = flow->task_count < 5000 ? flow->task_count : 5000;

	names = calloc(count + 1, sizeof(*names));
	if (!names)
		return weft_err_set(err, ENOMEM, "out of memory");
	for (uint32_t i = 0; i < count; i++)
		names[i] = flow->tasks[i].name;
	near = weft_nearest(name, names, count);
	free(names);
	if (near)
		return weft_doc_complain(at, err,
					 "task \"%.60s\" needs \"%.60s\", which is no task; did you mean \"%.60s\"?",
					 task->name, name, near);
	return weft_doc_complain(at, err, "task \"%.60s\" needs \"%.60s\", which is no task",
				 task->name, name);
}

static int read_need(struct weft_flow *flow, struct weft_flow_task *task,
		     const struct weft_doc_node *node, struct weft_flow_need *need,
		     struct weft_err *err)
{
	const struct weft_doc_node *name = node, *on = NULL, *each = NULL;
	int64_t found;

	if (node->kind == WEFT_DOC_MAP) {
		name = weft_doc_get(node, "task");
		on = weft_doc_get(node, "on");
		each = weft_doc_get(node, "each");
	}
	found = weft_flow_find(flow, name->text);
	if (found < 0)
		return no_such_task(flow, task, name, name->text, err);
	need->task_idx = (uint32_t)found;
	need->at = node;
	need->each = each && (*each->text == 't' || *each->text == 'T');
	need->on = !on || !strcmp(on->text, "ok") ? WEFT_NEED_OK :
		   !strcmp(on->text, "failed") ? WEFT_NEED_FAILED : WEFT_NEED_ANY;
	if (&flow->tasks[found] == task)
		return weft_doc_complain(name, err, "task \"%.60s\" needs itself",
					 task->name);
	if (need->each && !same_form(task, &flow->tasks[found]))
		return weft_doc_complain(node, err,
					 "\"each\" pairs tasks of one form: \"%.60s\" and \"%.60s\" differ in array or matrix",
					 task->name, name->text);
	return 0;
}

int weft_task_read_needs(struct weft_flow *flow, struct weft_flow_task *task,
			 const struct weft_task_source *source,
			 struct weft_err *err)
{
	const struct weft_doc_node *node = weft_doc_get(source->map, "needs");
	uint32_t count = !node ? 0 : node->kind == WEFT_DOC_LIST ? node->count : 1;

	if (!count)
		return 0;
	task->needs = weft_arena_array(&flow->arena, count, sizeof(*task->needs));
	if (!task->needs)
		return weft_err_set(err, ENOMEM, "out of memory");
	for (uint32_t i = 0; i < count; i++) {
		const struct weft_doc_node *item =
			node->kind == WEFT_DOC_LIST ? node->item[i] : node;
		struct weft_flow_need *need = &task->needs[task->need_count];
		bool twice = false;
		int rc = read_need(flow, task, item, need, err);

		if (rc)
			return rc;
		for (uint32_t j = 0; j < task->need_count && !twice && count < 4096; j++)
			twice = task->needs[j].task_idx == need->task_idx &&
				task->needs[j].on == need->on &&
				task->needs[j].each == need->each;
		if (!twice)
			task->need_count++;
	}
	return 0;
}
