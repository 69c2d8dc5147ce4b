/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sim_idle.h - what a schedule leaves lying, sampled while it runs
 *
 * At each look: how much of the machine is held; how much is idle although
 * waiting jobs fit on it (each taken in the order of the queue until no more
 * fits, whatever a plan keeps free for others); and how much of what is idle
 * a job drawn from the whole history could not use (fragmentation).
 *
 * In GPUs, or in CPUs on a machine without GPUs (then without fragmentation).
 */
#ifndef WEFT_SCHED_SIM_IDLE_H
#define WEFT_SCHED_SIM_IDLE_H

#include "sched/mix.h"
#include "sched/sim.h"

#define WEFT_IDLE_SERIES 240

struct weft_idle {
	struct weft_mix mix;
	struct weft_room *room;		/* scratch, and places */
	struct weft_place *place;
	uint64_t looks;
	double capacity, held, idle_fits, stranded;	/* sums over looks */
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
