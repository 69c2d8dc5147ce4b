/* SPDX-License-Identifier: GPL-2.0-or-later */
/* send.h - objects to slurmctld, for pass.c */
#ifndef WEFT_FLOW_SEND_H
#define WEFT_FLOW_SEND_H

#include "tools/flow/run.h"

#define WEFT_SEND_TRIES 60	/* when slurmctld does not take it now */

/*
 * Send the objects of a queue, parents first, and journal their ids.  On
 * failure those that were sent have an id, in the plan if not in the journal,
 * and *ret_failed is the number of the first that failed.
 * *ret_silence_sec is above 0 if answers were lost: what was sent for them may
 * reach slurmctld later, as doubles.
 */
int weft_send_all(struct weft_run *run, uint32_t *queue, uint32_t count,
		  uint32_t *ret_failed, double *ret_silence_sec, struct weft_err *err);
/* The pause before the next try. */
void weft_send_pause(int tries);

#endif
