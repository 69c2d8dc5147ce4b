/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * timeline.c - see timeline.h
 *
 * A row is an array of steps sorted by time; the first begins at now, the
 * last lasts for ever.  Adding a hold splits at most two steps and lowers
 * those between; steps that became equal to their left neighbour are merged,
 * so a row has at most two steps a hold.
 *
 * Rows begin in one piece of memory, made for the running jobs; one that grows
 * beyond its part gets memory of its own.  What is asked of rows is in
 * timeline_next.c.
 *
 * Invariants (weft_timeline_check): times rise; nothing exceeds the node's
 * total; no two neighbours are equal.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sched/timeline_impl.h"

static weft_gpuset_t all_gpus(uint32_t count)
{
	return count >= WEFT_GPUS_MAX ? ~(weft_gpuset_t)0 :
		((weft_gpuset_t)1 << count) - 1;
}

static size_t count_closures(const struct weft_cluster *cluster)
{
	size_t count = cluster->node_count;

	for (uint32_t i = 0; i < cluster->resv_count; i++)
		count += weft_idxset_count(cluster->resv[i].nodes);
	return count;
}

static void add_closures(struct weft_timeline *tl)
{
	const struct weft_cluster *cluster = tl->cluster;
	struct closure *c = tl->closure;

	for (uint32_t i = 0; i < cluster->node_count; i++) {
		const struct weft_node *node = &cluster->node[i];

		if (node->usable)
			continue;
		*c = (struct closure) {
			.start_sec = INT64_MIN,
			.end_sec = node->back_sec > cluster->now_sec ?
				node->back_sec : cluster->now_sec + 1,
			.resv_idx = -1,
			.next = tl->row[i].closed,
		};
		tl->row[i].closed = c++;
	}
	for (uint32_t r = 0; r < cluster->resv_count; r++)
		weft_idxset_foreach(cluster->resv[r].nodes, i) {
			*c = (struct closure) { cluster->resv[r].start_sec,
						cluster->resv[r].end_sec,
						(int32_t)r, tl->row[i].closed };
			tl->row[i].closed = c++;
		}
}

struct weft_timeline *weft_timeline_create(const struct weft_cluster *cluster)
{
	struct weft_timeline *tl = calloc(1, sizeof(*tl));
	uint32_t count = cluster->node_count;

	if (!tl)
		return NULL;
	tl->cluster = cluster;
	tl->row = calloc((size_t)count + 1, sizeof(*tl->row));
	tl->version = calloc((size_t)count + 1, sizeof(*tl->version));
	tl->first = calloc((size_t)count + 1, sizeof(*tl->first));
	tl->closure = calloc(count_closures(cluster) + 1, sizeof(*tl->closure));
	if (!tl->row || !tl->version || !tl->first || !tl->closure) {
		weft_timeline_destroy(tl);
		return NULL;
	}
	for (uint32_t i = 0; i < count; i++) {
		const struct weft_amount *total = &cluster->node[i].total;

		tl->first[i] = (struct step) {
			.from_sec = cluster->now_sec,
			.mem_mib = total->mem_mib,
			.gpus = all_gpus(total->gpus),
			.cpus = total->cpus,
		};
		tl->row[i].step = &tl->first[i];
		tl->row[i].count = tl->row[i].cap = 1;
		tl->row[i].drop_sec = INT64_MIN;
	}
	add_closures(tl);
	return tl;
}

void weft_timeline_destroy(struct weft_timeline *tl)
{
	if (!tl)
		return;
	for (uint32_t i = 0; tl->row && i < tl->cluster->node_count; i++)
		if (tl->row[i].own)
			free(tl->row[i].step);
	free(tl->row);
	free(tl->version);
	free(tl->first);
	free(tl->closure);
	free(tl);
}

/* Room for two more steps. */
static int reserve(struct row *row)
{
	uint32_t cap = row->cap < 8 ? 8 : row->cap * 2;
	struct step *more;

	if (row->count + 2 <= row->cap)
		return 0;
	more = malloc(cap * sizeof(*more));
	if (!more)
		return -ENOMEM;
	memcpy(more, row->step, row->count * sizeof(*more));
	if (row->own)
		free(row->step);
	row->own = true;
	row->step = more;
	row->cap = cap;
	return 0;
}

/* A step that begins at sec; the room is there. */
static uint32_t split(struct row *row, int64_t sec)
{
	uint32_t i = find_step(row, sec);

	if (row->step[i].from_sec >= sec)
		return i;
	memmove(&row->step[i + 2], &row->step[i + 1],
		(row->count - i - 1) * sizeof(*row->step));
	row->step[i + 1] = row->step[i];
	row->step[i + 1].from_sec = sec;
	row->count++;
	return i + 1;
}

static bool same(const struct step *a, const struct step *b)
{
	return a->mem_mib == b->mem_mib && a->gpus == b->gpus &&
		a->cpus == b->cpus && a->users == b->users &&
		a->wholes == b->wholes;
}

static void merge(struct row *row, uint32_t i)
{
	if (i == 0 || i >= row->count || !same(&row->step[i - 1], &row->step[i]))
		return;
	memmove(&row->step[i], &row->step[i + 1],
		(row->count - i - 1) * sizeof(*row->step));
	row->count--;
}

/* Bring [start, end) down by the hold, or back up. */
static int apply(struct row *row, const struct weft_hold *hold,
		 int64_t start_sec, int64_t end_sec, bool give_back)
{
	uint32_t first, last;

	if (reserve(row))
		return -ENOMEM;
	first = split(row, start_sec);
	last = end_sec == WEFT_TIME_NEVER ? row->count : split(row, end_sec);
	for (uint32_t i = first; i < last; i++) {
		struct step *s = &row->step[i];

		if (give_back) {
			s->cpus += hold->cpus;
			s->mem_mib += hold->mem_mib;
			s->gpus |= hold->gpus;
			s->users--;
			s->wholes -= hold->whole_node;
		} else {
			s->cpus -= hold->cpus;
			s->mem_mib -= hold->mem_mib;
			s->gpus &= ~hold->gpus;
			s->users++;
			s->wholes += hold->whole_node;
		}
	}
	merge(row, last);
	merge(row, first);
	return 0;
}

static bool holds(const struct step *s, const struct weft_hold *hold)
{
	return s->cpus >= hold->cpus && s->mem_mib >= hold->mem_mib &&
		!(hold->gpus & ~s->gpus) && s->users < UINT16_MAX;
}

static int check_interval(const struct weft_timeline *tl,
			  const struct weft_hold *hold, int64_t *start_sec,
			  int64_t end_sec, struct weft_err *err)
{
	if (hold->node_idx >= tl->cluster->node_count)
		return weft_err_set(err, EINVAL, "node %u of %u",
				    hold->node_idx, tl->cluster->node_count);
	if (*start_sec < tl->cluster->now_sec)
		*start_sec = tl->cluster->now_sec;
	if (end_sec <= *start_sec)
		return weft_err_set(err, EINVAL, "an interval without length");
	return 0;
}

static int add(struct weft_timeline *tl, const struct weft_hold *hold,
	       int64_t start_sec, int64_t end_sec, bool whole_beside,
	       struct weft_err *err)
{
	struct row *row;
	int rc = check_interval(tl, hold, &start_sec, end_sec, err);

	if (rc)
		return rc;
	row = &tl->row[hold->node_idx];
	for (uint32_t i = find_step(row, start_sec);
	     i < row->count && row->step[i].from_sec < end_sec; i++) {
		const struct step *s = &row->step[i];
		bool whole = !whole_beside &&
			(s->wholes || (hold->whole_node && s->users));

		if (whole || !holds(s, hold))
			return weft_err_set(err, EBUSY, "%s is not free",
					    tl->cluster->node[hold->node_idx].name);
	}
	if (apply(row, hold, start_sec, end_sec, false))
		return weft_err_set(err, ENOMEM, "no memory for the timeline");
	if (start_sec > tl->cluster->now_sec && start_sec > row->drop_sec)
		row->drop_sec = start_sec;
	tl->version[hold->node_idx]++;
	return 0;
}

int weft_timeline_add(struct weft_timeline *tl, const struct weft_hold *hold,
		      int64_t start_sec, int64_t end_sec, struct weft_err *err)
{
	return add(tl, hold, start_sec, end_sec, false, err);
}

int weft_timeline_remove(struct weft_timeline *tl, const struct weft_hold *hold,
			 int64_t start_sec, int64_t end_sec,
			 struct weft_err *err)
{
	int rc = check_interval(tl, hold, &start_sec, end_sec, err);

	if (rc)
		return rc;
	if (apply(&tl->row[hold->node_idx], hold, start_sec, end_sec, true))
		return weft_err_set(err, ENOMEM, "no memory for the timeline");
	tl->version[hold->node_idx]++;
	return 0;
}

int weft_timeline_add_running(struct weft_timeline *tl, struct weft_err *err)
{
	const struct weft_cluster *c = tl->cluster;
	int rc = 0;

	for (uint32_t i = 0; rc == 0 && i < c->running_count; i++) {
		const struct weft_running *job = &c->running[i];
		int64_t end = job->end_sec > c->now_sec ? job->end_sec :
			c->now_sec + 1;

		for (uint32_t k = 0; rc == 0 && k < job->hold_count; k++)
			rc = add(tl, &c->hold[job->hold_first + k], c->now_sec,
				 end, true, err);
		if (rc)
			weft_err_prefix(err, "job %u", job->job_id);
	}
	return rc;
}

const uint32_t *weft_timeline_versions(const struct weft_timeline *tl)
{
	return tl->version;
}

static bool row_is_sound(const struct row *row, const struct weft_amount *total)
{
	for (uint32_t i = 0; i < row->count; i++) {
		const struct step *s = &row->step[i];

		if (s->cpus > total->cpus || s->mem_mib > total->mem_mib ||
		    (s->gpus & ~all_gpus(total->gpus)) || s->wholes > s->users)
			return false;
		if (i && (s[-1].from_sec >= s->from_sec || same(s - 1, s)))
			return false;
	}
	return row->count > 0;
}

int weft_timeline_check(const struct weft_timeline *tl, struct weft_err *err)
{
	const struct weft_cluster *c = tl->cluster;

	for (uint32_t i = 0; i < c->node_count; i++)
		if (!row_is_sound(&tl->row[i], &c->node[i].total))
			return weft_err_set(err, EINVAL,
					    "the timeline of %s is broken",
					    c->node[i].name);
	return 0;
}
