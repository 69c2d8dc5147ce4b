/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * enough.c - see enough.h
 *
 * The placer (place.h) would have to be asked after each node that comes.  Three
 * numbers spare that: nodes, named nodes, and parts of the fabric.  With one
 * domain (or one leaf switch) wished for, a group of nodes counts as soon as it
 * has enough of them; with segments of k, each group gives a k-th of its nodes.
 * Where nothing else is asked, for instance units or a shorter last segment,
 * these numbers say all that the placer would.
 *
 * Cost: O(vertices) to begin, O(1) for each node.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sched/enough.h"
#include "sched/place_impl.h"

int weft_enough_init(struct weft_enough *e, const struct weft_placer *placer)
{
	*e = (struct weft_enough) { .placer = placer };
	e->in_group = calloc(weft_place_slots(placer), sizeof(*e->in_group));
	return e->in_group ? 0 : -ENOMEM;
}

void weft_enough_fini(struct weft_enough *e)
{
	free(e->in_group);
}

/* So many nodes at the least; 0: no number will do. */
static uint32_t nodes_least(const struct weft_shape *shape, uint32_t cap_max)
{
	uint32_t k = shape->nodes_min, need;

	if (shape->unit_count) {
		if (!cap_max)
			return 0;
		need = (shape->unit_count - 1) / cap_max + 1;
		k = need > k ? need : k;
	}
	return k > shape->nodes_max ? 0 : k;
}

/* What is wished of the fabric, as parts. */
static void want_parts(struct weft_enough *e)
{
	const struct weft_shape *shape = e->shape;
	uint32_t leaves = shape->switches_max;

	e->parts = 1;
	e->many_parts = false;
	if (shape->domain == WEFT_DOMAIN_SAME) {
		e->part_size = e->nodes;
	} else if (shape->segment) {
		e->part_size = shape->segment;
		e->parts = shape->nodes_min / shape->segment;
		e->many_parts = true;
		e->certain = e->certain && shape->nodes_min % shape->segment == 0;
	} else if (leaves && !e->any_switches) {
		/* Of the leaves that do, the largest has its share at the least. */
		e->part_size = (e->nodes - 1) / leaves + 1;
		e->certain = e->certain && leaves == 1;
	} else {
		e->part_size = 0;
		e->parts = 0;
	}
}

void weft_enough_begin(struct weft_enough *e, const struct weft_shape *shape,
		       bool any_switches, const struct weft_view *view)
{
	e->shape = shape;
	e->any_switches = any_switches;
	e->nodes = nodes_least(shape, view->cap_max);
	e->never = !e->nodes || e->nodes > view->count;
	e->required = shape->nodes_required ?
		weft_idxset_count(shape->nodes_required) : 0;
	/* What holds units is not known before their time: the bound will do. */
	e->certain = weft_shape_is_plain(shape, any_switches) ||
		(!shape->unit_count && !shape->nodes_required);
	e->nodes_here = e->required_here = e->parts_here = 0;
	if (e->never)
		return;
	want_parts(e);
	e->group_of = weft_place_grouping(e->placer, shape, any_switches);
	if (e->part_size)
		memset(e->in_group, 0, weft_place_slots(e->placer) *
		       sizeof(*e->in_group));
}

bool weft_enough_add(struct weft_enough *e, const struct weft_able *able)
{
	e->nodes_here++;
	e->required_here += able->required;
	if (e->part_size) {
		uint32_t slot = weft_place_slot(e->placer, e->group_of,
						able->node_idx);
		uint32_t in = ++e->in_group[slot];

		e->parts_here += e->many_parts ? in % e->part_size == 0 :
			in == e->part_size;
	}
	return weft_enough_is_met(e);
}

/* Fewer of a group are of no use to the placer. */
static uint32_t group_least(const struct weft_shape *shape, bool any_switches)
{
	uint32_t rest;

	if (shape->nodes_required)
		return 0;
	if (shape->domain == WEFT_DOMAIN_SAME)
		return shape->nodes_min;
	if (shape->segment) {
		rest = shape->nodes_min % shape->segment;
		return rest ? rest : shape->segment;
	}
	return shape->switches_max == 1 && !any_switches ? shape->nodes_min : 0;
}

uint32_t weft_enough_sift(struct weft_enough *e, const struct weft_shape *shape,
			  bool any_switches, const struct weft_able *able,
			  const uint32_t *node, uint32_t count,
			  uint32_t *ret_node)
{
	const uint32_t *group_of = weft_place_grouping(e->placer, shape,
						       any_switches);
	uint32_t least = group_least(shape, any_switches), n = 0, *in = e->in_group;

	if (least > 1)
		memset(in, 0, weft_place_slots(e->placer) * sizeof(*in));
	for (uint32_t k = 0; least > 1 && k < count; k++)
		in[weft_place_slot(e->placer, group_of, able[node[k]].node_idx)]++;
	for (uint32_t k = 0; k < count; k++)
		if (least <= 1 || in[weft_place_slot(e->placer, group_of,
				able[node[k]].node_idx)] >= least)
			ret_node[n++] = node[k];
	return n;
}
