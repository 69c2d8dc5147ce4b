/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * place_pick.c - see place_pick.h
 *
 * Candidates arrive sorted by rank, so a domain is a run.  While nodes are
 * missing, the smallest run that can give them all is taken, else the largest
 * whole: the job touches few domains, and the domains that it leaves broken
 * are those that were smallest.  With segments a run gives whole segments
 * only.  A taken candidate is marked by units = 0.
 *
 * GPUs: the first node's exact choice is tried on the others first, so that a
 * job has the same GPUs, and with them the same NICs (rails), everywhere.
 */
#include "config.h"

#include <stdlib.h>

#include "sched/place_pick.h"

weft_gpuset_t weft_place_gpus(const struct weft_cluster *cluster,
			      const struct weft_shape *shape,
			      const struct weft_fit *fit, uint32_t node_idx,
			      uint32_t units, weft_gpuset_t same)
{
	const struct weft_picker *picker = cluster->node[node_idx].picker;
	uint32_t want = weft_fit_demand(shape, units).gpus;
	weft_gpuset_t left = fit->gpus, set = 0;
	struct weft_pick pick;

	if (!want)
		return 0;
	if (same && !(same & ~fit->gpus) &&
	    (uint32_t)__builtin_popcountll(same) == want)
		return same;
	if (picker && weft_pick_gpus(picker, fit->gpus, want, WEFT_PICK_RING,
				     &pick))
		return pick.gpus;
	while (want-- && left) {
		set |= left & -left;
		left &= left - 1;
	}
	return set;
}

static int more_units(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x < y) - (x > y);
}

uint64_t weft_place_top_units(const struct weft_candidate *c, uint32_t count,
			      uint32_t most)
{
	uint32_t *units = malloc(count * sizeof(*units));
	uint64_t sum = 0;

	if (!units)
		return 0;	/* as if it did not fit: it waits a cycle */
	for (uint32_t i = 0; i < count; i++)
		units[i] = c[i].fit.units;
	qsort(units, count, sizeof(*units), more_units);
	for (uint32_t i = 0; i < count && i < most; i++)
		sum += units[i];
	free(units);
	return sum;
}

/* What is still missing of a job while it is being filled. */
struct need {
	const struct weft_cluster *cluster;
	const struct weft_shape *shape;
	uint32_t nodes;		/* still to take to reach nodes_min */
	uint32_t units;		/* still to take */
	uint32_t taken;
	struct weft_place *place;
	weft_gpuset_t same;
};

static bool is_done(const struct need *need)
{
	return !need->nodes && !need->units;
}

static void take(struct need *need, struct weft_candidate *c)
{
	const struct weft_shape *shape = need->shape;
	uint32_t units = c->fit.units, keep;
	struct weft_place *place = &need->place[need->taken++];

	if (shape->unit_count) {
		/* Leave enough units for the nodes that must still come. */
		keep = need->nodes > 1 ? (need->nodes - 1) *
			weft_fit_units_needed(shape) : 0;
		keep = need->units > keep ? need->units - keep : 1;
		if (units > keep)
			units = keep;
		need->units -= units < need->units ? units : need->units;
	}
	if (need->nodes)
		need->nodes--;
	place->node_idx = c->node_idx;
	place->units = shape->unit_count ? units : 0;
	place->gpus = weft_place_gpus(need->cluster, shape, &c->fit,
				      c->node_idx, units, need->same);
	if (!need->same)
		need->same = place->gpus;
	c->fit.units = 0;
}

static uint32_t group_of(const struct weft_cluster *cluster,
			 const struct weft_candidate *c)
{
	return cluster->fabric->vertex_of[c->node_idx];
}

/* A run of free candidates of one vertex, and what it can give. */
struct group {
	uint32_t first, end;
	uint32_t nodes;		/* that may be taken */
	uint32_t units;
};

static struct group next_group(const struct need *need,
			       const struct weft_candidate *c, uint32_t count,
			       uint32_t first)
{
	struct group g = { .first = first };

	for (g.end = first; g.end < count &&
	     group_of(need->cluster, &c[g.end]) ==
		     group_of(need->cluster, &c[first]); g.end++) {
		g.nodes += c[g.end].fit.units != 0;
		g.units += c[g.end].fit.units;
	}
	if (need->shape->segment) {
		bool domain = need->cluster->fabric->domain_of[
			c[first].node_idx] != UINT32_MAX;

		g.nodes = domain ? g.nodes - g.nodes % need->shape->segment : 0;
	}
	return g;
}

static bool gives_all(const struct need *need, const struct group *g)
{
	return g->nodes >= need->nodes && g->units >= need->units;
}

static bool next_best(const struct need *need, const struct weft_candidate *c,
		      uint32_t count, struct group *ret_group)
{
	struct group best = { 0 }, g;

	for (uint32_t i = 0; i < count; i = g.end) {
		g = next_group(need, c, count, i);
		if (!g.nodes)
			continue;
		if (!best.nodes ||
		    (gives_all(need, &g) && (!gives_all(need, &best) ||
					     g.nodes < best.nodes)) ||
		    (!gives_all(need, &g) && !gives_all(need, &best) &&
		     g.nodes > best.nodes))
			best = g;
	}
	*ret_group = best;
	return best.nodes != 0;
}

/* In a group: low weight, then many units, then nodes already in use. */
static uint32_t best_in_group(const struct need *need,
			      const struct weft_candidate *c,
			      const struct group *g)
{
	const struct weft_node *node = need->cluster->node;
	uint32_t best = g->end;

	for (uint32_t i = g->first; i < g->end; i++) {
		if (!c[i].fit.units)
			continue;
		if (best == g->end ||
		    node[c[i].node_idx].weight < node[c[best].node_idx].weight ||
		    (node[c[i].node_idx].weight == node[c[best].node_idx].weight &&
		     (c[i].fit.units > c[best].fit.units ||
		      (c[i].fit.units == c[best].fit.units &&
		       c[best].fit.free.whole && !c[i].fit.free.whole))))
			best = i;
	}
	return best;
}

static void take_required(struct need *need, struct weft_candidate *c,
			  uint32_t count)
{
	if (!need->shape->nodes_required)
		return;
	for (uint32_t i = 0; i < count; i++)
		if (weft_idxset_has(need->shape->nodes_required,
				    c[i].node_idx) &&
		    need->taken < need->shape->nodes_max)
			take(need, &c[i]);
}

uint32_t weft_place_fill(const struct weft_cluster *cluster,
			 const struct weft_shape *shape,
			 struct weft_candidate *c, uint32_t count,
			 struct weft_place *place)
{
	uint32_t target = shape->nodes_min;
	struct need need = {
		.cluster = cluster, .shape = shape, .place = place,
	};
	struct group g;

	/* A range of nodes without units: as many as there are, like Slurm. */
	if (!shape->unit_count && !shape->segment)
		target = count < shape->nodes_max ? count : shape->nodes_max;
	need.nodes = target;
	need.units = shape->unit_count;
	take_required(&need, c, count);
	while (!is_done(&need) && next_best(&need, c, count, &g)) {
		for (uint32_t n = 0; n < g.nodes && !is_done(&need); n++) {
			if (need.taken == shape->nodes_max)
				return 0;
			take(&need, &c[best_in_group(&need, c, &g)]);
		}
	}
	return is_done(&need) ? need.taken : 0;
}

struct weft_hold weft_place_hold(const struct weft_cluster *cluster,
				 const struct weft_shape *shape,
				 const struct weft_place *place)
{
	struct weft_amount demand = weft_fit_demand(shape, place->units);

	return (struct weft_hold){
		.node_idx = place->node_idx,
		.cpus = demand.cpus,
		.mem_mib = demand.mem_mib,
		.gpus = place->gpus,
		.whole_node = shape->exclusive,
	};
}
