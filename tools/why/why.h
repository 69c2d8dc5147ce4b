/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * why.h - why a job waits, from what Slurm tells about it, in plain words
 */
#ifndef WEFT_TOOLS_WHY_WHY_H
#define WEFT_TOOLS_WHY_WHY_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/err.h"
#include "sched/explain.h"
#include "tools/why/limit.h"
#include "tools/why/out.h"

enum weft_why_cause {
	WEFT_WHY_UNKNOWN,		/* Slurm has not looked at it yet */
	WEFT_WHY_RESOURCES,
	WEFT_WHY_PRIORITY,
	WEFT_WHY_DEPENDENCY,
	WEFT_WHY_DEPENDENCY_NEVER,
	WEFT_WHY_BEGIN,
	WEFT_WHY_HELD_USER,
	WEFT_WHY_HELD_ADMIN,
	WEFT_WHY_PARTITION_DOWN,
	WEFT_WHY_PARTITION_LIMIT,
	WEFT_WHY_RESERVATION,
	WEFT_WHY_LICENSE,
	WEFT_WHY_ARRAY_LIMIT,
	WEFT_WHY_NODES_DOWN,
	WEFT_WHY_NEVER,			/* its constraints cannot be met */
	WEFT_WHY_ACCOUNT_LIMIT,
	WEFT_WHY_OTHER,			/* a limit or state named by .code */
	WEFT_WHY_CAUSE_COUNT
};

/* A bound of the job's partition that it breaks. */
struct weft_why_bound {
	enum {
		WEFT_BOUND_NONE,	/* not known */
		WEFT_BOUND_TIME,	/* minutes */
		WEFT_BOUND_NODES_MOST,
		WEFT_BOUND_NODES_LEAST,
	} of;
	uint64_t asked, bound;
};

/* A reservation that keeps licences, now or before the job would end. */
#define WEFT_WHY_KEEPERS 4
struct weft_why_keeper {
	char name[64], licenses[128];
	int64_t start_sec, end_sec;
};

struct weft_why_job {
	uint32_t job_id, array_id;	/* array_id 0: no array */
	uint32_t het_id, het_offset;	/* het_id 0: no part of a heterogeneous job */
	char *id;			/* as squeue writes it */
	char *user, *partition, *name, *state;
	char *detail;		/* Slurm's state_desc, dependency, licences... */
	char *licenses;		/* that it asks, "fea:2,matlab" */
	bool waits;		/* pending */
	bool own;		/* the caller's */
	enum weft_why_cause cause;
	uint32_t code;		/* Slurm's enum job_state_reason */
	uint32_t priority;
	uint32_t ahead_count;	/* with more priority in its partition, and waiting for room only */
	int64_t start_sec;	/* expected; 0: unknown */
	int64_t end_sec;	/* of one that runs, by its limit, or WEFT_TIME_NEVER */
	char *nodes;		/* planned, or held */
	char *tasks;		/* "0-5,9%2": waiting elements of an array, or "" */
	uint32_t throttle;	/* tasks of its array that may run at once; 0: all */
	uint32_t task_id;	/* one element's; UINT32_MAX - 1 (NO_VAL): none */
	char *admin_comment;	/* the filter's record (submit/record.h) and options (lib/wish.h) */
	uint32_t restarts;	/* times that it was requeued */
	struct weft_why_bound bound;
	bool limited;		/* the limit that it waits for is known */
	struct weft_limit limit;
	struct weft_why_keeper keeper[WEFT_WHY_KEEPERS];	/* of a licence that it asks */
	uint32_t keeper_count;
	struct weft_out *out;	/* nodes out of service that it could use; NULL: not asked */
	bool explained;		/* sched/weft told more, in explain */
	struct weft_explain explain;
};

struct weft_why {
	struct weft_why_job *job;	/* waiting ones first, by partition and priority */
	uint32_t job_count;
};

void weft_why_destroy(struct weft_why *why);

/* The job's record, by Slurm's number; NULL if it is not shown. */
const struct weft_why_job *weft_why_find(const struct weft_why *why,
					 uint32_t job_id);

/* Is task in an expression like "0-5,9,20-30:2%4"? */
bool weft_why_has_task(const char *expression, uint32_t task);

/*
 * What a user types: "12", or "12_7" for one element of an array; *ret_task is
 * UINT32_MAX without one.  false if it is neither.
 */
bool weft_why_parse_id(const char *text, uint32_t *ret_job, uint32_t *ret_task);
bool weft_why_is(const struct weft_why_job *job, uint32_t job_id, uint32_t task);

/* "waits for job 12 to succeed", out of Slurm's list of what is left.  0 or -errno. */
int weft_why_format_dependency(const char *text, struct weft_buf *buf);
/* The jobs named in such a list, at most max; returns how many. */
uint32_t weft_why_dependency_jobs(const char *text, uint32_t *ret_job,
				  uint32_t max);

/* Its place in line, 1 for the first; 0 if it stands in none. */
uint32_t weft_why_place(const struct weft_why_job *job);
/*
 * When it starts if jobs run as their like did; 0: not known, or not sooner by
 * a minute, which is nothing to tell people.
 */
int64_t weft_why_likely(const struct weft_why_job *job);

/* Could the planner's reason be behind Slurm's?  Else it is of yesterday. */
bool weft_why_agrees(enum weft_why_cause cause, enum weft_reason_kind kind);

/* Is name, of a licence, in "fea:2,matlab"? */
bool weft_why_names_license(const char *list, const char *name);
/* Is a licence of the one list in the other? */
bool weft_why_share_license(const char *list, const char *other);

/* Could it start on a node of the group now, were that in service? */
bool weft_out_starts(const struct weft_why_job *job,
		     const struct weft_out_group *group);

/* All that is known of it, for people: several lines, each ended. */
int weft_why_tell(const struct weft_why *why, const struct weft_why_job *job,
		  int64_t now_sec, struct weft_buf *buf);

/* One CamelCase word, stable for machines. */
const char *weft_why_word(enum weft_why_cause cause);

/* One sentence, no final period, no control characters.  0 or -errno. */
int weft_why_format(const struct weft_why_job *job, struct weft_buf *buf);

/* Adds "in 2h05m" for a time after now, "any moment" at or before it. */
int weft_why_format_wait(int64_t at_sec, int64_t now_sec, struct weft_buf *buf);

struct json_object;

/* How both commands print it. */
#define WEFT_WHY_JSON (JSON_C_TO_STRING_SPACED | JSON_C_TO_STRING_NOSLASHESCAPE)

/* The job for programs; the caller puts it.  NULL: no memory. */
struct json_object *weft_why_to_json(const struct weft_why *why,
				     const struct weft_why_job *job);

#endif
