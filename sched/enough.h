/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * enough.h - do the nodes that have come so far suffice for a shape?
 *
 * Nodes come one by one, and never go.  What a node will hold when the job
 * starts is not known yet, so it counts with what it holds when it is empty:
 * "no" is certain, "yes" is a bound.
 */
#ifndef WEFT_SCHED_ENOUGH_H
#define WEFT_SCHED_ENOUGH_H

#include "sched/outlook.h"
#include "sched/place.h"

struct weft_enough {
	const struct weft_shape *shape;
	bool any_switches;
	bool never;		/* no number of nodes will do */
	bool certain;		/* where counting says yes, the placer would too */
	uint32_t nodes, required, parts;	/* wanted */
	uint32_t nodes_here, required_here, parts_here;
	/*
	 * A part is part_size nodes of one group: a domain that suffices alone, or
	 * a segment; 0: no such wish.
	 */
	uint32_t part_size;
	bool many_parts;	/* a group gives as many as it can, else one */
	const struct weft_placer *placer;
	const uint32_t *group_of;
	uint32_t *in_group;	/* [slot of the placer] */
};

/* 0 or -ENOMEM. */
int weft_enough_init(struct weft_enough *e, const struct weft_placer *placer);
void weft_enough_fini(struct weft_enough *e);

/* Begin with no node.  shape is borrowed. */
void weft_enough_begin(struct weft_enough *e, const struct weft_shape *shape,
		       bool any_switches, const struct weft_view *view);

/* This one comes.  Are they enough by their number? */
bool weft_enough_add(struct weft_enough *e, const struct weft_able *able);

/*
 * Of count nodes, those whose group has enough of them to be chosen from, in
 * their order; how many.  The others do not change what the placer chooses.
 */
uint32_t weft_enough_sift(struct weft_enough *e, const struct weft_shape *shape,
			  bool any_switches, const struct weft_able *able,
			  const uint32_t *node, uint32_t count,
			  uint32_t *ret_node);

/* As far as was counted. */
static inline bool weft_enough_is_met(const struct weft_enough *e)
{
	return !e->never && e->nodes_here >= e->nodes &&
		e->required_here >= e->required && e->parts_here >= e->parts;
}

#endif
