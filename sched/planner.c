/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * planner.c - the state of one planning cycle (plan_impl.h)
 *
 * Turns what a search found into places with GPUs, holds on the timelines and
 * licences, and into the names of the jobs that are in the way.  Those are
 * looked up in a list of holders for each node: of the jobs that leave the
 * chosen nodes before the planned start, the last to leave, up to
 * BLOCKERS_MAX of them from at most NODES_ASKED nodes.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "gres/rails.h"
#include "lib/bits.h"
#include "sched/plan_impl.h"

#define NONE UINT32_MAX
#define BLOCKERS_MAX 8
#define NODES_ASKED 16
#define HOLDERS_ASKED 512

static int add_holder(struct weft_planner *p, uint32_t node_idx,
		      uint32_t job_id, int64_t end_sec)
{
	uint32_t cap = p->holder_cap ? p->holder_cap * 2 : 256;
	struct weft_holder *more;

	if (p->holder_count == p->holder_cap) {
		more = realloc(p->holder, cap * sizeof(*more));
		if (!more)
			return -ENOMEM;
		p->holder = more;
		p->holder_cap = cap;
	}
	p->holder[p->holder_count] = (struct weft_holder) {
		.job_id = job_id, .end_sec = end_sec,
		.next = p->holder_first[node_idx],
	};
	p->holder_first[node_idx] = p->holder_count++;
	return 0;
}

static int add_running(struct weft_planner *p)
{
	const struct weft_cluster *c = p->cluster;
	int rc = 0;

	for (uint32_t i = 0; rc == 0 && i < c->running_count; i++) {
		const struct weft_running *job = &c->running[i];
		const struct weft_license_use *use = job->license_count ?
			&c->license_use[job->license_first] : NULL;
		int64_t end = job->end_sec > c->now_sec ? job->end_sec :
			c->now_sec + 1;

		for (uint32_t k = 0; p->base && rc == 0 && k < job->hold_count;
		     k++)
			rc = add_holder(p, c->hold[job->hold_first + k].node_idx,
					job->job_id, end);
		for (uint32_t k = 0; k < job->license_count; k++) {
			uint32_t *left = &p->licenses_free[use[k].license_idx];

			*left -= *left < use[k].count ? *left : use[k].count;
		}
		if (rc == 0 && job->license_count)
			rc = weft_search_add_licenses(p->search, use,
						      job->license_count,
						      c->now_sec, end);
	}
	return rc;
}

static int allocate(struct weft_planner *p)
{
	const struct weft_cluster *c = p->cluster;
	size_t nodes = (size_t)c->node_count + 1;

	p->decision_cap = p->job_count + 16;
	p->plan = calloc(1, sizeof(*p->plan));
	p->all = weft_timeline_create(c);
	if (!p->policy->starts_only)
		p->base = weft_timeline_create(c);
	p->placer = weft_placer_create(c);
	p->scratch = malloc(nodes * sizeof(*p->scratch));
	p->state = calloc((size_t)p->shape_count + 1, sizeof(*p->state));
	p->licenses_free = calloc((size_t)c->license_count + 1,
				  sizeof(*p->licenses_free));
	p->turn = malloc(((size_t)p->job_count + 1) * sizeof(*p->turn));
	p->holder_first = malloc(nodes * sizeof(*p->holder_first));
	if (!p->plan || !p->all || !p->placer || !p->scratch ||
	    (!p->base && !p->policy->starts_only) || !p->state ||
	    !p->licenses_free || !p->holder_first || !p->turn)
		return -ENOMEM;
	if (p->policy->whatif_tests && !p->policy->starts_only) {
		p->own_shape = malloc(((size_t)p->shape_count + 1) *
				      sizeof(*p->own_shape));
		if (!p->own_shape)
			return -ENOMEM;
		if (p->shape_count)
			memcpy(p->own_shape, p->shape,
			       p->shape_count * sizeof(*p->shape));
		p->own_shape[p->shape_count] = (struct weft_shape) { 0 };
		p->shape = p->own_shape;
	}
	p->search = weft_search_create(c, p->all, p->placer, p->shape,
				       p->shape_count + !!p->own_shape);
	if (p->base)
		p->diagnosis = weft_diagnosis_create(c, p->base, p->placer,
						     p->shape, p->shape_count);
	p->plan->decision = malloc((size_t)p->decision_cap *
				   sizeof(*p->plan->decision));
	if (weft_gangs_create(p->job, p->job_count, c->node_count, &p->gangs))
		return -ENOMEM;
	if (!p->search || (p->base && !p->diagnosis) || !p->plan->decision)
		return -ENOMEM;
	weft_search_set_lasting(p->search, p->policy->lasting_sec);
	if (p->policy->fragmentation) {
		weft_mix_from_jobs(&p->mix, p->shape, p->job, p->job_count);
		weft_search_set_mix(p->search, &p->mix);
	}
	memset(p->holder_first, 0xff, nodes * sizeof(*p->holder_first));
	if (c->license_count)
		memcpy(p->licenses_free, c->license_total,
		       c->license_count * sizeof(*p->licenses_free));
	return 0;
}

/* The jobs in the policy's order; asks which wide shapes fit. */
static int put_in_order(struct weft_planner *p)
{
	bool *wide_now = calloc((size_t)p->shape_count + 1, sizeof(*wide_now));
	int rc = wide_now ? 0 : -ENOMEM;

	for (uint32_t s = 0; rc == 0 && s < p->shape_count; s++)
		if (!p->shape[s].left && weft_policy_is_wide(p->policy, &p->shape[s]))
			rc = weft_planner_fits_now(p, s, &wide_now[s]);
	if (rc == 0)
		rc = weft_policy_order(p->policy, p->shape, wide_now, p->job,
				       p->job_count, p->cluster->now_sec,
				       p->turn);
	free(wide_now);
	return rc;
}

int weft_planner_init(struct weft_planner *p, struct weft_err *err)
{
	int rc = allocate(p);

	if (rc == 0)
		rc = weft_timeline_add_running(p->all, err);
	if (rc == 0 && p->base)
		rc = weft_timeline_add_running(p->base, err);
	if (rc == 0)
		rc = add_running(p);
	if (rc == 0)
		rc = put_in_order(p);
	return rc == -EBUSY ? -EINVAL : rc;
}

void weft_planner_fini(struct weft_planner *p)
{
	weft_timeline_destroy(p->all);
	weft_timeline_destroy(p->base);
	weft_placer_destroy(p->placer);
	free(p->scratch);
	weft_search_destroy(p->search);
	free(p->state);
	free(p->own_shape);
	free(p->licenses_free);
	weft_diagnosis_destroy(p->diagnosis);
	free(p->turn);
	free(p->holder_first);
	free(p->holder);
	weft_gangs_destroy(p->gangs);
	weft_plan_destroy(p->plan);
}

/* ---- holding ------------------------------------------------------------ */

static bool ask_picker(const struct weft_planner *p,
		       const struct weft_picker *picker, weft_gpuset_t free,
		       uint32_t count, struct weft_pick *ret_pick)
{
	struct weft_plan_stats *stats = &p->plan->stats;
	int64_t (*clock_usec)(void) = p->policy->clock_usec;
	int64_t begin = clock_usec ? clock_usec() : 0;
	bool found = weft_pick_gpus(picker, free, count, WEFT_PICK_RING,
				    ret_pick);

	stats->picks++;
	if (clock_usec)
		stats->pick_usec += (uint64_t)(clock_usec() - begin);
	return found;
}

/*
 * The best set for this node alone; the set of the job's first node (like) if
 * it is as fast here, since rails join GPUs of equal number across nodes.
 */
static struct weft_pick pick_gpus(const struct weft_planner *p,
				  const struct weft_picker *picker,
				  weft_gpuset_t free, uint32_t count,
				  weft_gpuset_t like)
{
	struct weft_pick pick = { 0 };

	if ((like & ~free) || weft_bits_count(like) != count)
		like = 0;
	if (picker && ask_picker(p, picker, free, count, &pick)) {
		if (like && like != pick.gpus &&
		    weft_pick_score_of(picker, free, like, WEFT_PICK_RING)
				    .bandwidth_mbps == pick.score.bandwidth_mbps)
			pick.gpus = like;
		return pick;
	}
	pick.gpus = like ? like : weft_bits_lowest(free, count);
	return pick;
}

/*
 * Which GPUs on each node: one set on all where that costs the slowest node
 * nothing (gres/rails.h), else each node's best.
 */
static void choose_gpus(const struct weft_planner *p,
			const struct weft_shape *shape, int64_t start,
			int64_t end, struct weft_place *place, uint32_t count)
{
	struct weft_rails rails = { 0 };
	weft_gpuset_t common;

	for (uint32_t i = 0; i < count; i++) {
		uint32_t node_idx = place[i].node_idx;
		uint32_t gpus = shape->per_node.gpus +
			place[i].units * shape->per_unit.gpus;
		const struct weft_picker *picker =
			p->cluster->node[node_idx].picker;
		struct weft_pick own = { 0 };
		weft_gpuset_t free = 0;

		if (gpus) {
			free = weft_timeline_free(p->all, node_idx, start,
						  end).gpus;
			free = weft_cluster_gpus(p->cluster, node_idx, free,
						 shape->gpu_type_idx, gpus);
			own = pick_gpus(p, picker, free, gpus, rails.first);
		}
		place[i].gpus = own.gpus;
		weft_rails_add(&rails, picker, free, &own);
	}
	if (rails.same || !weft_rails_common(&rails, WEFT_PICK_RING, &common))
		return;
	for (uint32_t i = 0; i < count; i++)
		place[i].gpus = common;
}

static struct weft_hold hold_of(const struct weft_shape *shape,
				const struct weft_place *place)
{
	return (struct weft_hold) {
		.node_idx = place->node_idx,
		.cpus = shape->per_node.cpus +
			place->units * shape->per_unit.cpus,
		.mem_mib = shape->per_node.mem_mib +
			place->units * shape->per_unit.mem_mib,
		.gpus = place->gpus,
		.whole_node = shape->exclusive,
	};
}

static struct weft_place *add_places(struct weft_planner *p, uint32_t count)
{
	struct weft_plan *plan = p->plan;
	uint32_t cap = p->place_cap ? p->place_cap : 256;
	struct weft_place *more;

	while (cap < plan->place_count + count)
		cap *= 2;
	if (cap != p->place_cap) {
		more = realloc(plan->place, cap * sizeof(*more));
		if (!more)
			return NULL;
		plan->place = more;
		p->place_cap = cap;
	}
	plan->place_count += count;
	return &plan->place[plan->place_count - count];
}

/* Units of the i-th chosen node, leaving the least for those behind. */
static uint32_t units_of(const struct weft_shape *shape, uint32_t room,
			 uint32_t left, uint32_t nodes_behind)
{
	uint32_t kept = nodes_behind * shape->units_per_node_min;
	uint32_t can = left > kept ? left - kept : 0;

	return room < can ? room : can;
}

static int take_licenses(struct weft_planner *p, const struct weft_shape *shape,
			 int64_t start, int64_t end)
{
	if (start == p->cluster->now_sec)
		for (uint32_t k = 0; k < shape->license_count; k++) {
			const struct weft_license_use *use = &shape->license[k];
			uint32_t *left = &p->licenses_free[use->license_idx];

			*left -= *left < use->count ? *left : use->count;
		}
	return weft_search_add_licenses(p->search, shape->license,
					shape->license_count, start, end);
}

int weft_planner_hold(struct weft_planner *p, const struct weft_job *job,
		      const struct weft_found *found, struct weft_decision *d)
{
	const struct weft_shape *shape = &p->shape[job->shape_idx];
	int64_t end = weft_time_after(d->start_sec, d->limit_sec);
	struct weft_place *place = add_places(p, found->count);
	uint32_t left = shape->unit_count;
	int rc = 0;

	if (!place)
		return -ENOMEM;
	d->place_first = (uint32_t)(place - p->plan->place);
	d->place_count = found->count;
	for (uint32_t i = 0; i < found->count; i++) {
		const struct weft_candidate *cand = &found->cand[found->pick[i]];

		place[i] = (struct weft_place) {
			.node_idx = cand->node_idx,
			.units = units_of(shape, cand->units, left,
					  found->count - i - 1),
		};
		left -= place[i].units;
	}
	choose_gpus(p, shape, d->start_sec, end, place, found->count);
	for (uint32_t i = 0; rc == 0 && !d->told && i < found->count; i++) {
		struct weft_hold hold = hold_of(shape, &place[i]);

		rc = weft_timeline_add(p->all, &hold, d->start_sec, end, NULL);
		if (rc == 0 && p->base &&
		    d->start_sec == p->cluster->now_sec)
			rc = weft_timeline_add(p->base, &hold, d->start_sec,
					       end, NULL);
		if (rc == 0 && p->base)
			rc = add_holder(p, hold.node_idx, job->job_id, end);
	}
	p->base_changes += d->start_sec == p->cluster->now_sec;
	if (rc == 0 && !d->told)
		rc = take_licenses(p, shape, d->start_sec, end);
	return rc;
}

/* ---- blaming ------------------------------------------------------------ */

/* Keep the latest ends, each job once, sorted by end. */
static void consider(struct weft_blocker *top, uint32_t *count,
		     const struct weft_holder *h)
{
	uint32_t i;

	for (i = 0; i < *count; i++)
		if (top[i].job_id == h->job_id)
			return;
	if (*count == BLOCKERS_MAX && top[BLOCKERS_MAX - 1].until_sec >= h->end_sec)
		return;
	if (*count < BLOCKERS_MAX)
		(*count)++;
	for (i = *count - 1; i > 0 && top[i - 1].until_sec < h->end_sec; i--)
		top[i] = top[i - 1];
	top[i] = (struct weft_blocker) { h->job_id, h->end_sec };
}

int weft_planner_blame(struct weft_planner *p, struct weft_decision *d)
{
	struct weft_plan *plan = p->plan;
	const struct weft_place *place = &plan->place[d->place_first];
	struct weft_blocker top[BLOCKERS_MAX], *more;
	uint32_t count = 0, asked = 0, cap = p->blocker_cap;

	for (uint32_t i = 0; i < d->place_count && i < NODES_ASKED; i++)
		for (uint32_t h = p->holder_first[place[i].node_idx];
		     h != NONE && asked < HOLDERS_ASKED;
		     h = p->holder[h].next, asked++)
			if (p->holder[h].end_sec <= d->start_sec)
				consider(top, &count, &p->holder[h]);
	if (plan->blocker_count + count > cap) {
		cap = cap ? cap * 2 : 256;
		more = realloc(plan->blocker, cap * sizeof(*more));
		if (!more)
			return -ENOMEM;
		plan->blocker = more;
		p->blocker_cap = cap;
	}
	d->reason.blocker_first = plan->blocker_count;
	d->reason.blocker_count = count;
	if (count)
		memcpy(&plan->blocker[plan->blocker_count], top,
		       count * sizeof(*top));
	plan->blocker_count += count;
	return 0;
}
