/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cmd_sandbox.c - `weft sandbox`: a private, real Slurm on this machine
 *
 * The command itself is tools/sandbox/command.c.
 */
#include "tools/sandbox/command.h"
#include "tools/weft/cmd.h"

const struct weft_cmd weft_cmd_sandbox = {
	.name = "sandbox",
	.summary = "start, use and stop a private Slurm on this machine",
	.run = sandbox_command,
};
