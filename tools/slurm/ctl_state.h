/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ctl_state.h - what slurmctld says of its state directory and scheduler */
#ifndef WEFT_TOOLS_SLURM_CTL_STATE_H
#define WEFT_TOOLS_SLURM_CTL_STATE_H

#include <stdint.h>

#include "lib/err.h"

struct weft_ctl_state {
	char state_dir[4096];	/* StateSaveLocation */
	char scheduler[64];	/* SchedulerType, "sched/weft" */
	int64_t boot_sec;	/* when slurmctld started */
};

/* Ask slurmctld.  -ECONNREFUSED with Slurm's reason if it does not answer. */
int weft_ctl_state_load(struct weft_ctl_state *ret_state, struct weft_err *err);

#endif
