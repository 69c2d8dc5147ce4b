/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sim_stock_when.c - when would stock's select say that a job can run
 *
 * select/cons_tres answers "will run" by letting running jobs end, in order
 * of their limits, and trying the job now and then.  It does not try after
 * each end: ends within a window are taken together, and the window doubles
 * with every try, so the further the answer lies, the coarser it is.
 * (plugins/select/cons_common/job_test.c, _will_run_test, of Slurm 22.05.)
 *
 * Cost: O(running + tries * nodes), tries about the logarithm of the time.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sched/sim_stock.h"

#define FIRST_WINDOW_SEC 30
#define TOGETHER_MAX 201

static int by_end(const void *a, const void *b)
{
	const struct weft_ending *x = a, *y = b;

	if (x->sec != y->sec)
		return x->sec < y->sec ? -1 : 1;
	return x->running_idx < y->running_idx ? -1 :
		x->running_idx > y->running_idx;
}

int weft_endings_sort(struct weft_endings *endings,
		      const struct weft_cluster *c)
{
	uint32_t cap = c->running_count * 2;
	struct weft_ending *more;

	if (c->running_count > endings->cap) {
		more = realloc(endings->ending, cap * sizeof(*more));
		if (!more)
			return -ENOMEM;
		endings->ending = more;
		endings->cap = cap;
	}
	endings->count = c->running_count;
	for (uint32_t i = 0; i < c->running_count; i++)
		endings->ending[i] = (struct weft_ending) {
			c->running[i].end_sec, i };
	if (endings->count)
		qsort(endings->ending, endings->count,
		      sizeof(*endings->ending), by_end);
	return 0;
}

void weft_endings_fini(struct weft_endings *endings)
{
	free(endings->ending);
	*endings = (struct weft_endings) { 0 };
}

void weft_endings_release(const struct weft_cluster *c, uint32_t running_idx,
			  struct weft_room *room)
{
	const struct weft_running *r = &c->running[running_idx];

	for (uint32_t k = 0; k < r->hold_count; k++) {
		const struct weft_hold *h = &c->hold[r->hold_first + k];

		room[h->node_idx].cpus += h->cpus;
		room[h->node_idx].mem_mib += h->mem_mib;
		room[h->node_idx].gpus |= h->gpus;
	}
}

static bool is_on(const struct weft_cluster *c, uint32_t running_idx,
		  const struct weft_idxset *nodes)
{
	const struct weft_running *r = &c->running[running_idx];

	for (uint32_t k = 0; k < r->hold_count; k++)
		if (weft_idxset_has(nodes, c->hold[r->hold_first + k].node_idx))
			return true;
	return false;
}

/*
 * Let jobs end from *at on until the window closes.  Returns the last one's
 * end, or INT64_MIN if none was left; *ret_test: the job may be tried now.
 */
static int64_t end_some(const struct weft_cluster *c,
			const struct weft_endings *endings,
			const struct weft_idxset *allowed, uint32_t *at,
			int64_t *base, int64_t window, struct weft_room *room,
			bool *ret_test)
{
	int64_t last = INT64_MIN;
	uint32_t together = 0;

	*ret_test = true;
	while (*at < endings->count) {
		const struct weft_ending *e = &endings->ending[(*at)++];

		if (!is_on(c, e->running_idx, allowed))
			continue;
		if (*base == INT64_MIN)
			*base = e->sec + (window - e->sec % window);
		last = e->sec;
		weft_endings_release(c, e->running_idx, room);
		if (*at < endings->count && e[1].sec > *base + window)
			break;
		if (*at < endings->count && together++ >= TOGETHER_MAX) {
			*ret_test = false;
			break;
		}
	}
	return last;
}

int64_t weft_stock_when(const struct weft_room *now_room,
			const struct weft_cluster *c,
			const struct weft_endings *endings,
			const struct weft_idxset *allowed,
			const struct weft_shape *shape,
			struct weft_room *scratch, struct weft_place *ret_place)
{
	int64_t base = INT64_MIN, window = FIRST_WINDOW_SEC, last;
	uint32_t at = 0;
	bool test;

	if (weft_stock_choose(now_room, c->node_count, allowed, shape,
			      ret_place))
		return c->now_sec;
	memcpy(scratch, now_room, c->node_count * sizeof(*scratch));
	while (at < endings->count) {
		last = end_some(c, endings, allowed, &at, &base, window,
				scratch, &test);
		if (last == INT64_MIN)
			break;
		if (!test)
			continue;
		do
			window *= 2;
		while (at < endings->count &&
		       endings->ending[at].sec > base + window);
		if (weft_stock_choose(scratch, c->node_count, allowed, shape,
				      ret_place))
			return last > c->now_sec ? last : c->now_sec + 1;
	}
	return WEFT_TIME_NEVER;
}
