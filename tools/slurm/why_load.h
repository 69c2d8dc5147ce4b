/* SPDX-License-Identifier: GPL-2.0-or-later */
/* why_load.h - ask a running Slurm why its jobs wait */
#ifndef WEFT_TOOLS_SLURM_WHY_LOAD_H
#define WEFT_TOOLS_SLURM_WHY_LOAD_H

#include "tools/why/why.h"

/*
 * Every job that Slurm shows to the caller.  0 and a list that the caller
 * destroys, or a negative errno and what went wrong.  *since_sec, if since_sec
 * is not NULL: the time of the list; -EALREADY if nothing changed since then.
 */
int weft_why_load(int64_t *since_sec, struct weft_why **ret_why,
		  struct weft_err *err);

#endif
