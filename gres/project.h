/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * project.h - a node's inventory seen through someone else's list of GPUs
 *
 * Slurm counts the devices of its File= list, which may name some of the GPUs
 * only, or in another order.  The projection is an inventory in that order,
 * so that bit i of Slurm's bitmap is GPU i of it.
 */
#ifndef WEFT_GRES_PROJECT_H
#define WEFT_GRES_PROJECT_H

#include "gres/inventory.h"

#define WEFT_GPU_UNKNOWN UINT32_MAX

/*
 * GPU i of the result is gpu_idx[i] of inv; WEFT_GPU_UNKNOWN gives a GPU of
 * which nothing is known.  NICs, domain and the rest are copied.  -EINVAL if
 * an index is out of range or named twice, -ENOMEM.
 */
int weft_inventory_project(const struct weft_inventory *inv,
			   const uint32_t *gpu_idx, uint32_t count,
			   struct weft_inventory **ret_inv,
			   struct weft_err *err);

#endif
