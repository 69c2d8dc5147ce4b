/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * arrivals.c - see arrivals.h
 *
 * Of each node a lower bound of its next start is known (outlook.h).  Nodes are
 * asked in the order of these bounds (soonest.h), and one whose answer is later
 * than its bound waits among the others for its time.  So whoever comes first
 * in that order and has been asked is the next to arrive, and nobody is asked
 * whose bound is behind the last arrival, but for a few whose memory is fetched
 * together.
 *
 * When time goes on, those here whose gap has ended are asked again, from then
 * on, and may come later once more.
 *
 * Cost: O(log nodes) for each node asked and for each that arrives after the
 * time gone on to, O(1) for each that is here at it.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sched/arrivals.h"

#define AHEAD 8		/* nodes whose memory is fetched while others are asked */

int weft_arrivals_init(struct weft_arrivals *a, struct weft_outlook *outlook,
		       int64_t now_sec, uint32_t node_count)
{
	size_t n = (size_t)node_count + 1;

	*a = (struct weft_arrivals) {
		.outlook = outlook, .now_sec = now_sec,
		.node = malloc(n * sizeof(*a->node)),
		.is_asked = weft_idxset_create(node_count),
		.asked = malloc(n * sizeof(*a->asked)),
		.here = malloc(n * sizeof(*a->here)),
		.heap = malloc(n * sizeof(*a->heap)),
		.fresh = malloc(n * sizeof(*a->fresh)),
	};
	return a->node && a->is_asked && a->asked && a->here && a->heap &&
		a->fresh ? 0 : -ENOMEM;
}

void weft_arrivals_fini(struct weft_arrivals *a)
{
	free(a->node);
	weft_idxset_destroy(a->is_asked);
	free(a->asked);
	free(a->here);
	free(a->heap);
	free(a->fresh);
}

void weft_arrivals_begin(struct weft_arrivals *a, const struct weft_view *view,
			 const struct weft_idxset *except)
{
	a->view = view;
	a->except = except;
	a->sec = 0;
	a->asked_count = a->here_count = 0;
	weft_idxset_clear(a->is_asked);
	weft_soonest_walk_begin(&a->walk, view->soonest, a->heap);
}

static void ask(struct weft_arrivals *a, uint32_t i)
{
	if (a->except && weft_idxset_has(a->except, a->view->able[i].node_idx)) {
		a->node[i] = (struct weft_arrival) { WEFT_SEC_NEVER,
						     WEFT_SEC_NEVER };
		return;
	}
	a->node[i].start_sec = weft_outlook_next(a->outlook, a->view, i, a->sec,
						 &a->node[i].until_sec);
}

static void ask_first(struct weft_arrivals *a, uint32_t i)
{
	weft_idxset_add(a->is_asked, i);
	a->asked[a->asked_count++] = i;
	ask(a, i);
}

/* Those whose gap is over leave; they may come again. */
static void leave(struct weft_arrivals *a)
{
	uint32_t stay = 0;

	for (uint32_t k = 0; k < a->here_count; k++) {
		uint32_t i = a->here[k];

		if (a->node[i].until_sec <= a->sec)
			ask(a, i);
		if (a->node[i].start_sec > a->sec) {
			weft_soonest_walk_put(&a->walk, i,
					      a->node[i].start_sec);
			continue;
		}
		a->node[i].start_sec = a->sec;
		a->here[stay++] = i;
	}
	a->here_count = stay;
}

/* Asked already and come by its time, or to be asked now. */
static void come(struct weft_arrivals *a, uint32_t i)
{
	struct weft_arrival *node = &a->node[i];

	if (!weft_idxset_has(a->is_asked, i))
		ask_first(a, i);
	else if (node->until_sec <= a->sec)
		ask(a, i);
	if (node->start_sec > a->sec) {
		weft_soonest_walk_put(&a->walk, i, node->start_sec);
		return;
	}
	node->start_sec = a->sec;
	a->here[a->here_count++] = i;
}

void weft_arrivals_go(struct weft_arrivals *a, int64_t sec)
{
	uint32_t n;

	a->sec = weft_sec_ahead(a->now_sec, sec);
	leave(a);
	n = weft_soonest_walk_until(&a->walk, a->sec, a->fresh);
	for (uint32_t k = 0; k < n; k++) {
		if (k + AHEAD < n)
			weft_outlook_expect(a->view, a->fresh[k + AHEAD]);
		if (k + AHEAD / 2 < n)
			weft_outlook_expect_row(a->outlook, a->view,
						a->fresh[k + AHEAD / 2]);
		come(a, a->fresh[k]);
	}
	a->at_count = a->here_count;
}

bool weft_arrivals_add_next(struct weft_arrivals *a, int64_t last_sec)
{
	uint32_t last = weft_sec_ahead(a->now_sec, last_sec), n;
	struct weft_soonest_walk *w = &a->walk;

	if (last == WEFT_SEC_NEVER)
		last--;
	while (weft_soonest_walk_peek(w) <= last) {
		if (weft_soonest_walk_is_again(w)) {
			a->here[a->here_count++] = weft_soonest_walk_pop(w);
			return true;
		}
		for (n = 0; n < AHEAD && weft_soonest_walk_peek(w) <= last &&
			    !weft_soonest_walk_is_again(w); n++) {
			a->fresh[n] = weft_soonest_walk_pop(w);
			weft_outlook_expect(a->view, a->fresh[n]);
		}
		for (uint32_t k = 0; k < n; k++)
			weft_outlook_expect_row(a->outlook, a->view,
						a->fresh[k]);
		for (uint32_t k = 0; k < n; k++) {
			ask_first(a, a->fresh[k]);
			weft_soonest_walk_put(w, a->fresh[k],
					      a->node[a->fresh[k]].start_sec);
		}
	}
	return false;
}

int64_t weft_arrivals_peek(const struct weft_arrivals *a)
{
	return weft_sec_from(a->now_sec, weft_soonest_walk_peek(&a->walk));
}

void weft_arrivals_learn(const struct weft_arrivals *a, struct weft_view *view)
{
	for (uint32_t k = 0; k < a->asked_count; k++)
		weft_outlook_learn_node(view, a->asked[k],
					a->node[a->asked[k]].start_sec);
}
