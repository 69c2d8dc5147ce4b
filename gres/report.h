/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * report.h - a node's inventory as one word of text, and back
 *
 * The node knows its devices, the controller must.  What lies between them is
 * a registration message with a few strings in it, so the inventory travels
 * as one word: printable ASCII without spaces, commas, colons or brackets,
 * since Slurm's GRES strings are cut at those.
 *
 * The word holds what choosing and drawing need: the NVLink domain, the GPUs'
 * types and NUMA nodes, the link and path matrices, the NICs and how near they
 * are.  It leaves out what Slurm already knows (cores) and what only the node
 * uses (UUIDs, PCI addresses).  Runs of equal values are folded, so that eight
 * GPUs behind an NVSwitch take about 150 bytes.
 */
#ifndef WEFT_GRES_REPORT_H
#define WEFT_GRES_REPORT_H

#include <stddef.h>
#include <stdint.h>

#include "gres/inventory.h"
#include "lib/buf.h"

#define WEFT_REPORT_LIMIT (64u << 10)	/* bytes of one report */

/*
 * Write inv to buf (whose limit should be WEFT_REPORT_LIMIT or less).  stamp
 * is the sender's, so that a node that restarts with equal hardware is still
 * told apart from one that never left.  0, or what weft_buf_error() says.
 */
int weft_report_format(const struct weft_inventory *inv, uint64_t stamp,
		       struct weft_buf *buf);

/*
 * Read a report.  *ret_inv passes weft_inventory_check() and is the caller's
 * to destroy; its source is "report".  ret_stamp may be NULL.  -EINVAL with
 * what was expected and at which byte; both are untouched then.
 */
int weft_report_parse(const char *text, struct weft_inventory **ret_inv,
		      uint64_t *ret_stamp, struct weft_err *err);

/*
 * A number that is equal for reports of equal hardware: the stamp and the
 * domain are left out.  Nodes with one hash may share one picker.
 */
uint64_t weft_report_hash(const struct weft_inventory *inv);

#endif
