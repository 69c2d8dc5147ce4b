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
 * place_list.c chooses from one list, place_segments.c divides a job into runs.
 *
 * Cost: O(c log g + vertices * depth) for c candidates in groups of g, and
 * O(c log c) where one list of all is chosen from.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "sched/place_impl.h"
#include "sched/shape.h"

#define SMALL_GROUP 32
#define NONE UINT32_MAX

static uint32_t vertex_count(const struct weft_cluster *cluster)
{
	return cluster->fabric ? cluster->fabric->vertex_count : 1;
}

/* Nodes under no vertex (no leaf switch) come behind all that are. */
uint32_t weft_place_slot(const struct weft_placer *p, const uint32_t *group_of,
			 uint32_t node_idx)
{
	uint32_t group = group_of ? group_of[node_idx] : 0;

	return group == NONE ? vertex_count(p->cluster) : group;
}

uint32_t weft_place_slots(const struct weft_placer *p)
{
	return vertex_count(p->cluster) + 1;
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
	p->first = malloc((v + 2) * sizeof(*p->first));
	p->below = malloc(v * sizeof(*p->below));
	p->units_below = malloc(v * sizeof(*p->units_below));
	if (p->entry && p->list && p->group && p->first && p->below && p->units_below)
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
	free(p->first);
	free(p->below);
	free(p->units_below);
	free(p);
}

/* By score inside a group: few entries, most of them in order already. */
static void sort_group(struct weft_entry *list, uint32_t count)
{
	for (uint32_t i = 1; i < count; i++) {
		struct weft_entry one = list[i];
		uint32_t k = i;

		for (; k > 0 && list[k - 1].score > one.score; k--)
			list[k] = list[k - 1];
		list[k] = one;
	}
}

static int by_score(const void *a, const void *b)
{
	const struct weft_entry *x = a, *y = b;

	if (x->score != y->score)
		return x->score < y->score ? -1 : 1;
	return x->cand_idx < y->cand_idx ? -1 : x->cand_idx > y->cand_idx;
}

/* first[v] .. first[v + 1]: where the entries of vertex v belong. */
static void count_groups(struct weft_placer *p, const uint32_t *group_of,
			 const struct weft_candidate *cand, uint32_t count)
{
	uint32_t vertices = vertex_count(p->cluster);

	memset(p->first, 0, (vertices + 2) * sizeof(*p->first));
	for (uint32_t i = 0; i < count; i++)
		p->first[weft_place_slot(p, group_of, cand[i].node_idx) + 1]++;
	p->group_count = 0;
	for (uint32_t v = 0; v <= vertices; v++) {
		if (p->first[v + 1])
			p->group[p->group_count++] = (struct weft_group) {
				v < vertices ? v : NONE, p->first[v],
				p->first[v + 1], 0 };
		p->first[v + 1] += p->first[v];
	}
}

/* Candidates by group, in it by score, and among equals as given. */
static void make_entries(struct weft_placer *p, const uint32_t *group_of,
			 const struct weft_candidate *cand, uint32_t count)
{
	count_groups(p, group_of, cand, count);
	for (uint32_t i = 0; i < count; i++) {
		uint32_t slot = weft_place_slot(p, group_of, cand[i].node_idx);

		p->entry[p->first[slot]++] = (struct weft_entry) {
			.score = cand[i].score,
			.cand_idx = i,
			.units = cand[i].units,
			.group = slot,
			.required = cand[i].required,
		};
	}
	for (uint32_t i = 0; i < p->group_count; i++) {
		const struct weft_group *g = &p->group[i];

		if (g->count <= SMALL_GROUP)
			sort_group(&p->entry[g->first], g->count);
		else
			qsort(&p->entry[g->first], g->count,
			      sizeof(*p->entry), by_score);
	}
}

/* All nodes in one domain: the one with the fewest candidates that does. */
static uint32_t choose_same(struct weft_placer *p,
			    const struct weft_shape *shape, uint32_t required,
			    uint32_t *ret_pick)
{
	uint32_t best = UINT32_MAX, n;

	for (uint32_t i = 0; i < p->group_count; i++) {
		const struct weft_group *g = &p->group[i];

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
	return weft_place_emit(p->list, n, ret_pick);
}

/* The leaf to add: one with required nodes before any without, then by size. */
static struct weft_group *next_leaf(struct weft_placer *p)
{
	struct weft_group *best = NULL;
	bool best_required = false;

	for (uint32_t i = 0; i < p->group_count; i++) {
		struct weft_group *g = &p->group[i];
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
		struct weft_group *best = next_leaf(p);

		if (!best)
			break;
		best->taken = 1;
		memcpy(&p->list[count], &p->entry[best->first],
		       best->count * sizeof(*p->list));
		count += best->count;
	}
	if (weft_entries_required(p->list, count) != required)
		return 0;
	return weft_place_emit(p->list, weft_entries_take(shape, p->list, count), ret_pick);
}

/* Candidates and units in every subtree. */
static void count_below(struct weft_placer *p)
{
	const struct weft_fabric *f = p->cluster->fabric;

	memset(p->below, 0, f->vertex_count * sizeof(*p->below));
	memset(p->units_below, 0, f->vertex_count * sizeof(*p->units_below));
	for (uint32_t i = 0; i < p->group_count; i++) {
		const struct weft_group *g = &p->group[i];

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
		const struct weft_group *g = &p->group[i];

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
		struct weft_group *best = NULL;
		uint32_t left = nodes - n, run;

		for (uint32_t i = 0; i < p->group_count; i++) {
			struct weft_group *g = &p->group[i];
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
	return weft_place_emit(p->list, n, ret_pick);
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
	return weft_place_emit(p->list, weft_entries_take(shape, p->list, count), ret_pick);
}

static bool wants_switches(const struct weft_shape *shape, bool any_switches)
{
	return shape->switches_max && !any_switches;
}

/* By the deepest vertex, or by leaf switch where that is the wish. */
const uint32_t *weft_place_grouping(const struct weft_placer *p,
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

/* A job of one node: the best of all. */
static uint32_t choose_one(const struct weft_candidate *cand, uint32_t count,
			   uint32_t *ret_pick)
{
	uint32_t best = 0;

	for (uint32_t i = 1; i < count; i++)
		if (cand[i].score < cand[best].score)
			best = i;
	if (count && ret_pick)
		ret_pick[0] = best;
	return count > 0;
}

/* Units on any nodes: one list, wherever they are. */
static uint32_t choose_units(struct weft_placer *p,
			     const struct weft_shape *shape,
			     const struct weft_candidate *cand, uint32_t count,
			     uint32_t *ret_pick)
{
	for (uint32_t i = 0; i < count; i++)
		p->list[i] = (struct weft_entry) {
			.score = cand[i].score, .cand_idx = i,
			.units = cand[i].units, .required = cand[i].required,
		};
	return weft_place_emit(p->list, weft_entries_take(shape, p->list, count),
			       ret_pick);
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
	if (shape->nodes_max == 1 && !shape->unit_count &&
	    !shape->nodes_required)
		return choose_one(cand, count, ret_pick);
	if (shape->unit_count && shape->nodes_min == 1 &&
	    weft_shape_is_plain(shape, any_switches))
		return choose_units(p, shape, cand, count, ret_pick);
	make_entries(p, weft_place_grouping(p, shape, any_switches), cand,
		     count);
	if (weft_entries_required(p->entry, count) < required)
		return 0;
	if (shape->domain == WEFT_DOMAIN_SAME)
		return choose_same(p, shape, required, ret_pick);
	if (shape->segment)
		return weft_place_segments(p, shape, required, ret_pick);
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
