/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nearest.h - "did you mean ...?": the name nearest to a mistyped one
 */
#ifndef WEFT_LIB_NEAREST_H
#define WEFT_LIB_NEAREST_H

#include <stddef.h>

/*
 * Of the count names the one with the smallest edit distance (insert, delete,
 * replace, swap neighbours) to word, the first of equals; NULL if none is near
 * enough for the word's length to be worth offering.  Borrowed from names.
 */
const char *weft_nearest(const char *word, const char *const *names,
			 size_t count);

#endif
