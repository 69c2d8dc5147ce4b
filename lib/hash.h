/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hash.h - one way to hash texts, bytes and words
 *
 * For tables in memory and for telling whether something is still the same:
 * not against people who choose their input to collide.  All three are
 * chained: start with WEFT_HASH_INIT, hand each result to the next call.  The
 * values are the same on every machine of one byte order and in every build,
 * so they may be written down.
 *
 * Bytes and texts by FNV-1a (Fowler, Noll and Vo; draft-eastlake-fnv), whose
 * low bits are good enough for a mask.  Words by multiplication with the golden
 * ratio (Knuth, volume 3, 6.4) and the high half folded into the low: the word
 * for itself first, or chains begun with 1 and 2 would meet where their words
 * differ by 3.
 */
#ifndef WEFT_LIB_HASH_H
#define WEFT_LIB_HASH_H

#include <stddef.h>
#include <stdint.h>

#define WEFT_HASH_INIT UINT64_C(0xcbf29ce484222325)

static inline uint64_t weft_hash_bytes(uint64_t hash, const void *data,
				       size_t len)
{
	const unsigned char *p = (const unsigned char *)data;

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ p[i]) * UINT64_C(0x100000001b3);
	return hash;
}

/*
 * A text, NULL as "".  Its end counts, as a byte that no UTF-8 has, so that
 * "ab", "c" and "a", "bc" differ.
 */
static inline uint64_t weft_hash_text(uint64_t hash, const char *text)
{
	for (; text && *text; text++)
		hash = (hash ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
	return (hash ^ 0xff) * UINT64_C(0x100000001b3);
}

static inline uint64_t weft_hash_word(uint64_t hash, uint64_t word)
{
	word *= UINT64_C(0x9e3779b97f4a7c15);
	hash = (hash ^ word ^ word >> 32) * UINT64_C(0x9e3779b97f4a7c15);
	return hash ^ hash >> 32;
}

#endif
