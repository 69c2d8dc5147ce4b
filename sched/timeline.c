/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * timeline.c - see timeline.h
 *
 * A row is an array of steps sorted by time; the first begins at now, the
 * last lasts for ever.  Adding a hold splits at most two steps and lowers
 * those between; steps that became equal to their left neighbour are merged,
 * so a row has at most two steps a hold.
 *
 * The rows of running jobs are made all at once, in one piece of memory: their
 * holds sorted by node and end, what all of them leave now, and then a step
 * for each end.  A row that grows beyond its part gets memory of its own.  What
 * is asked of rows is in timeline_next.c.
 *
 * Invariants (weft_timeline_check): times rise; nothing exceeds the node's
 * total; no two neighbours are equal.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sched/timeline_impl.h"

#define SPARE_STEPS 2		/* room in a new row for a first planned hold */

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
			.gpus = weft_gpus_below(total->gpus),
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
	uint32_t cap = row->cap * 2 + 6;
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

static void take(struct step *s, const struct weft_hold *hold)
{
	s->cpus -= hold->cpus;
	s->mem_mib -= hold->mem_mib;
	s->gpus &= ~hold->gpus;
	s->users++;
	s->wholes += hold->whole_node;
}

static void put_back(struct step *s, const struct weft_hold *hold)
{
	s->cpus += hold->cpus;
	s->mem_mib += hold->mem_mib;
	s->gpus |= hold->gpus;
	s->users--;
	s->wholes -= hold->whole_node;
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
		if (give_back)
			put_back(&row->step[i], hold);
		else
			take(&row->step[i], hold);
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
	tl->changed = true;
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

/* ---- running jobs, all at once ------------------------------------------- */

/* What a running job gives back, and when. */
struct leave {
	int64_t end_sec;
	const struct weft_hold *hold;
};

/* first[n] .. first[n + 1] in leave[] are of node n. */
static int sort_by_node(const struct weft_cluster *c, uint32_t *first,
			struct leave *leave)
{
	for (uint32_t i = 0; i < c->running_count; i++)
		for (uint32_t k = 0; k < c->running[i].hold_count; k++) {
			uint32_t n = c->hold[c->running[i].hold_first + k].node_idx;

			if (n >= c->node_count)
				return -EINVAL;
			first[n + 1]++;
		}
	for (uint32_t n = 0; n < c->node_count; n++)
		first[n + 1] += first[n];
	for (uint32_t i = c->running_count; i-- > 0;)
		for (uint32_t k = c->running[i].hold_count; k-- > 0;) {
			const struct weft_running *job = &c->running[i];
			const struct weft_hold *hold =
				&c->hold[job->hold_first + k];

			leave[--first[hold->node_idx + 1]] = (struct leave) {
				job->end_sec > c->now_sec ? job->end_sec :
					c->now_sec + 1, hold };
		}
	/* first[n + 1] is now where node n begins. */
	memmove(first, first + 1, c->node_count * sizeof(*first));
	return 0;
}

static void sort_by_end(struct leave *leave, uint32_t count)
{
	for (uint32_t i = 1; i < count; i++) {
		struct leave one = leave[i];
		uint32_t k = i;

		for (; k > 0 && leave[k - 1].end_sec > one.end_sec; k--)
			leave[k] = leave[k - 1];
		leave[k] = one;
	}
}

/* False: they hold more than the node has. */
static bool take_all(struct step *s, const struct leave *leave, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		if (!holds(s, leave[i].hold))
			return false;
		take(s, leave[i].hold);
	}
	return true;
}

/* The row from now on, in step[] with room for count + 1. */
static bool build_row(struct row *row, struct step *step, struct leave *leave,
		      uint32_t count)
{
	uint32_t n = 0;

	step[0] = row->step[0];
	if (!take_all(&step[0], leave, count))
		return false;
	sort_by_end(leave, count);
	for (uint32_t i = 0; i < count && leave[i].end_sec < WEFT_TIME_NEVER;
	     i++) {
		if (step[n].from_sec < leave[i].end_sec) {
			step[n + 1] = step[n];
			step[++n].from_sec = leave[i].end_sec;
		}
		put_back(&step[n], leave[i].hold);
	}
	row->step = step;
	row->count = n + 1;
	row->cap = count + 1 + SPARE_STEPS;
	return true;
}

/* Into new rows.  -EAGAIN: something is wrong; one by one will tell what. */
static int build_rows(struct weft_timeline *tl)
{
	const struct weft_cluster *c = tl->cluster;
	size_t nodes = (size_t)c->node_count, holds = c->hold_count;
	uint32_t *first = calloc(nodes + 2, sizeof(*first));
	struct leave *leave = malloc((holds + 1) * sizeof(*leave));
	struct step *step = malloc((holds + nodes * (1 + SPARE_STEPS) + 1) *
				   sizeof(*step));
	size_t at = 0, sum = 0;
	int rc = first && leave && step ? 0 : -ENOMEM;

	for (uint32_t i = 0; rc == 0 && i < c->running_count; i++)
		sum += c->running[i].hold_count;
	if (rc == 0 && (sum > holds || sort_by_node(c, first, leave)))
		rc = -EAGAIN;
	if (rc == 0)
		first[nodes] = (uint32_t)sum;
	for (uint32_t n = 0; rc == 0 && n < nodes; n++) {
		uint32_t count = first[n + 1] - first[n];

		if (!build_row(&tl->row[n], &step[at], &leave[first[n]], count))
			rc = -EAGAIN;
		at += count + 1 + SPARE_STEPS;
	}
	for (uint32_t n = 0; rc && step && n < nodes; n++) {
		tl->row[n].step = &tl->first[n];
		tl->row[n].count = tl->row[n].cap = 1;
	}
	if (rc == 0) {
		free(tl->first);
		tl->first = step;
		tl->changed = true;
	} else {
		free(step);
	}
	free(first);
	free(leave);
	return rc;
}

int weft_timeline_add_running(struct weft_timeline *tl, struct weft_err *err)
{
	const struct weft_cluster *c = tl->cluster;
	int rc = tl->changed ? -EAGAIN : build_rows(tl);

	if (rc == -ENOMEM)
		return weft_err_set(err, ENOMEM, "no memory for the timeline");
	if (rc == 0)
		return 0;
	rc = 0;
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
		    (s->gpus & ~weft_gpus_below(total->gpus)) || s->wholes > s->users)
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
