/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * read_impl.h - what the readers share; nobody outside gres/read_*.c needs it
 */
#ifndef WEFT_GRES_READ_IMPL_H
#define WEFT_GRES_READ_IMPL_H

#include "gres/device.h"
#include "gres/inventory.h"

#define TOPO_FILE_LIMIT (8u << 20)	/* bytes; the largest real one has 0.3 MB */

/* Add a sentence to inv->note, "; " between them; cut when it is full. */
void read_note(struct weft_inventory *inv, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * A link of mbps each way between i and j, added to what is there (parallel
 * links), with the path set to match; i == j and 0 are ignored.
 */
void read_add_link(struct weft_inventory *inv, uint32_t i, uint32_t j,
		   uint64_t mbps);

/*
 * Every GPU that reaches the switch fabric with reach_mbps[i] > 0 gets with
 * every other one what the narrower of the two can carry: the fabric itself
 * does not block.  Pairs with a direct link keep it.
 */
void read_close_over_switches(struct weft_inventory *inv,
			      const uint64_t reach_mbps[WEFT_GPUS_MAX]);

/*
 * The end of every reader: check, then hand over; on failure the inventory is
 * destroyed and the message begins with name.
 */
int read_finish(const char *name, struct weft_inventory *inv,
		struct weft_inventory **ret_inv, struct weft_err *err);

#endif
