/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * explain.h - what the planner knows of one waiting job, as one line of text
 *
 * The scheduler writes it, whoever may see the job reads it
 * (docs/design/0051-how-the-reason-reaches-the-user.md).
 */
#ifndef WEFT_SCHED_EXPLAIN_H
#define WEFT_SCHED_EXPLAIN_H

#include <stdbool.h>

#include "sched/plan.h"

/* The text begins so, wherever in a longer text it stands. */
#define WEFT_EXPLAIN_MARK "weft:{"
#define WEFT_EXPLAIN_LIMIT 1024		/* bytes of it */
#define WEFT_EXPLAIN_BLOCKERS 8
#define WEFT_EXPLAIN_NAME 64

struct weft_explain {
	enum weft_reason_kind kind;
	uint32_t wanted, available, line_place;
	uint32_t passed_count;		/* behind it in Slurm's order, and taken first */
	int64_t unpassed_sec;		/* nobody passes it from then on; 0: no such time */
	int64_t start_sec;		/* WEFT_TIME_NEVER: not known */
	int64_t likely_sec;		/* start if jobs run as their like did; 0: not known */
	uint32_t sure_percent;		/* of such forecasts came near; 0: too few to tell */
	char name[WEFT_EXPLAIN_NAME];	/* of the licence or reservation, or "" */
	struct weft_blocker blocker[WEFT_EXPLAIN_BLOCKERS];
	uint32_t blocker_count;
	uint32_t hidden_count;		/* blockers that are not to be named */
	struct weft_advice advice[WEFT_ADVICE_MAX];
	uint32_t advice_count;
	int64_t advice_sec;		/* when it was asked; 0: never */
};

/* Out of a plan; hide: count the blockers instead of naming them. */
void weft_explain_fill(const struct weft_cluster *cluster,
		       const struct weft_plan *plan,
		       const struct weft_decision *decision, bool hide,
		       struct weft_explain *ret_explain);

/* Adds the text, at most WEFT_EXPLAIN_LIMIT bytes, in ASCII.  0 or -errno. */
int weft_explain_write(const struct weft_explain *explain,
		       struct weft_buf *buf);

/*
 * Read it back from anywhere in text, which nobody vouches for.  0, -ENOENT
 * if there is none, -EINVAL if it is not well formed, -ENOMEM.
 */
int weft_explain_read(const char *text, struct weft_explain *ret_explain);

/*
 * The part of a written text that tells what was asked, to be kept with a
 * newer text: from its comma to the end.  NULL if there is none; *ret_sec
 * says when it was asked.
 */
const char *weft_explain_advice(const char *text, int64_t *ret_sec);

/* Length of what stands before the mark; of all if there is no mark. */
size_t weft_explain_before(const char *text);

/* One sentence, without a final period: reason.h. */
int weft_explain_format(const struct weft_explain *explain,
			struct weft_buf *buf);

#endif
