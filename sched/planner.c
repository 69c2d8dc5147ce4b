/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * planner.c - see planner.h: making, growing and giving back what a cycle
 * works with, and the record of who holds which node until when.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sched/planner.h"

#define NONE UINT32_MAX

/* A running job that is past its limit may end any moment: plan for soon. */
#define OVERDUE_SEC 30

static int64_t end_of_running(const struct weft_planner *p,
			      const struct weft_running *job)
{
	int64_t soon = p->cluster->now_sec + OVERDUE_SEC;

	return job->end_sec > soon ? job->end_sec : soon;
}

static int add_user(struct weft_planner *p, uint32_t node_idx, uint32_t job_id,
		    int64_t until_sec)
{
	uint32_t cap = p->user_cap ? p->user_cap * 2 : 256;
	struct weft_user *bigger;

	if (p->user_count == p->user_cap) {
		bigger = realloc(p->user, cap * sizeof(*bigger));
		if (!bigger)
			return -ENOMEM;
		p->user = bigger;
		p->user_cap = cap;
	}
	p->user[p->user_count] = (struct weft_user){
		.job_id = job_id, .until_sec = until_sec,
		.next = p->user_of[node_idx],
	};
	p->user_of[node_idx] = p->user_count++;
	return 0;
}

static int add_running(struct weft_planner *p)
{
	const struct weft_cluster *c = p->cluster;

	for (uint32_t i = 0; i < c->running_count; i++) {
		const struct weft_running *job = &c->running[i];
		int64_t end = end_of_running(p, job);

		for (uint32_t h = 0; h < job->hold_count; h++) {
			const struct weft_hold *hold =
				&c->hold[job->hold_first + h];

			if (weft_timeline_force(p->tl, hold, end) ||
			    weft_timeline_force(p->base, hold, end) ||
			    add_user(p, hold->node_idx, job->job_id, end))
				return -ENOMEM;
		}
	}
	return 0;
}

static int create_parts(struct weft_planner *p)
{
	uint32_t n = p->cluster->node_count ? p->cluster->node_count : 1;

	p->plan = calloc(1, sizeof(*p->plan));
	p->tl = weft_timeline_create(p->cluster);
	p->base = weft_timeline_create(p->cluster);
	p->licenses = weft_licenses_create(p->cluster);
	p->base_licenses = weft_licenses_create(p->cluster);
	p->placer = weft_placer_create(p->cluster, &p->mix,
				       p->policy->fragmentation);
	p->state = calloc(p->shape_count ? p->shape_count : 1,
			  sizeof(*p->state));
	p->place = malloc(n * sizeof(*p->place));
	p->user_of = malloc(n * sizeof(*p->user_of));
	if (!p->plan || !p->tl || !p->base || !p->licenses ||
	    !p->base_licenses || !p->placer || !p->state || !p->place ||
	    !p->user_of)
		return -ENOMEM;
	memset(p->user_of, 0xff, n * sizeof(*p->user_of));
	for (uint32_t i = 0; i < p->shape_count; i++)
		p->state[i].cache.earliest_sec = INT64_MIN;
	if (weft_search_init(&p->search, p->cluster, p->tl, p->licenses,
			     p->placer) ||
	    weft_search_init(&p->base_search, p->cluster, p->base,
			     p->base_licenses, p->placer))
		return -ENOMEM;
	return add_running(p);
}

int weft_planner_init(struct weft_planner *p, struct weft_err *err)
{
	if (create_parts(p))
		return weft_err_set(err, ENOMEM, "plan: out of memory");
	return 0;
}

void weft_planner_fini(struct weft_planner *p)
{
	for (uint32_t i = 0; i < p->shape_count && p->state; i++)
		weft_shape_cache_fini(&p->state[i].cache);
	weft_search_fini(&p->search);
	weft_search_fini(&p->base_search);
	weft_timeline_destroy(p->tl);
	weft_timeline_destroy(p->base);
	weft_licenses_destroy(p->licenses);
	weft_licenses_destroy(p->base_licenses);
	weft_placer_destroy(p->placer);
	weft_plan_destroy(p->plan);
	free(p->state);
	free(p->place);
	free(p->user);
	free(p->user_of);
}

/* Room for add more items of the size given. */
static int reserve(void **array, uint32_t *cap, uint32_t count, uint32_t add,
		   size_t size)
{
	uint32_t want = *cap ? *cap : 64;
	void *bigger;

	if (count + add <= *cap)
		return 0;
	while (want < count + add)
		want *= 2;
	bigger = realloc(*array, want * size);
	if (!bigger)
		return -ENOMEM;
	*array = bigger;
	*cap = want;
	return 0;
}

int weft_planner_reserve_places(struct weft_planner *p, uint32_t count)
{
	void *array = p->plan->place;
	int rc = reserve(&array, &p->place_cap, p->plan->place_count, count,
			 sizeof(*p->plan->place));

	p->plan->place = array;
	return rc;
}

int weft_planner_add_decision(struct weft_planner *p,
			      const struct weft_decision *decision)
{
	void *array = p->plan->decision;
	int rc = reserve(&array, &p->decision_cap, p->plan->decision_count, 1,
			 sizeof(*p->plan->decision));

	p->plan->decision = array;
	if (!rc)
		p->plan->decision[p->plan->decision_count++] = *decision;
	return rc;
}

int weft_planner_note_planned(struct weft_planner *p, uint32_t job_id,
			      const struct weft_decision *decision)
{
	int64_t end = weft_end_of(decision->start_sec, decision->limit_sec);

	for (uint32_t i = 0; i < decision->place_count; i++)
		if (add_user(p, p->plan->place[decision->place_first + i].node_idx,
			     job_id, end))
			return -ENOMEM;
	return 0;
}

/* Put b among the WEFT_BLOCKERS_MAX latest, each job once. */
static uint32_t insert_latest(struct weft_blocker *list, uint32_t count,
			      struct weft_blocker b)
{
	uint32_t at;

	for (uint32_t i = 0; i < count; i++)
		if (list[i].job_id == b.job_id)
			return count;
	if (count == WEFT_BLOCKERS_MAX) {
		if (list[count - 1].until_sec >= b.until_sec)
			return count;
		count--;
	}
	for (at = count; at > 0 && list[at - 1].until_sec < b.until_sec; at--)
		list[at] = list[at - 1];
	list[at] = b;
	return count + 1;
}

int weft_planner_add_blockers(struct weft_planner *p,
			      struct weft_decision *decision)
{
	struct weft_blocker list[WEFT_BLOCKERS_MAX];
	void *array = p->plan->blocker;
	uint32_t count = 0;

	for (uint32_t i = 0; i < decision->place_count; i++) {
		uint32_t node_idx =
			p->plan->place[decision->place_first + i].node_idx;

		for (uint32_t u = p->user_of[node_idx]; u != NONE;
		     u = p->user[u].next)
			if (p->user[u].until_sec <= decision->start_sec)
				count = insert_latest(list, count,
					(struct weft_blocker){
						p->user[u].job_id,
						p->user[u].until_sec });
	}
	if (reserve(&array, &p->blocker_cap, p->plan->blocker_count, count,
		    sizeof(*p->plan->blocker)))
		return -ENOMEM;
	p->plan->blocker = array;
	memcpy(p->plan->blocker + p->plan->blocker_count, list,
	       count * sizeof(*list));
	decision->reason.blocker_first = p->plan->blocker_count;
	decision->reason.blocker_count = count;
	p->plan->blocker_count += count;
	return 0;
}
