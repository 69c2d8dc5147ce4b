/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * progress.h - how far long work has come, on stderr
 *
 * On a terminal one line that is redrawn: text, bar, count.  Elsewhere (a log,
 * a pipe) a line at the start and at the end, and one in ten seconds between.
 */
#ifndef WEFT_TOOLS_UI_PROGRESS_H
#define WEFT_TOOLS_UI_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct weft_progress {
	const char *text;	/* borrowed */
	uint32_t total;
	uint32_t done;
	bool terminal, shown;
	int64_t last_msec;
};

void weft_progress_begin(struct weft_progress *p, const char *text,
			 uint32_t total);
void weft_progress_set(struct weft_progress *p, uint32_t done);
/* Ends the line; a bar that is not full stays as it is. */
void weft_progress_end(struct weft_progress *p);

#endif
