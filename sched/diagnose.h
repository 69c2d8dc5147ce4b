/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * diagnose.h - what exactly keeps a shape from starting now
 */
#ifndef WEFT_SCHED_DIAGNOSE_H
#define WEFT_SCHED_DIAGNOSE_H

#include "sched/place.h"
#include "sched/reason.h"
#include "sched/timeline.h"

struct weft_diagnosis;

/*
 * For shapes beside what running jobs leave (base: no planned jobs in it).
 * Everything borrowed; NULL: no memory.
 */
struct weft_diagnosis *weft_diagnosis_create(const struct weft_cluster *cluster,
					     const struct weft_timeline *base,
					     struct weft_placer *placer,
					     const struct weft_shape *shapes,
					     uint32_t shape_count);
void weft_diagnosis_destroy(struct weft_diagnosis *diagnosis);

/*
 * Could the shape start if the cluster were empty and all of it up?  If not, its
 * reason is WEFT_REASON_NEVER.  scratch: room for a candidate for each node.
 */
bool weft_diagnosis_is_possible(const struct weft_cluster *cluster,
				struct weft_placer *placer,
				const struct weft_shape *shape,
				struct weft_candidate *scratch);

/*
 * WEFT_REASON_PRIORITY if it would fit beside them.  changes: how many jobs were
 * put on base so far, all to start now.  licenses_free[] by license_idx.
 */
struct weft_reason weft_diagnosis_find(struct weft_diagnosis *diagnosis,
				       uint32_t shape_idx, uint32_t changes,
				       const uint32_t *licenses_free);

#endif
