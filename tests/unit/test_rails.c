/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_rails.c - NICs beside GPUs, and the same GPUs on several nodes */
#include "config.h"

#include <string.h>

#include "gres/rails.h"
#include "tests/unit/pick_machines.h"
#include "tests/unit/unit.h"

static void add_nic(struct weft_inventory *inv, const char *name,
		    uint32_t speed_mbps, const uint8_t *paths)
{
	struct weft_nic *nic = &inv->nic[inv->nic_count];

	strncpy(nic->name, name, sizeof(nic->name) - 1);
	nic->speed_mbps = speed_mbps;
	for (uint32_t i = 0; i < inv->gpu_count; i++)
		inv->nic_path[i][inv->nic_count] = paths[i];
	inv->nic_count++;
}

START_TEST(test_nearest_spreads_over_equals)
{
	static const uint8_t near[] = { WEFT_PATH_PIX, WEFT_PATH_PIX,
					WEFT_PATH_SYS, WEFT_PATH_SYS };
	static const uint8_t far[] = { WEFT_PATH_SYS, WEFT_PATH_SYS,
				       WEFT_PATH_NODE, WEFT_PATH_NODE };
	static const int32_t want[] = { 1, 2, 4, 4 };
	struct weft_inventory *inv = nvswitch(4);
	int32_t nic_idx[WEFT_GPUS_MAX];

	weft_rails_nearest(inv, nic_idx);
	ck_assert_int_eq(nic_idx[0], -1);
	add_nic(inv, "eno1", 10000, near);	/* near, but no RDMA */
	add_nic(inv, "mlx5_0", 400000, near);
	add_nic(inv, "mlx5_1", 400000, near);
	add_nic(inv, "mlx5_2", 100000, far);
	add_nic(inv, "mlx5_3", 400000, far);	/* faster */
	weft_rails_nearest(inv, nic_idx);
	for (uint32_t i = 0; i < 4; i++)
		ck_assert_int_eq(nic_idx[i], want[i]);
	ck_assert_int_eq(nic_idx[4], -1);
	for (uint32_t j = 0; j < inv->nic_count; j++)
		inv->nic_path[3][j] = WEFT_PATH_UNKNOWN;
	weft_rails_nearest(inv, nic_idx);
	ck_assert_int_eq(nic_idx[2], 4);
	ck_assert_int_eq(nic_idx[3], -1);
	weft_inventory_destroy(inv);
}
END_TEST

/* As the planner does: each node's own choice, then one for all. */
static bool choose(const struct weft_picker *const *picker,
		   const weft_gpuset_t *free, uint32_t node_count,
		   uint32_t count, weft_gpuset_t *gpus)
{
	struct weft_rails rails = { 0 };
	struct weft_pick own;
	weft_gpuset_t common;

	for (uint32_t i = 0; i < node_count; i++) {
		ck_assert(weft_pick_gpus(picker[i], free[i], count,
					 WEFT_PICK_RING, &own));
		gpus[i] = own.gpus;
		weft_rails_add(&rails, picker[i], free[i], &own);
	}
	if (!weft_rails_common(&rails, WEFT_PICK_RING, &common))
		return false;
	for (uint32_t i = 0; i < node_count; i++)
		gpus[i] = common;
	return true;
}

START_TEST(test_same_set_on_all_nodes)
{
	struct weft_inventory *inv = nvswitch(8);
	struct weft_picker *picker = weft_picker_create(inv);
	const struct weft_picker *pickers[] = { picker, picker, picker };
	weft_gpuset_t free[] = { 0xfe, 0xfd, 0x7f };
	weft_gpuset_t gpus[3];

	ck_assert(choose(pickers, free, 3, 4, gpus));
	ck_assert_uint_eq(gpus[0] & ~UINT64_C(0x7c), 0);
	ck_assert_int_eq(__builtin_popcountll(gpus[0]), 4);
	ck_assert_uint_eq(gpus[1], gpus[0]);
	ck_assert_uint_eq(gpus[2], gpus[0]);
	/* Nothing in common: the best on each. */
	free[0] = 0x0f;
	free[1] = 0xf0;
	ck_assert(!choose(pickers, free, 2, 4, gpus));
	ck_assert_uint_eq(gpus[0], 0x0f);
	ck_assert_uint_eq(gpus[1], 0xf0);
	weft_picker_destroy(picker);
	weft_inventory_destroy(inv);
}
END_TEST

START_TEST(test_bandwidth_before_rails)
{
	struct weft_inventory *inv = pairs(4);
	struct weft_picker *picker = weft_picker_create(inv);
	const struct weft_picker *pickers[] = { picker, picker };
	weft_gpuset_t free[] = { 0xb, 0xd };	/* 0,1,3 and 0,2,3 */
	weft_gpuset_t gpus[2];

	ck_assert(!choose(pickers, free, 2, 2, gpus));	/* 0,3 is common, over PCIe */
	ck_assert_uint_eq(gpus[0], 0x3);
	ck_assert_uint_eq(gpus[1], 0xc);
	weft_picker_destroy(picker);
	weft_inventory_destroy(inv);
}
END_TEST

/* No links are known: the lowest that all have; different numbers: none. */
START_TEST(test_without_links)
{
	struct weft_rails rails = { 0 };
	struct weft_pick own = { .gpus = 0x3 };
	weft_gpuset_t gpus;

	weft_rails_add(&rails, NULL, 0xf, &own);
	own.gpus = 0x6;
	weft_rails_add(&rails, NULL, 0xe, &own);
	ck_assert(weft_rails_common(&rails, WEFT_PICK_RING, &gpus));
	ck_assert_uint_eq(gpus, 0x6);
	own.gpus = 0x8;
	weft_rails_add(&rails, NULL, 0xe, &own);
	ck_assert(!weft_rails_common(&rails, WEFT_PICK_RING, &gpus));
}
END_TEST

START_TEST(test_unlike_nodes_pick_for_themselves)
{
	struct weft_inventory *a = nvswitch(4), *b = dgx1();
	struct weft_picker *pick_a = weft_picker_create(a);
	struct weft_picker *pick_b = weft_picker_create(b);
	const struct weft_picker *pickers[] = { pick_a, pick_b };
	weft_gpuset_t free[] = { ~UINT64_C(0), ~UINT64_C(1) };
	weft_gpuset_t gpus[2];

	ck_assert(!choose(pickers, free, 2, 2, gpus));
	ck_assert_uint_eq(gpus[0], 0x3);
	ck_assert_uint_eq(gpus[1], 0x6);
	weft_picker_destroy(pick_a);
	weft_picker_destroy(pick_b);
	weft_inventory_destroy(a);
	weft_inventory_destroy(b);
}
END_TEST

UNIT_MAIN_ROWS("rails",
	       ONCE(test_nearest_spreads_over_equals),
	       ONCE(test_same_set_on_all_nodes), ONCE(test_bandwidth_before_rails),
	       ONCE(test_without_links), ONCE(test_unlike_nodes_pick_for_themselves))
