/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * model.h - a workflow, read and checked, before Slurm is in sight
 *
 * A task of the file is one or many units: one for every combination of its
 * matrix and every index of its array.  Units of a task are numbered
 * 0 .. unit_count-1: the array index runs fastest, then the last axis.
 *
 * Texts that may hold "${name}" are kept as written; weft_flow_expand() gives
 * them their value for one unit.  The names are the workflow's params, the
 * task's axes, "index", "task" and "env.NAME" (of the submitting shell).  A
 * task's command is never expanded by Weft: it finds params, axes and index as
 * environment variables, so no value can break its quoting.
 */
#ifndef WEFT_FLOW_MODEL_H
#define WEFT_FLOW_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/err.h"
#include "tools/flow/arena.h"
#include "tools/flow/doc.h"
#include "tools/flow/sbatch_options.h"

#define WEFT_FLOW_TASKS 200000
#define WEFT_FLOW_UNITS 1000000
#define WEFT_FLOW_SCRIPT_LIMIT ((size_t)4 << 20)
/* A command has its frame and its quoting in the same script. */
#define WEFT_FLOW_RUN_LIMIT (WEFT_FLOW_SCRIPT_LIMIT / 2)

/* Why a unit failed; also what `on:` and `retries.causes` name. */
enum weft_cause {
	WEFT_CAUSE_EXIT,
	WEFT_CAUSE_SIGNAL,
	WEFT_CAUSE_OOM,
	WEFT_CAUSE_TIMEOUT,
	WEFT_CAUSE_NODE_FAIL,
	WEFT_CAUSE_PREEMPTED,
	WEFT_CAUSE_RETRYABLE,		/* the ones above may be tried again */
	WEFT_CAUSE_CANCELLED = WEFT_CAUSE_RETRYABLE,
	WEFT_CAUSE_DEPENDENCY,	/* a task it needs failed */
	WEFT_CAUSE_LOST,	/* gone from Slurm with no word of its end */
	WEFT_CAUSE_NONE,
};

const char *weft_cause_name(enum weft_cause cause);
enum weft_cause weft_cause_find(const char *name);	/* NONE: no such cause */

enum weft_need_on { WEFT_NEED_OK, WEFT_NEED_FAILED, WEFT_NEED_ANY };

struct weft_flow_need {
	uint32_t task_idx;
	bool each;			/* unit i needs unit i alone */
	enum weft_need_on on;
	const struct weft_doc_node *at;
};

struct weft_flow_opt {
	const struct weft_sbatch_option *option;
	const char *value;		/* template; NULL: given without value */
	const char *file;		/* where it was written */
	uint32_t line;
};

struct weft_flow_var {
	const char *name;
	const char *value;		/* template for env, literal for params */
};

struct weft_flow_axis {
	const char *name;
	const char **values;
	uint32_t count;
};

struct weft_flow_task {
	const char *name;
	const struct weft_doc_node *at;
	const char *run;		/* one of run and script */
	const char *script;		/* path, absolute */
	const char *script_text;
	const char **args;		/* templates */
	uint32_t arg_count;
	const char *shell;
	struct weft_flow_need *needs;
	uint32_t need_count;
	uint32_t *index;		/* ascending; NULL: no array */
	uint32_t index_count;
	uint32_t throttle;		/* of array: a-b%throttle; 0: none */
	struct weft_flow_axis *axes;
	uint32_t axis_count;
	struct weft_flow_opt *opts;	/* later ones win */
	uint32_t opt_count;
	struct weft_flow_var *env;
	uint32_t env_count;
	uint32_t retry_max, retry_delay_sec;
	double retry_factor;
	uint32_t retry_causes;		/* bit per cause */
	struct weft_flow_opt *changes[WEFT_CAUSE_RETRYABLE];
	uint32_t change_count[WEFT_CAUSE_RETRYABLE];
	bool stop_on_failure;
	const char *when;
	const char **inputs, **outputs;	/* templates of globs */
	uint32_t input_count, output_count;
	int checkpoint_signal;		/* 0: none */
	uint32_t checkpoint_grace_sec, checkpoint_max;
	uint32_t unit_count;
	uint32_t first_unit;		/* number of its unit 0 in the flow */
};

struct weft_flow {
	struct weft_arena arena;
	struct weft_doc **docs;		/* kept: positions point into them */
	uint32_t doc_count;
	const char *name;
	const char *path;		/* absolute, of the file */
	const char *dir;		/* where relative paths begin */
	struct weft_flow_var *params;
	uint32_t param_count;
	struct weft_flow_task *tasks;
	uint32_t task_count;
	uint32_t unit_count;
	uint32_t max_queued;		/* 0: as many as the site takes */
	uint32_t *name_slots;		/* hash of task names: idx + 1 */
	uint32_t name_mask;
};

/* "NAME=VALUE" of --param; a later one wins. */
struct weft_flow_given {
	const char *name;
	const char *value;
};

/*
 * Read and check a workflow with everything it includes.  Errors carry
 * file:line:column; -EINVAL for what the file says, others as open() does.
 */
int weft_flow_read(const char *path, const struct weft_flow_given *given,
		   size_t given_count, struct weft_flow **ret_flow,
		   struct weft_err *err);
void weft_flow_destroy(struct weft_flow *flow);

int64_t weft_flow_find(const struct weft_flow *flow, const char *task);

/* The value of an option for a task: the last one given, or NULL. */
const struct weft_flow_opt *weft_flow_option(const struct weft_flow_task *task,
					     const char *name);

/* Append text to out with every "${name}" replaced for that unit. */
int weft_flow_expand(const struct weft_flow *flow,
		     const struct weft_flow_task *task, uint32_t unit,
		     const char *text, struct weft_buf *out, struct weft_err *err);
/* The value of one name for a unit, NULL if there is none; num is scratch. */
const char *weft_flow_lookup(const struct weft_flow *flow,
			     const struct weft_flow_task *task, uint32_t unit,
			     const char *name, char num[16]);
/* True if the text's value may differ between units of the task. */
bool weft_flow_varies(const struct weft_flow_task *task, const char *text);

/* Judge a task's `when` for a unit; no `when` is true. */
int weft_flow_when(const struct weft_flow *flow,
		   const struct weft_flow_task *task, uint32_t unit,
		   bool *ret_true, struct weft_err *err);

/* The unit's name: "train", "train[7]", "eval(lr=0.1,model=a)[3]". */
int weft_flow_unit_name(const struct weft_flow_task *task, uint32_t unit,
			struct weft_buf *out);

/* "0-9,20-100:5%8" to ascending indices (malloc'd). */
int weft_flow_parse_array(const char *text, uint32_t **ret_index,
			  uint32_t *ret_count, uint32_t *ret_throttle,
			  struct weft_err *err);

/* One option found on an #SBATCH line; value NULL if none was given. */
typedef int weft_script_option_fn(void *ctx, const char *name, char letter,
				  const char *value, uint32_t line,
				  struct weft_err *err);
/*
 * Call found for each option on the #SBATCH lines that sbatch would honour:
 * those before the first command.  -EINVAL on an open quote.
 */
int weft_script_options(const char *text, weft_script_option_fn *found, void *ctx,
			struct weft_err *err);

#endif
