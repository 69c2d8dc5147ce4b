/* SPDX-License-Identifier: GPL-2.0-or-later */
/* inventory.c - see inventory.h: creation, destruction, invariants. */
#include "config.h"

#include <stdlib.h>
#include <stdio.h>

#include "gres/inventory.h"

struct weft_inventory *weft_inventory_create(const char *source)
{
	struct weft_inventory *inv = calloc(1, sizeof(*inv));

	if (!inv)
		return NULL;
	snprintf(inv->source, sizeof(inv->source), "%s", source);
	for (int i = 0; i < WEFT_GPUS_MAX; i++)
		inv->gpu[i].numa_idx = -1;
	for (int i = 0; i < WEFT_NICS_MAX; i++)
		inv->nic[i].numa_idx = -1;
	return inv;
}

void weft_inventory_destroy(struct weft_inventory *inv)
{
	if (!inv)
		return;
	for (uint32_t i = 0; i < inv->gpu_count; i++)
		weft_idxset_destroy(inv->gpu[i].pus);
	free(inv);
}
