/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * page.h - the parts of the HTML page, each a file
 */
#ifndef WEFT_TOOLS_SIM_PAGE_H
#define WEFT_TOOLS_SIM_PAGE_H

#include "tools/sim/sim.h"
#include "tools/ui/html.h"
#include "tools/ui/plot.h"

#define SIM_PAGE_WIDTH 820	/* of a plot's frame */

/* A line a scheduler: its utilisation, and the jobs that wait. */
void sim_page_time(const struct sim_run *run, struct weft_buf *out);
/* Boxes of waits by size class.  0 or -ENOMEM. */
int sim_page_sizes(const struct sim_run *run, struct weft_buf *out);
/* Users and groups that ran most.  0 or -ENOMEM. */
int sim_page_who(const struct sim_run *run, struct weft_buf *out);
/* The busiest window: nodes one by one, and NVLink domains.  0 or -ENOMEM. */
int sim_page_nodes(const struct sim_run *run, struct weft_buf *out);

#endif
