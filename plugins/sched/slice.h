/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * slice.h - hold slurmctld's locks for a moment at a time
 */
#ifndef WEFT_PLUGINS_SCHED_SLICE_H
#define WEFT_PLUGINS_SCHED_SLICE_H

#include <stdbool.h>
#include <stdint.h>

#include "plugins/slurm/ctld.h"

struct weft_slice {
	slurmctld_lock_t locks;
	int64_t limit_usec;	/* give the locks back after this long */
	bool (*stop)(void *arg);
	void *stop_arg;
	int64_t since_usec;	/* when the locks were taken; 0: not held */
	int64_t longest_usec;	/* of all holds so far */
	int node_count;		/* node_record_count at the first hold */
	time_t conf_sec;	/* slurm_conf.last_update at the first hold */
};

int64_t weft_slice_now_usec(void);

void weft_slice_begin(struct weft_slice *slice);
void weft_slice_end(struct weft_slice *slice);

/*
 * Between two jobs: give the locks back and take them again if the slice is
 * over.  False if the work must be dropped: told to stop, or slurm.conf was
 * read again, so that an index may mean another node.  The locks are held in either case.
 */
bool weft_slice_next(struct weft_slice *slice);

#endif
