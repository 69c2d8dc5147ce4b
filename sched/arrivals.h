/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * arrivals.h - the nodes of one search, in the order in which they could start
 *
 * Time goes on from the search's begin.  "Here" are the nodes that could start
 * at this time, and those that come later in their order, as far as was asked.
 */
#ifndef WEFT_SCHED_ARRIVALS_H
#define WEFT_SCHED_ARRIVALS_H

#include "lib/idxset.h"
#include "sched/outlook.h"

/* The node's next start is start_sec, and each time from there on before until. */
struct weft_arrival {
	uint32_t start_sec, until_sec;	/* from the cluster's now */
};

struct weft_arrivals {
	struct weft_outlook *outlook;
	const struct weft_view *view;	/* indices below are those of its able[] */
	const struct weft_idxset *except;
	int64_t now_sec;
	uint32_t sec;			/* it is now, from now_sec */
	struct weft_soonest_walk walk;
	struct weft_arrival *node;	/* of those asked */
	struct weft_idxset *is_asked;
	uint32_t *asked, asked_count;
	uint32_t *here, here_count;	/* by start_sec */
	uint32_t at_count;		/* of these at the time gone on to */
	uint64_t *heap;
	uint32_t *fresh;
};

/* 0 or -ENOMEM; fini() is fine after either. */
int weft_arrivals_init(struct weft_arrivals *a, struct weft_outlook *outlook,
		       int64_t now_sec, uint32_t node_count);
void weft_arrivals_fini(struct weft_arrivals *a);

/*
 * Begin with nobody here.  Nodes of except (NULL: none) never come.  Both are
 * borrowed until the next begin.
 */
void weft_arrivals_begin(struct weft_arrivals *a, const struct weft_view *view,
			 const struct weft_idxset *except);

/*
 * Go on to this time, not before that of the last such call: here are then all
 * that could start at it, and no others.
 */
void weft_arrivals_go(struct weft_arrivals *a, int64_t sec);

/* One more comes here, if one comes by last_sec. */
bool weft_arrivals_add_next(struct weft_arrivals *a, int64_t last_sec);

/* The next arrival is not before this; WEFT_TIME_NEVER: there is none. */
int64_t weft_arrivals_peek(const struct weft_arrivals *a);

/* When the last of the first count here, more than none, came. */
static inline int64_t weft_arrivals_came(const struct weft_arrivals *a,
					 uint32_t count)
{
	return weft_sec_from(a->now_sec, a->node[a->here[count - 1]].start_sec);
}

/* The outlook learns what those asked said. */
void weft_arrivals_learn(const struct weft_arrivals *a, struct weft_view *view);

#endif
