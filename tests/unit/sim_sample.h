/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sim_sample.h - small machines and histories for tests of the simulator
 *
 * machine_of() gives nodes in domains of two; a history is begun by
 * builder_of(), grows by add() and ends with finish().
 */
#ifndef WEFT_TESTS_UNIT_SIM_SAMPLE_H
#define WEFT_TESTS_UNIT_SIM_SAMPLE_H

#include "sched/sim.h"
#include "tests/unit/unit.h"

#define CPUS 32

static inline struct weft_machine *machine_of(uint32_t nodes, uint32_t gpus)
{
	const struct weft_amount kind = { .cpus = CPUS, .gpus = gpus,
					  .mem_mib = 1000 };
	struct weft_machine *m;

	ck_assert_int_eq(weft_machine_uniform(nodes, &kind, 2, &m, NULL), 0);
	return m;
}

static inline struct weft_workload_builder *builder_of(const struct weft_machine *m)
{
	const struct weft_workload_settings settings = {
		.load = 1, .from_sec = INT64_MIN, .until_sec = INT64_MAX };
	struct weft_workload_builder *b =
		weft_workload_builder_create(m, &settings);

	ck_assert_ptr_nonnull(b);
	return b;
}

static inline void add(struct weft_workload_builder *b, double submit, double gpus,
		uint32_t nodes, double run, double limit)
{
	struct weft_trace_job job = {
		.id = "j", .submit_sec = submit, .runtime_sec = run,
		.limit_sec = limit, .gpus = gpus, .nodes = nodes, .cpus = 1 };

	ck_assert_int_eq(weft_workload_add(b, &job, NULL), 0);
}

static inline struct weft_workload *finish(struct weft_workload_builder *b)
{
	struct weft_workload *w;

	ck_assert_int_eq(weft_workload_finish(b, &w, NULL), 0);
	weft_workload_builder_destroy(b);
	return w;
}

static inline void set_defaults(struct weft_sim_settings *s)
{
	*s = (struct weft_sim_settings) { 0 };
	weft_settings_defaults(weft_policy_settings, &s->policy);
	weft_settings_defaults(weft_stock_settings, &s->stock);
}

/* The history under a policy with the settings' defaults. */
static inline struct weft_outcome *run_as(const struct weft_machine *m,
					  const struct weft_workload *w,
					  const struct weft_sim_policy *policy)
{
	struct weft_sim_settings settings;
	struct weft_outcome *o;

	set_defaults(&settings);
	ck_assert_int_eq(weft_sim_run(m, w, policy, &settings, NULL, &o, NULL),
			 0);
	return o;
}

/* outcome NULL: there is none, or none any more. */
static inline void let_go(struct weft_machine *m, struct weft_workload *w,
			  struct weft_outcome *outcome)
{
	weft_outcome_destroy(outcome);
	weft_workload_destroy(w);
	weft_machine_destroy(m);
}

#endif
