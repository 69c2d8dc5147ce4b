/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * limits.c - see limits.h
 *
 * Objects of one account, partition and QOS share one set of limits, and are
 * taken together; a plan has few such sets.  Limits on running at once are
 * told only where more units could run side by side than they let: those of
 * one level of the graph.  Cost: objects times sets.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tools/flow/limits.h"

struct check {
	const struct weft_plan *plan;
	uint32_t default_minutes;
	struct weft_limit_key *sets;
	uint32_t *set_of;	/* per object */
	uint32_t set_count;
	struct weft_limit_hit *hits;
	uint32_t hit_count;
};

const char *weft_limit_effect_name(enum weft_limit_effect effect)
{
	static const char *const names[] = { "never_starts", "waves", "slower" };

	return names[effect];
}

static const char *value_of(const struct weft_object *object, const char *name)
{
	const struct weft_setting_value *setting = weft_object_setting(object, name);

	return setting ? setting->value : NULL;
}

static bool same(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

bool weft_limit_key_equal(const struct weft_limit_key *a, const struct weft_limit_key *b)
{
	return same(a->account, b->account) && same(a->partition, b->partition) &&
	       same(a->qos, b->qos);
}

struct weft_limit_key weft_limit_key_of(const struct weft_object *object)
{
	return (struct weft_limit_key){ value_of(object, "account"),
					value_of(object, "partition"),
					value_of(object, "qos") };
}

static void sort_into_sets(struct check *c)
{
	for (uint32_t o = 0; o < c->plan->object_count; o++) {
		struct weft_limit_key set = weft_limit_key_of(&c->plan->objects[o]);
		uint32_t s = 0;

		while (s < c->set_count && !weft_limit_key_equal(&c->sets[s], &set))
			s++;
		if (s == c->set_count)
			c->sets[c->set_count++] = set;
		c->set_of[o] = s;
	}
}

/* What one unit of an object asks of that which the limit bounds. */
static uint64_t asked(const struct check *c, const struct weft_object *object,
		      enum weft_site_limit_kind kind)
{
	struct weft_object_cost cost;

	weft_object_cost(object, &cost);
	switch (kind) {
	case WEFT_LIMIT_WALL:
		if (cost.minutes == UINT32_MAX)
			cost.minutes = c->default_minutes;
		return cost.minutes == UINT32_MAX ? 0 : cost.minutes;
	case WEFT_LIMIT_JOB_GPUS:
	case WEFT_LIMIT_ALL_GPUS:
		return cost.gpus;
	default:
		return cost.nodes;
	}
}

static int add_hit(struct check *c, const struct weft_limit_hit *hit)
{
	struct weft_limit_hit *more =
		reallocarray(c->hits, c->hit_count + 1, sizeof(*more));

	if (!more)
		return -ENOMEM;
	c->hits = more;
	more[c->hit_count++] = *hit;
	return 0;
}

/* Jobs counted: all of the set at once, or the widest level of it. */
static int check_count(struct check *c, uint32_t set, const struct weft_site_limit *limit)
{
	struct weft_limit_hit hit = { .limit = *limit, .object = UINT32_MAX,
				      .effect = limit->max ? WEFT_LIMIT_WAVES :
							     WEFT_LIMIT_NEVER };
	uint32_t *width = calloc(c->plan->graph->level_count + 1, sizeof(*width)), most = 0;

	if (!width)
		return -ENOMEM;
	for (uint32_t o = 0; o < c->plan->object_count; o++) {
		const struct weft_object *object = &c->plan->objects[o];
		uint32_t *level = &width[c->plan->graph->level[object->task_idx]];
		uint32_t throttle = c->plan->flow->tasks[object->task_idx].throttle;

		if (c->set_of[o] != set)
			continue;
		if (hit.object == UINT32_MAX)
			hit.object = o;
		hit.unit_count += object->unit_count;
		*level += throttle && throttle < object->unit_count ? throttle :
								     object->unit_count;
		if (*level > most)
			most = *level;
	}
	free(width);
	if (limit->kind == WEFT_LIMIT_RUN) {
		hit.effect = WEFT_LIMIT_SLOWER;
		hit.unit_count = most;
	}
	hit.asked = hit.unit_count;
	return hit.asked + limit->used > limit->max ? add_hit(c, &hit) : 0;
}

/* Jobs each by itself: more than the limit never starts. */
static int check_each(struct check *c, uint32_t set, const struct weft_site_limit *limit)
{
	struct weft_limit_hit hit = { .limit = *limit, .effect = WEFT_LIMIT_NEVER };

	for (uint32_t o = 0; o < c->plan->object_count; o++) {
		uint64_t much;

		if (c->set_of[o] != set)
			continue;
		much = asked(c, &c->plan->objects[o], limit->kind);
		if (much <= limit->max)
			continue;
		if (!hit.unit_count)
			hit.object = o;
		hit.unit_count += c->plan->objects[o].unit_count;
		if (much > hit.asked)
			hit.asked = much;
	}
	return hit.unit_count ? add_hit(c, &hit) : 0;
}

static int check_sets(struct check *c, weft_limits_fn *limits, void *ctx)
{
	struct weft_site_limit list[WEFT_SITE_LIMITS];
	int rc = 0;

	for (uint32_t s = 0; s < c->set_count && !rc; s++) {
		uint32_t count = limits(ctx, c->sets[s].account, c->sets[s].partition,
					c->sets[s].qos, list);

		for (uint32_t i = 0; i < count && !rc; i++)
			rc = list[i].kind == WEFT_LIMIT_SUBMIT ||
					     list[i].kind == WEFT_LIMIT_RUN ?
				     check_count(c, s, &list[i]) :
				     check_each(c, s, &list[i]);
	}
	return rc;
}

int weft_limits_check(const struct weft_plan *plan, uint32_t default_minutes,
		      weft_limits_fn *limits, void *ctx,
		      struct weft_limit_hit **ret_hits, uint32_t *ret_count,
		      struct weft_err *err)
{
	struct check c = { .plan = plan, .default_minutes = default_minutes };
	int rc = -ENOMEM;

	c.sets = calloc(plan->object_count + 1, sizeof(*c.sets));
	c.set_of = calloc(plan->object_count + 1, sizeof(*c.set_of));
	if (c.sets && c.set_of) {
		sort_into_sets(&c);
		rc = check_sets(&c, limits, ctx);
	}
	free(c.sets);
	free(c.set_of);
	if (rc) {
		free(c.hits);
		return weft_err_set(err, ENOMEM, "out of memory");
	}
	*ret_hits = c.hits;
	*ret_count = c.hit_count;
	return 0;
}
