/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_machine.c - histories on the machine that a site's files describe
 *
 * Unlike nodes, partitions and a node that is down: what a job may use is
 * settled by hand for a few jobs, and random histories under every policy
 * must keep to their partitions' nodes.
 */
#include "config.h"

#include <errno.h>

#include "sched/sim.h"
#include "tests/unit/sim_sample.h"

/* a[0-1] 8 GPUs, b[0-2] 4 GPUs, c[0-3] none, d down. */
static const char conf[] =
	"ClusterName=mixed\n"
	"SelectTypeParameters=CR_Core_Memory\n"
	"GresTypes=gpu\n"
	"NodeName=a[0-1] CPUs=64 RealMemory=1000 Gres=gpu:8\n"
	"NodeName=b[0-2] CPUs=32 RealMemory=500 Gres=gpu:4\n"
	"NodeName=c[0-3] CPUs=128 RealMemory=2000\n"
	"NodeName=d CPUs=256 RealMemory=9000 Gres=gpu:8 State=DOWN\n"
	"PartitionName=all Nodes=ALL Default=YES\n"
	"PartitionName=small Nodes=b[0-2],d MaxTime=2:00:00\n"
	"PartitionName=cpu Nodes=c[0-3] DefaultTime=30\n";

enum { ALL, SMALL, CPU, PARTITIONS };

static struct weft_workload_where partition[PARTITIONS];

/* The test names partitions from 1; 0 is none. */
static int where_is(void *arg, const struct weft_trace_job *job,
		    const struct weft_workload_where **ret_where)
{
	(void)arg;
	*ret_where = job->partition_idx ? &partition[job->partition_idx - 1] :
		NULL;
	return 0;
}

static struct weft_machine *read_machine(const char *text)
{
	struct weft_site *site = weft_site_create();
	struct weft_err err = WEFT_ERR_INIT;
	struct weft_machine *m;

	ck_assert_msg(!weft_site_add_slurm_conf(site, "slurm.conf", text,
						strlen(text), NULL, &err),
		      "%s", err.msg);
	ck_assert_msg(!weft_site_finish(site, &err), "%s", err.msg);
	ck_assert_int_eq(weft_machine_of_site(site, &m, &err), 0);
	for (uint32_t i = 0; i < PARTITIONS; i++)
		partition[i] = (struct weft_workload_where) {
			.nodes = site->partition[i].nodes,
			.partition = site->partition[i].nodes,
			.gpu_type_idx = -1 };
	partition[CPU].limit_sec = 1800;
	return m;
}

static struct weft_workload_builder *create(const struct weft_machine *m)
{
	const struct weft_workload_settings settings = {
		.load = 1, .from_sec = INT64_MIN, .until_sec = INT64_MAX,
		.where = where_is };

	return weft_workload_builder_create(m, &settings);
}

static void put(struct weft_workload_builder *b, uint32_t part, double submit,
		double gpus, uint32_t cpus, uint64_t mem_mib, double run,
		double limit)
{
	const struct weft_trace_job job = {
		.id = "j", .submit_sec = submit, .runtime_sec = run,
		.limit_sec = limit, .gpus = gpus, .cpus = cpus,
		.mem_mib = mem_mib, .partition_idx = part };

	ck_assert_int_eq(weft_workload_add(b, &job, NULL), 0);
}

/* The types of the GPUs of a history's jobs: 0 any, 1 "x", 2 "y". */
static const struct weft_idxset *every_node;

static int where_type(void *arg, const struct weft_trace_job *job,
		      const struct weft_workload_where **ret_where)
{
	static struct weft_workload_where where[3];
	struct weft_workload_where *at = &where[job->gpu_type_idx];

	(void)arg;
	*at = (struct weft_workload_where) {
		.nodes = every_node, .partition = every_node,
		.gpu_type_idx = (int32_t)job->gpu_type_idx - 1 };
	*ret_where = at;
	return 0;
}

static const char typed_conf[] =
	"ClusterName=x\nGresTypes=gpu\n"
	"NodeName=a CPUs=32 RealMemory=1000 Gres=gpu:x:4\n"
	"NodeName=b CPUs=32 RealMemory=1000 Gres=gpu:x:2,gpu:y:2\n"
	"NodeName=c CPUs=32 RealMemory=1000 Gres=gpu:y:4\n"
	"PartitionName=p Nodes=ALL\nPartitionName=q Nodes=a\n"
	"PartitionName=r Nodes=a\n";

static void put_typed(struct weft_workload_builder *b, uint32_t type,
		      double submit, double gpus, double run)
{
	const struct weft_trace_job job = {
		.id = "t", .submit_sec = submit, .runtime_sec = run, .cpus = 1,
		.limit_sec = run + 100, .gpus = gpus, .gpu_type_idx = type };

	ck_assert_int_eq(weft_workload_add(b, &job, NULL), 0);
}

static struct weft_workload_builder *create_typed(const struct weft_machine *m)
{
	const struct weft_workload_settings settings = {
		.load = 1, .from_sec = INT64_MIN, .until_sec = INT64_MAX,
		.where = where_type };

	every_node = m->site->partition[0].nodes;
	return weft_workload_builder_create(m, &settings);
}

static void see_type(void *arg, const struct weft_sim *sim, uint32_t job_idx,
		     const struct weft_hold *hold, uint32_t count)
{
	const struct weft_workload *w = weft_sim_workload(sim);
	int32_t type = w->shape[w->job[job_idx].shape_idx].gpu_type_idx;
	uint32_t *seen = arg;

	for (uint32_t i = 0; type >= 0 && i < count; i++)
		ck_assert_uint_eq(hold[i].gpus &
			~weft_sim_nodes(sim)[hold[i].node_idx].gpus_of_type[type], 0);
	seen[type + 1]++;
}

/* Every scheduler gives a job GPUs of its type, and lets it wait for them. */
static void run_typed(const struct weft_sim_policy *policy,
		      unsigned long long state)
{
	uint32_t seen[3] = { 0 };
	const struct weft_sim_watch watch = { .arg = seen, .started = see_type };
	struct weft_machine *m = read_machine(typed_conf);
	struct weft_workload_builder *b = create_typed(m);
	struct weft_err err = WEFT_ERR_INIT;
	struct weft_sim_settings settings;
	struct weft_workload *w;
	struct weft_outcome *o;

	put_typed(b, 1, 0, 4, 1000);
	put_typed(b, 1, 1, 2, 1000);
	put_typed(b, 1, 2, 1, 100);	/* waits for one, though y are idle */
	put_typed(b, 2, 3, 4, 100);
	for (uint32_t i = 0; i < 200; i++)
		put_typed(b, unit_random(&state) % 3, 2000 + i * 20,
			  1 + unit_random(&state) % 4,
			  1 + unit_random(&state) % 300);
	w = finish(b);
	ck_assert_uint_eq(w->report.too_large, 0);
	set_defaults(&settings);
	ck_assert_msg(!weft_sim_run(m, w, policy, &settings, &watch, &o, &err),
		      "%s", err.msg);
	ck_assert_uint_eq(o->started, w->job_count);
	for (int i = 0; i < 3; i++)
		ck_assert_uint_gt(seen[i], 30);
	weft_outcome_destroy(o);
	weft_workload_destroy(w);
	weft_machine_destroy(m);
}

static const struct weft_sim_policy *const policies[] = {
	&weft_sim_fifo, &weft_sim_easy, &weft_sim_weft, &weft_sim_backfill };

START_TEST(gpus_of_the_type_asked_for)
{
	for (unsigned int seed = 0; seed < 8; seed++)
		run_typed(policies[seed % 4], 3 + seed);
}
END_TEST

START_TEST(types_in_the_shape)
{
	static const struct {
		uint32_t type;
		double gpus;
		uint32_t nodes, per_node;	/* 0: too large */
	} c[] = {
		{ 0, 4, 1, 4 }, { 1, 4, 1, 4 }, { 1, 6, 0, 0 }, { 0, 12, 3, 4 },
		{ 2, 8, 0, 0 }, { 2, 3, 1, 3 }, { 1, 5, 0, 0 },
	};
	struct weft_machine *m = read_machine(typed_conf);

	for (size_t i = 0; i < sizeof(c) / sizeof(*c); i++) {
		struct weft_workload_builder *b = create_typed(m);
		const struct weft_shape *s;
		struct weft_workload *w;

		put_typed(b, 0, 0, 1, 10);
		put_typed(b, c[i].type, 1, c[i].gpus, 10);
		w = finish(b);
		ck_assert_uint_eq(w->report.too_large, !c[i].nodes);
		s = &w->shape[w->job[w->job_count - 1].shape_idx];
		if (c[i].nodes) {
			ck_assert_int_eq(s->gpu_type_idx, (int32_t)c[i].type - 1);
			ck_assert_uint_eq(s->nodes_min, c[i].nodes);
			ck_assert_uint_eq(s->per_node.gpus, c[i].per_node);
		}
		weft_workload_destroy(w);
	}
	weft_machine_destroy(m);
}
END_TEST

START_TEST(waits_for_its_type)
{
	for (uint32_t i = 0; i < 4; i++) {
		struct weft_machine *m = read_machine(typed_conf);
		struct weft_workload_builder *b = create_typed(m);
		struct weft_sim_settings settings;
		struct weft_workload *w;
		struct weft_outcome *o;

		put_typed(b, 1, 0, 4, 1000);
		put_typed(b, 1, 1, 2, 500);
		put_typed(b, 1, 2, 1, 10);
		put_typed(b, 2, 2000, 4, 10);
		w = finish(b);
		set_defaults(&settings);
		ck_assert_int_eq(weft_sim_run(m, w, policies[i], &settings, NULL,
					      &o, NULL), 0);
		ck_assert_int_ge(o->start_sec[2], 501);
		ck_assert_int_lt(o->start_sec[2], 700);
		weft_outcome_destroy(o);
		weft_workload_destroy(w);
		weft_machine_destroy(m);
	}
}
END_TEST

START_TEST(machine_of_a_site)
{
	struct weft_machine *m = read_machine(conf);
	struct weft_machine_total has = weft_machine_total(m);

	ck_assert_uint_eq(m->cluster.node_count, 10);
	ck_assert_uint_eq(m->left_out, 1);
	ck_assert_uint_eq(has.gpus, 2 * 8 + 3 * 4);
	ck_assert_uint_eq(has.cpus, 2 * 64 + 3 * 32 + 4 * 128);
	ck_assert_uint_eq(has.mem_mib, 2 * 1000 + 3 * 500 + 4 * 2000);
	ck_assert_uint_eq(m->cluster.node[9].total.gpus, 0);
	ck_assert_str_eq(m->cluster.node[9].name, "d");
	weft_machine_destroy(m);
}
END_TEST

START_TEST(memory_that_is_not_given_out)
{
	struct weft_machine *m = read_machine(
		"ClusterName=x\nSelectTypeParameters=CR_Core\n"
		"NodeName=n0 CPUs=4 RealMemory=10\n"
		"PartitionName=a Nodes=n0\nPartitionName=b Nodes=n0\n"
		"PartitionName=c Nodes=n0\n");

	ck_assert_uint_ge(m->cluster.node[0].total.mem_mib, 1u << 30);
	weft_machine_destroy(m);
}
END_TEST

START_TEST(no_node_is_up)
{
	static const char text[] = "ClusterName=x\nNodeName=n[0-3] State=DOWN\n";
	struct weft_site *site = weft_site_create();
	struct weft_err err = WEFT_ERR_INIT;
	struct weft_machine *m = NULL;

	ck_assert_int_eq(weft_site_add_slurm_conf(site, "slurm.conf", text,
						  strlen(text), NULL, &err), 0);
	ck_assert_int_eq(weft_site_finish(site, &err), 0);
	ck_assert_int_eq(weft_machine_of_site(site, &m, &err), -EINVAL);
	ck_assert_str_eq(err.msg, "no node is up");
	ck_assert_ptr_null(m);
	weft_site_destroy(site);
}
END_TEST

START_TEST(jobs_on_unlike_nodes)
{
	static const struct {
		uint32_t part;
		double gpus;
		uint32_t cpus;
		uint64_t mem_mib;
		uint32_t want_nodes, want_gpus, want_cpus, want_limit;
	} c[] = {
		/* Not 3 nodes of 7, not 4 of 5, but 5 of 4. */
		{ 1, 20, 0, 0, 5, 4, 32, 1200 },
		{ 1, 16, 0, 0, 2, 8, 64, 1200 },
		{ 2, 4, 0, 0, 1, 4, 32, 1200 },
		{ 2, 12, 0, 0, 3, 4, 32, 1200 },
		{ 3, 0, 256, 3000, 2, 0, 128, 1200 },
		{ 0, 1, 4, 0, 1, 1, 4, 1200 },
	};
	uint32_t count = sizeof(c) / sizeof(*c);
	struct weft_machine *m = read_machine(conf);
	struct weft_workload_builder *b = create(m);
	struct weft_workload *w;

	for (uint32_t i = 0; i < count; i++)
		put(b, c[i].part, i, c[i].gpus, c[i].cpus, c[i].mem_mib, 100,
		    c[i].want_limit);
	put(b, 2, 99, 13, 0, 0, 100, 600);	/* 12 are up there */
	put(b, 3, 99, 1, 0, 0, 100, 600);	/* none there */
	put(b, 3, 100, 0, 1, 0, 100, 0);	/* the partition's limit */
	w = finish(b);
	ck_assert_uint_eq(w->report.too_large, 2);
	ck_assert_uint_eq(w->report.limit_drawn, 0);
	ck_assert_uint_eq(w->shape[w->job[w->job_count - 1].shape_idx].limit_sec,
			  1800);
	for (uint32_t i = 0; i < count; i++) {
		const struct weft_shape *s = &w->shape[w->job[i].shape_idx];

		ck_assert_uint_eq(s->nodes_min, c[i].want_nodes);
		ck_assert_uint_eq(s->per_node.gpus, c[i].want_gpus);
		ck_assert_uint_eq(s->per_node.cpus, c[i].want_cpus);
		ck_assert_uint_eq(s->limit_sec, c[i].want_limit);
	}
	weft_workload_destroy(w);
	weft_machine_destroy(m);
}
END_TEST

static void see(void *arg, const struct weft_sim *sim, uint32_t job_idx,
		const struct weft_hold *hold, uint32_t count)
{
	const struct weft_workload *w = weft_sim_workload(sim);
	const struct weft_shape *s = &w->shape[w->job[job_idx].shape_idx];
	uint32_t *seen = arg;

	for (uint32_t i = 0; i < count; i++) {
		ck_assert(weft_idxset_has(s->nodes, hold[i].node_idx));
		ck_assert_uint_lt(hold[i].node_idx, 9);
	}
	seen[s->nodes == partition[SMALL].nodes ? SMALL :
	     s->nodes == partition[CPU].nodes ? CPU : ALL]++;
}

static void run_history(const struct weft_sim_policy *policy,
			unsigned long long state)
{
	uint32_t seen[PARTITIONS] = { 0 };
	const struct weft_sim_watch watch = { .arg = seen, .started = see };
	struct weft_machine *m = read_machine(conf);
	struct weft_workload_builder *b = create(m);
	struct weft_err err = WEFT_ERR_INIT;
	struct weft_sim_settings settings;
	struct weft_workload *w;
	struct weft_outcome *o;

	for (uint32_t i = 0; i < 400; i++) {
		uint32_t part = unit_random(&state) % 4;
		uint32_t run = 1 + unit_random(&state) % 900;

		put(b, part, i * 3, part == 3 ? 0 : 1 + unit_random(&state) % 6,
		    1 + unit_random(&state) % 20, unit_random(&state) % 400, run,
		    run + unit_random(&state) % 900);
	}
	w = finish(b);
	set_defaults(&settings);
	ck_assert_msg(!weft_sim_run(m, w, policy, &settings, &watch, &o, &err),
		      "%s", err.msg);
	ck_assert_uint_eq(o->started, w->job_count);
	for (int i = 0; i < PARTITIONS; i++)
		ck_assert_uint_gt(seen[i], 50);
	weft_outcome_destroy(o);
	weft_workload_destroy(w);
	weft_machine_destroy(m);
}

START_TEST(jobs_stay_in_their_partitions)
{
	for (unsigned int seed = 0; seed < 8; seed++)
		run_history(policies[seed % 4], 11 + seed);
}
END_TEST

START_TEST(nodes_of_a_constraint)
{
	static const char text[] =
		"NodeName=n0 CPUs=1 Features=a,nvl\n"
		"NodeName=n1 CPUs=1 Features=a\n"
		"NodeName=n2 CPUs=1 Features=b,nvl\n"
		"NodeName=n3 CPUs=1\n";
	static const struct {
		const char *text;
		int nodes;		/* a bit each; -1: refused */
		bool simplified;
	} cases[] = {
		{ "a", 3, false }, { "nvl", 5, false }, { "a&nvl", 1, false },
		{ "a,nvl", 1, false }, { "a|b", 7, false }, { "!a", 12, false },
		{ "a|b&nvl", 5, false }, { "b&nvl|a", 7, false },
		{ "a|(b&nvl)", 7, false }, { "(a|b)&!nvl", 2, false },
		{ "[a|b]", 7, true }, { "a*2&b*1", 7, true },
		{ "[(a&nvl)*1&b*4]", 5, true }, { "none", 0, false },
		{ "", -1, false }, { "a&", -1, false }, { "(a", -1, false },
		{ "a)", -1, false }, { "a*", -1, false }, { "&a", -1, false },
		{ "((((((((((((((((((a))))))))))))))))))", -1, false },
	};
	struct weft_site *site = weft_site_create();
	struct weft_idxset *set = weft_idxset_create(4);

	ck_assert_int_eq(weft_site_add_slurm_conf(site, "s", text, strlen(text),
						  NULL, NULL), 0);
	ck_assert_int_eq(weft_site_finish(site, NULL), 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct weft_err err = WEFT_ERR_INIT;
		bool simplified;
		int got = 0, rc = weft_site_match(site, cases[i].text, set,
						  &simplified, &err);

		ck_assert_msg((rc == -EINVAL) == (cases[i].nodes < 0), "%s: %s",
			      cases[i].text, err.msg);
		if (rc)
			continue;
		weft_idxset_foreach(set, k)
			got |= 1 << k;
		ck_assert_msg(got == cases[i].nodes, "%s: %d", cases[i].text, got);
		ck_assert_msg(simplified == cases[i].simplified, "%s",
			      cases[i].text);
	}
	weft_idxset_destroy(set);
	weft_site_destroy(site);
}
END_TEST

UNIT_MAIN("machine", nodes_of_a_constraint, machine_of_a_site, memory_that_is_not_given_out,
	  no_node_is_up, jobs_on_unlike_nodes, jobs_stay_in_their_partitions,
	  gpus_of_the_type_asked_for, types_in_the_shape, waits_for_its_type)
