/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * plan.c - how long one cycle of the planner takes
 *
 *   plan [NODES [JOBS [SHAPES [DEPTH [busy|mixed|empty [priority|whatif|timed]]]]]]
 *
 * A cluster of nodes with 8 GPUs in domains of 16, jobs of SHAPES different
 * shapes with limits of 10 to 1,400 minutes:
 *
 *   busy	every GPU held; half ask 1 GPU, a fifth 4 GPUs, the rest 1 to 128
 *		whole nodes
 *   mixed	a fifth of the halves of nodes free, a few nodes down; beside the
 *		above GPUs spread over nodes, tasks, segments, one domain, few
 *		switches, whole nodes for themselves, CPUs only
 *   empty	jobs as in busy, nobody runs
 *
 * priority: jobs in the order given.  whatif: with as many searches for what jobs
 * could ask instead as slurmctld's cycle makes at the most.  timed: with the default
 * bound on a cycle's time (plan_msec), so plans differ from run to run.
 *
 * Prints a line a run, in CPU time, with a sum over who starts when and where (two builds
 * with the same sum plan alike), and the median of five.  Without arguments:
 * the sizes that the documentation quotes.  No test passes or fails by these
 * numbers.
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

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (double)ts.tv_sec * 1e3 + (double)ts.tv_nsec / 1e6;
}

static int64_t now_usec(void)
{
	return (int64_t)(now_ms() * 1e3);
}

static struct weft_fabric *make_fabric(uint32_t nodes)
{
	struct weft_fabric_builder *b = weft_fabric_builder_create(nodes);
	struct weft_fabric *fabric = NULL;
	char name[32];

	for (uint32_t n = 0; b && n < nodes; n++) {
		snprintf(name, sizeof(name), "s%u", n / 64);
		weft_fabric_set_switch(b, n, name, NULL);
		snprintf(name, sizeof(name), "d%u", n / 16);
		weft_fabric_set_domain(b, n, name, NULL);
	}
	if (b)
		weft_fabric_builder_finish(b, &fabric, NULL);
	weft_fabric_builder_destroy(b);
	return fabric;
}

enum scene { BUSY, MIXED, EMPTY };
static const char *const scenes[] = { "busy", "mixed", "empty" };

/* Two jobs a node, each on a half of it, until some time ahead. */
static void make_cluster(struct weft_cluster *c, uint32_t nodes,
			 enum scene scene)
{
	c->now_sec = 1000000;
	c->fabric = make_fabric(nodes);
	c->node_count = nodes;
	c->node = calloc(nodes, sizeof(*c->node));
	c->running = calloc(2 * nodes, sizeof(*c->running));
	c->hold = calloc(2 * nodes, sizeof(*c->hold));
	for (uint32_t n = 0; n < nodes; n++) {
		c->node[n].name = "node";
		c->node[n].usable = scene != MIXED || pick(100) > 0;
		c->node[n].back_sec = WEFT_TIME_NEVER;
		c->node[n].total = (struct weft_amount){ 64, 8, 1000000 };
		c->node[n].gpus_of_type[0] = 0xff;
		for (uint32_t half = 0; half < 2; half++) {
			struct weft_hold *h = &c->hold[c->hold_count];

			if (scene == EMPTY || (scene == MIXED && !pick(5)))
				continue;
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

/* What else people ask for. */
static void add_wish(struct weft_shape *s)
{
	switch (pick(8)) {
	case 0:		/* --gpus=n */
		s->per_node = (struct weft_amount){ .cpus = 1 };
		s->per_unit = (struct weft_amount){ .gpus = 1, .cpus = 4 };
		s->unit_count = s->nodes_max = 2 + pick(30);
		s->nodes_min = 1;
		s->units_per_node_min = 1;
		break;
	case 1:		/* -n n -c 2 */
		s->per_node = (struct weft_amount){ 0 };
		s->per_unit = (struct weft_amount){ .cpus = 2 };
		s->unit_count = s->nodes_max = 64 + pick(512);
		s->units_per_node_min = 1;
		s->nodes_min = 1;
		break;
	case 2:
	case 3:
		s->per_node = (struct weft_amount){ .cpus = 32, .gpus = 8 };
		s->segment = 1u << pick(5);
		s->nodes_min = s->nodes_max = s->segment * (1 + pick(8));
		break;
	case 4:
		s->per_node.gpus = 8;
		s->nodes_min = s->nodes_max = 2 + pick(15);
		s->domain = WEFT_DOMAIN_SAME;
		break;
	case 5:
		s->nodes_min = s->nodes_max = 4 + pick(60);
		s->switches_max = 1 + pick(2);
		break;
	case 6:
		s->exclusive = true;
		s->nodes_min = 1 + pick(4);
		s->nodes_max = s->nodes_min + pick(8);
		break;
	default:
		s->per_node = (struct weft_amount){ .cpus = 1 + pick(64),
			.mem_mib = 1000 * pick(300) };
	}
}

static void make_shape(struct weft_shape *s, const struct weft_idxset *all,
		       enum scene scene)
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
	if (scene == MIXED && pick(3) == 0)
		add_wish(s);
}

static unsigned long long add(unsigned long long sum, unsigned long long value)
{
	return (sum ^ value) * 1099511628211ULL;
}

/* Who starts when, where and on which GPUs. */
static unsigned long long sum_of(const struct weft_plan *plan)
{
	unsigned long long sum = 14695981039346656037ULL;

	for (uint32_t i = 0; i < plan->decision_count; i++) {
		const struct weft_decision *d = &plan->decision[i];

		sum = add(sum, d->job_idx);
		sum = add(sum, (unsigned long long)d->start_sec);
		sum = add(sum, d->reason.kind);
		for (uint32_t k = 0; k < d->place_count; k++) {
			const struct weft_place *p =
				&plan->place[d->place_first + k];

			sum = add(sum, p->node_idx);
			sum = add(sum, p->gpus);
			sum = add(sum, p->units);
		}
	}
	return sum;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static int bench(uint32_t nodes, uint32_t job_count, uint32_t shape_count,
		 uint32_t depth, enum scene scene, int order,
		 uint32_t whatif_tests, bool timed)
{
	struct weft_cluster cluster = { 0 };
	struct weft_policy policy = { 0 };
	struct weft_idxset *all = weft_idxset_create(nodes);
	struct weft_shape *shapes = calloc(shape_count, sizeof(*shapes));
	struct weft_job *jobs = calloc(job_count, sizeof(*jobs));
	double ms[RUNS];

	weft_idxset_fill(all);
	make_cluster(&cluster, nodes, scene);
	weft_settings_defaults(weft_policy_settings, &policy);
	policy.plan_depth = depth;
	policy.window_sec = 10 * 86400;
	policy.order = order;
	policy.whatif_tests = whatif_tests;
	policy.clock_usec = timed ? now_usec : NULL;
	for (uint32_t i = 0; i < shape_count; i++)
		make_shape(&shapes[i], all, scene);
	for (uint32_t i = 0; i < job_count; i++)
		jobs[i] = (struct weft_job){ .job_id = i + 1, .array_tasks = 1,
			.array_running_max = UINT32_MAX,
			.switch_wait_until_sec = cluster.now_sec + 3600,
			.shape_idx = pick(shape_count) };
	printf("%s: %u nodes, %u jobs, %u shapes, depth %u%s%s%s\n", scenes[scene],
	       nodes, job_count, shape_count, depth,
	       order == WEFT_ORDER_PRIORITY ? ", order priority" : "",
	       whatif_tests ? ", whatif" : "", timed ? ", timed" : "");
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
		printf("  %8.1f ms  %u planned, %u started, %llu tests, %llu steps, sum %016llx\n",
		       ms[run], plan->stats.planned, plan->stats.started,
		       (unsigned long long)plan->stats.tests,
		       (unsigned long long)plan->stats.steps, sum_of(plan));
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

static int usage(void)
{
	fprintf(stderr, "usage: plan [NODES [JOBS [SHAPES [DEPTH [busy|mixed|empty [priority|whatif|timed]]]]]]\n");
	return 2;
}

static uint32_t argument(int argc, char **argv, int at, uint32_t fallback)
{
	char *end;
	unsigned long value;

	if (argc <= at)
		return fallback;
	value = strtoul(argv[at], &end, 10);
	if (*end || !value || value > 10000000)
		exit(usage());
	return (uint32_t)value;
}

int main(int argc, char **argv)
{
	const int order = WEFT_ORDER_SHORTEST;
	const uint32_t most = 200;	/* by default: plugins/sched/conf.c */
	uint32_t scene = BUSY;
	bool whatif = argc == 7 && !strcmp(argv[6], "whatif");
	bool timed = argc == 7 && !strcmp(argv[6], "timed");

	setvbuf(stdout, NULL, _IOLBF, 0);
	while (argc > 5 && scene <= EMPTY && strcmp(argv[5], scenes[scene]))
		scene++;
	if (scene > EMPTY || argc > 7 ||
	    (argc == 7 && !whatif && !timed && strcmp(argv[6], "priority")))
		return usage();
	if (argc > 1)
		return bench(argument(argc, argv, 1, 512),
			     argument(argc, argv, 2, 4000),
			     argument(argc, argv, 3, 300),
			     argument(argc, argv, 4, 4000), scene,
			     argc == 7 && !whatif && !timed ?
				     WEFT_ORDER_PRIORITY : order,
			     whatif ? most : 0, timed);
	return bench(512, 4000, 300, 4000, BUSY, order, 0, false) ||
		bench(10000, 100000, 300, 5000, BUSY, order, 0, false) ||
		bench(10000, 100000, 300, 5000, BUSY, order, most, false) ||
		bench(10000, 100000, 300, 5000, MIXED, order, 0, false) ||
		bench(10000, 100000, 300, 5000, MIXED, order, 0, true) ||
		bench(10000, 100000, 300, 5000, MIXED, order, most, false);
}
