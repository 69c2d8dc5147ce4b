/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pick_score.c - what a set of GPUs is worth, in numbers that need no tables
 *
 * Below the files of the choice: the tables are made from these, large
 * machines are judged by them, and so is every pick.
 */
#include "config.h"

#include "gres/pick_impl.h"

/*
 * MB/s of PCIe 3.0 x16 by what is on the way.  Only their order matters, and
 * that even the slowest link of the field (20,000: one NVLink 1) is above.
 */
uint32_t weft_path_nominal_mbps(enum weft_path path)
{
	switch (path) {
	case WEFT_PATH_PIX:
		return 12000;
	case WEFT_PATH_PXB:
		return 11000;
	case WEFT_PATH_PHB:
		return 9000;
	case WEFT_PATH_NODE:
		return 8000;
	case WEFT_PATH_SYS:
		return 6000;
	default:
		return 5000;
	}
}

uint32_t weft_pair_mbps(const struct weft_inventory *inv, uint32_t i, uint32_t j)
{
	uint32_t path_mbps;

	if (i == j)
		return 0;
	path_mbps = weft_path_nominal_mbps(inv->path[i][j]);
	return inv->link_mbps[i][j] > path_mbps ? inv->link_mbps[i][j] : path_mbps;
}

uint32_t pick_numa_spread(const struct weft_picker *picker, weft_gpuset_t gpus)
{
	uint32_t spread = 0;

	for (uint32_t i = 0; i < picker->numa_count; i++)
		spread += (picker->numa_gpus[i] & gpus) != 0;
	return spread;
}

uint32_t pick_nic_distance(const struct weft_picker *picker, weft_gpuset_t gpus)
{
	uint32_t sum = 0;

	pick_foreach(gpus, gpu_idx)
		sum += picker->nic_distance[gpu_idx];
	return sum;
}

uint64_t pick_pairs_mbps(const struct weft_picker *picker, weft_gpuset_t gpus)
{
	uint64_t sum = 0;

	pick_foreach(gpus, i)
		pick_foreach(gpus & ((UINT64_C(1) << i) - 1), j)
			sum += picker->pair_mbps[i][j];
	return sum;
}
