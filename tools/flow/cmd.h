/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cmd.h - the subcommands of `weft flow`, and what they share. */
#ifndef WEFT_FLOW_CMD_H
#define WEFT_FLOW_CMD_H

#include <stdbool.h>
#include <stdio.h>

#include "tools/flow/compile.h"
#include "tools/flow/draw.h"
#include "tools/flow/limits.h"
#include "tools/weft/cmd.h"

struct weft_flow_args {
	bool json, dry_run, detach, again, svg, state, full, force, follow;
	const char *output;		/* -o */
	struct weft_flow_given *given;
	size_t given_count;
	char **rest;			/* operands */
	int rest_count;
	/* of map and from */
	const char *array, *name;
	struct weft_flow_given *options;	/* options of sbatch */
	size_t option_count;
};

struct weft_flow_command {
	const char *name, *args, *summary;
	int most;			/* operands */
	const char *takes;		/* letters of options, see cmd_args.c */
	int (*call)(const struct weft_flow_args *args);
};

/* The command of that name; NULL: there is none, and that was said. */
const struct weft_flow_command *weft_flow_command(const char *name);
/* What a command takes, or with NULL all of them. */
void weft_flow_help(FILE *out, const struct weft_flow_command *command);
/* argv[0] is the command.  1: help was printed; -1: wrong use, and it was said. */
int weft_flow_parse_args(struct weft_flow_args *args, const struct weft_flow_command *command,
			 int argc, char **argv);
/* 0, or WEFT_EXIT_USAGE if there is not one operand. */
int weft_flow_check_operand(const struct weft_flow_args *args);
/* 0, or WEFT_EXIT_USAGE if --name is no workflow's name. */
int weft_flow_check_name(const struct weft_flow_args *args);

/* Print "weft flow: MESSAGE" to stderr; WEFT_EXIT_FAILED. */
int weft_flow_fail(const struct weft_err *err);

int weft_flow_cmd_check(const struct weft_flow_args *args);
int weft_flow_cmd_graph(const struct weft_flow_args *args);
int weft_flow_cmd_run(const struct weft_flow_args *args);
int weft_flow_cmd_resume(const struct weft_flow_args *args);
int weft_flow_cmd_watch(const struct weft_flow_args *args);
int weft_flow_cmd_cancel(const struct weft_flow_args *args);
int weft_flow_cmd_status(const struct weft_flow_args *args);
int weft_flow_cmd_logs(const struct weft_flow_args *args);
int weft_flow_cmd_report(const struct weft_flow_args *args);
int weft_flow_cmd_graph_state(const struct weft_flow_args *args);
int weft_flow_cmd_list(const struct weft_flow_args *args);
int weft_flow_cmd_rm(const struct weft_flow_args *args);
int weft_flow_cmd_map(const struct weft_flow_args *args);
int weft_flow_cmd_from(const struct weft_flow_args *args);

/* DOT, or SVG or JSON as args say, to args->output or stdout. */
int weft_flow_put_graph(struct weft_drawing *drawing, const struct weft_flow_args *args,
			struct weft_err *err);

/* What a site would bound a run by. */
struct weft_flow_site {
	uint32_t max_array_size, max_job_count;
	uint32_t default_minutes;	/* UINT32_MAX: none */
	weft_limits_fn *limits;		/* of accounting; NULL: none */
	void *ctx;
};

/* The dry run; WEFT_EXIT_NO if something could never start or is refused. */
int weft_flow_dry_run(const char *path, const struct weft_flow_args *args,
		      const struct weft_flow_site *site);

#endif
