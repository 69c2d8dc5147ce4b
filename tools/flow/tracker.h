/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tracker.h - one look at what became of a run; between track.c and withdraw.c */
#ifndef WEFT_FLOW_TRACKER_H
#define WEFT_FLOW_TRACKER_H

#include "tools/flow/run.h"

struct weft_tracker {
	struct weft_run *run;
	struct weft_err *err;
	uint8_t *seen;		/* per unit: the list knew it */
	uint8_t *failed;	/* per task: a unit failed in this update */
	bool any_failed;
	uint8_t *broken;	/* per object: a barrier that broke */
	bool any_broken;
};

static inline bool weft_track_is_current(const struct weft_run *run, uint32_t unit,
					 uint32_t object)
{
	return unit != UINT32_MAX && run->plan.units[unit].object == object &&
	       run->plan.units[unit].state == WEFT_UNIT_LIVE;
}

/* Take out of Slurm what can no longer start there, and idle barriers. */
int weft_track_sweep(struct weft_tracker *t);

#endif
