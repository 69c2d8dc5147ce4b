/* SPDX-License-Identifier: GPL-2.0-or-later */
/* licenses.h - how many of each licence are free over time */
#ifndef WEFT_SCHED_LICENSES_H
#define WEFT_SCHED_LICENSES_H

#include "sched/cluster.h"

struct weft_license_step {
	int64_t from_sec;
	uint32_t free;
};

/* All zero until init; the owner frees step. */
struct weft_license_row {
	struct weft_license_step *step;
	uint32_t count, cap;
};

/* Make sure rows[idx] has its first step.  0 or -ENOMEM. */
int weft_license_init(struct weft_license_row *rows,
		      const struct weft_cluster *cluster, uint32_t idx);

/* Take the uses on [start, end).  0 or -ENOMEM. */
int weft_licenses_add(struct weft_license_row *rows,
		      const struct weft_cluster *cluster,
		      const struct weft_license_use *use, uint32_t count,
		      int64_t start_sec, int64_t end_sec);

/* The earliest start >= from_sec with count free throughout, or NEVER. */
int64_t weft_license_next(const struct weft_license_row *row, uint32_t count,
			  int64_t from_sec, uint32_t duration_sec);

#endif
