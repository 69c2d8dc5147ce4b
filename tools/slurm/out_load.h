/* SPDX-License-Identifier: GPL-2.0-or-later */
/* out_load.h - nodes out of service and licences kept back, out of slurmctld */
#ifndef WEFT_SLURM_OUT_LOAD_H
#define WEFT_SLURM_OUT_LOAD_H

#include "tools/why/why.h"

/*
 * Fill out of every job of why that is job_id, an array or one task of it, and
 * waits for room, and keeper of one that waits for a licence.  Best effort: where slurmctld does not show nodes, or there
 * is no memory, nothing is said of them.
 */
void weft_out_load(struct weft_why *why, uint32_t job_id, uint32_t task);

#endif
