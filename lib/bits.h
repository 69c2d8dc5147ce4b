/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bits.h - counting and taking the bits of a word, in line
 *
 * On a machine without a popcnt that may be assumed (x86-64 as distributions
 * build for it) the compiler's builtin is a call into its library, and the
 * planner counts GPUs many million times a second.  Twelve instructions
 * without a branch: sums of 2, 4 and 8 bits side by side, then one
 * multiplication that adds the bytes up in the highest.
 */
#ifndef WEFT_LIB_BITS_H
#define WEFT_LIB_BITS_H

#include <stdint.h>

static inline uint32_t weft_bits_count(uint64_t w)
{
#ifdef __POPCNT__
	return (uint32_t)__builtin_popcountll(w);
#else
	w -= w >> 1 & UINT64_C(0x5555555555555555);
	w = (w & UINT64_C(0x3333333333333333)) +
		(w >> 2 & UINT64_C(0x3333333333333333));
	w = (w + (w >> 4)) & UINT64_C(0x0f0f0f0f0f0f0f0f);
	return (uint32_t)(w * UINT64_C(0x0101010101010101) >> 56);
#endif
}

/* The lowest count bits of a word that are set; all of them if it has fewer. */
static inline uint64_t weft_bits_lowest(uint64_t w, uint32_t count)
{
	uint64_t rest = w;

	for (; count && rest; count--)
		rest &= rest - 1;
	return w & ~rest;
}

#endif
