/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cmd_sched.c - `weft sched stats`: what the scheduler did, in numbers
 *
 * A scheduler plugin cannot answer a request, so sched/weft keeps its numbers
 * in StateSaveLocation/weft/sched_stats.json, which only SlurmUser and root
 * can read on most sites.  This command asks slurmctld where that is, and
 * whether the numbers are of the scheduler that runs now: a file that is
 * older than slurmctld was left by an earlier one.  With --file (a copy, a
 * crashed controller's directory) nobody is asked.
 *
 * SchedulerType alone does not tell: the plugin may be installed under the
 * name sched/backfill.  Then the file decides.
 *
 * --json gives the file's object as it is: its keys are the interface.
 */
#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <json-c/json.h>

#include "lib/json.h"
#include "lib/options.h"
#ifdef HAVE_LIBSLURM
#include "tools/slurm/ctl_state.h"
#endif
#include "tools/ui/help.h"
#include "tools/ui/json_out.h"
#include "tools/weft/cmd.h"

enum unit { COUNT, USEC, SECOND, PERCENT, RATIOS };

static const struct row {
	const char *key, *label;
	enum unit unit;
} rows[] = {
	{ "started_sec", "scheduler started", SECOND },
	{ "last_sec", "last cycle", SECOND },
	{ "cycles", "cycles", COUNT },
	{ "cycles_skipped", "cycles skipped (state changed meanwhile)", COUNT },
	{ "cycle_usec", "cycle time, last", USEC },
	{ "cycle_usec_mean", "cycle time, mean", USEC },
	{ "cycle_usec_max", "cycle time, longest", USEC },
	{ "snapshot_usec", "  of the last: look at jobs and nodes", USEC },
	{ "queue_usec", "    of that: list the queue, in one hold", USEC },
	{ "plan_usec", "  of the last: plan", USEC },
	{ "pick_usec", "    of that: choose GPUs", USEC },
	{ "picks", "    choices of GPUs in it", COUNT },
	{ "commit_usec", "  of the last: start jobs, write forecasts", USEC },
	{ "steer_usec", "    of that: make select take the chosen", USEC },
	{ "lock_usec", "longest lock hold, last cycle", USEC },
	{ "lock_usec_max", "longest lock hold, ever", USEC },
	{ "pending", "jobs pending, last cycle", COUNT },
	{ "planned", "jobs with a planned place", COUNT },
	{ "depth", "jobs considered (depth)", COUNT },
	{ "shapes", "different shapes of job", COUNT },
	{ "running", "jobs running", COUNT },
	{ "nodes", "nodes", COUNT },
	{ "started", "jobs started", COUNT },
	{ "refused", "starts that select refused", COUNT },
	{ "handed", "offered to select without a plan", COUNT },
	{ "steered", "got the GPUs that were chosen", COUNT },
	{ "steer_next", "    of these: the next best", COUNT },
	{ "steer_missed", "got other GPUs", COUNT },
	{ "predict_learnt", "run times learnt", COUNT },
	{ "predict_within_limit", "predicted within a factor of 2: limit", PERCENT },
	{ "predict_within_user", "predicted within a factor of 2: user", PERCENT },
	{ "predict_within_like", "predicted within a factor of 2: like", PERCENT },
	{ "predict_within_blend", "predicted within a factor of 2: blend", PERCENT },
	{ "predict_accuracy_limit", "mean accuracy: limit", PERCENT },
	{ "predict_accuracy_user", "mean accuracy: user", PERCENT },
	{ "predict_accuracy_like", "mean accuracy: like", PERCENT },
	{ "predict_accuracy_blend", "mean accuracy: blend", PERCENT },
	{ "predict_ratio_limit", "predicted / real at 5 25 50 75 95 %: limit", RATIOS },
	{ "predict_ratio_user", "predicted / real at 5 25 50 75 95 %: user", RATIOS },
	{ "predict_ratio_like", "predicted / real at 5 25 50 75 95 %: like", RATIOS },
	{ "predict_ratio_blend", "predicted / real at 5 25 50 75 95 %: blend", RATIOS },
};
enum { ROW_COUNT = sizeof(rows) / sizeof(rows[0]) };

static void print_value(int64_t value, enum unit unit)
{
	time_t at = value;
	char text[64];
	struct tm tm;

	if (unit == COUNT)
		printf("%14" PRId64 "\n", value);
	else if (unit == PERCENT)
		printf("%12" PRId64 " %%\n", value);
	else if (unit == USEC)
		printf("%11.3f ms\n", (double)value / 1000.0);
	else if (value > 0 && localtime_r(&at, &tm) &&
		 strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm))
		printf("%s\n", text);
	else
		puts("never");
}

/* An array of percents. */
static void print_ratios(struct json_object *array)
{
	for (size_t i = 0; i < json_object_array_length(array); i++)
		printf("%s%.3g", "  ", (double)json_object_get_int64(
			json_object_array_get_idx(array, i)) / 100);
	putchar('\n');
}

static void print_table(struct json_object *root)
{
	struct json_object *value;

	for (int i = 0; i < ROW_COUNT; i++) {
		if (!json_object_object_get_ex(root, rows[i].key, &value))
			continue;	/* written by another release */
		printf("%-42s", rows[i].label);
		if (rows[i].unit == RATIOS)
			print_ratios(value);
		else
			print_value(json_object_get_int64(value),
				    rows[i].unit);
	}
}

static bool is_right(struct json_object *value, enum unit unit)
{
	if (unit != RATIOS)
		return json_object_is_type(value, json_type_int);
	if (!json_object_is_type(value, json_type_array))
		return false;
	for (size_t i = 0; i < json_object_array_length(value); i++)
		if (!json_object_is_type(json_object_array_get_idx(value, i),
					 json_type_int))
			return false;
	return true;
}

/* The file's numbers; -EINVAL if it is something else. */
static int read_stats(const char *path, struct weft_json **ret_doc,
		      struct weft_err *err)
{
	struct weft_json *doc;
	struct json_object *value;
	int rc = weft_json_read(path, &doc, err);

	if (rc)
		return rc;
	if (!json_object_is_type(doc->root, json_type_object) ||
	    !json_object_object_get_ex(doc->root, "cycles", &value))
		rc = weft_err_set(err, EINVAL,
				  "%s: no numbers of sched/weft in it", path);
	for (int i = 0; rc == 0 && i < ROW_COUNT; i++)
		if (json_object_object_get_ex(doc->root, rows[i].key, &value) &&
		    !is_right(value, rows[i].unit))
			rc = weft_json_complain(doc, err, rows[i].key,
						rows[i].unit == RATIOS ?
						"an array of whole numbers expected" :
						"a whole number expected");
	if (rc)
		weft_json_destroy(doc);
	else
		*ret_doc = doc;
	return rc;
}

static int complain(const struct weft_err *err)
{
	fprintf(stderr, "weft sched: %s\n", err->msg);
	return WEFT_EXIT_FAILED;
}

static int show(struct weft_json *doc, bool json)
{
	if (json)
		weft_print_json(stdout, json_object_get(doc->root));
	else
		print_table(doc->root);
	weft_json_destroy(doc);
	return WEFT_EXIT_DONE;
}

static int show_file(const char *path, bool json)
{
	struct weft_err err = WEFT_ERR_INIT;
	struct weft_json *doc;

	if (read_stats(path, &doc, &err))
		return complain(&err);
	return show(doc, json);
}

#ifdef HAVE_LIBSLURM
static int64_t number(struct json_object *root, const char *key)
{
	struct json_object *value;

	return json_object_object_get_ex(root, key, &value) ?
		json_object_get_int64(value) : 0;
}

static int other_scheduler(const struct weft_ctl_state *state)
{
	fprintf(stderr, "weft sched: slurmctld runs %s, not Weft's scheduler; it has no such numbers (see sdiag)\n",
		state->scheduler);
	return WEFT_EXIT_NO;
}

static int show_running(bool json)
{
	struct weft_err err = WEFT_ERR_INIT;
	struct weft_ctl_state state;
	struct weft_json *doc;
	char path[4096 + 32];
	bool ours;
	int rc;

	if (weft_ctl_state_load(&state, &err))
		return complain(&err);
	ours = !strcmp(state.scheduler, "sched/weft");
	if (!ours && strcmp(state.scheduler, "sched/backfill") != 0)
		return other_scheduler(&state);
	snprintf(path, sizeof(path), "%s/weft/sched_stats.json", state.state_dir);
	rc = read_stats(path, &doc, &err);
	if (rc == -ENOENT && !ours)
		return other_scheduler(&state);
	if (rc)
		complain(&err);
	if (rc == -EACCES)
		fputs("Slurm's state directory is for SlurmUser and root: ask as one of them.\n", stderr);
	else if (rc == -ENOENT)
		fputs("The file is on slurmctld's host, and is there after the first cycle.\n", stderr);
	if (rc)
		return WEFT_EXIT_FAILED;
	if (number(doc->root, "started_sec") >= state.boot_sec)
		return show(doc, json);
	weft_json_destroy(doc);
	if (!ours)
		return other_scheduler(&state);
	fprintf(stderr, "weft sched: %s is older than slurmctld: no cycle since it started\n",
		path);
	return WEFT_EXIT_FAILED;
}
#else
static int show_running(bool json)
{
	(void)json;
	fputs("weft sched: built without libslurm, so --file=StateSaveLocation/weft/sched_stats.json is needed\n",
	      stderr);
	return WEFT_EXIT_FAILED;
}
#endif

static int print_help(const struct weft_option *options)
{
	printf("usage: weft sched stats [OPTION...]\n\n"
	       "Says how long the scheduler's cycles take, how long they hold slurmctld's\n"
	       "locks, and what became of the jobs.\n\n");
	weft_help_print(options);
	return WEFT_EXIT_DONE;
}

static int usage(const char *message, const char *word)
{
	fprintf(stderr, "weft sched: %s%s\nTry \"weft sched --help\".\n",
		message, word);
	return WEFT_EXIT_USAGE;
}

static int run_sched(int argc, char **argv)
{
	const char *file = NULL;
	bool json = false, help;
	const struct weft_option options[] = {
		{ "file", 'f', WEFT_OPTION_TEXT, &file, .arg = "FILE",
		  .help = "read this file instead of asking slurmctld where it is" },
		{ "json", 0, WEFT_OPTION_FLAG, &json, .help = "for machines" },
		{ NULL },
	};
	struct weft_err err = WEFT_ERR_INIT;
	int first;

	if (argc < 2)
		return usage("what shall it do? stats", "");
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))
		return print_help(options);
	if (strcmp(argv[1], "stats") != 0)
		return usage("there is stats, but no ", argv[1]);
	if (weft_options_parse(options, argc - 1, argv + 1, &first, &help, &err))
		return usage(err.msg, "");
	if (help)
		return print_help(options);
	if (first < argc - 1)
		return usage("unexpected ", argv[1 + first]);
	return file ? show_file(file, json) : show_running(json);
}

const struct weft_cmd weft_cmd_sched = {
	.name = "sched",
	.summary = "how long the scheduler's cycles take, and what became of the jobs",
	.run = run_sched,
};
