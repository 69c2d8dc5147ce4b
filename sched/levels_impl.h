/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * levels_impl.h - what the readers of switches and blocks share
 */
#ifndef WEFT_SCHED_LEVELS_IMPL_H
#define WEFT_SCHED_LEVELS_IMPL_H

#include "sched/levels.h"

#define WEFT_DOMAIN_NAME_MAX 63
#define WEFT_BLOCK_SIZES_MAX 16

/* How many blocks each size of BlockSizes gathers, rising, all over 1. */
struct weft_block_sizes {
	uint32_t count;
	uint32_t blocks[WEFT_BLOCK_SIZES_MAX];
};

/* "8,16,32"; on -EINVAL *sizes is as before. */
int weft_levels_set_sizes(struct weft_block_sizes *sizes, const char *text,
			  struct weft_err *err);
/* Switches for what the sizes gather of the groups from first to the last. */
int weft_levels_gather(struct weft_levels *levels, uint32_t first,
		       const struct weft_block_sizes *sizes,
		       struct weft_err *err);
/* Drop the groups from the index count on. */
void weft_levels_cut(struct weft_levels *levels, uint32_t count);

#endif
