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
 * lowest index.  nic_idx[i] is -1 for every GPU of a node without NICs.
 */
void weft_rails_nearest(const struct weft_inventory *inv,
			int32_t nic_idx[WEFT_GPUS_MAX]);

/*
 * Choose count GPUs on each of node_count nodes; picker[i] and free[i] are
 * node i's.  The same set everywhere if all nodes share one picker and the
 * common set is no slower than what the worst-off node could have at best (the
 * slowest node sets the job's pace); else the best set on each node.
 *
 * Returns false, and leaves picks[] alone, if some node has fewer than count
 * free.  *ret_same (may be NULL) tells whether all sets are one.  Never
 * allocates.
 */
bool weft_rails_pick(const struct weft_picker *const *picker,
		     const weft_gpuset_t *free, uint32_t node_count,
		     uint32_t count, enum weft_pick_goal goal,
		     struct weft_pick *picks, bool *ret_same);

#endif
