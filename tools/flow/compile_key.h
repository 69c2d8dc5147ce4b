/* SPDX-License-Identifier: GPL-2.0-or-later */
/* compile_key.h - what makes two units one array; between compile.c, shape.c and barrier.c. */
#ifndef WEFT_FLOW_COMPILE_KEY_H
#define WEFT_FLOW_COMPILE_KEY_H

#include "tools/flow/groups.h"
#include "tools/flow/limits.h"

/* True if the task is one command that may share an array with others. */
bool weft_key_merges(const struct weft_flow_task *task);
/* True if units of the task that no retry changed may have unlike keys. */
bool weft_key_varies(const struct weft_flow_task *task);
/* Append the key of a unit, dependencies aside. */
int weft_key_unit(const struct weft_plan *plan, const struct weft_flow_task *task,
		  uint32_t local, struct weft_buf *key, struct weft_err *err);
/* Fill object->settings with the options' values for that unit. */
int weft_key_settings(const struct weft_plan *plan,
		      const struct weft_flow_task *task, uint32_t local,
		      struct weft_object *object, struct weft_err *err);
/* The same for a job that does nothing but wait in that unit's place. */
int weft_key_barrier_settings(const struct weft_plan *plan,
			      const struct weft_flow_task *task, uint32_t local,
			      struct weft_object *object, struct weft_err *err);
/* A new object at the plan's end (NULL: no memory); the last one away again. */
struct weft_object *weft_plan_object_new(struct weft_plan *plan);
void weft_plan_object_drop(struct weft_plan *plan);
/* Barrier jobs where the groups of a level share very many terms. */
int weft_barriers_make(struct weft_plan *plan, const struct weft_plan_limits *limits,
		       struct weft_groups *groups, uint32_t first_object,
		       struct weft_err *err);
/* What accounting knows a unit by; the texts lie in `texts`. */
int weft_key_limits(const struct weft_plan *plan, const struct weft_flow_task *task,
		    uint32_t local, struct weft_buf *texts, struct weft_limit_key *ret_key,
		    struct weft_err *err);

#endif
