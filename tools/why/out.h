/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * out.h - nodes that a waiting job could use, were they not drained or down
 */
#ifndef WEFT_TOOLS_WHY_OUT_H
#define WEFT_TOOLS_WHY_OUT_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/buf.h"

#define WEFT_OUT_GROUPS 8
#define WEFT_OUT_NAMES 4

/* Nodes that are out of service in the same way, by the same hand. */
struct weft_out_group {
	char name[WEFT_OUT_NAMES][64];	/* the first few */
	uint32_t count;			/* of all of them */
	char state[16];			/* "drained", "draining", "failed", "down" */
	char reason[128], by[64];	/* "": not said */
	int64_t since_sec;		/* the earliest; 0: not said */
	bool empty;			/* nothing runs there */
};

struct weft_out {
	struct weft_out_group group[WEFT_OUT_GROUPS];
	uint32_t group_count;
	uint32_t more;		/* nodes of groups beyond those */
	bool one_node;		/* the job wants one: it fits on each of these */
};

/*
 * Count a node: in the group that agrees with what it says in all but name
 * and time.  Its name is node->name[0], its count 1.
 */
void weft_out_add(struct weft_out *out, const struct weft_out_group *node);

/*
 * How much of each node a request takes: gpu of "gres:gpu:h100:4" (22.05),
 * "gres/gpu:h100=4" and the like, 0 if there is none.
 */
uint64_t weft_out_gpus(const char *tres);

/*
 * Has a node with the active features of the list what "a&b" wants?  What
 * says more than names and &, +1 or -1 apart: 1 yes, 0 no, -1 not to be told.
 */
int weft_out_features(const char *wanted, const char *active);

/* "node4, node5 and 3 more are drained since Sat 21 Nov 23:40 by root: disk". */
int weft_out_format(const struct weft_out_group *group, struct weft_buf *buf);

#endif
