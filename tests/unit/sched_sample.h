/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sched_sample.h - small clusters for tests of the scheduler
 *
 * sample_init() gives nodes of one kind in domains of equal size, with room
 * for running jobs; sample_shape() gives a shape that may use every node.
 */
#ifndef WEFT_TESTS_UNIT_SCHED_SAMPLE_H
#define WEFT_TESTS_UNIT_SCHED_SAMPLE_H

#include "sched/plan.h"
#include "tests/unit/unit.h"

#define SAMPLE_NOW 1000000
#define SAMPLE_JOBS 64

struct sample {
	struct weft_cluster cluster;
	struct weft_fabric *fabric;
	struct weft_running running[SAMPLE_JOBS];
	struct weft_hold hold[SAMPLE_JOBS];
	struct weft_idxset *all;
	struct weft_policy policy;
};

static inline void sample_init(struct sample *s, uint32_t nodes, uint32_t gpus,
			       uint32_t domain_size)
{
	struct weft_fabric_builder *b = weft_fabric_builder_create(nodes);
	static const char *const type[] = { "h100", "a100" };
	char name[16];

	memset(s, 0, sizeof(*s));
	for (uint32_t n = 0; n < nodes && domain_size; n++) {
		snprintf(name, sizeof(name), "d%u", n / domain_size);
		ck_assert_int_eq(weft_fabric_set_domain(b, n, name, NULL), 0);
	}
	ck_assert_int_eq(weft_fabric_builder_finish(b, &s->fabric, NULL), 0);
	weft_fabric_builder_destroy(b);
	s->cluster.now_sec = SAMPLE_NOW;
	s->cluster.fabric = s->fabric;
	s->cluster.node_count = nodes;
	s->cluster.node = calloc(nodes, sizeof(struct weft_node));
	for (uint32_t n = 0; n < nodes; n++) {
		s->cluster.node[n].name = "n";
		s->cluster.node[n].usable = true;
		s->cluster.node[n].total = (struct weft_amount){
			.cpus = 8 * gpus + 8, .gpus = gpus, .mem_mib = 1000000 };
		s->cluster.node[n].gpus_of_type[0] =
			gpus >= 64 ? ~UINT64_C(0) : (UINT64_C(1) << gpus) - 1;
	}
	s->cluster.gpu_type_count = 2;
	s->cluster.gpu_type = (const char **)type;
	s->cluster.running = s->running;
	s->cluster.hold = s->hold;
	s->all = weft_idxset_create(nodes);
	weft_idxset_fill(s->all);
	weft_settings_defaults(weft_policy_settings, &s->policy);
}

static inline void sample_fini(struct sample *s)
{
	weft_fabric_destroy(s->fabric);
	free(s->cluster.node);
	weft_idxset_destroy(s->all);
}

/* A running job on one node. */
static inline void sample_run(struct sample *s, uint32_t node_idx,
			      weft_gpuset_t gpus, uint32_t cpus,
			      int64_t for_sec)
{
	uint32_t i = s->cluster.running_count++;

	ck_assert_uint_lt(i, SAMPLE_JOBS);
	s->hold[i] = (struct weft_hold){ .node_idx = node_idx, .cpus = cpus,
					 .gpus = gpus };
	s->cluster.hold_count = i + 1;
	s->running[i] = (struct weft_running){ .job_id = 1000 + i,
		.end_sec = SAMPLE_NOW + for_sec, .hold_first = i,
		.hold_count = 1 };
}

static inline struct weft_shape sample_shape(const struct sample *s,
					     uint32_t nodes, uint32_t gpus,
					     uint32_t limit_sec)
{
	return (struct weft_shape){
		.nodes_min = nodes, .nodes_max = nodes,
		.per_node = { .cpus = gpus ? gpus : 1, .gpus = gpus },
		.gpu_type_idx = -1, .resv_idx = -1, .steer_gpus = true,
		.limit_sec = limit_sec, .nodes = s->all,
	};
}

static inline struct weft_job sample_job(uint32_t id, uint32_t shape_idx)
{
	return (struct weft_job){ .job_id = id, .shape_idx = shape_idx,
		.array_tasks = 1, .array_running_max = UINT32_MAX,
		.priority = 1000 };
}

static inline struct weft_plan *sample_plan(const struct sample *s,
					    const struct weft_shape *shapes,
					    uint32_t shape_count,
					    const struct weft_job *jobs,
					    uint32_t job_count)
{
	struct weft_err err = WEFT_ERR_INIT;
	struct weft_plan *plan = NULL;
	int rc = weft_cluster_check(&s->cluster, &err);

	ck_assert_msg(!rc, "%s", err.msg);
	rc = weft_plan_run(&s->cluster, &s->policy, shapes, shape_count, jobs,
			   job_count, NULL, NULL, &plan, &err);
	ck_assert_msg(!rc, "%s", err.msg);
	return plan;
}

#endif
