/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cmd_sim.c - `weft sim`: a history of jobs under several schedulers
 *
 * The command itself is tools/sim/command.c.
 */
#include "tools/sim/sim.h"
#include "tools/weft/cmd.h"

const struct weft_cmd weft_cmd_sim = {
	.name = "sim",
	.summary = "run a history of jobs again, and compare schedulers on it",
	.run = sim_command,
};
