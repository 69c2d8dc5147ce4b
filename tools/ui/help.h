/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * help.h - the options of a command on stdout, for --help
 */
#ifndef WEFT_TOOLS_UI_HELP_H
#define WEFT_TOOLS_UI_HELP_H

#include "lib/options.h"

/* What weft_options_help() says; the caller has printed the usage before. */
void weft_help_print(const struct weft_option *options);

#endif
