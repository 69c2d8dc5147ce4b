/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * diagnose.c - see diagnose.h
 *
 * The question is put again and again with one thing less in the way, and the
 * first thing whose absence makes the job fit is the reason:
 *
 *   an empty cluster with every node up     else no state can hold it
 *   an empty cluster as it is               else nodes are down
 *   the running jobs only, no reservations  else reservations
 *   the running jobs only, no wishes        else domain, segment or switches
 *   each resource for itself                the scarcest one
 *
 * Cost: a few passes over the nodes the shape may use; once a shape and cycle.
 */
#include "config.h"

#include "sched/diagnose.h"

static struct weft_reason reason_of(enum weft_reason_kind kind, uint32_t wanted,
				    uint32_t available)
{
	return (struct weft_reason){
		.kind = kind, .wanted = wanted, .available = available,
		.detail_idx = -1,
	};
}

/* Would it fit if nothing ran?  With only_usable, on the nodes that are up. */
static uint32_t fits_empty(struct weft_search *search,
			   const struct weft_shape *shape,
			   uint32_t switches_max, bool only_usable,
			   struct weft_place *place, uint32_t *ret_count)
{
	const struct weft_cluster *cluster = search->cluster;
	uint32_t count = 0;

	weft_idxset_foreach(shape->nodes, n) {
		const struct weft_node *node = &cluster->node[n];
		struct weft_free room = {
			.cpus = node->total.cpus,
			.mem_mib = node->total.mem_mib,
			.gpus = weft_gpuset_first(node->total.gpus),
			.whole = true,
		};

		if ((only_usable && !node->usable) ||
		    (shape->resv_idx >= 0 &&
		     !weft_idxset_has(cluster->resv[shape->resv_idx].nodes, n)))
			continue;
		search->candidate[count].node_idx = n;
		if (weft_fit_test(shape, node, &room,
				  &search->candidate[count].fit))
			count++;
	}
	*ret_count = count;
	if (count < shape->nodes_min)
		return 0;
	return weft_place_choose(search->placer, shape, switches_max,
				 search->candidate, count, place);
}

static int32_t first_reservation(const struct weft_search *search,
				 const struct weft_shape *shape)
{
	const struct weft_cluster *cluster = search->cluster;

	if (shape->resv_idx >= 0)
		return shape->resv_idx;
	for (uint32_t r = 0; r < cluster->resv_count; r++)
		if (weft_idxset_overlaps(cluster->resv[r].nodes, shape->nodes) &&
		    cluster->resv[r].end_sec > cluster->now_sec)
			return (int32_t)r;
	return -1;
}

/* Nodes on which each thing for itself is there now. */
struct supply {
	uint32_t all, cpus, mem, gpus;
	uint32_t free_gpus, free_cpus;
	uint64_t units;
};

static void count_supply(const struct weft_search *search,
			 const struct weft_shape *shape, struct supply *s)
{
	struct weft_amount want = weft_fit_demand(shape,
						  weft_fit_units_needed(shape));
	int64_t now = search->cluster->now_sec;

	*s = (struct supply){ 0 };
	weft_idxset_foreach(shape->nodes, n) {
		const struct weft_node *node = &search->cluster->node[n];
		struct weft_free room = weft_timeline_free(search->tl, n, now,
							   now + 1);
		weft_gpuset_t gpus = room.gpus;
		struct weft_fit fit;

		if (!node->usable)
			continue;
		if (shape->gpu_type_idx >= 0)
			gpus &= node->gpus_of_type[shape->gpu_type_idx];
		s->free_gpus += (uint32_t)__builtin_popcountll(gpus);
		s->free_cpus += room.cpus;
		s->cpus += room.cpus >= want.cpus;
		s->mem += room.mem_mib >= want.mem_mib;
		s->gpus += (uint32_t)__builtin_popcountll(gpus) >= want.gpus;
		if (weft_fit_test(shape, node, &room, &fit)) {
			s->all++;
			s->units += fit.units;
		}
	}
}

static struct weft_reason scarcest(const struct weft_search *search,
				   const struct weft_shape *shape)
{
	struct weft_amount want = weft_fit_demand(shape,
						  weft_fit_units_needed(shape));
	uint32_t nodes = shape->nodes_min;
	struct supply s;

	count_supply(search, shape, &s);
	if (want.gpus && (s.gpus < nodes ||
			  (shape->unit_count && shape->per_unit.gpus &&
			   s.units < shape->unit_count && s.cpus >= nodes)))
		return reason_of(WEFT_REASON_GPUS,
				 shape->per_node.gpus * nodes +
				 shape->per_unit.gpus * shape->unit_count,
				 s.free_gpus);
	if (s.mem < nodes)
		return reason_of(WEFT_REASON_MEMORY, nodes, s.mem);
	if (s.cpus < nodes ||
	    (shape->unit_count && s.units < shape->unit_count))
		return reason_of(WEFT_REASON_CPUS,
				 shape->per_node.cpus * nodes +
				 shape->per_unit.cpus * shape->unit_count,
				 s.free_cpus);
	return reason_of(WEFT_REASON_NODES, nodes, s.all);
}

/* What is in the way of a job that the running jobs alone keep waiting. */
static struct weft_reason diagnose_busy(struct weft_search *search,
					const struct weft_shape *shape,
					uint32_t switches_max,
					struct weft_place *place)
{
	const struct weft_cluster *real = search->cluster;
	struct weft_cluster no_resv = *real;
	struct weft_shape plain = *shape;
	struct weft_reason reason;
	uint32_t places;

	if (real->resv_count) {
		no_resv.resv_count = 0;
		plain.resv_idx = -1;
		search->cluster = &no_resv;
		places = weft_search_at(search, &plain, switches_max,
					shape->limit_sec, real->now_sec, place);
		search->cluster = real;
		if (places) {
			reason = reason_of(WEFT_REASON_RESERVATION,
					   shape->nodes_min, 0);
			reason.detail_idx = first_reservation(search, shape);
			return reason;
		}
		plain = *shape;
	}
	if (switches_max && weft_search_at(search, &plain, 0, shape->limit_sec,
					   real->now_sec, place))
		return reason_of(WEFT_REASON_SWITCHES, shape->nodes_min,
				 switches_max);
	plain.segment = 0;
	plain.domain = WEFT_DOMAIN_ANY;
	if ((shape->segment || shape->domain != WEFT_DOMAIN_ANY) &&
	    weft_search_at(search, &plain, switches_max, shape->limit_sec,
			   real->now_sec, place))
		return reason_of(WEFT_REASON_DOMAIN, shape->nodes_min,
				 shape->segment);
	return scarcest(search, shape);
}

static bool lacks_license(const struct weft_search *search,
			  const struct weft_shape *shape,
			  struct weft_reason *ret_reason)
{
	int64_t now = search->cluster->now_sec;

	for (uint32_t k = 0; k < shape->license_count; k++) {
		const struct weft_license_use *use = &shape->license[k];
		uint32_t free = weft_licenses_free(search->licenses,
						   use->license_idx, now);

		if (free >= use->count)
			continue;
		*ret_reason = reason_of(WEFT_REASON_LICENSE, use->count, free);
		ret_reason->detail_idx = (int32_t)use->license_idx;
		return true;
	}
	return false;
}

struct weft_reason weft_diagnose(struct weft_search *search,
				 const struct weft_shape *shape,
				 uint32_t switches_max,
				 struct weft_place *place)
{
	struct weft_reason reason;
	uint32_t possible, up;

	if (!fits_empty(search, shape, switches_max, false, place, &possible))
		return reason_of(WEFT_REASON_NEVER, shape->nodes_min, possible);
	for (uint32_t k = 0; k < shape->license_count; k++)
		if (shape->license[k].count >
		    search->cluster->license_total[shape->license[k].license_idx])
			return reason_of(WEFT_REASON_NEVER, shape->nodes_min,
					 possible);
	if (!fits_empty(search, shape, switches_max, true, place, &up))
		return reason_of(WEFT_REASON_NODES_DOWN, shape->nodes_min, up);
	if (lacks_license(search, shape, &reason))
		return reason;
	if (weft_search_at(search, shape, switches_max, shape->limit_sec,
			   search->cluster->now_sec, place))
		return reason_of(WEFT_REASON_PRIORITY, shape->nodes_min,
				 shape->nodes_min);
	return diagnose_busy(search, shape, switches_max, place);
}
