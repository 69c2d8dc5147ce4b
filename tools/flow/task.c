/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * task.c - one task of a workflow file into the model
 *
 * The schema has judged shapes and names already; what is judged here is
 * sense: values of options, index lists, scripts, conditions.  Options add up
 * in the order defaults, the script's #SBATCH lines, the task's `resources`,
 * and the last one of a name wins, as on sbatch's command line.
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/file.h"
#include "tools/flow/model_read.h"

#define OPTS_MAX 256
#define ENV_MAX 1024

struct reader {
	struct weft_flow *flow;
	struct weft_flow_task *task;
	const struct weft_task_source *source;
	struct weft_err *err;
	struct weft_flow_opt opts[OPTS_MAX];
	uint32_t opt_count;
	const char *array;		/* from #SBATCH --array */
};

static int no_memory(struct weft_err *err)
{
	return weft_err_set(err, ENOMEM, "the workflow needs too much memory");
}

static int option_add(struct reader *r, const struct weft_sbatch_option *option,
		      const char *value, const char *file, uint32_t line)
{
	int rc;

	/* A value that varies or names a param is judged when it is known. */
	if (option->use == WEFT_SBATCH_IGNORED)
		return 0;
	if (!value || !strstr(value, "${")) {
		rc = weft_sbatch_value_check(option, value, r->err);
		if (rc)
			return rc;
	}
	if (option->kind == WEFT_SBATCH_FLAG && value && !strcmp(value, "false")) {
		/* "exclusive: false" under a default of true: take it away. */
		uint32_t kept = 0;

		for (uint32_t i = 0; i < r->opt_count; i++)
			if (r->opts[i].option != option)
				r->opts[kept++] = r->opts[i];
		r->opt_count = kept;
		return 0;
	}
	for (uint32_t i = 0; i < r->opt_count; i++) {
		if (r->opts[i].option == option) {
			r->opts[i].value = value;
			r->opts[i].file = file;
			r->opts[i].line = line;
			return 0;
		}
	}
	if (r->opt_count == OPTS_MAX)
		return weft_err_set(r->err, EINVAL, "more than %d options", OPTS_MAX);
	r->opts[r->opt_count++] =
		(struct weft_flow_opt){ option, value, file, line };
	return 0;
}

static int read_resources(struct reader *r, const struct weft_doc_node *map)
{
	for (uint32_t i = 0; map && i < map->count; i++) {
		const struct weft_doc_pair *pair = &map->pair[i];
		const struct weft_sbatch_option *option =
			weft_sbatch_option_find(pair->key->text);
		const char *value = pair->value->text;
		int rc;

		if (!option)
			return weft_doc_complain(pair->key, r->err,
						 "resources: no option of sbatch is called \"%.60s\"",
						 pair->key->text);
		rc = option_add(r, option, value, pair->key->file, pair->key->line);
		if (rc) {
			weft_err_prefix(r->err, "%s:%u:%u", pair->value->file,
					pair->value->line, pair->value->column);
			return rc;
		}
	}
	return 0;
}

static int on_script_option(void *ctx, const char *name, char letter,
			    const char *value, uint32_t line, struct weft_err *err)
{
	struct reader *r = ctx;
	const struct weft_sbatch_option *option =
		name ? weft_sbatch_option_find(name) : weft_sbatch_option_letter(letter);
	const char *near, *copy = NULL;

	if (!option && name) {
		near = weft_sbatch_option_nearest(name);
		return weft_err_set(err, EINVAL, near ? "sbatch has no option --%s; did you mean --%s?" :
							"sbatch has no option --%s%.0s (options of a site's SPANK plugins cannot be passed on)",
				    name, near ? near : "");
	}
	if (!option)
		return weft_err_set(err, EINVAL, "sbatch has no option -%c", letter);
	if (value) {
		copy = weft_arena_strdup(&r->flow->arena, value);
		if (!copy)
			return no_memory(err);
	}
	if (!strcmp(option->name, "array") && copy) {
		r->array = copy;
		return 0;
	}
	if (!strcmp(option->name, "wait") || !strcmp(option->name, "hold") ||
	    !strcmp(option->name, "kill-on-invalid-dep"))
		return 0;
	/* A "${" in a script is no param of ours: sbatch takes it literally. */
	if (copy && strstr(copy, "${"))
		return weft_err_set(err, EINVAL, "--%s=%s: sbatch does not expand variables on #SBATCH lines",
				    option->name, copy);
	return option_add(r, option, copy, r->task->script, line);
}

static int read_script(struct reader *r, const struct weft_doc_node *node)
{
	char *text;
	size_t len;
	int rc;

	if (strstr(node->text, "${"))
		return weft_doc_complain(node, r->err, "script: a path cannot hold \"${\"");
	r->task->script = weft_path_from(r->flow, r->source->dir, node->text);
	if (!r->task->script)
		return no_memory(r->err);
	rc = weft_file_read(r->task->script, WEFT_FLOW_SCRIPT_LIMIT, &text, &len,
			    r->err);
	if (rc) {
		/* the workflow names it wrongly: it does not check */
		weft_err_prefix(r->err, "%s:%u:%u: script", node->file, node->line,
				node->column);
		return rc == -ENOENT ? -EINVAL : rc;
	}
	if (strlen(text) != len)
		rc = weft_doc_complain(node, r->err, "script: %s holds NUL bytes",
				       r->task->script);
	else if (len < 2 || text[0] != '#' || text[1] != '!')
		rc = weft_doc_complain(node, r->err, "script: %s does not begin with #! and an interpreter, which sbatch requires",
				       r->task->script);
	if (!rc) {
		r->task->script_text = weft_arena_strndup(&r->flow->arena, text, len);
		rc = r->task->script_text ? 0 : no_memory(r->err);
	}
	if (!rc) {
		rc = weft_script_options(text, on_script_option, r, r->err);
		if (rc)
			weft_err_prefix(r->err, "%s", r->task->script);
	}
	free(text);
	return rc;
}

static int read_texts(struct reader *r, const struct weft_doc_node *node,
		      const char ***ret, uint32_t *ret_count)
{
	uint32_t count = node->kind == WEFT_DOC_LIST ? node->count : 1;
	const char **list = weft_arena_array(&r->flow->arena, count + 1,
					     sizeof(*list));

	if (!list)
		return no_memory(r->err);
	for (uint32_t i = 0; i < count; i++)
		list[i] = node->kind == WEFT_DOC_LIST ? node->item[i]->text :
							node->text;
	*ret = list;
	*ret_count = count;
	return 0;
}

static int read_array(struct reader *r, const struct weft_doc_node *node)
{
	struct weft_flow_task *task = r->task;
	const char *text = node ? node->text : r->array;
	struct weft_buf buf;
	uint32_t *index;
	int rc;

	if (!text)
		return 0;
	weft_buf_init(&buf, (size_t)1 << 20);
	rc = weft_flow_expand(r->flow, task, 0, text, &buf, r->err);
	if (!rc)
		rc = weft_flow_parse_array(weft_buf_str(&buf), &index,
					   &task->index_count, &task->throttle, r->err);
	weft_buf_fini(&buf);
	if (rc) {
		if (node)
			weft_err_prefix(r->err, "%s:%u:%u", node->file, node->line,
					node->column);
		else
			weft_err_prefix(r->err, "%s", task->script);
		return rc;
	}
	task->index = weft_arena_array(&r->flow->arena, task->index_count,
				       sizeof(*index));
	if (task->index)
		memcpy(task->index, index, task->index_count * sizeof(*index));
	free(index);
	return task->index ? 0 : no_memory(r->err);
}

static int read_matrix(struct reader *r, const struct weft_doc_node *map)
{
	struct weft_flow_task *task = r->task;
	uint64_t units = 1;

	if (map) {
		task->axes = weft_arena_array(&r->flow->arena, map->count,
					      sizeof(*task->axes));
		if (!task->axes)
			return no_memory(r->err);
	}
	for (uint32_t i = 0; map && i < map->count; i++) {
		const struct weft_doc_pair *pair = &map->pair[i];
		int rc = weft_param_name_check(pair->key, pair->key->text, r->err);

		task->axes[i].name = pair->key->text;
		if (!rc)
			rc = read_texts(r, pair->value, &task->axes[i].values,
					&task->axes[i].count);
		if (rc)
			return rc;
		units *= task->axes[i].count;
		if (units > WEFT_FLOW_UNITS)
			return weft_doc_complain(map, r->err, "matrix: more than %d combinations",
						 WEFT_FLOW_UNITS);
	}
	task->axis_count = map ? map->count : 0;
	return 0;
}

static int read_env(struct reader *r, const struct weft_doc_node *base,
		    const struct weft_doc_node *own)
{
	const struct weft_doc_node *maps[] = { base, own };
	struct weft_flow_task *task = r->task;
	uint32_t room = (base ? base->count : 0) + (own ? own->count : 0);

	if (!room)
		return 0;
	if (room > ENV_MAX)
		return weft_doc_complain(own ? own : base, r->err,
					 "env: more than %d variables", ENV_MAX);
	task->env = weft_arena_array(&r->flow->arena, room, sizeof(*task->env));
	if (!task->env)
		return no_memory(r->err);
	for (unsigned int m = 0; m < 2; m++) {
		for (uint32_t i = 0; maps[m] && i < maps[m]->count; i++) {
			const struct weft_doc_pair *pair = &maps[m]->pair[i];
			uint32_t at = 0;

			while (at < task->env_count &&
			       strcmp(task->env[at].name, pair->key->text))
				at++;
			if (at == task->env_count)
				task->env_count++;
			task->env[at].name = pair->key->text;
			task->env[at].value = pair->value->text;
		}
	}
	return 0;
}

static void read_retries(struct weft_flow_task *task,
			 const struct weft_doc_node *node)
{
	const struct weft_doc_node *value;

	task->retry_delay_sec = 10;
	task->retry_factor = 2;
	task->retry_causes = (1u << WEFT_CAUSE_RETRYABLE) - 1;
	if (!node)
		return;
	if (node->kind == WEFT_DOC_SCALAR) {
		task->retry_max = (uint32_t)strtoul(node->text, NULL, 10);
		return;
	}
	task->retry_max = 1;
	value = weft_doc_get(node, "max");
	if (value)
		task->retry_max = (uint32_t)strtoul(value->text, NULL, 10);
	value = weft_doc_get(node, "delay");
	if (value)
		task->retry_delay_sec = (uint32_t)strtoul(value->text, NULL, 10);
	value = weft_doc_get(node, "factor");
	if (value)
		task->retry_factor = strtod(value->text, NULL);
	value = weft_doc_get(node, "causes");
	if (!value)
		return;
	task->retry_causes = 0;
	for (uint32_t i = 0; i < value->count; i++)
		task->retry_causes |= 1u << weft_cause_find(value->item[i]->text);
}

/* "x2", "x1.5" multiply; anything else must be a value of the option. */
static int change_check(const struct weft_doc_pair *pair,
			const struct weft_sbatch_option *option, struct weft_err *err)
{
	const char *text = pair->value->text;
	char *end;
	double factor;
	int rc;

	if (*text == 'x') {
		factor = strtod(text + 1, &end);
		if (end == text + 1 || *end || !(factor > 0 && factor <= 1000))
			return weft_doc_complain(pair->value, err,
						 "\"%.40s\": expected x and a factor, as x2", text);
		if (option->kind == WEFT_SBATCH_MEMORY ||
		    option->kind == WEFT_SBATCH_TIME ||
		    option->kind == WEFT_SBATCH_COUNT)
			return 0;
		return weft_doc_complain(pair->value, err, "--%s cannot be multiplied",
					 option->name);
	}
	rc = weft_sbatch_value_check(option, text, err);
	if (rc)
		weft_err_prefix(err, "%s:%u:%u", pair->value->file,
				pair->value->line, pair->value->column);
	return rc;
}

static int read_changes(struct reader *r, const struct weft_doc_node *on)
{
	for (uint32_t i = 0; on && i < on->count; i++) {
		const struct weft_doc_node *map = on->pair[i].value;
		enum weft_cause cause = weft_cause_find(on->pair[i].key->text);
		struct weft_flow_opt *list =
			weft_arena_array(&r->flow->arena, map->count, sizeof(*list));

		if (!list)
			return no_memory(r->err);
		for (uint32_t j = 0; j < map->count; j++) {
			const struct weft_doc_pair *pair = &map->pair[j];
			int rc;

			list[j].option = weft_sbatch_option_find(pair->key->text);
			list[j].value = pair->value->text;
			list[j].file = pair->key->file;
			list[j].line = pair->key->line;
			if (!list[j].option)
				return weft_doc_complain(pair->key, r->err,
							 "no option of sbatch is called \"%.60s\"",
							 pair->key->text);
			rc = change_check(pair, list[j].option, r->err);
			if (rc)
				return rc;
		}
		r->task->changes[cause] = list;
		r->task->change_count[cause] = map->count;
	}
	return 0;
}

static int read_checkpoint(struct reader *r, const struct weft_doc_node *map)
{
	const struct weft_doc_node *node = weft_doc_get(map, "signal");

	if (!map)
		return 0;
	r->task->checkpoint_signal =
		node ? weft_sbatch_parse_signal_name(node->text, strlen(node->text)) :
		       weft_sbatch_parse_signal_name("USR1", 4);
	if (r->task->checkpoint_signal < 0)
		return weft_doc_complain(node, r->err, "\"%.40s\" is no signal", node->text);
	node = weft_doc_get(map, "grace");
	r->task->checkpoint_grace_sec =
		node ? (uint32_t)strtoul(node->text, NULL, 10) : 120;
	node = weft_doc_get(map, "max");
	r->task->checkpoint_max = node ? (uint32_t)strtoul(node->text, NULL, 10) : 100;
	return 0;
}

/* A key of the task, else of its defaults. */
static const struct weft_doc_node *inherited(const struct reader *r, const char *key)
{
	const struct weft_doc_node *own = weft_doc_get(r->source->map, key);

	return own ? own : weft_doc_get(r->source->defaults, key);
}

static int read_work(struct reader *r)
{
	const struct weft_doc_node *map = r->source->map;
	const struct weft_doc_node *run = weft_doc_get(map, "run");
	const struct weft_doc_node *script = weft_doc_get(map, "script");
	const struct weft_doc_node *args = weft_doc_get(map, "args");
	const struct weft_doc_node *shell = inherited(r, "shell");

	if (!run && !script)
		return weft_doc_complain(r->source->key, r->err,
					 "task \"%.60s\" has neither \"run:\" nor \"script:\"",
					 r->task->name);
	if (run && script)
		return weft_doc_complain(script, r->err,
					 "task \"%.60s\" has both \"run:\" and \"script:\"; keep one",
					 r->task->name);
	if (args && run)
		return weft_doc_complain(args, r->err,
					 "\"args:\" go with \"script:\"; write them into \"run:\"");
	if (run && strlen(run->text) > WEFT_FLOW_RUN_LIMIT)
		return weft_doc_complain(run, r->err,
					 "a command of %zu bytes: Slurm takes scripts of 4 MiB; put it into a file that the command runs",
					 strlen(run->text));
	r->task->run = run ? run->text : NULL;
	r->task->shell = shell ? shell->text : "/bin/bash -e";
	if (*r->task->shell != '/' || strpbrk(r->task->shell, "\n\r'\"\\$`;|&<>()"))
		return weft_doc_complain(shell, r->err,
					 "shell: expected an absolute path with plain arguments");
	if (args && read_texts(r, args, &r->task->args, &r->task->arg_count))
		return -ENOMEM;
	return script ? read_script(r, script) : 0;
}

static int read_rest(struct reader *r)
{
	const struct weft_doc_node *map = r->source->map, *node;
	struct weft_flow_task *task = r->task;
	int rc = read_env(r, weft_doc_get(r->source->defaults, "env"),
			  weft_doc_get(map, "env"));

	if (!rc)
		rc = read_changes(r, inherited(r, "on"));
	if (!rc)
		rc = read_checkpoint(r, inherited(r, "checkpoint"));
	if (rc)
		return rc;
	read_retries(task, inherited(r, "retries"));
	node = inherited(r, "on_failure");
	task->stop_on_failure = node && !strcmp(node->text, "stop");
	node = weft_doc_get(map, "when");
	task->when = node ? node->text : NULL;
	node = weft_doc_get(map, "inputs");
	if (node && read_texts(r, node, &task->inputs, &task->input_count))
		return -ENOMEM;
	node = weft_doc_get(map, "outputs");
	if (node && read_texts(r, node, &task->outputs, &task->output_count))
		return -ENOMEM;
	if (task->checkpoint_signal && task->script)
		return weft_doc_complain(r->source->key, r->err,
					 "task \"%.60s\": \"checkpoint:\" works with \"run:\"; a script requeues itself",
					 task->name);
	return 0;
}

/* Expand every template once: a wrong name is found now, not at 3 a.m. */
static int try_templates(struct reader *r)
{
	struct weft_flow_task *task = r->task;
	const struct {
		const char **list;
		uint32_t count;
		const char *key;
	} groups[] = {
		{ task->args, task->arg_count, "args" },
		{ task->inputs, task->input_count, "inputs" },
		{ task->outputs, task->output_count, "outputs" },
	};
	struct weft_buf buf;
	bool truth;
	int rc = 0;

	weft_buf_init(&buf, (size_t)1 << 20);
	for (unsigned int g = 0; g < 3; g++) {
		for (uint32_t i = 0; i < groups[g].count && !rc; i++) {
			weft_buf_clear(&buf);
			rc = weft_flow_expand(r->flow, task, 0, groups[g].list[i],
					      &buf, r->err);
		}
	}
	for (uint32_t i = 0; i < task->env_count && !rc; i++) {
		weft_buf_clear(&buf);
		rc = weft_flow_expand(r->flow, task, 0, task->env[i].value, &buf, r->err);
	}
	for (uint32_t i = 0; i < task->opt_count && !rc; i++) {
		if (!task->opts[i].value || task->opts[i].file == task->script)
			continue;
		weft_buf_clear(&buf);
		rc = weft_flow_expand(r->flow, task, 0, task->opts[i].value, &buf, r->err);
		if (!rc)
			rc = weft_sbatch_value_check(task->opts[i].option,
						     weft_buf_str(&buf), r->err);
	}
	weft_buf_fini(&buf);
	if (!rc)
		rc = weft_flow_when(r->flow, task, 0, &truth, r->err);
	if (rc)
		weft_err_prefix(r->err, "%s:%u:%u: task \"%.60s\"",
				task->at->file, task->at->line, task->at->column,
				task->name);
	return rc;
}

static int task_read(struct reader *r)
{
	const struct weft_doc_node *map = r->source->map;
	struct weft_flow_task *task = r->task;
	uint64_t units;
	int rc;

	rc = read_resources(r, weft_doc_get(r->source->defaults, "resources"));
	if (!rc)
		rc = read_work(r);
	if (!rc)
		rc = read_resources(r, weft_doc_get(map, "resources"));
	if (!rc)
		rc = read_array(r, weft_doc_get(map, "array"));
	if (!rc)
		rc = read_matrix(r, weft_doc_get(map, "matrix"));
	if (!rc)
		rc = read_rest(r);
	if (rc)
		return rc;
	task->opt_count = r->opt_count;
	task->opts = weft_arena_array(&r->flow->arena, r->opt_count + 1,
				      sizeof(*task->opts));
	if (!task->opts)
		return no_memory(r->err);
	memcpy(task->opts, r->opts, r->opt_count * sizeof(*task->opts));
	units = task->index_count ? task->index_count : 1;
	for (uint32_t i = 0; i < task->axis_count; i++)
		units *= task->axes[i].count;
	if (units + r->flow->unit_count > WEFT_FLOW_UNITS)
		return weft_doc_complain(task->at, r->err,
					 "the workflow has more than %d tasks in all",
					 WEFT_FLOW_UNITS);
	task->unit_count = (uint32_t)units;
	task->first_unit = r->flow->unit_count;
	r->flow->unit_count += task->unit_count;
	return try_templates(r);
}

int weft_task_read(struct weft_flow *flow, struct weft_flow_task *task,
		   const struct weft_task_source *source, struct weft_err *err)
{
	struct reader *r = calloc(1, sizeof(*r));
	int rc;

	if (!r)
		return no_memory(err);
	r->flow = flow;
	r->task = task;
	r->source = source;
	r->err = err;
	rc = task_read(r);
	free(r);
	return rc;
}
