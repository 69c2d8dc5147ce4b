/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ready.c - see ready.h
 *
 * Most jobs that start at once are small, of few kinds, and every node that is
 * partly free is a candidate for them: thousands, to be scored for each job,
 * although hardly any has changed since the job before.  So per kind a list is
 * kept of the nodes that are free at this moment, and of each
 *
 *   - for how long it is (room_sec),
 *   - what is free for a job of a certain time, as a score and a number of units,
 *     and for which other times that is the same (after_sec, until_sec),
 *   - the version of its row as of which that holds.
 *
 * A list is made at the first question about its kind.  Who is not free any more
 * leaves it for good.
 *
 * Cost: to make a list O(able nodes), and a walk over the row of each that is
 * free now; a question O(nodes of the list), and a walk for each that was planned
 * on since, or was last asked for a time that does not tell this one's score.
 * READY_BYTES bounds the lists of all kinds; whoever comes when they are full is
 * not served.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>

#include "sched/ready.h"

#define READY_BYTES ((size_t)64 << 20)

struct entry {
	uint64_t score;
	uint32_t able_idx, version, units;
	uint32_t room_sec;	/* WEFT_SEC_NEVER: for ever */
	uint32_t after_sec, until_sec;	/* the score is of times in (after, until] */
};

struct list {
	struct entry *entry;
	uint32_t count;
	size_t bytes;
	bool made;
};

struct weft_ready {
	const struct weft_cluster *cluster;
	const struct weft_timeline *tl;
	const uint32_t *version;	/* the timeline's */
	struct list *list;		/* [kind] */
	uint32_t kind_count;
	size_t bytes;
};

struct weft_ready *weft_ready_create(const struct weft_cluster *cluster,
				     const struct weft_timeline *tl,
				     uint32_t kind_count)
{
	struct weft_ready *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	*r = (struct weft_ready) {
		.cluster = cluster, .tl = tl, .kind_count = kind_count,
		.version = weft_timeline_versions(tl),
		.list = calloc((size_t)kind_count + 1, sizeof(*r->list)),
	};
	if (r->list)
		return r;
	free(r);
	return NULL;
}

void weft_ready_destroy(struct weft_ready *r)
{
	if (!r)
		return;
	for (uint32_t i = 0; i < r->kind_count; i++)
		free(r->list[i].entry);
	free(r->list);
	free(r);
}

void weft_ready_forget(struct weft_ready *r, uint32_t kind_idx)
{
	struct list *l = &r->list[kind_idx];

	free(l->entry);
	r->bytes -= l->bytes;
	*l = (struct list) { 0 };
}

/* How long the node stays free for the kind from now on; 0: it is not. */
static uint32_t room(const struct weft_ready *r, const struct weft_need *need,
		     uint32_t node_idx)
{
	int64_t now = r->cluster->now_sec, look = now;
	uint64_t steps = 0;
	struct weft_gap gap;

	if (!weft_timeline_gap(r->tl, node_idx, need, UINT32_MAX, &look, &gap,
			       &steps) || gap.from_sec > now)
		return 0;
	return weft_sec_end_ahead(now, gap.end_sec);
}

/* What is free in it for a job of this time, and of which others. */
static void judge(const struct weft_ready *r, const struct weft_ready_kind *k,
		  struct entry *e, uint32_t duration_sec,
		  struct weft_scored *last)
{
	int64_t now = r->cluster->now_sec, after, until;
	uint32_t node_idx = k->able[e->able_idx].node_idx;
	struct weft_free free;

	free = weft_timeline_free_like(r->tl, node_idx, now,
				       weft_time_after(now, duration_sec),
				       &after, &until);
	e->score = weft_score_like(last, k->mix, k->shape,
				   &r->cluster->node[node_idx], &free);
	e->units = k->shape->unit_count ?
		weft_shape_units_on(k->shape, r->cluster, node_idx, &free) : 0;
	e->after_sec = weft_sec_ahead(now, after);
	e->until_sec = weft_sec_end_ahead(now, until);
}

/* Every node that is free now; they are judged when they are asked for. */
static int make(struct weft_ready *r, const struct weft_ready_kind *k,
		struct list *l)
{
	struct weft_need need = weft_shape_need(k->shape);
	uint32_t cap = 0;

	for (uint32_t i = 0; i < k->able_count; i++) {
		uint32_t node_idx = k->able[i].node_idx;
		uint32_t sec = room(r, &need, node_idx);
		struct entry *more = l->entry;

		if (!sec)
			continue;
		if (l->count == cap) {
			cap = cap ? 2 * cap : 64;
			if (r->bytes + cap * sizeof(*more) > READY_BYTES)
				return -ENOSPC;
			more = realloc(l->entry, cap * sizeof(*more));
		}
		if (!more)
			return -ENOMEM;
		l->entry = more;
		l->entry[l->count++] = (struct entry) {
			.able_idx = i, .room_sec = sec,
			.version = r->version[node_idx],
			.after_sec = WEFT_SEC_NEVER,
		};
	}
	l->bytes = cap * sizeof(*l->entry);
	r->bytes += l->bytes;
	l->made = true;
	return 0;
}

/* Planned on since: false if the node is not free any more. */
static bool renew(const struct weft_ready *r, const struct weft_ready_kind *k,
		  struct entry *e)
{
	struct weft_need need = weft_shape_need(k->shape);
	uint32_t node_idx = k->able[e->able_idx].node_idx;

	e->version = r->version[node_idx];
	e->room_sec = room(r, &need, node_idx);
	e->after_sec = WEFT_SEC_NEVER;
	return e->room_sec > 0;
}

int weft_ready_list(struct weft_ready *r, const struct weft_ready_kind *k,
		    uint32_t duration_sec, struct weft_candidate *ret_cand,
		    uint32_t *ret_count)
{
	struct list *l = &r->list[k->kind_idx];
	struct weft_scored last = { .valid = false };
	uint32_t kept = 0, n = 0;
	int rc = l->made ? 0 : make(r, k, l);

	if (rc) {
		weft_ready_forget(r, k->kind_idx);
		return rc;
	}
	for (uint32_t i = 0; i < l->count; i++) {
		struct entry *e = &l->entry[kept];
		const struct weft_able *able;

		*e = l->entry[i];
		able = &k->able[e->able_idx];
		if (e->version != r->version[able->node_idx] && !renew(r, k, e))
			continue;
		kept++;
		if (e->room_sec < duration_sec)
			continue;
		if (duration_sec <= e->after_sec || duration_sec > e->until_sec)
			judge(r, k, e, duration_sec, &last);
		ret_cand[n++] = (struct weft_candidate) {
			.node_idx = able->node_idx, .units = e->units,
			.score = e->score, .required = able->required,
		};
	}
	l->count = kept;
	*ret_count = n;
	return 0;
}
