/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * shape.c - the options of a unit, as a key and as values; what they cost
 *
 * A key is text: two units with equal text may be one array.  It holds the
 * final value of every option, the changes that retries made, the moment
 * before which the unit must not start and, for a script that is submitted
 * as it is, its arguments and environment, which an array cannot vary.
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/flow/compile_key.h"

#define VALUE_LIMIT ((size_t)1 << 20)

bool weft_key_merges(const struct weft_flow_task *task)
{
	return task->run && task->unit_count == 1 && !task->index_count &&
	       !task->axis_count && !task->checkpoint_signal &&
	       !weft_flow_option(task, "output") && !weft_flow_option(task, "error") &&
	       !weft_flow_option(task, "job-name");
}

bool weft_key_varies(const struct weft_flow_task *task)
{
	if (task->script && task->axis_count)
		return true;
	for (uint32_t i = 0; i < task->opt_count; i++)
		if (task->opts[i].value && task->opts[i].file != task->script &&
		    weft_flow_varies(task, task->opts[i].value))
			return true;
	for (uint32_t i = 0; task->script && i < task->arg_count; i++)
		if (weft_flow_varies(task, task->args[i]))
			return true;
	for (uint32_t i = 0; task->script && i < task->env_count; i++)
		if (weft_flow_varies(task, task->env[i].value))
			return true;
	return false;
}

/* The value that retries gave an option: points into changes, *len long. */
static const char *changed(const char *changes, const char *name, size_t *len)
{
	size_t name_len = strlen(name);

	while (changes && *changes) {
		const char *end = strchr(changes, '\n');

		if (!end)
			return NULL;
		if (!strncmp(changes, name, name_len) && changes[name_len] == '=') {
			*len = (size_t)(end - changes) - name_len - 1;
			return changes + name_len + 1;
		}
		changes = end + 1;
	}
	return NULL;
}

static int option_value(const struct weft_plan *plan,
			const struct weft_flow_task *task, uint32_t local,
			const struct weft_flow_opt *opt, struct weft_buf *out,
			struct weft_err *err)
{
	size_t len;
	const char *text = changed(plan->units[task->first_unit + local].changes,
				   opt->option->name, &len);

	if (text)
		return weft_buf_add(out, text, len);
	if (!opt->value)
		return 0;
	if (opt->file == task->script || !strchr(opt->value, '$'))
		return weft_buf_adds(out, opt->value);
	return weft_flow_expand(plan->flow, task, local, opt->value, out, err);
}

/* Environment and arguments, which differ by unit only across objects. */
static int script_key(const struct weft_plan *plan, const struct weft_flow_task *task,
		      uint32_t local, struct weft_buf *key, struct weft_err *err)
{
	uint32_t stride = task->index_count ? task->index_count : 1;
	int rc = 0;

	weft_buf_addf(key, "%s\n%u\n", task->script, local / stride);
	for (uint32_t i = 0; i < task->arg_count && !rc; i++) {
		rc = weft_flow_expand(plan->flow, task, local, task->args[i], key, err);
		weft_buf_adds(key, "\n");
	}
	for (uint32_t i = 0; i < task->env_count && !rc; i++) {
		rc = weft_flow_expand(plan->flow, task, local, task->env[i].value, key, err);
		weft_buf_adds(key, "\n");
	}
	return rc;
}

int weft_key_unit(const struct weft_plan *plan, const struct weft_flow_task *task,
		  uint32_t local, struct weft_buf *key, struct weft_err *err)
{
	const struct weft_unit *unit = &plan->units[task->first_unit + local];
	int rc = 0;

	if (!weft_key_merges(task))
		weft_buf_addf(key, "task %u\n",
			      (unsigned int)(task - plan->flow->tasks));
	weft_buf_addf(key, "%s\n%lld\n%s\n", task->shell, (long long)unit->not_before,
		      unit->changes ? unit->changes : "");
	for (uint32_t i = 0; i < task->opt_count && !rc; i++) {
		weft_buf_addf(key, "%s=", task->opts[i].option->name);
		rc = option_value(plan, task, local, &task->opts[i], key, err);
		weft_buf_adds(key, "\n");
	}
	if (!rc && task->script)
		rc = script_key(plan, task, local, key, err);
	if (rc)
		weft_err_prefix(err, "task \"%.60s\"", task->name);
	return rc;
}

int weft_key_limits(const struct weft_plan *plan, const struct weft_flow_task *task,
		    uint32_t local, struct weft_buf *texts, struct weft_limit_key *ret_key,
		    struct weft_err *err)
{
	static const char *const names[] = { "account", "partition", "qos" };
	const struct weft_flow_opt *opts[3];
	const char *values[3] = { NULL };
	size_t at[3];

	for (int i = 0; i < 3; i++) {
		int rc = 0;

		at[i] = texts->len;
		opts[i] = weft_flow_option(task, names[i]);
		if (opts[i])
			rc = option_value(plan, task, local, opts[i], texts, err);
		if (rc)
			return rc;
		weft_buf_add(texts, "", 1);
	}
	if (weft_buf_error(texts))
		return weft_err_set(err, ENOMEM, "out of memory");
	for (int i = 0; i < 3; i++)
		if (opts[i])
			values[i] = weft_buf_str(texts) + at[i];
	*ret_key = (struct weft_limit_key){ values[0], values[1], values[2] };
	return 0;
}

static int setting_add(struct weft_object *object,
		       const struct weft_sbatch_option *option, const char *value,
		       struct weft_err *err)
{
	struct weft_setting_value *more =
		reallocarray(object->settings, object->setting_count + 1, sizeof(*more));

	if (!more)
		return weft_err_set(err, ENOMEM, "out of memory");
	object->settings = more;
	more += object->setting_count;
	more->option = option;
	more->value = value ? strdup(value) : NULL;
	if (value && !more->value)
		return weft_err_set(err, ENOMEM, "out of memory");
	object->setting_count++;
	return 0;
}

/* Options that only a retry brought. */
static int add_changes(const struct weft_plan *plan,
		       const struct weft_flow_task *task, uint32_t local,
		       struct weft_object *object, struct weft_err *err)
{
	const char *line = plan->units[task->first_unit + local].changes;
	int rc = 0;

	while (line && *line && !rc) {
		char text[512];
		size_t len = strcspn(line, "\n");
		const struct weft_sbatch_option *option;
		char *equals;

		if (len >= sizeof(text))
			return weft_err_set(err, EINVAL, "a changed option is too long");
		memcpy(text, line, len);
		text[len] = 0;
		line += len + (line[len] == '\n');
		equals = strchr(text, '=');
		if (!equals)
			continue;
		*equals = 0;
		option = weft_sbatch_option_find(text);
		if (option && !weft_flow_option(task, option->name))
			rc = setting_add(object, option, equals + 1, err);
	}
	return rc;
}

int weft_key_settings(const struct weft_plan *plan,
		      const struct weft_flow_task *task, uint32_t local,
		      struct weft_object *object, struct weft_err *err)
{
	struct weft_buf buf;
	int rc = 0;

	weft_buf_init(&buf, VALUE_LIMIT);
	for (uint32_t i = 0; i < task->opt_count && !rc; i++) {
		const struct weft_flow_opt *opt = &task->opts[i];

		weft_buf_clear(&buf);
		rc = option_value(plan, task, local, opt, &buf, err);
		if (!rc)
			rc = weft_sbatch_value_check(opt->option,
						     opt->value ? weft_buf_str(&buf) : NULL,
						     err);
		if (rc)
			weft_err_prefix(err, "%s:%u", opt->file, opt->line);
		else
			rc = setting_add(object, opt->option,
					 opt->value ? weft_buf_str(&buf) : NULL, err);
	}
	weft_buf_fini(&buf);
	return rc ? rc : add_changes(plan, task, local, object, err);
}

int weft_key_barrier_settings(const struct weft_plan *plan,
			      const struct weft_flow_task *task, uint32_t local,
			      struct weft_object *object, struct weft_err *err)
{
	static const char *const kept[] = { "account", "partition", "qos", "reservation" };
	struct weft_buf buf;
	int rc = 0;

	weft_buf_init(&buf, VALUE_LIMIT);
	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]) && !rc; i++) {
		const struct weft_flow_opt *opt = weft_flow_option(task, kept[i]);

		weft_buf_clear(&buf);
		if (opt)
			rc = option_value(plan, task, local, opt, &buf, err);
		if (opt && !rc)
			rc = setting_add(object, opt->option, weft_buf_str(&buf), err);
	}
	weft_buf_fini(&buf);
	if (!rc)
		rc = setting_add(object, weft_sbatch_option_find("time"), "1", err);
	return rc ? rc : setting_add(object, weft_sbatch_option_find("mem"), "10", err);
}

const struct weft_setting_value *
weft_object_setting(const struct weft_object *object, const char *name)
{
	for (uint32_t i = object->setting_count; i-- > 0;)
		if (!strcmp(object->settings[i].option->name, name))
			return &object->settings[i];
	return NULL;
}

static uint64_t count_setting(const struct weft_object *object, const char *name,
			      uint64_t otherwise)
{
	const struct weft_setting_value *setting = weft_object_setting(object, name);
	uint64_t value;

	if (!setting || !setting->value ||
	    weft_sbatch_parse_count(setting->value, &value))
		return otherwise;
	return value;
}

static uint64_t gpu_setting(const struct weft_object *object, const char *name)
{
	const struct weft_setting_value *setting = weft_object_setting(object, name);
	uint64_t gpus;

	if (!setting || !setting->value ||
	    weft_sbatch_parse_gpus(setting->value, !strcmp(name, "gres"), &gpus))
		return 0;
	return gpus;
}

void weft_object_cost(const struct weft_object *object,
		      struct weft_object_cost *ret_cost)
{
	const struct weft_setting_value *time = weft_object_setting(object, "time");
	const struct weft_setting_value *nodes = weft_object_setting(object, "nodes");
	uint64_t per_node = count_setting(object, "ntasks-per-node", 0);
	uint64_t tasks = count_setting(object, "ntasks", 0), gpus;
	uint32_t max;

	if (!time || !time->value ||
	    weft_sbatch_parse_minutes(time->value, &ret_cost->minutes))
		ret_cost->minutes = UINT32_MAX;
	if (!nodes || !nodes->value ||
	    weft_sbatch_parse_nodes(nodes->value, &ret_cost->nodes, &max))
		ret_cost->nodes = tasks && per_node ?
					  (uint32_t)((tasks + per_node - 1) / per_node) : 1;
	if (!tasks)
		tasks = per_node ? per_node * ret_cost->nodes : ret_cost->nodes;
	gpus = gpu_setting(object, "gpus");
	if (!gpus)
		gpus = gpu_setting(object, "gpus-per-node") * ret_cost->nodes;
	if (!gpus)
		gpus = gpu_setting(object, "gres") * ret_cost->nodes;
	if (!gpus)
		gpus = gpu_setting(object, "gpus-per-task") * tasks;
	ret_cost->gpus = gpus;
}
