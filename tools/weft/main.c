/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * main.c - the weft command: find the subcommand and hand over
 *
 *   weft CMD ...       run it
 *   weft help [CMD]    the list, or the help of CMD (the same as CMD --help)
 *   weft --version
 *
 * Everything else belongs to the subcommand.  What was asked for goes to
 * stdout, everything else to stderr.  Exit codes: 0 done, 1 failed, 2 usage,
 * 3 the answer is no.
 *
 * A result that could not be written (a full disk, say) is a failure, so
 * stdout is flushed and checked here once for all subcommands.
 */
#include "config.h"

#include <errno.h>
#include <locale.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "lib/nearest.h"
#include "tools/weft/cmd.h"

static const struct weft_cmd *const commands[] = {
	&weft_cmd_flow,
#ifdef HAVE_LIBSLURM
	&weft_cmd_map,
#endif
	&weft_cmd_policy,
#ifdef HAVE_LIBSLURM
	&weft_cmd_queue,
#endif
	&weft_cmd_sandbox,
	&weft_cmd_sched,
	&weft_cmd_sim,
	&weft_cmd_topo,
#ifdef HAVE_LIBSLURM
	&weft_cmd_why,
#endif
};
enum { COMMAND_COUNT = sizeof(commands) / sizeof(commands[0]) };

static void print_help(FILE *out)
{
	fputs("usage: weft COMMAND [OPTION...]\n"
	      "       weft help [COMMAND]\n"
	      "       weft --version\n\n", out);
	for (int i = 0; i < COMMAND_COUNT; i++)
		fprintf(out, "  %-10s %s\n", commands[i]->name,
			commands[i]->summary);
	fputs("\nExit codes: 0 done, 1 failed, 2 usage, 3 the answer is no.\n",
	      out);
}

static const struct weft_cmd *find_command(const char *name)
{
	for (int i = 0; i < COMMAND_COUNT; i++)
		if (!strcmp(commands[i]->name, name))
			return commands[i];
	return NULL;
}

static int complain_unknown(const char *word)
{
	const char *names[COMMAND_COUNT + 1];
	const char *near;

	for (int i = 0; i < COMMAND_COUNT; i++)
		names[i] = commands[i]->name;
	names[COMMAND_COUNT] = "help";
	near = weft_nearest(word, names, COMMAND_COUNT + 1);
	fprintf(stderr, "weft: no command \"%s\"", word);
	if (near)
		fprintf(stderr, "; did you mean \"%s\"?", near);
	fputs("\nTry \"weft help\".\n", stderr);
	return WEFT_EXIT_USAGE;
}

static int run_help(int argc, char **argv)
{
	const struct weft_cmd *cmd;
	char option[] = "--help";
	char *help_argv[3] = { NULL, option, NULL };

	if (argc > 2) {
		fprintf(stderr, "weft: help takes one command, and there is also \"%s\"\n",
			argv[2]);
		return WEFT_EXIT_USAGE;
	}
	if (argc < 2) {
		print_help(stdout);
		return WEFT_EXIT_DONE;
	}
	cmd = find_command(argv[1]);
	if (!cmd)
		return complain_unknown(argv[1]);
	help_argv[0] = argv[1];
	return cmd->run(2, help_argv);
}

static int dispatch(int argc, char **argv)
{
	const struct weft_cmd *cmd;

	if (argc < 2) {
		print_help(stderr);
		return WEFT_EXIT_USAGE;
	}
	if (!strcmp(argv[1], "--version")) {
		puts(PACKAGE_STRING);
		return WEFT_EXIT_DONE;
	}
	if (!strcmp(argv[1], "help") || !strcmp(argv[1], "--help") ||
	    !strcmp(argv[1], "-h"))
		return run_help(argc - 1, argv + 1);
	cmd = find_command(argv[1]);
	return cmd ? cmd->run(argc - 1, argv + 1) : complain_unknown(argv[1]);
}

int main(int argc, char **argv)
{
	int code;

	setlocale(LC_ALL, "");
	setlocale(LC_NUMERIC, "C");
	code = dispatch(argc, argv);
	if (fflush(stdout) || ferror(stdout)) {
		fprintf(stderr, "weft: cannot write the output: %s\n",
			strerror(errno));
		return code ? code : WEFT_EXIT_FAILED;
	}
	return code;
}
