/* SPDX-License-Identifier: GPL-2.0-or-later */
/* map_load.h - fill a map from a running Slurm */
#ifndef WEFT_TOOLS_SLURM_MAP_LOAD_H
#define WEFT_TOOLS_SLURM_MAP_LOAD_H

#include "tools/map/map.h"

/*
 * Ask slurmctld for nodes and jobs.  0 and a sorted map that the caller
 * destroys, or a negative errno and what went wrong.
 */
int weft_map_load(struct weft_map **ret_map, struct weft_err *err);

#endif
