/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * licenses.c - see licenses.h
 *
 * A row of steps for each licence, as the timeline has for nodes, made when
 * the licence is first asked for.  A use takes at most what is left: running
 * jobs may hold more than the site has now.
 *
 * Cost: O(steps) a use or a question.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sched/licenses.h"
#include "sched/timeline.h"

int weft_license_init(struct weft_license_row *rows,
		      const struct weft_cluster *cluster, uint32_t idx)
{
	struct weft_license_row *row = &rows[idx];

	if (row->count)
		return 0;
	row->step = malloc(8 * sizeof(*row->step));
	if (!row->step)
		return -ENOMEM;
	row->cap = 8;
	row->count = 1;
	row->step[0].from_sec = INT64_MIN;
	row->step[0].free = cluster->license_total[idx];
	return 0;
}

static int license_split(struct weft_license_row *row, int64_t sec,
			 uint32_t *ret_idx)
{
	uint32_t i = row->count, cap = row->cap * 2;
	void *more;

	while (row->step[i - 1].from_sec > sec)
		i--;
	*ret_idx = i - 1;
	if (row->step[i - 1].from_sec == sec)
		return 0;
	if (row->count == row->cap) {
		more = realloc(row->step, cap * sizeof(*row->step));
		if (!more)
			return -ENOMEM;
		row->step = more;
		row->cap = cap;
	}
	memmove(&row->step[i + 1], &row->step[i],
		(row->count - i) * sizeof(*row->step));
	row->step[i] = row->step[i - 1];
	row->step[i].from_sec = sec;
	row->count++;
	*ret_idx = i;
	return 0;
}

int weft_licenses_add(struct weft_license_row *rows,
		      const struct weft_cluster *cluster,
		      const struct weft_license_use *use, uint32_t count,
		      int64_t start_sec, int64_t end_sec)
{
	for (uint32_t k = 0; k < count; k++) {
		struct weft_license_row *row = &rows[use[k].license_idx];
		uint32_t first, last;

		if (weft_license_init(rows, cluster, use[k].license_idx) ||
		    license_split(row, start_sec, &first))
			return -ENOMEM;
		last = row->count;
		if (end_sec != WEFT_TIME_NEVER &&
		    license_split(row, end_sec, &last))
			return -ENOMEM;
		for (uint32_t i = first; i < last; i++)
			row->step[i].free -= row->step[i].free < use[k].count ?
				row->step[i].free : use[k].count;
	}
	return 0;
}

int64_t weft_license_next(const struct weft_license_row *row, uint32_t count,
			    int64_t from_sec, uint32_t duration_sec)
{
	int64_t start = from_sec, end;
	uint32_t i = 0;

	while (i < row->count) {
		end = weft_time_after(start, duration_sec);
		while (i + 1 < row->count && row->step[i + 1].from_sec <= start)
			i++;
		while (row->step[i].free >= count && i + 1 < row->count &&
		       row->step[i + 1].from_sec < end)
			i++;
		if (row->step[i].free >= count)
			return start;
		if (++i < row->count)
			start = row->step[i].from_sec;
	}
	return WEFT_TIME_NEVER;
}
