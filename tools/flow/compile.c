/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * compile.c - see compile.h
 *
 * Tasks are taken level by level, so that whatever a unit needs already has
 * its object.  Within a level units fall into groups by a key: all that makes
 * two of them one array, that is the same options, the same dependencies and,
 * unless they are single commands, the same task.  Single commands of one
 * shape merge into one array whose script chooses by index.  A group becomes
 * one object, or several where an index would reach MaxArraySize.
 *
 * Dependencies:
 *   full fan      afterok on each whole object whose elements are all needed;
 *                 on elements where the object holds others as well, or where
 *                 one of it failed; on one barrier job where tasks that can
 *                 be no array share very many such terms (barrier.c)
 *   one to one    aftercorr, when both sides are arrays with equal indices
 *   "on: failed"  afternotok for a single parent that is not retried;
 *                 otherwise the unit waits here until its parents are settled,
 *                 because "failed" is known only after the last retry
 *
 * A unit whose needs are not all in Slurm or settled stays TODO for a later
 * pass: that is how waves work on a small site.
 *
 * Slots: an array without matrix keeps the user's own indices, so that
 * $SLURM_ARRAY_TASK_ID is what the file says; other tasks count from 0.
 * Where that passes MaxArraySize, the object carries a base.
 *
 * Cost: linear in units, plus one hash of a key per unit where options or
 * needs vary by unit, else per task.  10,000 unlike tasks take a few tens of ms.
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/flow/compile.h"
#include "tools/flow/compile_key.h"
#include "tools/flow/groups.h"
#include "tools/flow/room.h"

#define MERGE_SCRIPT_MAX ((size_t)1 << 20)	/* bytes of commands in one array */

struct pass {
	struct weft_plan *plan;
	const struct weft_plan_limits *limits;
	struct weft_err *err;
	uint32_t first_object;
	uint64_t live;
	struct weft_groups groups;	/* of the level at hand */
};

static int no_memory(struct weft_err *err)
{
	return weft_err_set(err, ENOMEM, "out of memory");
}

struct terms {
	struct weft_term *list;
	uint32_t count, cap;
};

static int term_add(struct terms *terms, enum weft_term_kind kind, uint32_t object,
		    uint32_t slot)
{
	if (terms->count == terms->cap) {
		uint32_t cap = terms->cap ? terms->cap * 2 : 4;
		struct weft_term *more = reallocarray(terms->list, cap, sizeof(*more));

		if (!more)
			return -ENOMEM;
		terms->list = more;
		terms->cap = cap;
	}
	terms->list[terms->count++] = (struct weft_term){ kind, object, slot };
	return 0;
}

static enum weft_term_kind kind_of(enum weft_need_on on)
{
	return on == WEFT_NEED_OK ? WEFT_TERM_OK :
	       on == WEFT_NEED_ANY ? WEFT_TERM_ANY : WEFT_TERM_FAILED;
}

/* The whole object stands for the task: nothing else in it, nothing failed. */
static bool object_is_all(const struct weft_object *object,
			  const struct weft_flow_task *task)
{
	return !object->bad_count &&
	       object->units[0] >= task->first_unit &&
	       object->units[object->unit_count - 1] <
		       task->first_unit + task->unit_count;
}

/* A retried parent's failure is not its last word: wait for it here. */
static bool must_wait(const struct weft_flow_task *parent,
		      const struct weft_flow_need *need)
{
	if (need->on == WEFT_NEED_OK)
		return false;
	return parent->retry_max || (need->on == WEFT_NEED_FAILED && !need->each &&
				     parent->unit_count > 1);
}

/* Terms of a full fan; 1: a parent is not in Slurm yet, -errno: no memory. */
static int full_terms(struct weft_plan *plan, const struct weft_flow_need *need,
		      struct terms *terms)
{
	const struct weft_flow_task *parent = &plan->flow->tasks[need->task_idx];
	enum weft_term_kind kind = kind_of(need->on);
	uint32_t last = WEFT_NO_OBJECT;

	for (uint32_t u = 0; u < parent->unit_count; u++) {
		const struct weft_unit *unit = &plan->units[parent->first_unit + u];
		const struct weft_object *object;
		int rc;

		if (unit->state == WEFT_UNIT_TODO)
			return 1;
		if (unit->state != WEFT_UNIT_LIVE)
			continue;
		if (must_wait(parent, need))
			return 1;
		if (unit->object == last)
			continue;
		object = &plan->objects[unit->object];
		if (object_is_all(object, parent)) {
			last = unit->object;
			rc = term_add(terms, kind, unit->object, WEFT_NO_SLOT);
		} else {
			rc = term_add(terms, kind, unit->object, unit->slot);
		}
		if (rc)
			return rc;
	}
	return 0;
}

/* The term of a one-to-one need for one unit; same answers. */
static int each_term(struct weft_plan *plan, const struct weft_flow_task *task,
		     const struct weft_flow_need *need, uint32_t local,
		     struct terms *terms)
{
	const struct weft_flow_task *parent = &plan->flow->tasks[need->task_idx];
	const struct weft_unit *unit = &plan->units[parent->first_unit + local];
	const struct weft_object *object;

	if (unit->state == WEFT_UNIT_TODO)
		return 1;
	if (unit->state != WEFT_UNIT_LIVE)
		return 0;
	if (must_wait(parent, need))
		return 1;
	object = &plan->objects[unit->object];
	/* aftercorr waits for success; other words name the element itself. */
	if (need->on == WEFT_NEED_OK && object->is_array && task->unit_count > 1 &&
	    object_is_all(object, parent))
		return term_add(terms, WEFT_TERM_CORR, unit->object, WEFT_NO_SLOT);
	return term_add(terms, kind_of(need->on), unit->object, unit->slot);
}

static int by_term(const void *a, const void *b)
{
	const struct weft_term *x = a, *y = b;

	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	if (x->object != y->object)
		return x->object < y->object ? -1 : 1;
	return x->slot < y->slot ? -1 : x->slot > y->slot;
}

/*
 * Sorted, none twice; and where they name every element of an object that is
 * not over, the object itself: 200 tasks that need 200 others, merged into one
 * array, wait for one job.  ("on: failed" of a whole array would mean another
 * thing to Slurm: any element's failure.)
 */
static void terms_sort(const struct weft_plan *plan, struct terms *terms)
{
	struct weft_term *list = terms->list;
	uint32_t kept = 0, first = 0;

	if (!terms->count)
		return;
	qsort(list, terms->count, sizeof(*list), by_term);
	for (uint32_t i = 0; i < terms->count; i++) {
		const struct weft_object *object = &plan->objects[list[i].object];

		if (kept && !by_term(&list[kept - 1], &list[i]))
			continue;
		if (!kept || list[kept - 1].kind != list[i].kind ||
		    list[kept - 1].object != list[i].object)
			first = kept;
		list[kept++] = list[i];
		if (list[first].slot == WEFT_NO_SLOT || list[i].kind == WEFT_TERM_FAILED ||
		    kept - first < object->live_count || object->bad_count ||
		    object->unit_count < 2)
			continue;
		list[first].slot = WEFT_NO_SLOT;
		kept = first + 1;
	}
	terms->count = kept;
}

/* Put one unit into the group of its key; *ret_group: which that is. */
static int place_unit(struct pass *p, const struct weft_flow_task *task,
		      uint32_t local, struct weft_buf *key, const struct terms *terms,
		      uint32_t *ret_group)
{
	struct weft_group *group;

	for (uint32_t i = 0; i < terms->count; i++)
		weft_buf_addf(key, "%d:%u:%u,", (int)terms->list[i].kind,
			      terms->list[i].object, terms->list[i].slot);
	if (weft_buf_error(key))
		return weft_err_set(p->err, EFBIG, "task \"%.60s\" depends on too many others",
				    task->name);
	group = weft_groups_find(&p->groups, weft_buf_str(key), key->len);
	if (!group)
		return no_memory(p->err);
	if (!group->count) {
		group->merged = weft_key_merges(task);
		group->term_count = terms->count;
		group->terms = calloc(terms->count + 1, sizeof(*group->terms));
		if (!group->terms)
			return no_memory(p->err);
		if (terms->count)
			memcpy(group->terms, terms->list,
			       terms->count * sizeof(*group->terms));
	}
	*ret_group = (uint32_t)(group - p->groups.list);
	return weft_group_add(group, task->first_unit + local) ? no_memory(p->err) : 0;
}

/*
 * True if the unit surely belongs where the unit before it went: its options
 * cannot vary, no retry changed it, and it waits for the same.  A map of
 * 10,000 then makes one key, not 10,000.
 */
static bool same_again(const struct pass *p, const struct weft_unit *unit,
		       const struct terms *terms, uint32_t last)
{
	const struct weft_group *group;

	if (last == UINT32_MAX || unit->changes || unit->not_before)
		return false;
	group = &p->groups.list[last];
	return group->term_count == terms->count &&
	       (!terms->count || !memcmp(group->terms, terms->list,
					 terms->count * sizeof(*group->terms)));
}

/* 1: accounting lets no more such units in now. */
static int no_room(struct pass *p, const struct weft_flow_task *task, uint32_t local,
		   struct weft_buf *texts)
{
	struct weft_limit_key key;
	int rc;

	if (!p->limits->room)
		return 0;
	weft_buf_clear(texts);
	rc = weft_key_limits(p->plan, task, local, texts, &key, p->err);
	return rc ? rc : !weft_room_take(p->limits->room, &key);
}

static int place_task(struct pass *p, const struct weft_flow_task *task)
{
	struct weft_plan *plan = p->plan;
	bool has_each = false, wait = false, varies = weft_key_varies(task);
	uint32_t group = UINT32_MAX;
	struct terms full = { 0 }, own = { 0 };
	struct weft_buf key;	/* also what accounting knows the unit by */
	int rc = 0;

	for (uint32_t n = 0; n < task->need_count && !rc && !wait; n++) {
		has_each |= task->needs[n].each;
		if (!task->needs[n].each) {
			rc = full_terms(plan, &task->needs[n], &full);
			wait = rc > 0;
		}
	}
	if (!rc && !has_each)
		terms_sort(plan, &full);
	weft_buf_init(&key, (size_t)64 << 20);
	for (uint32_t u = 0; u < task->unit_count && rc == 0; u++) {
		struct weft_unit *unit = &plan->units[task->first_unit + u];
		const struct terms *terms = &full;

		if (unit->state != WEFT_UNIT_TODO)
			continue;
		if (p->live >= p->limits->max_queued)
			break;
		if (has_each) {
			own.count = 0;
			for (uint32_t i = 0; i < full.count && !rc; i++)
				rc = term_add(&own, full.list[i].kind,
					      full.list[i].object, full.list[i].slot);
			for (uint32_t n = 0; n < task->need_count && !rc; n++)
				if (task->needs[n].each)
					rc = each_term(plan, task, &task->needs[n], u, &own);
			if (rc > 0) {
				rc = 0;
				continue;
			}
			terms_sort(plan, &own);
			terms = &own;
		}
		if (!rc)
			rc = no_room(p, task, u, &key);
		if (rc > 0) {
			rc = 0;
			continue;
		}
		p->live++;
		if (!rc && same_again(p, unit, terms, group)) {
			rc = weft_group_add(&p->groups.list[group], task->first_unit + u);
			continue;
		}
		weft_buf_clear(&key);
		if (!rc)
			rc = weft_key_unit(plan, task, u, &key, p->err);
		if (!rc)
			rc = place_unit(p, task, u, &key, terms, &group);
		if (varies || unit->changes || unit->not_before)
			group = UINT32_MAX;
	}
	weft_buf_fini(&key);
	free(full.list);
	free(own.list);
	return rc > 0 ? 0 : rc == -ENOMEM ? no_memory(p->err) : rc;
}

static uint32_t slot_of(const struct weft_plan *plan, uint32_t unit, bool merged,
			uint32_t position)
{
	uint32_t local;
	const struct weft_flow_task *task = weft_plan_task(plan, unit, &local);

	if (merged)
		return position;
	return task->index_count && !task->axis_count ? task->index[local] : local;
}

/* One object of units [from, to) of a group. */
static int make_object(struct pass *p, const struct weft_group *group, uint32_t from,
		       uint32_t to, uint32_t base)
{
	struct weft_plan *plan = p->plan;
	struct weft_object *object = weft_plan_object_new(p->plan);
	uint32_t number = plan->object_count - 1, local;
	const struct weft_flow_task *task;

	if (!object)
		return no_memory(p->err);
	task = weft_plan_task(plan, group->units[from], &local);
	object->task_idx = (uint32_t)(task - plan->flow->tasks);
	object->unit_count = object->live_count = to - from;
	object->base = base;
	object->is_array = task->unit_count > 1 || task->index_count ||
			   object->unit_count > 1;
	object->root = true;
	object->begin = plan->units[group->units[from]].not_before;
	object->units = calloc(to - from, sizeof(uint32_t));
	object->slots = calloc(to - from, sizeof(uint32_t));
	object->terms = calloc(group->term_count + 1, sizeof(*object->terms));
	if (!object->units || !object->slots || !object->terms)
		return no_memory(p->err);
	for (uint32_t i = from; i < to; i++) {
		struct weft_unit *unit = &plan->units[group->units[i]];
		uint32_t slot = slot_of(plan, group->units[i], group->merged, i) - base;

		object->units[i - from] = group->units[i];
		object->slots[i - from] = slot;
		unit->state = WEFT_UNIT_LIVE;
		unit->object = number;
		unit->slot = object->is_array ? slot : WEFT_NO_SLOT;
	}
	object->term_count = group->term_count;
	if (group->term_count)
		memcpy(object->terms, group->terms,
		       group->term_count * sizeof(*object->terms));
	for (uint32_t i = 0; i < group->term_count; i++)
		object->root &= group->terms[i].object < p->first_object;
	return weft_key_settings(plan, task, local, object, p->err);
}

/* aftercorr holds only while both sides count their slots from one base. */
static int close_group(struct pass *p, const struct weft_group *group)
{
	uint32_t max = p->limits->max_array_size, from = 0;

	while (from < group->count) {
		uint32_t base = slot_of(p->plan, group->units[from], group->merged, from) /
				max * max;
		uint32_t to = from;
		size_t bytes = 0;
		int rc;

		while (to < group->count &&
		       slot_of(p->plan, group->units[to], group->merged, to) - base < max) {
			if (group->merged) {
				bytes += strlen(weft_plan_task(p->plan, group->units[to],
							       NULL)->run) + 200;
				if (bytes > MERGE_SCRIPT_MAX && to > from)
					break;
			}
			to++;
		}
		if (group->merged)
			base = from;
		rc = make_object(p, group, from, to, base);
		if (rc)
			return rc;
		from = to;
	}
	return 0;
}

static int close_groups(struct pass *p)
{
	int rc = weft_barriers_make(p->plan, p->limits, &p->groups, p->first_object, p->err);

	for (uint32_t g = 0; g < p->groups.count && !rc; g++)
		rc = close_group(p, &p->groups.list[g]);
	weft_groups_clear(&p->groups);
	return rc;
}

/* Tasks sorted by level, needs first; counting sort. */
static uint32_t *by_level(const struct weft_plan *plan)
{
	const struct weft_flow_graph *graph = plan->graph;
	uint32_t *start = calloc(graph->level_count + 1, sizeof(*start));
	uint32_t *order = calloc(plan->flow->task_count + 1, sizeof(*order));

	for (uint32_t t = 0; start && order && t < plan->flow->task_count; t++)
		start[graph->level[t] + 1]++;
	for (uint32_t l = 0; start && l < graph->level_count; l++)
		start[l + 1] += start[l];
	for (uint32_t t = 0; start && order && t < plan->flow->task_count; t++)
		order[start[graph->level[t]]++] = t;
	if (!start || !order) {
		free(order);
		order = NULL;
	}
	free(start);
	return order;
}

int weft_plan_pass(struct weft_plan *plan, const struct weft_plan_limits *limits,
		   uint32_t *ret_first, struct weft_err *err)
{
	struct pass p = { .plan = plan, .limits = limits, .err = err,
			  .first_object = plan->object_count };
	uint32_t *order = by_level(plan), level = 0;
	int rc = 0;

	if (!order)
		return no_memory(err);
	for (uint32_t u = 0; u < plan->flow->unit_count; u++)
		p.live += plan->units[u].state == WEFT_UNIT_LIVE;
	for (uint32_t i = 0; i < plan->flow->task_count && !rc; i++) {
		if (plan->graph->level[order[i]] != level) {
			rc = close_groups(&p);
			level = plan->graph->level[order[i]];
		}
		if (!rc)
			rc = place_task(&p, &plan->flow->tasks[order[i]]);
	}
	if (!rc)
		rc = close_groups(&p);
	weft_groups_fini(&p.groups);
	free(order);
	*ret_first = p.first_object;
	return rc;
}
