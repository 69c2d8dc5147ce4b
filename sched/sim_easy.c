/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sim_easy.c - EASY backfilling: only the first job that waits has a place
 *
 * Jobs start in order until one does not fit.  That head gets the earliest
 * time at which running jobs, by their limits, leave it room (the shadow), and
 * the nodes it would then take.  Jobs behind it start now if they end before
 * the shadow, or use nothing that the head needs then.
 *
 * Source: Lifka, "The ANL/IBM SP Scheduling System", JSSPP 1995.  What the
 * head needs is judged by GPU, CPU and memory of each node; nodes are chosen
 * as stock Slurm does.
 *
 * Cost: O(running log running + waiting * nodes) a decision.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sched/sim_stock.h"

struct easy {
	struct weft_place *place;
	struct weft_room *then;		/* at the shadow, head placed */
	struct weft_room *both;		/* free now and then */
	struct weft_endings endings;
};

static void easy_destroy(void *arg)
{
	struct easy *easy = arg;

	if (!easy)
		return;
	free(easy->place);
	free(easy->then);
	free(easy->both);
	weft_endings_fini(&easy->endings);
	free(easy);
}

static void *easy_create(const struct weft_sim_settings *settings,
			 const struct weft_sim *sim)
{
	struct easy *easy = calloc(1, sizeof(*easy));
	const struct weft_workload *w = weft_sim_workload(sim);
	uint32_t nodes = w->all->size;

	(void)settings;
	if (!easy)
		return NULL;
	easy->place = malloc(nodes * sizeof(*easy->place));
	easy->then = malloc(nodes * sizeof(*easy->then));
	easy->both = malloc(nodes * sizeof(*easy->both));
	if (!easy->place || !easy->then || !easy->both) {
		easy_destroy(easy);
		return NULL;
	}
	return easy;
}

/* Leave easy->then as it is when the head has started; returns the time. */
static int64_t find_shadow(struct easy *easy, const struct weft_sim *sim,
			   const struct weft_cluster *c,
			   const struct weft_shape *head)
{
	const struct weft_ending *end = easy->endings.ending;

	memcpy(easy->then, weft_sim_room(sim),
	       c->node_count * sizeof(*easy->then));
	for (uint32_t i = 0; i < c->running_count; i++) {
		weft_endings_release(c, end[i].running_idx, easy->then);
		if (i + 1 < c->running_count &&
		    end[i + 1].sec == end[i].sec)
			continue;
		if (weft_stock_choose(easy->then, c->node_count, NULL, head,
				      easy->place)) {
			weft_stock_take(easy->then, head, easy->place,
					head->nodes_min);
			return end[i].sec;
		}
	}
	return WEFT_TIME_NEVER;
}

/* What may be held past the shadow: free now, and not the head's then. */
static void meet(struct easy *easy, const struct weft_sim *sim,
		 uint32_t node_count)
{
	const struct weft_room *now = weft_sim_room(sim);

	for (uint32_t i = 0; i < node_count; i++) {
		const struct weft_room *then = &easy->then[i];

		easy->both[i] = (struct weft_room) {
			.cpus = now[i].cpus < then->cpus ? now[i].cpus :
				then->cpus,
			.mem_mib = now[i].mem_mib < then->mem_mib ?
				now[i].mem_mib : then->mem_mib,
			.gpus = now[i].gpus & then->gpus,
			.of_type = now[i].of_type,
		};
	}
}

/* Start the job now if that cannot delay the head. */
static int fill_in(struct easy *easy, struct weft_sim *sim, uint32_t node_count,
		   uint32_t job_idx, int64_t shadow, struct weft_err *err)
{
	const struct weft_workload *w = weft_sim_workload(sim);
	const struct weft_shape *shape = &w->shape[w->job[job_idx].shape_idx];
	bool past = weft_time_after(weft_sim_now(sim), shape->limit_sec) >
		shadow;
	const struct weft_room *room = past ? easy->both : weft_sim_room(sim);
	int rc;

	if (!weft_stock_choose(room, node_count, NULL, shape, easy->place))
		return 0;
	rc = weft_sim_start(sim, job_idx, easy->place, shape->nodes_min, err);
	if (rc == 0 && past)
		weft_stock_take(easy->then, shape, easy->place,
				shape->nodes_min);
	if (rc == 0)
		meet(easy, sim, node_count);
	return rc;
}

static int easy_decide(void *arg, struct weft_sim *sim, struct weft_err *err)
{
	struct easy *easy = arg;
	const struct weft_workload *w = weft_sim_workload(sim);
	const struct weft_cluster *c;
	const struct weft_shape *shape = NULL;
	int64_t shadow;
	uint32_t count, i;
	const uint32_t *queue = weft_sim_queue(sim, &count);
	int rc = 0;

	for (i = 0; i < count; i++) {
		shape = &w->shape[w->job[queue[i]].shape_idx];
		if (!weft_stock_choose(weft_sim_room(sim), w->all->size, NULL,
				       shape, easy->place))
			break;
		rc = weft_sim_start(sim, queue[i], easy->place,
				    shape->nodes_min, err);
		if (rc)
			return rc;
	}
	if (i + 1 >= count)
		return 0;
	c = weft_sim_cluster(sim);
	if (!c || weft_endings_sort(&easy->endings, c))
		return weft_err_set(err, ENOMEM, "no memory for a snapshot");
	shadow = find_shadow(easy, sim, c, shape);
	meet(easy, sim, c->node_count);
	for (i++; rc == 0 && i < count; i++)
		rc = fill_in(easy, sim, c->node_count, queue[i], shadow, err);
	return rc;
}

const struct weft_sim_policy weft_sim_easy = {
	.name = "easy",
	.summary = "EASY: only the first job that waits has a place",
	.create = easy_create,
	.destroy = easy_destroy,
	.decide = easy_decide,
};
