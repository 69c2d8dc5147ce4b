/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * place_segments.c - a job in runs of k nodes, each inside one domain
 *
 * How many runs each domain gives is decided first (group[].taken), then its
 * best nodes are taken: a domain already begun before a fresh one, the
 * tightest that can give all that is still wanted before a larger one, so that
 * whole domains stay whole.  The last run may be shorter.  If the nodes that
 * fit best hold too few units, those that hold most are tried.
 *
 * Not exact: units, where the first choice of domains decides; named nodes,
 * for which TRIES_MAX sizes and short runs are tried.
 *
 * Cost: O(c log c + runs * domains).
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "sched/place_impl.h"

/* Sizes and short runs tried for a job that names nodes. */
#define TRIES_MAX 256

static uint32_t full_segments(const struct weft_group *g, uint32_t segment)
{
	return (g->count - g->taken) / segment;
}

/*
 * The domain for the next run of this many nodes: one already begun, else
 * the tightest that can give all the runs still wanted, else the largest.
 */
static struct weft_group *next_domain(struct weft_placer *p, uint32_t run,
				 uint32_t runs_left)
{
	struct weft_group *best = NULL;

	for (uint32_t i = 0; i < p->group_count; i++) {
		struct weft_group *g = &p->group[i];
		uint32_t can = full_segments(g, run), top;

		if (!can)
			continue;
		if (g->taken)
			return g;
		top = best ? full_segments(best, run) : 0;
		if (!best ||
		    (can >= runs_left ? top < runs_left || g->count < best->count :
		     can > top))
			best = g;
	}
	return best;
}

/* The order inside each domain, for runs are taken from its front. */
static void order_domains(struct weft_placer *p,
			  int (*compare)(const void *, const void *))
{
	for (uint32_t i = 0; i < p->group_count; i++) {
		qsort(&p->entry[p->group[i].first], p->group[i].count,
		      sizeof(*p->entry), compare);
		p->group[i].taken = 0;
	}
}

/* Runs of k until fewer than k nodes are left to give. */
static bool fill_runs(struct weft_placer *p, uint32_t k, uint32_t *left)
{
	while (*left >= k) {
		struct weft_group *g = next_domain(p, k, *left / k);

		if (!g)
			return false;
		g->taken += k;
		*left -= k;
	}
	return true;
}

/* The required nodes' runs; the short run, if any, comes from odd. */
static bool fill_required(struct weft_placer *p, uint32_t k, uint32_t odd,
			  uint32_t *left)
{
	uint32_t rest = *left % k;

	for (uint32_t i = 0; i < p->group_count; i++) {
		struct weft_group *g = &p->group[i];
		uint32_t want = weft_entries_required(&p->entry[g->first], g->count);

		g->taken = i == odd ? rest : 0;
		if (want > g->taken)
			g->taken += (want - g->taken + k - 1) / k * k;
		if (g->taken > g->count || g->taken > *left)
			return false;
		*left -= g->taken;
	}
	return *left % k == 0 && fill_runs(p, k, left);
}

/* How many nodes to take of each domain: group[].taken. */
static bool divide(struct weft_placer *p, const struct weft_shape *shape,
		   uint32_t required)
{
	uint32_t k = shape->segment, left = shape->nodes_min, nodes;
	struct weft_group *g;

	if (!required) {
		if (!fill_runs(p, k, &left))
			return false;
		g = left ? next_domain(p, left, 1) : NULL;
		if (g)
			g->taken += left;
		return g || !left;
	}
	nodes = required > shape->nodes_min ? required : shape->nodes_min;
	for (uint32_t tries = 0; nodes <= shape->nodes_max; nodes++)
		for (uint32_t odd = 0; odd < p->group_count; odd++) {
			left = nodes;
			if (fill_required(p, k, odd, &left))
				return true;
			if (++tries == TRIES_MAX)
				return false;
			if (nodes % k == 0)
				break;
		}
	return false;
}

/*
 * Runs that hold the most units.  Domains are ordered by units, so each one's
 * next run holds no more than the one before: the largest first is the best.
 */
static bool divide_by_units(struct weft_placer *p, const struct weft_shape *shape)
{
	uint32_t left = shape->nodes_min, run;

	for (; left; left -= run) {
		struct weft_group *best = NULL;
		uint64_t most = 0, units;

		run = left < shape->segment ? left : shape->segment;
		for (uint32_t i = 0; i < p->group_count; i++) {
			struct weft_group *g = &p->group[i];

			if (g->count - g->taken < run)
				continue;
			units = 0;
			for (uint32_t j = 0; j < run; j++)
				units += p->entry[g->first + g->taken + j].units;
			if (!best || units > most) {
				best = g;
				most = units;
			}
		}
		if (!best)
			return false;
		best->taken += run;
	}
	return true;
}

/* The nodes of each domain into list[]; 0 if they hold too few units. */
static uint32_t take_divided(struct weft_placer *p,
			     const struct weft_shape *shape)
{
	uint64_t units = 0;
	uint32_t n = 0;

	for (uint32_t i = 0; i < p->group_count; i++) {
		memcpy(&p->list[n], &p->entry[p->group[i].first],
		       p->group[i].taken * sizeof(*p->list));
		n += p->group[i].taken;
	}
	for (uint32_t i = 0; i < n; i++)
		units += p->list[i].units;
	return units < shape->unit_count ? 0 : n;
}

uint32_t weft_place_segments(struct weft_placer *p,
				const struct weft_shape *shape,
				uint32_t required, uint32_t *ret_pick)
{
	uint32_t n;

	if (required)
		order_domains(p, weft_entry_compare);
	if (!divide(p, shape, required))
		return 0;
	n = take_divided(p, shape);
	if (n || !shape->unit_count)
		return weft_place_emit(p->list, n, ret_pick);
	/* The nodes that fit best hold too little: those that hold most. */
	order_domains(p, weft_entry_compare_units);
	if (required ? !divide(p, shape, required) : !divide_by_units(p, shape))
		return 0;
	return weft_place_emit(p->list, take_divided(p, shape), ret_pick);
}
