/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * spank_compat.h - SPANK, and which option names Slurm keeps for itself
 *
 * SPANK's header is public and equal in all releases; what differs is the
 * list of options that sbatch, srun and salloc have of their own.  Slurm
 * refuses a plugin's option of the same name, so those are left to Slurm and
 * Weft's has the prefix only.
 */
#ifndef WEFT_PLUGINS_SLURM_SPANK_COMPAT_H
#define WEFT_PLUGINS_SLURM_SPANK_COMPAT_H

#include <stdbool.h>
#include <string.h>

#include <slurm/slurm.h>
#include <slurm/slurm_version.h>
#include <slurm/spank.h>

/* Does this release have --name itself? */
static inline bool weft_slurm_has_option(const char *name)
{
#if SLURM_VERSION_NUMBER >= SLURM_VERSION_NUM(24, 11, 0)
	if (!strcmp(name, "segment"))	/* topology/block */
		return true;
#endif
	return false;
}

#endif
