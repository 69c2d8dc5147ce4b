/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * place.c - see place.h
 *
 * Everything comes down to choosing from one list of candidates; wishes about
 * the fabric only decide which lists are offered:
 *
 *   domain=same	one list a domain; the smallest that does
 *   segment=k		domains give runs of k, fullest use first; the runs that
 *			hold the most tasks if those hold too few
 *   switches_max=s	the leaves of required nodes, then those with the most
 *			candidates, s in all
 *   otherwise		the smallest subtree whose list does, and in it whole
 *			domains first, so that others stay whole
 *
 * Where the site names no domains, the deepest vertex over a node stands for
 * its domain (its leaf switch, or the site).
 *
 * place_list.c chooses from one list.
 *
 * Cost: O(c log c + vertices * depth) for c candidates.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "sched/place_impl.h"

/* Sizes and short runs tried for a segmented job that names nodes. */
#define TRIES_MAX 256

struct group {
	uint32_t vertex, first, count;	/* in entry[], sorted by group */
	uint32_t taken;
};

struct weft_placer {
	const struct weft_cluster *cluster;
	struct weft_entry *entry, *list;
	struct group *group;
	uint32_t *below;	/* [vertex], candidates in the subtree */
	uint64_t *units_below;
	uint32_t group_count;
};

static uint32_t vertex_count(const struct weft_cluster *cluster)
{
	return cluster->fabric ? cluster->fabric->vertex_count : 1;
}

struct weft_placer *weft_placer_create(const struct weft_cluster *cluster)
{
	struct weft_placer *p = calloc(1, sizeof(*p));
	size_t n = (size_t)cluster->node_count + 1, v = vertex_count(cluster);

	if (!p)
		return NULL;
	p->cluster = cluster;
	p->entry = malloc(n * sizeof(*p->entry));
	p->list = malloc(n * sizeof(*p->list));
	p->group = malloc(n * sizeof(*p->group));
	p->below = malloc(v * sizeof(*p->below));
	p->units_below = malloc(v * sizeof(*p->units_below));
	if (p->entry && p->list && p->group && p->below && p->units_below)
		return p;
	weft_placer_destroy(p);
	return NULL;
}

void weft_placer_destroy(struct weft_placer *p)
{
	if (!p)
		return;
	free(p->entry);
	free(p->list);
	free(p->group);
	free(p->below);
	free(p->units_below);
	free(p);
}

static int by_group(const void *a, const void *b)
{
	const struct weft_entry *x = a, *y = b;

	if (x->group != y->group)
		return x->group < y->group ? -1 : 1;
	if (x->score != y->score)
		return x->score < y->score ? -1 : 1;
	return x->cand_idx < y->cand_idx ? -1 : x->cand_idx > y->cand_idx;
}

static void make_entries(struct weft_placer *p, const uint32_t *group_of,
			 const struct weft_candidate *cand, uint32_t count)
{
	struct group *g = NULL;

	for (uint32_t i = 0; i < count; i++)
		p->entry[i] = (struct weft_entry) {
			.score = cand[i].score,
			.cand_idx = i,
			.units = cand[i].units,
			.group = group_of ? group_of[cand[i].node_idx] : 0,
			.required = cand[i].required,
		};
	qsort(p->entry, count, sizeof(*p->entry), by_group);
	p->group_count = 0;
	for (uint32_t i = 0; i < count; i++) {
		if (!g || g->vertex != p->entry[i].group) {
			g = &p->group[p->group_count++];
			*g = (struct group) { p->entry[i].group, i, 0, 0 };
		}
		g->count++;
	}
}

static uint32_t emit(const struct weft_entry *list, uint32_t n,
		     uint32_t *ret_pick)
{
	for (uint32_t i = 0; ret_pick && i < n; i++)
		ret_pick[i] = list[i].cand_idx;
	return n;
}

/* All nodes in one domain: the one with the fewest candidates that does. */
static uint32_t choose_same(struct weft_placer *p,
			    const struct weft_shape *shape, uint32_t required,
			    uint32_t *ret_pick)
{
	uint32_t best = UINT32_MAX, n;

	for (uint32_t i = 0; i < p->group_count; i++) {
		const struct group *g = &p->group[i];

		if (best != UINT32_MAX && g->count >= p->group[best].count)
			continue;
		if (weft_entries_required(&p->entry[g->first], g->count) != required)
			continue;
		memcpy(p->list, &p->entry[g->first],
		       g->count * sizeof(*p->list));
		if (weft_entries_take(shape, p->list, g->count))
			best = i;
	}
	if (best == UINT32_MAX)
		return 0;
	memcpy(p->list, &p->entry[p->group[best].first],
	       p->group[best].count * sizeof(*p->list));
	n = weft_entries_take(shape, p->list, p->group[best].count);
	return emit(p->list, n, ret_pick);
}

static uint32_t full_segments(const struct group *g, uint32_t segment)
{
	return (g->count - g->taken) / segment;
}

/*
 * The domain for the next run of this many nodes: one already begun, else
 * the tightest that can give all the runs still wanted, else the largest.
 */
static struct group *next_domain(struct weft_placer *p, uint32_t run,
				 uint32_t runs_left)
{
	struct group *best = NULL;

	for (uint32_t i = 0; i < p->group_count; i++) {
		struct group *g = &p->group[i];
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
		struct group *g = next_domain(p, k, *left / k);

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
		struct group *g = &p->group[i];
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
	struct group *g;

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
		struct group *best = NULL;
		uint64_t most = 0, units;

		run = left < shape->segment ? left : shape->segment;
		for (uint32_t i = 0; i < p->group_count; i++) {
			struct group *g = &p->group[i];

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

static uint32_t choose_segments(struct weft_placer *p,
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
		return emit(p->list, n, ret_pick);
	/* The nodes that fit best hold too little: those that hold most. */
	order_domains(p, weft_entry_compare_units);
	if (required ? !divide(p, shape, required) : !divide_by_units(p, shape))
		return 0;
	return emit(p->list, take_divided(p, shape), ret_pick);
}

/* The leaf to add: one with required nodes before any without, then by size. */
static struct group *next_leaf(struct weft_placer *p)
{
	struct group *best = NULL;
	bool best_required = false;

	for (uint32_t i = 0; i < p->group_count; i++) {
		struct group *g = &p->group[i];
		bool required;

		if (g->taken)
			continue;
		required = weft_entries_required(&p->entry[g->first], g->count) > 0;
		if (best && required < best_required)
			continue;
		if (!best || required > best_required ||
		    g->count > best->count) {
			best = g;
			best_required = required;
		}
	}
	return best;
}

/* At most s leaves: the best single one, else the required and the largest. */
static uint32_t choose_switches(struct weft_placer *p,
				const struct weft_shape *shape,
				uint32_t required, uint32_t *ret_pick)
{
	uint32_t n = choose_same(p, shape, required, ret_pick), count = 0;

	if (n || shape->switches_max < 2)
		return n;
	for (uint32_t s = 0; s < shape->switches_max; s++) {
		struct group *best = next_leaf(p);

		if (!best)
			break;
		best->taken = 1;
		memcpy(&p->list[count], &p->entry[best->first],
		       best->count * sizeof(*p->list));
		count += best->count;
	}
	if (weft_entries_required(p->list, count) != required)
		return 0;
	return emit(p->list, weft_entries_take(shape, p->list, count), ret_pick);
}

/* Candidates and units in every subtree. */
static void count_below(struct weft_placer *p)
{
	const struct weft_fabric *f = p->cluster->fabric;

	memset(p->below, 0, f->vertex_count * sizeof(*p->below));
	memset(p->units_below, 0, f->vertex_count * sizeof(*p->units_below));
	for (uint32_t i = 0; i < p->group_count; i++) {
		const struct group *g = &p->group[i];

		p->below[g->vertex] += g->count;
		for (uint32_t k = 0; k < g->count; k++)
			p->units_below[g->vertex] +=
				p->entry[g->first + k].units;
	}
	for (uint32_t v = f->vertex_count; v-- > 1;) {
		p->below[f->vertex[v].parent] += p->below[v];
		p->units_below[f->vertex[v].parent] += p->units_below[v];
	}
}

static bool is_under(const struct weft_fabric *f, uint32_t v, uint32_t top)
{
	return f->vertex[v].first_rank >= f->vertex[top].first_rank &&
		f->vertex[v].first_rank + f->vertex[v].node_count <=
		f->vertex[top].first_rank + f->vertex[top].node_count;
}

/* The list of all candidates below the vertex. */
static uint32_t list_below(struct weft_placer *p, uint32_t top)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < p->group_count; i++) {
		const struct group *g = &p->group[i];

		if (top && !is_under(p->cluster->fabric, g->vertex, top))
			continue;
		memcpy(&p->list[count], &p->entry[g->first],
		       g->count * sizeof(*p->list));
		count += g->count;
	}
	return count;
}

/* The smallest subtree with room for so many nodes; among equals the fullest. */
static uint32_t smallest_subtree(struct weft_placer *p,
				 const struct weft_shape *shape,
				 uint32_t nodes, uint32_t required)
{
	const struct weft_fabric *f = p->cluster->fabric;
	uint32_t best = 0, count;

	for (uint32_t v = 1; v < f->vertex_count; v++) {
		uint32_t size = f->vertex[v].node_count;

		if (p->below[v] < nodes || p->units_below[v] < shape->unit_count)
			continue;
		if (size > f->vertex[best].node_count ||
		    (size == f->vertex[best].node_count &&
		     p->below[v] >= p->below[best]))
			continue;
		if (shape->unit_count || required) {
			count = list_below(p, v);
			if (weft_entries_required(p->list, count) != required ||
			    !weft_entries_take(shape, p->list, count))
				continue;
		}
		best = v;
	}
	return best;
}

/* Whole domains first, and the tightest for what remains. */
static uint32_t fill_domains(struct weft_placer *p, uint32_t top,
			     uint32_t nodes, uint32_t *ret_pick)
{
	const struct weft_fabric *f = p->cluster->fabric;
	uint32_t n = 0;

	while (n < nodes) {
		struct group *best = NULL;
		uint32_t left = nodes - n, run;

		for (uint32_t i = 0; i < p->group_count; i++) {
			struct group *g = &p->group[i];
			bool does = g->count >= left;

			if (g->taken || !is_under(f, g->vertex, top))
				continue;
			if (!best || (best->count >= left ?
				      does && g->count < best->count :
				      g->count > best->count))
				best = g;
		}
		if (!best)
			return 0;
		best->taken = 1;
		run = best->count < left ? best->count : left;
		memcpy(&p->list[n], &p->entry[best->first],
		       run * sizeof(*p->list));
		n += run;
	}
	return emit(p->list, n, ret_pick);
}

static uint32_t choose_any(struct weft_placer *p,
			   const struct weft_shape *shape, uint32_t count,
			   uint32_t required, uint32_t *ret_pick)
{
	uint32_t nodes = shape->nodes_min, top = 0;

	if (!shape->unit_count)
		nodes = count < shape->nodes_max ? count : shape->nodes_max;
	if (p->cluster->fabric && p->group_count > 1 && nodes > 1) {
		count_below(p);
		top = smallest_subtree(p, shape, nodes, required);
		if (!shape->unit_count && !required)
			return fill_domains(p, top, nodes, ret_pick);
	}
	count = list_below(p, top);
	return emit(p->list, weft_entries_take(shape, p->list, count), ret_pick);
}

static bool wants_switches(const struct weft_shape *shape, bool any_switches)
{
	return shape->switches_max && !any_switches;
}

/* By the deepest vertex, or by leaf switch where that is the wish. */
static const uint32_t *grouping(const struct weft_placer *p,
				const struct weft_shape *shape,
				bool any_switches)
{
	const struct weft_fabric *f = p->cluster->fabric;

	if (!f)
		return NULL;
	if (shape->domain != WEFT_DOMAIN_SAME && !shape->segment &&
	    wants_switches(shape, any_switches))
		return f->leaf_of;
	return f->vertex_of;
}

uint32_t weft_place_choose(struct weft_placer *p,
			   const struct weft_shape *shape, bool any_switches,
			   const struct weft_candidate *cand, uint32_t count,
			   uint32_t *ret_pick)
{
	uint32_t required = shape->nodes_required ?
		weft_idxset_count(shape->nodes_required) : 0;

	if (count < shape->nodes_min || count < required)
		return 0;
	make_entries(p, grouping(p, shape, any_switches), cand, count);
	if (weft_entries_required(p->entry, count) < required)
		return 0;
	if (shape->domain == WEFT_DOMAIN_SAME)
		return choose_same(p, shape, required, ret_pick);
	if (shape->segment)
		return choose_segments(p, shape, required, ret_pick);
	if (wants_switches(shape, any_switches))
		return choose_switches(p, shape, required, ret_pick);
	return choose_any(p, shape, count, required, ret_pick);
}

bool weft_place_exists(struct weft_placer *p, const struct weft_shape *shape,
		       bool any_switches, const struct weft_candidate *cand,
		       uint32_t count)
{
	if (count < shape->nodes_min)
		return false;
	if (!shape->unit_count && !shape->nodes_required && !shape->segment &&
	    shape->domain == WEFT_DOMAIN_ANY &&
	    !wants_switches(shape, any_switches))
		return true;
	return weft_place_choose(p, shape, any_switches, cand, count, NULL) > 0;
}
