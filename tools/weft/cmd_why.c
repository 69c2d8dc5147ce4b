/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cmd_why.c - `weft why JOBID`: why a job waits, in plain words
 *
 * JOBID is a job, or a job array: then every record of it is told.
 */
#include "config.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <json-c/json.h>

#include "tools/slurm/why_load.h"
#include "tools/weft/cmd.h"

static void print_help(FILE *out)
{
	fputs("usage: weft why [--json] JOBID\n\n"
	      "Says in plain words why a job waits and when it is expected to start.\n"
	      "Exit status 3: there is no such job, or it does not wait.\n\n"
	      "  --json\n"
	      "  --help\n", out);
}

static void print_job(const struct weft_why_job *job)
{
	struct weft_buf buf;

	weft_buf_init(&buf, 4096);
	weft_buf_addf(&buf, "job %s: ", job->id);
	weft_why_format(job, &buf);
	if (job->waits) {
		weft_buf_addf(&buf, "\n  %u waiting job%s of its partition %s a higher priority\n"
			      "  expected start: ", job->ahead_count,
			      job->ahead_count == 1 ? "" : "s",
			      job->ahead_count == 1 ? "has" : "have");
		if (job->start_sec)
			weft_why_format_wait(job->start_sec, time(NULL), &buf);
		else
			weft_buf_adds(&buf, "not known");
	}
	puts(weft_buf_str(&buf));
	weft_buf_fini(&buf);
}

static int print_json(const struct weft_why_job *job)
{
	struct json_object *o = weft_why_to_json(job);

	if (!o)
		return -ENOMEM;
	puts(json_object_to_json_string(o));
	json_object_put(o);
	return 0;
}

static int show(uint32_t job_id, bool json)
{
	struct weft_err err = WEFT_ERR_INIT;
	struct weft_why *why;
	uint32_t found = 0, waiting = 0;
	int rc = 0;

	if (weft_why_load(&why, &err)) {
		fprintf(stderr, "weft why: %s\n", err.msg);
		return WEFT_EXIT_FAILED;
	}
	for (uint32_t i = 0; i < why->job_count; i++) {
		const struct weft_why_job *job = &why->job[i];

		if (job->job_id != job_id && job->array_id != job_id)
			continue;
		found++;
		waiting += job->waits;
		if (json)
			rc = rc ? rc : print_json(job);
		else
			print_job(job);
	}
	weft_why_destroy(why);
	if (!found)
		fprintf(stderr, "weft why: Slurm shows no job %u (unknown, long finished, or not yours to see)\n",
			job_id);
	if (rc)
		return WEFT_EXIT_FAILED;
	return waiting ? WEFT_EXIT_DONE : WEFT_EXIT_NO;
}

static int run_why(int argc, char **argv)
{
	static const struct option options[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	bool json = false;
	unsigned long id;
	char *end;
	int c;

	optind = 1;
	while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (c == 'h') {
			print_help(stdout);
			return WEFT_EXIT_DONE;
		} else if (c != 'j') {
			return WEFT_EXIT_USAGE;
		}
		json = true;
	}
	if (optind != argc - 1) {
		fputs("weft why: one job number expected\n", stderr);
		return WEFT_EXIT_USAGE;
	}
	id = strtoul(argv[optind], &end, 10);
	if (argv[optind][0] < '0' || argv[optind][0] > '9' || *end || !id ||
	    id >= UINT32_MAX) {
		fprintf(stderr, "weft why: \"%.40s\" is not a job number\n",
			argv[optind]);
		return WEFT_EXIT_USAGE;
	}
	return show((uint32_t)id, json);
}

const struct weft_cmd weft_cmd_why = {
	"why", "why a job waits, and until when", run_why,
};
