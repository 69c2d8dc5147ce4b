/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * policy_live.c - `weft policy status` and `weft policy explain JOBID`
 *
 * The plugin tells its state in StateSaveLocation/weft/submit_status.json,
 * which only SlurmUser and root can read on most sites; a file from before
 * slurmctld's start was left by an earlier one.  The plugin looks at weft.json
 * when a job comes, so a file that changed since is told as such.
 *
 * What the rules made of a job is in the job's own record (submit/record.h),
 * for whoever may see the job.
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include <json-c/json.h>

#include "lib/json.h"
#include "submit/record.h"
#include "tools/slurm/ctl_state.h"
#include "tools/slurm/why_load.h"
#include "tools/ui/json_out.h"
#include "tools/weft/cmd.h"
#include "tools/weft/policy_live.h"

static int failed(const struct weft_err *err)
{
	fprintf(stderr, "weft policy: %s\n", err->msg);
	return WEFT_EXIT_FAILED;
}

/* [--json] and one operand if wanted; false: said what is wrong. */
static bool read_words(int argc, char **argv, bool *ret_json,
		       const char **ret_operand)
{
	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--json")) {
			*ret_json = true;
		} else if (ret_operand && !*ret_operand && argv[i][0] != '-') {
			*ret_operand = argv[i];
		} else {
			fprintf(stderr, "weft policy %s: unexpected %s\n",
				argv[0], argv[i]);
			return false;
		}
	}
	if (ret_operand && !*ret_operand) {
		fprintf(stderr, "weft policy %s: which job?\n", argv[0]);
		return false;
	}
	return true;
}

/* ---- status --------------------------------------------------------------- */

static int64_t number(struct json_object *root, const char *key)
{
	struct json_object *v;

	return json_object_object_get_ex(root, key, &v) ?
		json_object_get_int64(v) : 0;
}

static const char *text(struct json_object *root, const char *key)
{
	struct json_object *v;

	return json_object_object_get_ex(root, key, &v) &&
		json_object_get_type(v) == json_type_string ?
		json_object_get_string(v) : NULL;
}

static const char *moment(int64_t sec, char *out, size_t size)
{
	time_t at = (time_t)sec;
	struct tm tm;

	if (!localtime_r(&at, &tm) || !strftime(out, size, "%F %T", &tm))
		snprintf(out, size, "?");
	return out;
}

static int load_status(struct weft_json **ret_doc, struct weft_err *err)
{
	struct weft_ctl_state state;
	char path[sizeof(state.state_dir) + 32];
	int rc = weft_ctl_state_load(&state, err);

	if (rc)
		return rc;
	snprintf(path, sizeof(path), "%s/weft/submit_status.json",
		 state.state_dir);
	rc = weft_json_read(path, ret_doc, err);
	if (rc == -EACCES)
		return weft_err_set(err, EACCES, "%s is for root and SlurmUser: ask as one of them",
				    path);
	if (rc == -ENOENT)
		return weft_err_set(err, ENOENT, "no %s on this host: job_submit/weft is not loaded (JobSubmitPlugins=weft), or slurmctld runs elsewhere",
				    path);
	if (rc == 0 && number((*ret_doc)->root, "started") < state.boot_sec - 60) {
		weft_json_destroy(*ret_doc);
		return weft_err_set(err, ENOENT, "job_submit/weft was not loaded since slurmctld started");
	}
	return rc;
}

static bool changed_since(struct json_object *root)
{
	const char *path = text(root, "file");
	struct stat st;

	return path && stat(path, &st) == 0 &&
		st.st_ctim.tv_sec > number(root, "looked");
}

static void print_status(struct json_object *root)
{
	const char *error = text(root, "error");
	char at[32];

	printf("file: %s\n", text(root, "file") ? text(root, "file") : "?");
	if (number(root, "loaded"))
		printf("in force: %lld rules, since %s\n",
		       (long long)number(root, "rules"),
		       moment(number(root, "loaded"), at, sizeof(at)));
	else
		printf("in force: no rules\n");
	if (error)
		printf("not taken, %s: %s\n",
		       moment(number(root, "error_at"), at, sizeof(at)), error);
	if (changed_since(root))
		printf("the file has changed since: the next job lets slurmctld read it\n");
}

int weft_policy_status(int argc, char **argv)
{
	struct weft_err err = WEFT_ERR_INIT;
	struct weft_json *doc = NULL;
	bool json = false, good;

	if (!read_words(argc, argv, &json, NULL))
		return WEFT_EXIT_USAGE;
	if (load_status(&doc, &err))
		return failed(&err);
	good = number(doc->root, "loaded") && !text(doc->root, "error");
	if (json) {
		json_object_object_add(doc->root, "changed_since",
			json_object_new_boolean(changed_since(doc->root)));
		weft_print_json(stdout, json_object_get(doc->root));
	} else {
		print_status(doc->root);
	}
	weft_json_destroy(doc);
	return good ? WEFT_EXIT_DONE : WEFT_EXIT_NO;
}

/* ---- explain ---------------------------------------------------------------- */

static void explain_job(const struct weft_why_job *job,
			const struct weft_record *record)
{
	printf("job %s: changed when it was submitted\n", job->id);
	for (uint32_t i = 0; i < record->step_count; i++)
		printf("  rule %s: %s, %s -> %s\n", record->step[i].rule,
		       record->step[i].field, record->step[i].was,
		       record->step[i].is);
}

int weft_policy_explain(int argc, char **argv)
{
	struct weft_err err = WEFT_ERR_INIT;
	struct weft_record record;
	const char *operand = NULL;
	struct weft_why *why = NULL;
	uint32_t job_id, task, found = 0, changed = 0;
	bool json = false;

	if (!read_words(argc, argv, &json, &operand))
		return WEFT_EXIT_USAGE;
	if (!weft_why_parse_id(operand, &job_id, &task)) {
		fprintf(stderr, "weft policy explain: \"%.40s\" is not a job number like 12 or 12_7\n",
			operand);
		return WEFT_EXIT_USAGE;
	}
	if (weft_why_load(NULL, &why, &err))
		return failed(&err);
	for (uint32_t i = 0; i < why->job_count; i++) {
		const struct weft_why_job *job = &why->job[i];
		struct json_object *o;

		if (!weft_why_is(job, job_id, task))
			continue;
		found++;
		if (!weft_record_read(job->admin_comment, &record)) {
			changed++;
			if (!json)
				explain_job(job, &record);
		} else if (!json) {
			printf("job %s: no rule changed it\n", job->id);
		}
		o = json ? weft_why_to_json(why, job) : NULL;
		if (o)
			puts(json_object_to_json_string(o));
		json_object_put(o);
	}
	weft_why_destroy(why);
	if (!found)
		fputs("weft policy: Slurm shows no such job (unknown, long finished, or not yours to see)\n",
		      stderr);
	return changed ? WEFT_EXIT_DONE : WEFT_EXIT_NO;
}
