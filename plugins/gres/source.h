/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * source.h - where this node's inventory comes from
 *
 * weft.json, beside slurm.conf, may say it per node:
 *
 *   "gres": { "nodes": [ { "names": "node[0-3]", "source": "dgx1.xml" },
 *                        { "names": "vm[0-99]", "source": "auto",
 *                          "nccl_topology": "vm.xml" } ] }
 *
 * The first entry that names the node counts; "auto", and no entry at all,
 * mean to ask the machine.  A relative path begins where weft.json is.
 *
 * A virtual machine shows NCCL other PCI switches than there are.  Its tasks
 * get NCCL_TOPO_FILE: nccl_topology, or a source that is NCCL's own XML.
 */
#ifndef WEFT_PLUGINS_GRES_SOURCE_H
#define WEFT_PLUGINS_GRES_SOURCE_H

#include "gres/inventory.h"
#include "lib/err.h"

struct weft_gres_source {
	char path[4096];	/* "" is this machine itself */
	char domain[64];	/* "fabric.domains" of weft.json, "" if none */
	char nccl[4096];	/* NCCL_TOPO_FILE for tasks, "" if none */
};

/*
 * Read what weft.json says of the node.  A missing file is "auto"; any other
 * failure returns -errno and a message with file and line, and *source keeps
 * what it had.
 */
int weft_gres_source_read(struct weft_gres_source *source, const char *node,
			  struct weft_err *err);

/*
 * The inventory from that source; its domain is the configured one, if any.
 * Sets source->nccl where the source's own form says it.
 */
int weft_gres_source_load(struct weft_gres_source *source,
			  struct weft_inventory **ret_inv,
			  struct weft_err *err);

#endif
