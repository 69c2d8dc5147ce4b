/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * diagnose.h - what stops a shape from starting now
 */
#ifndef WEFT_SCHED_DIAGNOSE_H
#define WEFT_SCHED_DIAGNOSE_H

#include "sched/earliest.h"

/*
 * The reason that the shape does not start now.  search looks at the timeline
 * of the running jobs alone: if it finds a place there, what is in the way are
 * the jobs before this one (WEFT_REASON_PRIORITY).  line_place and blockers
 * are left 0.
 */
struct weft_reason weft_diagnose(struct weft_search *search,
				 const struct weft_shape *shape,
				 uint32_t switches_max,
				 struct weft_place *place);

#endif
