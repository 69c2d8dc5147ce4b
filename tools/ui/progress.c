/* SPDX-License-Identifier: GPL-2.0-or-later */
/* progress.c - see progress.h.  Redrawn at most ten times a second. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tools/ui/progress.h"

enum { BAR_WIDTH = 30, REDRAW_MSEC = 100, LINE_MSEC = 10000 };

static int64_t now_msec(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static void draw(struct weft_progress *p)
{
	uint32_t full = p->total ? (uint32_t)((uint64_t)p->done * BAR_WIDTH /
					      p->total) : BAR_WIDTH;

	p->last_msec = now_msec();
	p->shown = true;
	if (!p->terminal) {
		fprintf(stderr, "%s: %u of %u\n", p->text, p->done, p->total);
		return;
	}
	fprintf(stderr, "\r%s [", p->text);
	for (uint32_t i = 0; i < BAR_WIDTH; i++)
		fputc(i < full ? '#' : '.', stderr);
	fprintf(stderr, "] %u/%u", p->done, p->total);
	fflush(stderr);
}

void weft_progress_begin(struct weft_progress *p, const char *text,
			 uint32_t total)
{
	const char *term = getenv("TERM");

	*p = (struct weft_progress){ .text = text, .total = total };
	p->terminal = isatty(STDERR_FILENO) && term && strcmp(term, "dumb");
	p->last_msec = now_msec();
	if (p->terminal)
		draw(p);
}

void weft_progress_set(struct weft_progress *p, uint32_t done)
{
	int64_t wait = p->terminal ? REDRAW_MSEC : LINE_MSEC;

	if (done == p->done && p->terminal)
		return;
	p->done = done;
	if (done >= p->total || now_msec() - p->last_msec >= wait)
		draw(p);
}

void weft_progress_end(struct weft_progress *p)
{
	if (p->terminal && p->shown)
		fputc('\n', stderr);
}
