/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sim_idle.c - see sim_idle.h
 *
 * Filling the idle machine with what waits is greedy, in queue order, each
 * shape until it fits no more: a lower bound of what an exact packing would
 * place, and the same rule for every scheduler.
 *
 * Fragmentation asks for each idle GPU: of the jobs of the history that may
 * run there, what part could not use it now?  A GPU for which no job may run
 * is of no use.  Weng et al. (USENIX ATC'23) take all jobs in place of those
 * that may run there; on a machine of several types every idle GPU would then
 * be waste to the extent to which jobs ask for others.  Where all jobs may run
 * everywhere the two are the same.
 *
 * Cost: O(shapes log shapes) once; a look O(nodes * (kinds + shapes that fit)).
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/bits.h"
#include "sched/sim_idle.h"
#include "sched/sim_stock.h"

/* ---- the history's demands --------------------------------------------------- */

static int compare_kinds(const void *a, const void *b)
{
	const struct weft_idle_kind *x = a, *y = b;

	if (x->nodes != y->nodes)
		return x->nodes < y->nodes ? -1 : 1;
	if (x->gpu_type_idx != y->gpu_type_idx)
		return x->gpu_type_idx < y->gpu_type_idx ? -1 : 1;
	if (x->demand.gpus != y->demand.gpus)
		return x->demand.gpus < y->demand.gpus ? -1 : 1;
	if (x->demand.cpus != y->demand.cpus)
		return x->demand.cpus < y->demand.cpus ? -1 : 1;
	return x->demand.mem_mib < y->demand.mem_mib ? -1 :
		x->demand.mem_mib > y->demand.mem_mib;
}

/* The most frequent first; where they are equal, in the order of the history. */
static int by_share(const void *a, const void *b)
{
	const struct weft_idle_kind *x = a, *y = b;

	if (x->share != y->share)
		return x->share > y->share ? -1 : 1;
	return x->shape_idx < y->shape_idx ? -1 : x->shape_idx > y->shape_idx;
}

/* Neighbours that are the same become one; returns how many are left. */
static uint32_t merge(struct weft_idle_kind *kind, uint32_t count)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < count; i++)
		if (n && !compare_kinds(&kind[n - 1], &kind[i])) {
			struct weft_idle_kind *same = &kind[n - 1];

			same->share += kind[i].share;
			if (kind[i].shape_idx < same->shape_idx)
				same->shape_idx = kind[i].shape_idx;
		} else {
			kind[n++] = kind[i];
		}
	return n;
}

static int find_kinds(struct weft_idle *idle, const struct weft_workload *w)
{
	struct weft_idle_kind *kind = calloc((size_t)w->shape_count + 1,
					     sizeof(*kind));
	uint32_t n = 0;

	if (!kind)
		return -ENOMEM;
	for (uint32_t i = 0; i < w->shape_count; i++)
		kind[i] = (struct weft_idle_kind) { w->shape[i].per_node,
			w->shape[i].gpu_type_idx, w->shape[i].nodes, i, 0 };
	for (uint32_t i = 0; i < w->job_count; i++)
		kind[w->job[i].shape_idx].share++;
	for (uint32_t i = 0; i < w->shape_count; i++)
		if (kind[i].demand.gpus)
			kind[n++] = kind[i];
	qsort(kind, n, sizeof(*kind), compare_kinds);
	n = merge(kind, n);
	qsort(kind, n, sizeof(*kind), by_share);
	idle->kind_count = n < WEFT_IDLE_KINDS ? n : WEFT_IDLE_KINDS;
	memcpy(idle->kind, kind, idle->kind_count * sizeof(*kind));
	free(kind);
	return 0;
}

int weft_idle_init(struct weft_idle *idle, const struct weft_machine *machine,
		   const struct weft_workload *w, uint64_t looks)
{
	uint32_t nodes = machine->cluster.node_count;

	*idle = (struct weft_idle) { 0 };
	idle->room = malloc(nodes * sizeof(*idle->room));
	idle->place = malloc(nodes * sizeof(*idle->place));
	idle->type_count = machine->cluster.gpu_type_count;
	if (!idle->room || !idle->place || find_kinds(idle, w)) {
		weft_idle_fini(idle);
		return -ENOMEM;
	}
	idle->per_point = (uint32_t)(looks / WEFT_IDLE_SERIES + 1);
	return 0;
}

void weft_idle_fini(struct weft_idle *idle)
{
	free(idle->room);
	free(idle->place);
	idle->room = NULL;
	idle->place = NULL;
}

/* ---- one look ------------------------------------------------------------------ */

/* GPUs of a set by type; those of none come last. */
static void count_types(const struct weft_idle *idle, weft_gpuset_t gpus,
			const weft_gpuset_t *of_type,
			uint32_t count[WEFT_GPU_TYPES_MAX + 1])
{
	for (uint32_t t = 0; t < idle->type_count; t++) {
		count[t] = weft_bits_count(gpus & of_type[t]);
		gpus &= ~of_type[t];
	}
	count[idle->type_count] = weft_bits_count(gpus);
}

static void note_taken(struct weft_idle *idle, const struct weft_room *room,
		       weft_gpuset_t gpus)
{
	uint32_t count[WEFT_GPU_TYPES_MAX + 1];

	count_types(idle, gpus, room->of_type, count);
	for (uint32_t t = 0; t <= idle->type_count; t++)
		idle->type[t].idle_fits += count[t];
}

/* Sizes that waiting jobs would take of what is idle now. */
static double fill(struct weft_idle *idle, const struct weft_sim *sim,
		   bool of_gpus)
{
	const struct weft_workload *w = weft_sim_workload(sim);
	const struct weft_shape *refused = NULL;
	uint32_t count, nodes = w->all->size;
	const uint32_t *queue = weft_sim_queue(sim, &count);
	double taken = 0;

	memcpy(idle->room, weft_sim_room(sim), nodes * sizeof(*idle->room));
	for (uint32_t i = 0; i < count; i++) {
		const struct weft_shape *s = &w->shape[w->job[queue[i]].shape_idx];

		if (refused && weft_stock_asks_more(s, refused))
			continue;
		if (!weft_stock_choose(idle->room, nodes, NULL, s,
				       idle->place)) {
			refused = s;
			continue;
		}
		weft_stock_take(idle->room, s, idle->place, s->nodes_min);
		for (uint32_t k = 0; of_gpus && k < s->nodes_min; k++)
			note_taken(idle, &idle->room[idle->place[k].node_idx],
				   idle->place[k].gpus);
		taken += (double)s->nodes_min * (of_gpus ? s->per_node.gpus :
						 s->per_node.cpus);
	}
	return taken;
}

/*
 * The part of the node's free GPUs of a type (type_count: of none) that a job
 * drawn from those that may have them could not use.
 */
static double waste(const struct weft_idle *idle, const struct weft_room *room,
		    uint32_t node_idx, uint32_t type_idx)
{
	double wasted = 0, all = 0;

	for (uint32_t i = 0; i < idle->kind_count; i++) {
		const struct weft_idle_kind *k = &idle->kind[i];
		uint32_t avail;

		if (!weft_idxset_has(k->nodes, node_idx) ||
		    (k->gpu_type_idx >= 0 &&
		     (uint32_t)k->gpu_type_idx != type_idx))
			continue;
		all += k->share;
		avail = weft_bits_count(weft_room_gpus(room, k->gpu_type_idx));
		if (k->demand.gpus > avail || k->demand.cpus > room->cpus ||
		    k->demand.mem_mib > room->mem_mib)
			wasted += k->share;
		else
			wasted += k->share * (avail % k->demand.gpus) / avail;
	}
	return all > 0 ? wasted / all : 1;
}

/* A node with GPUs. */
static void add_node(struct weft_idle *idle, const struct weft_node *node,
		     const struct weft_room *room, uint32_t node_idx)
{
	uint32_t has[WEFT_GPU_TYPES_MAX + 1], free[WEFT_GPU_TYPES_MAX + 1];

	count_types(idle, weft_gpus_below(node->total.gpus),
		    node->gpus_of_type, has);
	count_types(idle, room->gpus, node->gpus_of_type, free);
	for (uint32_t t = 0; t <= idle->type_count; t++) {
		struct weft_idle_sum *sum = &idle->type[t];

		sum->capacity += has[t];
		sum->held += has[t] - free[t];
		if (free[t])
			sum->stranded += free[t] *
				waste(idle, room, node_idx, t);
	}
}

static void add_point(struct weft_idle *idle, int64_t sec, double held,
		      double fits, double stranded, uint32_t waiting)
{
	uint64_t at = (idle->looks - 1) / idle->per_point;

	if (at >= WEFT_IDLE_SERIES)
		return;
	if ((idle->looks - 1) % idle->per_point == 0)
		idle->series[at].sec = sec;
	idle->series_count = (uint32_t)at + 1;
	idle->series[at].held += held / idle->per_point;
	idle->series[at].fits += fits / idle->per_point;
	idle->series[at].stranded += stranded / idle->per_point;
	idle->series[at].waiting += (double)waiting / idle->per_point;
}

/* The sums of all types, less what they were before. */
static struct weft_idle_sum sum_types(const struct weft_idle *idle)
{
	struct weft_idle_sum sum = { 0 };

	for (uint32_t t = 0; t <= idle->type_count; t++) {
		sum.capacity += idle->type[t].capacity;
		sum.held += idle->type[t].held;
		sum.stranded += idle->type[t].stranded;
	}
	return sum;
}

static struct weft_idle_sum look_at_cpus(const struct weft_sim *sim,
					 uint32_t node_count)
{
	const struct weft_room *room = weft_sim_room(sim);
	const struct weft_node *node = weft_sim_nodes(sim);
	struct weft_idle_sum now = { 0 };

	for (uint32_t i = 0; i < node_count; i++) {
		now.capacity += node[i].total.cpus;
		now.held += (double)node[i].total.cpus - room[i].cpus;
	}
	return now;
}

static struct weft_idle_sum look_at_gpus(struct weft_idle *idle,
					 const struct weft_sim *sim,
					 uint32_t node_count)
{
	const struct weft_room *room = weft_sim_room(sim);
	const struct weft_node *node = weft_sim_nodes(sim);
	struct weft_idle_sum before = sum_types(idle), now;

	for (uint32_t i = 0; i < node_count; i++)
		if (node[i].total.gpus)
			add_node(idle, &node[i], &room[i], i);
	now = sum_types(idle);
	now.capacity -= before.capacity;
	now.held -= before.held;
	now.stranded -= before.stranded;
	return now;
}

void weft_idle_look(void *arg, const struct weft_sim *sim, int64_t sec)
{
	struct weft_idle *idle = arg;
	uint32_t waiting, nodes = weft_sim_workload(sim)->all->size;
	struct weft_idle_sum now = look_at_gpus(idle, sim, nodes);
	bool of_gpus = now.capacity > 0;

	if (!of_gpus)
		now = look_at_cpus(sim, nodes);
	now.idle_fits = fill(idle, sim, of_gpus);
	weft_sim_queue(sim, &waiting);
	idle->looks++;
	idle->all.capacity += now.capacity;
	idle->all.held += now.held;
	idle->all.idle_fits += now.idle_fits;
	idle->all.stranded += now.stranded;
	add_point(idle, sec, now.held / now.capacity,
		  now.idle_fits / now.capacity, now.stranded / now.capacity,
		  waiting);
}
