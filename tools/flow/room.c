/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * room.c - see room.h
 *
 * A counter is a limit of one holder; a set is the counters of one account,
 * partition and QOS.  Sets are made when they are first asked for and share
 * counters: the account's limit is the same for all its QOS.  A workflow has
 * few sets, so they are looked through in turn; without memory there is no
 * limit, and Slurm's refusal is the last word.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "tools/flow/room.h"

struct counter {
	struct weft_site_limit limit;
	int64_t left;
	uint32_t given;		/* not yet counted in left */
};

struct set {
	char *account, *partition, *qos;	/* own copies of what key names */
	struct weft_limit_key key;
	uint32_t *counters;
	uint32_t count;
};

struct weft_room {
	weft_limits_fn *limits;
	void *ctx;
	struct counter *counters;
	uint32_t counter_count;
	struct set *sets;
	uint32_t set_count;
	uint32_t full;		/* counter + 1 */
};

struct weft_room *weft_room_create(weft_limits_fn *limits, void *ctx)
{
	struct weft_room *room = calloc(1, sizeof(*room));

	if (room) {
		room->limits = limits;
		room->ctx = ctx;
	}
	return room;
}

static void set_fini(struct set *set)
{
	free(set->account);
	free(set->partition);
	free(set->qos);
	free(set->counters);
}

void weft_room_destroy(struct weft_room *room)
{
	if (!room)
		return;
	for (uint32_t s = 0; s < room->set_count; s++)
		set_fini(&room->sets[s]);
	free(room->sets);
	free(room->counters);
	free(room);
}

/* The counter of a limit, made if there is none; UINT32_MAX: no memory. */
static uint32_t counter_of(struct weft_room *room, const struct weft_site_limit *limit)
{
	struct counter *more;

	for (uint32_t c = 0; c < room->counter_count; c++)
		if (!strcmp(room->counters[c].limit.name, limit->name) &&
		    !strcmp(room->counters[c].limit.holder, limit->holder))
			return c;
	more = reallocarray(room->counters, room->counter_count + 1, sizeof(*more));
	if (!more)
		return UINT32_MAX;
	room->counters = more;
	more[room->counter_count].limit = *limit;
	more[room->counter_count].given = 0;
	more[room->counter_count].left = limit->used < limit->max ?
						 (int64_t)(limit->max - limit->used) : 0;
	return room->counter_count++;
}

static bool copy_text(char **to, const char *from)
{
	*to = from ? strdup(from) : NULL;
	return !from || *to;
}

static bool fill_set(struct weft_room *room, struct set *set, const struct weft_limit_key *key)
{
	struct weft_site_limit list[WEFT_SITE_LIMITS];
	uint32_t count = room->limits(room->ctx, key->account, key->partition, key->qos, list);

	set->counters = calloc(count + 1, sizeof(*set->counters));
	if (!set->counters || !copy_text(&set->account, key->account) ||
	    !copy_text(&set->partition, key->partition) || !copy_text(&set->qos, key->qos))
		return false;
	set->key = (struct weft_limit_key){ set->account, set->partition, set->qos };
	for (uint32_t i = 0; i < count; i++) {
		uint32_t c;

		if (list[i].kind != WEFT_LIMIT_SUBMIT)
			continue;
		c = counter_of(room, &list[i]);
		if (c == UINT32_MAX)
			return false;
		set->counters[set->count++] = c;
	}
	return true;
}

static struct set *find_set(struct weft_room *room, const struct weft_limit_key *key)
{
	struct set *more, *set;

	for (uint32_t s = 0; s < room->set_count; s++)
		if (weft_limit_key_equal(&room->sets[s].key, key))
			return &room->sets[s];
	more = reallocarray(room->sets, room->set_count + 1, sizeof(*more));
	if (!more)
		return NULL;
	room->sets = more;
	set = memset(&more[room->set_count], 0, sizeof(*set));
	if (!fill_set(room, set, key)) {
		set_fini(set);
		return NULL;
	}
	room->set_count++;
	return set;
}

bool weft_room_fits(struct weft_room *room, const struct weft_limit_key *key, uint32_t count)
{
	const struct set *set = room ? find_set(room, key) : NULL;

	for (uint32_t i = 0; set && i < set->count; i++)
		if (room->counters[set->counters[i]].left < (int64_t)count)
			return false;
	return true;
}

bool weft_room_take(struct weft_room *room, const struct weft_limit_key *key)
{
	const struct set *set = room ? find_set(room, key) : NULL;

	if (!set)
		return true;
	for (uint32_t i = 0; i < set->count; i++) {
		if (room->counters[set->counters[i]].left > 0)
			continue;
		room->full = set->counters[i] + 1;
		return false;
	}
	for (uint32_t i = 0; i < set->count; i++)
		room->counters[set->counters[i]].left--;
	return true;
}

void weft_room_give(struct weft_room *room, const struct weft_limit_key *key)
{
	const struct set *set = room ? find_set(room, key) : NULL;

	for (uint32_t i = 0; set && i < set->count; i++)
		room->counters[set->counters[i]].given++;
}

void weft_room_settle(struct weft_room *room)
{
	for (uint32_t c = 0; room && c < room->counter_count; c++) {
		room->counters[c].left += room->counters[c].given;
		room->counters[c].given = 0;
	}
}

const struct weft_site_limit *weft_room_full(const struct weft_room *room)
{
	return room && room->full ? &room->counters[room->full - 1].limit : NULL;
}
