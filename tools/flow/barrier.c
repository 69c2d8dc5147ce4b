/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * barrier.c - one job for others to wait for, in place of very many
 *
 * A thousand tasks that can be no array, each of which needs a thousand others
 * that can be none, are a million dependencies: measured, 5 s of slurmctld's
 * CPU to take, 220 MB of its memory, and a fifth of a second of each
 * scheduling cycle.  One job that waits for the thousand, and for which the
 * others wait, makes two thousand of them.  It has to wait its turn like any
 * job, which on a full cluster is long, so it is made only where the groups of
 * a level share terms of which there would be limits->barrier_terms in all.
 *
 * A barrier is an object without units: a command that does nothing, with the
 * account, partition, QOS and reservation of the first that waits for it.
 * track.c and withdraw.c see to one that breaks or that nothing waits for any
 * more.
 *
 * Cost: a hash of the terms of each group of a level, and sorting those.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/hash.h"
#include "tools/flow/compile_key.h"
#include "tools/flow/room.h"

struct candidate {
	uint64_t hash;
	struct weft_group *group;
};

static int by_hash(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;

	if (x->hash != y->hash)
		return x->hash < y->hash ? -1 : 1;
	return x->group < y->group ? -1 : x->group > y->group;
}

/* Terms that a job without units can wait for in another's place. */
static bool is_plain(const struct weft_group *group)
{
	for (uint32_t i = 0; i < group->term_count; i++)
		if (group->terms[i].kind != WEFT_TERM_OK && group->terms[i].kind != WEFT_TERM_ANY)
			return false;
	return group->term_count > 1;
}

static bool same_terms(const struct weft_group *a, const struct weft_group *b)
{
	return a->term_count == b->term_count &&
	       !memcmp(a->terms, b->terms, a->term_count * sizeof(*a->terms));
}

/* The barrier takes the terms over from the first of the groups. */
static int make_barrier(struct weft_plan *plan, struct weft_group *first,
			uint32_t first_object, struct weft_err *err)
{
	struct weft_object *object = weft_plan_object_new(plan);
	uint32_t local;
	const struct weft_flow_task *task;

	if (!object)
		return weft_err_set(err, ENOMEM, "out of memory");
	task = weft_plan_task(plan, first->units[0], &local);
	object->task_idx = (uint32_t)(task - plan->flow->tasks);
	object->units = calloc(1, sizeof(*object->units));
	object->slots = calloc(1, sizeof(*object->slots));
	object->terms = calloc(first->term_count, sizeof(*object->terms));
	if (!object->units || !object->slots || !object->terms)
		return weft_err_set(err, ENOMEM, "out of memory");
	object->term_count = first->term_count;
	memcpy(object->terms, first->terms, first->term_count * sizeof(*object->terms));
	object->root = true;
	for (uint32_t i = 0; i < object->term_count; i++)
		object->root &= object->terms[i].object < first_object;
	return weft_key_barrier_settings(plan, task, local, object, err);
}

/* Groups [0, count) of equal terms: a barrier, if it is worth one. */
static int join(struct weft_plan *plan, const struct weft_plan_limits *limits,
		struct candidate *list, uint32_t count, uint32_t first_object,
		struct weft_err *err)
{
	struct weft_group *first = list[0].group;
	struct weft_limit_key key;
	struct weft_object *object;
	int rc;

	if (count < 2 || (uint64_t)count * first->term_count < limits->barrier_terms)
		return 0;
	rc = make_barrier(plan, first, first_object, err);
	if (rc)
		return rc;
	object = &plan->objects[plan->object_count - 1];
	key = weft_limit_key_of(object);
	if (!weft_room_take(limits->room, &key)) {
		weft_plan_object_drop(plan);
		return 0;
	}
	for (uint32_t i = 0; i < count; i++) {
		list[i].group->terms[0] = (struct weft_term){ WEFT_TERM_OK, plan->object_count - 1,
							      WEFT_NO_SLOT };
		list[i].group->term_count = 1;
	}
	return 0;
}

int weft_barriers_make(struct weft_plan *plan, const struct weft_plan_limits *limits,
		       struct weft_groups *groups, uint32_t first_object, struct weft_err *err)
{
	struct candidate *list;
	uint32_t count = 0, to;
	int rc = 0;

	if (!limits->barrier_terms || groups->count < 2)
		return 0;
	list = calloc(groups->count, sizeof(*list));
	if (!list)
		return weft_err_set(err, ENOMEM, "out of memory");
	for (uint32_t g = 0; g < groups->count; g++) {
		struct weft_group *group = &groups->list[g];

		if (!is_plain(group))
			continue;
		list[count].hash = weft_hash_bytes(WEFT_HASH_INIT, group->terms,
						   group->term_count * sizeof(*group->terms));
		list[count++].group = group;
	}
	qsort(list, count, sizeof(*list), by_hash);
	for (uint32_t from = 0; from < count && !rc; from = to) {
		for (to = from + 1; to < count && same_terms(list[from].group, list[to].group);)
			to++;
		rc = join(plan, limits, list + from, to - from, first_object, err);
	}
	free(list);
	return rc;
}
