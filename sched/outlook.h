/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * outlook.h - what is known of when each node, and each shape, could start
 *
 * Made for one cycle, in which the timeline only ever fills up: then the
 * earliest start that a node allows only moves away, and what was found once
 * is a lower bound for ever.
 */
#ifndef WEFT_SCHED_OUTLOOK_H
#define WEFT_SCHED_OUTLOOK_H

#include "sched/gaps.h"
#include "sched/shape.h"
#include "sched/soonest.h"
#include "sched/timeline.h"

struct weft_outlook;

/* Everything borrowed; NULL: no memory. */
struct weft_outlook *weft_outlook_create(const struct weft_cluster *cluster,
					 const struct weft_timeline *tl,
					 const struct weft_shape *shapes,
					 uint32_t shape_count);
void weft_outlook_destroy(struct weft_outlook *outlook);

/* A node that could hold a part of the shape if it were empty. */
struct weft_able {
	uint32_t node_idx;
	uint32_t units_cap;	/* units on the empty node */
	bool required;		/* the shape insists on it */
};

struct weft_query {
	uint32_t shape_idx;
	uint32_t duration_sec;
	int64_t from_sec, not_after_sec;	/* of the start */
	int64_t any_switches_sec;	/* from then on switches_max is dropped */
	const struct weft_idxset *except;	/* not these nodes; NULL: any */
};

/* Shapes that ask the same of each node are of one kind (kinds.h). */
uint32_t weft_outlook_kinds(const struct weft_outlook *outlook);
uint32_t weft_outlook_kind(const struct weft_outlook *outlook,
			   uint32_t shape_idx);

/* The nodes for it, by node_idx; borrowed.  0 or -ENOMEM. */
int weft_outlook_able(struct weft_outlook *outlook, uint32_t shape_idx,
		      const struct weft_able **ret_able, uint32_t *ret_count);

/* What is known of a query's answer; valid until the next look. */
struct weft_view {
	int64_t begin_sec;		/* it does not start before */
	const struct weft_able *able;	/* by node_idx */
	uint32_t count;
	uint32_t cap_max;		/* the largest units_cap */
	/*
	 * [of able] seconds from the cluster's now: a lower bound of the
	 * earliest start from begin_sec on.
	 */
	const struct weft_soonest *soonest;
	/* the rest is outlook.c's */
	struct weft_need need;
	uint32_t duration_sec;
	struct weft_rung *rung;
	struct weft_gaps *gaps;		/* [of able] */
};

/* 0 or -ENOMEM. */
int weft_outlook_look(struct weft_outlook *outlook,
		      const struct weft_query *query,
		      struct weft_view *ret_view);

/*
 * In seconds from the cluster's now: the earliest start >= from_sec (not before
 * begin_sec) on able[i] alone, and until when each start is as good
 * (weft_timeline_next).
 */
uint32_t weft_outlook_next(struct weft_outlook *outlook,
			   const struct weft_view *view, uint32_t i,
			   uint32_t from_sec, uint32_t *ret_until);

/* able[i] will be asked soon: a hint that spares waiting for memory. */
static inline void weft_outlook_expect(const struct weft_view *view, uint32_t i)
{
	__builtin_prefetch(&view->gaps[i]);
}

/* Sooner still; its memory came meanwhile. */
void weft_outlook_expect_row(const struct weft_outlook *outlook,
			     const struct weft_view *view, uint32_t i);

/*
 * The query's answer is start_sec, and that is exact: none that asks for the
 * same or more starts before it from now on.  May such an answer be learnt?
 * Then weft_outlook_learn() it, and what each node said when asked from
 * start_sec on with weft_outlook_learn_node().
 */
bool weft_outlook_may_learn(const struct weft_outlook *outlook,
			    const struct weft_view *view,
			    const struct weft_query *query);
void weft_outlook_learn(struct weft_view *view, const struct weft_query *query,
			int64_t start_sec);
void weft_outlook_learn_node(struct weft_view *view, uint32_t i,
			     uint32_t start_sec);

/*
 * The shape at this index, which had no nodes when the outlook was made, is
 * another one now: forget what is known of it.
 */
void weft_outlook_forget(struct weft_outlook *outlook, uint32_t shape_idx);

/* Steps of rows walked so far. */
uint64_t weft_outlook_steps(const struct weft_outlook *outlook);

#endif
