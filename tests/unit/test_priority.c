/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_priority.c - the order that priority/multifactor gives the simulator
 *
 * What Slurm's documentation says of each factor, on queues of a few jobs;
 * then whole runs, in which the priority must decide who starts, under every
 * scheduler; and the main pass of stock over two partitions.
 */
#include "config.h"

#include "sched/sim_priority.h"
#include "tests/unit/sim_sample.h"

#define HOUR 3600

static struct weft_stock stock_defaults(void)
{
	struct weft_stock stock;

	weft_settings_defaults(weft_stock_settings, &stock);
	return stock;
}

/* user, group, GPUs */
static void add_of(struct weft_workload_builder *b, double submit,
		   uint32_t user, uint32_t group, double gpus)
{
	struct weft_trace_job job = {
		.id = "j", .submit_sec = submit, .runtime_sec = HOUR,
		.limit_sec = HOUR, .gpus = gpus, .cpus = 1,
		.user_idx = user, .group_idx = group };

	ck_assert_int_eq(weft_workload_add(b, &job, NULL), 0);
}

/* "1 0 2": the queue of these jobs as it is sorted. */
static const char *sorted(struct weft_priority *p, int64_t now,
			  uint32_t first, uint32_t count)
{
	static char text[64];
	uint32_t queue[16];
	size_t len = 0;

	for (uint32_t i = 0; i < count; i++)
		queue[i] = first + i;
	weft_priority_sort(p, now, queue, count);
	for (uint32_t i = 0; i < count; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%u",
					i ? " " : "", queue[i]);
	return text;
}

START_TEST(basic_is_submission)
{
	struct weft_stock stock = stock_defaults();
	struct weft_machine *m = machine_of(4, 4);
	struct weft_workload_builder *b = builder_of(m);
	struct weft_workload *w;
	struct weft_priority *p;

	for (uint32_t i = 0; i < 3; i++)
		add_of(b, i, i, 0, 16 - 6 * i);
	w = finish(b);
	p = weft_priority_create(&stock, &m->cluster, w);
	ck_assert(!weft_priority_changes(p));
	weft_priority_started(p, 0, 5);
	ck_assert_str_eq(sorted(p, 10, 0, 3), "0 1 2");
	ck_assert_uint_eq(weft_priority_get(p, 1), 1);
	weft_priority_destroy(p);
	weft_workload_destroy(w);
	weft_machine_destroy(m);
}
END_TEST

START_TEST(size_and_age)
{
	struct weft_stock stock = stock_defaults();
	struct weft_machine *m = machine_of(4, 4);
	struct weft_workload_builder *b = builder_of(m);
	struct weft_workload *w;
	struct weft_priority *p;

	stock.priority_weight_job_size = 1000;
	stock.priority_max_age = 60;
	add_of(b, 0, 0, 0, 4);		/* 1 of 4 nodes, 1 of 128 CPUs */
	add_of(b, 0, 0, 0, 16);		/* all nodes */
	add_of(b, 1800, 0, 0, 8);	/* half of them */
	w = finish(b);
	p = weft_priority_create(&stock, &m->cluster, w);
	ck_assert_str_eq(sorted(p, 1800, 0, 3), "1 2 0");
	ck_assert_uint_eq(weft_priority_get(p, 0), 128);  /* (.25+.0078)/2 */
	weft_priority_destroy(p);
	stock.priority_favor_small = true;
	p = weft_priority_create(&stock, &m->cluster, w);
	ck_assert_str_eq(sorted(p, 1800, 0, 3), "0 2 1");
	weft_priority_destroy(p);
	/* Half an hour of age against the other half of the size. */
	stock.priority_weight_age = 10000;
	p = weft_priority_create(&stock, &m->cluster, w);
	ck_assert_str_eq(sorted(p, 1800, 0, 3), "0 1 2");
	ck_assert_uint_eq(weft_priority_get(p, 0), 5000 + 871);
	/* Not before the period's end, and never more than the whole age. */
	ck_assert_str_eq(sorted(p, 2099, 0, 3), "0 1 2");
	ck_assert_uint_eq(weft_priority_get(p, 0), 5000 + 871);
	ck_assert_str_eq(sorted(p, 9000, 0, 3), "0 2 1");
	ck_assert_uint_eq(weft_priority_get(p, 0), 10000 + 871);
	weft_priority_destroy(p);
	weft_workload_destroy(w);
	weft_machine_destroy(m);
}
END_TEST

/*
 * Jobs 0 to 2 use; 3 to 6 wait.  Users 0 and 1 are in group 0, user 2 in
 * group 1, user 3 in group 2.
 */
static struct weft_workload *shares(const struct weft_machine *m)
{
	struct weft_workload_builder *b = builder_of(m);

	for (uint32_t i = 0; i < 2; i++)
		for (uint32_t user = 0; user < 4; user++)
			if (i || user < 3)
				add_of(b, 0, user, user ? user - 1 : 0,
				       user == 1 ? 8 : 4);
	return finish(b);
}

START_TEST(fair_tree)
{
	struct weft_stock stock = stock_defaults();
	struct weft_machine *m = machine_of(4, 4);
	struct weft_workload *w = shares(m);
	struct weft_priority *p;

	stock.priority_weight_fairshare = 1000;
	p = weft_priority_create(&stock, &m->cluster, w);
	/* Nobody has used anything: all share the best rank. */
	ck_assert_str_eq(sorted(p, 0, 3, 4), "3 4 5 6");
	ck_assert_uint_eq(weft_priority_get(p, 6), 1000);
	/* 4, 8 and 4 GPUs: group 2 idle, then 1, then 0 with its users. */
	for (uint32_t i = 0; i < 3; i++)
		weft_priority_started(p, i, 0);
	ck_assert_str_eq(sorted(p, 300, 3, 4), "6 5 3 4");
	ck_assert_uint_eq(weft_priority_get(p, 5), 750);
	ck_assert_uint_eq(weft_priority_get(p, 4), 250);
	/* Group 1 goes on alone until it has used the most. */
	weft_priority_ended(p, 0, 1000);
	weft_priority_ended(p, 1, 1000);
	ck_assert_str_eq(sorted(p, 2900, 3, 4), "6 5 3 4");
	ck_assert_str_eq(sorted(p, 3200, 3, 4), "6 3 4 5");
	weft_priority_destroy(p);
	weft_workload_destroy(w);
	weft_machine_destroy(m);
}
END_TEST

/* Job 0 used 4 GPUs for 10 hours long ago; job 2 used them for an hour. */
static const char *faded(uint32_t half_life_min)
{
	struct weft_stock stock = stock_defaults();
	struct weft_machine *m = machine_of(4, 4);
	struct weft_workload *w = shares(m);
	struct weft_priority *p;
	const char *text;

	stock.priority_weight_fairshare = 1000;
	stock.priority_decay_half_life = half_life_min;
	p = weft_priority_create(&stock, &m->cluster, w);
	weft_priority_started(p, 0, 0);
	weft_priority_ended(p, 0, 10 * HOUR);
	weft_priority_started(p, 2, 100 * HOUR);
	weft_priority_ended(p, 2, 101 * HOUR);
	text = sorted(p, 101 * HOUR, 3, 4);
	weft_priority_destroy(p);
	weft_workload_destroy(w);
	weft_machine_destroy(m);
	return text;
}

START_TEST(usage_fades)
{
	/* 10 hours of 91 hours ago are worth one after 28 hours' halving. */
	ck_assert_str_eq(faded(0), "6 5 4 3");
	ck_assert_str_eq(faded(40 * 60), "6 5 4 3");
	ck_assert_str_eq(faded(20 * 60), "6 4 3 5");
}
END_TEST

/* ---- whole runs --------------------------------------------------------------- */

START_TEST(priority_decides_who_starts)
{
	static const struct weft_sim_policy *const policies[] = {
		&weft_sim_fifo, &weft_sim_easy, &weft_sim_weft,
		&weft_sim_backfill };

	for (size_t i = 0; i < sizeof(policies) / sizeof(*policies); i++) {
		struct weft_machine *m = machine_of(1, 4);
		struct weft_workload_builder *b = builder_of(m);
		struct weft_sim_settings settings;
		struct weft_workload *w;
		struct weft_outcome *o;

		set_defaults(&settings);
		settings.stock.priority_weight_fairshare = 1000;
		add_of(b, 0, 1, 0, 4);
		add_of(b, 10, 1, 0, 4);
		add_of(b, 20, 2, 0, 4);
		w = finish(b);
		ck_assert_int_eq(weft_sim_run(m, w, policies[i], &settings,
					      NULL, &o, NULL), 0);
		ck_assert_msg(o->start_sec[2] < o->start_sec[1], "%s",
			      policies[i]->name);
		weft_outcome_destroy(o);
		settings.stock.priority_weight_fairshare = 0;
		ck_assert_int_eq(weft_sim_run(m, w, policies[i], &settings,
					      NULL, &o, NULL), 0);
		ck_assert_msg(o->start_sec[1] < o->start_sec[2], "%s",
			      policies[i]->name);
		weft_outcome_destroy(o);
		weft_workload_destroy(w);
		weft_machine_destroy(m);
	}
}
END_TEST

/* Groups 1 and 3 have a partition each of the first node, 2 the second. */
static int where_is(void *arg, const struct weft_trace_job *job,
		    const struct weft_workload_where **ret_where)
{
	const struct weft_workload_where *partitions = arg;

	*ret_where = &partitions[job->group_idx - 1];
	return 0;
}

START_TEST(main_pass_by_partition)
{
	struct weft_machine *m = machine_of(2, 4);
	struct weft_workload_where part[3] = { 0 };
	struct weft_idxset *set[3];
	struct weft_workload_settings how = {
		.load = 1, .from_sec = INT64_MIN, .until_sec = INT64_MAX,
		.where = where_is, .where_arg = part };
	struct weft_workload_builder *b;
	struct weft_sim_settings settings;
	struct weft_workload *w;
	struct weft_outcome *o;

	for (uint32_t i = 0; i < 3; i++) {
		set[i] = weft_idxset_create(2);
		weft_idxset_add(set[i], i % 2);
		part[i] = (struct weft_workload_where) {
			.nodes = set[i], .partition = set[i], .gpu_type_idx = -1 };
	}
	b = weft_workload_builder_create(m, &how);
	set_defaults(&settings);
	settings.stock.bf_interval = 10000;	/* the main pass alone */
	add_of(b, 1, 0, 1, 3);		/* fills the first partition, */
	add_of(b, 1, 0, 1, 3);		/* waits for it, */
	add_of(b, 1, 0, 1, 1);		/* fits, but after one that waits, */
	add_of(b, 1, 0, 2, 1);		/* this is of the other node's, */
	add_of(b, 1, 0, 3, 1);		/* and this of the same node's */
	w = finish(b);
	ck_assert_int_eq(weft_sim_run(m, w, &weft_sim_backfill, &settings,
				      NULL, &o, NULL), 0);
	ck_assert_int_eq(o->start_sec[0], 1);
	ck_assert_int_ge(o->start_sec[1], 1 + HOUR);
	ck_assert_int_ge(o->start_sec[2], 1 + HOUR);
	ck_assert_int_le(o->start_sec[3], 60);
	ck_assert_int_ge(o->start_sec[4], 1 + HOUR);
	weft_outcome_destroy(o);
	weft_workload_destroy(w);
	weft_idxset_destroy(set[0]);
	weft_idxset_destroy(set[1]);
	weft_idxset_destroy(set[2]);
	weft_machine_destroy(m);
}
END_TEST

UNIT_MAIN("priority", basic_is_submission, size_and_age, fair_tree,
	  usage_fades, priority_decides_who_starts, main_pass_by_partition)
