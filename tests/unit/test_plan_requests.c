/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_plan_requests.c - what a job can ask for, one row a request
 *
 * Three nodes of 4 GPUs, 40 CPUs and 1000 MiB, of which is free
 *
 *	n0	1 GPU, 10 CPUs, 400 MiB		all of it in one hour
 *	n1	2 GPUs, 20 CPUs, 800 MiB	in two
 *	n2	4 GPUs, no CPU, 1000 MiB	in three
 *
 * n0 and n1 have one type of GPU, n2 another; n0 and n1 are under one switch.
 * A row says what a single job asks, when it starts, on which nodes, and what
 * it waits for until then.
 */
#include "config.h"

#include "tests/unit/sched_sample.h"

#define HOUR 3600
#define NODES 3

struct request {
	const char *what;
	struct weft_shape ask;	/* 0: one node, for one hour */
	uint32_t may_use;	/* nodes, by bits; 0: all */
	uint32_t required;
	int start_h;		/* -1: never */
	uint32_t on;		/* nodes, by bits */
	uint32_t units[NODES];	/* of each node */
	enum weft_reason_kind kind;
	uint32_t wanted, available;
};

#define UNIT(c, g, m) .per_unit = { .cpus = (c), .gpus = (g), .mem_mib = (m) }
#define NODE(c, g, m) .per_node = { .cpus = (c), .gpus = (g), .mem_mib = (m) }

static const struct request requests[] = {
	/* CPUs and memory */
	{ "-n1", { NODE(1, 0, 0) }, .on = 1 },
	{ "-n1 -c10: the last that are free", { NODE(10, 0, 0) }, .on = 1 },
	{ "-n1 -c11", { NODE(11, 0, 0) }, .on = 2 },
	{ "-n1 -c21: those of n1 are too few", { NODE(21, 0, 0) },
	  .start_h = 1, .on = 1, .kind = WEFT_REASON_CPUS,
	  .wanted = 21, .available = 20 },
	{ "--mem=400", { NODE(1, 0, 400) }, .on = 1 },
	{ "--mem=401", { NODE(1, 0, 401) }, .on = 2 },
	{ "--mem=801: n2 has it and no CPU", { NODE(1, 0, 801) },
	  .start_h = 1, .on = 1, .kind = WEFT_REASON_MEMORY,
	  .wanted = 801, .available = 800 },
	{ "--mem=1001", { NODE(1, 0, 1001) }, .start_h = -1,
	  .kind = WEFT_REASON_NEVER, .wanted = 1 },
	{ "-N2 --mem=600", { .nodes_min = 2, NODE(1, 0, 600) },
	  .start_h = 1, .on = 3, .kind = WEFT_REASON_MEMORY,
	  .wanted = 1200, .available = 1200 },
	{ "-n6 -c5: six tasks of five CPUs", { UNIT(5, 0, 0), .unit_count = 6,
	  .nodes_max = 3 }, .on = 3, .units = { 2, 4 } },
	{ "-n7 -c5", { UNIT(5, 0, 0), .unit_count = 7, .nodes_max = 3 },
	  .start_h = 1, .on = 1, .units = { 7 }, .kind = WEFT_REASON_CPUS,
	  .wanted = 35, .available = 30 },
	{ "-n6 -c5 -N1", { UNIT(5, 0, 0), .unit_count = 6 }, .start_h = 1,
	  .on = 1, .units = { 6 }, .kind = WEFT_REASON_CPUS,
	  .wanted = 30, .available = 20 },
	{ "-n4 --ntasks-per-node=2", { UNIT(1, 0, 0), .unit_count = 4,
	  .units_per_node_max = 2, .nodes_max = 3 }, .on = 3,
	  .units = { 2, 2 } },
	{ "-n3 --mem-per-cpu=300", { UNIT(1, 0, 300), .unit_count = 3,
	  .nodes_max = 3 }, .on = 3, .units = { 1, 2 } },
	/* GPUs, asked for in each way */
	{ "--gpus-per-node=1", { NODE(1, 1, 0) }, .on = 1 },
	{ "--gpus-per-node=2", { NODE(1, 2, 0) }, .on = 2 },
	{ "--gpus-per-node=3", { NODE(1, 3, 0) }, .start_h = 1, .on = 1,
	  .kind = WEFT_REASON_CPUS, .wanted = 1, .available = 0 },
	{ "--gpus-per-node=5", { NODE(1, 5, 0) }, .start_h = -1,
	  .kind = WEFT_REASON_NEVER, .wanted = 1 },
	{ "-N2 --gpus-per-node=2", { .nodes_min = 2, NODE(1, 2, 0) },
	  .start_h = 1, .on = 3, .kind = WEFT_REASON_CPUS,
	  .wanted = 2, .available = 20 },
	{ "--gpus=3", { UNIT(1, 1, 0), .unit_count = 3, .nodes_max = 3 },
	  .on = 3, .units = { 1, 2 } },
	{ "--gpus=3 -N1", { UNIT(1, 1, 0), .unit_count = 3 }, .start_h = 1,
	  .on = 1, .units = { 3 }, .kind = WEFT_REASON_GPUS,
	  .wanted = 3, .available = 2 },
	{ "--gpus=4", { UNIT(1, 1, 0), .unit_count = 4, .nodes_max = 3 },
	  .start_h = 1, .on = 1, .units = { 4 }, .kind = WEFT_REASON_GPUS,
	  .wanted = 4, .available = 3 },
	{ "--gpus=2 --cpus-per-gpu=11", { UNIT(11, 1, 0), .unit_count = 2,
	  .nodes_max = 2 }, .start_h = 1, .on = 1, .units = { 2 },
	  .kind = WEFT_REASON_GPUS, .wanted = 2, .available = 1 },
	{ "--gpus=2 --ntasks-per-gpu=5: ten tasks", { UNIT(5, 1, 0),
	  .unit_count = 2, .units_per_node_min = 1, .nodes_max = 2 },
	  .on = 2, .units = { 0, 2 } },
	{ "-n3 --gpus-per-task=1 -c5", { UNIT(5, 1, 0), .unit_count = 3,
	  .units_per_node_min = 1, .nodes_max = 3 }, .on = 3,
	  .units = { 1, 2 } },
	{ "-N2 -n2 --gpus-per-task=2", { .nodes_min = 2, UNIT(1, 2, 0),
	  .unit_count = 2, .units_per_node_min = 1 }, .start_h = 1, .on = 3,
	  .units = { 1, 1 }, .kind = WEFT_REASON_CPUS,
	  .wanted = 2, .available = 20 },
	{ "--gpus=type:2", { NODE(1, 2, 0), .gpu_type_idx = 1 }, .start_h = 3,
	  .on = 4, .kind = WEFT_REASON_CPUS, .wanted = 1, .available = 0 },
	{ "-N3 --gpus-per-node=type:1", { .nodes_min = 3, NODE(1, 1, 0),
	  .gpu_type_idx = 0 }, .start_h = -1, .kind = WEFT_REASON_NEVER,
	  .wanted = 3, .available = 2 },
	/* how many nodes, and which */
	{ "-N1-3: two that start now before three later", { .nodes_max = 3,
	  NODE(1, 1, 0) }, .on = 3 },
	{ "-N2-3", { .nodes_min = 2, .nodes_max = 3, NODE(1, 1, 0) }, .on = 3 },
	{ "-N3", { .nodes_min = 3, NODE(1, 1, 0) }, .start_h = 3, .on = 7,
	  .kind = WEFT_REASON_CPUS, .wanted = 3, .available = 30 },
	{ "-N4", { .nodes_min = 4, NODE(1, 0, 0) }, .start_h = -1,
	  .kind = WEFT_REASON_NEVER, .wanted = 4, .available = 3 },
	{ "--nodelist=n1", { NODE(1, 0, 0) }, .required = 2, .on = 2 },
	{ "--nodelist=n2", { NODE(1, 0, 0) }, .required = 4, .start_h = 3,
	  .on = 4, .kind = WEFT_REASON_CPUS, .wanted = 1, .available = 0 },
	{ "-N2 --nodelist=n1", { .nodes_min = 2, NODE(1, 0, 0) },
	  .required = 2, .on = 3 },
	{ "-N1 --nodelist=n0,n1", { NODE(1, 0, 0) }, .required = 3,
	  .start_h = -1, .kind = WEFT_REASON_NEVER, .wanted = 1,
	  .available = 2 },
	{ "--exclude=n0, a feature or a partition of the others",
	  { NODE(1, 0, 0) }, .may_use = 6, .on = 2 },
	{ "--constraint that only n2 has", { NODE(1, 0, 0) }, .may_use = 4,
	  .start_h = 3, .on = 4, .kind = WEFT_REASON_CPUS,
	  .wanted = 1, .available = 0 },
	{ "--nodelist=n1 --exclude=n1", { NODE(1, 0, 0) }, .may_use = 5,
	  .required = 2, .start_h = -1, .kind = WEFT_REASON_NEVER,
	  .wanted = 1 },
	{ "--exclusive", { .exclusive = true, NODE(1, 0, 0) }, .start_h = 1,
	  .on = 1, .kind = WEFT_REASON_NODES, .wanted = 1 },
	{ "-N2 --exclusive", { .nodes_min = 2, .exclusive = true,
	  NODE(1, 0, 0) }, .start_h = 2, .on = 3, .kind = WEFT_REASON_NODES,
	  .wanted = 2 },
};

static struct weft_idxset *nodes_of(uint32_t bits)
{
	struct weft_idxset *set = weft_idxset_create(NODES);

	for (uint32_t i = 0; i < NODES; i++)
		if (bits >> i & 1)
			weft_idxset_add(set, i);
	return set;
}

static void set_up(struct sample *s)
{
	static const struct weft_hold holds[NODES] = {
		{ .node_idx = 0, .cpus = 30, .gpus = 0x7, .mem_mib = 600 },
		{ .node_idx = 1, .cpus = 20, .gpus = 0x3, .mem_mib = 200 },
		{ .node_idx = 2, .cpus = 40 },
	};

	sample_init(s, NODES, 4, 0);
	for (uint32_t i = 0; i < NODES; i++) {
		sample_run(s, i, holds[i].gpus, holds[i].cpus, (i + 1) * HOUR);
		s->hold[i] = holds[i];
		s->cluster.node[i].total.mem_mib = 1000;
	}
	s->cluster.node[2].gpus_of_type[0] = 0;
	s->cluster.node[2].gpus_of_type[1] = 0xf;
}

static struct weft_shape complete(const struct request *r,
				  const struct sample *s,
				  const struct weft_idxset *may_use,
				  const struct weft_idxset *required)
{
	struct weft_shape shape = r->ask;

	shape.nodes_min = shape.nodes_min ? shape.nodes_min : 1;
	if (shape.nodes_max < shape.nodes_min)
		shape.nodes_max = shape.nodes_min;
	shape.limit_sec = HOUR;
	shape.resv_idx = -1;
	if (!strstr(r->what, "type:"))
		shape.gpu_type_idx = -1;
	shape.nodes = r->may_use ? may_use : s->all;
	shape.nodes_required = r->required ? required : NULL;
	return shape;
}

static void check_places(const struct request *r, const struct weft_shape *shape,
			 const struct weft_plan *plan)
{
	uint32_t on = 0;

	for (uint32_t i = 0; i < plan->decision[0].place_count; i++) {
		const struct weft_place *p = &plan->place[i];

		on |= 1u << p->node_idx;
		ck_assert_msg(p->units == r->units[p->node_idx],
			      "%s: %u units on n%u", r->what, p->units,
			      p->node_idx);
		ck_assert_uint_eq((uint32_t)__builtin_popcountll(p->gpus),
				  shape->per_node.gpus +
				  p->units * shape->per_unit.gpus);
	}
	ck_assert_msg(on == r->on, "%s: on %#x", r->what, on);
}

START_TEST(a_request)
{
	const struct request *r = &requests[_i];
	struct weft_idxset *may_use = nodes_of(r->may_use);
	struct weft_idxset *required = nodes_of(r->required);
	struct weft_job job = sample_job(1, 0);
	const struct weft_decision *d;
	struct weft_shape shape;
	struct weft_plan *plan;
	struct sample s;

	set_up(&s);
	shape = complete(r, &s, may_use, required);
	plan = sample_plan(&s, &shape, 1, &job, 1);
	d = &plan->decision[0];
	ck_assert_msg(d->start_sec == (r->start_h < 0 ? WEFT_TIME_NEVER :
				       SAMPLE_NOW + r->start_h * HOUR),
		      "%s: in %lld s", r->what,
		      (long long)(d->start_sec - SAMPLE_NOW));
	ck_assert_msg(d->reason.kind == r->kind, "%s: %s", r->what,
		      weft_reason_word(d->reason.kind));
	ck_assert_msg(d->reason.wanted == r->wanted &&
		      d->reason.available == r->available,
		      "%s: wants %u, %u are there", r->what, d->reason.wanted,
		      d->reason.available);
	check_places(r, &shape, plan);
	weft_plan_destroy(plan);
	weft_idxset_destroy(may_use);
	weft_idxset_destroy(required);
	sample_fini(&s);
}
END_TEST

/* Tasks that wait together stand at one place in line. */
START_TEST(tasks_of_a_waiting_array)
{
	struct weft_job job = sample_job(1, 0);
	struct weft_shape shape;
	struct weft_plan *plan;
	struct sample s;

	sample_init(&s, 1, 4, 0);
	sample_run(&s, 0, 0xf, 4, HOUR);
	shape = sample_shape(&s, 1, 3, HOUR);
	job.array_tasks = 3;
	plan = sample_plan(&s, &shape, 1, &job, 1);
	ck_assert_uint_eq(plan->decision_count, 3);
	for (uint32_t i = 0; i < 3; i++) {
		ck_assert_int_eq(plan->decision[i].start_sec,
				 SAMPLE_NOW + (1 + (int)i) * HOUR);
		ck_assert_uint_eq(plan->decision[i].reason.line_place, 1);
	}
	weft_plan_destroy(plan);
	sample_fini(&s);
}
END_TEST

/* Of an array with %N as many start as may run at once, and no more is planned. */
START_TEST(tasks_of_an_array)
{
	static const struct {
		uint32_t tasks, running_max, started, decisions;
	} rows[] = {
		{ 5, UINT32_MAX, 4, 5 }, { 5, 2, 2, 2 }, { 5, 1, 1, 1 },
		{ 1, 3, 1, 1 }, { 0, UINT32_MAX, 1, 1 },
		{ 100, UINT32_MAX, 4, 4 + WEFT_ARRAY_PLANNED_MAX },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct weft_job job = sample_job(1, 0);
		struct weft_shape shape;
		struct weft_plan *plan;
		struct sample s;

		sample_init(&s, 1, 4, 0);
		shape = sample_shape(&s, 1, 1, HOUR);
		job.array_tasks = rows[i].tasks;
		job.array_running_max = rows[i].running_max;
		plan = sample_plan(&s, &shape, 1, &job, 1);
		ck_assert_uint_eq(plan->stats.started, rows[i].started);
		ck_assert_uint_eq(plan->decision_count, rows[i].decisions);
		for (uint32_t k = 0; k < plan->decision_count; k++)
			ck_assert_uint_eq(plan->decision[k].job_idx, 0);
		weft_plan_destroy(plan);
		sample_fini(&s);
	}
}
END_TEST

/*
 * n0 and n1 under one switch, n2 and n3 under another; n1 is taken for an hour
 * and n3 for two.  Two nodes under one switch are free in an hour; two under
 * any are free now, which counts once the wish has been waited for.
 */
START_TEST(switches_are_waited_for_so_long)
{
	static const struct {
		int64_t wait_sec, start_sec;
		enum weft_reason_kind kind;
	} rows[] = {
		{ 0, 0, WEFT_REASON_START },
		{ 600, 600, WEFT_REASON_SWITCHES },
		{ HOUR - 1, HOUR - 1, WEFT_REASON_SWITCHES },
		{ 2 * HOUR, HOUR, WEFT_REASON_SWITCHES },
	};
	static const char *const leaf[] = { "s0", "s0", "s1", "s1" };
	struct weft_fabric_builder *b = weft_fabric_builder_create(4);
	struct weft_shape shape;
	struct sample s;

	sample_init(&s, 4, 4, 0);
	weft_fabric_destroy(s.fabric);
	for (uint32_t n = 0; n < 4; n++)
		weft_fabric_set_switch(b, n, leaf[n], NULL);
	ck_assert_int_eq(weft_fabric_builder_finish(b, &s.fabric, NULL), 0);
	weft_fabric_builder_destroy(b);
	s.cluster.fabric = s.fabric;
	sample_run(&s, 1, 0xf, 4, HOUR);
	sample_run(&s, 3, 0xf, 4, 2 * HOUR);
	shape = sample_shape(&s, 2, 4, HOUR);
	shape.switches_max = 1;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct weft_job job = sample_job(1, 0);
		struct weft_plan *plan;
		uint32_t leaves;

		job.switch_wait_until_sec = SAMPLE_NOW + rows[i].wait_sec;
		plan = sample_plan(&s, &shape, 1, &job, 1);
		ck_assert_int_eq(plan->decision[0].start_sec,
				 SAMPLE_NOW + rows[i].start_sec);
		ck_assert_int_eq(plan->decision[0].reason.kind, rows[i].kind);
		leaves = (plan->place[0].node_idx < 2) !=
			(plan->place[1].node_idx < 2) ? 2 : 1;
		ck_assert_uint_eq(leaves, rows[i].wait_sec > HOUR ? 1 : 2);
		weft_plan_destroy(plan);
	}
	sample_fini(&s);
}
END_TEST

/*
 * A node that is reserved in 35 min 30 s: what --time-min, --deadline and --begin
 * make of a job of an hour.  Times in seconds.
 */
START_TEST(times_of_the_job_itself)
{
	static const struct {
		const char *what;
		uint32_t time_min;
		int64_t deadline, begin, start;	/* start -1: none is told */
		uint32_t limit;
		enum weft_reason_kind kind;
	} rows[] = {
		{ "none", 0, 0, 0, 2 * HOUR, HOUR, WEFT_REASON_RESERVATION },
		{ "time-min too long", 2160, 0, 0, 2 * HOUR, HOUR,
		  WEFT_REASON_RESERVATION },
		{ "time-min fits: the most whole minutes", 630, 0, 0, 0, 2100,
		  WEFT_REASON_START },
		{ "time-min equal to what is free", 2130, 0, 0, 0, 2130,
		  WEFT_REASON_START },
		{ "begin behind the reservation", 0, 0, 3 * HOUR, 3 * HOUR, HOUR,
		  WEFT_REASON_BEGIN },
		{ "begin before it", 0, 0, 60, 2 * HOUR, HOUR,
		  WEFT_REASON_RESERVATION },
		{ "deadline that is met", 0, 3 * HOUR, 0, 2 * HOUR, HOUR,
		  WEFT_REASON_RESERVATION },
		{ "deadline a second too early", 0, 3 * HOUR - 1, 0, -1, HOUR,
		  WEFT_REASON_DEADLINE },
		{ "deadline, and a shorter limit behind the reservation", 2160,
		  2 * HOUR + 2400, 0, 2 * HOUR, 2400, WEFT_REASON_RESERVATION },
		{ "deadline, and a shorter limit at once", 600, 1300, 0, 0, 1260,
		  WEFT_REASON_START },
		{ "deadline that even the shortest misses", 2160, 2 * HOUR, 0,
		  -1, HOUR, WEFT_REASON_DEADLINE },
	};
	struct weft_reservation resv = { .name = "maint",
		.start_sec = SAMPLE_NOW + 2130,
		.end_sec = SAMPLE_NOW + 2 * HOUR };
	struct sample s;

	sample_init(&s, 1, 4, 0);
	resv.nodes = s.all;
	s.cluster.resv = &resv;
	s.cluster.resv_count = 1;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct weft_shape shape = sample_shape(&s, 1, 1, HOUR);
		struct weft_job job = sample_job(1, 0);
		const struct weft_decision *d;
		struct weft_plan *plan;

		shape.limit_min_sec = rows[i].time_min;
		job.deadline_sec = rows[i].deadline ?
			SAMPLE_NOW + rows[i].deadline : 0;
		job.eligible_sec = SAMPLE_NOW + rows[i].begin;
		plan = sample_plan(&s, &shape, 1, &job, 1);
		d = &plan->decision[0];
		ck_assert_msg(d->reason.kind == rows[i].kind, "%s: %s",
			      rows[i].what, weft_reason_word(d->reason.kind));
		ck_assert_msg(d->start_sec == (rows[i].start < 0 ?
			      WEFT_TIME_NEVER : SAMPLE_NOW + rows[i].start),
			      "%s: in %lld s", rows[i].what,
			      (long long)(d->start_sec - SAMPLE_NOW));
		ck_assert_msg(rows[i].start < 0 || d->limit_sec == rows[i].limit,
			      "%s: for %u s", rows[i].what, d->limit_sec);
		weft_plan_destroy(plan);
	}
	sample_fini(&s);
}
END_TEST

/*
 * Running jobs that share: one suspended under another holds a whole node
 * beside it, and the node is free when the later of both ends.
 */
START_TEST(a_whole_node_beside_another)
{
	struct weft_job job = sample_job(1, 0);
	struct weft_shape shape;
	struct weft_plan *plan;
	struct sample s;

	for (int whole = 0; whole <= 1; whole++) {
		sample_init(&s, 1, 4, 0);
		sample_run(&s, 0, 0x1, 1, HOUR);
		sample_run(&s, 0, 0, 0, 2 * HOUR);
		s.hold[1].whole_node = whole;
		shape = sample_shape(&s, 1, 1, HOUR);
		plan = sample_plan(&s, &shape, 1, &job, 1);
		ck_assert_int_eq(plan->decision[0].start_sec,
				 SAMPLE_NOW + whole * 2 * HOUR);
		weft_plan_destroy(plan);
		sample_fini(&s);
	}
}
END_TEST

UNIT_MAIN_ROWS("plan_requests", EACH(a_request, requests),
	       ONCE(tasks_of_an_array), ONCE(tasks_of_a_waiting_array),
	       ONCE(switches_are_waited_for_so_long),
	       ONCE(times_of_the_job_itself), ONCE(a_whole_node_beside_another))
