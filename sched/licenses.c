/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * licenses.c - see licenses.h
 *
 * The use of a licence rises only where an interval starts, so its peak inside
 * a window is at the window's start or at one of those starts; a job that does
 * not fit can next fit where an interval ends.
 *
 * Cost: O(n^2) for n intervals of one licence, n being the jobs with licences.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>

#include "sched/licenses.h"
#include "sched/timeline_row.h"

struct interval {
	uint32_t license_idx, count;
	int64_t start_sec, end_sec;
};

struct weft_licenses {
	const struct weft_cluster *cluster;
	struct interval *interval;
	uint32_t count, cap;
};

struct weft_licenses *weft_licenses_create(const struct weft_cluster *cluster)
{
	struct weft_licenses *licenses = calloc(1, sizeof(*licenses));

	if (!licenses)
		return NULL;
	licenses->cluster = cluster;
	for (uint32_t i = 0; i < cluster->running_count; i++) {
		const struct weft_running *job = &cluster->running[i];

		for (uint32_t k = 0; k < job->license_count; k++)
			if (weft_licenses_add(licenses,
				&cluster->license_use[job->license_first + k],
				cluster->now_sec,
				job->end_sec > cluster->now_sec ? job->end_sec :
					cluster->now_sec + 1)) {
				weft_licenses_destroy(licenses);
				return NULL;
			}
	}
	return licenses;
}

void weft_licenses_destroy(struct weft_licenses *licenses)
{
	if (!licenses)
		return;
	free(licenses->interval);
	free(licenses);
}

int weft_licenses_add(struct weft_licenses *licenses,
		      const struct weft_license_use *use, int64_t start_sec,
		      int64_t end_sec)
{
	uint32_t cap = licenses->cap ? licenses->cap * 2 : 16;
	struct interval *bigger;

	if (licenses->count == licenses->cap) {
		bigger = realloc(licenses->interval, cap * sizeof(*bigger));
		if (!bigger)
			return -ENOMEM;
		licenses->interval = bigger;
		licenses->cap = cap;
	}
	licenses->interval[licenses->count++] = (struct interval){
		.license_idx = use->license_idx, .count = use->count,
		.start_sec = start_sec, .end_sec = end_sec,
	};
	return 0;
}

uint32_t weft_licenses_free(const struct weft_licenses *licenses,
			    uint32_t license_idx, int64_t sec)
{
	uint64_t used = 0;
	uint32_t total = licenses->cluster->license_total[license_idx];

	for (uint32_t i = 0; i < licenses->count; i++) {
		const struct interval *in = &licenses->interval[i];

		if (in->license_idx == license_idx && in->start_sec <= sec &&
		    sec < in->end_sec)
			used += in->count;
	}
	return used < total ? total - (uint32_t)used : 0;
}

/* The first moment in [t, end) at which the licence is short; NEVER if none. */
static int64_t first_shortage(const struct weft_licenses *licenses,
			      const struct weft_license_use *use, int64_t t,
			      int64_t end)
{
	int64_t first = WEFT_TIME_NEVER;

	if (weft_licenses_free(licenses, use->license_idx, t) < use->count)
		return t;
	for (uint32_t i = 0; i < licenses->count; i++) {
		const struct interval *in = &licenses->interval[i];

		if (in->license_idx == use->license_idx &&
		    in->start_sec > t && in->start_sec < end &&
		    in->start_sec < first &&
		    weft_licenses_free(licenses, use->license_idx,
				       in->start_sec) < use->count)
			first = in->start_sec;
	}
	return first;
}

/* The first end of an interval after sec; NEVER if none. */
static int64_t next_end(const struct weft_licenses *licenses,
			uint32_t license_idx, int64_t sec)
{
	int64_t end = WEFT_TIME_NEVER;

	for (uint32_t i = 0; i < licenses->count; i++) {
		const struct interval *in = &licenses->interval[i];

		if (in->license_idx == license_idx && in->end_sec > sec &&
		    in->end_sec < end)
			end = in->end_sec;
	}
	return end;
}

int64_t weft_licenses_next(const struct weft_licenses *licenses,
			   const struct weft_shape *shape,
			   uint32_t duration_sec, int64_t from)
{
	int64_t t = from, shortage;

	for (uint32_t k = 0; k < shape->license_count; k++) {
		const struct weft_license_use *use = &shape->license[k];

		if (use->count > licenses->cluster->license_total[use->license_idx])
			return WEFT_TIME_NEVER;
		shortage = first_shortage(licenses, use, t,
					  weft_end_of(t, duration_sec));
		if (shortage == WEFT_TIME_NEVER)
			continue;
		t = next_end(licenses, use->license_idx, shortage);
		if (t == WEFT_TIME_NEVER)
			return t;
		k = UINT32_MAX;		/* all of them again, from the new time */
	}
	return t;
}
