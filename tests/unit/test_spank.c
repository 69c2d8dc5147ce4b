/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_spank.c - what users type is checked, and GPUs are named in good order
 */
#include "config.h"

#include <numa.h>
#include <numaif.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/wish.h"
#include "plugins/spank/options.h"
#include "plugins/spank/task.h"
#include "tests/unit/unit.h"

#define SEG WEFT_OPTION_SEGMENT
#define DOM WEFT_OPTION_DOMAIN
#define ORD WEFT_OPTION_GPU_ORDER
#define SIG WEFT_OPTION_CHECKPOINT_SIGNAL
#define RUN WEFT_OPTION_MIN_RUNTIME
#define REQ WEFT_OPTION_REQUEUE_ON

/* value NULL: refused. */
static const struct {
	enum weft_option_id id;
	const char *text, *value;
} option_cases[] = {
	{ SEG, "4", "4" }, { SEG, "0004", "4" }, { SEG, "65535", "65535" },
	{ SEG, "0", NULL }, { SEG, "-1", NULL }, { SEG, "", NULL },
	{ SEG, "4x", NULL }, { SEG, " 4", NULL }, { SEG, "+4", NULL },
	{ SEG, "65536", NULL }, { SEG, "99999999999999999999", NULL },
	{ SEG, "4.5", NULL }, { SEG, NULL, NULL },
	{ DOM, "same", "same" }, { DOM, "ANY", "any" }, { DOM, "", NULL },
	{ DOM, "sam", NULL }, { DOM, "same,any", NULL },
	{ ORD, "ring", "ring" }, { ORD, "Numa", "numa" },
	{ ORD, "index", "index" }, { ORD, "rings", NULL },
	{ SIG, "USR1@120", "USR1@120" }, { SIG, "sigusr1@120", "USR1@120" },
	{ SIG, "10@1", "USR1@1" }, { SIG, "TERM@65535", "TERM@65535" },
	{ SIG, "B:USR1@120", "B:USR1@120" }, { SIG, "b:sigusr2@3", "B:USR2@3" },
	{ SIG, "R:USR1@120", NULL }, { SIG, "B:@3", NULL },
	{ SIG, "USR1", NULL }, { SIG, "USR1@", NULL }, { SIG, "@10", NULL },
	{ SIG, "USR1@0", NULL }, { SIG, "USR1@-5", NULL },
	{ SIG, "USR1@65536", NULL }, { SIG, "KILL@10", NULL },
	{ SIG, "USR1@10@10", NULL }, { SIG, "SIG@10", NULL },
	{ SIG, "10x@10", NULL }, { SIG, "9@10", NULL },
	{ RUN, "30", "1800" }, { RUN, "1:30", "90" },
	{ RUN, "2:00:00", "7200" }, { RUN, "1-0", "86400" }, { RUN, "1-", "86400" },
	{ RUN, "1-2:30", "95400" }, { RUN, "1-2:30:05", "95405" },
	{ RUN, "0", NULL }, { RUN, "", NULL }, { RUN, "1:2:3:4", NULL },
	{ RUN, "-1", NULL }, { RUN, "1-2-3", NULL },
	{ RUN, "367-0", NULL }, { RUN, "UNLIMITED", NULL }, { RUN, "1:", NULL },
	{ REQ, "oom", "oom" }, { REQ, "timeout,node-fail", "node-fail,timeout" },
	{ REQ, "OOM,oom", "oom" }, { REQ, "none", "none" },
	{ REQ, "none,oom", NULL }, { REQ, "", NULL }, { REQ, "oom,", NULL },
	{ REQ, ",oom", NULL }, { REQ, "oo", NULL }, { REQ, "oom\nfail", NULL },
	{ REQ, "fail,oom,timeout,preempt,boot-fail,node-fail",
	  "node-fail,boot-fail,preempt,timeout,oom,fail" },
};

START_TEST(test_option)
{
	const char *text = option_cases[_i].text;
	const char *want = option_cases[_i].value;
	char value[WEFT_OPTION_SIZE] = "untouched";
	struct weft_err err = WEFT_ERR_INIT;
	int rc = weft_option_parse(option_cases[_i].id, text, value, &err);

	ck_assert_msg((rc == 0) == (want != NULL), "%s: rc %d %s",
		      text ? text : "NULL", rc, err.msg);
	ck_assert_str_eq(value, want ? want : "untouched");
	if (rc) {
		ck_assert_ptr_nonnull(strstr(err.msg, "expected"));
		ck_assert_ptr_null(strchr(err.msg, '\n'));
	}
}
END_TEST

/* What is typed here is what slurmctld's side reads. */
START_TEST(test_option_names)
{
	ck_assert_int_eq(WEFT_OPTION_COUNT, WEFT_WISH_COUNT);
	for (int id = 0; id < WEFT_OPTION_COUNT; id++) {
		const struct weft_option *o =
			weft_option_get((enum weft_option_id)id);

		ck_assert_str_eq(o->name, weft_wish_name((enum weft_wish_id)id));
		ck_assert_str_eq(o->env, weft_wish_env((enum weft_wish_id)id));
	}
	for (size_t i = 0; i < sizeof(option_cases) / sizeof(*option_cases); i++) {
		struct weft_wish wish = { 0 };
		char entry[WEFT_OPTION_SIZE + 64];

		if (!option_cases[i].value)
			continue;
		snprintf(entry, sizeof(entry), "SPANK_%s=%s",
			 weft_option_get(option_cases[i].id)->env,
			 option_cases[i].value);
		ck_assert_msg(weft_wish_set(&wish, entry), "%s", entry);
	}
}
END_TEST

/* A value of any length is refused with a message, not with a crash. */
START_TEST(test_option_long)
{
	static char text[100000];
	char value[WEFT_OPTION_SIZE];
	struct weft_err err;

	memset(text, '1', sizeof(text) - 1);
	for (int id = 0; id < WEFT_OPTION_COUNT; id++)
		ck_assert_int_lt(weft_option_parse((enum weft_option_id)id,
						   text, value, &err), 0);
}
END_TEST

/* Four GPUs whose only ring of links is 0-2-1-3. */
static struct weft_inventory *crossed(void)
{
	static const int link[][2] = { { 0, 2 }, { 2, 1 }, { 1, 3 }, { 3, 0 } };
	struct weft_inventory *inv = weft_inventory_create("test");

	inv->gpu_count = 4;
	inv->numa_count = 2;
	for (int i = 0; i < 4; i++) {
		inv->gpu[i].numa_idx = !(i & 1);
		for (int j = 0; j < 4; j++)
			inv->path[i][j] = i == j ? WEFT_PATH_SELF :
						   WEFT_PATH_SYS;
	}
	for (int k = 0; k < 4; k++) {
		int a = link[k][0], b = link[k][1];

		inv->link_mbps[a][b] = inv->link_mbps[b][a] = 50000;
		inv->path[a][b] = inv->path[b][a] = WEFT_PATH_LINK;
	}
	return inv;
}

static const struct {
	enum weft_gpu_order order;
	const char *visible, *global, *want_visible, *want_global;
} order_cases[] = {
	{ WEFT_GPU_ORDER_INDEX, "0,1,2,3", "0,1,2,3", "0,1,2,3", "0,1,2,3" },
	{ WEFT_GPU_ORDER_NUMA, "0,1,2,3", "0,1,2,3", "1,3,0,2", "1,3,0,2" },
	/* a cgroup renumbers from 0: names move with their GPUs */
	{ WEFT_GPU_ORDER_NUMA, "0,1,2", "1,2,3", "0,2,1", "1,3,2" },
	{ WEFT_GPU_ORDER_NUMA, "GPU-a,GPU-b", "2,3", "GPU-b,GPU-a", "3,2" },
	{ WEFT_GPU_ORDER_RING, "0", "3", "0", "3" },
	/* what does not match stays as Slurm has it */
	{ WEFT_GPU_ORDER_RING, "0,1", "1,2,3", NULL, NULL },
	{ WEFT_GPU_ORDER_RING, "0,1", "3,4", NULL, NULL },
	{ WEFT_GPU_ORDER_RING, "0,1", "2,2", NULL, NULL },
	{ WEFT_GPU_ORDER_RING, "0,1", "2,x", NULL, NULL },
	{ WEFT_GPU_ORDER_RING, "0", "", NULL, NULL },
	{ WEFT_GPU_ORDER_RING, "0", "64", NULL, NULL },
};

START_TEST(test_order)
{
	struct weft_inventory *inv = crossed();
	char visible[256] = "", global[256] = "";
	bool ok = weft_task_order(inv, order_cases[_i].order,
				  order_cases[_i].visible,
				  order_cases[_i].global, visible, global,
				  sizeof(visible));

	ck_assert(ok == (order_cases[_i].want_visible != NULL));
	if (ok) {
		ck_assert_str_eq(visible, order_cases[_i].want_visible);
		ck_assert_str_eq(global, order_cases[_i].want_global);
	}
	weft_inventory_destroy(inv);
}
END_TEST

/* Every neighbour in the order, the last and the first too, has a link. */
START_TEST(test_ring)
{
	struct weft_inventory *inv = crossed();
	char visible[64], global[64];
	int gpu[4];

	ck_assert(weft_task_order(inv, WEFT_GPU_ORDER_RING, "0,1,2,3",
				  "0,1,2,3", visible, global, sizeof(global)));
	ck_assert_str_eq(visible, global);
	ck_assert_int_eq(sscanf(global, "%d,%d,%d,%d", &gpu[0], &gpu[1],
				&gpu[2], &gpu[3]), 4);
	for (int i = 0; i < 4; i++)
		ck_assert_uint_gt(inv->link_mbps[gpu[i]][gpu[(i + 1) % 4]], 0);
	weft_inventory_destroy(inv);
}
END_TEST

START_TEST(test_neighbourhood)
{
	struct weft_inventory *inv = crossed();

	ck_assert_uint_eq(weft_task_numas(inv, 0x5), 2);
	ck_assert_uint_eq(weft_task_numas(inv, 0xa), 1);
	ck_assert_uint_eq(weft_task_numas(inv, 0x3), 3);
	ck_assert_uint_eq(weft_task_numas(inv, 0), 0);
	inv->gpu[1].numa_idx = -1;
	ck_assert_uint_eq(weft_task_numas(inv, 0x3), 0);
	weft_inventory_destroy(inv);
}
END_TEST

static int policy_now(void)
{
	int policy = -1;

	ck_assert_int_eq(get_mempolicy(&policy, NULL, 0, NULL, 0), 0);
	return policy;
}

/* Check runs each test in a process of its own, so binding it is fine. */
START_TEST(test_bind)
{
	int node = numa_available() < 0 ? -1 : numa_node_of_cpu(sched_getcpu());
	struct bitmask *want, *got;

	if (node < 0 || node > 62 || policy_now() != MPOL_DEFAULT)
		return;		/* a machine without NUMA says nothing */
	weft_task_bind(0, true);
	weft_task_bind(UINT64_C(1) << 63, true);
	ck_assert_int_eq(policy_now(), MPOL_DEFAULT);
	want = numa_allocate_cpumask();
	got = numa_allocate_cpumask();
	ck_assert_int_gt(numa_sched_getaffinity(0, want), 0);
	if ((int)numa_bitmask_weight(want) == numa_num_configured_cpus())
		ck_assert_int_eq(numa_node_to_cpus(node, want), 0);
	weft_task_bind(UINT64_C(1) << node, true);
	ck_assert_int_eq(policy_now(), MPOL_PREFERRED);
	ck_assert_int_eq(numa_preferred(), node);
	ck_assert_int_gt(numa_sched_getaffinity(0, got), 0);
	ck_assert(numa_bitmask_equal(want, got));
	numa_free_cpumask(want);
	numa_free_cpumask(got);
}
END_TEST

/* What somebody bound before stays. */
START_TEST(test_bind_keeps)
{
	int cpu = sched_getcpu();
	cpu_set_t one;

	if (numa_available() < 0 || cpu < 0)
		return;
	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	ck_assert_int_eq(sched_setaffinity(0, sizeof(one), &one), 0);
	ck_assert_int_eq(set_mempolicy(MPOL_LOCAL, NULL, 0), 0);
	weft_task_bind(1, true);
	ck_assert_int_eq(policy_now(), MPOL_LOCAL);
	CPU_ZERO(&one);
	ck_assert_int_eq(sched_getaffinity(0, sizeof(one), &one), 0);
	ck_assert(CPU_COUNT(&one) == 1 && CPU_ISSET(cpu, &one));
}
END_TEST

UNIT_MAIN_ROWS("spank",
	       EACH(test_option, option_cases), ONCE(test_option_names),
	       ONCE(test_option_long), EACH(test_order, order_cases), ONCE(test_ring),
	       ONCE(test_neighbourhood), ONCE(test_bind), ONCE(test_bind_keeps))
