/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * state.h - a run's memory: one SQLite file in the run's directory
 *
 * One process writes (it holds the lock file); any may read.  A plan is
 * written through: an object before it is sent, its job id after, a unit when
 * its state is final or a retry is due.  Reading gives the plan back.
 */
#ifndef WEFT_FLOW_STATE_H
#define WEFT_FLOW_STATE_H

#include "tools/flow/compile.h"

struct weft_state;

/* How a unit ended, kept for status, logs and the report. */
struct weft_unit_end {
	int exit_status;	/* as wait(2) */
	int64_t start_sec, end_sec;
	char node[64];
};

/*
 * Open DIR/run.db, creating it with the directory if create.  writer takes
 * the lock: -EBUSY names the process that holds it.  -ENOENT: no run there.
 */
int weft_state_open(const char *dir, bool create, bool writer,
		    struct weft_state **ret_state, struct weft_err *err);
void weft_state_close(struct weft_state *state);

int weft_state_begin(struct weft_state *state, struct weft_err *err);
int weft_state_commit(struct weft_state *state, struct weft_err *err);

int weft_state_set(struct weft_state *state, const char *key, const char *value,
		   struct weft_err *err);
/* malloc'd value; NULL if the key is not there. */
char *weft_state_get(struct weft_state *state, const char *key);

/* Write an object whole, or only its state and job id. */
int weft_state_put_object(struct weft_state *state, const struct weft_plan *plan,
			  uint32_t object, struct weft_err *err);
int weft_state_put_job(struct weft_state *state, const struct weft_plan *plan,
		       uint32_t object, struct weft_err *err);
/* end may be NULL. */
int weft_state_put_unit(struct weft_state *state, const struct weft_plan *plan,
			uint32_t unit, const struct weft_unit_end *end,
			struct weft_err *err);

/* Fill a fresh plan with everything written so far. */
int weft_state_load(struct weft_state *state, struct weft_plan *plan,
		    struct weft_err *err);
/* The end of a unit, if one was written. */
bool weft_state_get_end(struct weft_state *state, uint32_t unit,
			struct weft_unit_end *ret_end);

#endif
