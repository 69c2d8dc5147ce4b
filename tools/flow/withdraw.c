/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * withdraw.c - units out of Slurm again that could only wait for ever
 *
 * When a unit fails, Slurm would leave its dependents pending for ever
 * (afterok on a failed job is never satisfied, also if the job is tried
 * again).  Those that wait for it are taken out of Slurm here, by our own
 * knowledge of the needs, and are TODO again; a later pass submits them behind
 * the new try, or weft_plan_settle() finds them beyond hope.  The same holds
 * for what waits for a barrier job that broke; and a barrier for which nothing
 * waits any more goes too.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>

#include "tools/flow/tracker.h"
#include "tools/flow/waves.h"

/* Does the unit wait for success of a task unit that just failed? */
static bool is_doomed(const struct weft_tracker *t, const struct weft_flow_task *task,
		      uint32_t local)
{
	const struct weft_plan *plan = &t->run->plan;

	for (uint32_t n = 0; n < task->need_count; n++) {
		const struct weft_flow_need *need = &task->needs[n];
		const struct weft_flow_task *parent = &plan->flow->tasks[need->task_idx];
		uint32_t from = need->each ? local : 0;
		uint32_t to = need->each ? local + 1 : parent->unit_count;

		if (!t->failed[need->task_idx] || need->on == WEFT_NEED_FAILED)
			continue;
		for (uint32_t u = from; u < to; u++) {
			uint8_t state = plan->units[parent->first_unit + u].state;

			if (state == WEFT_UNIT_TODO ||
			    (state == WEFT_UNIT_FAILED && need->on == WEFT_NEED_OK))
				return true;
		}
	}
	return false;
}

static int withdraw(struct weft_tracker *t, uint32_t number)
{
	struct weft_plan *plan = &t->run->plan;
	struct weft_unit *unit = &plan->units[number];
	struct weft_object *object = &plan->objects[unit->object];

	object->live_count--;
	weft_waves_left(t->run, object);
	object->bad_count++;
	unit->state = WEFT_UNIT_TODO;
	t->run->running[number] = 0;
	t->failed[weft_plan_task(plan, number, NULL) - plan->flow->tasks] = 1;
	return weft_state_put_unit(t->run->state, plan, number, NULL, t->err);
}

static int cancel_units(struct weft_tracker *t, uint32_t number, const uint8_t *chosen)
{
	struct weft_object *object = &t->run->plan.objects[number];
	struct weft_buf text;
	int rc;

	weft_buf_init(&text, (size_t)1 << 20);
	weft_buf_addf(&text, "%u", object->job_id);
	if (object->is_array && object->live_count) {
		weft_buf_adds(&text, "_[");
		for (uint32_t i = 0, n = 0; i < object->unit_count; i++)
			if (chosen[i])
				weft_buf_addf(&text, "%s%u", n++ ? "," : "", object->slots[i]);
		weft_buf_adds(&text, "]");
	}
	rc = weft_slurm_cancel(weft_buf_str(&text), t->err);
	t->run->rpc_count++;
	weft_buf_fini(&text);
	if (!rc && !object->live_count) {
		object->state = WEFT_OBJECT_OVER;
		rc = weft_state_put_job(t->run->state, &t->run->plan, number, t->err);
	}
	return rc;
}

static bool waits_for_broken(const struct weft_tracker *t, const struct weft_object *object)
{
	for (uint32_t i = 0; t->any_broken && i < object->term_count; i++)
		if (t->broken[object->terms[i].object])
			return true;
	return false;
}

/*
 * Take the doomed out of Slurm.  Objects are in topological order, and a
 * withdrawn unit marks its task as failed, so one sweep reaches every depth.
 */
static int sweep_doomed(struct weft_tracker *t)
{
	struct weft_plan *plan = &t->run->plan;
	int rc = 0;

	for (uint32_t o = 0; o < plan->object_count && !rc; o++) {
		struct weft_object *object = &plan->objects[o];
		uint8_t *chosen;
		uint32_t count = 0;
		bool all = waits_for_broken(t, object);

		if (object->state != WEFT_OBJECT_FREE || !object->term_count)
			continue;
		chosen = calloc(object->unit_count, 1);
		if (!chosen)
			return weft_err_set(t->err, ENOMEM, "out of memory");
		for (uint32_t i = 0; i < object->unit_count && !rc; i++) {
			uint32_t unit = object->units[i], local;
			const struct weft_flow_task *task = weft_plan_task(plan, unit, &local);

			if (!weft_track_is_current(t->run, unit, o) || t->run->running[unit] ||
			    (!all && !is_doomed(t, task, local)))
				continue;
			chosen[i] = 1;
			count++;
			rc = withdraw(t, unit);
		}
		if (!rc && count)
			rc = cancel_units(t, o, chosen);
		free(chosen);
	}
	return rc;
}

/* Barriers for which nothing waits any more. */
static int drop_barriers(struct weft_tracker *t)
{
	struct weft_plan *plan = &t->run->plan;
	uint8_t *wanted = calloc(plan->object_count + 1, 1);
	int rc = 0;

	if (!wanted)
		return weft_err_set(t->err, ENOMEM, "out of memory");
	for (uint32_t o = 0; o < plan->object_count; o++)
		for (uint32_t i = 0; plan->objects[o].live_count &&
				     i < plan->objects[o].term_count; i++)
			wanted[plan->objects[o].terms[i].object] = 1;
	for (uint32_t o = 0; o < plan->object_count && !rc; o++)
		if (weft_object_is_barrier(&plan->objects[o]) && !wanted[o] &&
		    plan->objects[o].state == WEFT_OBJECT_FREE)
			rc = cancel_units(t, o, NULL);
	free(wanted);
	return rc;
}

int weft_track_sweep(struct weft_tracker *t)
{
	int rc = sweep_doomed(t);

	return rc ? rc : drop_barriers(t);
}
