/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_score.c - which node a small job should take: the mix of jobs that wait,
 * what of a node's GPUs it could not use, and the order made of that
 */
#include "config.h"

#include "sched/score.h"
#include "tests/unit/unit.h"

static struct weft_shape shape_of(uint32_t cpus, uint32_t gpus, uint64_t mem_mib)
{
	return (struct weft_shape) {
		.nodes_min = 1, .nodes_max = 1, .gpu_type_idx = -1,
		.per_node = { .cpus = cpus, .gpus = gpus, .mem_mib = mem_mib },
	};
}

/* Jobs count by their tasks, an array as a thousand at the most; CPU jobs not. */
START_TEST(shares_of_the_queue)
{
	const struct weft_shape shapes[] = {
		shape_of(1, 1, 0), shape_of(8, 4, 0), shape_of(64, 0, 0),
		shape_of(8, 4, 5),
	};
	const struct weft_job jobs[] = {
		{ .shape_idx = 0, .array_tasks = 1 },
		{ .shape_idx = 2, .array_tasks = 900 },
		{ .shape_idx = 1, .array_tasks = 4000 },
		{ .shape_idx = 0, .array_tasks = 0 },
		{ .shape_idx = 0, .array_tasks = 498 },
		{ .shape_idx = 3, .array_tasks = 500 },
	};
	struct weft_mix mix;

	weft_mix_from_jobs(&mix, shapes, jobs, 6);
	ck_assert_uint_eq(mix.count, 3);
	ck_assert_uint_eq(mix.item[0].demand.gpus, 1);
	ck_assert_double_eq_tol(mix.item[0].share, 0.25, 1e-9);
	ck_assert_uint_eq(mix.item[1].demand.cpus, 8);
	ck_assert_double_eq_tol(mix.item[1].share, 0.5, 1e-9);
	ck_assert_uint_eq(mix.item[2].demand.mem_mib, 5);
	ck_assert_double_eq_tol(mix.item[2].share, 0.25, 1e-9);
	weft_mix_from_jobs(&mix, shapes, &jobs[1], 1);
	ck_assert_uint_eq(mix.count, 0);
	ck_assert_double_eq(weft_mix_fragmentation(&mix, 0, 0, 8), 0);
}
END_TEST

/* A demand asked for often survives any number of rare ones around it. */
START_TEST(frequent_demands_are_kept)
{
	enum { RARE = 3 * WEFT_MIX_MAX };
	struct weft_shape shapes[RARE + 1];
	struct weft_job jobs[2 * RARE];
	struct weft_mix mix;
	double sum = 0;
	bool found = false;

	shapes[RARE] = shape_of(1, 7, 0);
	for (uint32_t i = 0; i < RARE; i++) {
		shapes[i] = shape_of(i + 1, 1, 0);
		jobs[2 * i] = (struct weft_job) { .shape_idx = i };
		jobs[2 * i + 1] = (struct weft_job) { .shape_idx = RARE };
	}
	weft_mix_from_jobs(&mix, shapes, jobs, 2 * RARE);
	ck_assert_uint_eq(mix.count, WEFT_MIX_MAX);
	for (uint32_t i = 0; i < mix.count; i++) {
		sum += mix.item[i].share;
		if (mix.item[i].demand.gpus != 7)
			continue;
		found = true;
		ck_assert_double_ge(mix.item[i].share, 0.5);
	}
	ck_assert(found);
	ck_assert_double_eq_tol(sum, 1, 1e-9);
}
END_TEST

/* Three of four jobs want 4 GPUs, 8 CPUs and 10 MiB, one wants 1 GPU. */
static struct weft_mix four_and_one(void)
{
	return (struct weft_mix) { .count = 2, .item = {
		{ { .cpus = 8, .gpus = 4, .mem_mib = 10 }, 0.75 },
		{ { .gpus = 1 }, 0.25 },
	} };
}

START_TEST(gpus_of_no_use)
{
	static const struct {
		uint32_t cpus;
		uint64_t mem_mib;
		uint32_t gpus;
		double wasted;
	} rows[] = {
		{ 64, 100, 8, 0 }, { 64, 100, 7, 0.75 * 3 },
		{ 64, 100, 4, 0 }, { 64, 100, 3, 0.75 * 3 },
		{ 8, 10, 4, 0 }, { 7, 10, 4, 0.75 * 4 }, { 8, 9, 4, 0.75 * 4 },
		{ 0, 0, 0, 0 },
	};
	struct weft_mix mix = four_and_one();

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		ck_assert_double_eq_tol(weft_mix_fragmentation(&mix, rows[i].cpus,
							       rows[i].mem_mib,
							       rows[i].gpus),
					rows[i].wasted, 1e-9);
}
END_TEST

/* The first of each pair is taken before the second. */
START_TEST(taken_first)
{
	struct side {
		uint32_t weight, node_gpus, gpus, cpus;
	};
	static const struct {
		const char *what;
		uint32_t ask_gpus, nodes;
		bool with_mix;
		struct side first, second;
	} rows[] = {
		{ "weight before all", 1, 1, true, { 1, 8, 8, 99 }, { 2, 8, 5, 9 } },
		{ "a huge weight is still one", 1, 1, true,
		  { 7, 8, 8, 99 }, { UINT32_MAX, 8, 5, 9 } },
		{ "no GPUs for a job of CPUs", 0, 1, true,
		  { 1, 0, 0, 99 }, { 1, 8, 0, 9 } },
		{ "strands none before best fit", 1, 1, true,
		  { 1, 8, 7, 99 }, { 1, 8, 4, 99 } },
		{ "without a mix: best fit", 1, 1, false,
		  { 1, 8, 4, 99 }, { 1, 8, 7, 99 } },
		{ "of several nodes: best fit", 1, 2, true,
		  { 1, 8, 4, 99 }, { 1, 8, 7, 99 } },
		{ "the more it mends the better", 1, 1, true,
		  { 1, 8, 3, 99 }, { 1, 8, 8, 99 } },
		{ "fewest GPUs", 2, 1, false, { 1, 8, 2, 99 }, { 1, 8, 3, 9 } },
		{ "fewest CPUs", 2, 1, false, { 1, 8, 2, 9 }, { 1, 8, 2, 10 } },
		{ "very many CPUs are not GPUs", 2, 1, false,
		  { 1, 8, 2, UINT32_MAX }, { 1, 8, 3, 9 } },
	};
	struct weft_mix mix = four_and_one();

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct weft_shape shape = shape_of(1, rows[i].ask_gpus, 0);
		uint64_t score[2];

		shape.nodes_min = shape.nodes_max = rows[i].nodes;
		for (int k = 0; k < 2; k++) {
			const struct side *x = k ? &rows[i].second :
				&rows[i].first;
			struct weft_node node = { .weight = x->weight,
				.total = { .cpus = x->cpus, .mem_mib = 1000,
					   .gpus = x->node_gpus } };
			struct weft_free free = { .cpus = x->cpus,
				.mem_mib = 1000,
				.gpus = weft_gpus_below(x->gpus) };

			score[k] = weft_score(rows[i].with_mix ? &mix : NULL,
					      &shape, &node, &free);
		}
		ck_assert_msg(score[0] < score[1], "%s", rows[i].what);
	}
}
END_TEST

UNIT_MAIN("score", shares_of_the_queue, frequent_demands_are_kept,
	  gpus_of_no_use, taken_first)
