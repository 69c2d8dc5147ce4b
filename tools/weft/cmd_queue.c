/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cmd_queue.c - `weft queue`: the jobs that wait, each with its reason
 */
#include "config.h"

#include <stdio.h>
#include <time.h>

#include <json-c/json.h>

#include "tools/slurm/why_load.h"
#include "tools/ui/args.h"
#include "tools/weft/cmd.h"

static const char usage[] =
	"usage: weft queue [OPTION...]\n\n"
	"Lists your waiting jobs, each with its expected start and reason.\n\n";

static void print_row(const struct weft_why_job *job)
{
	struct weft_buf start, text;

	weft_buf_init(&start, 64);
	weft_buf_init(&text, 1024);
	if (job->start_sec)
		weft_why_format_wait(job->start_sec, time(NULL), &start);
	weft_why_format(job, &text);
	printf("%-12s %-10.10s %-10.10s %6u %-11s %s\n", job->id, job->user,
	       job->partition, job->ahead_count,
	       start.len ? weft_buf_str(&start) : "not known",
	       weft_buf_str(&text));
	weft_buf_fini(&start);
	weft_buf_fini(&text);
}

static int show(bool all, bool json)
{
	struct weft_err err = WEFT_ERR_INIT;
	struct json_object *o;
	struct weft_why *why;
	int rc = WEFT_EXIT_DONE;

	if (weft_why_load(NULL, &why, &err)) {
		fprintf(stderr, "weft queue: %s\n", err.msg);
		return WEFT_EXIT_FAILED;
	}
	if (!json)
		printf("%-12s %-10s %-10s %6s %-11s %s\n", "JOB", "USER",
		       "PARTITION", "AHEAD", "START", "WHY");
	for (uint32_t i = 0; i < why->job_count && why->job[i].waits; i++) {
		if (!all && !why->job[i].own)
			continue;
		if (!json) {
			print_row(&why->job[i]);
			continue;
		}
		o = weft_why_to_json(why, &why->job[i]);
		if (!o)
			rc = WEFT_EXIT_FAILED;
		else
			puts(json_object_to_json_string_ext(o, WEFT_WHY_JSON));
		json_object_put(o);
	}
	weft_why_destroy(why);
	return rc;
}

static int run_queue(int argc, char **argv)
{
	bool all = false, json = false;
	uint32_t operand_count;
	const struct weft_option options[] = {
		{ "all", 'a', WEFT_OPTION_FLAG, &all, 0, 0, NULL, NULL,
		  "everybody's, as far as Slurm shows them" },
		{ "json", 0, WEFT_OPTION_FLAG, &json, 0, 0, NULL, NULL,
		  "one JSON object a line" },
		{ NULL },
	};
	int code = weft_args_read("queue", usage, options, argc, argv, NULL, 0,
				  &operand_count);

	return code >= 0 ? code : show(all, json);
}

const struct weft_cmd weft_cmd_queue = {
	"queue", "your waiting jobs, each with its reason", run_queue,
};
