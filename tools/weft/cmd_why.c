/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cmd_why.c - `weft why JOBID`: why a job waits, in plain words
 *
 * JOBID is a job, one task of an array, or an array: then every record of it
 * is told.  --watch asks slurmctld whether anything changed; an answer "no" is
 * a few bytes.
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <json-c/json.h>

#include "tools/slurm/out_load.h"
#include "tools/slurm/why_load.h"
#include "tools/ui/args.h"
#include "tools/weft/cmd.h"

#define INTERVAL_DEFAULT 5

struct ask {
	uint32_t job_id, task;	/* task UINT32_MAX: all of it */
	bool json, watch;
	uint32_t interval_sec;
};

static const char usage[] =
	"usage: weft why [OPTION...] JOBID\n\n"
	"Says in plain words why a job waits, which jobs are in its way, when it is\n"
	"expected to start, and what would start sooner.  JOBID is a job (12), an\n"
	"array (12) or one task of it (12_7).\n"
	"Exit status 3: there is no such job, or it does not wait.\n\n";

static int add_job(const struct ask *ask, const struct weft_why *why,
		   const struct weft_why_job *job, struct weft_buf *buf)
{
	struct json_object *o;

	if (!ask->json)
		return weft_why_tell(why, job, time(NULL), buf);
	o = weft_why_to_json(why, job);
	if (!o)
		return -ENOMEM;
	weft_buf_addf(buf, "%s\n", json_object_to_json_string_ext(o, WEFT_WHY_JSON));
	json_object_put(o);
	return weft_buf_error(buf);
}

/* Adds what is told; *ret_found and *ret_waiting: how many records. */
static int look(const struct ask *ask, const struct weft_why *why,
		struct weft_buf *buf, uint32_t *ret_found,
		uint32_t *ret_waiting)
{
	int rc = 0;

	*ret_found = *ret_waiting = 0;
	for (uint32_t i = 0; rc == 0 && i < why->job_count; i++) {
		const struct weft_why_job *job = &why->job[i];

		if (!weft_why_is(job, ask->job_id, ask->task))
			continue;
		(*ret_found)++;
		*ret_waiting += job->waits;
		rc = add_job(ask, why, job, buf);
	}
	return rc;
}

static void print(const struct ask *ask, const struct weft_buf *buf,
		  bool again)
{
	if (ask->watch && !ask->json && isatty(STDOUT_FILENO))
		fputs("\033[H\033[2J", stdout);
	else if (again && !ask->json)
		fputs("\n", stdout);
	fputs(weft_buf_str(buf), stdout);
	fflush(stdout);
}

/* One look: an exit code, or -1 to look again. */
static int look_once(const struct ask *ask, int64_t *since_sec,
		     struct weft_buf *told)
{
	struct weft_err err = WEFT_ERR_INIT;
	struct weft_why *why = NULL;
	struct weft_buf buf;
	uint32_t found, waiting;
	int rc = weft_why_load(since_sec, &why, &err);

	if (rc == -EALREADY)
		return -1;
	if (rc) {
		fprintf(stderr, "weft why: %s\n", err.msg);
		return WEFT_EXIT_FAILED;
	}
	weft_out_load(why, ask->job_id, ask->task);
	weft_buf_init(&buf, 64u << 20);
	rc = look(ask, why, &buf, &found, &waiting);
	weft_why_destroy(why);
	if (rc == 0 && (!told->len || strcmp(weft_buf_str(told), weft_buf_str(&buf)) != 0))
		print(ask, &buf, told->len);
	weft_buf_fini(told);
	*told = buf;
	if (rc) {
		fputs("weft why: out of memory\n", stderr);
		return WEFT_EXIT_FAILED;
	}
	if (!found)
		fprintf(stderr, "weft why: Slurm shows no such job (unknown, long finished, or not yours to see)\n");
	if (!waiting)
		return WEFT_EXIT_NO;
	return ask->watch ? -1 : WEFT_EXIT_DONE;
}

static int show(const struct ask *ask)
{
	struct weft_buf told;
	int64_t since_sec = 0;
	int rc, looks = 0;

	weft_buf_init(&told, 1);
	while ((rc = look_once(ask, &since_sec, &told)) < 0) {
		looks++;
		sleep(ask->interval_sec);
	}
	weft_buf_fini(&told);
	/* It was seen to wait, and now it is seen that it does not. */
	return rc == WEFT_EXIT_NO && looks ? WEFT_EXIT_DONE : rc;
}

static int run_why(int argc, char **argv)
{
	struct ask ask = { .interval_sec = INTERVAL_DEFAULT };
	const char *job = NULL;
	uint32_t count;
	const struct weft_option options[] = {
		{ "json", 0, WEFT_OPTION_FLAG, &ask.json, 0, 0, NULL, NULL,
		  "one JSON object a line" },
		{ "watch", 'w', WEFT_OPTION_FLAG, &ask.watch, 0, 0, NULL, NULL,
		  "tell what changes, end when it waits no longer" },
		{ "interval", 'i', WEFT_OPTION_UINT, &ask.interval_sec, 1, 3600,
		  NULL, "SECONDS", "with --watch: between two looks (5)" },
		{ NULL },
	};
	int code = weft_args_read("why", usage, options, argc, argv, &job, 1,
				  &count);

	if (code >= 0)
		return code;
	if (!count) {
		fputs("weft why: one job number expected\n", stderr);
		return WEFT_EXIT_USAGE;
	}
	if (!weft_why_parse_id(job, &ask.job_id, &ask.task)) {
		fprintf(stderr, "weft why: \"%.40s\" is not a job number like 12 or 12_7\n",
			job);
		return WEFT_EXIT_USAGE;
	}
	return show(&ask);
}

const struct weft_cmd weft_cmd_why = {
	"why", "why a job waits, and until when", run_why,
};
