/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fresh.c - skip what is done already, by the files it reads and writes
 *
 * As make does, with globs: a unit is skipped if each of its `outputs` names at
 * least one file, none of them is older than the newest file that its `inputs`
 * name, and nothing it needs has to run.  A unit without outputs always runs.
 * An input that names no file makes the unit run: the command will say what it
 * misses.  Asked once, when a run begins.
 */
#include "config.h"

#include <errno.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "tools/flow/compile.h"

struct span {
	struct timespec oldest, newest;
	bool any;
};

static bool later(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec != b->tv_sec ? a->tv_sec > b->tv_sec : a->tv_nsec > b->tv_nsec;
}

/* Times of the files of one glob; 1 if it names none. */
static int look(const struct weft_flow *flow, const char *pattern, struct span *span)
{
	struct weft_buf path;
	glob_t found = { 0 };
	int rc = 1;

	weft_buf_init(&path, 8192);
	if (*pattern != '/')
		weft_buf_addf(&path, "%s/", flow->dir);
	weft_buf_adds(&path, pattern);
	if (!weft_buf_error(&path) && !glob(weft_buf_str(&path), GLOB_NOSORT, NULL, &found)) {
		for (size_t i = 0; i < found.gl_pathc; i++) {
			struct stat st;

			if (stat(found.gl_pathv[i], &st))
				continue;
			if (!span->any || later(&span->oldest, &st.st_mtim))
				span->oldest = st.st_mtim;
			if (!span->any || later(&st.st_mtim, &span->newest))
				span->newest = st.st_mtim;
			span->any = true;
			rc = 0;
		}
		globfree(&found);
	}
	weft_buf_fini(&path);
	return rc;
}

/* All globs of a list; 1 if one names no file, -errno. */
static int look_all(const struct weft_flow *flow, const struct weft_flow_task *task,
		    uint32_t local, const char **list, uint32_t count,
		    struct span *span, struct weft_err *err)
{
	struct weft_buf text;
	int rc = 0;

	weft_buf_init(&text, 8192);
	for (uint32_t i = 0; i < count && !rc; i++) {
		weft_buf_clear(&text);
		rc = weft_flow_expand(flow, task, local, list[i], &text, err);
		if (!rc)
			rc = look(flow, weft_buf_str(&text), span);
	}
	weft_buf_fini(&text);
	return rc;
}

static bool needs_stand(const struct weft_plan *plan, const struct weft_flow_task *task,
			uint32_t local)
{
	for (uint32_t n = 0; n < task->need_count; n++) {
		const struct weft_flow_need *need = &task->needs[n];
		const struct weft_flow_task *parent = &plan->flow->tasks[need->task_idx];

		for (uint32_t u = 0; u < parent->unit_count; u++)
			if ((!need->each || u == local) &&
			    plan->units[parent->first_unit + u].state == WEFT_UNIT_TODO)
				return false;
	}
	return true;
}

int weft_plan_skip_fresh(struct weft_plan *plan, struct weft_err *err)
{
	for (uint32_t i = 0; i < plan->flow->task_count; i++) {
		const struct weft_flow_task *task =
			&plan->flow->tasks[plan->graph->order[i]];

		for (uint32_t u = 0; task->output_count && u < task->unit_count; u++) {
			struct weft_unit *unit = &plan->units[task->first_unit + u];
			struct span in = { 0 }, out = { 0 };
			int rc;

			if (unit->state != WEFT_UNIT_TODO || !needs_stand(plan, task, u))
				continue;
			rc = look_all(plan->flow, task, u, task->outputs,
				      task->output_count, &out, err);
			if (!rc)
				rc = look_all(plan->flow, task, u, task->inputs,
					      task->input_count, &in, err);
			if (rc < 0)
				return rc;
			if (!rc && !(in.any && later(&in.newest, &out.oldest)))
				unit->state = WEFT_UNIT_SKIPPED;
		}
	}
	return 0;
}
