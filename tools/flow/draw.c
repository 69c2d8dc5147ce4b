/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * draw.c - see draw.h
 *
 * A node is a task, or of a workflow with more than max_nodes of them a group
 * of tasks that are alike (collapse.h).  With a plan its colour tells the state
 * of its units; where they differ the node is striped like a bar, each stripe
 * as wide as its share, and says the numbers.
 *
 * Between groups an arrow stands for many needs.  One that follows from others
 * (a needs b, b needs c, so a after c) is left out there: it would say nothing
 * about the order.  Needs of failures are never left out.  Both need a byte or
 * a bit for each pair of groups.
 *
 * Colours are told apart by the colour-blind (blue, orange).
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "tools/flow/collapse.h"
#include "tools/flow/draw.h"

enum { SHOWN_DONE, SHOWN_SKIPPED, SHOWN_FAILED, SHOWN_BEHIND, SHOWN_LIVE, SHOWN_TODO, SHOWN };

static const struct {
	const char *word, *colour;
} shown[SHOWN] = {
	[SHOWN_DONE] = { "done", "#9ecae1" },
	[SHOWN_SKIPPED] = { "skipped", "#dddddd" },
	[SHOWN_FAILED] = { "failed", "#fd8d3c" },
	[SHOWN_BEHIND] = { "behind failures", "#fee6ce" },
	[SHOWN_LIVE] = { "in Slurm", "#ffffb3" },
	[SHOWN_TODO] = { "to come", "white" },
};

/* What is known of the needs between two groups. */
enum { NEED_OK = 1, NEED_FAILED = 2, NEED_ANY = 4, NEED_WHOLE = 8 };

struct sketch {
	const struct weft_drawing *d;
	struct weft_collapse groups;
	uint8_t *needs;		/* [group * count + needed group] */
	uint8_t *behind;	/* the same: comes after it by way of others */
	uint32_t *by_level;	/* groups, shallow ones first */
	struct weft_buf *out;
	int rc;
};

static void put_text(struct weft_buf *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			weft_buf_adds(out, "\\");
		weft_buf_add(out, text, 1);
	}
}

static uint32_t shown_as(const struct weft_unit *unit)
{
	switch (unit->state) {
	case WEFT_UNIT_DONE:
		return SHOWN_DONE;
	case WEFT_UNIT_SKIPPED:
		return SHOWN_SKIPPED;
	case WEFT_UNIT_FAILED:
		return unit->cause == WEFT_CAUSE_DEPENDENCY ? SHOWN_BEHIND : SHOWN_FAILED;
	case WEFT_UNIT_LIVE:
		return SHOWN_LIVE;
	default:
		return SHOWN_TODO;
	}
}

static void count_task(const struct weft_drawing *d, const struct weft_flow_task *task,
		       uint32_t counts[SHOWN])
{
	for (uint32_t u = 0; d->plan && u < task->unit_count; u++)
		counts[shown_as(&d->plan->units[task->first_unit + u])]++;
}

/* One colour, or stripes as wide as each state's share. */
static void put_fill(struct weft_buf *out, const uint32_t counts[SHOWN], uint32_t all)
{
	const char *before = "\"";
	int parts = 0;

	for (int s = 0; s < SHOWN; s++)
		parts += counts[s] > 0;
	if (!parts)
		return;
	weft_buf_adds(out, parts > 1 ? ", style=striped, fillcolor=" : ", fillcolor=");
	for (int s = 0; s < SHOWN; s++) {
		if (!counts[s])
			continue;
		weft_buf_addf(out, "%s%s", before, shown[s].colour);
		if (parts > 1)	/* Graphviz refuses shares that sum up to more than 1 */
			weft_buf_addf(out, ";%.4f", (double)counts[s] / all * 0.999);
		before = ":";
	}
	weft_buf_adds(out, "\"");
}

static void put_counts(struct weft_buf *out, const uint32_t counts[SHOWN])
{
	const char *before = "\\n";

	for (int s = 0; s < SHOWN; s++) {
		if (!counts[s])
			continue;
		weft_buf_addf(out, "%s%u %s", before, counts[s], shown[s].word);
		before = ", ";
	}
}

static void put_node(struct sketch *k, uint32_t g)
{
	const uint32_t *tasks = k->groups.members + k->groups.first[g];
	uint32_t size = weft_collapse_size(&k->groups, g), units = 0, counts[SHOWN] = { 0 };
	struct weft_buf name;

	for (uint32_t i = 0; i < size; i++) {
		units += k->d->flow->tasks[tasks[i]].unit_count;
		count_task(k->d, &k->d->flow->tasks[tasks[i]], counts);
	}
	weft_buf_init(&name, 4096);
	weft_collapse_name(&k->groups, g, &name);
	weft_buf_addf(k->out, "\tt%u [label=\"", g);
	put_text(k->out, weft_buf_str(&name));
	weft_buf_clear(&name);
	if (weft_collapse_stems(&k->groups, g, &name))
		k->rc = -ENOMEM;
	if (name.len) {
		weft_buf_adds(k->out, "\\n");
		put_text(k->out, weft_buf_str(&name));
	}
	weft_buf_fini(&name);
	if (size > 1)
		weft_buf_addf(k->out, "\\n%u tasks", size);
	if (size > 1 && units > size)
		weft_buf_addf(k->out, ", %u in all", units);
	else if (units > size)
		weft_buf_addf(k->out, "\\nx%u", units);
	if (units > 1)
		put_counts(k->out, counts);
	weft_buf_adds(k->out, "\"");
	if (units > 1)
		weft_buf_adds(k->out, ", peripheries=2");
	put_fill(k->out, counts, units);
	weft_buf_adds(k->out, "];\n");
}

static void put_edge(struct sketch *k, uint32_t from, uint32_t to, unsigned int needs)
{
	const char *label = needs & NEED_OK ? "" : needs & NEED_ANY ? "any" : "failed";

	weft_buf_addf(k->out, "\tt%u -> t%u [style=%s, label=\"%s\"];\n", from, to,
		      needs & NEED_WHOLE ? "solid" : "dashed", label);
}

static unsigned int needs_bits(const struct weft_flow_need *need)
{
	static const uint8_t on[] = { [WEFT_NEED_OK] = NEED_OK, [WEFT_NEED_FAILED] = NEED_FAILED,
				      [WEFT_NEED_ANY] = NEED_ANY };

	return on[need->on] | (need->each ? 0 : NEED_WHOLE);
}

static void put_task_edges(struct sketch *k)
{
	for (uint32_t t = 0; t < k->d->flow->task_count; t++) {
		const struct weft_flow_task *task = &k->d->flow->tasks[t];

		for (uint32_t n = 0; n < task->need_count; n++)
			put_edge(k, k->groups.group_of[task->needs[n].task_idx],
				 k->groups.group_of[t], needs_bits(&task->needs[n]));
	}
}

static int sort_by_level(struct sketch *k)
{
	const struct weft_flow_graph *graph = k->d->graph;
	uint32_t *at = calloc((size_t)graph->level_count + 1, sizeof(*at));

	if (!at)
		return -ENOMEM;
	for (uint32_t g = 0; g < k->groups.count; g++)
		at[graph->level[k->groups.members[k->groups.first[g]]] + 1]++;
	for (uint32_t l = 0; l < graph->level_count; l++)
		at[l + 1] += at[l];
	for (uint32_t g = 0; g < k->groups.count; g++)
		k->by_level[at[graph->level[k->groups.members[k->groups.first[g]]]]++] = g;
	free(at);
	return 0;
}

/* A group comes after what its needed groups come after. */
static void follow_needs(struct sketch *k)
{
	uint32_t count = k->groups.count;

	for (uint32_t i = 0; i < count; i++) {
		uint32_t g = k->by_level[i];

		for (uint32_t p = 0; p < count; p++)
			for (uint32_t far = 0; k->needs[(size_t)g * count + p] && far < count; far++)
				k->behind[(size_t)g * count + far] |=
					k->needs[(size_t)p * count + far] ||
					k->behind[(size_t)p * count + far];
	}
}

static int put_group_edges(struct sketch *k)
{
	size_t count = k->groups.count;

	k->needs = calloc(count * count + 1, 1);
	k->behind = calloc(count * count + 1, 1);
	k->by_level = calloc(count + 1, sizeof(*k->by_level));
	if (!k->needs || !k->behind || !k->by_level || sort_by_level(k))
		return -ENOMEM;
	for (uint32_t t = 0; t < k->d->flow->task_count; t++) {
		const struct weft_flow_task *task = &k->d->flow->tasks[t];
		uint32_t own = k->groups.group_of[t];

		for (uint32_t n = 0; n < task->need_count; n++) {
			uint32_t other = k->groups.group_of[task->needs[n].task_idx];

			if (other != own)
				k->needs[own * count + other] |= needs_bits(&task->needs[n]);
		}
	}
	follow_needs(k);
	for (uint32_t g = 0; g < count; g++)
		for (uint32_t p = 0; p < count; p++) {
			unsigned int needs = k->needs[g * count + p];

			if (needs && (!k->behind[g * count + p] || !(needs & NEED_OK)))
				put_edge(k, p, g, needs);
		}
	return 0;
}

int weft_draw_dot(const struct weft_drawing *d, struct weft_buf *out)
{
	struct sketch k = { .d = d, .out = out };

	k.rc = weft_collapse_init(&k.groups, d->flow, d->graph, d->max_nodes);
	if (k.rc)
		return k.rc;
	weft_buf_adds(out, "digraph \"");
	put_text(out, d->flow->name);
	weft_buf_adds(out, "\" {\n");
	/* depths are one column: as a row they would be far wider than any screen */
	weft_buf_addf(out, "\trankdir=%s;\n", k.groups.by < WEFT_COLLAPSE_LEVEL ? "LR" : "TB");
	weft_buf_adds(out, "\tnode [shape=box, style=\"rounded,filled\", fillcolor=white, fontname=\"sans-serif\"];\n"
		      "\tedge [fontname=\"sans-serif\", fontsize=11];\n");
	for (uint32_t g = 0; g < k.groups.count; g++)
		put_node(&k, g);
	if (k.groups.by == WEFT_COLLAPSE_NOTHING)
		put_task_edges(&k);
	else if (put_group_edges(&k))
		k.rc = -ENOMEM;
	weft_buf_adds(out, "}\n");
	weft_collapse_fini(&k.groups);
	free(k.needs);
	free(k.behind);
	free(k.by_level);
	return k.rc ? k.rc : weft_buf_error(out);
}

static struct json_object *task_json(const struct weft_drawing *d, uint32_t t)
{
	static const char *const on[] = { [WEFT_NEED_OK] = "ok", [WEFT_NEED_FAILED] = "failed",
					  [WEFT_NEED_ANY] = "any" };
	const struct weft_flow_task *task = &d->flow->tasks[t];
	struct json_object *one = json_object_new_object(), *needs = json_object_new_array();
	uint32_t counts[SHOWN] = { 0 };

	json_object_object_add(one, "task", json_object_new_string(task->name));
	json_object_object_add(one, "level", json_object_new_int64(d->graph->level[t] + 1));
	json_object_object_add(one, "units", json_object_new_int64(task->unit_count));
	for (uint32_t n = 0; n < task->need_count; n++) {
		struct json_object *need = json_object_new_object();

		json_object_object_add(need, "task", json_object_new_string(
					       d->flow->tasks[task->needs[n].task_idx].name));
		json_object_object_add(need, "each", json_object_new_boolean(task->needs[n].each));
		json_object_object_add(need, "on", json_object_new_string(on[task->needs[n].on]));
		json_object_array_add(needs, need);
	}
	json_object_object_add(one, "needs", needs);
	count_task(d, task, counts);
	if (d->plan) {
		struct json_object *states = json_object_new_object();

		for (int s = 0; s < SHOWN; s++)
			if (counts[s])
				json_object_object_add(states, shown[s].word,
						       json_object_new_int64(counts[s]));
		json_object_object_add(one, "states", states);
	}
	return one;
}

struct json_object *weft_draw_json(const struct weft_drawing *d)
{
	struct json_object *out = json_object_new_object(), *tasks = json_object_new_array();

	json_object_object_add(out, "name", json_object_new_string(d->flow->name));
	json_object_object_add(out, "levels", json_object_new_int64(d->graph->level_count));
	for (uint32_t i = 0; i < d->flow->task_count; i++)
		json_object_array_add(tasks, task_json(d, d->graph->order[i]));
	json_object_object_add(out, "tasks", tasks);
	return out;
}
