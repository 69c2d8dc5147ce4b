/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cmd.h - what a subcommand of `weft` is
 *
 * One file a subcommand, tools/weft/cmd_*.c, which defines one const struct
 * weft_cmd; main.c lists them in a table.  To add one: declare it here, put it
 * in main.c's table and name the file in tools/weft/local.am.
 */
#ifndef WEFT_TOOLS_WEFT_CMD_H
#define WEFT_TOOLS_WEFT_CMD_H

enum weft_exit {
	WEFT_EXIT_DONE = 0,
	WEFT_EXIT_FAILED = 1,
	WEFT_EXIT_USAGE = 2,
	WEFT_EXIT_NO = 3,	/* it worked, and the answer is no */
};

struct weft_cmd {
	const char *name;
	const char *summary;	/* one line, lower case, no full stop */
	/* argv[0] is the name; answers --help; returns an enum weft_exit. */
	int (*run)(int argc, char **argv);
};

extern const struct weft_cmd weft_cmd_flow;
extern const struct weft_cmd weft_cmd_map;	/* with libslurm only */
extern const struct weft_cmd weft_cmd_policy;
extern const struct weft_cmd weft_cmd_queue;	/* with libslurm only */
extern const struct weft_cmd weft_cmd_sandbox;
extern const struct weft_cmd weft_cmd_sched;
extern const struct weft_cmd weft_cmd_sim;
extern const struct weft_cmd weft_cmd_topo;
extern const struct weft_cmd weft_cmd_why;	/* with libslurm only */

#endif
