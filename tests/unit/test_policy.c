/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_policy.c - who is taken first: the order of jobs in a cycle
 *
 * Tables for each rule of policy.c; then random queues against the rules said
 * once more, pair by pair, without any sorting; and one cycle of the planner,
 * so that the order is seen to decide who starts.
 */
#include "config.h"

#include <string.h>

#include "sched/plan.h"
#include "tests/unit/sched_sample.h"
#include "tests/unit/sim_sample.h"

#define HOUR 3600

#define NOW 1000000

static const struct weft_shape shapes[] = {
	{ .limit_sec = 60 }, { .limit_sec = 600 }, { .limit_sec = 6000 },
	{ .limit_sec = UINT32_MAX },
};
enum { SHAPES = sizeof(shapes) / sizeof(*shapes) };

static struct weft_policy defaults(enum weft_order order)
{
	struct weft_policy policy = { 0 };

	weft_settings_defaults(weft_policy_settings, &policy);
	policy.order = order;
	return policy;
}

/* "2 0 1": the turn of these jobs under the policy. */
static const char *turn_of(const struct weft_policy *policy,
			   const struct weft_job *jobs, uint32_t count)
{
	static char text[64];
	uint32_t turn[16];
	size_t len = 0;

	ck_assert_int_eq(weft_policy_order(policy, shapes, NULL, jobs, count, NOW,
					   turn), 0);
	for (uint32_t i = 0; i < count; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%u",
					i ? " " : "", turn[i]);
	return text;
}

#define DAYS_AGO(n) (NOW - (n) * 86400)

START_TEST(rules)
{
	static const struct {
		const char *what, *want;
		struct weft_job job[4];
	} c[] = {
		{ "shorter limits first, none last, equal ones as given", "2 1 3 0", {
			{ .shape_idx = 3 }, { .shape_idx = 1 },
			{ .shape_idx = 0 }, { .shape_idx = 1 } } },
		{ "a prediction is believed, up to the limit", "1 3 2 0", {
			{ .shape_idx = 2 }, { .shape_idx = 2, .predicted_sec = 5 },
			{ .shape_idx = 1, .predicted_sec = 9999 },
			{ .shape_idx = 1, .predicted_sec = 599 } } },
		{ "only among nearly equal priorities", "1 0 3 2", {
			{ .shape_idx = 2, .priority = 1000 },
			{ .shape_idx = 1, .priority = 900 },
			{ .shape_idx = 1, .priority = 899 },
			{ .shape_idx = 0, .priority = 850 } } },
		{ "nor with a higher one that comes behind", "0 2 1 3", {
			{ .shape_idx = 2, .priority = 900 },
			{ .shape_idx = 1, .priority = 1000 },
			{ .shape_idx = 0, .priority = 1000 },
			{ .shape_idx = 3, .priority = 950 } } },
		{ "never over a tier", "1 0 2 3", {
			{ .shape_idx = 2, .tier = 2 }, { .shape_idx = 1, .tier = 2 },
			{ .shape_idx = 0, .tier = 1 }, { .shape_idx = 0, .tier = 2 } } },
		{ "nice is above length", "3 2 0 1", {
			{ .shape_idx = 2 }, { .shape_idx = 0, .nice = 1 },
			{ .shape_idx = 1 }, { .shape_idx = 3, .nice = -1 } } },
		{ "who waited a week goes first, as given", "1 3 2 0", {
			{ .shape_idx = 1, .submit_sec = DAYS_AGO(2) },
			{ .shape_idx = 3, .submit_sec = DAYS_AGO(7) },
			{ .shape_idx = 0, .submit_sec = NOW },
			{ .shape_idx = 2, .submit_sec = DAYS_AGO(8) } } },
		{ "waiting counts from when it could have run", "1 0 2 3", {
			{ .shape_idx = 1, .submit_sec = DAYS_AGO(9),
			  .eligible_sec = DAYS_AGO(1) },
			{ .shape_idx = 0, .submit_sec = NOW },
			{ .shape_idx = 2, .submit_sec = NOW },
			{ .shape_idx = 3, .submit_sec = DAYS_AGO(9),
			  .eligible_sec = NOW + 50 } } },
	};
	struct weft_policy policy = defaults(WEFT_ORDER_SHORTEST);

	for (size_t k = 0; k < sizeof(c) / sizeof(*c); k++) {
		struct weft_job job[4];

		memcpy(job, c[k].job, sizeof(job));
		for (int i = 0; i < 4; i++)
			if (!job[i].submit_sec)
				job[i].submit_sec = NOW;
		ck_assert_msg(!strcmp(turn_of(&policy, job, 4), c[k].want),
			      "%s: %s", c[k].what, turn_of(&policy, job, 4));
	}
}
END_TEST

START_TEST(other_orders)
{
	const struct weft_job job[4] = {
		{ .shape_idx = 2, .submit_sec = NOW - 10, .share_used = 50 },
		{ .shape_idx = 1, .submit_sec = NOW - 30, .share_used = 55 },
		{ .shape_idx = 0, .submit_sec = NOW, .share_used = 0 },
		{ .shape_idx = 0, .submit_sec = DAYS_AGO(9), .share_used = 1e9 },
	};
	struct weft_policy policy = defaults(WEFT_ORDER_PRIORITY);

	ck_assert_str_eq(turn_of(&policy, job, 4), "0 1 2 3");
	policy.order = WEFT_ORDER_SERVICE;	/* 40, 25, 0, overdue */
	ck_assert_str_eq(turn_of(&policy, job, 4), "3 2 1 0");
	policy.wait_max_sec = 0;
	ck_assert_str_eq(turn_of(&policy, job, 4), "2 1 0 3");
}
END_TEST

/* ---- random queues ------------------------------------------------------- */

#define JOBS 60

static uint64_t random_state;

static uint32_t draw(uint32_t below)
{
	random_state = random_state * UINT64_C(6364136223846793005) + 1;
	return (uint32_t)(random_state >> 33) % below;
}

static bool is_overdue(const struct weft_policy *policy,
		       const struct weft_job *job)
{
	return policy->wait_max_sec &&
		NOW - job->submit_sec >= policy->wait_max_sec;
}

/* Must b, which comes later as given and is of a's band, go before a? */
static bool passes(const struct weft_policy *policy, const struct weft_job *b,
		   const struct weft_job *a)
{
	if (a->nice != b->nice)
		return b->nice < a->nice;
	if (is_overdue(policy, a))
		return false;
	return is_overdue(policy, b) ||
		shapes[b->shape_idx].limit_sec < shapes[a->shape_idx].limit_sec;
}

static void check_queue(const struct weft_policy *policy,
			const struct weft_job *job)
{
	uint32_t turn[JOBS], place[JOBS], band[JOBS], first = 0;

	ck_assert_int_eq(weft_policy_order(policy, shapes, NULL, job, JOBS, NOW,
					   turn), 0);
	memset(place, 0xff, sizeof(place));
	for (uint32_t i = 0; i < JOBS; i++) {
		ck_assert_uint_lt(turn[i], JOBS);
		ck_assert_uint_eq(place[turn[i]], UINT32_MAX);
		place[turn[i]] = i;
		if (job[i].tier != job[first].tier ||
		    job[i].priority < job[first].priority *
				    (1 - policy->share_band))
			first = i;
		band[i] = first;
	}
	/* Check notes each assertion with a system call: only wrong ones. */
	for (uint32_t a = 0; a < JOBS; a++)
		for (uint32_t b = a + 1; b < JOBS; b++)
			if ((place[b] < place[a]) !=
			    (band[a] == band[b] &&
			     passes(policy, &job[b], &job[a])))
				ck_abort_msg("job %u of the queue is before %u, or should be",
					     b, a);
}

START_TEST(random_queues)
{
	struct weft_policy policy = defaults(WEFT_ORDER_SHORTEST);

	for (uint32_t seed = 0; seed < 2000; seed++) {
		struct weft_job job[JOBS];

		random_state = seed;
		policy.share_band = draw(3) * 0.25;
		policy.wait_max_sec = draw(2) ? 5000 : 0;
		for (uint32_t i = 0; i < JOBS; i++)
			job[i] = (struct weft_job) {
				.priority = i && draw(4) ?
					job[i - 1].priority :
					1000000 - i * 10000 - draw(10000),
				.tier = 9 - i / 25,
				.nice = draw(5) ? 0 : (int32_t)draw(3) - 1,
				.shape_idx = draw(SHAPES),
				.submit_sec = NOW - draw(10000),
			};
		check_queue(&policy, job);
	}
}
END_TEST

/* ---- and who starts ------------------------------------------------------ */

static struct weft_shape gpus_for(const struct weft_idxset *all, uint32_t gpus,
				  uint32_t limit_sec)
{
	return (struct weft_shape) {
		.nodes_min = 1, .nodes_max = 1, .per_node = { .gpus = gpus },
		.gpu_type_idx = -1, .resv_idx = -1, .limit_sec = limit_sec,
		.nodes = all,
	};
}

static struct weft_job wanting(uint32_t shape_idx, int64_t submit_sec)
{
	return (struct weft_job) {
		.job_id = shape_idx + 1, .priority = 1, .array_tasks = 1,
		.shape_idx = shape_idx, .submit_sec = submit_sec,
		.array_running_max = UINT32_MAX,
	};
}

/* Two jobs want the one node: which of them gets it, and who is in line. */
static uint32_t winner(const struct weft_policy *policy, int64_t first_submit)
{
	struct weft_machine *m = machine_of(1, 4);
	struct weft_idxset *all = weft_idxset_create(1);
	struct weft_shape shape[2] = {
		gpus_for(all, 3, 6000), gpus_for(all, 3, 60),
	};
	struct weft_job job[2] = { wanting(0, first_submit), wanting(1, NOW) };
	struct weft_plan *plan;
	uint32_t first;

	weft_idxset_fill(all);
	m->cluster.now_sec = NOW;
	ck_assert_int_eq(weft_plan_run(&m->cluster, policy, shape, 2, job, 2,
				       NULL, NULL, &plan, NULL), 0);
	first = plan->decision[0].reason.kind == WEFT_REASON_START ? 0 : 1;
	ck_assert_int_eq(plan->decision[first].start_sec, NOW);
	ck_assert_int_eq(plan->decision[!first].start_sec,
			 NOW + (first ? 60 : 6000));
	ck_assert_uint_eq(plan->decision[!first].reason.line_place, 1);
	weft_plan_destroy(plan);
	weft_idxset_destroy(all);
	weft_machine_destroy(m);
	return first;
}

START_TEST(the_order_decides_who_starts)
{
	struct weft_policy policy = defaults(WEFT_ORDER_SHORTEST);

	ck_assert_uint_eq(winner(&policy, NOW - 1), 1);
	ck_assert_uint_eq(winner(&policy, DAYS_AGO(7)), 0);
	policy.order = WEFT_ORDER_PRIORITY;
	ck_assert_uint_eq(winner(&policy, NOW - 1), 0);
}
END_TEST

/* Nobody can start: who passes whom, counted by hand. */
static void check_passed(const struct weft_policy *policy,
			 struct weft_machine *m, const struct weft_shape *shape,
			 const struct weft_job *job, uint32_t count)
{
	uint32_t turn[JOBS], place[JOBS];
	struct weft_plan *plan;

	ck_assert_int_eq(weft_policy_order(policy, shape, NULL, job, count, NOW, turn), 0);
	for (uint32_t i = 0; i < count; i++)
		place[turn[i]] = i;
	ck_assert_int_eq(weft_plan_run(&m->cluster, policy, shape, SHAPES, job,
				       count, NULL, NULL, &plan, NULL), 0);
	for (uint32_t i = 0; i < count; i++) {
		const struct weft_decision *d = &plan->decision[i];
		uint32_t passed = 0;

		for (uint32_t k = i + 1; k < count; k++)
			passed += place[k] < place[i];
		ck_assert_uint_eq(d->passed_count, passed);
		ck_assert_uint_eq(d->reason.line_place, place[i] + 1);
		ck_assert_int_eq(d->unpassed_sec,
				 policy->order == WEFT_ORDER_PRIORITY ||
				 !policy->wait_max_sec ? 0 :
				 job[i].submit_sec + policy->wait_max_sec);
	}
	weft_plan_destroy(plan);
}

START_TEST(who_passes_is_counted)
{
	struct weft_policy policy = defaults(WEFT_ORDER_SHORTEST);
	struct weft_machine *m = machine_of(1, 4);
	struct weft_idxset *all = weft_idxset_create(1);
	struct weft_shape shape[SHAPES];
	struct weft_job job[JOBS];

	m->cluster.now_sec = NOW;
	m->cluster.node[0].usable = false;
	weft_idxset_fill(all);
	for (uint32_t i = 0; i < SHAPES; i++)
		shape[i] = (struct weft_shape) {
			.nodes_min = 1, .nodes_max = 1, .per_node = { .gpus = 1 },
			.gpu_type_idx = -1, .resv_idx = -1, .nodes = all,
			.limit_sec = 60 * (i + 1) };
	for (uint32_t seed = 0; seed < 200; seed++) {
		random_state = seed;
		policy.order = seed % 8 ? WEFT_ORDER_SHORTEST : WEFT_ORDER_PRIORITY;
		policy.wait_max_sec = draw(2) ? 5000 : 0;
		for (uint32_t i = 0; i < JOBS; i++)
			job[i] = (struct weft_job) {
				.job_id = i + 1, .priority = 1, .array_tasks = 1,
				.array_running_max = UINT32_MAX,
				.nice = draw(5) ? 0 : (int32_t)draw(3) - 1,
				.shape_idx = draw(SHAPES),
				.submit_sec = NOW - draw(10000),
			};
		check_passed(&policy, m, shape, job, 1 + draw(JOBS));
	}
	weft_idxset_destroy(all);
	weft_machine_destroy(m);
}
END_TEST

/*
 * A job runs on 2 of 4 GPUs for 100,000 s more; the first in line wants all 4,
 * the second one GPU for twice as long.  When does the second start?
 */
static int64_t start_of_second(const struct weft_policy *policy,
			       int64_t first_submit)
{
	struct weft_machine *m = machine_of(1, 4);
	struct weft_idxset *all = weft_idxset_create(1);
	struct weft_hold hold = { .gpus = 3, .cpus = 1 };
	struct weft_running running = { .job_id = 9, .end_sec = NOW + 100000,
					.hold_count = 1 };
	struct weft_shape shape[2] = {
		gpus_for(all, 4, 100), gpus_for(all, 1, 200000),
	};
	struct weft_job job[2] = { wanting(0, first_submit), wanting(1, NOW) };
	struct weft_plan *plan;
	int64_t start;

	weft_idxset_fill(all);
	m->cluster.now_sec = NOW;
	m->cluster.running = &running;
	m->cluster.running_count = 1;
	m->cluster.hold = &hold;
	m->cluster.hold_count = 1;
	ck_assert_int_eq(weft_plan_run(&m->cluster, policy, shape, 2, job, 2,
				       NULL, NULL, &plan, NULL), 0);
	ck_assert_int_eq(plan->decision[0].start_sec, NOW + 100000);
	ck_assert_uint_eq(plan->decision[0].place_count, 1);
	start = plan->decision[1].start_sec - NOW;
	weft_plan_destroy(plan);
	weft_idxset_destroy(all);
	m->cluster.running = NULL;
	m->cluster.hold = NULL;
	weft_machine_destroy(m);
	return start;
}

START_TEST(a_far_start_is_told_and_holds_nothing)
{
	struct weft_policy policy = defaults(WEFT_ORDER_PRIORITY);

	ck_assert_int_eq(start_of_second(&policy, NOW), 0);
	ck_assert_int_eq(start_of_second(&policy, DAYS_AGO(7)), 100100);
	policy.wait_max_sec = 0;
	ck_assert_int_eq(start_of_second(&policy, DAYS_AGO(7)), 0);
	policy.hold_sec = 100000;
	ck_assert_int_eq(start_of_second(&policy, NOW), 100100);
	policy.hold_sec = 0;
	ck_assert_int_eq(start_of_second(&policy, NOW), 100100);
}
END_TEST

/*
 * A node is taken for 40 hours more, by 4 GPUs, another for ten days, by one.  Best
 * fit puts every job on the first; one of six days goes to the second, where it puts
 * off nothing, if so long counts as lasting, and then the first is whole in time for
 * the job of 8.
 */
START_TEST(lasting_jobs_lie_beside_lasting_ones)
{
	static const struct {
		uint32_t lasting_sec, limit_sec, node_idx;
	} cases[] = {
		{ 0, 144 * HOUR, 0 },
		{ 96 * HOUR, 144 * HOUR, 1 },
		{ 96 * HOUR, 96 * HOUR, 0 },	/* no longer than that */
		{ 96 * HOUR, 241 * HOUR, 1 },	/* an hour past the end */
	};
	struct sample s;
	struct weft_shape shape[2];
	struct weft_job jobs[2] = { sample_job(1, 0), sample_job(2, 1) };
	struct weft_plan *plan;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		bool apart = cases[i].node_idx == 1;

		sample_init(&s, 2, 8, 0);
		s.policy.order = WEFT_ORDER_PRIORITY;
		s.policy.lasting_sec = cases[i].lasting_sec;
		sample_run(&s, 0, 0x0f, 4, 40 * HOUR);
		sample_run(&s, 1, 0x01, 1, 240 * HOUR);
		shape[0] = sample_shape(&s, 1, 1, cases[i].limit_sec);
		shape[1] = sample_shape(&s, 1, 8, HOUR);
		plan = sample_plan(&s, shape, 2, jobs, 2);
		ck_assert_uint_eq(plan->place[plan->decision[0].place_first]
				  .node_idx, cases[i].node_idx);
		ck_assert_int_eq(plan->decision[1].start_sec -
				 s.cluster.now_sec,
				 apart ? 40 * HOUR : cases[i].limit_sec);
		weft_plan_destroy(plan);
		sample_fini(&s);
	}
}
END_TEST

/*
 * On ten nodes all but two are taken for an hour.  A job of so many nodes and one of
 * one node and 100 s wait: who starts?
 */
static uint32_t first_to_start(const struct weft_policy *policy, uint32_t nodes,
			       uint32_t limit_sec, int64_t begin_sec)
{
	struct sample s;
	struct weft_shape shape[2];
	struct weft_job job[2] = { sample_job(1, 0), sample_job(2, 1) };
	struct weft_plan *plan;
	uint32_t first;

	sample_init(&s, 10, 4, 0);
	s.policy = *policy;
	for (uint32_t n = 2; n < 10; n++)
		sample_run(&s, n, 0xf, 4, HOUR);
	shape[0] = sample_shape(&s, nodes, 4, limit_sec);
	shape[1] = sample_shape(&s, 2, 3, 100);
	shape[1].nodes_min = 1;
	job[0].submit_sec = job[1].submit_sec = SAMPLE_NOW - 1;
	job[0].eligible_sec = begin_sec;
	plan = sample_plan(&s, shape, 2, job, 2);
	first = plan->decision[1].reason.kind == WEFT_REASON_START;
	ck_assert_int_eq(plan->decision[!first].reason.kind == WEFT_REASON_START,
			 false);
	weft_plan_destroy(plan);
	sample_fini(&s);
	return first;
}

START_TEST(wide_jobs_take_room_that_is_there)
{
	struct weft_policy policy = defaults(WEFT_ORDER_SHORTEST);

	policy.wide_share = 0.2;
	ck_assert_uint_eq(first_to_start(&policy, 2, 900, 0), 0);
	/* ten times as long and more, not there yet, too wide for what is free */
	ck_assert_uint_eq(first_to_start(&policy, 2, 1100, 0), 1);
	ck_assert_uint_eq(first_to_start(&policy, 2, 900, SAMPLE_NOW + 60), 1);
	ck_assert_uint_eq(first_to_start(&policy, 3, 900, 0), 1);
	/* not wide */
	policy.wide_share = 0.21;
	ck_assert_uint_eq(first_to_start(&policy, 2, 900, 0), 1);
	policy.wide_share = 0;
	ck_assert_uint_eq(first_to_start(&policy, 2, 900, 0), 1);
	policy.wide_share = 0.1;	/* one node is never wide */
	ck_assert_uint_eq(first_to_start(&policy, 1, 900, 0), 1);
}
END_TEST

UNIT_MAIN("policy", rules, other_orders, random_queues,
	  the_order_decides_who_starts, who_passes_is_counted,
	  a_far_start_is_told_and_holds_nothing,
	  lasting_jobs_lie_beside_lasting_ones, wide_jobs_take_room_that_is_there)
