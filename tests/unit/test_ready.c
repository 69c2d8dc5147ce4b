/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_ready.c - the lists of nodes ready now beside asking each node anew
 *
 * Small random clusters fill up with holds, now and later; in between random
 * kinds are asked for random times, and the candidates must be those that the
 * timeline names, with the score and the units of what is free there.
 */
#include "config.h"

#include "sched/ready.h"
#include "sched/shape.h"
#include "tests/unit/unit.h"

#define NODES 9
#define KINDS 4
#define NOW 7000
#define SPAN 50
#define CASES 1500
#define TURNS 60

struct world {
	struct weft_cluster c;
	struct weft_node node[NODES];
	struct weft_reservation resv;
	struct weft_idxset *all, *some;
	struct weft_timeline *tl;
	struct weft_shape shape[KINDS];
	struct weft_outlook *outlook;
	struct weft_ready *ready;
	struct weft_mix mix;
	unsigned long long number, seed;
};

static uint32_t dice(struct world *w, uint32_t sides)
{
	return (uint32_t)(unit_random(&w->seed) >> 33) % sides;
}

static void make_shape(struct world *w, struct weft_shape *s)
{
	*s = (struct weft_shape) {
		.nodes_min = 1, .nodes_max = 1, .limit_sec = 10,
		.gpu_type_idx = (int32_t)dice(w, 3) - 1,
		.resv_idx = dice(w, 3) ? -1 : 0,
		.exclusive = !dice(w, 5), .nodes = w->all,
		.per_node = { dice(w, 4), dice(w, 4), dice(w, 3) },
	};
	if (dice(w, 2))
		return;
	s->unit_count = s->nodes_max = 1 + dice(w, 6);
	s->per_unit = (struct weft_amount) { 1 + dice(w, 2), dice(w, 2), 0 };
	s->units_per_node_min = 1;
}

static void make_world(struct world *w, unsigned long long number)
{
	memset(w, 0, sizeof(*w));
	w->number = number;
	w->seed = number * 2654435761u + 88172645463325252ULL;
	w->all = weft_idxset_create(NODES);
	w->some = weft_idxset_create(NODES);
	weft_idxset_fill(w->all);
	for (uint32_t n = 0; n < NODES; n++) {
		w->node[n] = (struct weft_node) {
			.name = "n", .usable = dice(w, 8) > 0,
			.back_sec = NOW + dice(w, SPAN), .weight = dice(w, 2),
			.total = { 4 + dice(w, 4), 4, 8 },
			.gpus_of_type = { 3, 12 },
		};
		if (dice(w, 3) == 0)
			weft_idxset_add(w->some, n);
	}
	w->resv = (struct weft_reservation) {
		"r", NOW - 5 + dice(w, 20), NOW + 20 + dice(w, SPAN), w->some };
	w->c = (struct weft_cluster) {
		.now_sec = NOW, .node_count = NODES, .node = w->node,
		.gpu_type_count = 2, .resv_count = 1, .resv = &w->resv,
	};
	w->mix.count = dice(w, 3);
	for (uint32_t i = 0; i < w->mix.count; i++) {
		w->mix.item[i].demand = (struct weft_amount) {
			dice(w, 4), 1 + dice(w, 3), dice(w, 3) };
		w->mix.item[i].share = 1.0 / w->mix.count;
	}
	for (uint32_t k = 0; k < KINDS; k++)
		make_shape(w, &w->shape[k]);
	w->tl = weft_timeline_create(&w->c);
	w->outlook = weft_outlook_create(&w->c, w->tl, w->shape, KINDS);
	w->ready = weft_ready_create(&w->c, w->tl,
				     weft_outlook_kinds(w->outlook));
	ck_assert(w->all && w->some && w->tl && w->outlook && w->ready);
}

static void drop_world(struct world *w)
{
	weft_ready_destroy(w->ready);
	weft_outlook_destroy(w->outlook);
	weft_timeline_destroy(w->tl);
	weft_idxset_destroy(w->all);
	weft_idxset_destroy(w->some);
}

/* A hold that may be refused. */
static void fill(struct world *w)
{
	struct weft_hold hold = {
		.node_idx = dice(w, NODES), .cpus = dice(w, 4),
		.mem_mib = dice(w, 3), .gpus = dice(w, 16),
		.whole_node = !dice(w, 9),
	};
	int64_t start = dice(w, 2) ? NOW : NOW + dice(w, SPAN);
	int64_t end = dice(w, 7) ? start + 1 + dice(w, SPAN) : WEFT_TIME_NEVER;

	weft_timeline_add(w->tl, &hold, start, end, NULL);
}

/* What the list must say of the shape, node by node. */
static uint32_t expect(struct world *w, const struct weft_shape *s,
		       uint32_t duration_sec, struct weft_candidate *cand)
{
	struct weft_need need = weft_shape_need(s);
	uint32_t n = 0, units;
	uint64_t steps = 0;
	int64_t until;

	weft_idxset_foreach(s->nodes, i) {
		struct weft_free free = weft_timeline_free(
			w->tl, i, NOW, weft_time_after(NOW, duration_sec));

		if (!weft_shape_is_able(s, &w->c, i, &units) ||
		    weft_timeline_next(w->tl, i, &need, NOW, duration_sec,
				       &until, &steps) != NOW)
			continue;
		cand[n++] = (struct weft_candidate) {
			.node_idx = i,
			.score = weft_score(&w->mix, s, &w->node[i], &free),
			.units = s->unit_count ?
				weft_shape_units_on(s, &w->c, i, &free) : 0,
		};
	}
	return n;
}

static void ask(struct world *w)
{
	uint32_t at = dice(w, KINDS), n = 0, want;
	uint32_t duration = dice(w, 6) ? 1 + dice(w, SPAN) : UINT32_MAX;
	struct weft_candidate got[NODES + 1], cand[NODES];
	struct weft_ready_kind kind = {
		.kind_idx = weft_outlook_kind(w->outlook, at),
		.shape = &w->shape[at], .mix = &w->mix,
	};

	if (dice(w, 40) == 0)
		weft_ready_forget(w->ready, kind.kind_idx);
	ck_assert_int_eq(weft_outlook_able(w->outlook, at, &kind.able,
					   &kind.able_count), 0);
	ck_assert_int_eq(weft_ready_list(w->ready, &kind, duration, got, &n), 0);
	want = expect(w, &w->shape[at], duration, cand);
	ck_assert_msg(n == want, "seed %llu: %u are ready, want %u", w->number,
		      n, want);
	for (uint32_t i = 0; i < n; i++)
		ck_assert_msg(got[i].node_idx == cand[i].node_idx &&
			      got[i].score == cand[i].score &&
			      got[i].units == cand[i].units,
			      "seed %llu: node %u, want %u", w->number,
			      got[i].node_idx, cand[i].node_idx);
}

START_TEST(as_if_asked_anew)
{
	struct world w;

	for (unsigned long long number = 1; number <= CASES; number++) {
		make_world(&w, number);
		for (uint32_t turn = 0; turn < TURNS; turn++) {
			if (turn % 3 == 0)
				fill(&w);
			ask(&w);
		}
		drop_world(&w);
	}
}
END_TEST

UNIT_MAIN("ready", as_if_asked_anew)
