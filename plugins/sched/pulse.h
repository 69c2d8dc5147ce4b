/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pulse.h - has anything happened in slurmctld that a scheduler must see?
 */
#ifndef WEFT_PLUGINS_SCHED_PULSE_H
#define WEFT_PLUGINS_SCHED_PULSE_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

struct weft_pulse {
	uint32_t submitted, started, completed, canceled, failed;
	int job_count;
	time_t job, node, part, resv, conf;	/* Slurm's last_*_update */
};

enum weft_pulse_change {
	WEFT_PULSE_QUIET,	/* nothing that we have not seen */
	WEFT_PULSE_MAYBE,	/* in the same second as the last look: can't tell */
	WEFT_PULSE_CHANGED,
};

/* Read the counters.  Takes none of slurmctld's locks. */
void weft_pulse_read(struct weft_pulse *ret_pulse);

/* Compare; seen_sec is when `seen` was read. */
enum weft_pulse_change weft_pulse_compare(const struct weft_pulse *seen,
					  time_t seen_sec,
					  const struct weft_pulse *now);

#endif
