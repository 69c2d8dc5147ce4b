/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * model.c - see model.h
 *
 * A file and the files it includes make one set of tasks with one set of
 * names.  `defaults` hold for the tasks of their own file.  A param's value is
 * the one of --param, else the including file's, else the included one's; a
 * param without any is an error that names it.
 *
 * Files are read in order (the including one last to be added, so that what it
 * says wins), then tasks, then needs, which may point anywhere.
 */
#include "config.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/hash.h"
#include "lib/nearest.h"
#include "tools/flow/model_read.h"
#include "tools/flow/schema.h"

#define FILES_MAX 64
#define INCLUDE_DEPTH 8
#define PARAMS_MAX 256
#define ARENA_LIMIT ((size_t)2 << 30)

struct loader {
	struct weft_flow *flow;
	const struct weft_flow_given *given;
	size_t given_count;
	struct weft_err *err;
	struct weft_task_source *sources;	/* one a task */
	uint32_t source_count, source_cap;
	const char *open[INCLUDE_DEPTH];	/* files being read, outermost first */
	unsigned int depth;
	const struct weft_doc_node *param_at[PARAMS_MAX];
};

static const char *const cause_names[] = {
	[WEFT_CAUSE_EXIT] = "exit", [WEFT_CAUSE_SIGNAL] = "signal",
	[WEFT_CAUSE_OOM] = "oom", [WEFT_CAUSE_TIMEOUT] = "timeout",
	[WEFT_CAUSE_NODE_FAIL] = "node_fail", [WEFT_CAUSE_PREEMPTED] = "preempted",
	[WEFT_CAUSE_CANCELLED] = "cancelled", [WEFT_CAUSE_DEPENDENCY] = "dependency",
	[WEFT_CAUSE_LOST] = "lost", [WEFT_CAUSE_NONE] = "none",
};

const char *weft_cause_name(enum weft_cause cause)
{
	return cause <= WEFT_CAUSE_NONE ? cause_names[cause] : "none";
}

enum weft_cause weft_cause_find(const char *name)
{
	for (unsigned int i = 0; i < WEFT_CAUSE_NONE; i++)
		if (!strcmp(cause_names[i], name))
			return i;
	return WEFT_CAUSE_NONE;
}

const char *weft_path_from(struct weft_flow *flow, const char *dir, const char *path)
{
	struct weft_buf buf;
	const char *copy;

	weft_buf_init(&buf, PATH_MAX);
	if (*path != '/')
		weft_buf_addf(&buf, "%s/", dir);
	weft_buf_adds(&buf, path);
	copy = weft_buf_error(&buf) ? NULL :
				      weft_arena_strdup(&flow->arena, weft_buf_str(&buf));
	weft_buf_fini(&buf);
	return copy;
}

int weft_param_name_check(const struct weft_doc_node *at, const char *name,
			  struct weft_err *err)
{
	static const char *const taken[] = {
		"PATH", "HOME", "SHELL", "IFS", "PWD", "USER", "LOGNAME", "TMPDIR",
		"BASH_ENV", "ENV", "PS4", "UID", "index", "task",
	};
	static const char *const prefixes[] = { "SLURM", "SBATCH", "WEFT", "LD_", "BASH_" };

	for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++)
		if (!strcmp(name, taken[i]))
			return weft_doc_complain(at, err,
						 "\"%s\" has a meaning already; choose another name",
						 name);
	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
		if (!strncmp(name, prefixes[i], strlen(prefixes[i])))
			return weft_doc_complain(at, err,
						 "names that begin with \"%s\" are taken; choose another",
						 prefixes[i]);
	return 0;
}

static const char *dir_of(struct weft_flow *flow, const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		return NULL;
	return slash == path ? "/" :
			       weft_arena_strndup(&flow->arena, path, (size_t)(slash - path));
}

static int read_params(struct loader *l, const struct weft_doc_node *map)
{
	struct weft_flow *flow = l->flow;

	for (uint32_t i = 0; map && i < map->count; i++) {
		const struct weft_doc_pair *pair = &map->pair[i];
		const struct weft_doc_node *value = pair->value;
		uint32_t at = 0;
		int rc = weft_param_name_check(pair->key, pair->key->text, l->err);

		if (rc)
			return rc;
		while (at < flow->param_count &&
		       strcmp(flow->params[at].name, pair->key->text))
			at++;
		if (at == PARAMS_MAX)
			return weft_doc_complain(pair->key, l->err, "more than %d params",
						 PARAMS_MAX);
		if (at == flow->param_count)
			flow->param_count++;
		if (value->kind == WEFT_DOC_MAP) {
			l->param_at[at] = value;
			value = weft_doc_get(value, "default");
		}
		flow->params[at].name = pair->key->text;
		if (!l->param_at[at])
			l->param_at[at] = pair->value;
		if (value && !weft_doc_is_null(value))
			flow->params[at].value = value->text;
	}
	return 0;
}

static int source_add(struct loader *l, const struct weft_doc_pair *pair,
		      const struct weft_doc_node *defaults, const char *dir)
{
	if (!*pair->key->text || strlen(pair->key->text) > 128)
		return weft_doc_complain(pair->key, l->err,
					 "a task's name has 1 to 128 bytes");
	for (const char *p = pair->key->text; *p; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			return weft_doc_complain(pair->key, l->err,
						 "a task's name cannot hold control characters");
	if (l->source_count == WEFT_FLOW_TASKS)
		return weft_doc_complain(pair->key, l->err, "more than %d tasks",
					 WEFT_FLOW_TASKS);
	if (l->source_count == l->source_cap) {
		uint32_t cap = l->source_cap ? l->source_cap * 2 : 64;
		struct weft_task_source *more =
			reallocarray(l->sources, cap, sizeof(*more));

		if (!more)
			return weft_err_set(l->err, ENOMEM, "out of memory");
		l->sources = more;
		l->source_cap = cap;
	}
	l->sources[l->source_count++] =
		(struct weft_task_source){ pair->key, pair->value, defaults, dir };
	return 0;
}

static int load_file(struct loader *l, const char *path);

static int load_includes(struct loader *l, const struct weft_doc_node *node,
			 const char *dir)
{
	uint32_t count = !node ? 0 : node->kind == WEFT_DOC_LIST ? node->count : 1;

	for (uint32_t i = 0; i < count; i++) {
		const struct weft_doc_node *item =
			node->kind == WEFT_DOC_LIST ? node->item[i] : node;
		const char *path = weft_path_from(l->flow, dir, item->text);
		char *real = path ? realpath(path, NULL) : NULL;
		const char *kept;
		int rc = 0;

		if (!real)
			return weft_doc_complain(item, l->err, "include: cannot find %.200s",
						 path ? path : item->text);
		kept = weft_arena_strdup(&l->flow->arena, real);
		free(real);
		if (!kept)
			return weft_err_set(l->err, ENOMEM, "out of memory");
		for (unsigned int d = 0; d < l->depth; d++)
			if (!strcmp(l->open[d], kept))
				return weft_doc_complain(item, l->err,
							 "include: %.200s includes itself", kept);
		rc = load_file(l, kept);
		if (rc)
			return rc;
	}
	return 0;
}

static int load_file(struct loader *l, const char *path)
{
	struct weft_flow *flow = l->flow;
	const struct weft_doc_node *root, *node;
	const char *dir = dir_of(flow, path);
	struct weft_doc *doc;
	int rc;

	if (flow->doc_count == FILES_MAX || l->depth == INCLUDE_DEPTH)
		return weft_err_set(l->err, EINVAL, "%s: too many files are included", path);
	rc = weft_doc_read(path, &doc, l->err);
	if (rc)
		return rc;
	flow->docs[flow->doc_count++] = doc;
	root = doc->root;
	rc = weft_flow_schema_check(root, l->err);
	if (rc)
		return rc;
	l->open[l->depth++] = path;
	rc = load_includes(l, weft_doc_get(root, "include"), dir);
	l->depth--;
	if (!rc)
		rc = read_params(l, weft_doc_get(root, "params"));
	if (rc)
		return rc;
	node = weft_doc_get(root, "name");
	if (node)
		flow->name = node->text;
	node = weft_doc_get(root, "max_queued");
	if (node)
		flow->max_queued = (uint32_t)strtoul(node->text, NULL, 10);
	node = weft_doc_get(root, "tasks");
	for (uint32_t i = 0; node && i < node->count && !rc; i++)
		rc = source_add(l, &node->pair[i], weft_doc_get(root, "defaults"), dir);
	return rc;
}

static int complain_enum(struct loader *l, const struct weft_flow_var *param,
			 const struct weft_doc_node *list)
{
	struct weft_buf allowed;
	int rc;

	weft_buf_init(&allowed, WEFT_ERR_SIZE / 2);
	for (uint32_t i = 0; i < list->count && i < 8; i++)
		weft_buf_addf(&allowed, "%s%.40s", i ? ", " : "", list->item[i]->text);
	rc = weft_doc_complain(list, l->err, "param %s=%.60s: allowed are %s%s", param->name,
			       param->value, weft_buf_str(&allowed),
			       list->count > 8 ? " and others" : "");
	weft_buf_fini(&allowed);
	return rc;
}

static int param_check(struct loader *l, uint32_t idx)
{
	const struct weft_flow_var *param = &l->flow->params[idx];
	const struct weft_doc_node *at = l->param_at[idx];
	const struct weft_doc_node *list = weft_doc_get(at, "enum");

	if (!param->value)
		return weft_doc_complain(at, l->err,
					 "param \"%s\" has no value; give it with --param %s=VALUE",
					 param->name, param->name);
	for (uint32_t i = 0; list && i < list->count; i++)
		if (!strcmp(list->item[i]->text, param->value))
			return 0;
	return list ? complain_enum(l, param, list) : 0;
}

static int settle_params(struct loader *l)
{
	struct weft_flow *flow = l->flow;

	for (size_t g = 0; g < l->given_count; g++) {
		const char *names[PARAMS_MAX];
		const char *near;
		uint32_t at = 0;

		while (at < flow->param_count &&
		       strcmp(flow->params[at].name, l->given[g].name))
			at++;
		if (at < flow->param_count) {
			flow->params[at].value =
				weft_arena_strdup(&flow->arena, l->given[g].value);
			if (!flow->params[at].value)
				return weft_err_set(l->err, ENOMEM, "out of memory");
			continue;
		}
		for (uint32_t i = 0; i < flow->param_count; i++)
			names[i] = flow->params[i].name;
		near = weft_nearest(l->given[g].name, names, flow->param_count);
		return weft_err_set(l->err, EINVAL, "--param %s: %s has no such param%s%s%s",
				    l->given[g].name, flow->path,
				    near ? "; did you mean \"" : "", near ? near : "",
				    near ? "\"?" : "");
	}
	for (uint32_t i = 0; i < flow->param_count; i++) {
		int rc = param_check(l, i);

		if (rc)
			return rc;
	}
	return 0;
}

static int by_name(const void *a, const void *b)
{
	const struct weft_task_source *x = *(struct weft_task_source *const *)a;
	const struct weft_task_source *y = *(struct weft_task_source *const *)b;
	int d = strcmp(x->key->text, y->key->text);

	return d ? d : x < y ? -1 : x > y;
}

static int check_twins(struct loader *l)
{
	struct weft_task_source **sorted;
	int rc = 0;

	if (l->source_count < 2)
		return 0;
	sorted = calloc(l->source_count, sizeof(struct weft_task_source *));
	if (!sorted)
		return weft_err_set(l->err, ENOMEM, "out of memory");
	for (uint32_t i = 0; i < l->source_count; i++)
		sorted[i] = &l->sources[i];
	qsort(sorted, l->source_count, sizeof(*sorted), by_name);
	for (uint32_t i = 1; i < l->source_count && !rc; i++) {
		const struct weft_doc_node *a = sorted[i - 1]->key, *b = sorted[i]->key;

		if (!strcmp(a->text, b->text))
			rc = weft_doc_complain(b, l->err,
					       "task \"%.60s\" is already at %s:%u",
					       b->text, a->file, a->line);
	}
	free(sorted);
	return rc;
}

static uint32_t name_hash(const char *text)
{
	return (uint32_t)weft_hash_text(WEFT_HASH_INIT, text);
}

static int index_names(struct loader *l)
{
	struct weft_flow *flow = l->flow;
	uint32_t size = 16;

	while (size < flow->task_count * 2)
		size *= 2;
	flow->name_slots = weft_arena_array(&flow->arena, size, sizeof(uint32_t));
	if (!flow->name_slots)
		return weft_err_set(l->err, ENOMEM, "out of memory");
	flow->name_mask = size - 1;
	for (uint32_t i = 0; i < flow->task_count; i++) {
		uint32_t s = name_hash(flow->tasks[i].name) & flow->name_mask;

		while (flow->name_slots[s])
			s = (s + 1) & flow->name_mask;
		flow->name_slots[s] = i + 1;
	}
	return 0;
}

int64_t weft_flow_find(const struct weft_flow *flow, const char *task)
{
	for (uint32_t s = name_hash(task) & flow->name_mask; flow->name_slots[s];
	     s = (s + 1) & flow->name_mask)
		if (!strcmp(flow->tasks[flow->name_slots[s] - 1].name, task))
			return flow->name_slots[s] - 1;
	return -1;
}

static int build_tasks(struct loader *l)
{
	struct weft_flow *flow = l->flow;
	int rc = 0;

	if (!l->source_count)
		return weft_err_set(l->err, EINVAL, "%s: no tasks", flow->path);
	rc = check_twins(l);
	if (rc)
		return rc;
	flow->tasks = weft_arena_array(&flow->arena, l->source_count,
				       sizeof(*flow->tasks));
	if (!flow->tasks)
		return weft_err_set(l->err, ENOMEM, "out of memory");
	flow->task_count = l->source_count;
	for (uint32_t i = 0; i < flow->task_count && !rc; i++) {
		flow->tasks[i].name = l->sources[i].key->text;
		flow->tasks[i].at = l->sources[i].key;
		rc = weft_task_read(flow, &flow->tasks[i], &l->sources[i], l->err);
	}
	if (!rc)
		rc = index_names(l);
	for (uint32_t i = 0; i < flow->task_count && !rc; i++)
		rc = weft_task_read_needs(flow, &flow->tasks[i], &l->sources[i], l->err);
	return rc;
}

static int flow_load(struct loader *l, const char *path)
{
	struct weft_flow *flow = l->flow;
	char *real = realpath(path, NULL);
	const char *base;
	int rc;

	if (!real)
		return weft_err_sys(l->err, errno, "%s", path);
	flow->path = weft_arena_strdup(&flow->arena, real);
	free(real);
	flow->docs = weft_arena_array(&flow->arena, FILES_MAX, sizeof(struct weft_doc *));
	flow->params = weft_arena_array(&flow->arena, PARAMS_MAX, sizeof(*flow->params));
	if (!flow->path || !flow->docs || !flow->params)
		return weft_err_set(l->err, ENOMEM, "out of memory");
	flow->dir = dir_of(flow, flow->path);
	rc = load_file(l, flow->path);
	if (!rc)
		rc = settle_params(l);
	if (!rc)
		rc = build_tasks(l);
	if (rc || flow->name)
		return rc;
	base = strrchr(flow->path, '/') + 1;
	flow->name = weft_arena_strndup(&flow->arena, base, strcspn(base, "."));
	return flow->name ? 0 : weft_err_set(l->err, ENOMEM, "out of memory");
}

int weft_flow_read(const char *path, const struct weft_flow_given *given,
		   size_t given_count, struct weft_flow **ret_flow,
		   struct weft_err *err)
{
	struct weft_flow *flow = calloc(1, sizeof(*flow));
	struct loader *l = calloc(1, sizeof(*l));
	int rc;

	if (!flow || !l) {
		free(flow);
		free(l);
		return weft_err_set(err, ENOMEM, "out of memory");
	}
	weft_arena_init(&flow->arena, ARENA_LIMIT);
	l->flow = flow;
	l->given = given;
	l->given_count = given_count;
	l->err = err;
	rc = flow_load(l, path);
	free(l->sources);
	free(l);
	if (rc) {
		weft_flow_destroy(flow);
		return rc;
	}
	*ret_flow = flow;
	return 0;
}

void weft_flow_destroy(struct weft_flow *flow)
{
	if (!flow)
		return;
	for (uint32_t i = 0; i < flow->doc_count; i++)
		weft_doc_destroy(flow->docs[i]);
	weft_arena_fini(&flow->arena);
	free(flow);
}

const struct weft_flow_opt *weft_flow_option(const struct weft_flow_task *task,
					     const char *name)
{
	for (uint32_t i = task->opt_count; i-- > 0;)
		if (!strcmp(task->opts[i].option->name, name))
			return &task->opts[i];
	return NULL;
}
