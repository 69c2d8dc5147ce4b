/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * licenses.h - how many licences are in use, from now on
 *
 * Licences belong to no node.  They are few and so are the jobs that use
 * them, so a list of intervals is all there is.
 */
#ifndef WEFT_SCHED_LICENSES_H
#define WEFT_SCHED_LICENSES_H

#include "sched/job.h"

struct weft_licenses;

struct weft_licenses *weft_licenses_create(const struct weft_cluster *cluster);
void weft_licenses_destroy(struct weft_licenses *licenses);

/* In use on [start, end).  0 or -ENOMEM. */
int weft_licenses_add(struct weft_licenses *licenses,
		      const struct weft_license_use *use, int64_t start_sec,
		      int64_t end_sec);

/*
 * The first time >= from at which all that the shape needs is free for
 * duration_sec; WEFT_TIME_NEVER if there are not so many at all.
 */
int64_t weft_licenses_next(const struct weft_licenses *licenses,
			   const struct weft_shape *shape,
			   uint32_t duration_sec, int64_t from);

/* Free at one moment. */
uint32_t weft_licenses_free(const struct weft_licenses *licenses,
			    uint32_t license_idx, int64_t sec);

#endif
