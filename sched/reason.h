/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * reason.h - why a job does not run yet, as data
 *
 * The planner knows exactly what stops a job, at the moment it finds out; it
 * writes that down instead of a phrase.  Text for people and JSON for
 * machines are made from the same record (weft_reason_format, _to_json).
 */
#ifndef WEFT_SCHED_REASON_H
#define WEFT_SCHED_REASON_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/buf.h"

enum weft_reason_kind {
	WEFT_REASON_START,		/* nothing: it starts now */
	WEFT_REASON_CPUS,		/* too few CPUs free where GPUs are, or at all */
	WEFT_REASON_GPUS,		/* too few GPUs free */
	WEFT_REASON_MEMORY,
	WEFT_REASON_NODES,		/* too few nodes free at the same time */
	WEFT_REASON_DOMAIN,		/* free, but not inside one NVLink domain / in segments */
	WEFT_REASON_SWITCHES,		/* free, but under too many switches */
	WEFT_REASON_LICENSE,
	WEFT_REASON_RESERVATION,	/* a reservation comes before it could end, or is not open yet */
	WEFT_REASON_NODES_DOWN,		/* would fit if nodes that are down or drained were up */
	WEFT_REASON_PRIORITY,		/* it fits now, but would delay a job before it */
	WEFT_REASON_BEGIN,		/* its own begin time */
	WEFT_REASON_ARRAY_LIMIT,	/* %N of its array */
	WEFT_REASON_DEADLINE,		/* cannot end before its deadline */
	WEFT_REASON_NEVER,		/* no state of this cluster can hold it */
	WEFT_REASON_WINDOW,		/* does not fit within the planning window */
	WEFT_REASON_NOT_TRIED,		/* the cycle ended before it, or start_max */
	WEFT_REASON_SELECT,		/* placed by somebody else (weft_shape.left) */
	/*
	 * It starts together with others (job.h).  wanted: the job of them that
	 * fits last, 0: one of them may not start yet; available 1: it would
	 * fit, but not on other nodes than they
	 */
	WEFT_REASON_PARTS,
	WEFT_REASON_COUNT
};

/* A job whose end (running) or whose planned place (pending) is in the way. */
struct weft_blocker {
	uint32_t job_id;
	int64_t until_sec;
};

struct weft_reason {
	enum weft_reason_kind kind;
	uint32_t wanted, available;	/* of what kind names: GPUs, nodes, ... */
	uint32_t line_place;		/* 1 = next of those that wait */
	uint32_t blocker_first, blocker_count;	/* in weft_plan.blocker[] */
	int32_t detail_idx;		/* license_idx, resv_idx, or -1 */
};

/*
 * What a job could ask instead, and when it would start then.  asked and
 * value in the kind's unit; both 0 for what is simply given up.
 */
enum weft_advice_kind {
	WEFT_ADVICE_TIME,		/* time limit, seconds */
	WEFT_ADVICE_GPUS_PER_NODE,
	WEFT_ADVICE_GPUS,		/* in all */
	WEFT_ADVICE_NODES,
	WEFT_ADVICE_CPUS_PER_NODE,
	WEFT_ADVICE_CPUS_PER_TASK,
	WEFT_ADVICE_TASKS,
	WEFT_ADVICE_MEMORY_PER_NODE,	/* MiB */
	WEFT_ADVICE_ANY_TYPE,		/* of GPU */
	WEFT_ADVICE_SHARED,		/* not exclusive */
	WEFT_ADVICE_ANY_PLACE,		/* without segment, domain and switches */
	WEFT_ADVICE_ANY_NODE,		/* without the list of nodes that must be in it */
	WEFT_ADVICE_COUNT
};
#define WEFT_ADVICE_MAX 4	/* of one job */

struct weft_advice {
	enum weft_advice_kind kind;
	uint64_t value, asked;
	int64_t start_sec;
};

/* "time", "gpus-per-node", ...: one word, stable for machines. */
const char *weft_advice_word(enum weft_advice_kind kind);
bool weft_advice_find(const char *word, enum weft_advice_kind *ret_kind);

/* "with --time=04:00:00", without when.  0 or -errno. */
int weft_advice_format(const struct weft_advice *advice, struct weft_buf *buf);

/* "GPUs", "Priority", ...: one CamelCase word, stable for machines. */
const char *weft_reason_word(enum weft_reason_kind kind);

struct weft_cluster;
struct weft_plan;

/* One sentence for a human, without a final period. */
int weft_reason_format(const struct weft_reason *reason,
		       const struct weft_cluster *cluster,
		       const struct weft_plan *plan, struct weft_buf *buf);

struct json_object;

/*
 * {"reason": "Gpus", "wanted": 8, "available": 3, "place": 4, "text": "...",
 * "waits_for": [{"job": 12, "until": 1700000000}]}; the caller puts it.  NULL: no memory.
 */
struct json_object *weft_reason_to_json(const struct weft_reason *reason,
					const struct weft_cluster *cluster,
					const struct weft_plan *plan);

#endif
