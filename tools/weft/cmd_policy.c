/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cmd_policy.c - `weft policy`: the rules for submissions
 *
 * What needs no Slurm is tools/policy/command.c; what asks a running one is
 * policy_live.c.
 */
#include "config.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "tools/policy/policy.h"
#include "tools/weft/cmd.h"
#include "tools/weft/policy_live.h"

static bool wants_help(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h"))
			return true;
	return false;
}

static int run_policy(int argc, char **argv)
{
	const char *verb = argc > 1 ? argv[1] : "";
	bool status = !strcmp(verb, "status");

	if (wants_help(argc, argv) || (!status && strcmp(verb, "explain") != 0))
		return policy_command(argc, argv);
#ifdef HAVE_LIBSLURM
	return status ? weft_policy_status(argc - 1, argv + 1) :
		weft_policy_explain(argc - 1, argv + 1);
#else
	fprintf(stderr, "weft policy: built without libslurm: no %s\n", verb);
	return WEFT_EXIT_FAILED;
#endif
}

const struct weft_cmd weft_cmd_policy = {
	.name = "policy",
	.summary = "check the rules for submissions, try a job against them",
	.run = run_policy,
};
