/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * machine.h - an idle cluster that owns all its parts
 *
 * What the simulator runs a history on: made from numbers (so many nodes of
 * one kind, so many of them in each NVLink domain), or a site as its files
 * describe it.
 */
#ifndef WEFT_SCHED_MACHINE_H
#define WEFT_SCHED_MACHINE_H

#include "sched/cluster.h"
#include "sched/site.h"

#define WEFT_MACHINE_NODES_MAX 1000000

struct weft_machine {
	struct weft_cluster cluster;	/* idle, now_sec 0 */
	struct weft_fabric *fabric;	/* its own, or NULL: the site's */
	char *names;
	struct weft_site *site;		/* its own, or NULL */
	uint32_t domain_nodes;		/* 0: no domains, or the site's */
	uint32_t left_out;		/* nodes of the site that are not up */
};

/*
 * Nodes node0 ... of this kind; domain_nodes 0: the site has none.  -EINVAL
 * for 0 nodes, too many, or more GPUs than a set holds; -ENOMEM.
 */
int weft_machine_uniform(uint32_t node_count, const struct weft_amount *kind,
			 uint32_t domain_nodes,
			 struct weft_machine **ret_machine,
			 struct weft_err *err);
/*
 * A finished site, which is the machine's after success.  Nodes that are not
 * up stay in their places with nothing on them.  Memory counts where Slurm
 * gives it out (SelectTypeParameters of slurm.conf); else nobody waits for it.
 * -ENOMEM; -EINVAL if no node is up.
 */
int weft_machine_of_site(struct weft_site *site,
			 struct weft_machine **ret_machine,
			 struct weft_err *err);
struct weft_machine_total {
	uint64_t cpus, gpus, mem_mib;
};
struct weft_machine_total weft_machine_total(const struct weft_machine *machine);

void weft_machine_destroy(struct weft_machine *machine);

#endif
