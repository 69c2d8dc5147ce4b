/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_sched_limits.c - --time-min, --deadline and arrays with %N, on random queues
 *
 * A plan is laid out second by second (here: minute by minute, all times are
 * whole minutes) on an array that knows no cleverness.  What must hold for
 * each of thousands of queues:
 *
 *   - no GPU is held twice, and CPUs suffice
 *   - a limit lies between --time-min and the limit; it is shorter than what
 *     was asked only for a start now or before a deadline
 *   - nobody is planned past its deadline
 *   - of an array at most %N tasks are planned
 *   - the plan for the first k jobs alone is the beginning of the plan for all:
 *     nobody is delayed by a job behind it
 */
#include "config.h"

#include "tests/unit/sched_sample.h"
#include "tests/unit/starts_only.h"

#define NODES 3
#define GPUS 4
#define JOBS 8
#define MINUTES 2000
#define CASES 3000

struct queue {
	struct sample s;
	struct weft_shape shape[JOBS];
	struct weft_job job[JOBS];
	uint8_t held[NODES][GPUS][MINUTES];
	uint32_t cpus[NODES][MINUTES];
	unsigned long long seed;
};

static unsigned int dice(struct queue *q, unsigned int sides)
{
	return (unsigned int)(unit_random(&q->seed) >> 33) % sides;
}

static void make_job(struct queue *q, uint32_t i)
{
	uint32_t minutes = 2 + dice(q, 60);
	struct weft_shape *s = &q->shape[i];
	struct weft_job *job = &q->job[i];

	*s = sample_shape(&q->s, 1 + dice(q, 2), dice(q, GPUS + 1),
			  minutes * 60);
	if (dice(q, 2))
		s->limit_min_sec = (1 + dice(q, minutes - 1)) * 60;
	*job = sample_job(i + 1, i);
	if (!dice(q, 3))
		job->deadline_sec = SAMPLE_NOW + (1 + dice(q, 120)) * 60;
	if (!dice(q, 4)) {
		job->array_tasks = 1 + dice(q, 5);
		job->array_running_max = dice(q, 2) ? UINT32_MAX : dice(q, 4);
	}
}

static void make_queue(struct queue *q, unsigned long long seed)
{
	memset(q, 0, sizeof(*q));
	q->seed = seed * 2654435761u + 88172645463325252ULL;
	sample_init(&q->s, NODES, GPUS, 0);
	for (uint32_t n = 0; n < NODES; n++)
		if (dice(q, 2))
			sample_run(&q->s, n, 1 + dice(q, (1 << GPUS) - 1),
				   dice(q, 8), (1 + dice(q, 40)) * 60);
	for (uint32_t i = 0; i < JOBS; i++)
		make_job(q, i);
}

static void hold(struct queue *q, uint32_t node, weft_gpuset_t gpus,
		 uint32_t cpus, int64_t start_sec, int64_t end_sec)
{
	for (int64_t m = (start_sec - SAMPLE_NOW) / 60;
	     m < (end_sec - SAMPLE_NOW) / 60 && m < MINUTES; m++) {
		q->cpus[node][m] += cpus;
		ck_assert_uint_le(q->cpus[node][m],
				  q->s.cluster.node[node].total.cpus);
		for (uint32_t g = 0; g < GPUS; g++)
			if (gpus >> g & 1)
				ck_assert_msg(!q->held[node][g][m]++,
					      "GPU %u held twice", g);
	}
}

static void check_limit(const struct queue *q, const struct weft_decision *d)
{
	const struct weft_job *job = &q->job[d->job_idx];
	const struct weft_shape *s = &q->shape[job->shape_idx];

	ck_assert_uint_le(d->limit_sec, s->limit_sec);
	if (d->limit_sec < s->limit_sec) {
		ck_assert_uint_gt(s->limit_min_sec, 0);
		ck_assert_uint_ge(d->limit_sec, s->limit_min_sec);
		ck_assert(d->start_sec == SAMPLE_NOW || job->deadline_sec);
	}
	if (job->deadline_sec)
		ck_assert_int_le(d->start_sec + d->limit_sec,
				 job->deadline_sec);
}

static void check_plan(struct queue *q, const struct weft_plan *plan)
{
	uint32_t planned[JOBS] = { 0 };

	for (uint32_t r = 0; r < q->s.cluster.running_count; r++)
		hold(q, q->s.hold[r].node_idx, q->s.hold[r].gpus,
		     q->s.hold[r].cpus, SAMPLE_NOW, q->s.running[r].end_sec);
	for (uint32_t i = 0; i < plan->decision_count; i++) {
		const struct weft_decision *d = &plan->decision[i];

		if (d->start_sec == WEFT_TIME_NEVER)
			continue;
		check_limit(q, d);
		planned[d->job_idx]++;
		ck_assert_uint_eq(d->place_count,
				  q->shape[d->job_idx].nodes_min);
		for (uint32_t k = 0; k < d->place_count; k++) {
			const struct weft_place *p =
				&plan->place[d->place_first + k];

			hold(q, p->node_idx, p->gpus,
			     q->shape[d->job_idx].per_node.cpus, d->start_sec,
			     d->start_sec + d->limit_sec);
		}
	}
	for (uint32_t i = 0; i < JOBS; i++)
		ck_assert_uint_le(planned[i], q->job[i].array_running_max);
}

/* What the first k jobs get does not change when others come behind them. */
static void check_prefix(struct queue *q, const struct weft_plan *plan)
{
	uint32_t k = 1 + dice(q, JOBS - 1);
	struct weft_plan *fewer = sample_plan(&q->s, q->shape, JOBS, q->job, k);

	for (uint32_t i = 0; i < k; i++) {
		ck_assert_int_eq(fewer->decision[i].start_sec,
				 plan->decision[i].start_sec);
		ck_assert_uint_eq(fewer->decision[i].limit_sec,
				  plan->decision[i].limit_sec);
	}
	weft_plan_destroy(fewer);
}

START_TEST(test_random)
{
	struct queue *q = malloc(sizeof(*q));
	struct weft_plan *plan;

	for (unsigned long long seed = 1; seed <= CASES; seed++) {
		make_queue(q, seed);
		/* the mix is that of the whole queue, so it would differ */
		q->s.policy.fragmentation = false;
		plan = sample_plan(&q->s, q->shape, JOBS, q->job, JOBS);
		check_plan(q, plan);
		check_prefix(q, plan);
		check_starts_only(&q->s.cluster, &q->s.policy, q->shape, JOBS,
				  q->job, JOBS, plan);
		weft_plan_destroy(plan);
		sample_fini(&q->s);
	}
	free(q);
}
END_TEST

/* One node of 4 GPUs; 2 are held for 40 minutes, then 4 are wanted. */
static const struct {
	const char *what;
	uint32_t gpus, limit_min, time_min_min, deadline_min;
	int64_t want_start_min;		/* -1: never */
	uint32_t want_limit_min;
} cases[] = {
	{ "it fits", 2, 30, 0, 0, 0, 30 },
	{ "behind the wide job", 2, 60, 0, 0, 100, 60 },
	{ "the gap's length", 2, 60, 10, 0, 0, 40 },
	{ "too short a gap", 2, 60, 50, 0, 100, 60 },
	{ "the deadline is nearer than the gap", 2, 60, 10, 20, 0, 20 },
	{ "never in time", 2, 60, 0, 90, -1, 60 },
	{ "in time later, if shorter", 4, 60, 10, 150, 100, 50 },
	{ "just in time", 4, 60, 0, 160, 100, 60 },
	{ "a minute late", 4, 60, 0, 159, -1, 60 },
	{ "too much for any node", 65, 10, 0, 0, -1, 10 },
};

static void try_case(size_t i)
{
	struct weft_shape shape[2];
	struct weft_job job[2];
	struct weft_decision *d;
	struct weft_plan *plan;
	struct sample s;

	sample_init(&s, 1, 4, 0);
	sample_run(&s, 0, 3, 2, 40 * 60);
	shape[0] = sample_shape(&s, 1, 4, 60 * 60);
	shape[1] = sample_shape(&s, 1, cases[i].gpus, cases[i].limit_min * 60);
	shape[1].limit_min_sec = cases[i].time_min_min * 60;
	job[0] = sample_job(1, 0);
	job[1] = sample_job(2, 1);
	if (cases[i].deadline_min)
		job[1].deadline_sec = SAMPLE_NOW + cases[i].deadline_min * 60;
	plan = sample_plan(&s, shape, 2, job, 2);
	ck_assert_int_eq(plan->decision[0].start_sec, SAMPLE_NOW + 40 * 60);
	d = &plan->decision[1];
	ck_assert_msg(d->start_sec == (cases[i].want_start_min < 0 ?
				       WEFT_TIME_NEVER : SAMPLE_NOW +
				       cases[i].want_start_min * 60),
		      "%s: start", cases[i].what);
	ck_assert_msg(d->limit_sec / 60 == cases[i].want_limit_min,
		      "%s: limit %u", cases[i].what, d->limit_sec / 60);
	weft_plan_destroy(plan);
	sample_fini(&s);
}

START_TEST(test_one_gap)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		try_case(i);
}
END_TEST

UNIT_MAIN("sched_limits", test_random, test_one_gap)
