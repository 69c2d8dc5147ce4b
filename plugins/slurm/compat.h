/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * compat.h - the one place where Slurm releases differ
 *
 * Every plugin includes this header (or ctld.h, which adds the controller's
 * side) instead of Slurm's own internal ones, and no #if on a Slurm version
 * stands anywhere else.  What a plugin needs and two releases do differently
 * gets one name here, weft_slurm_<verb>(), and both spellings below it.
 *
 * The build gives the compiler Slurm's config.h first (-include, see
 * plugins/local.am): the layout of Slurm's records depends on it.  Weft's own
 * config.h steps aside when it sees that.
 *
 * Known releases: 22.05 and 24.11; those between should compile, but only the
 * two are run by the tests.  "struct xlist", "struct listIterator" and
 * "struct hostlist" are the names that every release has for what was behind
 * a pointer typedef first and is list_t, list_itr_t, hostlist_t now.
 */
#ifndef WEFT_PLUGINS_SLURM_COMPAT_H
#define WEFT_PLUGINS_SLURM_COMPAT_H

#include "slurm/slurm.h"
#include "slurm/slurm_errno.h"
#include "slurm/slurm_version.h"

/* src/interfaces/ was split from src/common/ in 23.02. */
#define WEFT_SLURM_HAS_INTERFACES \
	(SLURM_VERSION_NUMBER >= SLURM_VERSION_NUM(23, 2, 0))
/* srun_comm.h became proc_req.h, select_nodes() took one struct, gres_ctld
 * moved to src/stepmgr/: all in 24.05. */
#define WEFT_SLURM_HAS_STEPMGR \
	(SLURM_VERSION_NUMBER >= SLURM_VERSION_NUM(24, 5, 0))

#include "src/common/bitstring.h"
#include "src/common/hostlist.h"
#include "src/common/list.h"
#include "src/common/log.h"
#include "src/common/macros.h"
#include "src/common/read_config.h"
#include "src/common/xmalloc.h"
#include "src/common/xstring.h"

#if WEFT_SLURM_HAS_INTERFACES
#include "src/interfaces/gres.h"
#else
#include "src/common/gres.h"
#endif

/* The entry that shares this one's devices (gpu and shard), or NULL. */
static inline bool weft_slurm_gres_is_shared_with_other(const gres_node_state_t *ns)
{
#if SLURM_VERSION_NUMBER >= SLURM_VERSION_NUM(22, 12, 0)
	return ns->alt_gres != NULL;
#else
	return ns->alt_gres_ns != NULL;
#endif
}

#endif
