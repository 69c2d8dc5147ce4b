/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * diagnose.h - what exactly keeps a shape from starting now
 */
#ifndef WEFT_SCHED_DIAGNOSE_H
#define WEFT_SCHED_DIAGNOSE_H

#include "sched/place.h"
#include "sched/reason.h"
#include "sched/timeline.h"

/*
 * Compare the shape with what running jobs leave (base: no planned jobs in
 * it).  WEFT_REASON_PRIORITY if it would fit beside them.  cand has room for
 * every node.  licenses_free[] by license_idx.
 */
struct weft_reason weft_diagnose(const struct weft_cluster *cluster,
				 const struct weft_timeline *base,
				 struct weft_placer *placer,
				 const struct weft_shape *shape,
				 const uint32_t *licenses_free,
				 struct weft_candidate *cand);

#endif
