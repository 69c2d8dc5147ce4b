/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * queue.h - the waiting jobs as a table; see why.h for one job
 */
#ifndef WEFT_TOOLS_WHY_QUEUE_H
#define WEFT_TOOLS_WHY_QUEUE_H

#include "tools/why/why.h"

struct weft_queue_look {
	uint32_t width;		/* columns; 0: lines as long as they are */
	bool color;
	bool all;		/* everybody's jobs, with their users */
};

/*
 * Who starts first stands first; who is not expected to start stands last.
 * Where width is given, long reasons go on in the next line below their
 * column, and a last line sums up.  0 or -errno.
 */
int weft_queue_draw(const struct weft_why *why,
		    const struct weft_queue_look *look, int64_t now_sec,
		    struct weft_buf *buf);

#endif
