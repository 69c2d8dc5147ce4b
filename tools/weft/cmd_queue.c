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
#include "tools/ui/term.h"
#include "tools/weft/cmd.h"
#include "tools/why/queue.h"

static const char usage[] =
	"usage: weft queue [OPTION...]\n\n"
	"Lists your waiting jobs, each with its expected start and reason.\n\n";

static int print_json(const struct weft_why *why, bool all)
{
	struct json_object *o;

	for (uint32_t i = 0; i < why->job_count && why->job[i].waits; i++) {
		if (!all && !why->job[i].own)
			continue;
		o = weft_why_to_json(why, &why->job[i]);
		if (!o)
			return WEFT_EXIT_FAILED;
		puts(json_object_to_json_string_ext(o, WEFT_WHY_JSON));
		json_object_put(o);
	}
	return WEFT_EXIT_DONE;
}

static int print_table(const struct weft_why *why, const struct weft_queue_look *look)
{
	struct weft_buf buf;
	int rc;

	weft_buf_init(&buf, 64u << 20);
	rc = weft_queue_draw(why, look, time(NULL), &buf);
	if (rc == 0)
		fputs(weft_buf_str(&buf), stdout);
	else
		fputs("weft queue: out of memory\n", stderr);
	weft_buf_fini(&buf);
	return rc ? WEFT_EXIT_FAILED : WEFT_EXIT_DONE;
}

static int show(const struct weft_queue_look *look, bool json)
{
	struct weft_err err = WEFT_ERR_INIT;
	struct weft_why *why;
	int rc;

	if (weft_why_load(NULL, &why, &err)) {
		fprintf(stderr, "weft queue: %s\n", err.msg);
		return WEFT_EXIT_FAILED;
	}
	rc = json ? print_json(why, look->all) : print_table(why, look);
	weft_why_destroy(why);
	return rc;
}

static int run_queue(int argc, char **argv)
{
	struct weft_queue_look look = { .width = weft_term_width(0) };
	uint32_t operand_count;
	bool json = false;
	int color = WEFT_COLOR_AUTO;
	const struct weft_option options[] = {
		{ "all", 'a', WEFT_OPTION_FLAG, &look.all, 0, 0, NULL, NULL,
		  "everybody's, as far as Slurm shows them" },
		{ "json", 0, WEFT_OPTION_FLAG, &json, 0, 0, NULL, NULL,
		  "one JSON object a line" },
		{ "color", 0, WEFT_OPTION_WORD, &color, 0, 0, weft_term_colors, "WHEN",
		  "auto (the default: on a terminal), always or never" },
		{ "width", 0, WEFT_OPTION_UINT, &look.width, 0, 1000, NULL, "N",
		  "columns; else the terminal's, else as wide as it is (0)" },
		{ NULL },
	};
	int code = weft_args_read("queue", usage, options, argc, argv, NULL, 0,
				  &operand_count);

	look.color = weft_term_color((enum weft_term_color)color);
	return code >= 0 ? code : show(&look, json);
}

const struct weft_cmd weft_cmd_queue = {
	"queue", "your waiting jobs, each with its reason", run_queue,
};
