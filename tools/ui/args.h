/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * args.h - a command line whose operands and options may be mixed
 */
#ifndef WEFT_TOOLS_UI_ARGS_H
#define WEFT_TOOLS_UI_ARGS_H

#include "lib/options.h"

/*
 * Read argv[1...]: options into the table's values, operands in their order
 * into operand[], at most max of them.  -1: go on, *ret_count operands are
 * there.  Else end with that exit code: --help was printed (usage, then the
 * table), or a mistake was told on stderr after "weft COMMAND: ".
 */
int weft_args_read(const char *command, const char *usage,
		   const struct weft_option *options, int argc, char **argv,
		   const char **operand, uint32_t max, uint32_t *ret_count);

#endif
