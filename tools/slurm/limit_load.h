/* SPDX-License-Identifier: GPL-2.0-or-later */
/* limit_load.h - the limits that jobs wait for, out of slurmctld */
#ifndef WEFT_SLURM_LIMIT_LOAD_H
#define WEFT_SLURM_LIMIT_LOAD_H

#include <slurm/slurm.h>

#include "tools/why/why.h"

/*
 * Fill limit of every job of why that waits for one, as far as slurmctld
 * shows limits to the caller.  msg: the jobs that why was made from, word:
 * Slurm's word for a reason.  Best effort: what cannot be known stays unknown.
 */
void weft_limit_load(struct weft_why *why, const job_info_msg_t *msg,
		     const char *(*word)(uint32_t code));

#endif
