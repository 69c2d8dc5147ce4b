/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sim_idle.c - see sim_idle.h
 *
 * Filling the idle machine with what waits is greedy, in queue order, each
 * shape until it fits no more: a lower bound of what an exact packing would
 * place, and the same rule for every scheduler.
 *
 * Source of fragmentation: Weng et al., USENIX ATC'23 (see mix.h).
 *
 * Cost of a look: O(nodes * (mix + shapes that fit)).
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sched/sim_idle.h"
#include "sched/sim_stock.h"

#define MIX_JOBS 100000

static void make_mix(struct weft_idle *idle, const struct weft_workload *w)
{
	uint32_t count = w->job_count < MIX_JOBS ? w->job_count : MIX_JOBS;
	struct weft_job *jobs = calloc(count, sizeof(*jobs));

	idle->mix.count = 0;
	for (uint32_t i = 0; jobs && i < count; i++)
		jobs[i].shape_idx = w->job[(uint64_t)i * w->job_count / count]
			.shape_idx;
	if (jobs)
		weft_mix_from_jobs(&idle->mix, w->shape, jobs, count);
	free(jobs);
}

int weft_idle_init(struct weft_idle *idle, const struct weft_machine *machine,
		   const struct weft_workload *w, uint64_t looks)
{
	uint32_t nodes = machine->cluster.node_count;

	*idle = (struct weft_idle) { 0 };
	idle->room = malloc(nodes * sizeof(*idle->room));
	idle->place = malloc(nodes * sizeof(*idle->place));
	if (!idle->room || !idle->place) {
		weft_idle_fini(idle);
		return -ENOMEM;
	}
	idle->per_point = (uint32_t)(looks / WEFT_IDLE_SERIES + 1);
	make_mix(idle, w);
	return 0;
}

void weft_idle_fini(struct weft_idle *idle)
{
	free(idle->room);
	free(idle->place);
	idle->room = NULL;
	idle->place = NULL;
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
		taken += (double)s->nodes_min * (of_gpus ? s->per_node.gpus :
						 s->per_node.cpus);
	}
	return taken;
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

void weft_idle_look(void *arg, const struct weft_sim *sim, int64_t sec)
{
	struct weft_idle *idle = arg;
	const struct weft_workload *w = weft_sim_workload(sim);
	const struct weft_room *room = weft_sim_room(sim);
	const struct weft_node *node = weft_sim_nodes(sim);
	double gpus = 0, cpus = 0, gpus_free = 0, cpus_free = 0, stranded = 0;
	double all, held, fits;
	uint32_t waiting;

	for (uint32_t i = 0; i < w->all->size; i++) {
		uint32_t free = (uint32_t)__builtin_popcountll(room[i].gpus);

		gpus += node[i].total.gpus;
		cpus += node[i].total.cpus;
		gpus_free += free;
		cpus_free += room[i].cpus;
		if (free)
			stranded += weft_mix_fragmentation(&idle->mix,
							   room[i].cpus,
							   room[i].mem_mib,
							   free);
	}
	all = gpus > 0 ? gpus : cpus;
	held = gpus > 0 ? gpus - gpus_free : cpus - cpus_free;
	fits = fill(idle, sim, gpus > 0);
	weft_sim_queue(sim, &waiting);
	idle->looks++;
	idle->capacity += all;
	idle->held += held;
	idle->idle_fits += fits;
	idle->stranded += stranded;
	add_point(idle, sec, held / all, fits / all, stranded / all, waiting);
}
