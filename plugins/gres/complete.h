/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * complete.h - give the gpu records what the inventory knows
 *
 * The list is Slurm's, merged from slurm.conf and gres.conf and shared by all
 * GRES plugins; what the site wrote stays as it is, only gaps are filled.
 */
#ifndef WEFT_PLUGINS_GRES_COMPLETE_H
#define WEFT_PLUGINS_GRES_COMPLETE_H

#include "plugins/slurm/slurmd_node.h"

#include "gres/project.h"

struct weft_complete {
	const struct weft_inventory *inv;
	const node_config_load_t *config;
	uint32_t core_count, socket_cores;	/* of struct weft_slurmd_node */
	bool live;	/* inv describes this very machine */
	/* Out: which GPU of inv is device i (bit i) of Slurm's gres/gpu. */
	uint32_t gpu_of_bit[WEFT_GPUS_MAX];
	uint32_t bit_count;
};

/*
 * Fill cores (and links, where the release uses them well) of the gpu, shard
 * and mps records, splitting records whose GPUs differ.  Returns the number
 * of GPUs that got their cores.
 */
uint32_t weft_complete_gpus(struct xlist *records, struct weft_complete *what);

/*
 * Say in words, one logged line each, what differs between the records and
 * the inventory: count and type.  Returns the number of lines.
 */
uint32_t weft_complete_compare(struct xlist *records,
			       const struct weft_inventory *inv,
			       const char *node);

#endif
