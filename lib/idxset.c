/* SPDX-License-Identifier: GPL-2.0-or-later */
/* idxset.c - see idxset.h.  Every operation is one pass over the words. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "lib/bits.h"
#include "lib/hash.h"
#include "lib/idxset.h"

/* Not (size + 63) / 64: that wraps for the largest sizes. */
static uint32_t words_of(uint32_t size)
{
	return size / 64 + (size % 64 != 0);
}

static uint32_t words(const struct weft_idxset *set)
{
	return words_of(set->size);
}

struct weft_idxset *weft_idxset_create(uint32_t size)
{
	struct weft_idxset *set;

	set = calloc(1, sizeof(*set) + words_of(size) * sizeof(uint64_t));
	if (set)
		set->size = size;
	return set;
}

struct weft_idxset *weft_idxset_dup(const struct weft_idxset *set)
{
	struct weft_idxset *dup = weft_idxset_create(set->size);

	if (dup)
		weft_idxset_copy(dup, set);
	return dup;
}

void weft_idxset_destroy(struct weft_idxset *set)
{
	free(set);
}

void weft_idxset_fill(struct weft_idxset *set)
{
	memset(set->word, 0xff, words(set) * sizeof(uint64_t));
	if (set->size % 64)
		set->word[set->size / 64] = (UINT64_C(1) << set->size % 64) - 1;
}

void weft_idxset_clear(struct weft_idxset *set)
{
	memset(set->word, 0, words(set) * sizeof(uint64_t));
}

void weft_idxset_copy(struct weft_idxset *to, const struct weft_idxset *from)
{
	memcpy(to->word, from->word, words(from) * sizeof(uint64_t));
}

void weft_idxset_and(struct weft_idxset *to, const struct weft_idxset *from)
{
	for (uint32_t i = 0; i < words(to); i++)
		to->word[i] &= from->word[i];
}

void weft_idxset_or(struct weft_idxset *to, const struct weft_idxset *from)
{
	for (uint32_t i = 0; i < words(to); i++)
		to->word[i] |= from->word[i];
}

void weft_idxset_andnot(struct weft_idxset *to, const struct weft_idxset *from)
{
	for (uint32_t i = 0; i < words(to); i++)
		to->word[i] &= ~from->word[i];
}

bool weft_idxset_equal(const struct weft_idxset *a, const struct weft_idxset *b)
{
	return a->size == b->size &&
	       !memcmp(a->word, b->word, words(a) * sizeof(uint64_t));
}

bool weft_idxset_overlaps(const struct weft_idxset *a,
			  const struct weft_idxset *b)
{
	for (uint32_t i = 0; i < words(a); i++)
		if (a->word[i] & b->word[i])
			return true;
	return false;
}

bool weft_idxset_subset(const struct weft_idxset *a,
			const struct weft_idxset *of)
{
	for (uint32_t i = 0; i < words(a); i++)
		if (a->word[i] & ~of->word[i])
			return false;
	return true;
}

uint32_t weft_idxset_count(const struct weft_idxset *set)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < words(set); i++)
		count += weft_bits_count(set->word[i]);
	return count;
}

uint64_t weft_idxset_hash(const struct weft_idxset *set)
{
	uint64_t hash = WEFT_HASH_INIT;

	for (uint32_t i = 0; i < words(set); i++)
		hash = weft_hash_word(hash, set->word[i]);
	return hash;
}

uint32_t weft_idxset_next(const struct weft_idxset *set, uint32_t from)
{
	uint32_t i = from / 64;
	uint64_t word;

	if (from >= set->size)
		return set->size;
	word = set->word[i] & ~UINT64_C(0) << from % 64;
	while (!word) {
		if (++i >= words(set))
			return set->size;
		word = set->word[i];
	}
	return i * 64 + __builtin_ctzll(word);
}
