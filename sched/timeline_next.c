/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * timeline_next.c - questions about the rows of a timeline (timeline.h)
 *
 * Everything comes from one walk over the row that hands out gaps: times from
 * which on the need is free until some end.  For CPUs and memory a step that is
 * too small rules out every start before it, so the walk goes on behind it.
 * GPUs are different: a job must keep the same ones, so a gap reaches as far as
 * the intersection of its steps does, and the walk goes on one step further
 * only.  O(s) for CPU needs, O(s * w) with GPUs, s steps on the node and w of
 * them inside a gap.
 *
 * Running jobs only ever give back.  So behind the last planned start on a
 * node (drop_sec) what is free only grows, and one step that suffices there
 * does for all time: no gap has to be walked.  Most rows have no planned start
 * at all.
 */
#include "config.h"

#include "lib/bits.h"
#include "sched/timeline_impl.h"

/* What stays free where this step comes too. */
static struct weft_free lower(const struct weft_free *all, const struct step *s)
{
	struct weft_free less = *all;

	if (s->wholes)
		return (struct weft_free) { 0 };
	less.cpus = s->cpus < all->cpus ? s->cpus : all->cpus;
	less.mem_mib = s->mem_mib < all->mem_mib ? s->mem_mib : all->mem_mib;
	less.gpus = all->gpus & s->gpus;
	less.whole = all->whole && !s->users;
	return less;
}

static bool same_free(const struct weft_free *a, const struct weft_free *b)
{
	return a->cpus == b->cpus && a->mem_mib == b->mem_mib &&
		a->gpus == b->gpus && a->whole == b->whole;
}

struct weft_free weft_timeline_free_like(const struct weft_timeline *tl,
					 uint32_t node_idx, int64_t start_sec,
					 int64_t end_sec,
					 int64_t *ret_after_sec,
					 int64_t *ret_until_sec)
{
	const struct row *row = &tl->row[node_idx];
	struct weft_free all = { UINT32_MAX, UINT64_MAX, ~(weft_gpuset_t)0,
				 true }, less;

	*ret_after_sec = start_sec;
	*ret_until_sec = WEFT_TIME_NEVER;
	for (uint32_t i = find_step(row, start_sec); i < row->count; i++) {
		const struct step *s = &row->step[i];

		less = lower(&all, s);
		if (!same_free(&less, &all) && s->from_sec > start_sec) {
			if (s->from_sec >= end_sec) {
				*ret_until_sec = s->from_sec;
				break;
			}
			*ret_after_sec = s->from_sec;
		}
		all = less;
		if (s->from_sec >= row->drop_sec)
			break;		/* what is free only grows from here on */
	}
	return all;
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
		all = lower(&all, &row->step[i]);
		if (row->step[i].from_sec >= row->drop_sec)
			break;
	}
	return all;
}

static bool gpus_suffice(const struct weft_timeline *tl, uint32_t node_idx,
			 const struct weft_need *need, weft_gpuset_t free)
{
	uint32_t count = need->amount.gpus;

	if (!count)
		return true;
	if (weft_bits_count(free) < count)
		return false;
	if (need->gpu_type_idx < 0)
		return true;	/* of whatever types */
	free = weft_cluster_gpus(tl->cluster, node_idx, free, need->gpu_type_idx, count);
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
		if (s->from_sec >= row->drop_sec)
			break;		/* what is free only grows from here on */
		if (s->from_sec >= enough_sec) {
			*ret_retry = first + 1;
			return s->from_sec;
		}
	}
	*ret_retry = first + 1;
	return WEFT_TIME_NEVER;
}

/* The first step from i on that suffices by itself. */
static uint32_t first_sufficing(const struct weft_timeline *tl,
				uint32_t node_idx, const struct weft_need *need,
				uint32_t i, uint64_t *steps)
{
	const struct row *row = &tl->row[node_idx];

	for (; i < row->count; i++) {
		if (step_suffices(&row->step[i], need) &&
		    gpus_suffice(tl, node_idx, need, row->step[i].gpus))
			break;
		(*steps)++;
	}
	return i;
}

/*
 * The first time from sec on at which the node is closed by nobody else's
 * reservation, nor down; *ret_stop: when the next of these begins.
 */
static int64_t opens(const struct row *row, const struct weft_need *need,
		     int64_t sec, int64_t *ret_stop)
{
	const struct closure *c = row->closed;

	*ret_stop = WEFT_TIME_NEVER;
	while (c) {
		if ((c->resv_idx >= 0 && c->resv_idx == need->resv_idx) ||
		    c->end_sec <= sec || c->end_sec <= c->start_sec) {
			c = c->next;
		} else if (c->start_sec <= sec) {
			sec = c->end_sec;
			*ret_stop = WEFT_TIME_NEVER;
			c = row->closed;
		} else {
			if (c->start_sec < *ret_stop)
				*ret_stop = c->start_sec;
			c = c->next;
		}
	}
	return sec;
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

	*until = WEFT_TIME_NEVER;
	if (need->resv_idx < 0)
		return true;
	if ((uint32_t)need->resv_idx >= tl->cluster->resv_count)
		return false;
	resv = &tl->cluster->resv[need->resv_idx];
	if (!weft_idxset_has(resv->nodes, node_idx))
		return false;
	if (*from < resv->start_sec)
		*from = resv->start_sec;
	*until = resv->end_sec;
	return *from < *until;
}

static int64_t earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/*
 * Moves *start on to where the need is free at all, and the node open to it, in
 * step *ret_step; *ret_stop as above; false: never from there before last.
 */
static bool next_moment(const struct weft_timeline *tl, uint32_t node_idx,
			const struct weft_need *need, int64_t last,
			int64_t *start, uint32_t *ret_step, int64_t *ret_stop,
			uint64_t *steps)
{
	const struct row *row = &tl->row[node_idx];
	uint32_t i;

	for (;;) {
		*start = opens(row, need, *start, ret_stop);
		if (*start >= last)
			return false;
		i = first_sufficing(tl, node_idx, need, find_step(row, *start),
				    steps);
		if (i == row->count)
			return false;
		*ret_step = i;
		if (row->step[i].from_sec <= *start)
			return true;
		*start = row->step[i].from_sec;
	}
}

int64_t weft_timeline_first(const struct weft_timeline *tl, uint32_t node_idx,
			    const struct weft_need *need, uint64_t *steps)
{
	int64_t start = tl->cluster->now_sec, last, stop;
	uint32_t i;

	if (!own_window(tl, node_idx, need, &start, &last) ||
	    !next_moment(tl, node_idx, need, last, &start, &i, &stop, steps))
		return WEFT_TIME_NEVER;
	return start;
}

bool weft_timeline_gap(const struct weft_timeline *tl, uint32_t node_idx,
		       const struct weft_need *need, uint32_t enough_sec,
		       int64_t *look_sec, struct weft_gap *ret_gap,
		       uint64_t *steps)
{
	const struct row *row = &tl->row[node_idx];
	int64_t start = *look_sec, last, stop, end, next;
	uint32_t i, retry;

	if (start < tl->cluster->now_sec)
		start = tl->cluster->now_sec;
	if (!own_window(tl, node_idx, need, &start, &last) ||
	    !next_moment(tl, node_idx, need, last, &start, &i, &stop, steps))
		return false;
	end = reach(tl, node_idx, need, i,
		    weft_time_after(step_end(row, i), enough_sec), &retry, steps);
	next = end == WEFT_TIME_NEVER || retry >= row->count ?
		WEFT_TIME_NEVER : row->step[retry].from_sec;
	if (end > stop)
		end = next = stop;
	*ret_gap = (struct weft_gap) {
		start, earlier(earlier(next, end), last), end };
	*look_sec = next;
	return true;
}

int64_t weft_timeline_next(const struct weft_timeline *tl, uint32_t node_idx,
			   const struct weft_need *need, int64_t from_sec,
			   uint32_t duration_sec, int64_t *ret_until,
			   uint64_t *steps)
{
	struct weft_gap gap;

	while (weft_timeline_gap(tl, node_idx, need, duration_sec, &from_sec,
				 &gap, steps)) {
		if (weft_time_after(gap.from_sec, duration_sec) > gap.end_sec)
			continue;
		*ret_until = gap.to_sec;
		if (gap.end_sec < WEFT_TIME_NEVER)
			*ret_until = earlier(gap.to_sec, gap.end_sec -
					     (int64_t)duration_sec + 1);
		return gap.from_sec;
	}
	*ret_until = WEFT_TIME_NEVER;
	return WEFT_TIME_NEVER;
}

void weft_timeline_expect(const struct weft_timeline *tl, uint32_t node_idx)
{
	const struct row *row = &tl->row[node_idx];

	for (uint32_t i = 0; i < row->count && i < 8; i += 2)
		__builtin_prefetch(&row->step[i]);
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

int64_t weft_timeline_clear(const struct weft_timeline *tl, uint32_t node_idx)
{
	const struct row *row = &tl->row[node_idx];
	const struct step *last = &row->step[row->count - 1];

	return last->users ? WEFT_TIME_NEVER : last->from_sec;
}

int64_t weft_timeline_step_after(const struct weft_timeline *tl,
				 uint32_t node_idx, int64_t sec)
{
	const struct row *row = &tl->row[node_idx];
	uint32_t i = find_step(row, sec);

	return row->step[i].from_sec > sec ? row->step[i].from_sec :
		step_end(row, i);
}
