/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * draw.c - the map on a terminal
 *
 * A box a domain, a cell a GPU: the letter of the job that holds it (and the
 * job's colour), a dot if it is free, x on a drained node, - on one that is
 * down.  Nodes stand side by side as far as the terminal is wide, in equal
 * columns, so that 500 nodes fit on a few screens and 4 on a few lines.
 * Letters run A-Z, a-z, 0-9 and begin again; the colour differs then, and
 * --json has the job of every GPU.
 */
#include "config.h"

#include <string.h>

#include "tools/map/map.h"

#define WIDE_NODES 32	/* up to so many nodes: one a line, cells apart */

struct pen {
	const struct weft_map *map;
	const struct weft_map_look *look;
	FILE *out;
	uint32_t name_width, gpu_width, inner, per_row;
	bool wide;
};

static char letter_of(uint32_t job)
{
	static const char letters[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

	return letters[job % (sizeof(letters) - 1)];
}

static void color(const struct pen *pen, uint32_t job)
{
	static const unsigned char palette[] = { 33, 208, 77, 170, 220, 45, 203,
						 111, 149, 214, 141, 43, 180 };

	if (pen->look->color)
		fprintf(pen->out, "\033[38;5;%um",
			palette[job % sizeof(palette)]);
}

static void dim(const struct pen *pen, const char *text)
{
	if (pen->look->color)
		fprintf(pen->out, "\033[2m%s\033[0m", text);
	else
		fputs(text, pen->out);
}

static void uncolor(const struct pen *pen)
{
	if (pen->look->color)
		fputs("\033[0m", pen->out);
}

static void draw_cell(const struct pen *pen, const struct weft_map_node *node,
		      uint32_t gpu)
{
	uint32_t job = node->job_of[gpu];

	if (node->state == WEFT_MAP_DOWN)
		dim(pen, "-");
	else if (job == WEFT_MAP_HIDDEN)
		fputc('?', pen->out);
	else if (job != WEFT_MAP_FREE) {
		color(pen, job);
		fputc(letter_of(job), pen->out);
		uncolor(pen);
	} else if (node->state == WEFT_MAP_DRAINED)
		dim(pen, "x");
	else
		dim(pen, pen->look->utf8 ? "\302\267" : ".");
}

/* name, cells, and blanks up to the column's width. */
static void draw_node(const struct pen *pen, const struct weft_map_node *node)
{
	uint32_t step = pen->wide ? 2 : 1;

	if (strlen(node->name) > pen->name_width)
		fprintf(pen->out, " %.*s~", (int)pen->name_width - 1,
			node->name);
	else
		fprintf(pen->out, " %-*s", (int)pen->name_width, node->name);
	fputc(' ', pen->out);
	for (uint32_t g = 0; g < pen->gpu_width; g++) {
		if (g < node->gpu_count)
			draw_cell(pen, node, g);
		else
			fputc(' ', pen->out);
		if (step == 2)
			fputc(' ', pen->out);
	}
}

static uint32_t node_width(const struct pen *pen)
{
	return pen->name_width + 2 + pen->gpu_width * (pen->wide ? 2 : 1);
}

static void repeat(const struct pen *pen, const char *utf8, char ascii,
		   uint32_t count)
{
	while (count--) {
		if (pen->look->utf8)
			fputs(utf8, pen->out);
		else
			fputc(ascii, pen->out);
	}
}

static void draw_edge(const struct pen *pen, bool top, const char *title)
{
	uint32_t len = title ? (uint32_t)strlen(title) : 0;

	if (pen->look->utf8)
		fputs(top ? "\342\224\214" : "\342\224\224", pen->out);
	else
		fputc('+', pen->out);
	if (len && len + 4 <= pen->inner) {
		repeat(pen, "\342\224\200", '-', 1);
		fprintf(pen->out, " %s ", title);
		repeat(pen, "\342\224\200", '-', pen->inner - len - 3);
	} else {
		repeat(pen, "\342\224\200", '-', pen->inner);
	}
	if (pen->look->utf8)
		fputs(top ? "\342\224\220" : "\342\224\230", pen->out);
	else
		fputc('+', pen->out);
	fputc('\n', pen->out);
}

static void draw_side(const struct pen *pen)
{
	if (pen->look->utf8)
		fputs("\342\224\202", pen->out);
	else
		fputc('|', pen->out);
}

static void draw_domain(const struct pen *pen, uint32_t first, uint32_t end)
{
	const struct weft_map_node *node = pen->map->node;
	char title[128];

	snprintf(title, sizeof(title), "%.100s",
		 node[first].domain[0] ? node[first].domain :
					 "no NVLink domain known");
	draw_edge(pen, true, title);
	for (uint32_t i = first; i < end; i += pen->per_row) {
		uint32_t used = 0;

		draw_side(pen);
		for (uint32_t k = i; k < end && k < i + pen->per_row; k++) {
			draw_node(pen, &node[k]);
			used += node_width(pen);
		}
		fprintf(pen->out, "%*s", (int)(pen->inner - used), "");
		draw_side(pen);
		fputc('\n', pen->out);
	}
	draw_edge(pen, false, NULL);
}

static void format_left(int64_t sec, char *text, size_t size)
{
	if (sec < 0)
		snprintf(text, size, "no limit");
	else if (sec >= 86400)
		snprintf(text, size, "%lld-%02lld:%02lld left",
			 (long long)(sec / 86400), (long long)(sec / 3600 % 24),
			 (long long)(sec / 60 % 60));
	else
		snprintf(text, size, "%lld:%02lld:%02lld left",
			 (long long)(sec / 3600), (long long)(sec / 60 % 60),
			 (long long)(sec % 60));
}

static void draw_legend(const struct pen *pen)
{
	for (uint32_t i = 0; i < pen->map->job_count; i++) {
		const struct weft_map_job *job = &pen->map->job[i];
		char left[32], line[512];

		format_left(job->left_sec, left, sizeof(left));
		snprintf(line, sizeof(line), "%-10s %-10.20s %3u GPU%s  %-16s %.64s",
			 job->id, job->user, job->gpu_count,
			 job->gpu_count == 1 ? " " : "s", left, job->name);
		color(pen, i);
		fprintf(pen->out, "  %c", letter_of(i));
		uncolor(pen);
		fprintf(pen->out, "  %.*s\n",
			(int)(pen->look->width > 10 ? pen->look->width - 6 : 4),
			line);
	}
}

static void draw_summary(const struct pen *pen)
{
	const struct weft_map *map = pen->map;
	uint32_t total = 0, busy = 0, off = 0;

	for (uint32_t i = 0; i < map->node_count; i++) {
		for (uint32_t g = 0; g < map->node[i].gpu_count; g++) {
			total++;
			if (map->node[i].job_of[g] != WEFT_MAP_FREE)
				busy++;
			else if (map->node[i].state != WEFT_MAP_UP)
				off++;
		}
	}
	fprintf(pen->out, "%s: %u nodes, %u GPUs: %u in use, %u free, %u drained or down\n",
		map->cluster, map->node_count, total, busy, total - busy - off,
		off);
}

static void measure(struct pen *pen)
{
	uint32_t longest = 1, width;

	pen->gpu_width = 1;
	for (uint32_t i = 0; i < pen->map->node_count; i++) {
		const struct weft_map_node *node = &pen->map->node[i];

		if (strlen(node->name) > longest)
			longest = (uint32_t)strlen(node->name);
		if (node->gpu_count > pen->gpu_width)
			pen->gpu_width = node->gpu_count;
	}
	width = pen->look->width < 20 ? 20 : pen->look->width;
	pen->inner = width - 2;
	pen->name_width = longest;
	pen->wide = pen->map->node_count <= WIDE_NODES;
	if (node_width(pen) > pen->inner)
		pen->wide = false;
	if (node_width(pen) > pen->inner)	/* shorten the names */
		pen->name_width = pen->inner > pen->gpu_width + 6 ?
				  pen->inner - pen->gpu_width - 2 : 4;
	if (node_width(pen) > pen->inner)	/* a node wider than all */
		pen->inner = node_width(pen);
	pen->per_row = pen->wide ? 1 : pen->inner / node_width(pen);
	pen->inner = pen->per_row * node_width(pen) + 1;
	if (pen->inner < 26)
		pen->inner = 26;
}

void weft_map_draw(const struct weft_map *map, const struct weft_map_look *look,
		   FILE *out)
{
	struct pen pen = { .map = map, .look = look, .out = out };

	measure(&pen);
	draw_summary(&pen);
	for (uint32_t first = 0, i = 1; i <= map->node_count; i++) {
		if (i < map->node_count &&
		    !strcmp(map->node[i].domain, map->node[first].domain))
			continue;
		draw_domain(&pen, first, i);
		first = i;
	}
	draw_legend(&pen);
	fprintf(out, "  %s  free   x  drained   -  down   ?  in use, job not shown to you\n",
		look->utf8 ? "\302\267" : ".");
}
