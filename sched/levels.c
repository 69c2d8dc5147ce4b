/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * levels.c - see levels.h: groups of nodes from several sources to one tree
 *
 * Groups are kept as they were written (name, hostlists, who said it) and
 * become indices only in build(), since the node table may change between.
 * build() goes through the sources from the most to the least trusted; the
 * first to speak of a node decides, separately for its switch and its domain.
 *
 * A switch must be a group before it may be another's child: a name mistyped
 * in topology.conf is an error as in Slurm, while a node that does not exist
 * is passed over, as Slurm does (configurations name nodes to come).
 *
 * Cost: O(names in all lists + nodes), and switches * depth in fabric.c.
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/hostlist.h"
#include "lib/names.h"
#include "sched/levels_impl.h"

#define NONE UINT32_MAX

struct building {
	const struct weft_levels *levels;
	struct weft_fabric_builder *fabric;
	struct weft_names *switches;	/* groups that are switches */
	uint32_t node_count;
	uint32_t *of[2];		/* [is_domain][node]: group, NONE: open */
	weft_node_find find;
	void *arg;
	struct weft_levels_report *report;
	uint32_t group_idx;		/* the present one */
	uint32_t names_left;
	struct weft_err *err;
};

static void group_fini(struct weft_level_group *group)
{
	free(group->name);
	free(group->nodes);
	free(group->switches);
}

void weft_levels_cut(struct weft_levels *levels, uint32_t count)
{
	while (levels->count > count)
		group_fini(&levels->group[--levels->count]);
}

void weft_levels_fini(struct weft_levels *levels)
{
	weft_levels_cut(levels, 0);
	free(levels->group);
	*levels = (struct weft_levels) { 0 };
}

static int grow(struct weft_levels *levels, struct weft_err *err)
{
	uint32_t cap = levels->cap ? levels->cap * 2 : 16;
	struct weft_level_group *more;

	if (levels->count < levels->cap)
		return 0;
	if (levels->count >= WEFT_LEVELS_GROUPS_MAX)
		return weft_err_set(err, E2BIG,
				    "more than %d switches and domains",
				    WEFT_LEVELS_GROUPS_MAX);
	more = realloc(levels->group, cap * sizeof(*more));
	if (!more)
		return weft_err_set(err, ENOMEM, "no memory for the fabric");
	levels->group = more;
	levels->cap = cap;
	return 0;
}

static int pass(void *arg, const char *name)
{
	(void)arg;
	(void)name;
	return 0;
}

static int check_list(const char *list, struct weft_err *err)
{
	return list ? weft_hostlist_each(list, WEFT_LEVELS_NAMES_MAX, pass,
					 NULL, err) : 0;
}

int weft_levels_add(struct weft_levels *levels,
		    const struct weft_level_group *group, struct weft_err *err)
{
	struct weft_level_group *to;
	int rc = check_list(group->nodes, err);

	if (rc == 0)
		rc = check_list(group->switches, err);
	if (rc == 0)
		rc = grow(levels, err);
	if (rc)
		return rc;
	to = &levels->group[levels->count];
	*to = *group;
	to->name = strdup(group->name);
	to->nodes = group->nodes ? strdup(group->nodes) : NULL;
	to->switches = group->switches ? strdup(group->switches) : NULL;
	if (!to->name || (group->nodes && !to->nodes) ||
	    (group->switches && !to->switches)) {
		group_fini(to);
		return weft_err_set(err, ENOMEM, "no memory for the fabric");
	}
	levels->count++;
	return 0;
}

static const struct weft_level_group *present(const struct building *b)
{
	return &b->levels->group[b->group_idx];
}

static void note_unknown(struct building *b, const char *name)
{
	if (!b->report)
		return;
	if (!b->report->unknown_count++)
		snprintf(b->report->first_unknown,
			 sizeof(b->report->first_unknown), "%s", name);
}

static void note_conflict(struct building *b, const char *name,
			  const struct weft_level_group *first)
{
	if (!b->report)
		return;
	if (!b->report->conflict_count++)
		snprintf(b->report->first_conflict,
			 sizeof(b->report->first_conflict),
			 "%.60s in %.60s and %.60s", name, first->name,
			 present(b)->name);
}

static int place_node(void *arg, const char *name)
{
	struct building *b = arg;
	const struct weft_level_group *group = present(b), *first;
	uint32_t node = b->find(b->arg, name);
	uint32_t *of = b->of[group->is_domain];

	b->names_left--;
	if (node >= b->node_count) {
		note_unknown(b, name);
		return 0;
	}
	if (of[node] != NONE) {
		first = &b->levels->group[of[node]];
		if (first->by == group->by && strcmp(first->name, group->name))
			note_conflict(b, name, first);
		return 0;
	}
	of[node] = b->group_idx;
	return group->is_domain ?
		weft_fabric_set_domain(b->fabric, node, group->name, b->err) :
		weft_fabric_set_switch(b->fabric, node, group->name, b->err);
}

static int place_switch(void *arg, const char *name)
{
	struct building *b = arg;
	const struct weft_level_group *group = present(b);

	b->names_left--;
	if (weft_names_find(b->switches, name) == UINT32_MAX)
		return weft_err_set(b->err, EINVAL,
				    "switch %s is above %s, which there is none of",
				    group->name, name);
	return weft_fabric_add_switch(b->fabric, name, group->name, b->err);
}

static int declare_switches(struct building *b)
{
	for (uint32_t i = 0; i < b->levels->count; i++) {
		const struct weft_level_group *group = &b->levels->group[i];
		uint32_t idx;
		int rc;

		if (group->is_domain)
			continue;
		rc = weft_names_add(b->switches, group->name, &idx, NULL);
		if (rc)
			return weft_err_set(b->err, -rc,
					    "more than %d switches, or no memory",
					    WEFT_LEVELS_SWITCHES_MAX);
		rc = weft_fabric_add_switch(b->fabric, group->name, NULL,
					    b->err);
		if (rc)
			return rc;
	}
	return 0;
}

static int place_group(struct building *b)
{
	const struct weft_level_group *group = present(b);
	int rc = 0;

	if (group->switches)
		rc = weft_hostlist_each(group->switches, b->names_left,
					place_switch, b, b->err);
	if (rc == 0 && group->nodes)
		rc = weft_hostlist_each(group->nodes, b->names_left,
					place_node, b, b->err);
	if (rc && group->line)
		weft_err_prefix(b->err, "line %u", group->line);
	return rc;
}

static int building_init(struct building *b)
{
	size_t size = ((size_t)b->node_count + 1) * sizeof(uint32_t);

	b->fabric = weft_fabric_builder_create(b->node_count);
	b->switches = weft_names_create(WEFT_LEVELS_SWITCHES_MAX);
	b->of[0] = malloc(size);
	b->of[1] = malloc(size);
	if (!b->fabric || !b->switches || !b->of[0] || !b->of[1])
		return weft_err_set(b->err, ENOMEM, "no memory for the fabric");
	memset(b->of[0], 0xff, size);
	memset(b->of[1], 0xff, size);
	return declare_switches(b);
}

static void building_fini(struct building *b)
{
	weft_fabric_builder_destroy(b->fabric);
	weft_names_destroy(b->switches);
	free(b->of[0]);
	free(b->of[1]);
}

int weft_levels_build(const struct weft_levels *levels, uint32_t node_count,
		      weft_node_find find, void *arg,
		      struct weft_fabric **ret_fabric,
		      struct weft_levels_report *report, struct weft_err *err)
{
	struct building b = {
		.levels = levels, .node_count = node_count, .find = find,
		.arg = arg, .report = report, .err = err,
		.names_left = WEFT_LEVELS_NAMES_MAX,
	};
	int rc = building_init(&b);

	if (report)
		*report = (struct weft_levels_report) { 0 };
	for (int by = 0; rc == 0 && by < WEFT_SAID_BY_COUNT; by++)
		for (uint32_t i = 0; rc == 0 && i < levels->count; i++) {
			b.group_idx = i;
			if ((int)levels->group[i].by == by)
				rc = place_group(&b);
		}
	if (rc == 0)
		rc = weft_fabric_builder_finish(b.fabric, ret_fabric, err);
	building_fini(&b);
	return rc;
}

const char *weft_levels_domain(const struct weft_levels *levels,
			       enum weft_said_by by, const char *node)
{
	for (uint32_t i = 0; i < levels->count; i++) {
		const struct weft_level_group *group = &levels->group[i];

		if (group->by == by && group->is_domain && group->nodes &&
		    weft_hostlist_has(group->nodes, node))
			return group->name;
	}
	return NULL;
}
