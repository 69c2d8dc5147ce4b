/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * place.c - see place.h
 *
 * Candidates are sorted by rank, so that the nodes below a vertex of the
 * fabric are one run of the array.  Choosing has two halves:
 *
 *   where    the smallest vertex whose run can hold the job; of equals the
 *            one with the fewest candidates to spare (best fit), so that large
 *            free domains stay whole for the jobs that need them
 *   which    inside it, domain by domain: the smallest domain that can hold
 *            what is still missing, else the largest
 *
 * A job on one node skips the first half: every node is compared by Slurm's
 * weight, by the fragmentation gradient (mix.h), and by how many wholly free
 * nodes its domain has (fewer is better: break the domain that is broken).
 *
 * Invariants: a place never asks for more than its candidate's fit; the same
 * input gives the same places (ties end at the rank).
 *
 * Cost: O(c log c + v log c) for c candidates and v vertices.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "sched/place.h"
#include "sched/place_pick.h"

struct weft_placer {
	const struct weft_cluster *cluster;
	const struct weft_mix *mix;
	bool fragmentation;
	uint32_t *whole_free;	/* [vertex], scratch: candidates wholly free */
	uint32_t *scratch;	/* [node_count] */
};

/* A run of candidates: what lies below one vertex. */
struct run {
	uint32_t first, count;
};

struct weft_placer *weft_placer_create(const struct weft_cluster *cluster,
				       const struct weft_mix *mix,
				       bool fragmentation)
{
	struct weft_placer *placer = calloc(1, sizeof(*placer));

	if (!placer)
		return NULL;
	placer->cluster = cluster;
	placer->mix = mix;
	placer->fragmentation = fragmentation;
	placer->whole_free = calloc(cluster->fabric->vertex_count,
				    sizeof(uint32_t));
	placer->scratch = calloc(cluster->node_count ? cluster->node_count : 1,
				 sizeof(uint32_t));
	if (placer->whole_free && placer->scratch)
		return placer;
	weft_placer_destroy(placer);
	return NULL;
}

void weft_placer_destroy(struct weft_placer *placer)
{
	if (!placer)
		return;
	free(placer->whole_free);
	free(placer->scratch);
	free(placer);
}

static uint32_t rank_of(const struct weft_placer *placer,
			const struct weft_candidate *c)
{
	return placer->cluster->fabric->rank_of[c->node_idx];
}

static int by_node(const void *a, const void *b)
{
	const struct weft_candidate *x = a, *y = b;

	return (x->node_idx > y->node_idx) - (x->node_idx < y->node_idx);
}

/* Sort by rank; node_idx takes the rank's place while qsort runs. */
static void sort_by_rank(const struct weft_placer *placer,
			 struct weft_candidate *c, uint32_t count)
{
	const struct weft_fabric *fabric = placer->cluster->fabric;
	bool sorted = true;

	for (uint32_t i = 0; i < count; i++) {
		c[i].node_idx = fabric->rank_of[c[i].node_idx];
		sorted &= !i || c[i - 1].node_idx < c[i].node_idx;
	}
	if (!sorted)
		qsort(c, count, sizeof(*c), by_node);
	for (uint32_t i = 0; i < count; i++)
		c[i].node_idx = fabric->node_at[c[i].node_idx];
}

/* The first candidate with rank >= want. */
static uint32_t lower_bound(const struct weft_placer *placer,
			    const struct weft_candidate *c, uint32_t count,
			    uint32_t want)
{
	uint32_t low = 0, high = count, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (rank_of(placer, &c[mid]) < want)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static struct run run_below(const struct weft_placer *placer,
			    const struct weft_candidate *c, uint32_t count,
			    uint32_t vertex)
{
	const struct weft_vertex *v = &placer->cluster->fabric->vertex[vertex];
	struct run run;

	run.first = lower_bound(placer, c, count, v->first_rank);
	run.count = lower_bound(placer, c, count,
				v->first_rank + v->node_count) - run.first;
	return run;
}

/* ---- one node ---------------------------------------------------------- */

static void count_whole_free(struct weft_placer *placer,
			     const struct weft_candidate *c, uint32_t count)
{
	const struct weft_fabric *fabric = placer->cluster->fabric;

	for (uint32_t i = 0; i < count; i++)
		placer->whole_free[fabric->vertex_of[c[i].node_idx]] = 0;
	for (uint32_t i = 0; i < count; i++)
		placer->whole_free[fabric->vertex_of[c[i].node_idx]] +=
			c[i].fit.free.whole;
}

/* How much more of the node's free GPUs the mix could not use afterwards. */
static double gradient(const struct weft_placer *placer,
		       const struct weft_shape *shape,
		       const struct weft_candidate *c, uint32_t units)
{
	const struct weft_free *room = &c->fit.free;
	struct weft_amount take = weft_fit_demand(shape, units);
	uint32_t gpus = (uint32_t)__builtin_popcountll(room->gpus);
	double before;

	if (!placer->fragmentation)
		return gpus - take.gpus;	/* plain best fit */
	before = weft_mix_fragmentation(placer->mix, room->cpus, room->mem_mib,
					gpus);
	if (shape->exclusive)
		return -before;
	return weft_mix_fragmentation(placer->mix, room->cpus - take.cpus,
				      room->mem_mib - take.mem_mib,
				      gpus - take.gpus) - before;
}

struct rating {
	uint32_t weight;
	double gradient;
	uint32_t whole_free;
	uint32_t gpus_left;
	uint32_t cpus_left;
};

static bool is_better(const struct rating *a, const struct rating *b)
{
	if (a->weight != b->weight)
		return a->weight < b->weight;
	if (a->gradient < b->gradient - 1e-9 || a->gradient > b->gradient + 1e-9)
		return a->gradient < b->gradient;
	if (a->gpus_left != b->gpus_left)
		return a->gpus_left < b->gpus_left;
	if (a->whole_free != b->whole_free)
		return a->whole_free < b->whole_free;
	return a->cpus_left < b->cpus_left;
}

static uint32_t choose_one(struct weft_placer *placer,
			   const struct weft_shape *shape, uint32_t units,
			   struct weft_candidate *c, uint32_t count,
			   struct weft_place *place)
{
	const struct weft_cluster *cluster = placer->cluster;
	struct rating best = { 0 }, now;
	uint32_t chosen = count;

	count_whole_free(placer, c, count);
	for (uint32_t i = 0; i < count; i++) {
		if (c[i].fit.units < units)
			continue;
		if (shape->nodes_required &&
		    !weft_idxset_has(shape->nodes_required, c[i].node_idx))
			continue;
		now.weight = cluster->node[c[i].node_idx].weight;
		now.gradient = gradient(placer, shape, &c[i], units);
		now.gpus_left = (uint32_t)__builtin_popcountll(c[i].fit.free.gpus);
		now.whole_free = placer->whole_free[
			cluster->fabric->vertex_of[c[i].node_idx]];
		now.cpus_left = c[i].fit.free.cpus;
		if (chosen == count || is_better(&now, &best) ||
		    (!is_better(&best, &now) &&
		     rank_of(placer, &c[i]) < rank_of(placer, &c[chosen]))) {
			best = now;
			chosen = i;
		}
	}
	if (chosen == count)
		return 0;
	place[0] = (struct weft_place){
		.node_idx = c[chosen].node_idx,
		.gpus = weft_place_gpus(cluster, shape, &c[chosen].fit,
					c[chosen].node_idx, units, 0),
		.units = shape->unit_count ? units : 0,
	};
	return 1;
}

/* ---- several nodes: where ---------------------------------------------- */

/* Can the run hold the job at all, whatever the fabric? */
static bool run_holds(const struct weft_shape *shape,
		      const struct weft_candidate *c, struct run run)
{
	uint64_t units = 0;

	if (run.count < shape->nodes_min)
		return false;
	if (!shape->unit_count)
		return true;
	if (run.count <= shape->nodes_max) {
		for (uint32_t i = 0; i < run.count; i++)
			units += c[run.first + i].fit.units;
		return units >= shape->unit_count;
	}
	return weft_place_top_units(c + run.first, run.count,
				    shape->nodes_max) >= shape->unit_count;
}

/* Whole segments that the domains of the run offer. */
static uint32_t count_segments(const struct weft_placer *placer,
			       uint32_t segment,
			       const struct weft_candidate *c, struct run run)
{
	const uint32_t *domain_of = placer->cluster->fabric->domain_of;
	uint32_t segments = 0, in_domain = 0, domain = UINT32_MAX;

	for (uint32_t i = run.first; i < run.first + run.count; i++) {
		uint32_t d = domain_of[c[i].node_idx];

		if (d != domain) {
			segments += domain != UINT32_MAX ? in_domain / segment : 0;
			in_domain = 0;
			domain = d;
		}
		in_domain++;
	}
	return segments + (domain != UINT32_MAX ? in_domain / segment : 0);
}

static bool vertex_holds(const struct weft_placer *placer,
			 const struct weft_shape *shape, uint32_t vertex,
			 const struct weft_candidate *c, struct run run)
{
	const struct weft_vertex *v = &placer->cluster->fabric->vertex[vertex];

	if (!run_holds(shape, c, run))
		return false;
	if (shape->domain == WEFT_DOMAIN_SAME && v->level != WEFT_LEVEL_DOMAIN)
		return false;
	if (shape->nodes_required) {
		uint32_t inside = 0;

		for (uint32_t i = run.first; i < run.first + run.count; i++)
			inside += weft_idxset_has(shape->nodes_required,
						  c[i].node_idx);
		if (inside < weft_idxset_count(shape->nodes_required))
			return false;
	}
	return !shape->segment ||
	       count_segments(placer, shape->segment, c, run) >=
		       (shape->nodes_min + shape->segment - 1) / shape->segment;
}

/* The smallest vertex that holds it; false: none does. */
static bool choose_vertex(const struct weft_placer *placer,
			  const struct weft_shape *shape,
			  const struct weft_candidate *c, uint32_t count,
			  bool one_leaf, struct run *ret_run)
{
	const struct weft_fabric *fabric = placer->cluster->fabric;
	uint32_t best_nodes = UINT32_MAX, best_spare = UINT32_MAX;

	for (uint32_t v = 0; v < fabric->vertex_count; v++) {
		const struct weft_vertex *vertex = &fabric->vertex[v];
		struct run run;

		if (vertex->node_count < shape->nodes_min ||
		    vertex->node_count > best_nodes)
			continue;
		if (one_leaf && vertex->level < WEFT_LEVEL_LEAF)
			continue;
		run = run_below(placer, c, count, v);
		if (!vertex_holds(placer, shape, v, c, run))
			continue;
		if (vertex->node_count < best_nodes || run.count < best_spare) {
			best_nodes = vertex->node_count;
			best_spare = run.count;
			*ret_run = run;
		}
	}
	return best_nodes != UINT32_MAX;
}

/*
 * At most m leaf switches: keep the candidates of the m leaves that have the
 * most, in place.  Returns how many candidates are left.
 */
static uint32_t keep_leaves(struct weft_placer *placer, uint32_t m,
			    struct weft_candidate *c, uint32_t count)
{
	const uint32_t *leaf_of = placer->cluster->fabric->leaf_of;
	uint32_t *on_leaf = placer->scratch, kept = 0, to;

	/* scratch[i] = candidates on the leaf of candidate i, 0 once kept. */
	for (uint32_t i = 0; i < count;) {
		uint32_t j = i;

		while (j < count &&
		       leaf_of[c[j].node_idx] == leaf_of[c[i].node_idx])
			j++;
		for (uint32_t k = i; k < j; k++)
			on_leaf[k] = j - i;
		i = j;
	}
	for (uint32_t round = 0; round < m; round++) {
		uint32_t most = 0;

		for (uint32_t i = kept; i < count; i++)
			if (on_leaf[i] > on_leaf[most] || most < kept)
				most = i;
		if (most < kept || kept >= count)
			break;
		to = on_leaf[most];
		for (uint32_t k = 0; k < to; k++) {
			struct weft_candidate one = c[most + k];
			uint32_t was = on_leaf[most + k];

			memmove(&c[kept + k + 1], &c[kept + k],
				(most - kept) * sizeof(*c));
			memmove(&on_leaf[kept + k + 1], &on_leaf[kept + k],
				(most - kept) * sizeof(*on_leaf));
			c[kept + k] = one;
			on_leaf[kept + k] = was;
		}
		kept += to;
	}
	sort_by_rank(placer, c, kept);
	return kept;
}

/* ---- several nodes ------------------------------------------------------ */

static uint32_t choose_many(struct weft_placer *placer,
			    const struct weft_shape *shape,
			    uint32_t switches_max, struct weft_candidate *c,
			    uint32_t count, struct weft_place *place)
{
	struct run run;

	sort_by_rank(placer, c, count);
	if (switches_max > 1 &&
	    !choose_vertex(placer, shape, c, count, true, &run)) {
		count = keep_leaves(placer, switches_max, c, count);
		switches_max = 0;
	}
	if (!choose_vertex(placer, shape, c, count, switches_max >= 1, &run))
		return 0;
	return weft_place_fill(placer->cluster, shape, c + run.first,
			       run.count, place);
}

uint32_t weft_place_choose(struct weft_placer *placer,
			   const struct weft_shape *shape,
			   uint32_t switches_max,
			   struct weft_candidate *candidates, uint32_t count,
			   struct weft_place *place)
{
	uint32_t units = shape->unit_count ? shape->unit_count : 1, got;

	if (shape->nodes_min == 1 && shape->segment <= 1 &&
	    (shape->nodes_max == 1 || shape->unit_count)) {
		got = choose_one(placer, shape, units, candidates, count, place);
		if (got || shape->nodes_max == 1)
			return got;
	}
	return choose_many(placer, shape, switches_max, candidates, count,
			   place);
}
