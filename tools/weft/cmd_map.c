/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cmd_map.c - `weft map`: which job holds which GPU, a picture in the terminal
 */
#include "config.h"

#include <langinfo.h>
#include <stdio.h>
#include <string.h>

#include "tools/slurm/map_load.h"
#include "tools/ui/args.h"
#include "tools/ui/term.h"
#include "tools/weft/cmd.h"

static const char usage[] =
	"usage: weft map [OPTION...]\n\n"
	"Draws every node's GPUs in the box of its NVLink domain, each with the\n"
	"letter of the job that holds it.\n\n";

static int show(const struct weft_map_look *look, bool json)
{
	struct weft_map *map;
	struct weft_err err = WEFT_ERR_INIT;

	if (weft_map_load(&map, &err)) {
		fprintf(stderr, "weft map: %s\n", err.msg);
		return WEFT_EXIT_FAILED;
	}
	if (json)
		weft_map_write_json(map, stdout);
	else
		weft_map_draw(map, look, stdout);
	weft_map_destroy(map);
	return WEFT_EXIT_DONE;
}

static int run_map(int argc, char **argv)
{
	struct weft_map_look look = { .width = weft_term_width(80) };
	bool json = false, ascii = false;
	uint32_t operand_count;
	int color = 0, code;
	const struct weft_option options[] = {
		{ "json", 0, WEFT_OPTION_FLAG, &json, 0, 0, NULL, NULL,
		  "nodes and jobs as JSON" },
		{ "color", 0, WEFT_OPTION_WORD, &color, 0, 0, weft_term_colors, "WHEN",
		  "auto (the default: on a terminal), always or never" },
		{ "ascii", 0, WEFT_OPTION_FLAG, &ascii, 0, 0, NULL, NULL,
		  "no line-drawing characters" },
		{ "width", 0, WEFT_OPTION_UINT, &look.width, 20, 1000, NULL, "N",
		  "columns; else the terminal's, else 80" },
		{ NULL },
	};

	code = weft_args_read("map", usage, options, argc, argv, NULL, 0,
			      &operand_count);
	if (code >= 0)
		return code;
	look.color = weft_term_color((enum weft_term_color)color);
	look.utf8 = !ascii && !strcmp(nl_langinfo(CODESET), "UTF-8");
	return show(&look, json);
}

const struct weft_cmd weft_cmd_map = {
	"map", "which job holds which GPU in which NVLink domain", run_map,
};
