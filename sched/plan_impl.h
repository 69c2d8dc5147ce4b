/* SPDX-License-Identifier: GPL-2.0-or-later */
/* plan_impl.h - what plan.c and planner.c share: the state of one cycle */
#ifndef WEFT_SCHED_PLAN_IMPL_H
#define WEFT_SCHED_PLAN_IMPL_H

#include "sched/diagnose.h"
#include "sched/plan.h"
#include "sched/search.h"

struct weft_shape_state {
	bool not_now;		/* did not fit now */
	bool beyond;		/* did not fit within the window either */
	bool judged, never;	/* could it start on the empty cluster? */
	bool diagnosed;
	bool far;		/* nor before hold_sec is over */
	bool waited;		/* a job of it has been counted among those that wait */
	struct weft_reason reason;
};

/* Who is on a node, and until when: a list a node, for blame. */
struct weft_holder {
	uint32_t job_id, next;
	int64_t end_sec;
};

struct weft_planner {
	const struct weft_cluster *cluster;
	const struct weft_policy *policy;
	const struct weft_shape *shape;
	uint32_t shape_count;
	const struct weft_job *job;
	uint32_t job_count;
	uint32_t *turn;		/* job indices in the order of the policy */
	uint32_t taken;		/* jobs looked at */
	uint32_t hopeful;	/* jobs from here on cannot start now */
	uint32_t hope_taken, hope_started;	/* as of the last look at that */
	struct weft_timeline *all, *base;	/* starts_only: no base */
	uint32_t base_changes;	/* jobs put on base */
	struct weft_placer *placer;
	struct weft_candidate *scratch;	/* [node] */
	struct weft_search *search;
	struct weft_mix mix;
	struct weft_shape_state *state;
	uint32_t *licenses_free;
	struct weft_diagnosis *diagnosis;	/* starts_only: none */
	uint32_t *holder_first;		/* [node_idx] */
	struct weft_holder *holder;
	uint32_t holder_count, holder_cap;
	struct weft_plan *plan;
	uint32_t decision_cap, place_cap, blocker_cap, advice_cap;
	/* whatif.c: shape[shape_count] is for what jobs could ask instead. */
	struct weft_shape *own_shape;	/* NULL: shape is the caller's */
	uint32_t waiting_shapes;	/* seen so far */
	int64_t begin_usec;	/* of the cycle, by policy->clock_usec */
	struct weft_gangs *gangs;	/* gang.c; NULL: all jobs are alone */
};

/*
 * Can no job from this turn on start now?  True is certain; false may be out
 * of date.  0 or -ENOMEM.
 */
int weft_planner_is_hopeless(struct weft_planner *p, uint32_t turn_idx,
			     bool *ret_hopeless);

/*
 * Does the shape fit now, beside all that is held?  Not exact for segments and
 * few switches: true then.  0 or -ENOMEM.
 */
int weft_planner_fits_now(struct weft_planner *p, uint32_t shape_idx,
			  bool *ret_fits);

int weft_planner_init(struct weft_planner *p, struct weft_err *err);
void weft_planner_fini(struct weft_planner *p);

/*
 * The turn of a job that starts together with others: they are planned when the
 * last of them has its turn.  0 or -ENOMEM.
 */
int weft_planner_gang(struct weft_planner *p, uint32_t job_idx);

/* As far as is known already: its gang cannot start now. */
bool weft_planner_gang_is_hopeless(const struct weft_planner *p,
				   const struct weft_job *job);

/* *ret_gangs is NULL if all jobs are alone.  0 or -ENOMEM. */
int weft_gangs_create(const struct weft_job *jobs, uint32_t job_count,
		      uint32_t node_count, struct weft_gangs **ret_gangs);
void weft_gangs_destroy(struct weft_gangs *gangs);

/* The reason why this shape does not start now; found once a cycle. */
struct weft_reason weft_planner_why_not_now(struct weft_planner *p,
					    uint32_t shape_idx);

/* No place was found within the bounds of the search. */
void weft_planner_refuse(struct weft_planner *p, const struct weft_job *job,
			 bool whole_window, struct weft_decision *d);

/* Asked where no place was found: a shape that no cluster state would suit. */
bool weft_planner_is_impossible(struct weft_planner *p, uint32_t shape_idx);

bool weft_planner_misses_deadline(const struct weft_job *job, int64_t start,
				  uint32_t limit_sec);

/*
 * The limit at which the job ends before its deadline: a shorter one than
 * limit_sec, in whole minutes, if --time-min allows that.
 */
uint32_t weft_planner_limit_for(const struct weft_planner *p,
				const struct weft_job *job, int64_t start,
				uint32_t limit_sec);

/* May the next job have a later place? */
bool weft_planner_is_deep(const struct weft_planner *p);

/* How far ahead this job may hold a place. */
int64_t weft_planner_hold_until(const struct weft_planner *p,
				const struct weft_job *job);

/* Fills the decision's places, and takes them unless it is only told. */
int weft_planner_hold(struct weft_planner *p, const struct weft_job *job,
		      const struct weft_found *found, struct weft_decision *d);

/* Name the jobs whose end the decision waits for. */
int weft_planner_blame(struct weft_planner *p, struct weft_decision *d);

#endif
