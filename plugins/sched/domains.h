/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * domains.h - the fabric tree over slurmctld's node table
 *
 * From all who say where nodes stand: section "fabric" of weft.json, Slurm's
 * topology.conf, and the nodes through gres/nvlink (sched/levels.h tells who
 * wins).
 */
#ifndef WEFT_PLUGINS_SCHED_DOMAINS_H
#define WEFT_PLUGINS_SCHED_DOMAINS_H

#include "sched/levels.h"

struct weft_node_fabrics;

/*
 * Add what Slurm's topology.conf says, if its TopologyPlugin reads that file.
 * plugin is that setting, or NULL.  A missing file says nothing.  Without locks.
 */
int weft_domains_read_topology(struct weft_levels *levels, const char *plugin,
			       struct weft_err *err);

/*
 * The tree over Slurm's present node table, with the domains that nodes
 * reported (nodes may be NULL).  Needs the node read lock.
 */
int weft_domains_build(const struct weft_levels *site,
		       const struct weft_levels *topology,
		       const struct weft_node_fabrics *nodes,
		       uint32_t node_count, struct weft_fabric **ret_fabric,
		       struct weft_levels_report *report, struct weft_err *err);

#endif
