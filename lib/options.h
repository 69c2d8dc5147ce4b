/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * options.h - a command's options as one table
 *
 * From the table come the parsing (getopt_long), the bounds, the messages and
 * the text of --help, so that they cannot disagree.  -h and --help are added
 * to every table.  Nothing is printed here.
 */
#ifndef WEFT_LIB_OPTIONS_H
#define WEFT_LIB_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/err.h"

enum weft_option_kind {
	WEFT_OPTION_FLAG,	/* bool: set to true */
	WEFT_OPTION_UINT,	/* uint32_t, from min to max */
	WEFT_OPTION_TEXT,	/* const char *: borrowed from argv, not empty */
	WEFT_OPTION_WORD,	/* int: index into words */
};

struct weft_option {
	const char *name;	/* NULL ends the table */
	char letter;		/* short form, 0 if there is none */
	enum weft_option_kind kind;
	void *value;		/* of the kind's type; holds the default */
	uint32_t min, max;	/* of UINT */
	const char *const *words;	/* of WORD, ends with NULL */
	const char *arg;	/* "N": what --help calls the argument */
	const char *help;	/* one line, lower case */
};

enum { WEFT_OPTIONS_MAX = 64 };

/*
 * Read argv[1...] into the values.  Options come before the first operand:
 * parsing ends there or after "--", so that a command line may follow.
 * *ret_first is the index of the first operand; *ret_help says that help was
 * asked for, and then the rest was not read.  -EINVAL with a message that
 * names the option and what it takes; *ret_ are then untouched, values of
 * options before the mistake are set.  Uses getopt's globals: not for threads.
 */
int weft_options_parse(const struct weft_option *options, int argc,
		       char **argv, int *ret_first, bool *ret_help,
		       struct weft_err *err);

/* The options as --help shows them, one line each, aligned. */
void weft_options_help(const struct weft_option *options,
		       struct weft_buf *buf);

#endif
