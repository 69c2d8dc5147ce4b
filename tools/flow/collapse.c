/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * collapse.c - see collapse.h
 *
 * People read a hundred boxes, not ten thousand.  Workflows of thousands of
 * tasks are made by programs, and programs number: "align_17" differs from
 * "align_18" in nothing that a reader wants to see.  So a name's runs of
 * digits count as one star, its stem, and tasks of one stem that need the same
 * groups at the same depth are one group: a thousand samples through five
 * steps are five boxes.  Where that leaves too many (an irregular graph), what
 * a group needs is dropped from its key, then the name; what is left is the
 * depth, and if even the depths are too many, bands of them.
 *
 * Every key but the stem alone holds the depth, and a need leads to a smaller
 * depth, so groups form no cycle (within a band needs stay inside).
 *
 * A kind is given up at the first group beyond the limit, so keys stay short:
 * linear in tasks and needs but for sorting one task's needs.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/text.h"
#include "tools/flow/collapse.h"
#include "tools/flow/groups.h"

#define KEY_LIMIT ((size_t)16 << 20)
#define NAME_BYTES 60
#define STEMS 3	/* named of a mixed group */
#define DEPTHS 40	/* depths make a row of boxes: more of them nobody follows */

static void add_stem(struct weft_buf *out, const char *name)
{
	while (*name) {
		size_t plain = strcspn(name, "0123456789");

		weft_buf_add(out, name, plain);
		name += plain;
		if (!*name)
			break;
		weft_buf_adds(out, "*");
		name += strspn(name, "0123456789");
	}
}

static int by_number(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

/* The groups that a task needs, each once. */
static int add_needed(struct weft_buf *key, const struct weft_collapse *c,
		      const struct weft_flow_task *task)
{
	uint32_t *list = calloc(task->need_count + 1, sizeof(*list));

	if (!list)
		return -ENOMEM;
	for (uint32_t n = 0; n < task->need_count; n++)
		list[n] = c->group_of[task->needs[n].task_idx];
	qsort(list, task->need_count, sizeof(*list), by_number);
	for (uint32_t n = 0; n < task->need_count; n++)
		if (!n || list[n] != list[n - 1])
			weft_buf_addf(key, ",%u", list[n]);
	free(list);
	return 0;
}

static int make_key(struct weft_buf *key, const struct weft_collapse *c, uint32_t t,
		    uint32_t limit)
{
	const struct weft_flow_task *task = &c->flow->tasks[t];
	uint32_t level = c->graph->level[t];
	int rc = 0;

	weft_buf_clear(key);
	if (c->by == WEFT_COLLAPSE_LEVELS)
		level = (uint32_t)((uint64_t)level * limit / c->graph->level_count);
	if (c->by == WEFT_COLLAPSE_NOTHING)
		weft_buf_addf(key, "%u", t);
	else if (c->by != WEFT_COLLAPSE_STEM)
		weft_buf_addf(key, "%u ", level);
	if (c->by == WEFT_COLLAPSE_ALIKE)
		rc = add_needed(key, c, task);
	if (c->by == WEFT_COLLAPSE_ALIKE || c->by == WEFT_COLLAPSE_NAME ||
	    c->by == WEFT_COLLAPSE_STEM) {
		weft_buf_adds(key, " ");
		add_stem(key, task->name);
	}
	return rc ? rc : weft_buf_error(key);
}

/* 1: more than limit groups. */
static int group_by(struct weft_collapse *c, enum weft_collapse_by by, uint32_t limit)
{
	struct weft_groups groups = { 0 };
	struct weft_buf key;
	int rc = 0;

	c->by = by;
	weft_buf_init(&key, KEY_LIMIT);
	for (uint32_t i = 0; i < c->flow->task_count && !rc; i++) {
		uint32_t t = c->graph->order[i];
		struct weft_group *group;

		rc = make_key(&key, c, t, limit);
		if (rc)
			break;
		group = weft_groups_find(&groups, weft_buf_str(&key), key.len);
		if (!group)
			rc = -ENOMEM;
		else if (groups.count > limit && by != WEFT_COLLAPSE_STEM)
			rc = 1;
		else
			c->group_of[t] = (uint32_t)(group - groups.list);
	}
	c->count = groups.count;
	weft_groups_fini(&groups);
	weft_buf_fini(&key);
	return rc;
}

static int set_members(struct weft_collapse *c)
{
	uint32_t *at;

	c->first = calloc((size_t)c->count + 2, sizeof(*c->first));
	at = calloc((size_t)c->count + 1, sizeof(*at));
	if (!c->first || !at) {
		free(at);
		return -ENOMEM;
	}
	for (uint32_t t = 0; t < c->flow->task_count; t++)
		c->first[c->group_of[t] + 1]++;
	for (uint32_t g = 0; g < c->count; g++) {
		c->first[g + 1] += c->first[g];
		at[g] = c->first[g];
	}
	for (uint32_t i = 0; i < c->flow->task_count; i++)
		c->members[at[c->group_of[c->graph->order[i]]]++] = c->graph->order[i];
	free(at);
	return 0;
}

static int begin(struct weft_collapse *c, const struct weft_flow *flow,
		 const struct weft_flow_graph *graph)
{
	*c = (struct weft_collapse){ .flow = flow, .graph = graph };
	c->group_of = calloc((size_t)flow->task_count + 1, sizeof(*c->group_of));
	c->members = calloc((size_t)flow->task_count + 1, sizeof(*c->members));
	return c->group_of && c->members ? 0 : -ENOMEM;
}

static int finish(struct weft_collapse *c, int rc)
{
	if (!rc)
		rc = set_members(c);
	if (rc)
		weft_collapse_fini(c);
	return rc;
}

int weft_collapse_init(struct weft_collapse *c, const struct weft_flow *flow,
		       const struct weft_flow_graph *graph, uint32_t limit)
{
	int rc = begin(c, flow, graph), tried = rc ? rc : 1;

	for (int by = flow->task_count <= limit ? WEFT_COLLAPSE_NOTHING : WEFT_COLLAPSE_ALIKE;
	     tried == 1 && by <= WEFT_COLLAPSE_LEVELS; by++) {
		if (by >= WEFT_COLLAPSE_LEVEL && limit > DEPTHS)
			limit = DEPTHS;
		tried = group_by(c, (enum weft_collapse_by)by, limit);
	}
	return finish(c, tried);
}

int weft_collapse_init_stems(struct weft_collapse *c, const struct weft_flow *flow,
			     const struct weft_flow_graph *graph, uint32_t limit)
{
	int rc = begin(c, flow, graph);

	if (!rc)
		rc = group_by(c, flow->task_count <= limit ? WEFT_COLLAPSE_NOTHING :
							     WEFT_COLLAPSE_STEM,
			      flow->task_count);
	return finish(c, rc);
}

void weft_collapse_fini(struct weft_collapse *c)
{
	free(c->group_of);
	free(c->first);
	free(c->members);
	memset(c, 0, sizeof(*c));
}

void weft_collapse_name(const struct weft_collapse *c, uint32_t group, struct weft_buf *out)
{
	const uint32_t *tasks = c->members + c->first[group];
	uint32_t count = weft_collapse_size(c, group), low = UINT32_MAX, high = 0;
	struct weft_buf stem;

	if (count > 1 && (c->by == WEFT_COLLAPSE_LEVEL || c->by == WEFT_COLLAPSE_LEVELS)) {
		for (uint32_t i = 0; i < count; i++) {
			uint32_t level = c->graph->level[tasks[i]];

			low = level < low ? level : low;
			high = level > high ? level : high;
		}
		weft_buf_addf(out, low < high ? "levels %u to %u" : "level %u", low + 1, high + 1);
		return;
	}
	weft_buf_init(&stem, KEY_LIMIT);
	if (count > 1)
		add_stem(&stem, c->flow->tasks[tasks[0]].name);
	else
		weft_buf_adds(&stem, c->flow->tasks[tasks[0]].name);
	weft_text_add(out, weft_buf_str(&stem), NAME_BYTES);
	if (stem.len > NAME_BYTES)
		weft_buf_adds(out, "...");
	weft_buf_fini(&stem);
}

static int most_first(const void *a, const void *b)
{
	const struct weft_group *x = a, *y = b;

	if (x->count != y->count)
		return x->count > y->count ? -1 : 1;
	return strcmp(x->key, y->key);
}

int weft_collapse_stems(const struct weft_collapse *c, uint32_t group, struct weft_buf *out)
{
	uint32_t size = weft_collapse_size(c, group), others = size;
	struct weft_groups stems = { 0 };
	struct weft_buf stem;
	int rc = 0;

	weft_buf_init(&stem, KEY_LIMIT);
	for (uint32_t i = 0; i < size && !rc; i++) {
		uint32_t t = c->members[c->first[group] + i];
		struct weft_group *same;

		weft_buf_clear(&stem);
		add_stem(&stem, c->flow->tasks[t].name);
		same = weft_groups_find(&stems, weft_buf_str(&stem), stem.len);
		rc = same ? weft_group_add(same, t) : -ENOMEM;
	}
	weft_buf_fini(&stem);
	if (!rc && stems.count > 1) {
		qsort(stems.list, stems.count, sizeof(*stems.list), most_first);
		for (uint32_t i = 0; i < stems.count && i < STEMS; i++) {
			weft_buf_adds(out, i ? ", " : "");
			weft_text_add(out, stems.list[i].key, NAME_BYTES / 2);
			weft_buf_addf(out, " %u", stems.list[i].count);
			others -= stems.list[i].count;
		}
		if (others)
			weft_buf_addf(out, ", %u others", others);
	}
	weft_groups_fini(&stems);
	return rc ? rc : weft_buf_error(out);
}
