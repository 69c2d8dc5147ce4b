/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * shape.c - see shape.h
 *
 * The one place that knows how per_node, per_unit and unit_count add up on a
 * node.  Sums saturate: what is too much must not become little.  O(1) each.
 */
#include "config.h"

#include "lib/bits.h"
#include "sched/shape.h"

static uint32_t sum32(uint32_t a, uint32_t b)
{
	return a > UINT32_MAX - b ? UINT32_MAX : a + b;
}

struct weft_need weft_shape_need(const struct weft_shape *shape)
{
	struct weft_need need = {
		.amount = shape->per_node,
		.gpu_type_idx = shape->gpu_type_idx,
		.whole = shape->exclusive,
		.resv_idx = shape->resv_idx,
	};

	if (shape->unit_count && shape->units_per_node_min) {
		need.amount.cpus = sum32(need.amount.cpus,
					 shape->per_unit.cpus);
		need.amount.gpus = sum32(need.amount.gpus,
					 shape->per_unit.gpus);
		if (__builtin_add_overflow(need.amount.mem_mib,
					   shape->per_unit.mem_mib,
					   &need.amount.mem_mib))
			need.amount.mem_mib = UINT64_MAX;
	}
	return need;
}

uint32_t weft_shape_units(const struct weft_shape *shape, uint32_t cpus,
			  uint64_t mem_mib, uint32_t gpus)
{
	const struct weft_amount *base = &shape->per_node;
	const struct weft_amount *unit = &shape->per_unit;
	uint64_t units = shape->unit_count, fit;

	if (cpus < base->cpus || mem_mib < base->mem_mib || gpus < base->gpus)
		return 0;
	if (shape->units_per_node_max && units > shape->units_per_node_max)
		units = shape->units_per_node_max;
	if (unit->cpus && (fit = (cpus - base->cpus) / unit->cpus) < units)
		units = fit;
	if (unit->gpus && (fit = (gpus - base->gpus) / unit->gpus) < units)
		units = fit;
	if (unit->mem_mib &&
	    (fit = (mem_mib - base->mem_mib) / unit->mem_mib) < units)
		units = fit;
	return (uint32_t)units;
}

uint32_t weft_shape_gpus_on(const struct weft_shape *shape,
			    const struct weft_cluster *cluster,
			    uint32_t node_idx, weft_gpuset_t free)
{
	uint32_t most = weft_shape_gpus_most(shape);

	if (!most)
		return 0;
	return weft_bits_count(weft_cluster_gpus(cluster, node_idx, free,
						 shape->gpu_type_idx, most));
}

uint32_t weft_shape_units_on(const struct weft_shape *shape,
			     const struct weft_cluster *cluster,
			     uint32_t node_idx, const struct weft_free *free)
{
	return weft_shape_units(shape, free->cpus, free->mem_mib,
				weft_shape_gpus_on(shape, cluster, node_idx,
						   free->gpus));
}

bool weft_shape_is_able(const struct weft_shape *shape,
			const struct weft_cluster *cluster, uint32_t node_idx,
			uint32_t *ret_units)
{
	const struct weft_amount *total = &cluster->node[node_idx].total;
	struct weft_need need = weft_shape_need(shape);
	uint32_t gpus = weft_shape_gpus_on(shape, cluster, node_idx,
					   weft_gpus_below(total->gpus));

	*ret_units = weft_shape_units(shape, total->cpus, total->mem_mib, gpus);
	return total->cpus >= need.amount.cpus && gpus >= need.amount.gpus &&
		total->mem_mib >= need.amount.mem_mib;
}
