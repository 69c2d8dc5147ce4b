/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cluster_svg.c - a whole cluster as a drawing
 *
 * A panel a leaf switch, in it a box an NVLink domain, in that a tile a node
 * with a square a GPU: orange if a job holds it, blue if it is free, hollow if
 * its node takes no jobs.  How the GPUs of a node are linked is the same for
 * all nodes of one hardware, so each kind is drawn once below, with a letter
 * that its tiles carry where there are several kinds.
 *
 * Readable from one node to some thousands: a tile is as wide as the largest
 * node needs, boxes stand side by side as long as the page is wide, a box that
 * is wider is folded into rows of equal length.  512 nodes of 8 GPUs make a
 * page of about 1,240 by 2,000 pixels and 400 KB; everything about a node is in
 * the tooltip of its tile.
 *
 * One pass over the nodes to measure, one to draw.  What it leaves out:
 * switches above the leaves, and which job holds a GPU (`weft map`).
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tools/topo/topo.h"

#define PAGE_W 1240
#define MARGIN 20
#define PAD 8
#define SQUARE 9		/* a GPU */
#define STEP 11
#define GPUS_A_ROW 8
#define TILE_GAP 4
#define LABEL_H 13
#define LETTER_W 6		/* of a label, about */
#define LABEL_MAX 16		/* letters of a node's name that are shown */
#define HEAD_H 18
#define BODY_LIMIT (64u << 20)

struct page {
	const struct topo_cluster *cluster;
	struct topo_groups groups;
	struct weft_buf *buf;
	uint32_t tile_w, tile_h, gpu_cols;
	uint32_t y;		/* where the next thing begins */
	bool letters;		/* more than one kind of hardware */
};

struct box {
	uint32_t cols, width, height;
};

/* ---- measures ----------------------------------------------------------- */

static void measure(struct page *page)
{
	uint32_t gpus = 0, label = 0, rows, width;

	for (uint32_t i = 0; i < page->groups.node_count; i++) {
		const struct topo_cluster_node *node = page->groups.node[i];
		uint32_t len = (uint32_t)strnlen(node->name, LABEL_MAX);

		label = len > label ? len : label;
		gpus = node->gpu_count > gpus ? node->gpu_count : gpus;
	}
	page->letters = page->cluster->hardware_count > 1;
	page->gpu_cols = gpus < GPUS_A_ROW ? gpus : GPUS_A_ROW;
	rows = (gpus + GPUS_A_ROW - 1) / GPUS_A_ROW;
	width = page->gpu_cols * STEP;
	label = label * LETTER_W + (page->letters ? 2 * LETTER_W : 0);
	page->tile_w = (width > label ? width : label) + PAD;
	page->tile_h = LABEL_H + rows * STEP + PAD / 2;
}

/* As few rows as fit the page, all of one length but the last. */
static struct box box_of(const struct page *page, const struct topo_group *group)
{
	uint32_t room = PAGE_W - 4 * MARGIN - 2 * PAD;
	uint32_t fit = room / (page->tile_w + TILE_GAP), rows;
	uint32_t title = 16 + (uint32_t)strnlen(group->domain, 24) * 7;
	struct box box;

	fit = fit ? fit : 1;
	rows = (group->count + fit - 1) / fit;
	box.cols = (group->count + rows - 1) / rows;
	box.width = box.cols * (page->tile_w + TILE_GAP) - TILE_GAP + 2 * PAD;
	if (box.width < title)
		box.width = title;
	box.height = HEAD_H + rows * (page->tile_h + TILE_GAP) - TILE_GAP + PAD;
	return box;
}

/* ---- nodes -------------------------------------------------------------- */

/* The GPUs whose bit in set is as in want: one path of squares. */
static void draw_gpus(struct page *page, const struct topo_cluster_node *node,
		      bool busy, const char *class, uint32_t x, uint32_t y)
{
	bool any = false;

	for (uint32_t g = 0; g < node->gpu_count; g++) {
		bool held = g < WEFT_GPUS_MAX && node->busy >> g & 1;

		if (held != busy)
			continue;
		if (!any)
			weft_buf_addf(page->buf, "<path class=\"%s\" d=\"", class);
		any = true;
		weft_buf_addf(page->buf, "M%u %uh%dv%dh-%dz",
			      x + g % GPUS_A_ROW * STEP,
			      y + g / GPUS_A_ROW * STEP, SQUARE, SQUARE, SQUARE);
	}
	if (any)
		weft_buf_adds(page->buf, "\"/>");
}

static void draw_tooltip(struct page *page, const struct topo_cluster_node *node)
{
	static const char *const states[] = {
		[TOPO_NODE_UP] = "",
		[TOPO_NODE_DRAINED] = ", drained",
		[TOPO_NODE_DOWN] = ", down",
	};

	weft_buf_adds(page->buf, "<title>");
	topo_svg_escape(page->buf, node->name);
	weft_buf_addf(page->buf, ": %u GPUs", node->gpu_count);
	if (node->busy) {
		weft_buf_adds(page->buf, ", busy ");
		topo_format_gpus(node->busy, page->buf);
	}
	weft_buf_adds(page->buf, states[node->state]);
	if (node->hardware_idx == TOPO_HARDWARE_UNKNOWN)
		weft_buf_adds(page->buf, ", hardware not reported");
	weft_buf_adds(page->buf, "</title>");
}

static void draw_node(struct page *page, const struct topo_cluster_node *node,
		      uint32_t x, uint32_t y)
{
	bool down = node->state != TOPO_NODE_UP;
	size_t len = strlen(node->name);
	char text[LABEL_MAX + 8];

	weft_buf_addf(page->buf, "<g><rect class=\"%s\" x=\"%u\" y=\"%u\" width=\"%u\" height=\"%u\" rx=\"3\"/>",
		      down ? "tile off" : "tile", x, y, page->tile_w, page->tile_h);
	/* The end of a long name tells nodes apart. */
	if (len > LABEL_MAX)
		snprintf(text, sizeof(text), "\u2026%s",
			 node->name + len - (LABEL_MAX - 1));
	else
		snprintf(text, sizeof(text), "%s", node->name);
	topo_svg_text(page->buf, x + PAD / 2, y + 10, "name", text);
	if (page->letters && node->hardware_idx < 26) {
		snprintf(text, sizeof(text), "%c", 'A' + node->hardware_idx);
		topo_svg_text(page->buf, x + page->tile_w - PAD / 2, y + 10,
			      "kind", text);
	}
	draw_gpus(page, node, false, down ? "gone" : "free", x + PAD / 2 + 1,
		  y + LABEL_H + 1);
	draw_gpus(page, node, true, "busy", x + PAD / 2 + 1, y + LABEL_H + 1);
	draw_tooltip(page, node);
	weft_buf_adds(page->buf, "</g>\n");
}

static void draw_box(struct page *page, const struct topo_group *group,
		     const struct box *box, uint32_t x, uint32_t y)
{
	weft_buf_addf(page->buf, "<rect class=\"%s\" x=\"%u\" y=\"%u\" width=\"%u\" height=\"%u\" rx=\"6\"/>\n",
		      *group->domain ? "domain" : "nodomain", x, y, box->width,
		      box->height);
	topo_svg_text(page->buf, x + PAD, y + 13, "dtitle",
		      *group->domain ? group->domain : "no domain");
	for (uint32_t i = 0; i < group->count; i++)
		draw_node(page, page->groups.node[group->first + i],
			  x + PAD + i % box->cols * (page->tile_w + TILE_GAP),
			  y + HEAD_H + i / box->cols * (page->tile_h + TILE_GAP));
}

/* ---- leaves ------------------------------------------------------------- */

static void add_sum(char *text, size_t size, const char *what, const char *name,
		    struct topo_sum sum)
{
	snprintf(text, size, "%s%s%.64s: %u node%s, %u of %u GPUs busy", what,
		 *name ? " " : "", name, sum.node_count,
		 sum.node_count == 1 ? "" : "s", sum.busy_count, sum.gpu_count);
}

/* Boxes side by side, then the next row; draw false only measures. */
static uint32_t lay_boxes(struct page *page, uint32_t first, uint32_t end,
			  uint32_t top, bool draw)
{
	uint32_t left = 2 * MARGIN, x = left, y = top, shelf_h = 0;

	for (uint32_t g = first; g < end; g++) {
		struct box box = box_of(page, &page->groups.group[g]);

		if (x > left && x + box.width > PAGE_W - 2 * MARGIN) {
			y += shelf_h + PAD;
			x = left;
			shelf_h = 0;
		}
		if (draw)
			draw_box(page, &page->groups.group[g], &box, x, y);
		x += box.width + PAD;
		shelf_h = box.height > shelf_h ? box.height : shelf_h;
	}
	return y + shelf_h;
}

static void draw_leaf(struct page *page, uint32_t first, uint32_t end)
{
	const char *leaf = page->groups.group[first].leaf;
	uint32_t top = page->y, bottom;
	char text[160];

	bottom = lay_boxes(page, first, end, top + 26, false) + PAD;
	weft_buf_addf(page->buf, "<rect class=\"leaf\" x=\"%d\" y=\"%u\" width=\"%d\" height=\"%u\" rx=\"8\"/>\n",
		      MARGIN, top, PAGE_W - 2 * MARGIN, bottom - top);
	add_sum(text, sizeof(text), *leaf ? "leaf" : "no leaf switch known", leaf,
		topo_groups_sum(&page->groups, first, end));
	topo_svg_text(page->buf, 2 * MARGIN, top + 17, "ltitle", text);
	lay_boxes(page, first, end, top + 26, true);
	page->y = bottom + PAD + 4;
}

/* ---- hardware, head and page -------------------------------------------- */

static void draw_hardware(struct page *page, uint32_t idx)
{
	uint32_t count = 0;
	char text[64];

	for (uint32_t i = 0; i < page->cluster->node_count; i++)
		count += page->cluster->node[i].hardware_idx == idx;
	if (!count)
		return;
	if (page->letters && idx < 26)
		snprintf(text, sizeof(text), "%c: the links inside %u node%s",
			 'A' + (int)idx, count, count == 1 ? "" : "s");
	else
		snprintf(text, sizeof(text), "The links inside %u node%s", count,
			 count == 1 ? "" : "s");
	page->y += topo_svg_inside(page->cluster->hardware[idx].inv, text, MARGIN,
				   page->y, PAGE_W - 2 * MARGIN, page->buf) + PAD;
}

static void draw_legend(struct page *page, uint32_t y)
{
	static const char *const words[][2] = {
		{ "free", "free" },
		{ "busy", "held by a job" },
		{ "gone", "on a node that is drained or down" },
	};
	uint32_t x = MARGIN;

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		weft_buf_addf(page->buf, "<path class=\"%s\" d=\"M%u %uh%dv%dh-%dz\"/>",
			      words[i][0], x, y - SQUARE, SQUARE, SQUARE, SQUARE);
		topo_svg_text(page->buf, x + STEP + 3, y, "name", words[i][1]);
		x += 40 + (uint32_t)strlen(words[i][1]) * 6;
	}
}

static void draw_head(struct page *page)
{
	struct topo_sum sum = topo_groups_sum(&page->groups, 0,
					      page->groups.count);
	char text[160];

	add_sum(text, sizeof(text), "cluster", page->cluster->name, sum);
	topo_svg_text(page->buf, MARGIN, 30, "ctitle", text);
	draw_legend(page, 50);
	page->y = 64;
}

static const char style_sheet[] =
	"<style>.leaf{fill:#fafafa;stroke:#888}.domain{fill:#eef4fb;stroke:#1f5fa8;stroke-width:1.5}"
	".nodomain{fill:none;stroke:#bbb;stroke-dasharray:4 3}.tile{fill:#fff;stroke:#ccc}"
	".off{fill:#eee;stroke-dasharray:2 2}.free{fill:#9cc2ea;stroke:#1f5fa8;stroke-width:.6}"
	".busy{fill:#e07b00;stroke:#8a4b00;stroke-width:.6}.gone{fill:none;stroke:#999}"
	".name{font-size:10px;fill:#333}.kind{font-size:10px;font-weight:bold;fill:#c76b00;text-anchor:end}"
	".dtitle{font-size:11px;fill:#1f5fa8}.ltitle{font-size:13px;font-weight:bold;fill:#333}"
	".ctitle{font-size:18px;font-weight:bold}</style>\n"
	"<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n";

static void draw_page(struct page *page)
{
	measure(page);
	draw_head(page);
	for (uint32_t g = 0; g < page->groups.count;
	     g = page->groups.group[g].leaf_end)
		draw_leaf(page, g, page->groups.group[g].leaf_end);
	page->y += PAD;
	for (uint32_t i = 0; i < page->cluster->hardware_count; i++)
		draw_hardware(page, i);
}

int topo_cluster_svg(const struct topo_cluster *cluster, struct weft_buf *buf)
{
	struct weft_buf body;
	struct page page = { .cluster = cluster, .buf = &body };
	int rc = topo_groups_init(&page.groups, cluster);

	if (rc)
		return rc;
	weft_buf_init(&body, BODY_LIMIT);
	draw_page(&page);
	rc = weft_buf_error(&body);
	weft_buf_addf(buf, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%u\" viewBox=\"0 0 %d %u\" font-family=\"sans-serif\">\n",
		      PAGE_W, page.y + MARGIN, PAGE_W, page.y + MARGIN);
	weft_buf_adds(buf, style_sheet);
	weft_buf_add(buf, body.data ? body.data : "", body.len);
	weft_buf_adds(buf, "</svg>\n");
	weft_buf_fini(&body);
	topo_groups_fini(&page.groups);
	return rc;
}
