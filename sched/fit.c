/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fit.c - see fit.h
 *
 * If a job fits at some moment between two steps of a row, it also fits at the
 * start of that step: moving it earlier inside the step drops nothing from its
 * interval's beginning and can only drop steps from its end.  So only the
 * starts of steps (and now, and the ends of reservations) are candidates.
 *
 * Which GPUs are free all through an interval is the intersection of the
 * steps' sets; a job that finds four free GPUs in each of two steps may still
 * not fit, when they are different ones.
 *
 * Cost: O(s^2) for s steps of the node at worst, O(s) when it fits or when
 * nothing does.
 */
#include "config.h"

#include "sched/fit.h"

uint32_t weft_fit_units_needed(const struct weft_shape *shape)
{
	uint32_t others, least;

	if (!shape->unit_count)
		return 1;
	least = shape->units_per_node_min ? shape->units_per_node_min : 1;
	if (shape->nodes_max == 1)
		return shape->unit_count;
	/* What the other nodes cannot hold must be here. */
	if (shape->units_per_node_max) {
		others = (shape->nodes_max - 1) * shape->units_per_node_max;
		if (shape->unit_count > others &&
		    shape->unit_count - others > least)
			return shape->unit_count - others;
	}
	return least;
}

struct weft_amount weft_fit_demand(const struct weft_shape *shape,
				   uint32_t units)
{
	struct weft_amount sum = shape->per_node;

	if (shape->unit_count) {
		sum.cpus += units * shape->per_unit.cpus;
		sum.gpus += units * shape->per_unit.gpus;
		sum.mem_mib += units * shape->per_unit.mem_mib;
	}
	return sum;
}

/* The free GPUs that the job may use: one type, the one with the most. */
static weft_gpuset_t usable_gpus(const struct weft_shape *shape,
				 const struct weft_node *node,
				 weft_gpuset_t free)
{
	weft_gpuset_t best = 0, of_type, known = 0;

	if (shape->gpu_type_idx >= 0)
		return free & node->gpus_of_type[shape->gpu_type_idx];
	if (!(free & ~node->gpus_of_type[0]))
		return free;	/* one type: nearly every node there is */
	for (uint32_t t = 0; t < WEFT_GPU_TYPES_MAX; t++) {
		of_type = free & node->gpus_of_type[t];
		known |= node->gpus_of_type[t];
		if (__builtin_popcountll(of_type) > __builtin_popcountll(best))
			best = of_type;
	}
	return known ? best : free;
}

static uint64_t units_by(uint64_t free, uint64_t once, uint64_t each)
{
	if (free < once)
		return 0;
	return each ? (free - once) / each : UINT32_MAX;
}

static uint64_t min64(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

bool weft_fit_test(const struct weft_shape *shape, const struct weft_node *node,
		   const struct weft_free *room, struct weft_fit *ret_fit)
{
	const struct weft_amount *once = &shape->per_node;
	struct weft_amount none = { 0 };
	const struct weft_amount *each = shape->unit_count ? &shape->per_unit :
							     &none;
	weft_gpuset_t gpus = 0;
	uint64_t units;

	if (shape->exclusive && !room->whole)
		return false;
	if (room->cpus < once->cpus || room->mem_mib < once->mem_mib)
		return false;
	if (once->gpus || each->gpus) {
		gpus = usable_gpus(shape, node, room->gpus);
		if ((uint32_t)__builtin_popcountll(gpus) < once->gpus)
			return false;
	}
	units = min64(units_by(room->cpus, once->cpus, each->cpus),
		      units_by(room->mem_mib, once->mem_mib, each->mem_mib));
	if (each->gpus)
		units = min64(units, units_by(__builtin_popcountll(gpus),
					      once->gpus, each->gpus));
	if (!shape->unit_count)
		units = 1;
	else if (shape->units_per_node_max)
		units = min64(units, shape->units_per_node_max);
	if (shape->unit_count)
		units = min64(units, shape->unit_count);
	if (units < weft_fit_units_needed(shape) || !(room->cpus || room->gpus))
		return false;
	ret_fit->units = (uint32_t)units;
	ret_fit->gpus = gpus;
	ret_fit->free = *room;
	return true;
}

/*
 * If a reservation forbids [t, t + d) here: the first time after it (NEVER if
 * none), else t itself.
 */
static int64_t after_reservations(const struct weft_shape *shape,
				  const struct weft_cluster *cluster,
				  uint32_t node_idx, uint32_t duration_sec,
				  int64_t t)
{
	int64_t end = weft_end_of(t, duration_sec);

	for (uint32_t r = 0; r < cluster->resv_count; r++) {
		const struct weft_reservation *resv = &cluster->resv[r];
		bool here = weft_idxset_has(resv->nodes, node_idx);

		if (shape->resv_idx == (int32_t)r) {
			if (!here || end > resv->end_sec)
				return WEFT_TIME_NEVER;
			if (t < resv->start_sec)
				return resv->start_sec;
		} else if (here && t < resv->end_sec && end > resv->start_sec) {
			return resv->end_sec;
		}
	}
	return t;
}

/*
 * Walk the row from step i, which is in force at t.  True if it fits for
 * [t, end); else *ret_next is the next time worth trying.
 */
static bool fits_from(const struct weft_shape *shape,
		      const struct weft_node *node, const struct weft_row *row,
		      uint32_t i, int64_t end, uint64_t *steps)
{
	struct weft_free room = weft_step_free(&row->step[i]);
	struct weft_fit fit;

	++*steps;
	if (!weft_fit_test(shape, node, &room, &fit))
		return false;
	for (i++; i < row->count && row->step[i].start_sec < end; i++) {
		++*steps;
		weft_free_meet(&room, &row->step[i]);
		if (!weft_fit_test(shape, node, &room, &fit))
			return false;
	}
	return true;
}

int64_t weft_fit_next(const struct weft_shape *shape,
		      const struct weft_cluster *cluster,
		      const struct weft_timeline *tl, uint32_t node_idx,
		      uint32_t duration_sec, int64_t from, int64_t until,
		      uint64_t *steps)
{
	const struct weft_node *node = &cluster->node[node_idx];
	const struct weft_row *row = &tl->row[node_idx];
	int64_t t = from > tl->now_sec ? from : tl->now_sec, later;
	uint32_t i = 0;

	if (!node->usable) {
		if (node->back_sec == WEFT_TIME_NEVER)
			return WEFT_TIME_NEVER;
		if (t < node->back_sec)
			t = node->back_sec;
	}
	while (t < until) {
		later = cluster->resv_count ?
			after_reservations(shape, cluster, node_idx,
					   duration_sec, t) : t;
		if (later != t) {
			t = later;
			continue;
		}
		while (i + 1 < row->count && row->step[i + 1].start_sec <= t)
			i++;
		if (fits_from(shape, node, row, i,
			      weft_end_of(t, duration_sec), steps))
			return t;
		if (i + 1 >= row->count)
			return WEFT_TIME_NEVER;
		t = row->step[i + 1].start_sec;
	}
	return WEFT_TIME_NEVER;
}
