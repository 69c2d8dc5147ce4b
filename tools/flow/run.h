/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * run.h - a workflow under way: its directory, its plan, and Slurm
 *
 * A run lives in DIR/.weft/ID beside its workflow file: run.db (state.h),
 * lock, log/ (outputs of tasks that name none) and end/ (one small record per
 * finished command).  Its jobs carry "weft:ID:OBJECT" as comment; that is how
 * they are found again after a crash.
 */
#ifndef WEFT_FLOW_RUN_H
#define WEFT_FLOW_RUN_H

#include "tools/flow/compile.h"
#include "tools/flow/state.h"
#include "tools/slurm/assoc.h"
#include "tools/slurm/jobs.h"

/* Where the time of submitting went, in milliseconds, all passes together. */
struct weft_run_pace {
	double plan;		/* objects made */
	double journal;		/* their rows written, before any is sent */
	double send;		/* sent, and their job ids written */
	double look;		/* Slurm asked for doubles */
	double release;		/* what was held let go, and that written */
};

struct weft_run {
	char dir[3000];
	char id[96];
	struct weft_flow *flow;
	struct weft_flow_graph graph;
	struct weft_plan plan;
	struct weft_state *state;
	struct weft_slurm_limits limits;
	struct weft_flow_given *given;	/* params, from the state */
	size_t given_count;
	bool stopping;			/* on_failure: stop has struck */
	bool barrier_broke;		/* make no more of them */
	/* Limits of accounts, where they are enforced: see waves.h. */
	struct weft_slurm_assoc *assoc;
	struct weft_room *room;
	bool room_known;
	uint32_t refusals;		/* by accounting, in a row, that nothing explains */
	uint64_t rpc_count;
	struct weft_run_pace pace;
	/* What waits, as the last look at Slurm had it. */
	uint8_t *running;		/* per unit: 1 if it runs */
	struct weft_unit_end *last_end;	/* scratch of one unit */
};

/* Make the directory and the journal of a new run. */
int weft_run_create(struct weft_run *run, const char *flow_path,
		    const struct weft_flow_given *given, size_t given_count,
		    struct weft_err *err);
/* Open an existing one: reads the workflow again and the plan. */
int weft_run_open(struct weft_run *run, const char *dir, bool writer,
		  struct weft_err *err);
void weft_run_close(struct weft_run *run);

/* "DIR/.weft" of a workflow file. */
int weft_run_home(const char *flow_path, char home[3000], struct weft_err *err);

struct weft_run_totals {
	uint32_t todo, live, running, done, skipped, failed;
};
void weft_run_count(const struct weft_run *run, struct weft_run_totals *ret_totals);
/* The same of some units, a task's for instance. */
void weft_run_count_units(const struct weft_run *run, uint32_t first, uint32_t count,
			  struct weft_run_totals *ret_totals);

/*
 * Submit everything that can be: journal, send held, journal, release.
 * Returns how many objects were sent, or -errno.  Killed at any instant, a
 * later weft_run_adopt() and this bring the run to the same place.
 */
int weft_run_pass(struct weft_run *run, struct weft_err *err);
/*
 * After a crash: find what was sent, cancel doubles, let held jobs go; with
 * let_go also those that were let go before and are held now, as after a crash
 * of slurmctld or by a user's hand.
 */
int weft_run_adopt(struct weft_run *run, bool let_go, struct weft_err *err);
/* Slurm is asked once for every job of the run; the list is the caller's. */
int weft_run_list(const struct weft_run *run, struct weft_job_list *ret_list,
		  struct weft_err *err);
/* The number of the object that a job of that list was sent for; UINT32_MAX: none. */
uint32_t weft_run_object_of(const struct weft_run *run, const struct weft_job_info *job);
/* Cancel jobs of the list that carry an object's number but not its job id. */
int weft_run_cancel_doubles(struct weft_run *run, const struct weft_job_list *list,
			    struct weft_err *err);
/* Look at Slurm (one RPC) and at the records; settle, retry, cancel. */
int weft_run_update(struct weft_run *run, struct weft_err *err);
/* Look at the records only: no RPC.  Failures are left to an update. */
int weft_run_glance(struct weft_run *run, struct weft_err *err);
/* Cancel what is in Slurm; units become failed, cause cancelled. */
int weft_run_cancel(struct weft_run *run, struct weft_err *err);

/* What ended a unit: its exit code, or the signal (bash tells 128 + signal). */
int weft_run_exit_code(const struct weft_unit_end *end);
int weft_run_signal(const struct weft_unit_end *end);

/* Where a unit's output goes; for `logs` and summaries. */
int weft_run_log_path(const struct weft_run *run, uint32_t unit,
		      struct weft_buf *out);

#endif
