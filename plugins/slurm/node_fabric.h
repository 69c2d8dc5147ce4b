/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * node_fabric.h - what every node's slurmd says of its GPUs, in slurmctld
 *
 * gres_nvlink.so sends a node's inventory with each registration
 * (plugins/gres/plugin.c); here it is taken out of the node's record, read,
 * and kept by node: the NVLink domain, the link matrix in the order of Slurm's
 * GPU bitmap, and a picker, shared by all nodes of equal hardware.
 *
 * A domain that the site configured in weft.json ("fabric": {"domains":
 * [{"name": "d0", "nodes": "node[0-1]"}]}) wins over the one that the node
 * found.  So that users and tools see it as well, each node's domain is put
 * into its Extra field, {"nvlink_domain":"d0","hardware":"0123456789abcdef"},
 * unless the site uses that field for something else; the first node of each
 * hardware has its report there too ("report":"w1;...", gres/report.h).
 */
#ifndef WEFT_PLUGINS_SLURM_NODE_FABRIC_H
#define WEFT_PLUGINS_SLURM_NODE_FABRIC_H

#include "plugins/slurm/ctld.h"

#include "gres/pick.h"
#include "sched/levels.h"

struct weft_node_fabric {
	char domain[64];			/* "" unknown */
	const struct weft_inventory *inv;	/* NULL: never reported */
	const struct weft_picker *picker;	/* NULL: not prepared, no memory */
	uint64_t hash;				/* equal hardware, equal hash */
};

struct weft_node_fabrics;

struct weft_node_fabrics *weft_node_fabrics_create(void);	/* NULL: no memory */
void weft_node_fabrics_destroy(struct weft_node_fabrics *fabrics);

/*
 * Take the domains that weft.json gives (sched/levels.h), instead of those
 * before.  -ENOMEM, -ENOSPC: the previous ones stay.
 */
int weft_node_fabrics_configure(struct weft_node_fabrics *fabrics,
				const struct weft_levels *levels,
				struct weft_err *err);

/*
 * Read what arrived since the last call and publish changed domains.  Needs
 * slurmctld's node write lock.  True if any node's domain or hardware
 * changed.  A report that cannot be read is logged once and changes nothing.
 * Inventories and pickers handed out before may be gone afterwards.
 * Cost without news: one short list walk a node.
 */
bool weft_node_fabrics_refresh(struct weft_node_fabrics *fabrics);

/*
 * Make the pickers that new hardware lacks: 0.2 s for 16 GPUs, so call it
 * without slurmctld's locks, from the thread that refreshes.  Until then
 * nodes of that hardware have none.
 */
bool weft_node_fabrics_unprepared(const struct weft_node_fabrics *fabrics);
void weft_node_fabrics_prepare(struct weft_node_fabrics *fabrics);

/* Of this node, as of the last refresh; never NULL. */
const struct weft_node_fabric *
weft_node_fabrics_get(const struct weft_node_fabrics *fabrics,
		      const node_record_t *node_ptr);

#endif
