/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * diagnose.c - see diagnose.h
 *
 * Nodes of the shape are counted by the first thing they lack; the reason is
 * the first of these for which too few nodes are left: hardware at all, nodes
 * that are up, licences, GPUs, CPUs, memory, whole nodes, time before a
 * reservation, and at last the wishes about the fabric.  What passes all of
 * them waits only for jobs before it.
 *
 * Shapes of one kind (kinds.h) find the same nodes lacking the same.  So the
 * census is kept by kind until a job starts, for shapes that any nodes suit;
 * only where a reservation stands before some does it depend on the run time.
 *
 * Cost: one pass over the nodes for each kind and start; three for each shape
 * that wishes something of the fabric, names nodes or spreads units.
 */
#include "config.h"

#include <stdlib.h>

#include "sched/diagnose.h"
#include "sched/kinds.h"
#include "sched/shape.h"

struct census {
	bool valid;
	uint32_t changes, limit_sec;	/* as of */
	uint32_t able, up, gpus, cpus, memory, whole, open;
	/* CPUs on nodes with the GPUs, memory on nodes with both. */
	uint64_t free_gpus, free_cpus, free_mem_mib;
	uint64_t best_gpus, best_cpus, best_mem_mib;	/* of one node */
};

struct weft_diagnosis {
	const struct weft_cluster *cluster;
	const struct weft_timeline *base;
	struct weft_placer *placer;
	const struct weft_shape *shape;
	uint32_t *kind_of;		/* [shape_idx] */
	struct census *census;		/* [kind] */
	struct weft_candidate *cand;	/* room for every node */
};

struct weft_diagnosis *weft_diagnosis_create(const struct weft_cluster *cluster,
					     const struct weft_timeline *base,
					     struct weft_placer *placer,
					     const struct weft_shape *shapes,
					     uint32_t shape_count)
{
	struct weft_diagnosis *dg = calloc(1, sizeof(*dg));
	uint32_t kinds;

	if (!dg)
		return NULL;
	*dg = (struct weft_diagnosis) {
		.cluster = cluster, .base = base, .placer = placer,
		.shape = shapes,
	};
	dg->kind_of = malloc(((size_t)shape_count + 1) * sizeof(*dg->kind_of));
	if (dg->kind_of && weft_kinds_assign(shapes, shape_count, dg->kind_of,
					     &kinds) == 0)
		dg->census = calloc((size_t)kinds + 1, sizeof(*dg->census));
	dg->cand = malloc(((size_t)cluster->node_count + 1) *
			  sizeof(*dg->cand));
	if (dg->census && dg->cand)
		return dg;
	weft_diagnosis_destroy(dg);
	return NULL;
}

void weft_diagnosis_destroy(struct weft_diagnosis *dg)
{
	if (!dg)
		return;
	free(dg->kind_of);
	free(dg->census);
	free(dg->cand);
	free(dg);
}

static void add_free(uint64_t free, uint64_t *sum, uint64_t *best)
{
	*sum += free;
	*best = free > *best ? free : *best;
}

/* One able node that is up: how far does it get? */
static void count_node(const struct weft_cluster *c,
		       const struct weft_timeline *tl,
		       const struct weft_shape *shape,
		       const struct weft_need *need, uint32_t i,
		       struct census *n, struct weft_candidate *cand)
{
	int64_t until, end = weft_time_after(c->now_sec, shape->limit_sec);
	struct weft_free free = weft_timeline_free(tl, i, c->now_sec, end);
	uint64_t steps = 0;
	uint32_t gpus = weft_shape_gpus_on(shape, c, i, free.gpus);

	add_free(gpus, &n->free_gpus, &n->best_gpus);
	if (gpus < need->amount.gpus)
		return;
	n->gpus++;
	add_free(free.cpus, &n->free_cpus, &n->best_cpus);
	if (free.cpus < need->amount.cpus)
		return;
	n->cpus++;
	add_free(free.mem_mib, &n->free_mem_mib, &n->best_mem_mib);
	if (free.mem_mib < need->amount.mem_mib)
		return;
	n->memory++;
	if (need->whole && !free.whole)
		return;
	n->whole++;
	if (weft_timeline_next(tl, i, need, c->now_sec, shape->limit_sec,
			       &until, &steps) != c->now_sec)
		return;
	n->open++;
	*cand = (struct weft_candidate) {
		.node_idx = i,
		.units = weft_shape_units(shape, free.cpus, free.mem_mib, gpus),
		.required = weft_shape_requires(shape, i),
	};
}

static struct weft_reason make(enum weft_reason_kind kind, uint64_t wanted,
			       uint64_t available)
{
	return (struct weft_reason) {
		.kind = kind,
		.wanted = wanted < UINT32_MAX ? (uint32_t)wanted : UINT32_MAX,
		.available = available < UINT32_MAX ? (uint32_t)available :
			UINT32_MAX,
		.detail_idx = -1,
	};
}

/*
 * The nodes to look at: a job that names as many as it takes can use no
 * others.
 */
static const struct weft_idxset *nodes_of(const struct weft_shape *shape)
{
	return shape->nodes_required &&
		weft_idxset_count(shape->nodes_required) >= shape->nodes_max ?
		shape->nodes_required : shape->nodes;
}

static struct weft_reason lacks(const struct weft_shape *shape,
				const struct weft_need *need,
				const struct census *n)
{
	uint32_t nodes = shape->nodes_min;

	/* What is spread over other nodes is of no use to a job of one. */
	if (shape->nodes_max == 1 && n->gpus < 1)
		return make(WEFT_REASON_GPUS, weft_shape_gpus_most(shape), n->best_gpus);
	if (shape->nodes_max == 1 && n->cpus < 1)
		return make(WEFT_REASON_CPUS, need->amount.cpus, n->best_cpus);
	if (shape->nodes_max == 1 && n->memory < 1)
		return make(WEFT_REASON_MEMORY, need->amount.mem_mib,
			    n->best_mem_mib);
	if (n->gpus < nodes)
		return make(WEFT_REASON_GPUS, (uint64_t)shape->per_node.gpus * nodes +
			    (uint64_t)shape->per_unit.gpus * shape->unit_count,
			    n->free_gpus);
	if (n->cpus < nodes)
		return make(WEFT_REASON_CPUS, (uint64_t)shape->per_node.cpus * nodes +
			    (uint64_t)shape->per_unit.cpus * shape->unit_count,
			    n->free_cpus);
	if (n->memory < nodes)
		return make(WEFT_REASON_MEMORY,
			    (uint64_t)need->amount.mem_mib * nodes,
			    n->free_mem_mib);
	if (n->whole < nodes)
		return make(WEFT_REASON_NODES, nodes, n->whole);
	return make(WEFT_REASON_RESERVATION, nodes, n->open);
}

static int by_units(const void *a, const void *b)
{
	const struct weft_candidate *x = a, *y = b;

	return x->units > y->units ? -1 : x->units < y->units;
}

/*
 * Enough nodes one by one, and yet no set of them will do: do as many as it may
 * have hold all its units?  Sorts cand[].
 */
static struct weft_reason lacks_set(const struct weft_shape *shape,
				    struct weft_candidate *cand, uint32_t count)
{
	uint64_t units = 0;

	if (shape->unit_count)
		qsort(cand, count, sizeof(*cand), by_units);
	for (uint32_t i = 0; i < count && i < shape->nodes_max; i++)
		units += cand[i].units;
	if (units < shape->unit_count && shape->per_unit.gpus)
		return make(WEFT_REASON_GPUS,
			    (uint64_t)shape->unit_count * shape->per_unit.gpus,
			    units * shape->per_unit.gpus);
	if (units < shape->unit_count)
		return make(WEFT_REASON_CPUS,
			    (uint64_t)shape->unit_count * shape->per_unit.cpus,
			    units * shape->per_unit.cpus);
	if (shape->domain == WEFT_DOMAIN_SAME || shape->segment)
		return make(WEFT_REASON_DOMAIN, shape->nodes_min, count);
	if (shape->switches_max)
		return make(WEFT_REASON_SWITCHES, shape->nodes_min, count);
	return make(WEFT_REASON_NODES, shape->nodes_min, count);
}

static bool lacks_license(const struct weft_shape *shape, const uint32_t *free,
			  struct weft_reason *ret_reason)
{
	for (uint32_t k = 0; k < shape->license_count; k++) {
		const struct weft_license_use *use = &shape->license[k];

		if (free[use->license_idx] >= use->count)
			continue;
		*ret_reason = make(WEFT_REASON_LICENSE, use->count,
				   free[use->license_idx]);
		ret_reason->detail_idx = (int32_t)use->license_idx;
		return true;
	}
	return false;
}

static bool lacks_license_ever(const struct weft_cluster *c,
			       const struct weft_shape *shape)
{
	for (uint32_t k = 0; k < shape->license_count; k++)
		if (c->license_total[shape->license[k].license_idx] <
		    shape->license[k].count)
			return true;
	return false;
}

/* A node that will be back at a known time (an epilog runs) is busy, not down. */
static bool is_up(const struct weft_node *node)
{
	return node->usable || node->back_sec != WEFT_TIME_NEVER;
}

/* On empty nodes, those that are down included or not: would a set do? */
static bool could_be_placed(const struct weft_cluster *c,
			    struct weft_placer *placer,
			    const struct weft_shape *shape, bool only_up,
			    struct weft_candidate *cand)
{
	uint32_t n = 0, units;

	weft_idxset_foreach(shape->nodes, i) {
		if ((only_up && !is_up(&c->node[i])) ||
		    !weft_shape_is_able(shape, c, i, &units))
			continue;
		cand[n++] = (struct weft_candidate) {
			.node_idx = i, .units = units,
			.required = weft_shape_requires(shape, i),
		};
	}
	return weft_place_exists(placer, shape, true, cand, n);
}

bool weft_diagnosis_is_possible(const struct weft_cluster *c,
				struct weft_placer *placer,
				const struct weft_shape *shape,
				struct weft_candidate *scratch)
{
	return !lacks_license_ever(c, shape) &&
		could_be_placed(c, placer, shape, false, scratch);
}

/* Any so many of the nodes will do: numbers decide, not sets. */
static bool is_counted(const struct weft_shape *shape)
{
	return weft_shape_is_plain(shape, false) && !shape->unit_count;
}

static void take_census(struct weft_diagnosis *dg,
			const struct weft_shape *shape, struct census *n)
{
	const struct weft_cluster *c = dg->cluster;
	struct weft_need need = weft_shape_need(shape);
	uint32_t unit_cap;

	weft_idxset_foreach(nodes_of(shape), i) {
		if (!weft_idxset_has(shape->nodes, i) ||
		    !weft_shape_is_able(shape, c, i, &unit_cap))
			continue;
		n->able++;
		if (!is_up(&c->node[i]))
			continue;
		n->up++;
		if (c->node[i].usable)
			count_node(c, dg->base, shape, &need, i, n,
				   &dg->cand[n->open]);
	}
}

/* The census for a shape that is counted: that of its kind. */
static const struct census *census_of(struct weft_diagnosis *dg,
				      uint32_t shape_idx, uint32_t changes)
{
	const struct weft_shape *shape = &dg->shape[shape_idx];
	struct census *n = &dg->census[dg->kind_of[shape_idx]];

	if (n->valid && n->changes == changes &&
	    (n->limit_sec == shape->limit_sec || !dg->cluster->resv_count))
		return n;
	*n = (struct census) { .valid = true, .changes = changes,
			       .limit_sec = shape->limit_sec };
	take_census(dg, shape, n);
	return n;
}

static struct weft_reason decide(struct weft_diagnosis *dg,
				 const struct weft_shape *shape,
				 const struct census *n, bool ever, bool up,
				 const uint32_t *licenses_free)
{
	struct weft_need need = weft_shape_need(shape);
	struct weft_reason reason;

	if (!ever || lacks_license_ever(dg->cluster, shape))
		return make(WEFT_REASON_NEVER, shape->nodes_min, n->able);
	if (!up)
		return make(WEFT_REASON_NODES_DOWN, shape->nodes_min, n->up);
	if (lacks_license(shape, licenses_free, &reason))
		return reason;
	if (n->open < shape->nodes_min) {
		reason = lacks(shape, &need, n);
		if (reason.kind == WEFT_REASON_RESERVATION)
			reason.detail_idx = shape->resv_idx;
		return reason;
	}
	if (!is_counted(shape) &&
	    !weft_place_exists(dg->placer, shape, false, dg->cand, n->open))
		return lacks_set(shape, dg->cand, n->open);
	return make(WEFT_REASON_PRIORITY, shape->nodes_min, n->open);
}

struct weft_reason weft_diagnosis_find(struct weft_diagnosis *dg,
				       uint32_t shape_idx, uint32_t changes,
				       const uint32_t *licenses_free)
{
	const struct weft_shape *shape = &dg->shape[shape_idx];
	const struct weft_cluster *c = dg->cluster;
	const struct census *of_kind;
	struct census own = { 0 };
	bool ever, up;

	if (is_counted(shape)) {
		of_kind = census_of(dg, shape_idx, changes);
		return decide(dg, shape, of_kind,
			      of_kind->able >= shape->nodes_min,
			      of_kind->up >= shape->nodes_min, licenses_free);
	}
	ever = could_be_placed(c, dg->placer, shape, false, dg->cand);
	up = could_be_placed(c, dg->placer, shape, true, dg->cand);
	take_census(dg, shape, &own);
	return decide(dg, shape, &own, ever, up, licenses_free);
}
