/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * task.h - the GPUs of one task: their order, their names, their neighbourhood
 */
#ifndef WEFT_PLUGINS_SPANK_TASK_H
#define WEFT_PLUGINS_SPANK_TASK_H

#include "gres/inventory.h"
#include "gres/pick.h"

enum weft_gpu_order {
	WEFT_GPU_ORDER_RING,
	WEFT_GPU_ORDER_INDEX,
	WEFT_GPU_ORDER_NUMA,
};

enum weft_gpu_order weft_gpu_order_parse(const char *text);	/* ring if unknown */

/*
 * Two lists of equal length that Slurm gave the task: visible, what the
 * program may name (renumbered from 0 in a cgroup, or UUIDs), and global, the
 * node's own numbers.  Writes both in the wanted order.  False, and nothing
 * written, if they do not match each other or the inventory.
 */
bool weft_task_order(const struct weft_inventory *inv, enum weft_gpu_order order,
		     const char *visible, const char *global,
		     char *ret_visible, char *ret_global, size_t size);

/* The set of a list such as "0,3,5"; 0 if it is not one. */
weft_gpuset_t weft_task_gpus(const char *global);

/* The NUMA nodes of these GPUs as bits; 0 if one of them is not known. */
uint64_t weft_task_numas(const struct weft_inventory *inv, weft_gpuset_t gpus);

/*
 * Bind the calling process to the CPUs of these NUMA nodes and, if it is one,
 * prefer its memory; each only if nobody did before: a narrowed affinity and a
 * memory policy of the user or of Slurm stay.  Nodes that this machine lacks
 * change nothing.
 */
void weft_task_bind(uint64_t numa_nodes, bool cpus);

#endif
