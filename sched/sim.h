/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sim.h - a history of jobs run again, in virtual time
 *
 * The engine owns the machine's state, the queue and the clock; a policy is
 * asked whenever something changed, looks, and starts jobs.  What a policy
 * sees is what the plugin sees: a snapshot with running jobs that end by
 * their limits, and pending jobs in the order of their priority.  How long a
 * job really runs is the engine's secret.
 *
 * A start that the machine cannot hold is an error of the policy and ends
 * the run: nothing is ever oversubscribed.
 */
#ifndef WEFT_SCHED_SIM_H
#define WEFT_SCHED_SIM_H

#include "sched/opinion.h"
#include "sched/plan.h"
#include "sched/timeline.h"
#include "sched/workload.h"

struct weft_sim;
struct weft_sim_settings;

/* What is free on a node at this moment. */
struct weft_room {
	uint32_t cpus;
	uint64_t mem_mib;
	weft_gpuset_t gpus;
	const weft_gpuset_t *of_type;	/* the node's GPUs by type index */
};

/* Its free GPUs of a type; -1: of any. */
static inline weft_gpuset_t weft_room_gpus(const struct weft_room *room,
					   int32_t gpu_type_idx)
{
	return gpu_type_idx < 0 ? room->gpus :
		room->gpus & room->of_type[gpu_type_idx];
}

/* ---- what policies may ask and do, during decide() ----------------------- */

int64_t weft_sim_now(const struct weft_sim *sim);
const struct weft_workload *weft_sim_workload(const struct weft_sim *sim);
/* Pending jobs (indices into the workload) in order; started ones stay in
 * until decide() returns. */
const uint32_t *weft_sim_queue(const struct weft_sim *sim, uint32_t *ret_count);
bool weft_sim_is_started(const struct weft_sim *sim, uint32_t job_idx);
const struct weft_room *weft_sim_room(const struct weft_sim *sim);	/* [node] */
const struct weft_node *weft_sim_nodes(const struct weft_sim *sim);
/* The snapshot now; running[] by job_id = job_idx + 1.  NULL: no memory. */
const struct weft_cluster *weft_sim_cluster(struct weft_sim *sim);
/* Slurm's priority of a job in the queue; does it change with time? */
uint32_t weft_sim_priority(const struct weft_sim *sim, uint32_t job_idx);
bool weft_sim_priorities_change(const struct weft_sim *sim);
/* Jobs submitted so far: those of the workload with a smaller index. */
uint32_t weft_sim_submitted(const struct weft_sim *sim);
/*
 * How long it may run, by the settings' second opinion, which learns from the
 * jobs that have ended; 0: nothing is known, or none is wanted.
 */
double weft_sim_expect(const struct weft_sim *sim, uint32_t job_idx);
/* Did jobs leave the machine or the queue at this moment? */
bool weft_sim_has_ended(const struct weft_sim *sim);

/* 0; -EBUSY with a message if the machine cannot hold it; -ENOMEM. */
int weft_sim_start(struct weft_sim *sim, uint32_t job_idx,
		   const struct weft_place *place, uint32_t count,
		   struct weft_err *err);
/* Ask again then, though nothing may have changed.  0 or -ENOMEM. */
int weft_sim_wake(struct weft_sim *sim, int64_t sec);

struct weft_sim_policy {
	const char *name;
	const char *summary;
	/* settings: the tool's, valid during the run.  NULL: no memory. */
	void *(*create)(const struct weft_sim_settings *settings,
			const struct weft_sim *sim);
	void (*destroy)(void *state);
	int (*decide)(void *state, struct weft_sim *sim, struct weft_err *err);
};

/* ---- a run ---------------------------------------------------------------- */

/*
 * Stock Slurm's knobs: by their names in SchedulerParameters, and those of
 * priority/multifactor, whose priorities hold for every scheduler.
 */
struct weft_stock {
	uint32_t bf_interval;		/* seconds */
	uint32_t bf_window;		/* minutes */
	uint32_t bf_resolution;		/* seconds */
	uint32_t bf_max_job_test;
	uint32_t default_queue_depth;
	uint32_t sched_interval;	/* seconds */
	uint32_t batch_sched_delay;	/* seconds */
	uint32_t priority_weight_age, priority_weight_fairshare;
	uint32_t priority_weight_job_size;
	bool priority_favor_small;
	uint32_t priority_max_age;		/* minutes */
	uint32_t priority_decay_half_life;	/* minutes; 0: usage stays */
	uint32_t priority_calc_period;		/* minutes */
};
extern const struct weft_setting weft_stock_settings[];

struct weft_sim_settings {
	struct weft_policy policy;	/* weft.json's "sched" */
	struct weft_stock stock;
	struct weft_opinions *opinions;	/* to learn in this run, or NULL */
	uint32_t gap_sec;	/* between two decisions of weft at the least */
	uint32_t completing_sec;	/* what a job held is free so long after its end */
};

/* Whoever looks on; any may be NULL. */
struct weft_sim_watch {
	void *arg;
	void (*started)(void *arg, const struct weft_sim *sim,
			uint32_t job_idx, const struct weft_hold *hold,
			uint32_t hold_count);
	/* Once in every_sec, between decisions. */
	uint32_t every_sec;
	void (*look)(void *arg, const struct weft_sim *sim, int64_t sec);
	/* Now and then, with the jobs that have ended; true: stop. */
	bool (*progress)(void *arg, uint32_t done);
};

/* What became of each job; start_sec < 0: never started. */
struct weft_outcome {
	int64_t *start_sec, *end_sec;	/* [job_idx] */
	int64_t first_sec, last_sec;	/* first submission, last end */
	uint32_t started;
	uint64_t decisions;		/* calls of the policy */
};

/*
 * Run it all.  0 and an outcome for the caller to destroy; -ENOMEM, -EINTR if
 * progress said stop, or what the policy failed with.
 */
int weft_sim_run(const struct weft_machine *machine,
		 const struct weft_workload *workload,
		 const struct weft_sim_policy *policy,
		 const struct weft_sim_settings *settings,
		 const struct weft_sim_watch *watch,
		 struct weft_outcome **ret_outcome, struct weft_err *err);
void weft_outcome_destroy(struct weft_outcome *outcome);

extern const struct weft_sim_policy weft_sim_fifo, weft_sim_easy,
	weft_sim_backfill, weft_sim_weft;

#endif
