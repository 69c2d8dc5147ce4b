/* SPDX-License-Identifier: GPL-2.0-or-later */
/* progress.h - a run on the terminal, and its summary; all on stderr. */
#ifndef WEFT_FLOW_PROGRESS_H
#define WEFT_FLOW_PROGRESS_H

#include <time.h>

#include "tools/flow/run.h"

struct weft_progress {
	time_t started, shown;
	bool terminal;
	unsigned int lines;	/* drawn last time */
};

/* last: say it whatever was said when. */
void weft_progress_show(struct weft_progress *progress, const struct weft_run *run,
			bool last);
void weft_progress_summary(const struct weft_run *run);

#endif
