/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sched_world.h - small random clusters and queues, and what is free on them
 *
 * Beside the cluster as the planner sees it a world keeps, for each node and
 * each second, what is free: the oracle's view.  Times begin at 0.
 */
#ifndef WEFT_TESTS_UNIT_SCHED_WORLD_H
#define WEFT_TESTS_UNIT_SCHED_WORLD_H

#include "sched/plan.h"
#include "tests/unit/unit.h"

#define NODES 5
#define SPAN 90			/* seconds the oracle looks ahead */
#define WINDOW 40
#define JOBS 10
#define SHAPES 4
#define LICENSES 2

struct second {
	int cpus, mem, users, whole;
	weft_gpuset_t gpus;
};

struct world {
	struct weft_cluster c;
	struct weft_node node[NODES];
	struct weft_running running[16];
	struct weft_hold hold[16];
	struct weft_license_use use[16];
	uint32_t license_total[LICENSES];
	const char *license_name[LICENSES];
	struct weft_reservation resv[1];
	struct weft_shape shape[SHAPES];
	struct weft_license_use shape_use[SHAPES];
	struct weft_idxset *set[2 * SHAPES + 1];
	struct weft_job job[JOBS];
	struct weft_policy policy;
	struct second at[NODES][SPAN];
	int licenses[LICENSES][SPAN];
	unsigned long long seed;
};

/* 0 .. sides - 1 */
unsigned int world_dice(struct world *w, unsigned int sides);

/* The same seed makes the same world; world_fini() when done. */
void world_make(struct world *w, unsigned long long seed);
void world_fini(struct world *w);

/* Make shapes of one kind, which ask for more or less of the same. */
void world_make_siblings(struct world *w);

/* Take the hold on [start, end) of what is free; fails the test if it is not. */
void world_take(struct world *w, const struct weft_hold *h, int64_t start,
		int64_t end);

#endif
