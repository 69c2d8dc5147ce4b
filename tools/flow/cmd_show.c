/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cmd_show.c - status, logs, list, rm: the commands that look
 *
 * status reads the journal and the records beside it; it asks nobody, takes no
 * lock and works while the run is followed elsewhere, or by no one.
 */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <json-c/json.h>

#include "lib/text.h"
#include "tools/flow/cmd.h"
#include "tools/flow/collapse.h"
#include "tools/flow/find.h"
#include "tools/flow/summary.h"
#include "tools/ui/json_out.h"

static const char *const state_names[] = {
	[WEFT_UNIT_TODO] = "waiting", [WEFT_UNIT_LIVE] = "submitted",
	[WEFT_UNIT_DONE] = "done", [WEFT_UNIT_SKIPPED] = "skipped",
	[WEFT_UNIT_FAILED] = "failed",
};

/* Records newer than the journal: what ended while nobody followed. */
static bool has_record(const struct weft_run *run, uint32_t number)
{
	const struct weft_unit *unit = &run->plan.units[number];
	char path[3200];

	if (unit->state != WEFT_UNIT_LIVE)
		return false;
	if (unit->slot == WEFT_NO_SLOT)
		snprintf(path, sizeof(path), "%s/end/%u", run->dir, unit->object);
	else
		snprintf(path, sizeof(path), "%s/end/%u_%u", run->dir, unit->object, unit->slot);
	return !access(path, F_OK);
}

/* How a unit ended, as far as the journal tells. */
static void add_end(struct json_object *one, const struct weft_run *run, uint32_t u)
{
	uint8_t cause = run->plan.units[u].cause;
	struct weft_unit_end end;

	if (!weft_state_get_end(run->state, u, &end))
		return;
	if (cause == WEFT_CAUSE_EXIT)
		json_object_object_add(one, "exit_code",
				       json_object_new_int(weft_run_exit_code(&end)));
	else if (cause == WEFT_CAUSE_SIGNAL)
		json_object_object_add(one, "signal", json_object_new_int(weft_run_signal(&end)));
	if (*end.node)
		json_object_object_add(one, "node", json_object_new_string(end.node));
	if (end.start_sec > 0)
		json_object_object_add(one, "start", json_object_new_int64(end.start_sec));
	json_object_object_add(one, "end", json_object_new_int64(end.end_sec));
}

static void unit_json(struct json_object *list, const struct weft_run *run, uint32_t u)
{
	const struct weft_unit *unit = &run->plan.units[u];
	const struct weft_flow_task *task = weft_plan_task(&run->plan, u, NULL);
	struct json_object *one = json_object_new_object();
	struct weft_buf text;

	weft_buf_init(&text, 4096);
	weft_flow_unit_name(task, u - task->first_unit, &text);
	json_object_object_add(one, "unit", json_object_new_string(weft_buf_str(&text)));
	json_object_object_add(one, "state", json_object_new_string(state_names[unit->state]));
	json_object_object_add(one, "ended", json_object_new_boolean(has_record(run, u)));
	if (unit->cause != WEFT_CAUSE_NONE)
		json_object_object_add(one, "cause", json_object_new_string(
					       weft_cause_name((enum weft_cause)unit->cause)));
	add_end(one, run, u);
	json_object_object_add(one, "failed_tries", json_object_new_int(unit->attempt));
	if (unit->object != WEFT_NO_OBJECT) {
		weft_buf_clear(&text);
		weft_buf_addf(&text, "%u", run->plan.objects[unit->object].job_id);
		if (unit->slot != WEFT_NO_SLOT)
			weft_buf_addf(&text, "_%u", unit->slot);
		json_object_object_add(one, "job", json_object_new_string(weft_buf_str(&text)));
	}
	json_object_array_add(list, one);
	weft_buf_fini(&text);
}

#define LINES 40	/* of more tasks those that differ in numbers only are one line */

static void print_group(const struct weft_run *run, const struct weft_collapse *groups,
			uint32_t group)
{
	uint32_t counts[5] = { 0 }, ended = 0;
	struct weft_buf name;

	weft_buf_init(&name, 4096);
	weft_collapse_name(groups, group, &name);
	for (uint32_t i = groups->first[group]; i < groups->first[group + 1]; i++) {
		const struct weft_flow_task *task = &run->flow->tasks[groups->members[i]];

		for (uint32_t u = 0; u < task->unit_count; u++) {
			counts[run->plan.units[task->first_unit + u].state]++;
			ended += has_record(run, task->first_unit + u);
		}
	}
	printf("%s%*s", weft_buf_str(&name),
	       name.len < 24 ? 24 - (int)weft_text_width(weft_buf_str(&name)) : 0, "");
	for (int s = 0; s < 5; s++)
		printf(" %8u", counts[s]);
	if (ended)
		printf("  (%u of those in Slurm ended; watch or resume takes note)", ended);
	putchar('\n');
	weft_buf_fini(&name);
}

static int print_tasks(const struct weft_run *run, bool full)
{
	struct weft_collapse groups;

	if (weft_collapse_init_stems(&groups, run->flow, &run->graph, full ? UINT32_MAX : LINES))
		return -ENOMEM;
	printf("%-24s %8s %8s %8s %8s %8s\n", "task", "waiting", "in Slurm", "done",
	       "skipped", "failed");
	for (uint32_t g = 0; g < groups.count; g++)
		print_group(run, &groups, g);
	weft_collapse_fini(&groups);
	return 0;
}

int weft_flow_cmd_status(const struct weft_flow_args *args)
{
	struct weft_run run = { 0 };
	struct weft_err err = WEFT_ERR_INIT;
	struct weft_run_totals t;
	int rc = weft_flow_open_run(&run, args->rest_count ? args->rest[0] : NULL, &err);

	if (rc) {
		weft_run_close(&run);
		return weft_flow_fail(&err);
	}
	weft_run_count(&run, &t);
	if (args->json) {
		struct json_object *out = json_object_new_object();
		struct json_object *units = json_object_new_array();

		json_object_object_add(out, "run", json_object_new_string(run.id));
		json_object_object_add(out, "dir", json_object_new_string(run.dir));
		json_object_object_add(out, "over", json_object_new_boolean(!t.todo && !t.live));
		for (uint32_t u = 0; u < run.flow->unit_count; u++)
			unit_json(units, &run, u);
		json_object_object_add(out, "units", units);
		weft_print_json(stdout, out);
	} else {
		printf("run %s\n", run.id);
		if (print_tasks(&run, args->full))
			fputs("weft flow: out of memory\n", stderr);
		if (t.failed)
			weft_flow_summary(&run);
	}
	weft_run_close(&run);
	return t.failed ? WEFT_EXIT_NO : WEFT_EXIT_DONE;
}

static int print_file(const char *path)
{
	char buf[65536];
	FILE *file = fopen(path, "r");
	size_t n;

	if (!file) {
		fprintf(stderr, "weft flow: %s: %s\n", path, strerror(errno));
		return -1;
	}
	while ((n = fread(buf, 1, sizeof(buf), file)) > 0)
		fwrite(buf, 1, n, stdout);
	fclose(file);
	return 0;
}

/* The outputs of a task, or of one unit such as "train[7]"; how many units. */
static uint32_t put_logs(const struct weft_run *run, const char *want,
			 struct json_object *list, uint32_t *ret_missing)
{
	struct weft_buf name, path;
	uint32_t found = 0;

	*ret_missing = 0;
	weft_buf_init(&name, 4096);
	weft_buf_init(&path, 16384);
	for (uint32_t u = 0; u < run->flow->unit_count; u++) {
		const struct weft_flow_task *task = weft_plan_task(&run->plan, u, NULL);

		weft_buf_clear(&name);
		weft_buf_clear(&path);
		weft_flow_unit_name(task, u - task->first_unit, &name);
		if ((strcmp(want, task->name) && strcmp(want, weft_buf_str(&name))) ||
		    weft_run_log_path(run, u, &path))
			continue;
		found++;
		if (list) {
			struct json_object *one = json_object_new_object();

			json_object_object_add(one, "unit", json_object_new_string(weft_buf_str(&name)));
			json_object_object_add(one, "log", json_object_new_string(weft_buf_str(&path)));
			json_object_object_add(one, "exists", json_object_new_boolean(
						       !access(weft_buf_str(&path), R_OK)));
			json_object_array_add(list, one);
			continue;
		}
		if (task->unit_count > 1)
			printf("==> %s <==\n", weft_buf_str(&name));
		*ret_missing += print_file(weft_buf_str(&path)) != 0;
	}
	weft_buf_fini(&name);
	weft_buf_fini(&path);
	return found;
}

int weft_flow_cmd_logs(const struct weft_flow_args *args)
{
	struct json_object *list = args->json ? json_object_new_array() : NULL;
	struct weft_run run = { 0 };
	struct weft_err err = WEFT_ERR_INIT;
	uint32_t found = 0, missing = 0;
	const char *want;
	int rc;

	if (args->rest_count < 1 || args->rest_count > 2) {
		fprintf(stderr, "weft flow logs: give a task, after the run if it is not the newest\n");
		json_object_put(list);
		return WEFT_EXIT_USAGE;
	}
	want = args->rest[args->rest_count - 1];
	rc = weft_flow_open_run(&run, args->rest_count > 1 ? args->rest[0] : NULL, &err);
	if (!rc)
		found = put_logs(&run, want, list, &missing);
	if (!rc && !found)
		rc = weft_err_set(&err, ENOENT, "run %s has no task \"%.200s\" that was submitted",
				  run.id, want);
	weft_run_close(&run);
	if (!rc && list)
		weft_print_json(stdout, list);
	else
		json_object_put(list);
	return rc ? weft_flow_fail(&err) : missing ? WEFT_EXIT_FAILED : WEFT_EXIT_DONE;
}

static int list_one(void *ctx, const char *dir)
{
	struct json_object *list = ctx;
	struct weft_run run = { 0 };
	struct weft_err err = WEFT_ERR_INIT;
	struct weft_run_totals t = { 0 };
	int rc = weft_run_open(&run, dir, false, &err);

	if (!rc)
		weft_run_count(&run, &t);
	if (list) {
		struct json_object *one = json_object_new_object();

		json_object_object_add(one, "run", json_object_new_string(strrchr(dir, '/') + 1));
		json_object_object_add(one, "dir", json_object_new_string(dir));
		if (rc)
			json_object_object_add(one, "error", json_object_new_string(err.msg));
		else
			json_object_object_add(one, "over",
					       json_object_new_boolean(!t.todo && !t.live));
		json_object_object_add(one, "done", json_object_new_int64(t.done));
		json_object_object_add(one, "failed", json_object_new_int64(t.failed));
		json_object_array_add(list, one);
	} else if (rc) {
		printf("%-32s %s\n", strrchr(dir, '/') + 1, err.msg);
	} else {
		printf("%-32s %-9s %u done, %u failed, %u to come\n", run.id,
		       t.todo || t.live ? "under way" : t.failed ? "failed" : "done",
		       t.done + t.skipped, t.failed, t.todo + t.live);
	}
	weft_run_close(&run);
	return 0;
}

int weft_flow_cmd_list(const struct weft_flow_args *args)
{
	struct json_object *list = args->json ? json_object_new_array() : NULL;
	char home[3000];

	snprintf(home, sizeof(home), "%.2900s/.weft", args->rest_count ? args->rest[0] : ".");
	weft_flow_each_run(home, list_one, list);
	if (list)
		weft_print_json(stdout, list);
	return WEFT_EXIT_DONE;
}

/* Only what a run's directory is made of; anything else stays and is named. */
static int remove_run(const char *dir)
{
	static const char *const subs[] = { "log", "end" };
	static const char *const files[] = { "run.db", "run.db-journal", "lock" };
	char path[3800];

	for (unsigned int s = 0; s < 2; s++) {
		struct dirent *entry;
		DIR *sub;

		snprintf(path, sizeof(path), "%s/%s", dir, subs[s]);
		sub = opendir(path);
		while (sub && (entry = readdir(sub))) {
			snprintf(path, sizeof(path), "%.3000s/%s/%s", dir, subs[s], entry->d_name);
			if (*entry->d_name != '.')
				unlink(path);
		}
		if (sub)
			closedir(sub);
		snprintf(path, sizeof(path), "%s/%s", dir, subs[s]);
		rmdir(path);
	}
	for (unsigned int f = 0; f < 3; f++) {
		snprintf(path, sizeof(path), "%s/%s", dir, files[f]);
		unlink(path);
	}
	return rmdir(dir) ? -errno : 0;
}

static int forget(const char *word, bool force)
{
	struct weft_run run = { 0 };
	struct weft_run_totals t = { 0 };
	struct weft_err err = WEFT_ERR_INIT;
	char dir[3000];
	int rc = weft_flow_find_run(word, dir, &err);

	if (rc)
		return weft_flow_fail(&err);
	rc = weft_run_open(&run, dir, true, &err);
	if (!rc)
		weft_run_count(&run, &t);
	weft_run_close(&run);
	if (rc == -EBUSY || (!force && (rc || t.todo || t.live))) {
		fprintf(stderr, "weft flow: %s: %s\n", word,
			rc ? err.msg : "is not over; cancel it first, or --force");
		return rc ? WEFT_EXIT_FAILED : WEFT_EXIT_NO;
	}
	if (remove_run(dir)) {
		fprintf(stderr, "weft flow: %s: not empty: something of yours is in it\n", dir);
		return WEFT_EXIT_FAILED;
	}
	return WEFT_EXIT_DONE;
}

int weft_flow_cmd_rm(const struct weft_flow_args *args)
{
	struct json_object *list = args->json ? json_object_new_array() : NULL;
	int rc = WEFT_EXIT_DONE;

	if (args->rest_count < 1) {
		fprintf(stderr, "weft flow rm: give the runs to forget\n");
		rc = WEFT_EXIT_USAGE;
	}
	for (int i = 0; i < args->rest_count && rc == WEFT_EXIT_DONE; i++) {
		rc = forget(args->rest[i], args->force);
		if (list && rc == WEFT_EXIT_DONE)
			json_object_array_add(list, json_object_new_string(args->rest[i]));
	}
	if (list && rc != WEFT_EXIT_USAGE)
		weft_print_json(stdout, list);
	else
		json_object_put(list);
	return rc;
}
