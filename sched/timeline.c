/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * timeline.c - see timeline.h
 *
 * A row is an array of steps sorted by time; step i says what is free from its
 * start to the start of step i + 1, the last one for ever.  The first step
 * starts at the snapshot's now.  Taking a hold splits the row at the hold's
 * two ends and subtracts in between; giving it back adds and joins steps that
 * have become equal.
 *
 * A node is held "whole" by an exclusive job: nothing else may be added then,
 * and an exclusive job may only be added where nobody is.  That is why a step
 * also counts its holders.
 *
 * Each change of a row raises the row's version, by which caches above know
 * what they must look at again.
 *
 * Cost: add, remove and free are linear in the steps of one node, which are at
 * most twice the holds on it plus one.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sched/timeline_row.h"

struct weft_timeline *weft_timeline_create(const struct weft_cluster *cluster)
{
	struct weft_timeline *tl = calloc(1, sizeof(*tl));

	if (!tl)
		return NULL;
	tl->now_sec = cluster->now_sec;
	tl->row = calloc(cluster->node_count ? cluster->node_count : 1,
			 sizeof(*tl->row));
	if (!tl->row) {
		free(tl);
		return NULL;
	}
	tl->node_count = cluster->node_count;
	for (uint32_t i = 0; i < tl->node_count; i++) {
		const struct weft_node *node = &cluster->node[i];
		struct weft_row *row = &tl->row[i];

		row->step = row->inline_step;
		row->cap = WEFT_ROW_INLINE;
		row->count = 1;
		row->step[0] = (struct weft_step){
			.start_sec = cluster->now_sec,
			.cpus = node->total.cpus,
			.mem_mib = node->total.mem_mib,
			.gpus = weft_gpuset_first(node->total.gpus),
		};
	}
	return tl;
}

void weft_timeline_destroy(struct weft_timeline *tl)
{
	if (!tl)
		return;
	for (uint32_t i = 0; i < tl->node_count; i++)
		if (tl->row[i].step != tl->row[i].inline_step)
			free(tl->row[i].step);
	free(tl->row);
	free(tl);
}

/* The step in force at a time; times before now count as now. */
static uint32_t find_step(const struct weft_row *row, int64_t sec)
{
	uint32_t low = 0, high = row->count;

	while (high - low > 1) {
		uint32_t mid = low + (high - low) / 2;

		if (row->step[mid].start_sec <= sec)
			low = mid;
		else
			high = mid;
	}
	return low;
}

/* Room for two more steps, so that a change cannot fail half way. */
static int reserve_two(struct weft_row *row)
{
	struct weft_step *bigger;
	uint32_t cap = row->cap * 2;

	if (row->count + 2 <= row->cap)
		return 0;
	if (row->step == row->inline_step) {
		bigger = malloc(cap * sizeof(*bigger));
		if (bigger)
			memcpy(bigger, row->step, row->count * sizeof(*bigger));
	} else {
		bigger = realloc(row->step, cap * sizeof(*bigger));
	}
	if (!bigger)
		return -ENOMEM;
	row->step = bigger;
	row->cap = cap;
	return 0;
}

/* Make sure that a step starts exactly here; its index. */
static uint32_t split_at(struct weft_row *row, int64_t sec)
{
	uint32_t at = find_step(row, sec);

	if (row->step[at].start_sec >= sec)
		return at;
	memmove(&row->step[at + 2], &row->step[at + 1],
		(row->count - at - 1) * sizeof(*row->step));
	row->step[at + 1] = row->step[at];
	row->step[at + 1].start_sec = sec;
	row->count++;
	return at + 1;
}

static bool same_content(const struct weft_step *a, const struct weft_step *b)
{
	return a->cpus == b->cpus && a->mem_mib == b->mem_mib &&
	       a->gpus == b->gpus && a->holders == b->holders &&
	       a->whole == b->whole;
}

/* Join equal neighbours among steps first-1 .. last. */
static void join(struct weft_row *row, uint32_t first, uint32_t last)
{
	uint32_t to = first ? first : 1;

	if (last >= row->count)
		last = row->count - 1;
	for (uint32_t from = to; from < row->count; from++) {
		if (from <= last &&
		    same_content(&row->step[to - 1], &row->step[from]))
			continue;
		row->step[to++] = row->step[from];
	}
	row->count = to;
}

/* The steps that cover [start, end), split where needed. */
static int cut_out(struct weft_row *row, int64_t start_sec, int64_t end_sec,
		   uint32_t *ret_first, uint32_t *ret_last)
{
	if (reserve_two(row))
		return -ENOMEM;
	*ret_first = split_at(row, start_sec);
	*ret_last = end_sec == WEFT_TIME_NEVER ? row->count :
						 split_at(row, end_sec);
	return 0;
}

static bool has_room(const struct weft_step *step, const struct weft_hold *hold)
{
	return !step->whole && (!hold->whole_node || !step->holders) &&
	       step->cpus >= hold->cpus && step->mem_mib >= hold->mem_mib &&
	       !(hold->gpus & ~step->gpus);
}

static void take(struct weft_step *step, const struct weft_hold *hold)
{
	step->cpus -= step->cpus < hold->cpus ? step->cpus : hold->cpus;
	step->mem_mib -= step->mem_mib < hold->mem_mib ? step->mem_mib :
							 hold->mem_mib;
	step->gpus &= ~hold->gpus;
	step->holders++;
	step->whole |= hold->whole_node;
}

int weft_timeline_add(struct weft_timeline *tl, const struct weft_hold *hold,
		      int64_t start_sec, int64_t end_sec, struct weft_err *err)
{
	struct weft_row *row = &tl->row[hold->node_idx];
	uint32_t first, last;

	if (start_sec < tl->now_sec)
		start_sec = tl->now_sec;
	if (end_sec <= start_sec)
		return 0;
	for (uint32_t i = find_step(row, start_sec);
	     i < row->count && row->step[i].start_sec < end_sec; i++)
		if (!has_room(&row->step[i], hold))
			return weft_err_set(err, EBUSY,
					    "node %u: not free at second %lld",
					    hold->node_idx,
					    (long long)row->step[i].start_sec);
	if (cut_out(row, start_sec, end_sec, &first, &last))
		return weft_err_set(err, ENOMEM, "timeline: out of memory");
	for (uint32_t i = first; i < last; i++)
		take(&row->step[i], hold);
	row->version++;
	return 0;
}

int weft_timeline_force(struct weft_timeline *tl, const struct weft_hold *hold,
			int64_t end_sec)
{
	struct weft_row *row = &tl->row[hold->node_idx];
	uint32_t first, last;

	if (end_sec <= tl->now_sec)
		return 0;
	if (cut_out(row, tl->now_sec, end_sec, &first, &last))
		return -ENOMEM;
	for (uint32_t i = first; i < last; i++)
		take(&row->step[i], hold);
	row->version++;
	return 0;
}

int weft_timeline_remove(struct weft_timeline *tl, const struct weft_hold *hold,
			 int64_t start_sec, int64_t end_sec,
			 struct weft_err *err)
{
	struct weft_row *row = &tl->row[hold->node_idx];
	uint32_t first, last;

	if (start_sec < tl->now_sec)
		start_sec = tl->now_sec;
	if (end_sec <= start_sec)
		return 0;
	if (cut_out(row, start_sec, end_sec, &first, &last))
		return weft_err_set(err, ENOMEM, "timeline: out of memory");
	for (uint32_t i = first; i < last; i++) {
		struct weft_step *step = &row->step[i];

		if (!step->holders || step->gpus & hold->gpus)
			return weft_err_set(err, EINVAL,
				"node %u: giving back what is not held",
				hold->node_idx);
		step->cpus += hold->cpus;
		step->mem_mib += hold->mem_mib;
		step->gpus |= hold->gpus;
		step->holders--;
		if (hold->whole_node)
			step->whole = false;
	}
	join(row, first, last);
	row->version++;
	return 0;
}

struct weft_free weft_timeline_free(const struct weft_timeline *tl,
				    uint32_t node_idx, int64_t start_sec,
				    int64_t end_sec)
{
	const struct weft_row *row = &tl->row[node_idx];
	uint32_t i = find_step(row, start_sec);
	struct weft_free room = weft_step_free(&row->step[i]);

	for (i++; i < row->count && row->step[i].start_sec < end_sec; i++)
		weft_free_meet(&room, &row->step[i]);
	return room;
}

int weft_timeline_check(const struct weft_timeline *tl, struct weft_err *err)
{
	for (uint32_t n = 0; n < tl->node_count; n++) {
		const struct weft_row *row = &tl->row[n];

		if (!row->count || row->step[0].start_sec != tl->now_sec)
			return weft_err_set(err, EINVAL,
				"node %u: the row does not begin now", n);
		for (uint32_t i = 1; i < row->count; i++)
			if (row->step[i].start_sec <= row->step[i - 1].start_sec)
				return weft_err_set(err, EINVAL,
					"node %u: step %u is out of order", n, i);
	}
	return 0;
}
