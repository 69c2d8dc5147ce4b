/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * read_slices.h - the slices of a GPU in MIG mode
 */
#ifndef WEFT_GRES_READ_SLICES_H
#define WEFT_GRES_READ_SLICES_H

#include "gres/inventory.h"
#include "gres/nvml_api.h"

#define READ_SLICE_TABLE "/proc/driver/nvidia-caps/mig-minors"

/* The driver's table of capabilities, to be free()d; NULL if there is none. */
char *read_slice_table(const char *path);

/* The slice's gpu_cap and compute_cap from the table; both 0 if unknown. */
void read_slice_files(const char *table, int32_t gpu_minor,
		      struct weft_gpu_slice *slice);

/*
 * Fill the slices of a GPU that is in MIG mode and whose dev_minor is set.
 * What does not answer is noted; -ENOMEM is the only failure.
 */
int read_slices(const struct nvml_api *api, nvml_device_t device,
		const char *table, struct weft_inventory *inv,
		uint32_t gpu_idx);

#endif
