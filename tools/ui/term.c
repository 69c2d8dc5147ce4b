/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * term.c - see term.h
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "tools/ui/term.h"

#define WIDTH_MIN 20
#define WIDTH_MAX 1000

const char *const weft_term_colors[] = { "auto", "always", "never", NULL };

uint32_t weft_term_width(uint32_t fallback)
{
	const char *columns = getenv("COLUMNS");
	struct winsize size;
	long n;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col)
		return size.ws_col;
	n = columns ? strtol(columns, NULL, 10) : 0;
	return n >= WIDTH_MIN && n <= WIDTH_MAX ? (uint32_t)n : fallback;
}

void weft_term_size(int fd, uint32_t *ret_columns, uint32_t *ret_lines)
{
	struct winsize size;
	bool known = ioctl(fd, TIOCGWINSZ, &size) == 0;

	*ret_columns = known && size.ws_col ? size.ws_col : 80;
	*ret_lines = known && size.ws_row ? size.ws_row : 24;
}

bool weft_term_color(enum weft_term_color when)
{
	const char *term = getenv("TERM");

	if (when != WEFT_COLOR_AUTO)
		return when == WEFT_COLOR_ALWAYS;
	return isatty(STDOUT_FILENO) && !getenv("NO_COLOR") && term &&
		strcmp(term, "dumb") != 0;
}
