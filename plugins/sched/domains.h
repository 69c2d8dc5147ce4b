/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * domains.h - section "fabric" of weft.json and the tree made of it
 */
#ifndef WEFT_PLUGINS_SCHED_DOMAINS_H
#define WEFT_PLUGINS_SCHED_DOMAINS_H

#include "lib/json.h"
#include "sched/fabric.h"

/* Groups of nodes with a name, as written in the file. */
struct weft_domains {
	struct weft_domain {
		char *name;
		char *nodes;	/* "n[1-16]" */
		bool is_switch;	/* a leaf switch, else an NVLink domain */
	} *item;
	uint32_t count;
};

/*
 * Read fabric.domains and fabric.switches: lists of {"name", "nodes"}.  An
 * absent section gives none.  -EINVAL with the position; *ret untouched.
 */
int weft_domains_read(const struct weft_json *doc, struct weft_domains *ret,
		      struct weft_err *err);
void weft_domains_fini(struct weft_domains *domains);

/*
 * The tree over Slurm's present node table.  Needs the node read lock.  Names
 * of nodes that do not exist are passed over (*ret_unknown counts them).
 */
int weft_domains_build(const struct weft_domains *domains, uint32_t node_count,
		       struct weft_fabric **ret_fabric, uint32_t *ret_unknown,
		       struct weft_err *err);

#endif
