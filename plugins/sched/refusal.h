/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * refusal.h - jobs that Slurm's select refused although the plan had a place
 *
 * Select knows things that the plan does not (sockets, MCS, owners of nodes,
 * gang scheduling).  A job that it refuses must not keep its place on the
 * timeline, or it would hold that place for ever and starve the others.  It
 * is left out of the plan for a while, longer each time, and offered to
 * select in its turn meanwhile.
 */
#ifndef WEFT_PLUGINS_SCHED_REFUSAL_H
#define WEFT_PLUGINS_SCHED_REFUSAL_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#define WEFT_REFUSALS_MAX 1024	/* a power of two; older ones are forgotten */

struct weft_refusals {
	struct weft_refusal {
		uint32_t job_id;	/* 0: empty */
		uint32_t times;
		time_t until_sec;
	} slot[WEFT_REFUSALS_MAX];
};

void weft_refusals_add(struct weft_refusals *refusals, uint32_t job_id,
		       time_t now);
bool weft_refusals_has(const struct weft_refusals *refusals, uint32_t job_id,
		       time_t now);

#endif
