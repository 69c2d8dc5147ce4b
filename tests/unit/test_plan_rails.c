/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_plan_rails.c - which GPUs a plan takes on each of a job's nodes */
#include "config.h"

#include "tests/unit/pick_machines.h"
#include "tests/unit/sched_sample.h"

#define NODES 3

/* The GPUs that a job of 2 on each node gets, if those of taken[] are not free. */
static void plan_two(const weft_gpuset_t *taken,
		     struct weft_picker *const *picker, weft_gpuset_t *ret_gpus)
{
	struct sample s;
	struct weft_shape shape;
	struct weft_job job = sample_job(1, 0);
	struct weft_plan *plan;

	sample_init(&s, NODES, 8, 0);
	for (uint32_t n = 0; n < NODES; n++) {
		s.cluster.node[n].picker = picker[n];
		if (taken[n])
			sample_run(&s, n, taken[n], 1, 3600);
	}
	shape = sample_shape(&s, NODES, 2, 3600);
	plan = sample_plan(&s, &shape, 1, &job, 1);
	ck_assert_int_eq(plan->decision[0].reason.kind, WEFT_REASON_START);
	ck_assert_uint_eq(plan->decision[0].place_count, NODES);
	for (uint32_t i = 0; i < NODES; i++) {
		const struct weft_place *place =
			&plan->place[plan->decision[0].place_first + i];

		ret_gpus[place->node_idx] = place->gpus;
		ck_assert_uint_eq(place->gpus & taken[place->node_idx], 0);
		ck_assert_uint_eq(__builtin_popcountll(place->gpus), 2);
	}
	weft_plan_destroy(plan);
	sample_fini(&s);
}

/* Fast pairs are 0-1, 2-3, 4-5 and 6-7. */
START_TEST(one_set_on_all_nodes)
{
	static const struct {
		weft_gpuset_t taken[NODES], want[NODES];
	} cases[] = {
		/* The first pair is free on the first node only. */
		{ { 0x00, 0x01, 0x02 }, { 0x0c, 0x0c, 0x0c } },
		{ { 0x03, 0x0c, 0x30 }, { 0xc0, 0xc0, 0xc0 } },
		/* What all have in common is no pair: each its own. */
		{ { 0xfc, 0xf3, 0xcf }, { 0x03, 0x0c, 0x30 } },
		{ { 0x7c, 0x73, 0x4f }, { 0x03, 0x0c, 0x30 } },
		/* One node has no pair, so the pace is its own: 5 and 7 do for all. */
		{ { 0x5f, 0x00, 0x00 }, { 0xa0, 0xa0, 0xa0 } },
	};
	struct weft_inventory *inv = pairs(8);
	struct weft_picker *picker = weft_picker_create(inv);
	struct weft_picker *pickers[NODES] = { picker, picker, picker };
	weft_gpuset_t gpus[NODES];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		plan_two(cases[i].taken, pickers, gpus);
		for (uint32_t n = 0; n < NODES; n++)
			ck_assert_msg(gpus[n] == cases[i].want[n],
				      "case %zu, node %u: 0x%llx", i, n,
				      (unsigned long long)gpus[n]);
	}
	weft_picker_destroy(picker);
	weft_inventory_destroy(inv);
}
END_TEST

/* But one takes what the first has where that is as fast. */
START_TEST(unlike_nodes_choose_for_themselves)
{
	static const weft_gpuset_t taken[NODES] = { 0x00, 0x01, 0x00 };
	struct weft_inventory *inv = pairs(8), *other = pcie_only(8);
	struct weft_picker *a = weft_picker_create(inv);
	struct weft_picker *b = weft_picker_create(other);
	struct weft_picker *pickers[NODES] = { a, a, b };
	weft_gpuset_t gpus[NODES];

	plan_two(taken, pickers, gpus);
	ck_assert(gpus[0] == 0x03 || gpus[0] == 0x0c);
	ck_assert_uint_eq(gpus[1], 0x0c);
	weft_picker_destroy(a);
	weft_picker_destroy(b);
	weft_inventory_destroy(inv);
	weft_inventory_destroy(other);
}
END_TEST

START_TEST(without_links_the_lowest_of_all)
{
	static const weft_gpuset_t taken[NODES] = { 0x01, 0x02, 0x00 };
	struct weft_picker *pickers[NODES] = { NULL };
	weft_gpuset_t gpus[NODES];

	(void)dgx1;
	(void)nvswitch;
	(void)random_machine;
	plan_two(taken, pickers, gpus);
	for (uint32_t n = 0; n < NODES; n++)
		ck_assert_uint_eq(gpus[n], 0x0c);
}
END_TEST

UNIT_MAIN("plan_rails", one_set_on_all_nodes, unlike_nodes_choose_for_themselves,
	  without_links_the_lowest_of_all)
