/* SPDX-License-Identifier: GPL-2.0-or-later */
/* compile_key.h - what makes two units one array; between compile.c and shape.c. */
#ifndef WEFT_FLOW_COMPILE_KEY_H
#define WEFT_FLOW_COMPILE_KEY_H

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
/* What accounting knows a unit by; the texts lie in `texts`. */
int weft_key_limits(const struct weft_plan *plan, const struct weft_flow_task *task,
		    uint32_t local, struct weft_buf *texts, struct weft_limit_key *ret_key,
		    struct weft_err *err);

#endif
