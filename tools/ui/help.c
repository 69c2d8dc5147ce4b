/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * help.c - see help.h
 *
 * The table of options makes the text (lib/options.h), and lib/ prints nothing;
 * this is the one place where it is printed.
 */
#include "config.h"

#include <stdio.h>

#include "tools/ui/help.h"

enum { TEXT_LIMIT = 65536 };

void weft_help_print(const struct weft_option *options)
{
	struct weft_buf text;

	weft_buf_init(&text, TEXT_LIMIT);
	weft_options_help(options, &text);
	fputs(weft_buf_str(&text), stdout);
	weft_buf_fini(&text);
}
