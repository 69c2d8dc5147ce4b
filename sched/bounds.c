/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bounds.c - see bounds.h: lower bounds, and why they are
 *
 * Job j comes at r, runs p, and holds a of a capacity A (one kind, say GPUs),
 * so its work is w = a p.  Each kind gives bounds; the largest counts, for a
 * real schedule must obey all kinds and the places of nodes besides.
 *
 * The end.  No job ends before r + p (critical).  Work that comes at t or
 * later is done at t or later at a rate of at most A, so the end is at least
 * t + sum(w) / A over jobs with r >= t; the largest over all t is the area
 * bound.  Of two jobs with a > A/2 never both run: the same with sum(p) over
 * these.
 *
 * Completion, fluid.  Let a machine of speed A serve each job's work at any
 * rate, with breaks.  Every real schedule is one of its schedules, with the
 * same completions.  On one machine with breaks, shortest remaining work
 * first has the least sum of completions (Schrage 1968), so that sum is a
 * lower bound.
 *
 * Completion, busy.  A real job holds the same amount all its time, so the
 * mean moment M of its work is the middle of its run: C = M + p/2.  On the
 * fluid machine, the sum of M is the cost of a transport: a share 1/w of a job's
 * unit of work at time t costs t/w.  If at some time work of a larger w is
 * done while some of a smaller w waits, exchanging an equal amount gains
 * (1/w_small - 1/w_large) times the time between; so smallest total work
 * first, with breaks, has the least sum of M.  That plus sum(p)/2 is a lower
 * bound (Goemans 1997; without release times Eastman, Even, Isaacs 1964).  It
 * sees that wide machines do not make one job faster; the fluid one does not,
 * but counts better when jobs of very different work come in bursts.
 *
 * Jobs without work of the kind count with r + p.  Waiting is completion less
 * r + p, so a bound of one is a bound of the other.
 *
 * Left out: nodes (a job that fits the sum of free GPUs may fit no node), and
 * jobs that are stopped and started again.
 *
 * Cost: O(n log n) a kind.
 */
#include "config.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "sched/bounds.h"

struct entry {
	double release, runtime, amount;
	double work, left;
};

struct heap {
	uint32_t count;
	uint32_t *idx;
	const struct entry *entry;
	int by_left;		/* else by work */
};

static double rank_of(const struct heap *h, uint32_t idx)
{
	return h->by_left ? h->entry[idx].left : h->entry[idx].work;
}

static void heap_push(struct heap *h, uint32_t idx)
{
	uint32_t at = h->count++;

	for (; at; at = (at - 1) / 2) {
		uint32_t up = (at - 1) / 2;

		if (rank_of(h, h->idx[up]) <= rank_of(h, idx))
			break;
		h->idx[at] = h->idx[up];
	}
	h->idx[at] = idx;
}

static void heap_pop(struct heap *h)
{
	uint32_t last = h->idx[--h->count], at = 0;

	for (;;) {
		uint32_t down = 2 * at + 1;

		if (down >= h->count)
			break;
		if (down + 1 < h->count && rank_of(h, h->idx[down + 1]) <
		    rank_of(h, h->idx[down]))
			down++;
		if (rank_of(h, last) <= rank_of(h, h->idx[down]))
			break;
		h->idx[at] = h->idx[down];
		at = down;
	}
	h->idx[at] = last;
}

static int compare_release(const void *a, const void *b)
{
	double x = ((const struct entry *)a)->release;
	double y = ((const struct entry *)b)->release;

	return (x > y) - (x < y);
}

/*
 * The machine of this speed on entries by release, the top of the heap first.
 * by_left: the sum of completions, else of mean busy moments.
 */
static double serve(struct entry *entry, uint32_t count, double speed,
		    uint32_t *idx, int by_left)
{
	struct heap h = { .idx = idx, .entry = entry, .by_left = by_left };
	double now = 0, sum = 0;
	uint32_t next = 0;

	while (next < count || h.count) {
		struct entry *e;
		double until, done;

		if (!h.count && entry[next].release > now)
			now = entry[next].release;
		for (; next < count && entry[next].release <= now; next++) {
			entry[next].left = entry[next].work;
			heap_push(&h, next);
		}
		e = &entry[h.idx[0]];
		until = now + e->left / speed;
		if (next < count && entry[next].release < until)
			until = entry[next].release;
		done = (until - now) * speed;
		if (!by_left)	/* share of the job times its middle */
			sum += (done < e->left ? done : e->left) / e->work *
				(now + until) / 2;
		if (next < count && until == entry[next].release &&
		    done < e->left) {
			e->left -= done;
		} else {
			if (by_left)
				sum += until;
			heap_pop(&h);
		}
		now = until;
	}
	return sum;
}

/* Work of this kind that comes at t or later, through the whole machine. */
static double area_end(const struct entry *entry, uint32_t count, double capacity)
{
	double work = 0, serial = 0, end = 0, at;

	for (uint32_t i = count; i-- > 0;) {
		work += entry[i].work;
		if (entry[i].amount > capacity / 2)
			serial += entry[i].runtime;
		at = work / capacity > serial ? work / capacity : serial;
		if (entry[i].release + at > end)
			end = entry[i].release + at;
	}
	return end;
}

/* The bounds that one kind gives, into the best so far. */
static void bound_kind(const struct weft_bound_job *job, uint32_t count,
		       double capacity, int kind, double origin,
		       struct entry *entry, uint32_t *idx, struct weft_bounds *b)
{
	double rest = 0, half = 0, sum;
	uint32_t n = 0;

	for (uint32_t i = 0; i < count; i++) {
		double amount = job[i].amount[kind];
		double release = job[i].release_sec - origin;

		if (!(amount > 0) || !(job[i].runtime_sec > 0)) {
			rest += release + job[i].runtime_sec;
			continue;
		}
		entry[n++] = (struct entry) {
			.release = release, .runtime = job[i].runtime_sec,
			.amount = amount, .work = amount * job[i].runtime_sec,
		};
		half += job[i].runtime_sec / 2;
	}
	qsort(entry, n, sizeof(*entry), compare_release);
	b->area_end_sec = fmax(b->area_end_sec, area_end(entry, n, capacity));
	sum = rest + serve(entry, n, capacity, idx, 1);
	b->fluid_sum_sec = fmax(b->fluid_sum_sec, sum);
	sum = rest + half + serve(entry, n, capacity, idx, 0);
	b->busy_sum_sec = fmax(b->busy_sum_sec, sum);
}

static int check(const struct weft_bound_job *job, uint32_t count,
		 const double capacity[WEFT_BOUND_KINDS], struct weft_err *err)
{
	for (uint32_t i = 0; i < count; i++) {
		if (!isfinite(job[i].release_sec) ||
		    !isfinite(job[i].runtime_sec) || job[i].runtime_sec < 0)
			return weft_err_set(err, EINVAL,
					    "job %u: a time that is none", i);
		for (int k = 0; k < WEFT_BOUND_KINDS; k++) {
			if (!isfinite(job[i].amount[k]) || job[i].amount[k] < 0)
				return weft_err_set(err, EINVAL,
						    "job %u: an amount that is none",
						    i);
			if (capacity[k] > 0 && job[i].amount[k] > capacity[k])
				return weft_err_set(err, EINVAL,
						    "job %u is larger than the machine",
						    i);
		}
	}
	return 0;
}

/* Times are counted from the first release: sums stay small and exact. */
static void finish(struct weft_bounds *b, const struct weft_bound_job *job,
		   uint32_t count, double origin)
{
	b->completion_sum_sec = fmax(b->alone_sum_sec,
				     fmax(b->fluid_sum_sec, b->busy_sum_sec));
	b->wait_mean_sec = (b->completion_sum_sec - b->alone_sum_sec) / count;
	for (uint32_t i = 0; i < count; i++)
		b->critical_end_sec = fmax(b->critical_end_sec,
					   job[i].release_sec - origin +
					   job[i].runtime_sec);
	b->critical_end_sec += origin;
	b->area_end_sec += origin;
	b->end_sec = fmax(b->critical_end_sec, b->area_end_sec);
	b->alone_sum_sec += origin * count;
	b->fluid_sum_sec += origin * count;
	b->busy_sum_sec += origin * count;
	b->completion_sum_sec += origin * count;
}

int weft_bounds_compute(const struct weft_bound_job *job, uint32_t count,
			const double capacity[WEFT_BOUND_KINDS],
			struct weft_bounds *ret_bounds, struct weft_err *err)
{
	struct weft_bounds b = { .count = count };
	struct entry *entry;
	uint32_t *idx;
	double origin = 0;
	int rc = check(job, count, capacity, err);

	if (rc)
		return rc;
	if (!count) {
		*ret_bounds = b;
		return 0;
	}
	entry = calloc(count, sizeof(*entry));
	idx = calloc(count, sizeof(*idx));
	if (!entry || !idx) {
		free(entry);
		free(idx);
		return weft_err_set(err, ENOMEM, "no memory for bounds");
	}
	origin = job[0].release_sec;
	for (uint32_t i = 1; i < count; i++)
		origin = fmin(origin, job[i].release_sec);
	for (uint32_t i = 0; i < count; i++)
		b.alone_sum_sec += job[i].release_sec - origin +
			job[i].runtime_sec;
	for (int k = 0; k < WEFT_BOUND_KINDS; k++)
		if (capacity[k] > 0)
			bound_kind(job, count, capacity[k], k, origin, entry,
				   idx, &b);
	finish(&b, job, count, origin);
	free(entry);
	free(idx);
	*ret_bounds = b;
	return 0;
}
