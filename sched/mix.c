/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mix.c - see mix.h
 *
 * The most frequent demands are found in one pass over the queue with a small
 * table: a demand not in it replaces the rarest entry and inherits its count
 * (Space-Saving, Metwally et al., ICDT'05), so the frequent ones survive
 * whatever the order of the queue.
 */
#include "config.h"

#include "sched/mix.h"
#include "sched/shape.h"

#define TASKS_COUNTED_MAX 1000

static void add_demand(struct weft_mix *mix, const struct weft_amount *demand,
		       double weight)
{
	uint32_t rarest = 0;

	for (uint32_t i = 0; i < mix->count; i++) {
		if (weft_amount_equals(&mix->item[i].demand, demand)) {
			mix->item[i].share += weight;
			return;
		}
		if (mix->item[i].share < mix->item[rarest].share)
			rarest = i;
	}
	if (mix->count < WEFT_MIX_MAX) {
		mix->item[mix->count].demand = *demand;
		mix->item[mix->count++].share = weight;
		return;
	}
	mix->item[rarest].demand = *demand;
	mix->item[rarest].share += weight;
}

void weft_mix_from_jobs(struct weft_mix *mix, const struct weft_shape *shapes,
			const struct weft_job *jobs, uint32_t job_count)
{
	double sum = 0;

	mix->count = 0;
	for (uint32_t i = 0; i < job_count; i++) {
		const struct weft_shape *shape = &shapes[jobs[i].shape_idx];
		struct weft_amount demand = weft_shape_need(shape).amount;
		uint32_t tasks = jobs[i].array_tasks ? jobs[i].array_tasks : 1;

		if (!demand.gpus)
			continue;
		add_demand(mix, &demand, tasks < TASKS_COUNTED_MAX ?
			   tasks : TASKS_COUNTED_MAX);
	}
	for (uint32_t i = 0; i < mix->count; i++)
		sum += mix->item[i].share;
	for (uint32_t i = 0; i < mix->count; i++)
		mix->item[i].share /= sum;
}

double weft_mix_fragmentation(const struct weft_mix *mix, uint32_t cpus,
			      uint64_t mem_mib, uint32_t gpus)
{
	double wasted = 0;

	for (uint32_t i = 0; i < mix->count; i++) {
		const struct weft_amount *want = &mix->item[i].demand;

		if (want->gpus > gpus || want->cpus > cpus ||
		    want->mem_mib > mem_mib)
			wasted += mix->item[i].share * gpus;
		else
			wasted += mix->item[i].share * (gpus % want->gpus);
	}
	return wasted;
}
