/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rails.h - GPUs and the NICs beside them, on one node and across several
 *
 * In a rail-optimised cluster NIC k of every node hangs on the same switch, so
 * traffic between GPU k of one node and GPU k of another stays on one rail.  A
 * job over several nodes wants the same GPUs on each.
 */
#ifndef WEFT_GRES_RAILS_H
#define WEFT_GRES_RAILS_H

#include "gres/pick.h"

/*
 * For each GPU the NIC that it should use: the nearest by path; among equally
 * near ones an InfiniBand or RDMA device before a plain network interface,
 * then the faster, then the one that fewer GPUs of lower index have, then the
 * lowest index.  nic_idx[i] is -1 for a GPU of which no way to a NIC is known.
 */
void weft_rails_nearest(const struct weft_inventory *inv,
			int32_t nic_idx[WEFT_GPUS_MAX]);

/*
 * What the nodes of one job have in common, gathered node by node; begin with
 * all zero.
 */
struct weft_rails {
	const struct weft_picker *picker;	/* of the first node */
	weft_gpuset_t everywhere;		/* free on all nodes */
	weft_gpuset_t first;			/* the first node's own choice */
	uint64_t slowest_mbps;			/* of the nodes' own choices */
	uint32_t node_count;
	bool alike;	/* one picker and one number of GPUs on all nodes */
	bool same;	/* the own choices are one set */
};

/*
 * Add a node: its picker (NULL: its links are not known), which of its GPUs
 * are free for the job, and the choice that is best for this node alone (its
 * score counts only with a picker).
 */
void weft_rails_add(struct weft_rails *rails, const struct weft_picker *picker,
		    weft_gpuset_t free, const struct weft_pick *own);

/*
 * The one set for all nodes: true if they are alike and a common set is no
 * slower than the slowest node's own choice, which sets the job's pace anyway.
 * Never allocates.
 */
bool weft_rails_common(const struct weft_rails *rails, enum weft_pick_goal goal,
		       weft_gpuset_t *ret_gpus);

#endif
