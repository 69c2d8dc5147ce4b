/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pick_machines.h - machines for the tests of gres/pick: real shapes (DGX-1's
 * mesh, pairs, NVSwitch, PCIe only) and random link matrices
 */
#ifndef WEFT_TESTS_UNIT_PICK_MACHINES_H
#define WEFT_TESTS_UNIT_PICK_MACHINES_H

#include <check.h>

#include "gres/inventory.h"

static struct weft_inventory *new_machine(uint32_t gpu_count)
{
	struct weft_inventory *inv = weft_inventory_create("json");

	ck_assert_ptr_nonnull(inv);
	inv->gpu_count = gpu_count;
	inv->numa_count = 2;
	for (uint32_t i = 0; i < gpu_count; i++) {
		inv->gpu[i].numa_idx = i >= gpu_count / 2;
		for (uint32_t j = 0; j < gpu_count; j++)
			if (i != j)
				inv->path[i][j] = (i >= gpu_count / 2) ==
						  (j >= gpu_count / 2) ?
						  WEFT_PATH_NODE : WEFT_PATH_SYS;
	}
	return inv;
}

static void link_gpus(struct weft_inventory *inv, uint32_t i, uint32_t j,
		      uint32_t mbps)
{
	inv->link_mbps[i][j] = inv->link_mbps[j][i] = mbps;
	inv->path[i][j] = inv->path[j][i] = WEFT_PATH_LINK;
}

/* DGX-1 with V100: two quads and four rungs, single and double links. */
static struct weft_inventory *dgx1(void)
{
	static const uint8_t wires[][3] = {
		{ 0, 1, 1 }, { 0, 2, 1 }, { 0, 3, 2 }, { 0, 4, 2 },
		{ 1, 2, 2 }, { 1, 3, 1 }, { 1, 5, 2 }, { 2, 3, 2 },
		{ 2, 6, 1 }, { 3, 7, 1 }, { 4, 5, 1 }, { 4, 6, 1 },
		{ 4, 7, 2 }, { 5, 6, 2 }, { 5, 7, 1 }, { 6, 7, 2 },
	};
	struct weft_inventory *inv = new_machine(8);

	for (size_t i = 0; i < sizeof(wires) / sizeof(wires[0]); i++)
		link_gpus(inv, wires[i][0], wires[i][1], 25000u * wires[i][2]);
	return inv;
}

static struct weft_inventory *pairs(uint32_t gpu_count)
{
	struct weft_inventory *inv = new_machine(gpu_count);

	for (uint32_t i = 0; i + 1 < gpu_count; i += 2)
		link_gpus(inv, i, i + 1, 100000);
	return inv;
}

static struct weft_inventory *nvswitch(uint32_t gpu_count)
{
	struct weft_inventory *inv = new_machine(gpu_count);

	for (uint32_t i = 0; i < gpu_count; i++)
		for (uint32_t j = 0; j < i; j++)
			link_gpus(inv, i, j, 450000);
	return inv;
}

static inline struct weft_inventory *pcie_only(uint32_t gpu_count)
{
	struct weft_inventory *inv = new_machine(gpu_count);

	for (uint32_t i = 0; i + 1 < gpu_count; i += 2)
		inv->path[i][i + 1] = inv->path[i + 1][i] = WEFT_PATH_PIX;
	inv->nic_count = 1;
	for (uint32_t i = 0; i < gpu_count; i++)
		inv->nic_path[i][0] = i == gpu_count - 1 ? WEFT_PATH_PIX
							 : WEFT_PATH_SYS;
	return inv;
}

static uint64_t next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static inline struct weft_inventory *random_machine(uint32_t gpu_count, uint64_t *state)
{
	struct weft_inventory *inv = new_machine(gpu_count);

	for (uint32_t i = 0; i < gpu_count; i++) {
		inv->gpu[i].numa_idx = (int32_t)(next_random(state) % 3) - 1;
		for (uint32_t j = 0; j < i; j++)
			if (next_random(state) % 3)
				link_gpus(inv, i, j,
					  25000 * (1 + next_random(state) % 3));
	}
	inv->nic_count = 2;
	for (uint32_t i = 0; i < gpu_count; i++)
		for (uint32_t j = 0; j < 2; j++)
			inv->nic_path[i][j] = WEFT_PATH_PIX +
					      next_random(state) % 6;
	return inv;
}

#endif
