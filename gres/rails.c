/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rails.c - see rails.h
 *
 * The common set is picked out of the GPUs that are free on all nodes, so it
 * costs one pick more than picking node by node.  Its worth to the rest is
 * judged with the first node's free GPUs that all share: a job that asks for
 * rails cares for them first.
 *
 * What is left out: rails between unlike nodes.  GPU 3 of one model is not
 * beside the NIC that GPU 3 of another is, and the inventory does not say
 * which switch a NIC hangs on.
 */
#include "config.h"

#include <string.h>

#include "gres/rails.h"

/* Kernel interfaces by their usual prefixes; RDMA devices have other names. */
static bool is_plain_interface(const char *name)
{
	static const char *const prefixes[] = {
		"en", "eth", "em", "bond", "br", "ib", "usb", "wl",
	};

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
		if (!strncmp(name, prefixes[i], strlen(prefixes[i])))
			return true;
	return false;
}

/* Is NIC a better for this GPU than b? */
static bool is_nearer(const struct weft_inventory *inv, uint32_t gpu_idx,
		      const uint32_t *used, uint32_t a, uint32_t b)
{
	bool a_plain = is_plain_interface(inv->nic[a].name);
	bool b_plain = is_plain_interface(inv->nic[b].name);

	if (inv->nic_path[gpu_idx][a] != inv->nic_path[gpu_idx][b])
		return inv->nic_path[gpu_idx][a] < inv->nic_path[gpu_idx][b];
	if (a_plain != b_plain)
		return b_plain;
	if (inv->nic[a].speed_mbps != inv->nic[b].speed_mbps)
		return inv->nic[a].speed_mbps > inv->nic[b].speed_mbps;
	return used[a] < used[b];
}

void weft_rails_nearest(const struct weft_inventory *inv,
			int32_t nic_idx[WEFT_GPUS_MAX])
{
	uint32_t used[WEFT_NICS_MAX] = { 0 };

	for (uint32_t i = 0; i < WEFT_GPUS_MAX; i++)
		nic_idx[i] = -1;
	for (uint32_t i = 0; i < inv->gpu_count && inv->nic_count; i++) {
		uint32_t best = 0;

		for (uint32_t j = 1; j < inv->nic_count; j++)
			if (is_nearer(inv, i, used, j, best))
				best = j;
		used[best]++;
		nic_idx[i] = (int32_t)best;
	}
}

/* The best on each node; the slowest of them in *ret_slowest. */
static bool pick_each(const struct weft_picker *const *picker,
		      const weft_gpuset_t *free, uint32_t node_count,
		      uint32_t count, enum weft_pick_goal goal,
		      struct weft_pick *picks, uint64_t *ret_slowest)
{
	*ret_slowest = UINT64_MAX;
	for (uint32_t i = 0; i < node_count; i++) {
		if (!weft_pick_gpus(picker[i], free[i], count, goal, &picks[i]))
			return false;
		if (picks[i].score.bandwidth_mbps < *ret_slowest)
			*ret_slowest = picks[i].score.bandwidth_mbps;
	}
	return true;
}

static bool have_enough(const struct weft_picker *const *picker,
			const weft_gpuset_t *free, uint32_t node_count,
			uint32_t count)
{
	for (uint32_t i = 0; i < node_count; i++) {
		uint32_t gpus = weft_picker_count(picker[i]);
		weft_gpuset_t known = gpus >= 64 ? ~UINT64_C(0) :
				      (UINT64_C(1) << gpus) - 1;

		if ((uint32_t)__builtin_popcountll(free[i] & known) < count)
			return false;
	}
	return true;
}

static bool all_equal(const struct weft_pick *picks, uint32_t node_count)
{
	for (uint32_t i = 1; i < node_count; i++)
		if (picks[i].gpus != picks[0].gpus)
			return false;
	return true;
}

bool weft_rails_pick(const struct weft_picker *const *picker,
		     const weft_gpuset_t *free, uint32_t node_count,
		     uint32_t count, enum weft_pick_goal goal,
		     struct weft_pick *picks, bool *ret_same)
{
	weft_gpuset_t everywhere = ~UINT64_C(0);
	struct weft_pick common;
	bool same = true;
	uint64_t slowest;

	if (!have_enough(picker, free, node_count, count))
		return false;
	pick_each(picker, free, node_count, count, goal, picks, &slowest);
	for (uint32_t i = 0; i < node_count; i++) {
		everywhere &= free[i];
		same = same && picker[i] == picker[0];
	}
	same = same && node_count &&
	       weft_pick_gpus(picker[0], everywhere, count, goal, &common) &&
	       common.score.bandwidth_mbps >= slowest;
	for (uint32_t i = 0; same && i < node_count; i++)
		picks[i] = common;
	if (ret_same)
		*ret_same = all_equal(picks, node_count);
	return true;
}
