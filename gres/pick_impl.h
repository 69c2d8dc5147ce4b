/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pick_impl.h - what the files of the choice share; nobody else includes it
 */
#ifndef WEFT_GRES_PICK_IMPL_H
#define WEFT_GRES_PICK_IMPL_H

#include "gres/pick.h"
#include "lib/bits.h"

#define PICK_SUBSETS_MAX (1u << WEFT_PICK_EXACT_MAX)

/*
 * Tables by subset, for count <= WEFT_PICK_EXACT_MAX.  order[goal] lists all
 * non-empty subsets: by size, then best first as far as the free set has no
 * say in it; class[goal] numbers runs of equal bandwidth in it.
 */
struct pick_tables {
	uint32_t *ring_mbps;	/* [subset] */
	uint32_t *pairs_mbps;	/* [subset] */
	uint32_t *left_mbps;	/* [subset]: what it offers if left over */
	uint8_t *ring_prev;	/* [subset * count + last]: best before last */
	uint8_t *ring_last;	/* [subset]: last before the ring closes */
	uint16_t *order[2];
	uint16_t *class[2];
	uint32_t first[2][WEFT_PICK_EXACT_MAX + 2];	/* [size] in order[] */
};

struct weft_picker {
	uint32_t count;
	bool flat;		/* all alike: no tables, no matrix */
	struct pick_tables *tables;	/* NULL if flat or too many GPUs */
	uint32_t pair_mbps[WEFT_GPUS_MAX][WEFT_GPUS_MAX];
	uint32_t nic_distance[WEFT_GPUS_MAX];
	weft_gpuset_t numa_gpus[WEFT_NUMA_MAX + 1];	/* the last: unknown */
	uint32_t numa_count;	/* entries of numa_gpus in use */
};

/* pick_tables.c: -ENOMEM or 0. */
int pick_tables_create(const struct weft_picker *picker,
		       struct pick_tables **ret_tables);
void pick_tables_destroy(struct pick_tables *tables);

/* pick_large.c: the same answers without tables, not exact. */
void pick_large(const struct weft_picker *picker, weft_gpuset_t free,
		uint32_t count, enum weft_pick_goal goal,
		struct weft_pick *ret_pick);
uint32_t pick_large_ring(const struct weft_picker *picker, weft_gpuset_t gpus,
			 uint32_t order[WEFT_GPUS_MAX]);
uint64_t pick_large_ring_mbps(const struct weft_picker *picker,
			      weft_gpuset_t gpus);

/* pick_score.c: of a set, whatever the picker has. */
uint32_t pick_numa_spread(const struct weft_picker *picker, weft_gpuset_t gpus);
uint32_t pick_nic_distance(const struct weft_picker *picker, weft_gpuset_t gpus);
uint64_t pick_pairs_mbps(const struct weft_picker *picker, weft_gpuset_t gpus);

static inline uint32_t pick_count(weft_gpuset_t gpus)
{
	return weft_bits_count(gpus);
}

static inline uint32_t pick_lowest(weft_gpuset_t gpus)
{
	return (uint32_t)__builtin_ctzll(gpus);
}

/* Of two different sets, the one with the lower indices comes first. */
static inline bool pick_before(weft_gpuset_t a, weft_gpuset_t b)
{
	weft_gpuset_t differ = a ^ b;

	return a & (differ & -differ);
}

#define pick_foreach(gpus, idx)                                                \
	for (weft_gpuset_t left_##idx = (gpus), idx;                           \
	     left_##idx && (idx = pick_lowest(left_##idx), true);              \
	     left_##idx &= left_##idx - 1)

#endif
