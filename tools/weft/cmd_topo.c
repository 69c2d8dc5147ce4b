/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cmd_topo.c - `weft topo`: the devices of a node
 *
 * The command itself is tools/topo/command.c.
 */
#include "tools/topo/topo.h"
#include "tools/weft/cmd.h"

const struct weft_cmd weft_cmd_topo = {
	.name = "topo",
	.summary = "show a node's GPUs and links, choose among them, write Slurm's files",
	.run = topo_command,
};
