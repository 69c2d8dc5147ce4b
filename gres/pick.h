/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pick.h - which k of the free GPUs a job should get
 *
 * Exact for up to 16 GPUs a node: every subset is scored.  In order of
 * weight: the bandwidth inside the set (of its best ring, or all to all),
 * least damage to the best sets that remain for the common sizes, NUMA
 * spread, distance to the NICs; the lowest indices break the last tie, so the
 * answer is the same on every machine and in every process.
 *
 * Source: Ranganath et al., "MAPA: Multi-Accelerator Pattern Allocation
 * Policy for Multi-Tenant GPU Servers", SC'21.
 */
#ifndef WEFT_GRES_PICK_H
#define WEFT_GRES_PICK_H

#include "gres/inventory.h"

enum weft_pick_goal {
	WEFT_PICK_RING,		/* the best ring through the set decides */
	WEFT_PICK_ALL,		/* the sum over all pairs decides */
};

struct weft_pick_score {
	uint64_t bandwidth_mbps;	/* of the goal, inside the set */
	uint64_t left_mbps;		/* what the rest can still offer */
	uint32_t numa_spread;		/* NUMA nodes touched */
	uint32_t nic_distance;		/* sum of the nearest NIC's enum weft_path */
};

struct weft_pick {
	weft_gpuset_t gpus;		/* the choice; 0 if it does not fit */
	struct weft_pick_score score;
	weft_gpuset_t second;		/* the runner-up, 0 if there is none */
	struct weft_pick_score second_score;
	bool exact;			/* every subset was scored */
};

/*
 * A node's inventory digested for picking: tables by subset, shared by all
 * nodes with the same hardware, immutable after creation (so any number of
 * threads may pick from it).  NULL: no memory.
 */
struct weft_picker *weft_picker_create(const struct weft_inventory *inv);
/* All GPUs alike, no links known: picks the lowest indices. */
struct weft_picker *weft_picker_create_flat(uint32_t gpu_count);
void weft_picker_destroy(struct weft_picker *picker);

/*
 * Choose count GPUs out of the free set.  Returns false, and gpus = 0, when
 * fewer than count are free.  count 0 fits and picks none.  Never allocates.
 */
bool weft_pick_gpus(const struct weft_picker *picker, weft_gpuset_t free,
		    uint32_t count, enum weft_pick_goal goal,
		    struct weft_pick *ret_pick);

/*
 * The ring order in which CUDA_VISIBLE_DEVICES should name the set: fills
 * order[] with its members, returns how many.
 */
uint32_t weft_pick_ring(const struct weft_picker *picker, weft_gpuset_t gpus,
			uint32_t order[WEFT_GPUS_MAX]);

#endif
