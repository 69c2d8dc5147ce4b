/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sim_stock.c - see sim_stock.h
 *
 * cons_tres without a topology plugin looks at runs of consecutive usable
 * nodes.  A run that holds the whole job is better than one that does not;
 * among those that hold it the smallest, among others the largest, which is
 * then filled from its lowest node, and so on until the job has its nodes.
 * (plugins/select/cons_tres/job_test.c, _eval_nodes, of Slurm 22.05.)
 *
 * Left out: weights, required nodes, core placement inside the node.
 *
 * Cost: O(nodes * runs used).
 */
#include "config.h"

#include "sched/sim_stock.h"

static bool may_use(const struct weft_room *room,
		    const struct weft_idxset *allowed,
		    const struct weft_shape *shape, uint32_t i)
{
	return (!allowed || weft_idxset_has(allowed, i)) &&
		weft_idxset_has(shape->nodes, i) &&
		weft_room_holds(&room[i], shape);
}

struct run {
	uint32_t first, count;
};

/*
 * The best run of those not yet taken.  Runs that hold too little are taken
 * by falling size, then by rising index, so those left come after the last.
 */
static struct run best_run(const struct weft_room *room, uint32_t node_count,
			   const struct weft_idxset *allowed,
			   const struct weft_shape *shape, uint32_t want,
			   struct run last)
{
	struct run best = { 0, 0 }, run = { 0, 0 };

	for (uint32_t i = 0; i <= node_count; i++) {
		if (i < node_count && may_use(room, allowed, shape, i)) {
			run.first = run.count ? run.first : i;
			run.count++;
			continue;
		}
		if ((run.count < last.count ||
		     (run.count == last.count && run.first > last.first)) &&
		    (best.count >= want ?
		     run.count >= want && run.count < best.count :
		     run.count > best.count))
			best = run;
		run.count = 0;
	}
	return best;
}

static bool enough(const struct weft_room *room, uint32_t node_count,
		   const struct weft_idxset *allowed,
		   const struct weft_shape *shape)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < node_count && n < shape->nodes_min; i++)
		n += may_use(room, allowed, shape, i);
	return n >= shape->nodes_min;
}

bool weft_stock_fits(const struct weft_room *room, uint32_t node_count,
		     const struct weft_shape *shape)
{
	return enough(room, node_count, NULL, shape);
}

bool weft_stock_asks_more(const struct weft_shape *shape,
			  const struct weft_shape *than)
{
	return shape->nodes == than->nodes &&
		shape->gpu_type_idx == than->gpu_type_idx &&
		shape->nodes_min >= than->nodes_min &&
		shape->per_node.cpus >= than->per_node.cpus &&
		shape->per_node.gpus >= than->per_node.gpus &&
		shape->per_node.mem_mib >= than->per_node.mem_mib;
}

bool weft_stock_choose(const struct weft_room *room, uint32_t node_count,
		       const struct weft_idxset *allowed,
		       const struct weft_shape *shape,
		       struct weft_place *ret_place)
{
	struct run run = { 0, UINT32_MAX };
	uint32_t n = 0, want = shape->nodes_min;

	if (!enough(room, node_count, allowed, shape))
		return false;
	while (n < want) {
		run = best_run(room, node_count, allowed, shape, want - n,
			       run);
		for (uint32_t i = 0; i < run.count && n < want; i++)
			ret_place[n++] = (struct weft_place) {
				.node_idx = run.first + i,
				.gpus = weft_bits_lowest(
					weft_room_gpus(&room[run.first + i],
						       shape->gpu_type_idx),
					shape->per_node.gpus),
			};
	}
	return true;
}

void weft_stock_take(struct weft_room *room, const struct weft_shape *shape,
		     const struct weft_place *place, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		struct weft_room *r = &room[place[i].node_idx];

		r->cpus -= shape->per_node.cpus;
		r->mem_mib -= shape->per_node.mem_mib;
		r->gpus &= ~place[i].gpus;
	}
}
