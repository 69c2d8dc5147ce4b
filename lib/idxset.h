/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * idxset.h - a set of small indices (nodes of the cluster, say) as a bitmap
 *
 * Fixed size, chosen at creation; 10,000 nodes are 1,250 bytes, so sets are
 * copied and intersected freely.  Two sets in one operation have one size.
 */
#ifndef WEFT_LIB_IDXSET_H
#define WEFT_LIB_IDXSET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct weft_idxset {
	uint32_t size;		/* indices are 0 .. size-1 */
	uint64_t word[];	/* (size + 63) / 64; bits past size stay 0 */
};

struct weft_idxset *weft_idxset_create(uint32_t size);	/* empty; NULL: no memory */
struct weft_idxset *weft_idxset_dup(const struct weft_idxset *set);
void weft_idxset_destroy(struct weft_idxset *set);

void weft_idxset_fill(struct weft_idxset *set);
void weft_idxset_clear(struct weft_idxset *set);
void weft_idxset_copy(struct weft_idxset *to, const struct weft_idxset *from);
void weft_idxset_and(struct weft_idxset *to, const struct weft_idxset *from);
void weft_idxset_or(struct weft_idxset *to, const struct weft_idxset *from);
void weft_idxset_andnot(struct weft_idxset *to, const struct weft_idxset *from);
bool weft_idxset_equal(const struct weft_idxset *a, const struct weft_idxset *b);
bool weft_idxset_overlaps(const struct weft_idxset *a, const struct weft_idxset *b);
bool weft_idxset_subset(const struct weft_idxset *a, const struct weft_idxset *of);
uint32_t weft_idxset_count(const struct weft_idxset *set);
uint64_t weft_idxset_hash(const struct weft_idxset *set);

/* The first member >= from, or set->size if there is none. */
uint32_t weft_idxset_next(const struct weft_idxset *set, uint32_t from);

#define weft_idxset_foreach(set, idx)                                          \
	for (uint32_t idx = weft_idxset_next((set), 0); idx < (set)->size;     \
	     idx = weft_idxset_next((set), idx + 1))

static inline bool weft_idxset_has(const struct weft_idxset *set, uint32_t idx)
{
	return set->word[idx / 64] >> (idx % 64) & 1;
}

static inline void weft_idxset_add(struct weft_idxset *set, uint32_t idx)
{
	set->word[idx / 64] |= UINT64_C(1) << (idx % 64);
}

static inline void weft_idxset_remove(struct weft_idxset *set, uint32_t idx)
{
	set->word[idx / 64] &= ~(UINT64_C(1) << (idx % 64));
}

#endif
