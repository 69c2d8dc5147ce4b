/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pick.h - which k of the free GPUs a job should get
 *
 * Exact for up to 16 GPUs a node: every subset is scored.  In order of
 * weight: the bandwidth inside the set (of its best ring, or all to all),
 * least damage to the sets that remain for the common sizes, NUMA spread,
 * distance to the NICs; the lowest indices break the last tie, so the answer
 * is the same on every machine and in every process.
 *
 * Two GPUs without a direct link still talk through PCIe; they count with a
 * nominal bandwidth by their path (weft_path_nominal_mbps), always below that
 * of a link.
 *
 * Source: Ranganath et al., "MAPA: Multi-Accelerator Pattern Allocation
 * Policy for Multi-Tenant GPU Servers", SC'21.
 */
#ifndef WEFT_GRES_PICK_H
#define WEFT_GRES_PICK_H

#include "gres/inventory.h"

#define WEFT_PICK_EXACT_MAX 16	/* GPUs a node */

enum weft_pick_goal {
	WEFT_PICK_RING,		/* the best ring through the set decides */
	WEFT_PICK_ALL,		/* the sum over all pairs decides */
};

struct weft_pick_score {
	uint64_t bandwidth_mbps;	/* of the goal: one of the next two */
	uint64_t ring_mbps;	/* the slowest hop of the best ring through the set */
	uint64_t pairs_mbps;	/* the sum over its pairs */
	/*
	 * What the rest can still offer: the bandwidth of the best disjoint
	 * rings of 2, of 4 and of 8 that the GPUs left free can form.
	 */
	uint64_t left_mbps;
	uint32_t numa_spread;	/* NUMA nodes touched */
	uint32_t nic_distance;	/* sum of each GPU's nearest NIC's enum weft_path */
};

struct weft_pick {
	weft_gpuset_t gpus;		/* the choice; 0 if it does not fit */
	struct weft_pick_score score;
	weft_gpuset_t second;		/* the runner-up, 0 if there is none */
	struct weft_pick_score second_score;
	bool exact;			/* every subset was scored */
	/*
	 * No set of that size among the free GPUs has more of the goal's
	 * bandwidth: equal to score.bandwidth_mbps if exact, else how far off
	 * the choice can be at most.
	 */
	uint64_t bound_mbps;
};

/*
 * A node's inventory digested for picking: tables by subset, shared by all
 * nodes with the same hardware, immutable after creation (so any number of
 * threads may pick from it).  NULL: no memory.  About 25 KiB for 8 GPUs,
 * 2.5 MiB and 0.1 to 0.2 s of work for 16.
 */
struct weft_picker *weft_picker_create(const struct weft_inventory *inv);
/* All GPUs alike, no links known: picks the lowest indices. */
struct weft_picker *weft_picker_create_flat(uint32_t gpu_count);
void weft_picker_destroy(struct weft_picker *picker);

/* The GPUs that it knows: indices 0 .. count - 1. */
uint32_t weft_picker_count(const struct weft_picker *picker);

/*
 * Choose count GPUs out of the free set.  Returns false, and gpus = 0, when
 * fewer than count are free.  count 0 fits and picks none.  Bits of free past
 * the node's GPUs are ignored.  Never allocates.
 */
bool weft_pick_gpus(const struct weft_picker *picker, weft_gpuset_t free,
		    uint32_t count, enum weft_pick_goal goal,
		    struct weft_pick *ret_pick);

/*
 * For each way to divide count GPUs among the NUMA nodes the best set of that
 * kind, at most max of them, best first: [0] is what weft_pick_gpus() chooses.
 * For a judge of CPUs who may refuse the best: sets that are divided alike meet
 * the same answer.  Returns how many; without tables (more than 16 GPUs, or
 * flat) the choice alone.
 */
#define WEFT_PICK_SPREADS_MAX 16
uint32_t weft_pick_spreads(const struct weft_picker *picker, weft_gpuset_t free,
			   uint32_t count, enum weft_pick_goal goal,
			   weft_gpuset_t set[WEFT_PICK_SPREADS_MAX]);

/* What choosing exactly this set out of the free ones would score. */
struct weft_pick_score weft_pick_score_of(const struct weft_picker *picker,
					  weft_gpuset_t free,
					  weft_gpuset_t gpus,
					  enum weft_pick_goal goal);

/*
 * The ring order in which CUDA_VISIBLE_DEVICES should name the set: fills
 * order[] with its members, returns how many.  Begins with the lowest index
 * and goes round in the direction whose second index is lower.
 */
uint32_t weft_pick_ring(const struct weft_picker *picker, weft_gpuset_t gpus,
			uint32_t order[WEFT_GPUS_MAX]);

/* The bandwidth that a pair counts with: its link's, else its path's. */
uint32_t weft_pair_mbps(const struct weft_inventory *inv, uint32_t i, uint32_t j);
uint32_t weft_path_nominal_mbps(enum weft_path path);

#endif
