/* SPDX-License-Identifier: GPL-2.0-or-later */
/* command.h - `weft sandbox`: exit codes as enum weft_exit of cmd.h. */
#ifndef WEFT_TOOLS_SANDBOX_COMMAND_H
#define WEFT_TOOLS_SANDBOX_COMMAND_H

int sandbox_command(int argc, char **argv);

#endif
