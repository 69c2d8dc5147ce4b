/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * timeline.c - see timeline.h
 *
 * A row is an array of steps sorted by time; the first begins at now, the
 * last lasts for ever.  Adding a hold splits at most two steps and lowers
 * those between; steps that became equal to their left neighbour are merged,
 * so a row has at most two steps a hold.
 *
 * A question walks the row once from the step of its start.  For CPUs and
 * memory a step that is too small rules out every window that contains it,
 * so the search goes on behind it.  GPUs are different: a job must keep the
 * same ones, so a window is judged by the intersection of its steps, and the
 * search goes on one step further only.  O(s) for CPU needs, O(s * w) with
 * GPUs, s steps on the node and w of them inside a window.
 *
 * Invariants (weft_timeline_check): times rise; nothing exceeds the node's
 * total; no two neighbours are equal.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/bits.h"
#include "sched/timeline.h"

struct step {
	int64_t from_sec;
	uint64_t mem_mib;
	weft_gpuset_t gpus;
	uint32_t cpus;
	uint16_t users;		/* holds on the node */
	uint16_t wholes;	/* of these, holds of the whole node */
};

/* A time in which the node is closed but to jobs of one reservation. */
struct closure {
	int64_t start_sec, end_sec;
	int32_t resv_idx;	/* -1: to all (the node is down) */
	struct closure *next;
};

struct row {
	struct step *step;
	uint32_t count, cap, version;
	struct closure *closed;
};

struct weft_timeline {
	const struct weft_cluster *cluster;
	struct row *row;
	struct step *first;	/* every row's first, in one piece */
	struct closure *closure;
};

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
	tl->first = calloc((size_t)count + 1, sizeof(*tl->first));
	tl->closure = calloc(count_closures(cluster) + 1, sizeof(*tl->closure));
	if (!tl->row || !tl->first || !tl->closure) {
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
	}
	add_closures(tl);
	return tl;
}

void weft_timeline_destroy(struct weft_timeline *tl)
{
	if (!tl)
		return;
	for (uint32_t i = 0; tl->row && i < tl->cluster->node_count; i++)
		if (tl->row[i].cap > 1)
			free(tl->row[i].step);
	free(tl->row);
	free(tl->first);
	free(tl->closure);
	free(tl);
}

static int64_t step_end(const struct row *row, uint32_t i)
{
	return i + 1 < row->count ? row->step[i + 1].from_sec : WEFT_TIME_NEVER;
}

/* The step that holds the time; times before the row count as its begin. */
static uint32_t find_step(const struct row *row, int64_t sec)
{
	uint32_t low = 0, high = row->count;

	while (high - low > 1) {
		uint32_t mid = low + (high - low) / 2;

		if (row->step[mid].from_sec <= sec)
			low = mid;
		else
			high = mid;
	}
	return low;
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
	if (row->cap > 1)
		free(row->step);
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
	row->version++;
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

struct weft_free weft_timeline_free(const struct weft_timeline *tl,
				    uint32_t node_idx, int64_t start_sec,
				    int64_t end_sec)
{
	const struct row *row = &tl->row[node_idx];
	struct weft_free all = { UINT32_MAX, UINT64_MAX, ~(weft_gpuset_t)0,
				 true };

	for (uint32_t i = find_step(row, start_sec);
	     i < row->count && row->step[i].from_sec < end_sec; i++) {
		const struct step *s = &row->step[i];

		if (s->wholes)
			return (struct weft_free) { 0 };
		all.cpus = s->cpus < all.cpus ? s->cpus : all.cpus;
		all.mem_mib = s->mem_mib < all.mem_mib ? s->mem_mib :
			all.mem_mib;
		all.gpus &= s->gpus;
		all.whole = all.whole && !s->users;
	}
	return all;
}

weft_gpuset_t weft_timeline_gpus(const struct weft_timeline *tl,
				 uint32_t node_idx, weft_gpuset_t free,
				 int32_t gpu_type_idx, uint32_t count)
{
	const struct weft_cluster *c = tl->cluster;
	const struct weft_node *node = &c->node[node_idx];
	weft_gpuset_t best = 0, rest = free, set;
	uint32_t types = c->gpu_type_count < WEFT_GPU_TYPES_MAX ?
		c->gpu_type_count : WEFT_GPU_TYPES_MAX;

	if (gpu_type_idx >= 0)
		return gpu_type_idx < (int32_t)types ?
			free & node->gpus_of_type[gpu_type_idx] : 0;
	/*
	 * The tightest type that has enough; untyped GPUs are one type.  Where
	 * none has, Slurm's select mixes types, and so do we.
	 */
	for (uint32_t t = 0; t <= types && rest; t++) {
		set = t < types ? free & node->gpus_of_type[t] : rest;
		rest &= ~set;
		if (!set)
			continue;
		uint32_t have = weft_bits_count(set);
		uint32_t top = weft_bits_count(best);

		if (top < count ? have > top : have >= count && have < top)
			best = set;
	}
	return (uint32_t)__builtin_popcountll(best) < count ? free : best;
}

static bool gpus_suffice(const struct weft_timeline *tl, uint32_t node_idx,
			 const struct weft_need *need, weft_gpuset_t free)
{
	uint32_t count = need->amount.gpus;

	if (!count)
		return true;
	if (weft_bits_count(free) < count)
		return false;
	free = weft_timeline_gpus(tl, node_idx, free, need->gpu_type_idx, count);
	return weft_bits_count(free) >= count;
}

static bool step_suffices(const struct step *s, const struct weft_need *need)
{
	return s->cpus >= need->amount.cpus && !s->wholes &&
		s->mem_mib >= need->amount.mem_mib &&
		(!need->whole || !s->users);
}

/*
 * How far a window that begins in step first reaches: the time at which it
 * breaks (or some time >= enough_sec), and in *ret_retry the step from which
 * to search on.
 */
static int64_t reach(const struct weft_timeline *tl, uint32_t node_idx,
		     const struct weft_need *need, uint32_t first,
		     int64_t enough_sec, uint32_t *ret_retry, uint64_t *steps)
{
	const struct row *row = &tl->row[node_idx];
	weft_gpuset_t gpus = ~(weft_gpuset_t)0;
	uint32_t i;

	for (i = first; i < row->count; i++) {
		const struct step *s = &row->step[i];

		(*steps)++;
		if (!step_suffices(s, need)) {
			*ret_retry = i + 1;
			return s->from_sec;
		}
		gpus &= s->gpus;
		if (!gpus_suffice(tl, node_idx, need, gpus)) {
			*ret_retry = first + 1;
			return s->from_sec;
		}
		if (s->from_sec >= enough_sec)
			break;
	}
	*ret_retry = first + 1;
	return i < row->count ? row->step[i].from_sec : WEFT_TIME_NEVER;
}

/*
 * Does a closure stand in [start, start + duration)?  Then *start moves behind
 * it; one that comes later bounds *until.
 */
static bool is_closed(const struct weft_timeline *tl, uint32_t node_idx,
		      const struct weft_need *need, int64_t *start,
		      uint32_t duration_sec, int64_t *until)
{
	int64_t end = weft_time_after(*start, duration_sec);

	for (const struct closure *c = tl->row[node_idx].closed; c; c = c->next) {
		if (c->resv_idx >= 0 && c->resv_idx == need->resv_idx)
			continue;
		if (c->end_sec <= *start || c->end_sec <= c->start_sec)
			continue;
		if (c->start_sec < end) {
			*start = c->end_sec;
			return true;
		}
		if (c->start_sec - (int64_t)duration_sec + 1 < *until)
			*until = c->start_sec - (int64_t)duration_sec + 1;
	}
	return false;
}

/*
 * The time in which its own reservation lets the job begin on the node.  It
 * may be asked for longer than the reservation lasts: Slurm starts it, and
 * ends it with the reservation (ResvOverRun).
 */
static bool own_window(const struct weft_timeline *tl, uint32_t node_idx,
		       const struct weft_need *need, int64_t *from,
		       int64_t *until)
{
	const struct weft_reservation *resv;

	if (need->resv_idx < 0)
		return true;
	if ((uint32_t)need->resv_idx >= tl->cluster->resv_count)
		return false;
	resv = &tl->cluster->resv[need->resv_idx];
	if (!weft_idxset_has(resv->nodes, node_idx))
		return false;
	if (*from < resv->start_sec)
		*from = resv->start_sec;
	if (resv->end_sec == WEFT_TIME_NEVER)
		return true;
	*until = resv->end_sec;
	return *from < resv->end_sec;
}

int64_t weft_timeline_next(const struct weft_timeline *tl, uint32_t node_idx,
			   const struct weft_need *need, int64_t from_sec,
			   uint32_t duration_sec, int64_t *ret_until,
			   uint64_t *steps)
{
	const struct row *row = &tl->row[node_idx];
	int64_t start = from_sec, limit, until, broken;
	uint32_t i, retry;

	if (start < tl->cluster->now_sec)
		start = tl->cluster->now_sec;
	for (;;) {
		limit = WEFT_TIME_NEVER;
		if (start == WEFT_TIME_NEVER ||
		    !own_window(tl, node_idx, need, &start, &limit))
			break;
		if (is_closed(tl, node_idx, need, &start, duration_sec, &limit))
			continue;
		i = find_step(row, start);
		broken = reach(tl, node_idx, need, i,
			       weft_time_after(step_end(row, i), duration_sec),
			       &retry, steps);
		if (broken < WEFT_TIME_NEVER &&
		    weft_time_after(start, duration_sec) > broken) {
			if (retry >= row->count)
				break;
			start = row->step[retry].from_sec;
			continue;
		}
		until = step_end(row, i);
		if (broken < WEFT_TIME_NEVER &&
		    broken - (int64_t)duration_sec + 1 < until)
			until = broken - (int64_t)duration_sec + 1;
		*ret_until = until < limit ? until : limit;
		return start;
	}
	*ret_until = WEFT_TIME_NEVER;
	return WEFT_TIME_NEVER;
}

uint32_t weft_timeline_count_now(const struct weft_timeline *tl,
				 const struct weft_need *need,
				 uint32_t enough)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < tl->cluster->node_count && count < enough; i++)
		count += step_suffices(&tl->row[i].step[0], need) &&
			gpus_suffice(tl, i, need, tl->row[i].step[0].gpus);
	return count;
}

int64_t weft_timeline_step_after(const struct weft_timeline *tl,
				 uint32_t node_idx, int64_t sec)
{
	const struct row *row = &tl->row[node_idx];
	uint32_t i = find_step(row, sec);

	return row->step[i].from_sec > sec ? row->step[i].from_sec :
		step_end(row, i);
}

uint32_t weft_timeline_version(const struct weft_timeline *tl,
			       uint32_t node_idx)
{
	return tl->row[node_idx].version;
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
