/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cycle.h - one pass over the queue
 */
#ifndef WEFT_PLUGINS_SCHED_CYCLE_H
#define WEFT_PLUGINS_SCHED_CYCLE_H

#include <stdbool.h>
#include <stdint.h>

/* What is kept from cycle to cycle; NULL: no memory. */
struct weft_cycle;
struct weft_cycle *weft_cycle_create(void);
void weft_cycle_destroy(struct weft_cycle *cycle);

/* Read the configuration again.  Takes and gives back slurmctld's locks. */
void weft_cycle_configure(struct weft_cycle *cycle);

/* A cycle is due this long after the last, even if nothing changed. */
uint32_t weft_cycle_interval_msec(const struct weft_cycle *cycle);

/* Do the settings want heterogeneous jobs? */
bool weft_cycle_het_jobs(const struct weft_cycle *cycle);

/* Schedule once.  stop is asked between slices. */
void weft_cycle_run(struct weft_cycle *cycle, bool (*stop)(void *arg),
		    void *stop_arg);

/* Between cycles: write the numbers, at most once a second. */
void weft_cycle_idle(struct weft_cycle *cycle);

#endif
