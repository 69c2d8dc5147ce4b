/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * slurmd_node.h - what slurmd knows of the node that it runs
 *
 * gres_p_node_config_load() is told neither the node's name nor how its CPUs
 * are numbered; slurmd has both in its global configuration, which plugins
 * may read.  In another daemon these functions say that they do not know.
 */
#ifndef WEFT_PLUGINS_SLURM_SLURMD_NODE_H
#define WEFT_PLUGINS_SLURM_SLURMD_NODE_H

#include "plugins/slurm/gres_compat.h"

#include "lib/idxset.h"

struct weft_slurmd_node {
	const char *name;	/* NodeName; valid while slurmd runs */
	uint32_t core_count;	/* as slurm.conf has it, all sockets */
	uint32_t socket_cores;	/* of one socket of them */
};

/* False outside slurmd. */
bool weft_slurmd_node_get(struct weft_slurmd_node *ret_node);

/*
 * The cores that hold these CPUs (OS numbers of this machine), in the
 * numbering of slurm.conf; the caller frees the bitmap of core_count bits.
 * NULL if slurmd cannot map them all: other machine, CPUs switched off.
 */
bitstr_t *weft_slurmd_cores_of(const node_config_load_t *config,
			       const struct weft_idxset *pus,
			       uint32_t core_count);

/* The reverse: this machine's CPUs of a core range such as "0-15"; cpu_cnt
 * bits, or NULL. */
bitstr_t *weft_slurmd_cpus_of(const char *cores, uint32_t cpu_count);

/* Is name in a host list such as "node[0-3,7]"?  A bad list holds nobody. */
bool weft_slurm_hostlist_has(const char *list, const char *name);

#endif
