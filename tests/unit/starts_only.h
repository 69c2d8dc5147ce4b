/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * starts_only.h - a plan that is asked for its starts only starts the same
 */
#ifndef WEFT_TESTS_UNIT_STARTS_ONLY_H
#define WEFT_TESTS_UNIT_STARTS_ONLY_H

#include "sched/plan.h"
#include "tests/unit/unit.h"

/* The next start from *at on, or NULL. */
static inline const struct weft_decision *next_start(const struct weft_plan *plan,
						     uint32_t *at)
{
	while (*at < plan->decision_count)
		if (plan->decision[(*at)++].reason.kind == WEFT_REASON_START)
			return &plan->decision[*at - 1];
	return NULL;
}

/* all: the whole plan for the same. */
static inline void check_starts_only(const struct weft_cluster *cluster,
				     const struct weft_policy *policy,
				     const struct weft_shape *shape,
				     uint32_t shape_count,
				     const struct weft_job *job,
				     uint32_t job_count,
				     const struct weft_plan *all)
{
	struct weft_policy few = *policy;
	struct weft_plan *plan;
	const struct weft_decision *a, *b;
	uint32_t i = 0, k = 0;

	few.starts_only = true;
	ck_assert_int_eq(weft_plan_run(cluster, &few, shape, shape_count, job,
				       job_count, NULL, NULL, &plan, NULL), 0);
	ck_assert_uint_eq(plan->stats.started, all->stats.started);
	ck_assert_uint_le(plan->stats.planned, all->stats.planned);
	while ((a = next_start(all, &i))) {
		b = next_start(plan, &k);
		ck_assert_ptr_nonnull(b);
		ck_assert_uint_eq(a->job_idx, b->job_idx);
		ck_assert_uint_eq(a->limit_sec, b->limit_sec);
		ck_assert_uint_eq(a->place_count, b->place_count);
		for (uint32_t n = 0; n < a->place_count; n++) {
			const struct weft_place *x =
				&all->place[a->place_first + n];
			const struct weft_place *y =
				&plan->place[b->place_first + n];

			ck_assert(x->node_idx == y->node_idx &&
				  x->gpus == y->gpus && x->units == y->units);
		}
	}
	ck_assert_ptr_null(next_start(plan, &k));
	weft_plan_destroy(plan);
}

#endif
