/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kinds.h - shapes that ask the same of each node
 */
#ifndef WEFT_SCHED_KINDS_H
#define WEFT_SCHED_KINDS_H

#include "sched/job.h"

/*
 * Number the kinds of shapes: kind_of[] (room for count) gets the kind of
 * each, from 0 in order of appearance, and *ret_count how many there are.
 * Shapes of one kind ask the same of a node and may use the same nodes (the
 * same sets, not equal ones); they may differ in limits, licences, in how
 * many nodes they take and in what they wish of the fabric.  A shape without
 * nodes (not yet filled in) is of a kind of its own.  0 or -ENOMEM.
 */
int weft_kinds_assign(const struct weft_shape *shape, uint32_t count,
		      uint32_t *kind_of, uint32_t *ret_count);

#endif
