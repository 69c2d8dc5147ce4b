/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * wrap.c - the texts that go to Slurm for an object: script, array, dependency
 *
 * A `script` goes as it is.  A `run` gets a frame of bash around it that
 *   - finds out which unit it is (from the array index) and exports its params,
 *     axes, env and index as variables, each value in single quotes;
 *   - starts the command in its own shell, which reads it from a here-document
 *     with a delimiter that the command does not contain, so nothing in it is
 *     expanded or ends it early;
 *   - passes signals on, because Slurm signals the batch shell alone;
 *   - leaves a record of the end in the run's directory, which is how a run
 *     is followed without slurmdbd after slurmctld has forgotten the job;
 *   - with `checkpoint`, requeues the job when the command ended after the
 *     signal with a code other than 0.
 *
 * The frame's own names begin with weft_ or WEFT_.
 */
#include "config.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/flow/compile.h"

static void add_quoted(struct weft_buf *out, const char *text)
{
	weft_buf_adds(out, "'");
	for (const char *p = text; *p; p++) {
		if (*p == '\'')
			weft_buf_adds(out, "'\\''");
		else
			weft_buf_add(out, p, 1);
	}
	weft_buf_adds(out, "'");
}

static void add_export(struct weft_buf *out, const char *name, const char *value)
{
	weft_buf_addf(out, "export %s=", name);
	add_quoted(out, value);
	weft_buf_adds(out, "\n");
}

/* A word that stands on no line of the text. */
static void delimiter(const char *text, char word[32])
{
	for (unsigned int n = 0;; n++) {
		snprintf(word, 32, "WEFT_END_%u", n);
		if (!strstr(text, word))
			return;
	}
}

static void add_body(struct weft_buf *out, const struct weft_flow_task *task)
{
	char word[32];
	size_t len = strlen(task->run);

	delimiter(task->run, word);
	weft_buf_addf(out, "weft_body() { exec %s /dev/fd/9 9<<'%s'\n%s%s%s\n}\n",
		      task->shell, word, task->run,
		      len && task->run[len - 1] == '\n' ? "" : "\n", word);
}

/* Values of axes by arithmetic on the unit's number: short for any size. */
static void add_axes(struct weft_buf *out, const struct weft_flow_task *task)
{
	uint32_t stride = task->index_count ? task->index_count : 1;

	for (uint32_t i = task->axis_count; i-- > 0; stride *= task->axes[i].count) {
		const struct weft_flow_axis *axis = &task->axes[i];

		weft_buf_addf(out, "case $((weft_unit / %u %% %u)) in\n", stride,
			      axis->count);
		for (uint32_t v = 0; v < axis->count; v++) {
			weft_buf_addf(out, "%u) ", v);
			add_export(out, axis->name, axis->values[v]);
			weft_buf_adds(out, ";;\n");
		}
		weft_buf_adds(out, "esac\n");
	}
}

static bool is_regular(const struct weft_flow_task *task, uint32_t *step)
{
	*step = task->index_count > 1 ? task->index[1] - task->index[0] : 1;
	for (uint32_t i = 1; i < task->index_count; i++)
		if (task->index[i] - task->index[i - 1] != *step)
			return false;
	return true;
}

static void add_index(struct weft_buf *out, const struct weft_flow_task *task)
{
	uint32_t step;

	if (!task->index_count)
		return;
	if (!task->axis_count) {
		weft_buf_adds(out, "export index=$weft_slot\n");
		return;
	}
	if (is_regular(task, &step)) {
		weft_buf_addf(out, "export index=$((%u + weft_unit %% %u * %u))\n",
			      task->index[0], task->index_count, step);
		return;
	}
	weft_buf_adds(out, "weft_list=(");
	for (uint32_t i = 0; i < task->index_count; i++)
		weft_buf_addf(out, "%s%u", i ? " " : "", task->index[i]);
	weft_buf_addf(out, ")\nexport index=${weft_list[weft_unit %% %u]}\n",
		      task->index_count);
}

/* env: values that do not vary are plain; others are chosen by the index. */
static int add_env(struct weft_buf *out, const struct weft_plan *plan,
		   const struct weft_object *object,
		   const struct weft_flow_task *task, struct weft_err *err)
{
	struct weft_buf value;
	int rc = 0;

	weft_buf_init(&value, (size_t)1 << 20);
	for (uint32_t e = 0; e < task->env_count && !rc; e++) {
		bool varies = weft_flow_varies(task, task->env[e].value);
		uint32_t count = varies ? object->unit_count : 1;

		if (varies)
			weft_buf_adds(out, "case $weft_slot in\n");
		for (uint32_t i = 0; i < count && !rc; i++) {
			uint32_t unit = varies ? object->units[i] : task->first_unit;

			weft_buf_clear(&value);
			rc = weft_flow_expand(plan->flow, task, unit - task->first_unit,
					      task->env[e].value, &value, err);
			if (varies)
				weft_buf_addf(out, "%u) ", object->slots[i] + object->base);
			add_export(out, task->env[e].name, weft_buf_str(&value));
			if (varies)
				weft_buf_adds(out, ";;\n");
		}
		if (varies)
			weft_buf_adds(out, "esac\n");
	}
	weft_buf_fini(&value);
	return rc;
}

/* weft_unit (number in its task), name and variables of a task with many. */
static int add_many(struct weft_buf *out, const struct weft_plan *plan,
		    const struct weft_object *object, struct weft_err *err)
{
	const struct weft_flow_task *task = &plan->flow->tasks[object->task_idx];

	weft_buf_addf(out, "weft_slot=$((${SLURM_ARRAY_TASK_ID:-0} + %u))\n", object->base);
	weft_buf_adds(out, "weft_unit=$weft_slot\n");
	add_axes(out, task);
	add_index(out, task);
	weft_buf_adds(out, "export WEFT_TASK=");
	add_quoted(out, task->name);
	weft_buf_adds(out, "\n");
	add_body(out, task);
	return add_env(out, plan, object, task, err);
}

static int add_single(struct weft_buf *out, const struct weft_plan *plan,
		      const struct weft_object *object,
		      const struct weft_flow_task *task, struct weft_err *err)
{
	add_export(out, "WEFT_TASK", task->name);
	add_body(out, task);
	return add_env(out, plan, object, task, err);
}

/* Several tasks of one command each: a case by index. */
static int add_merged(struct weft_buf *out, const struct weft_plan *plan,
		      const struct weft_object *object, struct weft_err *err)
{
	int rc = 0;

	weft_buf_adds(out, "weft_slot=$SLURM_ARRAY_TASK_ID\ncase $weft_slot in\n");
	for (uint32_t i = 0; i < object->unit_count && !rc; i++) {
		weft_buf_addf(out, "%u)\n", object->slots[i]);
		rc = add_single(out, plan, object,
				weft_plan_task(plan, object->units[i], NULL), err);
		weft_buf_adds(out, ";;\n");
	}
	weft_buf_adds(out, "esac\n"
		      "unset SLURM_ARRAY_TASK_ID SLURM_ARRAY_JOB_ID SLURM_ARRAY_TASK_COUNT"
		      " SLURM_ARRAY_TASK_MAX SLURM_ARRAY_TASK_MIN SLURM_ARRAY_TASK_STEP\n");
	return rc;
}

/*
 * Signals are caught from the first line on: a warning may be due as soon as
 * the job begins, and would end a shell that has not got so far.  If it comes
 * before the command does, there is nothing to save yet: the command is not
 * begun, and the job goes back to the queue.
 */
static void add_traps(struct weft_buf *out, const struct weft_flow_task *task)
{
	weft_buf_adds(out,
		"weft_pass() { [ \"$1\" = CONT ] || weft_caught=$1; "
		"[ -z \"$weft_pid\" ] || kill -s \"$1\" \"$weft_pid\" 2>/dev/null; }\n"
		"weft_caught= weft_pid=\n"
		"for weft_s in HUP INT TERM USR1 USR2 CONT; do trap \"weft_pass $weft_s\" $weft_s; done\n");
	if (task->checkpoint_signal)
		weft_buf_addf(out,
			"weft_saving=\n"
			"weft_save() { weft_saving=yes; weft_pass %d; }\n"
			"trap weft_save %d TERM\n",
			task->checkpoint_signal, task->checkpoint_signal);
	weft_buf_adds(out, "weft_start=$(date +%s)\n");
}

static void add_frame(struct weft_buf *out, const struct weft_flow_task *task)
{
	weft_buf_addf(out, "if [ -n \"$weft_caught\" ]; then weft_rc=%d; else\n",
		      128 + (task->checkpoint_signal ? task->checkpoint_signal : SIGTERM));
	weft_buf_adds(out,
		"weft_body <&0 & weft_pid=$!\n"
		"while :; do wait \"$weft_pid\"; weft_rc=$?; "
		"kill -0 \"$weft_pid\" 2>/dev/null || break; done\n"
		"fi\n");
	if (task->checkpoint_signal)
		weft_buf_addf(out,
			"if [ -n \"$weft_saving\" ] && [ \"$weft_rc\" -ne 0 ] && "
			"[ \"${SLURM_RESTART_COUNT:-0}\" -lt %u ] && "
			"scontrol requeue \"$SLURM_JOB_ID\"; then sleep 600; fi\n",
			task->checkpoint_max);
	weft_buf_adds(out,
		"weft_file=$WEFT_DIR/end/$WEFT_OBJECT${weft_array:+_$weft_array}\n"
		"printf '%s %s %s %s %s\\n' \"$weft_rc\" \"$weft_start\" \"$(date +%s)\" "
		"\"${SLURMD_NODENAME:-$(hostname)}\" \"$SLURM_JOB_ID\" >\"$weft_file.tmp$$\" && "
		"mv -f \"$weft_file.tmp$$\" \"$weft_file\"\n"
		"exit \"$weft_rc\"\n");
}

int weft_object_script(const struct weft_plan *plan,
		       const struct weft_object *object, struct weft_buf *out,
		       struct weft_err *err)
{
	const struct weft_flow_task *task = &plan->flow->tasks[object->task_idx];
	int rc;

	if (weft_object_is_barrier(object)) {
		weft_buf_adds(out, "#!/bin/sh\n# Written by weft flow: others wait for this"
			      " job, in place of the many that it waits for.\nexit 0\n");
		return weft_buf_error(out);
	}
	if (task->script) {
		weft_buf_adds(out, task->script_text);
		return weft_buf_error(out);
	}
	weft_buf_adds(out, "#!/bin/bash\n"
		      "# Written by weft flow; the command is between the marks below.\n"
		      "weft_array=${SLURM_ARRAY_TASK_ID:-}\n");
	add_traps(out, task);
	for (uint32_t i = 0; i < plan->flow->param_count; i++)
		add_export(out, plan->flow->params[i].name, plan->flow->params[i].value);
	if (task->unit_count > 1 || task->index_count || task->axis_count)
		rc = add_many(out, plan, object, err);
	else if (object->is_array)
		rc = add_merged(out, plan, object, err);
	else
		rc = add_single(out, plan, object, task, err);
	if (rc)
		return rc;
	add_frame(out, task);
	if (weft_buf_error(out))
		return weft_err_set(err, EFBIG,
				    "task \"%.60s\": its script passes the limit of 4 MiB",
				    task->name);
	return 0;
}

int weft_object_array_text(const struct weft_plan *plan,
			   const struct weft_object *object, struct weft_buf *out)
{
	const uint32_t *slots = object->slots;
	uint32_t throttle = plan->flow->tasks[object->task_idx].throttle;
	uint32_t i = 0;

	if (!object->is_array)
		return 0;
	while (i < object->unit_count) {
		uint32_t j = i;

		while (j + 1 < object->unit_count && slots[j + 1] == slots[j] + 1)
			j++;
		weft_buf_addf(out, "%s%u", i ? "," : "", slots[i]);
		if (j > i)
			weft_buf_addf(out, "-%u", slots[j]);
		i = j + 1;
	}
	if (throttle)
		weft_buf_addf(out, "%%%u", throttle);
	return weft_buf_error(out);
}

int weft_object_dependency(const struct weft_plan *plan,
			   const struct weft_object *object, struct weft_buf *out,
			   struct weft_err *err)
{
	static const char *const words[] = { "afterok", "afterany", "afternotok",
					     "aftercorr" };
	const struct weft_setting_value *own = weft_object_setting(object, "dependency");
	int last = -1;

	for (uint32_t i = 0; i < object->term_count; i++) {
		const struct weft_term *term = &object->terms[i];
		uint32_t job_id = plan->objects[term->object].job_id;

		if (!job_id)
			return weft_err_set(err, EAGAIN, "a parent has no job id yet");
		if ((int)term->kind != last)
			weft_buf_addf(out, "%s%s", last < 0 ? "" : ",", words[term->kind]);
		last = (int)term->kind;
		weft_buf_addf(out, ":%u", job_id);
		if (term->slot != WEFT_NO_SLOT)
			weft_buf_addf(out, "_%u", term->slot);
	}
	if (own && own->value) {
		if (strchr(own->value, '?') && object->term_count)
			return weft_err_set(err, EINVAL,
					    "--dependency=%s: \"?\" (or) cannot be joined with what the task needs",
					    own->value);
		weft_buf_addf(out, "%s%s", object->term_count ? "," : "", own->value);
	}
	return weft_buf_error(out);
}
