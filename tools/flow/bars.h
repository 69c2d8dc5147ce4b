/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bars.h - a run as it goes, on stderr: bars on a terminal, else a line a minute */
#ifndef WEFT_FLOW_BARS_H
#define WEFT_FLOW_BARS_H

#include <time.h>

#include "tools/flow/collapse.h"
#include "tools/flow/run.h"

/* From when on, and from what, the pace of some units is taken. */
struct weft_pace {
	time_t since;		/* 0: nothing ran or ended yet */
	uint32_t ended;		/* at that time */
};

struct weft_bars {
	const struct weft_run *run;
	struct weft_collapse groups;
	struct weft_pace *paces;	/* per group, and of all at the end */
	bool terminal;
	time_t shown;
	uint32_t lines;			/* drawn last time */
};

/* run is borrowed.  -ENOMEM. */
int weft_bars_init(struct weft_bars *bars, const struct weft_run *run);
void weft_bars_fini(struct weft_bars *bars);

/* last: say it whatever was said when. */
void weft_bars_show(struct weft_bars *bars, bool last);
/* Something else is about to be printed: what was drawn stays above it. */
void weft_bars_leave(struct weft_bars *bars);

/*
 * One line of a bar, at most width characters: name, bar, counts.  text is what
 * stands right of the bar; the name takes name_width, the text text_width.  A
 * line too short for a bar of six has none.
 */
void weft_bars_line(struct weft_buf *out, const char *name, uint32_t name_width,
		    const struct weft_run_totals *totals, const char *text,
		    uint32_t text_width, uint32_t width);

/* Seconds until the rest has ended at the pace so far; -1: too early to say. */
int64_t weft_pace_left(struct weft_pace *pace, const struct weft_run_totals *totals,
		       time_t now);

#endif
