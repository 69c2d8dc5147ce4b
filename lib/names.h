/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * names.h - strings to small numbers and back
 *
 * Users, partitions, GPU types: a program that handles millions of records
 * compares indices, and needs each name once.  Indices count from 0 in the
 * order of first sight and never change.  Open addressing, load at most 1/2.
 */
#ifndef WEFT_LIB_NAMES_H
#define WEFT_LIB_NAMES_H

#include <stdint.h>

struct weft_names;

/* At most limit different names; NULL: no memory. */
struct weft_names *weft_names_create(uint32_t limit);
void weft_names_destroy(struct weft_names *names);

/*
 * The index of name, added if new: *ret_idx.  ret_new (may be NULL) tells
 * whether it was.  -ENOSPC past the limit, -ENOMEM; nothing changes then.
 */
int weft_names_add(struct weft_names *names, const char *name,
		   uint32_t *ret_idx, int *ret_new);
/* The index of name, or UINT32_MAX. */
uint32_t weft_names_find(const struct weft_names *names, const char *name);
const char *weft_names_get(const struct weft_names *names, uint32_t idx);
uint32_t weft_names_count(const struct weft_names *names);

#endif
