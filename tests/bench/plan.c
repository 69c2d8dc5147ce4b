/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * plan.c - how long one cycle of the planner takes
 *
 *   plan [NODES [JOBS [SHAPES [DEPTH]]]]
 *
 * A cluster of nodes with 8 GPUs in domains of 16, all busy; jobs of SHAPES
 * different shapes: half ask 1 GPU, a fifth 4 GPUs, the rest 1 to 128 whole
 * nodes, with limits of 10 to 1,400 minutes.  Prints a line a run, and the
 * median of five.  Without arguments: the two sizes that the documentation
 * quotes.  No test passes or fails by these numbers.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "sched/plan.h"

#define RUNS 5

static unsigned long long state = 42;

static uint32_t pick(uint32_t below)
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return (uint32_t)((state * 2685821657736338717ULL >> 33) % below);
}

static double now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec * 1e3 + (double)ts.tv_nsec / 1e6;
}

static struct weft_fabric *make_fabric(uint32_t nodes)
{
	struct weft_fabric_builder *b = weft_fabric_builder_create(nodes);
	struct weft_fabric *fabric = NULL;
	char name[32];

	for (uint32_t n = 0; b && n < nodes; n++) {
		snprintf(name, sizeof(name), "d%u", n / 16);
		weft_fabric_set_domain(b, n, name, NULL);
	}
	if (b)
		weft_fabric_builder_finish(b, &fabric, NULL);
	weft_fabric_builder_destroy(b);
	return fabric;
}

/* Every GPU held: one job a node, or two halves, until some time ahead. */
static void make_cluster(struct weft_cluster *c, uint32_t nodes)
{
	c->now_sec = 1000000;
	c->fabric = make_fabric(nodes);
	c->node_count = nodes;
	c->node = calloc(nodes, sizeof(*c->node));
	c->running = calloc(2 * nodes, sizeof(*c->running));
	c->hold = calloc(2 * nodes, sizeof(*c->hold));
	for (uint32_t n = 0; n < nodes; n++) {
		c->node[n].name = "node";
		c->node[n].usable = true;
		c->node[n].total = (struct weft_amount){ 64, 8, 1000000 };
		c->node[n].gpus_of_type[0] = 0xff;
		for (uint32_t half = 0; half < 2; half++) {
			struct weft_hold *h = &c->hold[c->hold_count];

			h->node_idx = n;
			h->cpus = 32;
			h->gpus = half ? 0xf0 : 0x0f;
			c->running[c->running_count] = (struct weft_running){
				.job_id = c->hold_count, .hold_count = 1,
				.hold_first = c->hold_count,
				.end_sec = c->now_sec + 600 + 60 * pick(1400),
			};
			c->hold_count++;
			c->running_count++;
		}
	}
	c->gpu_type_count = 1;
}

static void make_shape(struct weft_shape *s, const struct weft_idxset *all)
{
	uint32_t kind = pick(10);

	*s = (struct weft_shape){
		.nodes_min = 1, .nodes_max = 1, .gpu_type_idx = -1,
		.resv_idx = -1, .nodes = all,
		.limit_sec = 600 + 60 * pick(1391),
		.per_node = { .cpus = 4, .gpus = 1 },
	};
	if (kind >= 5 && kind < 7)
		s->per_node = (struct weft_amount){ .cpus = 16, .gpus = 4 };
	if (kind >= 7) {
		s->per_node = (struct weft_amount){ .cpus = 32, .gpus = 8 };
		s->nodes_min = s->nodes_max = 1 + pick(128);
		if (s->nodes_max > all->size)
			s->nodes_min = s->nodes_max = all->size;
	}
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static int bench(uint32_t nodes, uint32_t job_count, uint32_t shape_count,
		 uint32_t depth)
{
	struct weft_cluster cluster = { 0 };
	struct weft_policy policy = { 0 };
	struct weft_idxset *all = weft_idxset_create(nodes);
	struct weft_shape *shapes = calloc(shape_count, sizeof(*shapes));
	struct weft_job *jobs = calloc(job_count, sizeof(*jobs));
	double ms[RUNS];

	weft_idxset_fill(all);
	make_cluster(&cluster, nodes);
	weft_settings_defaults(weft_policy_settings, &policy);
	policy.plan_depth = depth;
	policy.window_sec = 10 * 86400;
	for (uint32_t i = 0; i < shape_count; i++)
		make_shape(&shapes[i], all);
	for (uint32_t i = 0; i < job_count; i++)
		jobs[i] = (struct weft_job){ .job_id = i + 1, .array_tasks = 1,
			.array_running_max = UINT32_MAX,
			.shape_idx = pick(shape_count) };
	printf("%u nodes, %u jobs, %u shapes, depth %u\n", nodes, job_count,
	       shape_count, depth);
	for (int run = 0; run < RUNS; run++) {
		struct weft_err err = WEFT_ERR_INIT;
		struct weft_plan *plan = NULL;
		double begin = now_ms();

		if (weft_plan_run(&cluster, &policy, shapes, shape_count, jobs,
				  job_count, NULL, NULL, &plan, &err)) {
			fprintf(stderr, "%s\n", err.msg);
			return 1;
		}
		ms[run] = now_ms() - begin;
		printf("  %8.1f ms  %u planned, %u started, %llu tests, %llu steps\n",
		       ms[run], plan->stats.planned, plan->stats.started,
		       (unsigned long long)plan->stats.tests,
		       (unsigned long long)plan->stats.steps);
		weft_plan_destroy(plan);
	}
	qsort(ms, RUNS, sizeof(*ms), by_value);
	printf("  median %.1f ms: %.4f ms a job, %.4f ms a job planned\n",
	       ms[RUNS / 2], ms[RUNS / 2] / job_count,
	       ms[RUNS / 2] / (depth < job_count ? depth : job_count));
	weft_fabric_destroy((struct weft_fabric *)cluster.fabric);
	free(cluster.node);
	free(cluster.running);
	free(cluster.hold);
	weft_idxset_destroy(all);
	free(shapes);
	free(jobs);
	return 0;
}

static uint32_t argument(int argc, char **argv, int at, uint32_t fallback)
{
	char *end;
	unsigned long value;

	if (argc <= at)
		return fallback;
	value = strtoul(argv[at], &end, 10);
	if (*end || !value || value > 10000000) {
		fprintf(stderr, "usage: plan [NODES [JOBS [SHAPES [DEPTH]]]]\n");
		exit(2);
	}
	return (uint32_t)value;
}

int main(int argc, char **argv)
{
	if (argc > 1)
		return bench(argument(argc, argv, 1, 512),
			     argument(argc, argv, 2, 4000),
			     argument(argc, argv, 3, 300),
			     argument(argc, argv, 4, 4000));
	return bench(512, 4000, 300, 4000) || bench(10000, 100000, 300, 100);
}
