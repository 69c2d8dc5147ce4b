/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sim_idle.h - what a schedule leaves lying, sampled while it runs
 *
 * At each look: how much of the machine is held; how much is idle although
 * waiting jobs fit on it (each taken in the order of the queue until no more
 * fits, whatever a plan keeps free for others); and how much of what is idle
 * a job drawn from the history could not use (fragmentation), of those jobs
 * that may run there: their nodes, and their type of GPU.
 *
 * In GPUs, or in CPUs on a machine without GPUs (then without fragmentation).
 */
#ifndef WEFT_SCHED_SIM_IDLE_H
#define WEFT_SCHED_SIM_IDLE_H

#include "sched/sim.h"

#define WEFT_IDLE_SERIES 240

#define WEFT_IDLE_KINDS 32	/* the most frequent demands of the history */

/* Sums over looks, of GPUs (CPUs without): divide by capacity. */
struct weft_idle_sum {
	double capacity, held, idle_fits, stranded;
};

/* What jobs ask of one node, where, and their part of all such jobs. */
struct weft_idle_kind {
	struct weft_amount demand;
	int32_t gpu_type_idx;	/* -1: any */
	const struct weft_idxset *nodes;
	uint32_t shape_idx;	/* the first that asks so */
	double share;
};

struct weft_idle {
	struct weft_idle_kind kind[WEFT_IDLE_KINDS];
	uint32_t kind_count, type_count;
	struct weft_room *room;		/* scratch, and places */
	struct weft_place *place;
	uint64_t looks;
	struct weft_idle_sum all;
	/* The machine's types of GPU by index, then GPUs of none. */
	struct weft_idle_sum type[WEFT_GPU_TYPES_MAX + 1];
	/* The same over time, for pictures: each of some looks together. */
	uint32_t series_count, per_point;
	struct {
		int64_t sec;
		double held, fits, stranded, waiting;	/* 0 .. 1; jobs */
	} series[WEFT_IDLE_SERIES];
};

/* looks: how many will be made, about.  0 or -ENOMEM. */
int weft_idle_init(struct weft_idle *idle, const struct weft_machine *machine,
		   const struct weft_workload *w, uint64_t looks);
void weft_idle_fini(struct weft_idle *idle);
/* For struct weft_sim_watch; arg is the struct weft_idle. */
void weft_idle_look(void *arg, const struct weft_sim *sim, int64_t sec);

#endif
