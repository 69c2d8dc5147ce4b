/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_sim.c - the simulator: events, workloads, and what no policy may do
 *
 * The property tests run random histories under every policy and keep their
 * own book of every GPU and CPU, from what the engine reports: no start
 * before its submission, nothing held twice, every job run to its end, and
 * the work neither more nor less than the history's.
 */
#include "config.h"

#include <errno.h>

#include "sched/sim.h"
#include "sched/sim_events.h"
#include "sched/sim_space.h"
#include "tests/unit/sim_sample.h"

#define NODES 6
#define GPUS 4

static uint64_t random_state;

static uint32_t draw(uint32_t below)
{
	random_state = random_state * UINT64_C(6364136223846793005) + 1;
	return (uint32_t)(random_state >> 33) % below;
}

static const struct weft_sim_policy *const policies[] = {
	&weft_sim_fifo, &weft_sim_easy, &weft_sim_weft, &weft_sim_backfill,
};
enum { POLICIES = sizeof(policies) / sizeof(*policies) };

START_TEST(events_in_order)
{
	struct weft_events e = { 0 };
	struct weft_event last = { .sec = -1 };

	random_state = 7;
	for (uint32_t i = 0; i < 1000; i++)
		ck_assert_int_eq(weft_events_add(&e, draw(50),
						 (enum weft_event_kind)draw(4),
						 i), 0);
	for (uint32_t i = 0; i < 1000; i++) {
		struct weft_event now = *weft_events_first(&e);

		weft_events_remove_first(&e);
		ck_assert(now.sec > last.sec ||
			  (now.sec == last.sec &&
			   (now.kind > last.kind ||
			    (now.kind == last.kind && now.idx > last.idx))));
		last = now;
	}
	ck_assert_ptr_null(weft_events_first(&e));
	weft_events_fini(&e);
}
END_TEST

/* ---- workloads ------------------------------------------------------------- */

START_TEST(workload_shapes)
{
	static const struct {
		double gpus;
		uint32_t nodes, want_nodes, want_gpus;
	} c[] = {
		{ 1, 0, 1, 1 }, { 0.25, 0, 1, 1 }, { 4, 0, 1, 4 },
		{ 5, 0, 2, 3 }, { 8, 0, 2, 4 }, { 8, 4, 4, 2 }, { 24, 0, 6, 4 },
	};
	struct weft_machine *m = machine_of(NODES, GPUS);
	struct weft_workload_builder *b = builder_of(m);
	struct weft_workload *w;
	uint32_t count = sizeof(c) / sizeof(*c);

	for (uint32_t i = 0; i < count; i++)
		add(b, i, c[i].gpus, c[i].nodes, 100, 0);
	add(b, 99, 25, 0, 100, 0);		/* 7 nodes of 4 */
	add(b, 100, 1, 0, 7200, 3600);		/* beyond its limit */
	w = finish(b);
	ck_assert_uint_eq(w->job_count, count + 1);
	ck_assert_uint_eq(w->report.too_large, 1);
	ck_assert_uint_eq(w->report.rounded, 2);
	ck_assert_uint_eq(w->report.limit_drawn, count);
	ck_assert_uint_eq(w->report.limit_passed, 1);
	ck_assert_uint_eq(w->job[count].runtime_sec, 3600);
	for (uint32_t i = 0; i < count; i++) {
		const struct weft_shape *s = &w->shape[w->job[i].shape_idx];

		ck_assert_uint_eq(s->nodes_min, c[i].want_nodes);
		ck_assert_uint_eq(s->per_node.gpus, c[i].want_gpus);
		ck_assert_uint_ge(s->limit_sec, 100);
	}
	let_go(m, w, NULL);
}
END_TEST

/* A file out of order, at twice the load. */
START_TEST(workload_times)
{
	const struct weft_workload_settings settings = {
		.load = 2, .from_sec = 0, .until_sec = 1000 };
	struct weft_machine *m = machine_of(NODES, GPUS);
	struct weft_workload_builder *b =
		weft_workload_builder_create(m, &settings);
	struct weft_workload *w;

	add(b, 100, 1, 0, 10, 60);
	add(b, 300, 2, 0, 10, 60);
	add(b, 200, 3, 0, 10, 60);
	add(b, 1000, 1, 0, 10, 60);
	w = finish(b);
	ck_assert_uint_eq(w->job_count, 3);
	ck_assert_uint_eq(w->report.outside, 1);
	ck_assert_int_eq(w->job[0].submit_sec, 100);
	ck_assert_int_eq(w->job[1].submit_sec, 150);
	ck_assert_int_eq(w->job[2].submit_sec, 200);
	ck_assert_uint_eq(weft_workload_size(w, 1), 3);
	let_go(m, w, NULL);
}
END_TEST

/* ---- runs -------------------------------------------------------------------- */

struct book {
	const struct weft_workload *w;
	struct { struct weft_hold hold[NODES]; uint32_t count; } of[4096];
};

static void write_down(void *arg, const struct weft_sim *sim, uint32_t job_idx,
		       const struct weft_hold *hold, uint32_t count)
{
	struct book *book = arg;

	ck_assert_int_ge(weft_sim_now(sim), book->w->job[job_idx].submit_sec);
	ck_assert_uint_le(count, NODES);
	memcpy(book->of[job_idx].hold, hold, count * sizeof(*hold));
	book->of[job_idx].count = count;
}

static struct weft_workload *random_history(const struct weft_machine *m,
					    uint32_t jobs)
{
	struct weft_workload_builder *b = builder_of(m);
	double t = 0;

	for (uint32_t i = 0; i < jobs; i++) {
		uint32_t run = 1 + draw(draw(3) ? 60 : 600);

		t += draw(20);
		add(b, t, 1 + draw(draw(4) ? GPUS : NODES * GPUS), 0, run,
		    60 + run * (1 + draw(4)));
	}
	return finish(b);
}

/* At each start: what runs then, summed on every node. */
static void check_holds(const struct book *book, const struct weft_outcome *o)
{
	for (uint32_t a = 0; a < book->w->job_count; a++) {
		weft_gpuset_t busy[NODES] = { 0 };
		uint32_t cpus[NODES] = { 0 };

		for (uint32_t b = 0; b < book->w->job_count; b++) {
			if (o->start_sec[b] > o->start_sec[a] ||
			    o->end_sec[b] <= o->start_sec[a])
				continue;
			for (uint32_t i = 0; i < book->of[b].count; i++) {
				const struct weft_hold *h = &book->of[b].hold[i];

				ck_assert(!(h->gpus & busy[h->node_idx]));
				ck_assert(!(h->gpus >> GPUS));
				busy[h->node_idx] |= h->gpus;
				cpus[h->node_idx] += h->cpus;
				ck_assert_uint_le(cpus[h->node_idx], CPUS);
			}
		}
	}
}

/* Each job got as much as its shape says, on different nodes. */
static void check_shapes(const struct book *book)
{
	for (uint32_t j = 0; j < book->w->job_count; j++) {
		const struct weft_shape *s =
			&book->w->shape[book->w->job[j].shape_idx];

		ck_assert_uint_eq(book->of[j].count, s->nodes_min);
		for (uint32_t i = 0; i < book->of[j].count; i++) {
			const struct weft_hold *h = &book->of[j].hold[i];

			ck_assert_uint_eq((uint32_t)__builtin_popcountll(h->gpus),
					  s->per_node.gpus);
			ck_assert_uint_eq(h->cpus, s->per_node.cpus);
			for (uint32_t k = 0; k < i; k++)
				ck_assert_uint_ne(book->of[j].hold[k].node_idx,
						  h->node_idx);
		}
	}
}

static void run_history(const struct weft_sim_policy *policy, uint64_t seed)
{
	struct weft_machine *m = machine_of(NODES, GPUS);
	struct weft_sim_settings settings;
	struct weft_err err = WEFT_ERR_INIT;
	struct book *book = calloc(1, sizeof(*book));
	const struct weft_sim_watch watch = { .arg = book,
					      .started = write_down };
	struct weft_workload *w;
	struct weft_outcome *o;

	random_state = seed;
	w = random_history(m, 300);
	book->w = w;
	set_defaults(&settings);
	ck_assert_msg(weft_sim_run(m, w, policy, &settings, &watch, &o,
				   &err) == 0, "%s", err.msg);
	ck_assert_uint_eq(o->started, w->job_count);
	for (uint32_t i = 0; i < w->job_count; i++)
		ck_assert_int_eq(o->end_sec[i] - o->start_sec[i],
				 w->job[i].runtime_sec);
	check_shapes(book);
	check_holds(book, o);
	let_go(m, w, o);
	free(book);
}

START_TEST(nothing_is_held_twice_and_all_work_is_done)
{
	for (uint64_t seed = 0; seed < 5 * POLICIES; seed++)
		run_history(policies[seed % POLICIES], seed);
}
END_TEST

/* fifo never lets a job pass an earlier one. */
START_TEST(fifo_order)
{
	struct weft_machine *m = machine_of(NODES, GPUS);
	struct weft_sim_settings settings;
	struct weft_workload *w;
	struct weft_outcome *o;

	random_state = 5;
	w = random_history(m, 300);
	set_defaults(&settings);
	o = run_as(m, w, &weft_sim_fifo);
	for (uint32_t i = 1; i < w->job_count; i++)
		ck_assert_int_ge(o->start_sec[i], o->start_sec[i - 1]);
	let_go(m, w, o);
}
END_TEST

/*
 * One node of 4 GPUs: A has 2 for an hour, B wants 3, C wants 1 for two hours.
 * C fits beside both: Weft starts it at once.  Stock Slurm plans B on the
 * whole node, so C's GPU idles until A ends and the main pass starts both.
 */
START_TEST(weft_plans_gpus_and_stock_nodes)
{
	struct weft_machine *m = machine_of(1, 4);
	struct weft_workload_builder *b = builder_of(m);
	struct weft_sim_settings settings;
	struct weft_workload *w;
	struct weft_outcome *o;

	add(b, 0, 2, 0, 3600, 3600);
	add(b, 1, 3, 0, 3600, 3600);
	add(b, 2, 1, 0, 7200, 7200);
	w = finish(b);
	set_defaults(&settings);
	o = run_as(m, w, &weft_sim_weft);
	ck_assert_int_eq(o->start_sec[0], 0);
	ck_assert_int_eq(o->start_sec[1], 3600);
	ck_assert_int_eq(o->start_sec[2], 2);
	ck_assert_int_eq(o->last_sec, 7202);
	weft_outcome_destroy(o);
	o = run_as(m, w, &weft_sim_backfill);
	ck_assert_int_eq(o->start_sec[1], 3600);
	ck_assert_int_eq(o->start_sec[2], 3600);
	weft_outcome_destroy(o);
	o = run_as(m, w, &weft_sim_easy);
	ck_assert_int_eq(o->start_sec[2], 2);
	weft_outcome_destroy(o);
	o = run_as(m, w, &weft_sim_fifo);
	ck_assert_int_eq(o->start_sec[2], 3600);
	let_go(m, w, o);
}
END_TEST

/*
 * The stock model's clocks and whole nodes, two nodes of 4 GPUs.  A holds all
 * of node 0 for 1000 s and B half of node 1 for 300 s; C wants two GPUs on
 * each of two nodes, so it waits for A; D (2 GPUs, 200 s) fits beside B and
 * ends before C's time; E (2 GPUs, 2000 s) fits beside C's half of node 1,
 * but stock gives C the whole of it.
 *
 * C is submitted at 2 and blocks the main pass; D comes at 3 and starts in
 * the backfill pass at 30.  E starts when A has ended: the main pass starts C
 * and then, in order, E.
 */
START_TEST(stock_passes_and_whole_nodes)
{
	struct weft_machine *m = machine_of(2, 4);
	struct weft_workload_builder *b = builder_of(m);
	struct weft_sim_settings settings;
	struct weft_workload *w;
	struct weft_outcome *o;

	add(b, 0, 4, 0, 1000, 1000);
	add(b, 1, 2, 0, 300, 300);
	add(b, 2, 4, 2, 500, 500);
	add(b, 3, 2, 0, 200, 200);
	add(b, 4, 2, 0, 2000, 2000);
	w = finish(b);
	set_defaults(&settings);
	o = run_as(m, w, &weft_sim_backfill);
	ck_assert_int_eq(o->start_sec[0], 0);
	ck_assert_int_eq(o->start_sec[1], 1);
	ck_assert_int_eq(o->start_sec[2], 1000);
	ck_assert_int_eq(o->start_sec[3], 30);
	ck_assert_int_eq(o->start_sec[4], 1000);
	weft_outcome_destroy(o);
	/* Weft sees that E may stay beside C. */
	o = run_as(m, w, &weft_sim_weft);
	ck_assert_int_eq(o->start_sec[3], 3);
	ck_assert_int_lt(o->start_sec[4], 1000);
	let_go(m, w, o);
}
END_TEST

/* As above without E: a pass goes on to the last job that fits. */
START_TEST(stock_pass_reaches_the_last_that_fits)
{
	struct weft_machine *m = machine_of(2, 4);
	struct weft_workload_builder *b = builder_of(m);
	struct weft_sim_settings settings;
	struct weft_workload *w;
	struct weft_outcome *o;

	add(b, 0, 4, 0, 1000, 1000);
	add(b, 1, 2, 0, 300, 300);
	add(b, 2, 4, 2, 500, 500);
	add(b, 3, 2, 0, 200, 200);
	w = finish(b);
	set_defaults(&settings);
	o = run_as(m, w, &weft_sim_backfill);
	ck_assert_int_eq(o->start_sec[2], 1000);
	ck_assert_int_eq(o->start_sec[3], 30);
	let_go(m, w, o);
}
END_TEST

START_TEST(space_is_whole_nodes_by_time)
{
	struct weft_idxset *nodes = weft_idxset_create(4);
	struct weft_idxset *avail = weft_idxset_create(4);
	struct weft_space space;

	ck_assert_int_eq(weft_space_init(&space, 4), 0);
	ck_assert_int_eq(weft_space_reset(&space, 0, 1000), 0);
	weft_idxset_add(nodes, 1);
	ck_assert_int_eq(weft_space_add(&space, nodes, 100, 200), 0);
	weft_idxset_add(nodes, 2);
	ck_assert_int_eq(weft_space_add(&space, nodes, 150, 5000), 0);
	/* [0,100) all, [100,150) but 1, [150,1000) but 1 and 2 */
	ck_assert_uint_eq(space.count, 4);
	ck_assert_int_eq(weft_space_avail(&space, 0, 99, avail), 0);
	ck_assert_uint_eq(weft_idxset_count(avail), 4);
	weft_space_avail(&space, 0, 100, avail);	/* ends count in */
	ck_assert_uint_eq(weft_idxset_count(avail), 3);
	weft_space_avail(&space, 120, 400, avail);
	ck_assert_uint_eq(weft_idxset_count(avail), 2);
	ck_assert(!weft_space_overlaps(&space, nodes, 0, 100));
	ck_assert(weft_space_overlaps(&space, nodes, 0, 101));
	weft_space_fini(&space);
	weft_idxset_destroy(nodes);
	weft_idxset_destroy(avail);
}
END_TEST

/* EASY may not delay the head: D would, E ends before it, F is beside it. */
START_TEST(easy_shadow)
{
	struct weft_machine *m = machine_of(2, 4);
	struct weft_workload_builder *b = builder_of(m);
	struct weft_sim_settings settings;
	struct weft_workload *w;
	struct weft_outcome *o;

	add(b, 0, 3, 0, 1000, 1000);	/* A: node 0 has one GPU left */
	add(b, 1, 3, 0, 500, 500);	/* B: node 1 has one GPU left */
	add(b, 2, 8, 0, 100, 100);	/* C: the head, at 1000 */
	add(b, 3, 1, 0, 2000, 2000);	/* D: would end at 2003 */
	add(b, 4, 1, 0, 900, 900);	/* E: ends at 904 */
	w = finish(b);
	set_defaults(&settings);
	o = run_as(m, w, &weft_sim_easy);
	ck_assert_int_eq(o->start_sec[2], 1000);
	ck_assert_int_eq(o->start_sec[3], 1100);
	ck_assert_int_eq(o->start_sec[4], 4);
	let_go(m, w, o);
}
END_TEST

static void run_twice(const struct weft_sim_policy *policy)
{
	struct weft_machine *m = machine_of(NODES, GPUS);
	struct weft_sim_settings settings;
	struct weft_workload *w;
	struct weft_outcome *a, *b;

	random_state = 77;
	w = random_history(m, 200);
	set_defaults(&settings);
	ck_assert_int_eq(weft_sim_run(m, w, policy, &settings, NULL, &a, NULL),
			 0);
	ck_assert_int_eq(weft_sim_run(m, w, policy, &settings, NULL, &b, NULL),
			 0);
	ck_assert_mem_eq(a->start_sec, b->start_sec,
			 w->job_count * sizeof(int64_t));
	weft_outcome_destroy(a);
	weft_outcome_destroy(b);
	let_go(m, w, NULL);
}

START_TEST(the_same_input_gives_the_same_schedule)
{
	for (uint32_t i = 0; i < POLICIES; i++)
		run_twice(policies[i]);
}
END_TEST

/*
 * The simulator asks the planner only when a start is possible.  A policy
 * that asks it every time, through the same engine, gives the same schedule.
 */
struct direct {
	const struct weft_sim_settings *settings;
};

static void *direct_create(const struct weft_sim_settings *settings,
			   const struct weft_sim *sim)
{
	struct direct *d = malloc(sizeof(*d));

	(void)sim;
	ck_assert_ptr_nonnull(d);
	d->settings = settings;
	return d;
}

static int direct_decide(void *arg, struct weft_sim *sim, struct weft_err *err)
{
	const struct direct *d = arg;
	const struct weft_workload *w = weft_sim_workload(sim);
	struct weft_job job[512] = { 0 };
	struct weft_plan *plan;
	uint32_t count;
	const uint32_t *queue = weft_sim_queue(sim, &count);
	int rc;

	for (uint32_t i = 0; i < count; i++)
		job[i] = (struct weft_job) {
			.job_id = queue[i] + 1, .priority = 1,
			.shape_idx = w->job[queue[i]].shape_idx,
			.submit_sec = w->job[queue[i]].submit_sec,
			.array_tasks = 1, .array_running_max = UINT32_MAX };
	rc = weft_plan_run(weft_sim_cluster(sim), &d->settings->policy,
			   w->shape, w->shape_count, job, count, NULL, NULL,
			   &plan, err);
	ck_assert_int_eq(rc, 0);
	for (uint32_t i = 0; rc == 0 && i < plan->decision_count; i++)
		if (plan->decision[i].reason.kind == WEFT_REASON_START)
			rc = weft_sim_start(sim, queue[plan->decision[i].job_idx],
					    &plan->place[plan->decision[i].place_first],
					    plan->decision[i].place_count, err);
	weft_plan_destroy(plan);
	return rc;
}

static const struct weft_sim_policy direct = {
	.name = "direct", .create = direct_create, .destroy = free,
	.decide = direct_decide,
};

START_TEST(weft_decides_what_the_planner_decides)
{
	struct weft_machine *m = machine_of(NODES, GPUS);
	struct weft_sim_settings settings;

	set_defaults(&settings);
	for (uint64_t seed = 0; seed < 4; seed++) {
		struct weft_workload *w;
		struct weft_outcome *a, *b;

		random_state = 1000 + seed;
		settings.policy.plan_depth = seed % 2 ? 5000 : 3;
		settings.policy.order = seed < 2 ? WEFT_ORDER_PRIORITY :
			WEFT_ORDER_SHORTEST;
		w = random_history(m, 300);
		ck_assert_int_eq(weft_sim_run(m, w, &weft_sim_weft, &settings,
					      NULL, &a, NULL), 0);
		ck_assert_int_eq(weft_sim_run(m, w, &direct, &settings, NULL,
					      &b, NULL), 0);
		ck_assert_mem_eq(a->start_sec, b->start_sec,
				 w->job_count * sizeof(int64_t));
		weft_outcome_destroy(a);
		weft_outcome_destroy(b);
		weft_workload_destroy(w);
	}
	weft_machine_destroy(m);
}
END_TEST

/* A policy that starts everything anywhere is stopped, with a message. */
static int greedy_decide(void *arg, struct weft_sim *sim, struct weft_err *err)
{
	const struct weft_place place = { .node_idx = 0, .gpus = 1 };
	uint32_t count;
	const uint32_t *queue = weft_sim_queue(sim, &count);

	(void)arg;
	return weft_sim_start(sim, queue[0], &place, 1, err);
}

static const struct weft_sim_policy greedy = {
	.name = "greedy", .create = direct_create, .destroy = free,
	.decide = greedy_decide,
};

START_TEST(a_start_that_does_not_fit_ends_the_run)
{
	struct weft_machine *m = machine_of(NODES, GPUS);
	struct weft_workload_builder *b = builder_of(m);
	struct weft_err err = WEFT_ERR_INIT;
	struct weft_sim_settings settings;
	struct weft_workload *w;
	struct weft_outcome *o;

	add(b, 0, 1, 0, 100, 100);
	add(b, 5, 1, 0, 100, 100);
	w = finish(b);
	set_defaults(&settings);
	ck_assert_int_eq(weft_sim_run(m, w, &greedy, &settings, NULL, &o, &err),
			 -EBUSY);
	ck_assert_str_eq(err.msg, "greedy: job 2 at 5: node0 cannot hold it");
	let_go(m, w, NULL);
}
END_TEST

UNIT_MAIN("sim", events_in_order, workload_shapes, workload_times,
	  nothing_is_held_twice_and_all_work_is_done, fifo_order,
	  weft_plans_gpus_and_stock_nodes, stock_passes_and_whole_nodes,
	  stock_pass_reaches_the_last_that_fits,
	  space_is_whole_nodes_by_time, easy_shadow, the_same_input_gives_the_same_schedule,
	  weft_decides_what_the_planner_decides,
	  a_start_that_does_not_fit_ends_the_run)
