/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * place_pick.h - inside the chosen part of the fabric: which nodes, which GPUs
 */
#ifndef WEFT_SCHED_PLACE_PICK_H
#define WEFT_SCHED_PLACE_PICK_H

#include "sched/place.h"

/* The GPUs for `units` units on a node; `same` is tried first if not 0. */
weft_gpuset_t weft_place_gpus(const struct weft_cluster *cluster,
			      const struct weft_shape *shape,
			      const struct weft_fit *fit, uint32_t node_idx,
			      uint32_t units, weft_gpuset_t same);

/* The units that the `most` roomiest candidates hold together. */
uint64_t weft_place_top_units(const struct weft_candidate *c, uint32_t count,
			      uint32_t most);

/*
 * Take nodes from candidates that are known to hold the job, fewest domains
 * first.  Returns the number of places; 0 if the order of wishes left it short
 * after all.
 */
uint32_t weft_place_fill(const struct weft_cluster *cluster,
			 const struct weft_shape *shape,
			 struct weft_candidate *c, uint32_t count,
			 struct weft_place *place);

#endif
