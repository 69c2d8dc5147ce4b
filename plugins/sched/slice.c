/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * slice.c - see slice.h
 *
 * Slurm's locks prefer writers, and those who wait are served when a holder
 * leaves; a pause of a millisecond lets them all in before we ask again.
 */
#include <time.h>
#include <unistd.h>

#include "plugins/sched/slice.h"

#define PAUSE_USEC 1000

int64_t weft_slice_now_usec(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

void weft_slice_begin(struct weft_slice *slice)
{
	lock_slurmctld(slice->locks);
	slice->since_usec = weft_slice_now_usec();
	if (!slice->node_count) {
		slice->node_count = node_record_count;
		slice->conf_sec = slurm_conf.last_update;
	}
}

void weft_slice_end(struct weft_slice *slice)
{
	int64_t held = weft_slice_now_usec() - slice->since_usec;

	unlock_slurmctld(slice->locks);
	slice->since_usec = 0;
	if (held > slice->longest_usec)
		slice->longest_usec = held;
}

bool weft_slice_next(struct weft_slice *slice)
{
	if (weft_slice_now_usec() - slice->since_usec >= slice->limit_usec) {
		weft_slice_end(slice);
		usleep(PAUSE_USEC);
		weft_slice_begin(slice);
	}
	return slice->node_count == node_record_count &&
		slice->conf_sec == slurm_conf.last_update &&
		!(slice->stop && slice->stop(slice->stop_arg));
}
