/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * plan.h - one cycle of the scheduler: a snapshot in, decisions out
 *
 * Jobs arrive in the order of Slurm's priority, and are taken in the order
 * that the policy makes of it (policy.c).  The first plan_depth taken get a
 * place on the timeline, now or later (conservative backfill): nothing planned
 * after them in this cycle can delay them.  Those beyond may start now where
 * that delays no planned job, and otherwise learn only that they wait.
 *
 * Jobs of one gang (job.h) are planned as one, in the turn of the last of them,
 * at the earliest start that all have at once.
 *
 * A start further ahead than hold_sec is told and holds nothing: the job may be
 * passed until it has waited wait_max_sec.
 *
 * weft_plan_run() is the whole scheduler.  The plugin calls it in slurmctld,
 * the simulator in virtual time, `weft why` with a job that does not exist
 * yet: the same function on the same data.
 *
 * Cost: see plan.c.
 */
#ifndef WEFT_SCHED_PLAN_H
#define WEFT_SCHED_PLAN_H

#include "sched/job.h"
#include "sched/reason.h"
#include "lib/settings.h"

struct weft_policy {
	uint32_t plan_depth;	/* jobs given a place on the timeline; each
				 * task of an array is one */
	uint32_t plan_msec;	/* from when on in a cycle nobody gets a later place
				 * any more, by clock_usec; 0: no bound */
	uint32_t window_sec;	/* how far ahead the timeline reaches */
	uint32_t hold_sec;	/* starts further ahead hold no place, unless the
				 * job has waited wait_max_sec; 0: all do */
	uint32_t start_max;	/* starts in one cycle; 0: no bound */
	bool fragmentation;	/* place partial nodes by fragmentation gradient */
	uint32_t lasting_sec;	/* jobs that last longer put off least the moment when
				 * a node is all free; 0: none */
	int order;		/* enum weft_order */
	double ageing_weight;	/* of attained service, for WEFT_ORDER_SERVICE */
	double share_band;	/* priorities within this fraction are one band */
	uint32_t wait_max_sec;	/* who waits longer goes first in the band; 0: none */
	double wide_share;	/* jobs of this part of the nodes, and two or more, go
				 * first where they fit as it is; 0: none */
	int predict;		/* enum weft_predict_method, for WEFT_ORDER_SHORTEST */
	/*
	 * Not settings, but the caller's: searches to spend in this cycle on
	 * what jobs could ask instead (0: none), and with which of the shapes
	 * that wait to begin: plan.stats.whatif_next of the cycle before.
	 */
	uint32_t whatif_tests, whatif_from;
	/*
	 * Nodes that all places of one cycle may have together before nobody gets
	 * a later place any more, so that wide jobs do not take the memory of the
	 * process: 0: WEFT_PLACES_MAX.
	 */
	uint32_t places_max;
	/*
	 * Only who starts now is asked: the same starts, but planning ends
	 * where nobody behind could start, and nothing is said of those who
	 * wait.  whatif_tests counts for nothing then.
	 */
	bool starts_only;
	/*
	 * For plan_msec, and to tell how long the choice of GPUs takes
	 * (plan.stats.pick_usec): any clock that does not go back.  NULL: neither,
	 * and the same input gives the same plan.
	 */
	int64_t (*clock_usec)(void);
};

#define WEFT_PLACES_MAX 2000000	/* some 300 MB, with what they are on the timelines */

enum weft_order {
	WEFT_ORDER_PRIORITY,	/* as given */
	WEFT_ORDER_SERVICE,	/* least attained service inside a band first */
	WEFT_ORDER_SHORTEST,	/* shortest to run inside a band first */
};

/* Section "sched" of weft.json, keys of struct weft_policy. */
extern const struct weft_setting weft_policy_settings[];

/*
 * The order in which the policy takes jobs[] (in Slurm's order): ret_turn[i] is
 * the index of the i-th.  wide_now, [shape_idx] or NULL: weft_policy_is_wide()
 * and fits now.  0 or -ENOMEM.
 */
int weft_policy_order(const struct weft_policy *policy,
		      const struct weft_shape *shapes, const bool *wide_now,
		      const struct weft_job *jobs, uint32_t job_count,
		      int64_t now_sec, uint32_t *ret_turn);

/* Is room for it rare enough to be used when it is there (wide_share)? */
bool weft_policy_is_wide(const struct weft_policy *policy,
			 const struct weft_shape *shape);

/*
 * From when on nobody of nearly equal priority passes the job; 0: never, or
 * the order is as given.
 */
int64_t weft_policy_unpassed_sec(const struct weft_policy *policy,
				 const struct weft_job *job);

/* Has it waited so long that nobody of its band passes it (wait_max_sec)? */
bool weft_policy_is_overdue(const struct weft_policy *policy,
			    const struct weft_job *job, int64_t now_sec);

struct weft_place {
	uint32_t node_idx;
	weft_gpuset_t gpus;	/* which; 0 if it asks none */
	uint32_t units;
};

/*
 * decision[i] is for jobs[i].  An entry with array_tasks > 1 stands for several
 * starts: its first is decision[i], and each further task that starts or is
 * planned has a decision of its own, behind those of all jobs, with the same
 * job_idx.  Tasks beyond WEFT_ARRAY_PLANNED_MAX of those that wait share the
 * first's fate: they are not planned.
 */
#define WEFT_ARRAY_PLANNED_MAX 16

struct weft_decision {
	uint32_t job_idx;	/* in the array given */
	uint32_t limit_sec;	/* run time planned: shorter than limit_sec if
				 * limit_min_sec let it start now */
	struct weft_reason reason;	/* .kind WEFT_REASON_START: start it now */
	uint32_t passed_count;	/* entries behind it in Slurm's order that wait,
				 * and that the policy takes before it */
	int64_t unpassed_sec;	/* weft_policy_unpassed_sec() */
	int64_t start_sec;	/* now, planned, or WEFT_TIME_NEVER: unknown */
	uint32_t place_first, place_count;	/* in weft_plan.place[] */
	bool told;		/* planned too far ahead to hold its place */
	bool advised;		/* it was asked what would start sooner */
	uint32_t advice_first, advice_count;	/* in weft_plan.advice[] */
};

struct weft_plan_stats {
	uint32_t jobs, shapes, planned, started, skipped;
	uint32_t whatif_next;	/* for the next cycle's policy.whatif_from */
	uint64_t whatif_tests;	/* spent, and part of tests */
	uint64_t tests;		/* shape tests made */
	uint64_t steps;		/* timeline steps walked: the cost, machine-independent */
	uint64_t picks, pick_usec;	/* GPUs chosen by a node's picker; what that took */
};

struct weft_plan {
	struct weft_decision *decision;	/* one a job, then further array tasks */
	uint32_t decision_count;
	struct weft_place *place;
	uint32_t place_count;
	struct weft_blocker *blocker;	/* reasons point here */
	uint32_t blocker_count;
	struct weft_advice *advice;	/* decisions point here */
	uint32_t advice_count;
	uint32_t *turn;		/* job indices in the order in which they were taken */
	struct weft_plan_stats stats;
};

/*
 * Plan one cycle.  0 and a plan for the caller to destroy; -ENOMEM; -EINVAL if
 * the input breaks an invariant (the message says which).  stop, if not NULL,
 * is asked now and then; once it returns true the rest of the jobs keep the
 * reason WEFT_REASON_NOT_TRIED.
 */
int weft_plan_run(const struct weft_cluster *cluster,
		  const struct weft_policy *policy,
		  const struct weft_shape *shapes, uint32_t shape_count,
		  const struct weft_job *jobs, uint32_t job_count,
		  bool (*stop)(void *arg), void *stop_arg,
		  struct weft_plan **ret_plan, struct weft_err *err);

void weft_plan_destroy(struct weft_plan *plan);

#endif
