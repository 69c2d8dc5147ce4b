/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * planner.h - what one cycle works with, for plan.c
 */
#ifndef WEFT_SCHED_PLANNER_H
#define WEFT_SCHED_PLANNER_H

#include "sched/diagnose.h"
#include "sched/plan.h"

#define WEFT_BLOCKERS_MAX 8	/* named in one reason */

struct weft_shape_state {
	struct weft_shape_cache cache;
	bool now_failed;	/* does not fit now; cannot again this cycle */
	bool diagnosed;
	struct weft_reason reason;
};

/* Who holds a node until when: running jobs, then those planned. */
struct weft_user {
	uint32_t job_id;
	uint32_t next;		/* of the same node, UINT32_MAX ends */
	int64_t until_sec;
};

struct weft_planner {
	const struct weft_cluster *cluster;
	const struct weft_policy *policy;
	const struct weft_shape *shapes;
	uint32_t shape_count;
	const struct weft_job *jobs;
	struct weft_mix mix;
	struct weft_timeline *tl, *base;
	struct weft_licenses *licenses, *base_licenses;
	struct weft_placer *placer;
	struct weft_search search, base_search;
	struct weft_shape_state *state;		/* [shape_count] */
	struct weft_place *place;		/* [node_count], scratch */
	struct weft_user *user;
	uint32_t user_count, user_cap;
	uint32_t *user_of;			/* [node_idx], UINT32_MAX: none */
	uint32_t planned;	/* of plan_depth */
	uint32_t waiting;	/* jobs that were told to wait */
	uint32_t decision_cap, place_cap, blocker_cap;
	struct weft_plan *plan;
};

int weft_planner_init(struct weft_planner *p, struct weft_err *err);
void weft_planner_fini(struct weft_planner *p);

/* Growing arrays: 0 or -ENOMEM. */
int weft_planner_reserve_places(struct weft_planner *p, uint32_t count);
int weft_planner_add_decision(struct weft_planner *p,
			      const struct weft_decision *decision);
/* Remember who holds the places, for the reasons of the jobs behind. */
int weft_planner_note_planned(struct weft_planner *p, uint32_t job_id,
			      const struct weft_decision *decision);
/* The jobs whose ends the planned start waits for, latest first. */
int weft_planner_add_blockers(struct weft_planner *p,
			      struct weft_decision *decision);

#endif
