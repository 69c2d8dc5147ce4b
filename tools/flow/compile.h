/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * compile.h - from units that wait to the fewest Slurm objects
 *
 * A plan holds what is known of every unit, and every object (a job or a job
 * array) made so far.  weft_plan_pass() makes the objects for the units that
 * can be submitted now.  A first run, a resume, a retry and a wave are all one
 * thing: a pass over units in some state.
 */
#ifndef WEFT_FLOW_COMPILE_H
#define WEFT_FLOW_COMPILE_H

#include "tools/flow/graph.h"
#include "tools/flow/model.h"

enum weft_unit_state {
	WEFT_UNIT_TODO,		/* to be submitted when its needs allow */
	WEFT_UNIT_LIVE,		/* in Slurm: see object and slot */
	WEFT_UNIT_DONE,
	WEFT_UNIT_SKIPPED,	/* its `when` is false, or its outputs are there */
	WEFT_UNIT_FAILED,	/* for good: see cause */
};

#define WEFT_NO_OBJECT UINT32_MAX
#define WEFT_NO_SLOT UINT32_MAX

struct weft_unit {
	uint8_t state;		/* enum weft_unit_state */
	uint8_t cause;		/* enum weft_cause, of the last failure */
	uint16_t attempt;	/* tries that ended in failure so far */
	uint32_t object;	/* index in the plan, or WEFT_NO_OBJECT */
	uint32_t slot;		/* array index there, or WEFT_NO_SLOT */
	int64_t not_before;	/* epoch seconds; back-off before a retry */
	char *changes;		/* "mem=2048\ntime=120\n" of retries; malloc'd */
};

enum weft_term_kind {
	WEFT_TERM_OK,		/* afterok */
	WEFT_TERM_ANY,		/* afterany */
	WEFT_TERM_FAILED,	/* afternotok */
	WEFT_TERM_CORR,		/* aftercorr */
};

struct weft_term {
	enum weft_term_kind kind;
	uint32_t object;
	uint32_t slot;		/* WEFT_NO_SLOT: the whole object */
};

/* One option with its final value (NULL: none). */
struct weft_setting_value {
	const struct weft_sbatch_option *option;
	char *value;
};

enum weft_object_state {
	WEFT_OBJECT_NEW,	/* planned; nothing sent yet */
	WEFT_OBJECT_SENT,	/* journalled as about to be sent: it may exist */
	WEFT_OBJECT_HELD,	/* in Slurm, held by us */
	WEFT_OBJECT_FREE,	/* in Slurm, released (or waiting for others) */
	WEFT_OBJECT_OVER,	/* no unit of it is live any more */
};

struct weft_object {
	uint32_t task_idx;	/* of its first unit */
	bool is_array;
	bool root;		/* waits for no object of its pass: to be held */
	uint8_t state;		/* enum weft_object_state */
	uint32_t base;		/* unit slot = array index + base */
	uint32_t unit_count;
	uint32_t *units;	/* numbers in the flow */
	uint32_t *slots;	/* array indices, same order, ascending */
	uint32_t live_count;	/* units that are still its own and live */
	uint32_t bad_count;	/* units that left it without success */
	struct weft_term *terms;
	uint32_t term_count;
	struct weft_setting_value *settings;
	uint32_t setting_count;
	int64_t begin;		/* epoch seconds, 0: at once */
	uint32_t job_id;	/* 0: not known */
};

/* A job that only waits (barrier.c). */
static inline bool weft_object_is_barrier(const struct weft_object *object)
{
	return !object->unit_count;
}

struct weft_plan {
	const struct weft_flow *flow;
	const struct weft_flow_graph *graph;
	struct weft_unit *units;
	struct weft_object *objects;
	uint32_t object_count, object_cap;
};

struct weft_room;

#define WEFT_BARRIER_TERMS 100000	/* as barrier.c weighs it */

struct weft_plan_limits {
	uint32_t max_array_size;	/* array indices are below it */
	uint32_t max_queued;		/* units in Slurm at once; UINT32_MAX: any */
	struct weft_room *room;		/* of accounts and QOS (room.h); NULL: any */
	/* Dependencies in common from which on one job stands for them; 0: never. */
	uint64_t barrier_terms;
};

int weft_plan_init(struct weft_plan *plan, const struct weft_flow *flow,
		   const struct weft_flow_graph *graph, struct weft_err *err);
void weft_plan_fini(struct weft_plan *plan);

/* Which task a unit belongs to, and its number there. */
const struct weft_flow_task *weft_plan_task(const struct weft_plan *plan,
					    uint32_t unit, uint32_t *ret_local);

/* Mark the units whose `when` is false as skipped. */
int weft_plan_apply_when(struct weft_plan *plan, struct weft_err *err);

/* Mark those whose `outputs` are there and not older than their `inputs`. */
int weft_plan_skip_fresh(struct weft_plan *plan, struct weft_err *err);

/*
 * Settle units that can no longer run: needs that failed for good make them
 * failed (cause dependency), "on: failed" needs that did not fail make them
 * skipped.  Returns how many changed.
 */
uint32_t weft_plan_settle(struct weft_plan *plan);

/*
 * Make objects for units in TODO that may go to Slurm now; they become LIVE.
 * Objects ret_first .. plan->object_count-1 are new, parents first.
 */
int weft_plan_pass(struct weft_plan *plan, const struct weft_plan_limits *limits,
		   uint32_t *ret_first, struct weft_err *err);

/* Append the sbatch --array text of an object, "0-9,12%4". */
int weft_object_array_text(const struct weft_plan *plan,
			   const struct weft_object *object, struct weft_buf *out);
/* Append its dependency text from the job ids of other objects. */
int weft_object_dependency(const struct weft_plan *plan,
			   const struct weft_object *object, struct weft_buf *out,
			   struct weft_err *err);
/* Append the batch script of an object. */
int weft_object_script(const struct weft_plan *plan,
		       const struct weft_object *object, struct weft_buf *out,
		       struct weft_err *err);
/* The last value of an option of an object: NULL if it has none. */
const struct weft_setting_value *
weft_object_setting(const struct weft_object *object, const char *name);

/* What an object asks for, per unit, as far as its options tell. */
struct weft_object_cost {
	uint32_t minutes;	/* UINT32_MAX: no limit given */
	uint32_t nodes;
	uint64_t gpus;
};
void weft_object_cost(const struct weft_object *object,
		      struct weft_object_cost *ret_cost);

#endif
