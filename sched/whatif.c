/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * whatif.c - see whatif.h
 *
 * A table of what can be asked for less of.  Each entry alters a copy of the
 * job's shape, and the same search that plans jobs is asked for its start, on
 * the same timeline, at the job's own turn: what it answers is what the job
 * would have got in this cycle.  Of a number the largest is looked for that
 * starts now, by bisection (less never starts later, but for the rare
 * wishes about the fabric, where an answer is still true and perhaps not the
 * best).  A job that has no start at all is told of whatever would give it
 * one.  Nothing is put on the timeline.
 *
 * Cost: one search for each entry that applies, and 3 to 8 more where the
 * answer is a number; at most some 50.  The caller bounds the sum over a cycle.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>

#include "sched/whatif.h"

struct knob {
	enum weft_advice_kind kind;
	/* What the shape asks and the least worth asking; 0: does not apply. */
	uint64_t (*asked)(const struct weft_shape *shape, uint64_t *ret_least);
	void (*set)(struct weft_shape *shape, uint64_t value);
};

static uint64_t asked_time(const struct weft_shape *s, uint64_t *ret_least)
{
	uint64_t asked = s->limit_sec == UINT32_MAX ? 7 * 86400 : s->limit_sec;

	*ret_least = asked / 16 > 60 ? asked / 16 / 60 * 60 : 60;
	return asked;
}

static void set_time(struct weft_shape *s, uint64_t value)
{
	s->limit_sec = value < 120 ? 60 : (uint32_t)(value / 60 * 60);
	s->limit_min_sec = 0;
}

static uint64_t asked_gpus_per_node(const struct weft_shape *s,
				    uint64_t *ret_least)
{
	*ret_least = 1;
	return s->per_node.gpus;
}

static void set_gpus_per_node(struct weft_shape *s, uint64_t value)
{
	s->per_node.gpus = (uint32_t)value;
}

static uint64_t least_units(const struct weft_shape *s)
{
	return s->units_per_node_min ? s->nodes_min : 1;
}

static uint64_t asked_gpus(const struct weft_shape *s, uint64_t *ret_least)
{
	*ret_least = least_units(s) * s->per_unit.gpus;
	return (uint64_t)s->unit_count * s->per_unit.gpus;
}

static void set_gpus(struct weft_shape *s, uint64_t value)
{
	s->unit_count = (uint32_t)(value / s->per_unit.gpus);
}

static uint64_t asked_tasks(const struct weft_shape *s, uint64_t *ret_least)
{
	*ret_least = least_units(s);
	return s->per_unit.gpus ? 0 : s->unit_count;
}

static void set_tasks(struct weft_shape *s, uint64_t value)
{
	s->unit_count = (uint32_t)value;
}

static uint64_t asked_nodes(const struct weft_shape *s, uint64_t *ret_least)
{
	*ret_least = 1;
	return s->unit_count || s->segment || s->nodes_required ? 0 :
		s->nodes_min;
}

static void set_nodes(struct weft_shape *s, uint64_t value)
{
	s->nodes_min = s->nodes_max = (uint32_t)value;
}

static uint64_t asked_cpus_per_node(const struct weft_shape *s,
				    uint64_t *ret_least)
{
	*ret_least = 1;
	return s->unit_count ? 0 : s->per_node.cpus;
}

static void set_cpus_per_node(struct weft_shape *s, uint64_t value)
{
	s->per_node.cpus = (uint32_t)value;
}

static uint64_t asked_cpus_per_task(const struct weft_shape *s,
				    uint64_t *ret_least)
{
	*ret_least = 1;
	return s->unit_count ? s->per_unit.cpus : 0;
}

static void set_cpus_per_task(struct weft_shape *s, uint64_t value)
{
	s->per_unit.cpus = (uint32_t)value;
}

static uint64_t asked_memory(const struct weft_shape *s, uint64_t *ret_least)
{
	*ret_least = s->per_node.mem_mib / 8 + 1;
	return s->per_node.mem_mib == UINT64_MAX ? 0 : s->per_node.mem_mib;
}

static void set_memory(struct weft_shape *s, uint64_t value)
{
	s->per_node.mem_mib = value;
}

static uint64_t asked_type(const struct weft_shape *s, uint64_t *ret_least)
{
	*ret_least = 0;
	return s->gpu_type_idx >= 0;
}

static void set_type(struct weft_shape *s, uint64_t value)
{
	s->gpu_type_idx = value ? s->gpu_type_idx : -1;
}

static uint64_t asked_exclusive(const struct weft_shape *s, uint64_t *ret_least)
{
	*ret_least = 0;
	return s->exclusive && s->exclusive_wish;
}

static void set_exclusive(struct weft_shape *s, uint64_t value)
{
	s->exclusive = value;
}

static uint64_t asked_place(const struct weft_shape *s, uint64_t *ret_least)
{
	*ret_least = 0;
	return s->domain == WEFT_DOMAIN_SAME || s->segment || s->switches_max;
}

static void set_place(struct weft_shape *s, uint64_t value)
{
	if (value)
		return;
	s->domain = WEFT_DOMAIN_ANY;
	s->segment = s->switches_max = 0;
}

static uint64_t asked_node(const struct weft_shape *s, uint64_t *ret_least)
{
	*ret_least = 0;
	return s->nodes_required != NULL;
}

static void set_node(struct weft_shape *s, uint64_t value)
{
	if (!value)
		s->nodes_required = NULL;
}

/* What costs its user least to change comes first. */
static const struct knob knobs[] = {
	{ WEFT_ADVICE_ANY_PLACE, asked_place, set_place },
	{ WEFT_ADVICE_ANY_NODE, asked_node, set_node },
	{ WEFT_ADVICE_SHARED, asked_exclusive, set_exclusive },
	{ WEFT_ADVICE_ANY_TYPE, asked_type, set_type },
	{ WEFT_ADVICE_TIME, asked_time, set_time },
	{ WEFT_ADVICE_MEMORY_PER_NODE, asked_memory, set_memory },
	{ WEFT_ADVICE_CPUS_PER_NODE, asked_cpus_per_node, set_cpus_per_node },
	{ WEFT_ADVICE_CPUS_PER_TASK, asked_cpus_per_task, set_cpus_per_task },
	{ WEFT_ADVICE_GPUS_PER_NODE, asked_gpus_per_node, set_gpus_per_node },
	{ WEFT_ADVICE_GPUS, asked_gpus, set_gpus },
	{ WEFT_ADVICE_NODES, asked_nodes, set_nodes },
	{ WEFT_ADVICE_TASKS, asked_tasks, set_tasks },
};

struct question {
	struct weft_planner *p;
	const struct weft_job *job;
	int64_t last_sec;	/* a start after it is of no use */
};

/* When would it start with this value?  WEFT_TIME_NEVER: not in time. */
static int ask(const struct question *q, const struct knob *knob,
	       uint64_t value, int64_t *ret_sec)
{
	struct weft_planner *p = q->p;
	struct weft_shape *shape = &p->own_shape[p->shape_count];
	struct weft_query query = {
		.shape_idx = p->shape_count,
		.from_sec = p->cluster->now_sec,
		.not_after_sec = q->last_sec,
		.any_switches_sec = q->job->switch_wait_until_sec,
	};
	struct weft_found found;
	int rc;

	*shape = p->own_shape[q->job->shape_idx];
	knob->set(shape, value);
	query.duration_sec = shape->limit_sec;
	weft_search_forget(p->search, p->shape_count);
	rc = weft_search_earliest(p->search, &query, &found);
	*ret_sec = rc ? WEFT_TIME_NEVER : found.start_sec;
	return rc;
}

/* The largest value below what was asked that would do; 0 found: none. */
static int turn(const struct question *q, const struct knob *knob,
		struct weft_advice *ret_advice, bool *ret_found)
{
	const struct weft_shape *shape =
		&q->p->own_shape[q->job->shape_idx];
	uint64_t least, asked = knob->asked(shape, &least), low, high, step;
	int64_t start, best;
	int rc;

	*ret_found = false;
	if (asked <= least)
		return 0;
	rc = ask(q, knob, least, &best);
	if (rc || best == WEFT_TIME_NEVER)
		return rc;
	step = asked / 64 ? asked / 64 : 1;
	for (low = least, high = asked; high - low > step;) {
		uint64_t middle = low + (high - low) / 2;

		rc = ask(q, knob, middle, &start);
		if (rc)
			return rc;
		if (start == WEFT_TIME_NEVER) {
			high = middle;
		} else {
			low = middle;
			best = start;
		}
	}
	if (knob->kind == WEFT_ADVICE_TIME)
		low = low / 60 * 60;
	if (knob->kind == WEFT_ADVICE_GPUS)
		low -= low % shape->per_unit.gpus;
	*ret_found = true;
	*ret_advice = (struct weft_advice) { knob->kind, low, asked, best };
	return 0;
}

static int add(struct weft_planner *p, const struct weft_advice *advice)
{
	struct weft_plan *plan = p->plan;
	uint32_t cap = p->advice_cap ? p->advice_cap * 2 : 64;
	struct weft_advice *more;

	if (plan->advice_count == p->advice_cap) {
		more = realloc(plan->advice, cap * sizeof(*more));
		if (!more)
			return -ENOMEM;
		plan->advice = more;
		p->advice_cap = cap;
	}
	plan->advice[plan->advice_count++] = *advice;
	return 0;
}

int weft_whatif_ask(struct weft_planner *p, const struct weft_job *job,
		    int64_t wait_sec, struct weft_decision *d)
{
	int64_t now = p->cluster->now_sec;
	struct question q = {
		.p = p, .job = job,
		.last_sec = wait_sec == WEFT_TIME_NEVER ?
			now + p->policy->window_sec : now,
	};
	struct weft_advice advice;
	bool found;
	int rc = 0;

	d->advised = true;
	d->advice_first = p->plan->advice_count;
	for (size_t i = 0; i < sizeof(knobs) / sizeof(knobs[0]) && rc == 0 &&
	     d->advice_count < WEFT_ADVICE_MAX; i++) {
		rc = turn(&q, &knobs[i], &advice, &found);
		if (rc == 0 && found)
			rc = add(p, &advice);
		d->advice_count += rc == 0 && found;
	}
	return rc;
}
