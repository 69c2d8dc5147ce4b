/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * term.h - what the terminal is like that a command prints to
 */
#ifndef WEFT_TOOLS_UI_TERM_H
#define WEFT_TOOLS_UI_TERM_H

#include <stdbool.h>
#include <stdint.h>

/* Columns of stdout: the terminal's, else COLUMNS, else fallback. */
uint32_t weft_term_width(uint32_t fallback);

/* Columns and lines of the terminal at fd; 80 and 24 where it does not say. */
void weft_term_size(int fd, uint32_t *ret_columns, uint32_t *ret_lines);

/* What --color takes. */
enum weft_term_color { WEFT_COLOR_AUTO, WEFT_COLOR_ALWAYS, WEFT_COLOR_NEVER };
extern const char *const weft_term_colors[];	/* the words, ends with NULL */

/* AUTO: on a terminal, unless NO_COLOR is set or TERM is dumb. */
bool weft_term_color(enum weft_term_color when);

#endif
