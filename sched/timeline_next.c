/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * timeline_next.c - questions about the rows of a timeline (timeline.h)
 *
 * A question walks the row once from the step of its start.  For CPUs and
 * memory a step that is too small rules out every window that contains it,
 * so the search goes on behind it.  GPUs are different: a job must keep the
 * same ones, so a window is judged by the intersection of its steps, and the
 * search goes on one step further only.  O(s) for CPU needs, O(s * w) with
 * GPUs, s steps on the node and w of them inside a window.
 *
 * Running jobs only ever give back.  So behind the last planned start on a
 * node (drop_sec) what is free only grows, and one step that suffices there
 * does for all time: no window has to be walked.  Most rows have no planned
 * start at all.
 */
#include "config.h"

#include "lib/bits.h"
#include "sched/timeline_impl.h"

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
		if (s->from_sec >= row->drop_sec)
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

/* Behind the last planned start: the first step from i on that suffices. */
static uint32_t first_growing(const struct weft_timeline *tl, uint32_t node_idx,
			      const struct weft_need *need, uint32_t i,
			      uint64_t *steps)
{
	const struct row *row = &tl->row[node_idx];

	for (; i < row->count; i++) {
		(*steps)++;
		if (step_suffices(&row->step[i], need) &&
		    gpus_suffice(tl, node_idx, need, row->step[i].gpus))
			break;
	}
	return i;
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
		if (start >= row->drop_sec) {
			i = first_growing(tl, node_idx, need, i, steps);
			if (i == row->count)
				break;
			if (row->step[i].from_sec <= start) {
				*ret_until = limit;
				return start;
			}
			start = row->step[i].from_sec;
			continue;
		}
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

void weft_timeline_expect(const struct weft_timeline *tl, uint32_t node_idx)
{
	const struct row *row = &tl->row[node_idx];

	__builtin_prefetch(&row->step[row->count / 2]);
	__builtin_prefetch(&row->step[row->count / 4]);
	__builtin_prefetch(&row->step[row->count / 8]);
}

bool weft_timeline_only_grows(const struct weft_timeline *tl,
			      uint32_t node_idx, int64_t sec)
{
	const struct row *row = &tl->row[node_idx];

	return sec >= row->drop_sec && !row->closed;
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
