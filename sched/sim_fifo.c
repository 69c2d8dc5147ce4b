/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sim_fifo.c - strictly in order: nobody passes the first job that must wait
 *
 * The yardstick that every scheduler must beat, and the upper end of
 * fairness.  Nodes are chosen as stock Slurm does.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>

#include "sched/sim_stock.h"

static void *fifo_create(const struct weft_sim_settings *settings,
			 const struct weft_sim *sim)
{
	const struct weft_workload *w = weft_sim_workload(sim);
	uint32_t nodes = 1;

	(void)settings;
	for (uint32_t i = 0; i < w->shape_count; i++)
		if (w->shape[i].nodes_min > nodes)
			nodes = w->shape[i].nodes_min;
	return malloc(nodes * sizeof(struct weft_place));
}

static int fifo_decide(void *state, struct weft_sim *sim, struct weft_err *err)
{
	const struct weft_workload *w = weft_sim_workload(sim);
	const struct weft_cluster *c = weft_sim_cluster(sim);
	struct weft_place *place = state;
	uint32_t count;
	const uint32_t *queue = weft_sim_queue(sim, &count);
	int rc = c ? 0 : -ENOMEM;

	for (uint32_t i = 0; rc == 0 && i < count; i++) {
		const struct weft_shape *shape =
			&w->shape[w->job[queue[i]].shape_idx];

		if (!weft_stock_choose(weft_sim_room(sim), c->node_count, NULL,
				       shape, place))
			break;
		rc = weft_sim_start(sim, queue[i], place, shape->nodes_min, err);
	}
	return rc;
}

const struct weft_sim_policy weft_sim_fifo = {
	.name = "fifo",
	.summary = "strictly in order",
	.create = fifo_create,
	.destroy = free,
	.decide = fifo_decide,
};
