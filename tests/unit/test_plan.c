/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_plan.c - single decisions of the planner, each a case that has a name:
 * who goes first, and what keeps a job from starting (where a job is placed:
 * test_plan_place.c; what it can ask for: test_plan_requests.c)
 */
#include "config.h"

#include <errno.h>

#include "tests/unit/sched_sample.h"
#include "tests/unit/torture.h"

#define HOUR 3600

/*
 * One node of 4 GPUs.  A: 2 GPUs for an hour, running.  B: 3 GPUs for an hour,
 * next.  C: 1 GPU for two hours fits beside A and beside B, so it starts now.
 */
/* A clock on which each look takes a millisecond. */
static int64_t slow_clock(void)
{
	static int64_t now;

	return now += 1000;
}

START_TEST(places_end_with_the_time_for_them)
{
	struct sample s;
	struct weft_shape shape;
	struct weft_job job[20];
	struct weft_plan *plan;

	sample_init(&s, 4, 4, 0);
	shape = sample_shape(&s, 4, 4, HOUR);
	for (uint32_t i = 0; i < 20; i++)
		job[i] = sample_job(i + 1, 0);
	s.policy.plan_msec = 10;
	plan = sample_plan(&s, &shape, 1, job, 20);
	ck_assert_int_eq(plan->decision[19].start_sec, SAMPLE_NOW + 19 * HOUR);
	weft_plan_destroy(plan);
	s.policy.clock_usec = slow_clock;
	plan = sample_plan(&s, &shape, 1, job, 20);
	ck_assert_int_eq(plan->decision[0].reason.kind, WEFT_REASON_START);
	for (uint32_t i = 1; i < 20; i++)
		ck_assert_int_eq(plan->decision[i].start_sec,
				 i < 9 ? SAMPLE_NOW + i * HOUR : WEFT_TIME_NEVER);
	weft_plan_destroy(plan);
	sample_fini(&s);
}
END_TEST

START_TEST(wide_jobs_do_not_take_all_memory)
{
	struct sample s;
	struct weft_shape shape;
	struct weft_job job[8];
	struct weft_plan *plan;

	sample_init(&s, 4, 4, 0);
	shape = sample_shape(&s, 4, 4, HOUR);
	for (uint32_t i = 0; i < 8; i++)
		job[i] = sample_job(i + 1, 0);
	s.policy.places_max = 9;
	plan = sample_plan(&s, &shape, 1, job, 8);
	ck_assert_uint_eq(plan->place_count, 12);
	for (uint32_t i = 0; i < 8; i++)
		ck_assert_int_eq(plan->decision[i].start_sec,
				 i < 3 ? SAMPLE_NOW + i * HOUR : WEFT_TIME_NEVER);
	weft_plan_destroy(plan);
	sample_fini(&s);
}
END_TEST

START_TEST(a_job_starts_beside_the_planned_one)
{
	struct sample s;
	struct weft_shape shapes[2];
	struct weft_job jobs[2];
	struct weft_plan *plan;
	struct weft_buf text;

	sample_init(&s, 1, 4, 0);
	sample_run(&s, 0, 0x3, 2, HOUR);
	shapes[0] = sample_shape(&s, 1, 3, HOUR);
	shapes[1] = sample_shape(&s, 1, 1, 2 * HOUR);
	jobs[0] = sample_job(1, 0);
	jobs[1] = sample_job(2, 1);
	plan = sample_plan(&s, shapes, 2, jobs, 2);
	ck_assert_int_eq(plan->decision[0].reason.kind, WEFT_REASON_GPUS);
	ck_assert_int_eq(plan->decision[0].start_sec, SAMPLE_NOW + HOUR);
	ck_assert_uint_eq(plan->decision[0].reason.blocker_count, 1);
	ck_assert_uint_eq(plan->blocker[plan->decision[0].reason.blocker_first].job_id, 1000);
	ck_assert_int_eq(plan->decision[1].reason.kind, WEFT_REASON_START);
	ck_assert_uint_eq(plan->place[plan->decision[1].place_first].gpus & 0x3, 0);
	weft_buf_init(&text, 1000);
	ck_assert_int_eq(weft_reason_format(&plan->decision[0].reason, &s.cluster,
					    plan, &text), 0);
	ck_assert_str_eq(weft_buf_str(&text),
			 "waits for GPUs: wants 3, 2 are free on its nodes; "
			 "until job 1000 ends; place 1 in line");
	weft_buf_fini(&text);
	weft_plan_destroy(plan);
	sample_fini(&s);
}
END_TEST

/* With 2 GPUs C would delay B by an hour: it must not start. */
START_TEST(a_job_that_would_delay_the_planned_one_waits)
{
	struct sample s;
	struct weft_shape shapes[2];
	struct weft_job jobs[2];
	struct weft_plan *plan;

	for (uint32_t depth = 1; depth <= 2; depth++) {
		sample_init(&s, 1, 4, 0);
		s.policy.plan_depth = depth;
		sample_run(&s, 0, 0x3, 2, HOUR);
		shapes[0] = sample_shape(&s, 1, 3, HOUR);
		shapes[1] = sample_shape(&s, 1, 2, 2 * HOUR);
		jobs[0] = sample_job(1, 0);
		jobs[1] = sample_job(2, 1);
		plan = sample_plan(&s, shapes, 2, jobs, 2);
		ck_assert_int_eq(plan->decision[1].reason.kind,
				 WEFT_REASON_PRIORITY);
		ck_assert_int_eq(plan->decision[1].start_sec, depth == 2 ?
				 SAMPLE_NOW + 2 * HOUR : WEFT_TIME_NEVER);
		ck_assert_uint_eq(plan->decision[1].reason.line_place, 2);
		weft_plan_destroy(plan);
		sample_fini(&s);
	}
}
END_TEST

START_TEST(reservations_licences_and_down_nodes)
{
	struct sample s;
	struct weft_shape shape;
	struct weft_job job = sample_job(1, 0);
	struct weft_license_use use = { .license_idx = 0, .count = 2 };
	uint32_t total = 3;
	const char *name = "matlab";
	struct weft_reservation resv = { .name = "maint",
		.start_sec = SAMPLE_NOW + 600, .end_sec = SAMPLE_NOW + 1200 };
	struct weft_plan *plan;

	sample_init(&s, 2, 4, 0);
	shape = sample_shape(&s, 2, 4, 900);
	resv.nodes = s.all;
	s.cluster.resv = &resv;
	s.cluster.resv_count = 1;
	plan = sample_plan(&s, &shape, 1, &job, 1);
	ck_assert_int_eq(plan->decision[0].reason.kind, WEFT_REASON_RESERVATION);
	ck_assert_int_eq(plan->decision[0].start_sec, SAMPLE_NOW + 1200);
	weft_plan_destroy(plan);
	shape.resv_idx = 0;
	shape.limit_sec = 500;
	plan = sample_plan(&s, &shape, 1, &job, 1);
	ck_assert_int_eq(plan->decision[0].start_sec, SAMPLE_NOW + 600);
	weft_plan_destroy(plan);
	shape.limit_sec = 5000;		/* longer than the reservation */
	plan = sample_plan(&s, &shape, 1, &job, 1);
	ck_assert_int_eq(plan->decision[0].start_sec, SAMPLE_NOW + 600);
	weft_plan_destroy(plan);

	shape.resv_idx = -1;
	s.cluster.resv_count = 0;
	s.cluster.node[1].usable = false;
	s.cluster.node[1].back_sec = WEFT_TIME_NEVER;
	plan = sample_plan(&s, &shape, 1, &job, 1);
	ck_assert_int_eq(plan->decision[0].reason.kind, WEFT_REASON_NODES_DOWN);
	ck_assert_int_eq(plan->decision[0].start_sec, WEFT_TIME_NEVER);
	weft_plan_destroy(plan);
	s.cluster.node[1].back_sec = SAMPLE_NOW + 77;	/* busy, not down */
	plan = sample_plan(&s, &shape, 1, &job, 1);
	ck_assert_int_eq(plan->decision[0].reason.kind, WEFT_REASON_GPUS);
	ck_assert_int_eq(plan->decision[0].start_sec, SAMPLE_NOW + 77);
	weft_plan_destroy(plan);

	s.cluster.node[1].usable = true;
	s.cluster.license_count = 1;
	s.cluster.license_total = &total;
	s.cluster.license_name = &name;
	shape = sample_shape(&s, 1, 1, HOUR);
	shape.license = &use;
	shape.license_count = 1;
	job.array_tasks = 3;
	plan = sample_plan(&s, &shape, 1, &job, 1);
	ck_assert_uint_eq(plan->decision_count, 3);
	ck_assert_int_eq(plan->decision[0].reason.kind, WEFT_REASON_START);
	ck_assert_int_eq(plan->decision[1].start_sec, SAMPLE_NOW + HOUR);
	ck_assert_int_eq(plan->decision[2].start_sec, SAMPLE_NOW + 2 * HOUR);
	weft_plan_destroy(plan);
	sample_fini(&s);
}
END_TEST

START_TEST(what_the_job_itself_forbids)
{
	struct sample s;
	struct weft_shape shape;
	struct weft_job job = sample_job(1, 0);
	struct weft_plan *plan;

	sample_init(&s, 1, 4, 0);
	sample_run(&s, 0, 0xf, 4, HOUR);
	shape = sample_shape(&s, 1, 4, HOUR);
	job.deadline_sec = SAMPLE_NOW + HOUR + 10;
	plan = sample_plan(&s, &shape, 1, &job, 1);
	ck_assert_int_eq(plan->decision[0].reason.kind, WEFT_REASON_DEADLINE);
	weft_plan_destroy(plan);
	job.deadline_sec = 0;
	job.eligible_sec = SAMPLE_NOW + 3 * HOUR;
	plan = sample_plan(&s, &shape, 1, &job, 1);
	ck_assert_int_eq(plan->decision[0].reason.kind, WEFT_REASON_BEGIN);
	ck_assert_int_eq(plan->decision[0].start_sec, SAMPLE_NOW + 3 * HOUR);
	weft_plan_destroy(plan);
	job.eligible_sec = 0;
	job.array_tasks = 5;
	job.array_running_max = 0;
	plan = sample_plan(&s, &shape, 1, &job, 1);
	ck_assert_int_eq(plan->decision[0].reason.kind, WEFT_REASON_ARRAY_LIMIT);
	weft_plan_destroy(plan);
	sample_fini(&s);
}
END_TEST

/*
 * What no state of the cluster would suit, each for another reason, is told so,
 * is not searched for again, and takes nobody's place in the plan.
 */
START_TEST(impossible_jobs_block_nobody)
{
	enum { KINDS = 6, EACH = 50, JOBS = KINDS * EACH + 2 };
	struct sample s;
	struct weft_shape shape[KINDS + 1];
	struct weft_license_use use = { .license_idx = 0, .count = 3 };
	uint32_t license = 2;
	struct weft_job job[JOBS];
	struct weft_plan *plan;

	sample_init(&s, 8, 8, 4);
	sample_run(&s, 0, 0xff, 8, HOUR);
	s.cluster.license_count = 1;
	s.cluster.license_total = &license;
	for (uint32_t k = 0; k <= KINDS; k++)
		shape[k] = sample_shape(&s, 8, 8, HOUR);
	shape[0].per_node.gpus = 9;
	shape[1].nodes_min = shape[1].nodes_max = 9;
	shape[2].nodes_min = shape[2].nodes_max = 5;
	shape[2].domain = WEFT_DOMAIN_SAME;
	shape[3].segment = 5;
	shape[3].nodes_min = shape[3].nodes_max = 5;
	shape[4].license_count = 1;
	shape[4].license = &use;
	shape[5].unit_count = 65;
	shape[5].per_node = (struct weft_amount){ 0 };
	shape[5].per_unit = (struct weft_amount){ .cpus = 1, .gpus = 1 };
	for (uint32_t i = 0; i < JOBS; i++)
		job[i] = sample_job(i + 1, i < KINDS * EACH ? i % KINDS : KINDS);
	s.policy.plan_depth = 2;
	plan = sample_plan(&s, shape, KINDS + 1, job, JOBS);
	for (uint32_t i = 0; i < KINDS * EACH; i++) {
		ck_assert_int_eq(plan->decision[i].reason.kind,
				 WEFT_REASON_NEVER);
		ck_assert_int_eq(plan->decision[i].start_sec, WEFT_TIME_NEVER);
	}
	ck_assert_int_eq(plan->decision[JOBS - 2].start_sec, SAMPLE_NOW + HOUR);
	ck_assert_int_eq(plan->decision[JOBS - 1].start_sec,
			 SAMPLE_NOW + 2 * HOUR);
	ck_assert_uint_eq(plan->stats.tests, KINDS + 2);
	weft_plan_destroy(plan);
	s.policy.starts_only = true;
	plan = sample_plan(&s, shape, KINDS + 1, job, JOBS);
	ck_assert_uint_eq(plan->stats.started, 0);
	weft_plan_destroy(plan);
	s.cluster.license_count = 0;
	sample_fini(&s);
}
END_TEST

/* Who is placed by somebody else keeps its turn, and gets no place. */
START_TEST(a_job_left_to_select_has_its_turn)
{
	static const uint32_t turn[] = { 2, 1, 0 };
	struct sample s;
	struct weft_shape shapes[3];
	struct weft_job jobs[3];
	struct weft_plan *plan;
	struct weft_buf text;

	sample_init(&s, 1, 4, 0);
	sample_run(&s, 0, 0x3, 2, HOUR);
	shapes[0] = (struct weft_shape) { .left = true, .limit_sec = 3 * HOUR,
					  .resv_idx = -1 };
	shapes[1] = sample_shape(&s, 1, 4, 2 * HOUR);
	shapes[2] = sample_shape(&s, 1, 1, HOUR);
	for (uint32_t i = 0; i < 3; i++) {
		jobs[i] = sample_job(i + 1, i);
		jobs[i].submit_sec = SAMPLE_NOW;
	}
	plan = sample_plan(&s, shapes, 3, jobs, 3);
	for (uint32_t i = 0; i < 3; i++)
		ck_assert_uint_eq(plan->turn[i], turn[i]);
	ck_assert_int_eq(plan->decision[0].reason.kind, WEFT_REASON_SELECT);
	ck_assert_int_eq(plan->decision[0].start_sec, WEFT_TIME_NEVER);
	ck_assert_uint_eq(plan->decision[0].place_count, 0);
	ck_assert_uint_eq(plan->decision[0].reason.line_place, 2);
	ck_assert_int_eq(plan->decision[1].start_sec, SAMPLE_NOW + HOUR);
	ck_assert_int_eq(plan->decision[2].reason.kind, WEFT_REASON_START);
	ck_assert_str_eq(weft_reason_word(WEFT_REASON_SELECT), "Select");
	weft_buf_init(&text, 1000);
	ck_assert_int_eq(weft_reason_format(&plan->decision[0].reason, &s.cluster,
					    plan, &text), 0);
	ck_assert_str_eq(weft_buf_str(&text),
			 "asks for what only Slurm's own select can place: it is offered "
			 "to it in its turn, and no start can be told; place 2 in line");
	weft_buf_fini(&text);
	s.policy.starts_only = true;
	weft_plan_destroy(plan);
	plan = sample_plan(&s, shapes, 3, jobs, 3);
	ck_assert_uint_eq(plan->stats.started, 1);
	weft_plan_destroy(plan);
	sample_fini(&s);
}
END_TEST

/* What cannot be true is refused whole, whoever said it. */
START_TEST(nonsense_is_refused)
{
	static const char *const why[] = {
		"job 1 has shape 1 of 1", "shape 0", "shape 0", "shape 0",
		"shape 0", "shape 0", "shape 0", "shape 0", "shape 0",
		"a GPU of n is held twice", "more CPUs", "holds node 1 of 1",
		"no such licence",
	};
	struct weft_license_use use = { .license_idx = 0, .count = 1 };
	struct weft_idxset *other = weft_idxset_create(2);

	for (int i = 0; i < 13; i++) {
		struct weft_job job = sample_job(1, i == 0);
		struct weft_err err = WEFT_ERR_INIT;
		struct weft_plan *plan = NULL;
		struct weft_shape shape;
		struct sample s;

		sample_init(&s, 1, 4, 0);
		sample_run(&s, 0, 0x1, 1, HOUR);
		sample_run(&s, 0, i == 9 ? 0x1 : 0x2, i == 10 ? 40 : 1, HOUR);
		s.hold[1].node_idx = i == 11;
		s.cluster.license_use = &use;
		s.cluster.license_use_count = 1;
		s.running[1].license_count = i == 12;
		shape = sample_shape(&s, 1, 1, HOUR);
		shape.nodes = i == 1 ? NULL : i == 2 ? other : shape.nodes;
		shape.nodes_required = i == 3 ? other : NULL;
		shape.nodes_min = i != 4;
		shape.nodes_max = i != 5;
		shape.limit_sec = i == 6 ? 0 : HOUR;
		shape.resv_idx = i == 7 ? 0 : -1;
		shape.license_count = i == 8;
		shape.license = &use;
		ck_assert_int_eq(weft_plan_run(&s.cluster, &s.policy, &shape, 1,
					       &job, 1, NULL, NULL, &plan,
					       &err), -EINVAL);
		ck_assert_msg(strstr(err.msg, why[i]) != NULL, "%d: %s", i,
			      err.msg);
		ck_assert_ptr_null(plan);
		sample_fini(&s);
	}
	weft_idxset_destroy(other);
}
END_TEST

static int plan_once(void *arg)
{
	struct sample *s = arg;
	struct weft_shape shapes[3];
	struct weft_job jobs[3] = { sample_job(1, 0), sample_job(2, 1),
				    sample_job(3, 2) };
	struct weft_plan *plan = NULL;
	int rc;

	shapes[0] = sample_shape(s, 3, 4, HOUR);
	shapes[1] = sample_shape(s, 1, 1, HOUR);
	shapes[2] = sample_shape(s, 9, 4, HOUR);
	rc = weft_plan_run(&s->cluster, &s->policy, shapes, 3, jobs, 3, NULL,
			   NULL, &plan, NULL);
	weft_plan_destroy(plan);
	return rc;
}

START_TEST(survives_failed_allocations)
{
	struct sample s;

	sample_init(&s, 4, 4, 2);
	sample_run(&s, 0, 0x3, 2, HOUR);
	sample_run(&s, 2, 0xf, 4, HOUR);
	torture_check(plan_once, &s);
	sample_fini(&s);
}
END_TEST

UNIT_MAIN("plan", places_end_with_the_time_for_them,
	  wide_jobs_do_not_take_all_memory, a_job_starts_beside_the_planned_one,
	  a_job_that_would_delay_the_planned_one_waits,
	  reservations_licences_and_down_nodes, what_the_job_itself_forbids,
	  impossible_jobs_block_nobody, a_job_left_to_select_has_its_turn,
	  nonsense_is_refused, survives_failed_allocations)
