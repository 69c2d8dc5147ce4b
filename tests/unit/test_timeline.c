/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_timeline.c - the timeline beside an array of seconds
 *
 * The oracle keeps for each node and second what is free, and answers each
 * question by looking at every second.  Thousands of random nodes get running
 * jobs, planned holds (those that do not fit must be refused) and some of
 * these given back; after each change random questions must have the oracle's
 * answers.  The last second of the array stands for all that follow.
 */
#include "config.h"

#include <errno.h>

#include "sched/gaps.h"
#include "tests/unit/unit.h"

#define NODES 2
#define SPAN 64
#define NOW 5000
#define HOLDS 24
#define CASES 1000

struct second {
	int cpus, mem, users, wholes;
	weft_gpuset_t gpus;
};

struct taken {
	struct weft_hold hold;
	int from, until;	/* seconds from now; SPAN: for ever */
};

struct world {
	struct weft_cluster c;
	struct weft_node node[NODES];
	struct weft_running running[HOLDS];
	struct weft_hold hold[HOLDS];
	struct weft_reservation resv;
	struct weft_idxset *resv_nodes;
	struct second at[NODES][SPAN];
	struct taken planned[HOLDS];
	uint32_t planned_count;
	struct weft_timeline *tl;
	struct weft_need need;		/* always asked for */
	struct weft_gaps gaps[NODES];	/* and what is kept of it */
	unsigned long long number, seed;
};

static int dice(struct world *w, int sides)
{
	return (int)((unit_random(&w->seed) >> 33) % (unsigned int)sides);
}

/* ---- the oracle ----------------------------------------------------------- */

static void change(struct world *w, const struct taken *t, int sign)
{
	for (int u = t->from; u < t->until; u++) {
		struct second *s = &w->at[t->hold.node_idx][u];

		s->cpus -= sign * (int)t->hold.cpus;
		s->mem -= sign * (int)t->hold.mem_mib;
		s->users += sign;
		s->wholes += sign * t->hold.whole_node;
		s->gpus = sign > 0 ? s->gpus & ~t->hold.gpus :
			s->gpus | t->hold.gpus;
	}
}

static bool can_hold(const struct world *w, const struct taken *t)
{
	for (int u = t->from; u < t->until; u++) {
		const struct second *s = &w->at[t->hold.node_idx][u];

		if (s->cpus < (int)t->hold.cpus ||
		    s->mem < (int)t->hold.mem_mib ||
		    (t->hold.gpus & ~s->gpus) || s->wholes ||
		    (t->hold.whole_node && s->users))
			return false;
	}
	return true;
}

static bool is_open(const struct world *w, uint32_t n,
		    const struct weft_need *need, int from, int until)
{
	const struct weft_node *node = &w->node[n];
	int back = node->back_sec > NOW ? (int)(node->back_sec - NOW) : 1;
	bool mine = need->resv_idx == 0;
	int64_t begin = w->resv.start_sec - NOW, end = w->resv.end_sec - NOW;

	if (!node->usable && (node->back_sec == WEFT_TIME_NEVER || from < back))
		return false;
	if (!w->c.resv_count)
		return !mine;
	if (mine)	/* it may last longer than the reservation */
		return weft_idxset_has(w->resv_nodes, n) && from >= begin &&
			from < end;
	return !weft_idxset_has(w->resv_nodes, n) || until <= begin ||
		from >= end || begin >= end;	/* the last: it keeps nothing */
}

/* Does the need stay free in [from, until), and on the same GPUs? */
static bool is_free(const struct world *w, uint32_t n,
		    const struct weft_need *need, int from, int until)
{
	weft_gpuset_t gpus = ~(weft_gpuset_t)0;

	if (until > SPAN)
		until = SPAN;
	for (int u = from; u < until; u++) {
		const struct second *s = &w->at[n][u];

		if (s->cpus < (int)need->amount.cpus || s->wholes ||
		    s->mem < (int)need->amount.mem_mib ||
		    (need->whole && s->users))
			return false;
		gpus &= s->gpus;
	}
	if (need->gpu_type_idx >= 0)
		gpus &= w->node[n].gpus_of_type[need->gpu_type_idx];
	return __builtin_popcountll(gpus) >= (int)need->amount.gpus;
}

static bool is_good(const struct world *w, uint32_t n,
		    const struct weft_need *need, int from, uint32_t duration)
{
	int until = duration == UINT32_MAX ? INT32_MAX : from + (int)duration;

	return is_open(w, n, need, from, until) &&
		is_free(w, n, need, from, until);
}

/* ---- random nodes and holds ------------------------------------------------ */

static struct taken make_hold(struct world *w, bool now)
{
	struct taken t = {
		.hold = {
			.node_idx = (uint32_t)dice(w, NODES),
			.cpus = (uint32_t)dice(w, 4),
			.mem_mib = (uint64_t)dice(w, 4),
			.gpus = (weft_gpuset_t)dice(w, 16) &
				(weft_gpuset_t)dice(w, 16),
			.whole_node = !dice(w, 8),
		},
		.from = now ? 0 : dice(w, SPAN - 4),
	};

	t.until = t.from + 1 + dice(w, SPAN / 3);
	if (t.until > SPAN - 2 || !dice(w, 12))
		t.until = SPAN;
	return t;
}

static int64_t end_of(const struct taken *t)
{
	return t->until == SPAN ? WEFT_TIME_NEVER : NOW + t->until;
}

static void make_nodes(struct world *w)
{
	for (uint32_t n = 0; n < NODES; n++) {
		struct weft_node *node = &w->node[n];
		uint32_t gpus = (uint32_t)dice(w, 5);
		weft_gpuset_t all = ((weft_gpuset_t)1 << gpus) - 1;

		node->name = "n";
		node->total = (struct weft_amount) {
			4 + (uint32_t)dice(w, 8), gpus, 4 + (uint64_t)dice(w, 8) };
		node->gpus_of_type[0] = all & (weft_gpuset_t)dice(w, 16);
		node->gpus_of_type[1] = all & ~node->gpus_of_type[0];
		node->usable = dice(w, 8);
		node->back_sec = dice(w, 3) ? NOW + dice(w, SPAN / 2) :
			WEFT_TIME_NEVER;
		for (int u = 0; u < SPAN; u++)
			w->at[n][u] = (struct second) {
				.cpus = (int)node->total.cpus,
				.mem = (int)node->total.mem_mib, .gpus = all };
	}
	if (dice(w, 2))
		return;
	w->c.resv_count = 1;
	w->resv.start_sec = NOW + dice(w, SPAN / 2) - 5;
	w->resv.end_sec = w->resv.start_sec + dice(w, SPAN / 2);
	for (uint32_t n = 0; n < NODES; n++)
		if (dice(w, 2))
			weft_idxset_add(w->resv_nodes, n);
}

/* Running jobs: only what is there can be held, but a whole node beside others. */
static void make_running(struct world *w)
{
	for (int i = dice(w, 8); i > 0; i--) {
		struct taken t = make_hold(w, true);
		bool whole = t.hold.whole_node;
		uint32_t k = w->c.running_count;
		bool beside = true;

		t.hold.whole_node = false;
		for (int u = t.from; u < t.until; u++) {
			struct second *s = &w->at[t.hold.node_idx][u];

			beside = beside && s->cpus >= (int)t.hold.cpus &&
				s->mem >= (int)t.hold.mem_mib &&
				!(t.hold.gpus & ~s->gpus);
		}
		if (!beside)
			continue;
		t.hold.whole_node = whole;
		change(w, &t, 1);
		w->hold[k] = t.hold;
		w->running[k] = (struct weft_running) {
			.job_id = k, .hold_first = k, .hold_count = 1,
			.end_sec = end_of(&t) };
		if (t.until == 1 && dice(w, 2))
			w->running[k].end_sec = NOW - dice(w, 3);	/* due */
		w->c.running_count = w->c.hold_count = k + 1;
	}
}

static void make_world(struct world *w, unsigned long long seed)
{
	memset(w, 0, sizeof(*w));
	w->seed = seed * 2654435761u + 88172645463325252ULL;
	w->resv_nodes = weft_idxset_create(NODES);
	w->resv.name = "r";
	w->resv.nodes = w->resv_nodes;
	w->c = (struct weft_cluster) {
		.now_sec = NOW, .node_count = NODES, .node = w->node,
		.gpu_type_count = 2, .running = w->running, .hold = w->hold,
		.resv = &w->resv };
	make_nodes(w);
	make_running(w);
	w->tl = weft_timeline_create(&w->c);
	ck_assert_ptr_nonnull(w->tl);
	ck_assert_int_eq(weft_timeline_add_running(w->tl, NULL), 0);
}

/* ---- questions ------------------------------------------------------------- */

static bool same(const struct weft_free *a, const struct weft_free *b)
{
	return a->cpus == b->cpus && a->mem_mib == b->mem_mib &&
		a->gpus == b->gpus && a->whole == b->whole;
}

/* As much is free until the ends that are said to be like this one. */
static void ask_like(struct world *w, uint32_t n, int from, int until,
		     const struct weft_free *want)
{
	int64_t end = until >= SPAN ? WEFT_TIME_NEVER : NOW + until;
	int64_t after, last;
	struct weft_free free = weft_timeline_free_like(w->tl, n, NOW + from,
							end, &after, &last);

	ck_assert(same(&free, want));
	ck_assert(after >= NOW + from && after < end && last >= end);
	for (int64_t t = after + 1; t <= last && t < NOW + SPAN;
	     t += 1 + dice(w, 8)) {
		free = weft_timeline_free(w->tl, n, NOW + from, t);
		ck_assert_msg(same(&free, want), "seed %llu: not alike",
			      w->number);
	}
}

static void ask_free(struct world *w)
{
	uint32_t n = (uint32_t)dice(w, NODES);
	int from = dice(w, SPAN - 1), until = from + 1 + dice(w, SPAN - from);
	struct weft_free free = weft_timeline_free(
		w->tl, n, NOW + from, until >= SPAN ? WEFT_TIME_NEVER : NOW + until);
	struct weft_free want = { UINT32_MAX, UINT64_MAX,
				  ~(weft_gpuset_t)0, true };

	for (int u = from; u < until && u < SPAN; u++) {
		const struct second *s = &w->at[n][u];

		if (s->wholes) {
			want = (struct weft_free) { 0 };
			break;
		}
		want.cpus = s->cpus < (int)want.cpus || want.cpus == UINT32_MAX ?
			(uint32_t)s->cpus : want.cpus;
		want.mem_mib = (uint64_t)s->mem < want.mem_mib ?
			(uint64_t)s->mem : want.mem_mib;
		want.gpus &= s->gpus;
		want.whole = want.whole && !s->users;
	}
	ck_assert(same(&free, &want));
	ask_like(w, n, from, until, &want);
}

static struct weft_need make_need(struct world *w)
{
	return (struct weft_need) {
		.amount = { (uint32_t)dice(w, 5), (uint32_t)dice(w, 4),
			    (uint64_t)dice(w, 5) },
		.gpu_type_idx = dice(w, 3) - 1,
		.whole = !dice(w, 6),
		.resv_idx = w->c.resv_count && !dice(w, 4) ? 0 : -1,
	};
}

static void judge(struct world *w, uint32_t n, const struct weft_need *need,
		  int from, uint32_t duration, int64_t start, int64_t until)
{
	unsigned long long seed = w->number;
	int want = from;

	while (want < SPAN && !is_good(w, n, need, want, duration))
		want++;
	if (want == SPAN) {
		ck_assert_msg(start == WEFT_TIME_NEVER, "seed %llu: %lld, want never",
			      seed, (long long)start - NOW);
		return;
	}
	ck_assert_msg(start == NOW + want, "seed %llu: %lld, want %d", seed,
		      start == WEFT_TIME_NEVER ? -1LL : (long long)start - NOW,
		      want);
	ck_assert_int_gt(until, start);
	for (int u = want; u < SPAN && NOW + u < until; u++)
		if (!is_good(w, n, need, u, duration))
			ck_abort_msg("seed %llu: not as good at %d", seed, u);
}

/* The row is asked, and what is kept of an earlier question. */
static void ask_next(struct world *w)
{
	struct weft_need need = make_need(w);
	uint32_t n = (uint32_t)dice(w, NODES), until_ahead, ahead;
	uint32_t duration = dice(w, 6) ? 1 + (uint32_t)dice(w, SPAN / 2) :
		UINT32_MAX;
	int from = dice(w, SPAN / 2);
	uint64_t steps = 0;
	int64_t until, start = weft_timeline_next(w->tl, n, &need, NOW + from,
						  duration, &until, &steps);

	judge(w, n, &need, from, duration, start, until);
	start = weft_timeline_first(w->tl, n, &need, &steps);
	judge(w, n, &need, 0, 1, start, weft_time_after(start, 1));
	ahead = weft_gaps_next(&w->gaps[n], weft_timeline_versions(w->tl)[n],
			       w->tl, NOW, n, &w->need, (uint32_t)from,
			       duration, &until_ahead, &steps);
	judge(w, n, &w->need, from, duration, weft_sec_from(NOW, ahead),
	      weft_sec_from(NOW, until_ahead));
}

static void ask_count(struct world *w)
{
	struct weft_need need = make_need(w);
	uint32_t count = 0;

	for (uint32_t i = 0; i < NODES; i++)
		count += is_free(w, i, &need, 0, 1);
	ck_assert_uint_eq(weft_timeline_count_now(w->tl, &need, NODES), count);
}

static void ask(struct world *w)
{
	ck_assert_int_eq(weft_timeline_check(w->tl, NULL), 0);
	for (int i = 0; i < 6; i++) {
		ask_free(w);
		ask_next(w);
		ask_count(w);
	}
}

/* ---- the test ---------------------------------------------------------------- */

static void plan_one(struct world *w)
{
	struct taken t = make_hold(w, !dice(w, 4));
	uint32_t before = weft_timeline_versions(w->tl)[t.hold.node_idx];
	int rc = weft_timeline_add(w->tl, &t.hold, NOW + t.from, end_of(&t),
				   NULL);
	bool can = can_hold(w, &t);

	ck_assert_int_eq(rc, can ? 0 : -EBUSY);
	ck_assert_int_eq(weft_timeline_versions(w->tl)[t.hold.node_idx] !=
			 before, can);
	if (!can)
		return;
	change(w, &t, 1);
	w->planned[w->planned_count++] = t;
}

static void give_back(struct world *w)
{
	uint32_t i = (uint32_t)dice(w, (int)w->planned_count);
	struct taken t = w->planned[i];

	ck_assert_int_eq(weft_timeline_remove(w->tl, &t.hold, NOW + t.from,
					      end_of(&t), NULL), 0);
	change(w, &t, -1);
	w->planned[i] = w->planned[--w->planned_count];
}

START_TEST(test_random)
{
	struct world *w = malloc(sizeof(*w));

	for (unsigned long long seed = 1; seed <= CASES; seed++) {
		make_world(w, seed);
		w->number = seed;
		w->need = make_need(w);
		weft_gaps_clear(w->gaps, NODES);
		ask(w);
		for (int i = 0; i < HOLDS; i++) {
			if (w->planned_count && !dice(w, 5))
				give_back(w);
			else
				plan_one(w);
			ask(w);
		}
		weft_timeline_destroy(w->tl);
		weft_idxset_destroy(w->resv_nodes);
	}
	free(w);
}
END_TEST

UNIT_MAIN("timeline", test_random)
