/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cmd_map.c - `weft map`: which job holds which GPU, a picture in the terminal
 */
#include "config.h"

#include <getopt.h>
#include <langinfo.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "tools/slurm/map_load.h"
#include "tools/weft/cmd.h"

static void print_help(FILE *out)
{
	fputs("usage: weft map [OPTION...]\n\n"
	      "Draws every node's GPUs in the box of its NVLink domain, each with the\n"
	      "letter of the job that holds it.\n\n"
	      "  --json          nodes and jobs as JSON\n"
	      "  --color=WHEN    auto (the default: on a terminal), always, never\n"
	      "  --ascii         no line-drawing characters\n"
	      "  --width=N       columns, 20 to 1000; else the terminal's, else 80\n"
	      "  --help\n", out);
}

static uint32_t terminal_width(void)
{
	struct winsize size;
	const char *columns = getenv("COLUMNS");
	long n;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col)
		return size.ws_col;
	n = columns ? strtol(columns, NULL, 10) : 0;
	return n >= 20 && n <= 1000 ? (uint32_t)n : 80;
}

static bool read_width(const char *text, uint32_t *ret_width)
{
	char *end;
	long n = strtol(text, &end, 10);

	if (*end || end == text || n < 20 || n > 1000) {
		fprintf(stderr, "weft map: --width=%.40s: 20 to 1000 expected\n",
			text);
		return false;
	}
	*ret_width = (uint32_t)n;
	return true;
}

static bool read_color(const char *text, bool *ret_color)
{
	if (!strcmp(text, "always"))
		*ret_color = true;
	else if (!strcmp(text, "never"))
		*ret_color = false;
	else if (strcmp(text, "auto") != 0) {
		fprintf(stderr, "weft map: --color=%.40s: auto, always or never expected\n",
			text);
		return false;
	}
	return true;
}

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
	static const struct option options[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "color", required_argument, NULL, 'c' },
		{ "ascii", no_argument, NULL, 'a' },
		{ "width", required_argument, NULL, 'w' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	struct weft_map_look look = {
		.width = terminal_width(),
		.color = isatty(STDOUT_FILENO) && !getenv("NO_COLOR"),
		.utf8 = !strcmp(nl_langinfo(CODESET), "UTF-8"),
	};
	bool json = false;
	int c;

	optind = 1;
	while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (c == 'h') {
			print_help(stdout);
			return WEFT_EXIT_DONE;
		} else if (c == 'j') {
			json = true;
		} else if (c == 'a') {
			look.utf8 = false;
		} else if (c == 'c') {
			if (!read_color(optarg, &look.color))
				return WEFT_EXIT_USAGE;
		} else if (c != 'w' || !read_width(optarg, &look.width)) {
			return WEFT_EXIT_USAGE;
		}
	}
	if (optind < argc) {
		fprintf(stderr, "weft map: unexpected \"%s\"\n", argv[optind]);
		return WEFT_EXIT_USAGE;
	}
	return show(&look, json);
}

const struct weft_cmd weft_cmd_map = {
	"map", "which job holds which GPU in which NVLink domain", run_map,
};
