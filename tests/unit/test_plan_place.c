/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_plan_place.c - where the planner puts a job: segments, domains, switches,
 * whole nodes kept, GPUs of one type, the fewest stranded
 */
#include "config.h"

#include "tests/unit/sched_sample.h"

#define HOUR 3600

static uint32_t domains_of(const struct sample *s, const struct weft_plan *plan,
			   const struct weft_decision *d)
{
	uint64_t seen = 0;

	for (uint32_t i = 0; i < d->place_count; i++)
		seen |= UINT64_C(1) << s->fabric->domain_of[
			plan->place[d->place_first + i].node_idx];
	return (uint32_t)__builtin_popcountll(seen);
}

START_TEST(segments_stay_whole)
{
	struct sample s;
	struct weft_shape shape;
	struct weft_job job = sample_job(1, 0);
	struct weft_plan *plan;
	uint32_t in_domain[4] = { 0 };

	/* 4 domains of 4; one node of domains 0 and 2 is taken. */
	sample_init(&s, 16, 8, 4);
	sample_run(&s, 1, 0xff, 8, HOUR);
	sample_run(&s, 9, 0xff, 8, HOUR);
	shape = sample_shape(&s, 8, 8, HOUR);
	shape.segment = 4;
	plan = sample_plan(&s, &shape, 1, &job, 1);
	ck_assert_int_eq(plan->decision[0].reason.kind, WEFT_REASON_START);
	for (uint32_t i = 0; i < 8; i++)
		in_domain[plan->place[i].node_idx / 4]++;
	ck_assert_uint_eq(in_domain[1], 4);
	ck_assert_uint_eq(in_domain[3], 4);
	weft_plan_destroy(plan);

	shape.segment = 2;
	shape.nodes_min = shape.nodes_max = 12;
	plan = sample_plan(&s, &shape, 1, &job, 1);
	ck_assert_int_eq(plan->decision[0].reason.kind, WEFT_REASON_START);
	weft_plan_destroy(plan);

	shape.segment = 4;
	plan = sample_plan(&s, &shape, 1, &job, 1);
	ck_assert_int_eq(plan->decision[0].reason.kind, WEFT_REASON_DOMAIN);
	ck_assert_int_eq(plan->decision[0].start_sec, SAMPLE_NOW + HOUR);
	weft_plan_destroy(plan);
	sample_fini(&s);
}
END_TEST

/* The fullest nodes of a domain come first, but two of them hold too little. */
START_TEST(a_segment_holds_its_tasks)
{
	struct sample s;
	struct weft_shape shape;
	struct weft_job job = sample_job(1, 0);
	struct weft_plan *plan;
	uint32_t units = 0;

	sample_init(&s, 8, 8, 4);
	for (uint32_t n = 0; n < 8; n++)	/* free: 2, 2, 5, 6 of each domain */
		sample_run(&s, n, n % 4 < 2 ? 0x3f : n % 4 == 2 ? 0x7 : 0x3, 1,
			   HOUR);
	shape = sample_shape(&s, 4, 0, HOUR);
	shape.per_node = (struct weft_amount) { 0 };
	shape.per_unit = (struct weft_amount) { .cpus = 1, .gpus = 1 };
	shape.units_per_node_min = 1;
	shape.segment = 2;
	for (shape.unit_count = 8; shape.unit_count <= 22; shape.unit_count += 7) {
		plan = sample_plan(&s, &shape, 1, &job, 1);
		ck_assert_int_eq(plan->decision[0].reason.kind,
				 WEFT_REASON_START);
		ck_assert_uint_eq(plan->decision[0].place_count, 4);
		units = 0;
		for (uint32_t i = 0; i < 4; i++)
			units += (uint32_t)__builtin_popcountll(
				plan->place[i].gpus);
		ck_assert_uint_eq(units, shape.unit_count);
		weft_plan_destroy(plan);
	}
	sample_fini(&s);
}
END_TEST

/*
 * Two domains of four, of the first of which one node is free: two nodes go
 * into the second, whether they are counted, named, or hold tasks; and in it
 * those of the lowest weight come first.
 */
START_TEST(the_smallest_subtree_for_each_kind)
{
	enum { COUNTED, NAMED, TASKS, KINDS };
	struct weft_job job = sample_job(1, 0);
	struct weft_idxset *named = weft_idxset_create(8);

	weft_idxset_add(named, 6);
	for (int kind = 0; kind < KINDS; kind++) {
		struct weft_shape shape;
		struct weft_plan *plan;
		struct sample s;
		uint32_t on = 0;

		sample_init(&s, 8, 8, 4);
		for (uint32_t n = 1; n < 4; n++)
			sample_run(&s, n, 0xff, 8, HOUR);
		s.cluster.node[4].weight = s.cluster.node[5].weight = 2;
		shape = sample_shape(&s, 2, 8, HOUR);
		shape.nodes_required = kind == NAMED ? named : NULL;
		if (kind == TASKS) {
			shape.per_node = (struct weft_amount) { 0 };
			shape.per_unit.gpus = 1;
			shape.unit_count = 16;
			shape.nodes_max = 4;
		}
		plan = sample_plan(&s, &shape, 1, &job, 1);
		ck_assert_int_eq(plan->decision[0].reason.kind,
				 WEFT_REASON_START);
		for (uint32_t i = 0; i < plan->decision[0].place_count; i++)
			on |= 1u << plan->place[i].node_idx;
		ck_assert_msg(on == 0xc0, "%d: on %#x", kind, on);
		weft_plan_destroy(plan);
		sample_fini(&s);
	}
	weft_idxset_destroy(named);
}
END_TEST

/* Two domains of two: a job of two to four nodes takes what it can have now. */
START_TEST(as_many_nodes_as_it_may_have)
{
	static const struct {
		uint32_t min, max, busy, got;
	} rows[] = {
		{ 2, 4, 0, 4 }, { 2, 3, 0, 3 }, { 2, 2, 0, 2 }, { 2, 4, 1, 3 },
		{ 2, 9, 2, 2 }, { 1, 4, 3, 1 },
	};
	struct weft_job job = sample_job(1, 0);
	struct weft_shape shape;
	struct weft_plan *plan;
	struct sample s;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		sample_init(&s, 4, 4, 2);
		for (uint32_t n = 0; n < rows[i].busy; n++)
			sample_run(&s, n, 0xf, 4, HOUR);
		shape = sample_shape(&s, rows[i].min, 4, HOUR);
		shape.nodes_max = rows[i].max;
		plan = sample_plan(&s, &shape, 1, &job, 1);
		ck_assert_int_eq(plan->decision[0].reason.kind,
				 WEFT_REASON_START);
		ck_assert_uint_eq(plan->decision[0].place_count, rows[i].got);
		weft_plan_destroy(plan);
		sample_fini(&s);
	}
}
END_TEST

START_TEST(same_domain_or_wait)
{
	struct sample s;
	struct weft_shape shape;
	struct weft_job job = sample_job(1, 0);
	struct weft_plan *plan;

	sample_init(&s, 8, 8, 4);
	sample_run(&s, 1, 0xff, 8, HOUR);
	sample_run(&s, 6, 0xff, 8, 2 * HOUR);
	shape = sample_shape(&s, 4, 8, HOUR);
	plan = sample_plan(&s, &shape, 1, &job, 1);
	ck_assert_int_eq(plan->decision[0].reason.kind, WEFT_REASON_START);
	weft_plan_destroy(plan);
	shape.domain = WEFT_DOMAIN_SAME;
	plan = sample_plan(&s, &shape, 1, &job, 1);
	ck_assert_int_eq(plan->decision[0].reason.kind, WEFT_REASON_DOMAIN);
	ck_assert_int_eq(plan->decision[0].start_sec, SAMPLE_NOW + HOUR);
	ck_assert_uint_eq(domains_of(&s, plan, &plan->decision[0]), 1);
	weft_plan_destroy(plan);
	shape.nodes_min = shape.nodes_max = 5;
	plan = sample_plan(&s, &shape, 1, &job, 1);
	ck_assert_int_eq(plan->decision[0].reason.kind, WEFT_REASON_NEVER);
	weft_plan_destroy(plan);
	sample_fini(&s);
}
END_TEST

/* Small jobs break the domain that is broken already, and the fullest node. */
START_TEST(whole_nodes_and_domains_are_kept)
{
	struct sample s;
	struct weft_shape shapes[2];
	struct weft_job jobs[2] = { sample_job(1, 0), sample_job(2, 1) };
	struct weft_plan *plan;

	sample_init(&s, 8, 8, 4);
	sample_run(&s, 5, 0x3f, 6, HOUR);	/* 2 GPUs left */
	sample_run(&s, 6, 0x7, 3, HOUR);	/* 5 left */
	shapes[0] = sample_shape(&s, 1, 2, HOUR);
	shapes[1] = sample_shape(&s, 4, 8, HOUR);
	plan = sample_plan(&s, shapes, 2, jobs, 2);
	ck_assert_uint_eq(plan->place[plan->decision[0].place_first].node_idx, 5);
	ck_assert_int_eq(plan->decision[1].reason.kind, WEFT_REASON_START);
	ck_assert_uint_eq(domains_of(&s, plan, &plan->decision[1]), 1);
	weft_plan_destroy(plan);
	sample_fini(&s);
}
END_TEST

START_TEST(units_spread_over_nodes)
{
	struct sample s;
	struct weft_shape shape;
	struct weft_job job = sample_job(1, 0);
	struct weft_plan *plan;
	uint32_t units = 0;

	sample_init(&s, 4, 8, 0);
	sample_run(&s, 0, 0xff, 8, HOUR);
	shape = sample_shape(&s, 1, 0, HOUR);
	shape.nodes_max = 20;
	shape.per_node = (struct weft_amount){ 0 };
	shape.per_unit = (struct weft_amount){ .cpus = 1, .gpus = 1 };
	shape.unit_count = 20;
	plan = sample_plan(&s, &shape, 1, &job, 1);
	ck_assert_int_eq(plan->decision[0].reason.kind, WEFT_REASON_START);
	ck_assert_uint_eq(plan->decision[0].place_count, 3);
	for (uint32_t i = 0; i < 3; i++) {
		units += plan->place[i].units;
		ck_assert_uint_eq(__builtin_popcountll(plan->place[i].gpus),
				  plan->place[i].units);
	}
	ck_assert_uint_eq(units, 20);
	weft_plan_destroy(plan);

	shape.unit_count = 25;
	shape.nodes_max = 25;
	plan = sample_plan(&s, &shape, 1, &job, 1);
	ck_assert_int_eq(plan->decision[0].reason.kind, WEFT_REASON_GPUS);
	ck_assert_uint_eq(plan->decision[0].reason.wanted, 25);
	ck_assert_uint_eq(plan->decision[0].reason.available, 24);
	ck_assert_int_eq(plan->decision[0].start_sec, SAMPLE_NOW + HOUR);
	weft_plan_destroy(plan);

	shape.unit_count = 33;
	plan = sample_plan(&s, &shape, 1, &job, 1);
	ck_assert_int_eq(plan->decision[0].reason.kind, WEFT_REASON_NEVER);
	weft_plan_destroy(plan);
	sample_fini(&s);
}
END_TEST

/* Six nodes go under the one switch that has so many, whatever domain is emptier. */
START_TEST(smallest_subtree_first)
{
	static const uint32_t busy[] = { 0, 4, 12, 13, 14 };
	struct weft_fabric_builder *b = weft_fabric_builder_create(16);
	struct sample s;
	struct weft_shape shape;
	struct weft_job job = sample_job(1, 0);
	struct weft_plan *plan;
	char name[16];

	sample_init(&s, 16, 8, 0);
	weft_fabric_destroy(s.fabric);
	for (uint32_t n = 0; n < 16; n++) {
		snprintf(name, sizeof(name), "s%u", n / 8);
		weft_fabric_set_switch(b, n, name, NULL);
		snprintf(name, sizeof(name), "d%u", n / 4);
		weft_fabric_set_domain(b, n, name, NULL);
	}
	ck_assert_int_eq(weft_fabric_builder_finish(b, &s.fabric, NULL), 0);
	weft_fabric_builder_destroy(b);
	s.cluster.fabric = s.fabric;
	for (uint32_t i = 0; i < 5; i++)
		sample_run(&s, busy[i], 0xff, 8, HOUR);
	shape = sample_shape(&s, 6, 8, HOUR);
	plan = sample_plan(&s, &shape, 1, &job, 1);
	for (uint32_t i = 0; i < 6; i++)
		ck_assert_uint_lt(plan->place[i].node_idx, 8);
	weft_plan_destroy(plan);
	sample_fini(&s);
}
END_TEST

/*
 * GPUs 0-3 of one type and 4-7 of another: three are of one type where one has
 * so many, five are of both, and a type asked for is kept to.
 */
START_TEST(types_are_kept_together_if_one_suffices)
{
	static const struct {
		uint32_t gpus;
		int32_t type_idx;
		weft_gpuset_t held, within;	/* within 0: it waits */
	} cases[] = {
		{ 3, -1, 0x00, 0x0f },
		{ 3, -1, 0x03, 0xf0 },	/* two left of the first */
		{ 2, -1, 0x03, 0x0c },	/* the tightest */
		{ 5, -1, 0x00, 0xff },
		{ 3, -1, 0x33, 0xcc },	/* neither has three */
		{ 3, 1, 0x03, 0xf0 },
		{ 3, 0, 0x03, 0x00 },
	};
	struct weft_job job = sample_job(1, 0);
	struct weft_shape shape;
	struct weft_plan *plan;
	struct sample s;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		weft_gpuset_t got;

		sample_init(&s, 1, 8, 0);
		s.cluster.node[0].gpus_of_type[0] = 0x0f;
		s.cluster.node[0].gpus_of_type[1] = 0xf0;
		if (cases[i].held)
			sample_run(&s, 0, cases[i].held, 1, HOUR);
		shape = sample_shape(&s, 1, cases[i].gpus, HOUR);
		shape.gpu_type_idx = cases[i].type_idx;
		plan = sample_plan(&s, &shape, 1, &job, 1);
		ck_assert_int_eq(plan->decision[0].reason.kind ==
				 WEFT_REASON_START, cases[i].within != 0);
		got = cases[i].within ? plan->place[0].gpus : 0;
		ck_assert_msg(!(got & ~cases[i].within), "case %zu: %#llx", i,
			      (unsigned long long)got);
		ck_assert_uint_eq((uint32_t)__builtin_popcountll(got),
				  cases[i].within ? cases[i].gpus : 0);
		weft_plan_destroy(plan);
		sample_fini(&s);
	}
}
END_TEST

/*
 * A queue of jobs of 4 GPUs and one of 1; nodes with 4 and with 7 free.  Best fit
 * would put the small job on the first and strand 3 GPUs; what is seen of the
 * queue says the second, where 3 are stranded already.
 */
START_TEST(small_jobs_strand_the_fewest_for_the_queue)
{
	struct sample s;
	struct weft_shape shapes[2];
	struct weft_job jobs[6];
	struct weft_plan *plan;

	for (uint32_t fragmentation = 0; fragmentation <= 1; fragmentation++) {
		sample_init(&s, 2, 8, 0);
		s.policy.order = WEFT_ORDER_PRIORITY;
		s.policy.fragmentation = fragmentation;
		sample_run(&s, 0, 0x0f, 4, HOUR);
		sample_run(&s, 1, 0x01, 1, HOUR);
		shapes[0] = sample_shape(&s, 1, 1, HOUR);
		shapes[1] = sample_shape(&s, 1, 4, HOUR);
		for (uint32_t i = 0; i < 6; i++)
			jobs[i] = sample_job(i + 1, i > 0);
		plan = sample_plan(&s, shapes, 2, jobs, 6);
		ck_assert_uint_eq(plan->place[plan->decision[0].place_first]
				  .node_idx, fragmentation);
		/* and so two more start instead of one */
		ck_assert_uint_eq(plan->stats.started, fragmentation ? 3 : 2);
		weft_plan_destroy(plan);
		sample_fini(&s);
	}
}
END_TEST

UNIT_MAIN("plan_place", segments_stay_whole, a_segment_holds_its_tasks,
	  as_many_nodes_as_it_may_have, same_domain_or_wait,
	  whole_nodes_and_domains_are_kept,
	  units_spread_over_nodes, smallest_subtree_first,
	  the_smallest_subtree_for_each_kind,
	  types_are_kept_together_if_one_suffices,
	  small_jobs_strand_the_fewest_for_the_queue)
