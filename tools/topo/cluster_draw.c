/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cluster_draw.c - every GPU of a cluster in the terminal
 *
 * A heading a leaf switch and a heading an NVLink domain, with how much of
 * each is taken; below it the nodes side by side in equal columns, a mark a
 * GPU, so that 512 nodes of 8 GPUs take about a hundred lines of a wide
 * terminal and 4 nodes one.  What the marks mean is said once, and only of
 * those that occur.  Which job has a GPU is `weft map`'s to tell.
 */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "tools/topo/topo.h"

enum mark { MARK_FREE, MARK_BUSY, MARK_DRAINED, MARK_DOWN, MARK_COUNT };

static const struct {
	const char *unicode, *ascii, *text;
	int color;
} marks[MARK_COUNT] = {
	[MARK_FREE] = { "\u25a1", ".", "free", 39 },
	[MARK_BUSY] = { "\u25a0", "#", "held by a job", 208 },
	[MARK_DRAINED] = { "\u00d7", "x", "free, but its node is drained", 245 },
	[MARK_DOWN] = { "-", "-", "its node is down", 245 },
};

struct table {
	const struct topo_style *style;
	struct weft_buf *buf;
	uint32_t name_width, gpu_width, per_row;
	bool seen[MARK_COUNT];
};

static enum mark mark_of(const struct topo_cluster_node *node, uint32_t gpu)
{
	if (gpu < WEFT_GPUS_MAX && node->busy >> gpu & 1)
		return MARK_BUSY;
	return node->state == TOPO_NODE_DOWN ? MARK_DOWN :
	       node->state == TOPO_NODE_DRAINED ? MARK_DRAINED : MARK_FREE;
}

static void add_mark(struct table *table, enum mark mark)
{
	const char *text = table->style->unicode ? marks[mark].unicode :
						   marks[mark].ascii;

	table->seen[mark] = true;
	if (table->style->color)
		weft_buf_addf(table->buf, "\033[38;5;%dm%s\033[0m",
			      marks[mark].color, text);
	else
		weft_buf_adds(table->buf, text);
}

static void add_node(struct table *table, const struct topo_cluster_node *node,
		     bool last)
{
	weft_buf_addf(table->buf, "%-*s ", (int)table->name_width, node->name);
	for (uint32_t g = 0; g < node->gpu_count; g++)
		add_mark(table, mark_of(node, g));
	if (!last)
		weft_buf_addf(table->buf, "%*s",
			      (int)(table->gpu_width - node->gpu_count + 3), "");
}

static void add_sum(struct table *table, const struct topo_groups *groups,
		    uint32_t first, uint32_t end)
{
	struct topo_sum sum = topo_groups_sum(groups, first, end);

	weft_buf_addf(table->buf, ": %u node%s, %u of %u GPUs busy\n",
		      sum.node_count, sum.node_count == 1 ? "" : "s",
		      sum.busy_count, sum.gpu_count);
}

static void add_heading(struct table *table, const char *indent,
			const char *what, const char *name, const char *without)
{
	weft_buf_adds(table->buf, indent);
	if (table->style->color)
		weft_buf_adds(table->buf, "\033[1m");
	weft_buf_addf(table->buf, *name ? "%s %s" : "%s%s",
		      *name ? what : without, name);
	if (table->style->color)
		weft_buf_adds(table->buf, "\033[0m");
}

static void add_group(struct table *table, const struct topo_groups *groups,
		      uint32_t g)
{
	const struct topo_group *group = &groups->group[g];

	if (group->new_leaf) {
		weft_buf_adds(table->buf, "\n");
		add_heading(table, "", "leaf", group->leaf, "no leaf switch known");
		add_sum(table, groups, g, group->leaf_end);
	}
	add_heading(table, "  ", "NVLink domain", group->domain,
		    "no NVLink domain known");
	add_sum(table, groups, g, g + 1);
	for (uint32_t i = 0; i < group->count; i++) {
		bool last = i + 1 == group->count ||
			    (i + 1) % table->per_row == 0;

		if (i % table->per_row == 0)
			weft_buf_adds(table->buf, "    ");
		add_node(table, groups->node[group->first + i], last);
		if (last)
			weft_buf_adds(table->buf, "\n");
	}
}

static void add_legend(struct table *table)
{
	const char *comma = "\n";

	for (enum mark mark = 0; mark < MARK_COUNT; mark++)
		if (table->seen[mark]) {
			weft_buf_adds(table->buf, comma);
			add_mark(table, mark);
			weft_buf_addf(table->buf, " %s", marks[mark].text);
			comma = ", ";
		}
	weft_buf_adds(table->buf, *comma == ',' ? "\n" : "");
}

void topo_cluster_draw(const struct topo_groups *groups,
		       const struct topo_style *style, struct weft_buf *buf)
{
	struct table table = { .style = style, .buf = buf };
	uint32_t column;

	for (uint32_t i = 0; i < groups->node_count; i++) {
		uint32_t len = (uint32_t)strlen(groups->node[i]->name);

		if (len > table.name_width)
			table.name_width = len;
		if (groups->node[i]->gpu_count > table.gpu_width)
			table.gpu_width = groups->node[i]->gpu_count;
	}
	column = table.name_width + 1 + table.gpu_width + 3;
	table.per_row = style->width > column + 4 ?
			(style->width - 4 + 3) / column : 1;
	for (uint32_t g = 0; g < groups->count; g++)
		add_group(&table, groups, g);
	add_legend(&table);
}
