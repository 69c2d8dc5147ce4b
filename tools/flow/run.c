/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * run.c - see run.h; making, opening and counting
 *
 * The journal keeps the workflow's path, the params given and a fingerprint of
 * the units (task names and forms).  A resume reads the file again, so a wrong
 * memory limit can be mended between; but if the fingerprint differs the
 * numbers in the journal would mean other units, and the resume is refused.
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/hash.h"
#include "tools/flow/run.h"
#include "tools/flow/waves.h"

static void fingerprint(const struct weft_flow *flow, char text[32])
{
	uint64_t hash = WEFT_HASH_INIT;
	char number[32];

	for (uint32_t t = 0; t < flow->task_count; t++) {
		const struct weft_flow_task *task = &flow->tasks[t];

		hash = weft_hash_text(hash, task->name);
		snprintf(number, sizeof(number), "%u/%u", task->unit_count,
			 task->index_count);
		hash = weft_hash_text(hash, number);
		for (uint32_t a = 0; a < task->axis_count; a++)
			for (uint32_t v = 0; v < task->axes[a].count; v++)
				hash = weft_hash_text(hash, task->axes[a].values[v]);
	}
	snprintf(text, 32, "%016llx", (unsigned long long)hash);
}

int weft_run_home(const char *flow_path, char home[3000], struct weft_err *err)
{
	char *real = realpath(flow_path, NULL), *slash;
	int len;

	if (!real)
		return weft_err_sys(err, errno, "%s", flow_path);
	slash = strrchr(real, '/');
	*slash = 0;
	len = snprintf(home, 3000, "%s/.weft", real);
	free(real);
	return len < 2900 ? 0 : weft_err_set(err, ENAMETOOLONG, "the path is too long");
}

static int plan_up(struct weft_run *run, const char *path, struct weft_err *err)
{
	int rc = weft_flow_read(path, run->given, run->given_count, &run->flow, err);

	if (!rc)
		rc = weft_flow_graph_init(&run->graph, run->flow, err);
	if (!rc)
		rc = weft_plan_init(&run->plan, run->flow, &run->graph, err);
	if (rc)
		return rc;
	run->running = calloc(run->flow->unit_count + 1, 1);
	return run->running ? 0 : weft_err_set(err, ENOMEM, "out of memory");
}

static int make_dirs(const char *home, const char *dir, struct weft_err *err)
{
	static const char *const names[] = { "", "/log", "/end" };
	char path[3100];

	if (mkdir(home, 0777) && errno != EEXIST)
		return weft_err_sys(err, errno, "%s", home);
	for (unsigned int i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), "%s%s", dir, names[i]);
		if (mkdir(path, 0777))
			return weft_err_sys(err, errno, "%s", path);
	}
	return 0;
}

static int write_meta(struct weft_run *run, struct weft_err *err)
{
	struct weft_buf params;
	char print[32], number[32];
	int rc = weft_state_begin(run->state, err);

	weft_buf_init(&params, (size_t)1 << 20);
	for (size_t i = 0; i < run->given_count; i++) {
		weft_buf_addf(&params, "%s=", run->given[i].name);
		weft_buf_adds(&params, run->given[i].value);
		weft_buf_add(&params, "\x1e", 1);
	}
	fingerprint(run->flow, print);
	if (!rc)
		rc = weft_state_set(run->state, "id", run->id, err);
	if (!rc)
		rc = weft_state_set(run->state, "name", run->flow->name, err);
	if (!rc)
		rc = weft_state_set(run->state, "path", run->flow->path, err);
	if (!rc)
		rc = weft_state_set(run->state, "params", weft_buf_str(&params), err);
	if (!rc)
		rc = weft_state_set(run->state, "fingerprint", print, err);
	snprintf(number, sizeof(number), "%lld", (long long)time(NULL));
	if (!rc)
		rc = weft_state_set(run->state, "started", number, err);
	snprintf(number, sizeof(number), "%u", run->limits.max_array_size);
	if (!rc)
		rc = weft_state_set(run->state, "max_array_size", number, err);
	weft_buf_fini(&params);
	/* What was skipped at the beginning stays skipped. */
	for (uint32_t u = 0; u < run->flow->unit_count && !rc; u++)
		if (run->plan.units[u].state == WEFT_UNIT_SKIPPED)
			rc = weft_state_put_unit(run->state, &run->plan, u, NULL, err);
	return rc ? rc : weft_state_commit(run->state, err);
}

static int copy_given(struct weft_run *run, const struct weft_flow_given *given,
		      size_t count)
{
	run->given = calloc(count + 1, sizeof(*run->given));
	for (size_t i = 0; run->given && i < count; i++) {
		run->given[i].name = strdup(given[i].name);
		run->given[i].value = strdup(given[i].value);
		run->given_count++;
		if (!run->given[i].name || !run->given[i].value)
			return -ENOMEM;
	}
	return run->given ? 0 : -ENOMEM;
}

int weft_run_create(struct weft_run *run, const char *flow_path,
		    const struct weft_flow_given *given, size_t given_count,
		    struct weft_err *err)
{
	struct weft_slurm_limits limits = run->limits;
	char home[3000];
	uint32_t number;
	int rc;

	memset(run, 0, sizeof(*run));
	run->limits = limits;
	if (copy_given(run, given, given_count))
		return weft_err_set(err, ENOMEM, "out of memory");
	rc = plan_up(run, flow_path, err);
	if (!rc)
		rc = weft_plan_apply_when(&run->plan, err);
	if (!rc)
		rc = weft_plan_skip_fresh(&run->plan, err);
	if (!rc)
		rc = weft_run_home(flow_path, home, err);
	if (rc)
		return rc;
	if (getrandom(&number, sizeof(number), 0) != sizeof(number))
		number = (uint32_t)time(NULL) ^ (uint32_t)getpid() << 16;
	snprintf(run->id, sizeof(run->id), "%.64s-%08x", run->flow->name, number);
	snprintf(run->dir, sizeof(run->dir), "%.2800s/%s", home, run->id);
	rc = make_dirs(home, run->dir, err);
	if (!rc)
		rc = weft_state_open(run->dir, true, true, &run->state, err);
	return rc ? rc : write_meta(run, err);
}

/* "a=1\x1eb=2\x1e" into given[]. */
static int read_params(struct weft_run *run, char *text)
{
	size_t count = 0;

	for (const char *p = text; *p; p++)
		count += *p == 0x1e;
	run->given = calloc(count + 1, sizeof(*run->given));
	while (run->given && *text) {
		char *end = text + strcspn(text, "\x1e"), *equals = strchr(text, '=');

		*end = 0;
		if (equals && equals < end) {
			*equals = 0;
			run->given[run->given_count].name = strdup(text);
			run->given[run->given_count++].value = strdup(equals + 1);
		}
		text = end + 1;
	}
	return run->given ? 0 : -ENOMEM;
}

static int check_print(struct weft_run *run, struct weft_err *err)
{
	char *old = weft_state_get(run->state, "fingerprint"), now[32];
	bool same;

	fingerprint(run->flow, now);
	same = old && !strcmp(old, now);
	free(old);
	if (same)
		return 0;
	return weft_err_set(err, EINVAL,
			    "%s: its tasks are not those that run %s began with; put them back or start a new run",
			    run->flow->path, run->id);
}

int weft_run_open(struct weft_run *run, const char *dir, bool writer,
		  struct weft_err *err)
{
	struct weft_slurm_limits limits = run->limits;
	char *path, *params, *id, *size;
	int rc;

	memset(run, 0, sizeof(*run));
	run->limits = limits;
	snprintf(run->dir, sizeof(run->dir), "%.2900s", dir);
	rc = weft_state_open(dir, false, writer, &run->state, err);
	if (rc)
		return rc;
	path = weft_state_get(run->state, "path");
	params = weft_state_get(run->state, "params");
	id = weft_state_get(run->state, "id");
	size = weft_state_get(run->state, "max_array_size");
	if (!path || !params || !id || !size)
		rc = weft_err_set(err, EINVAL, "%s: run.db was never completed; remove the directory",
				  dir);
	else if (read_params(run, params))
		rc = weft_err_set(err, ENOMEM, "out of memory");
	if (!rc) {
		snprintf(run->id, sizeof(run->id), "%.90s", id);
		run->limits.max_array_size = (uint32_t)strtoul(size, NULL, 10);
		rc = plan_up(run, path, err);
	}
	free(path);
	free(params);
	free(id);
	free(size);
	if (!rc)
		rc = check_print(run, err);
	if (!rc)
		rc = weft_state_load(run->state, &run->plan, err);
	if (!rc)
		rc = weft_plan_apply_when(&run->plan, err);
	if (!rc)
		weft_plan_settle(&run->plan);
	return rc;
}

void weft_run_close(struct weft_run *run)
{
	for (size_t i = 0; i < run->given_count; i++) {
		free((char *)run->given[i].name);
		free((char *)run->given[i].value);
	}
	free(run->given);
	free(run->running);
	if (run->plan.flow)
		weft_plan_fini(&run->plan);
	weft_flow_graph_fini(&run->graph);
	weft_flow_destroy(run->flow);
	weft_waves_fini(run);
	weft_state_close(run->state);
	memset(run, 0, sizeof(*run));
}

void weft_run_count_units(const struct weft_run *run, uint32_t first, uint32_t count,
			  struct weft_run_totals *ret_totals)
{
	struct weft_run_totals totals = { 0 };

	for (uint32_t u = first; u < first + count; u++) {
		switch (run->plan.units[u].state) {
		case WEFT_UNIT_TODO:
			totals.todo++;
			break;
		case WEFT_UNIT_LIVE:
			totals.live++;
			totals.running += run->running[u];
			break;
		case WEFT_UNIT_DONE:
			totals.done++;
			break;
		case WEFT_UNIT_SKIPPED:
			totals.skipped++;
			break;
		default:
			totals.failed++;
		}
	}
	*ret_totals = totals;
}

void weft_run_count(const struct weft_run *run, struct weft_run_totals *ret_totals)
{
	weft_run_count_units(run, 0, run->flow->unit_count, ret_totals);
}

int weft_run_exit_code(const struct weft_unit_end *end)
{
	return WIFSIGNALED(end->exit_status) ? 0 : WEXITSTATUS(end->exit_status);
}

int weft_run_signal(const struct weft_unit_end *end)
{
	return WIFSIGNALED(end->exit_status) ? WTERMSIG(end->exit_status) :
					       WEXITSTATUS(end->exit_status) - 128;
}
