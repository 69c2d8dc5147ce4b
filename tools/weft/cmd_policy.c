/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cmd_policy.c - `weft policy`: the rules for submissions
 *
 * The command itself is tools/policy/command.c.
 */
#include "tools/policy/policy.h"
#include "tools/weft/cmd.h"

const struct weft_cmd weft_cmd_policy = {
	.name = "policy",
	.summary = "check the rules for submissions, try a job against them",
	.run = policy_command,
};
