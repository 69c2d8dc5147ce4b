/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * score.c - see score.h
 *
 * One number, so that nodes are compared once: 28 bits of weight, 1 of "has
 * GPUs", 8 of harm, 7 of GPUs free, 20 of CPUs free.
 *
 * The harm is what is stranded: the fragmentation gradient (mix.h) of a job on a single node, in
 * halves of a GPU.  Jobs of several nodes take whole ones: nothing is looked
 * at for them.
 *
 * A job that lasts for days is another matter: what it strands now is nothing
 * beside the days for which its node cannot be emptied.  Its eight bits are the
 * time by which it puts off the moment when all of the node is free, in hours,
 * and beyond five days in days: long jobs come to lie beside long ones, and other nodes become
 * free for those who need them whole (docs/design/0083).
 *
 * Cost: O(WEFT_MIX_MAX).
 */
#include "config.h"

#include "lib/bits.h"
#include "sched/score.h"

#define HOUR 3600
#define HOURS_TOLD 120	/* a longer time counts in days: 255 steps are 140 days */

/* GPUs that the job would strand for the mix, in halves, from 0 (64 fewer). */
static uint64_t stranded(const struct weft_mix *mix,
			 const struct weft_shape *shape,
			 const struct weft_free *free, uint32_t gpus)
{
	struct weft_amount take;
	double more;

	if (!mix || shape->nodes_min > 1)
		return 128;
	take = weft_shape_need(shape).amount;
	if (!take.gpus || take.gpus > gpus || take.cpus > free->cpus ||
	    take.mem_mib > free->mem_mib)
		return 128;
	more = weft_mix_fragmentation(mix, free->cpus - take.cpus,
				      free->mem_mib - take.mem_mib,
				      gpus - take.gpus) -
		weft_mix_fragmentation(mix, free->cpus, free->mem_mib, gpus);
	more = (more + 64) * 2;
	return more < 0 ? 0 : more > 255 ? 255 : (uint64_t)more;
}

static uint64_t combine(const struct weft_node *node,
			const struct weft_free *free, uint64_t harm)
{
	uint64_t gpus = weft_bits_count(free->gpus);
	uint64_t cpus = free->cpus < (1u << 20) ? free->cpus : (1u << 20) - 1;
	uint64_t weight = node->weight < (1u << 28) ? node->weight :
		(1u << 28) - 1;

	return weight << 36 | (node->total.gpus ? UINT64_C(1) << 35 : 0) |
		harm << 27 | gpus << 20 | cpus;
}

uint64_t weft_score(const struct weft_mix *mix, const struct weft_shape *shape,
		    const struct weft_node *node, const struct weft_free *free)
{
	return combine(node, free, stranded(mix, shape, free,
					    weft_bits_count(free->gpus)));
}

uint64_t weft_score_lasting(const struct weft_node *node,
			    const struct weft_free *free, int64_t clear_sec,
			    int64_t end_sec)
{
	int64_t steps = end_sec > clear_sec ?
		(end_sec - clear_sec) / HOUR : 0;

	if (steps > HOURS_TOLD)
		steps = HOURS_TOLD + (steps - HOURS_TOLD) / 24;

	return combine(node, free, steps > 255 ? 255 : (uint64_t)steps);
}

uint64_t weft_score_like(struct weft_scored *last, const struct weft_mix *mix,
			 const struct weft_shape *shape,
			 const struct weft_node *node,
			 const struct weft_free *free)
{
	if (last->valid && last->free.cpus == free->cpus &&
	    last->free.mem_mib == free->mem_mib &&
	    last->free.gpus == free->gpus && last->weight == node->weight &&
	    last->gpus == node->total.gpus)
		return last->score;
	*last = (struct weft_scored) { *free, node->weight, node->total.gpus,
				       weft_score(mix, shape, node, free), true };
	return last->score;
}
