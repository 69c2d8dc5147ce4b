/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * machine.h - an idle cluster that owns all its parts
 *
 * What the simulator runs a history on, made from numbers: so many nodes of
 * one kind, so many of them in each NVLink domain.
 */
#ifndef WEFT_SCHED_MACHINE_H
#define WEFT_SCHED_MACHINE_H

#include "sched/cluster.h"

#define WEFT_MACHINE_NODES_MAX 1000000

struct weft_machine {
	struct weft_cluster cluster;	/* idle, now_sec 0 */
	struct weft_fabric *fabric;
	char *names;
	uint32_t domain_nodes;		/* 0: no domains */
};

/*
 * Nodes node0 ... of this kind; domain_nodes 0: the site has none.  -EINVAL
 * for 0 nodes, too many, or more GPUs than a set holds; -ENOMEM.
 */
int weft_machine_uniform(uint32_t node_count, const struct weft_amount *kind,
			 uint32_t domain_nodes,
			 struct weft_machine **ret_machine,
			 struct weft_err *err);
void weft_machine_destroy(struct weft_machine *machine);

#endif
