/* SPDX-License-Identifier: GPL-2.0-or-later */
/* model_read.h - what model.c and task.c share while a workflow is read. */
#ifndef WEFT_FLOW_MODEL_READ_H
#define WEFT_FLOW_MODEL_READ_H

#include "tools/flow/model.h"

/* One task as the file has it: its mapping and the defaults that hold there. */
struct weft_task_source {
	const struct weft_doc_node *key, *map;
	const struct weft_doc_node *defaults;	/* NULL: none */
	const char *dir;			/* of the file it is in */
};

/* Fill task, whose name and place are set; needs are resolved later. */
int weft_task_read(struct weft_flow *flow, struct weft_flow_task *task,
		   const struct weft_task_source *source, struct weft_err *err);
/* Resolve `needs` by name once every task is known. */
int weft_task_read_needs(struct weft_flow *flow, struct weft_flow_task *task,
			 const struct weft_task_source *source,
			 struct weft_err *err);
/* A name that may become an environment variable of a task. */
int weft_param_name_check(const struct weft_doc_node *at, const char *name,
			  struct weft_err *err);
/* path, made absolute from dir; in the arena. */
const char *weft_path_from(struct weft_flow *flow, const char *dir,
			   const char *path);

#endif
