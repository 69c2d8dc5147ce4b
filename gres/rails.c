/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rails.c - see rails.h
 *
 * The common set is picked out of the GPUs that are free on all nodes, so it
 * costs one pick more than picking node by node, and only where the nodes' own
 * choices differ.  Its worth to the rest is judged with the free GPUs that all
 * share: a job over several nodes cares for its rails first.
 *
 * What is left out: rails between unlike nodes.  GPU 3 of one model is not
 * beside the NIC that GPU 3 of another is, and the inventory does not say
 * which switch a NIC hangs on.
 */
#include "config.h"

#include <string.h>

#include "gres/rails.h"
#include "lib/bits.h"

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
	for (uint32_t i = 0; i < inv->gpu_count; i++) {
		int32_t best = -1;

		for (uint32_t j = 0; j < inv->nic_count; j++)
			if (inv->nic_path[i][j] < WEFT_PATH_UNKNOWN &&
			    (best < 0 || is_nearer(inv, i, used, j,
						   (uint32_t)best)))
				best = (int32_t)j;
		if (best >= 0)
			used[best]++;
		nic_idx[i] = best;
	}
}

void weft_rails_add(struct weft_rails *rails, const struct weft_picker *picker,
		    weft_gpuset_t free, const struct weft_pick *own)
{
	uint64_t mbps = picker ? own->score.bandwidth_mbps : 0;

	if (!rails->node_count++) {
		*rails = (struct weft_rails) {
			.picker = picker, .everywhere = free,
			.first = own->gpus, .slowest_mbps = mbps,
			.node_count = 1, .alike = true, .same = true,
		};
		return;
	}
	rails->everywhere &= free;
	if (mbps < rails->slowest_mbps)
		rails->slowest_mbps = mbps;
	rails->alike = rails->alike && picker == rails->picker &&
		weft_bits_count(own->gpus) == weft_bits_count(rails->first);
	rails->same = rails->same && own->gpus == rails->first;
}

bool weft_rails_common(const struct weft_rails *rails, enum weft_pick_goal goal,
		       weft_gpuset_t *ret_gpus)
{
	uint32_t count = weft_bits_count(rails->first);
	struct weft_pick common = { 0 };

	if (!rails->alike || !count)
		return false;
	if (rails->same)
		common.gpus = rails->first;
	else if (weft_bits_count(rails->everywhere) < count)
		return false;
	else if (!rails->picker)
		common.gpus = weft_bits_lowest(rails->everywhere, count);
	else if (!weft_pick_gpus(rails->picker, rails->everywhere, count, goal,
				 &common) ||
		 common.score.bandwidth_mbps < rails->slowest_mbps)
		return false;
	*ret_gpus = common.gpus;
	return true;
}
