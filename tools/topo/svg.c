/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * svg.c - one machine as a drawing
 *
 * NUMA nodes are panels side by side, GPUs stand in them in index order, each
 * with its nearest NIC below (GPUs may share one).  Links between GPUs are
 * curves, as wide as they are fast against the widest; a line below the title
 * says which width is how fast.  There is as much room above the GPUs as the
 * highest curve needs.  Where all pairs are linked alike (NVSwitch, or a full
 * mesh) 120 curves would be a smear: one bar across the top, to which every GPU
 * is tied, says the same.
 *
 * No script, no font file, no outside reference; text is escaped.  Colours are
 * readable on white and by the colour-blind (blue and orange).
 */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "gres/device.h"
#include "gres/rails.h"
#include "tools/topo/topo.h"

#define BOX_W 92
#define BOX_H 46
#define GAP 20
#define MARGIN 24
#define TOP 60
#define LINKS_H 200	/* a curve's control points are at most so high */
#define LEGEND_W 96
#define LEGEND_MAX 4	/* kinds of links named */
#define NIC_H 26

struct drawing {
	const struct weft_inventory *inv;
	struct weft_buf *buf;
	uint32_t x[WEFT_GPUS_MAX];	/* of a GPU's box */
	uint32_t width;
	uint32_t gpu_y;
	uint32_t widest_mbps;
	bool uniform, nics;
};

/* How high the control points of the curve between two GPUs are. */
static uint32_t rise_of(const struct drawing *d, uint32_t i, uint32_t j)
{
	uint32_t reach = d->x[i] > d->x[j] ? d->x[i] - d->x[j] :
		d->x[j] - d->x[i];

	return reach > d->width ? LINKS_H :
		30 + reach * (LINKS_H - 40) / d->width;
}

/* Where the GPUs stand: below the bar, or the highest curve and the legend. */
static uint32_t gpu_top(const struct drawing *d)
{
	uint32_t highest = 0;

	if (d->uniform)
		return TOP + 90;
	for (uint32_t i = 0; i < d->inv->gpu_count; i++)
		for (uint32_t j = 0; j < i; j++)
			if (d->inv->link_mbps[i][j] && rise_of(d, i, j) > highest)
				highest = rise_of(d, i, j);
	/* A curve gets three quarters as high as its control points. */
	return TOP + 30 + (highest ? 14 + highest * 3 / 4 : 0);
}

void topo_svg_escape(struct weft_buf *buf, const char *text)
{
	for (; *text; text++) {
		if (*text == '<')
			weft_buf_adds(buf, "&lt;");
		else if (*text == '>')
			weft_buf_adds(buf, "&gt;");
		else if (*text == '&')
			weft_buf_adds(buf, "&amp;");
		else if (*text == '"')
			weft_buf_adds(buf, "&quot;");
		else
			weft_buf_add(buf, text, 1);
	}
}

void topo_svg_text(struct weft_buf *buf, uint32_t x, uint32_t y,
		   const char *class, const char *text)
{
	weft_buf_addf(buf, "<text x=\"%u\" y=\"%u\" class=\"%s\">", x, y, class);
	topo_svg_escape(buf, text);
	weft_buf_adds(buf, "</text>\n");
}

/* GPUs left to right by NUMA node, then by index; a wider gap between nodes. */
static void lay_out(struct drawing *d)
{
	uint32_t x = MARGIN + GAP;

	for (int32_t numa = -1; numa < (int32_t)d->inv->numa_count; numa++) {
		uint32_t before = x;

		for (uint32_t i = 0; i < d->inv->gpu_count; i++) {
			if (d->inv->gpu[i].numa_idx != numa)
				continue;
			d->x[i] = x;
			x += BOX_W + GAP;
		}
		if (x != before)
			x += 2 * GAP;
	}
	d->width = x < 420 ? 420 : x;
	d->uniform = d->inv->gpu_count > 2;
	for (uint32_t i = 0; i < d->inv->gpu_count; i++)
		for (uint32_t j = 0; j < i; j++) {
			if (d->inv->link_mbps[i][j] > d->widest_mbps)
				d->widest_mbps = d->inv->link_mbps[i][j];
			if (d->inv->link_mbps[i][j] != d->inv->link_mbps[1][0])
				d->uniform = false;
		}
	if (!d->widest_mbps)
		d->uniform = false;
	d->gpu_y = gpu_top(d);
}

static uint32_t nic_room(const struct drawing *d)
{
	return d->nics ? NIC_H + 10 : 0;
}

static void draw_panel(struct drawing *d, int32_t numa)
{
	uint32_t from = UINT32_MAX, to = 0;
	char title[48];

	for (uint32_t i = 0; i < d->inv->gpu_count; i++) {
		if (d->inv->gpu[i].numa_idx != numa)
			continue;
		if (d->x[i] < from)
			from = d->x[i];
		if (d->x[i] + BOX_W > to)
			to = d->x[i] + BOX_W;
	}
	if (from == UINT32_MAX)
		return;
	weft_buf_addf(d->buf, "<rect class=\"numa\" x=\"%u\" y=\"%u\" width=\"%u\" height=\"%u\" rx=\"8\"/>\n",
		      from - GAP / 2, d->gpu_y - GAP / 2, to - from + GAP,
		      BOX_H + nic_room(d) + 40);
	snprintf(title, sizeof(title), numa < 0 ? "NUMA node unknown" :
		 "NUMA node %d", numa);
	topo_svg_text(d->buf, from, d->gpu_y + BOX_H + nic_room(d) + 20, "small", title);
}

static void draw_gpu(struct drawing *d, uint32_t i, int32_t nic_idx)
{
	const struct weft_gpu *gpu = &d->inv->gpu[i];
	uint32_t x = d->x[i], y = d->gpu_y;
	char text[64];

	weft_buf_addf(d->buf, "<rect class=\"gpu\" x=\"%u\" y=\"%u\" width=\"%d\" height=\"%d\" rx=\"5\"/>\n",
		      x, y, BOX_W, BOX_H);
	snprintf(text, sizeof(text), "GPU %u", i);
	topo_svg_text(d->buf, x + BOX_W / 2, y + (*gpu->type ? 20 : 28), "label", text);
	snprintf(text, sizeof(text), "%.13s", gpu->type);
	topo_svg_text(d->buf, x + BOX_W / 2, y + 37, "sub", text);
	if (nic_idx < 0)
		return;
	weft_buf_addf(d->buf, "<path class=\"pcie\" d=\"M%u %u v14\"/>\n<rect class=\"nic\" x=\"%u\" y=\"%u\" width=\"%d\" height=\"%d\" rx=\"4\"/>\n",
		      x + BOX_W / 2, y + BOX_H, x + 6, y + BOX_H + 14,
		      BOX_W - 12, NIC_H - 6);
	snprintf(text, sizeof(text), "%.12s", d->inv->nic[nic_idx].name);
	topo_svg_text(d->buf, x + BOX_W / 2, y + BOX_H + 28, "sub", text);
}

static void draw_bar(struct drawing *d)
{
	char text[64], gbps[16];
	uint32_t y = TOP + 16, right = 0;

	for (uint32_t i = 0; i < d->inv->gpu_count; i++)
		if (d->x[i] + BOX_W > right)
			right = d->x[i] + BOX_W;
	for (uint32_t i = 0; i < d->inv->gpu_count; i++)
		weft_buf_addf(d->buf, "<path class=\"link\" stroke-width=\"4\" d=\"M%u %u V%u\"/>\n",
			      d->x[i] + BOX_W / 2, y + 28, d->gpu_y);
	weft_buf_addf(d->buf, "<rect class=\"bar\" x=\"%u\" y=\"%u\" width=\"%u\" height=\"28\" rx=\"6\"/>\n",
		      MARGIN + GAP, y, right - MARGIN - GAP);
	topo_format_gbps(gbps, d->widest_mbps);
	snprintf(text, sizeof(text), "every pair %s GB/s each way", gbps);
	topo_svg_text(d->buf, (MARGIN + GAP + right) / 2, y + 19, "onbar", text);
}

static double stroke_of(const struct drawing *d, uint32_t mbps)
{
	return 1.0 + 4.0 * mbps / d->widest_mbps;
}

/* The next slower kind of link than mbps, 0 if there is none. */
static uint32_t slower(const struct weft_inventory *inv, uint32_t mbps)
{
	uint32_t next = 0;

	for (uint32_t i = 0; i < inv->gpu_count; i++)
		for (uint32_t j = 0; j < i; j++)
			if (inv->link_mbps[i][j] < mbps &&
			    inv->link_mbps[i][j] > next)
				next = inv->link_mbps[i][j];
	return next;
}

static void draw_legend(struct drawing *d)
{
	uint32_t x = MARGIN, mbps = d->widest_mbps;
	char gbps[16], text[32];

	for (int i = 0; i < LEGEND_MAX && mbps; i++) {
		topo_format_gbps(gbps, mbps);
		snprintf(text, sizeof(text), "%s GB/s", gbps);
		weft_buf_addf(d->buf, "<path class=\"link\" stroke-width=\"%.1f\" d=\"M%u %u h22\"/>\n",
			      stroke_of(d, mbps), x, TOP + 10);
		topo_svg_text(d->buf, x + 28, TOP + 14, "small", text);
		x += LEGEND_W;
		mbps = slower(d->inv, mbps);
	}
}

static void draw_link(struct drawing *d, uint32_t i, uint32_t j)
{
	uint32_t a = d->x[i] + BOX_W / 2, b = d->x[j] + BOX_W / 2;
	uint32_t mbps = d->inv->link_mbps[i][j], rise = rise_of(d, i, j);
	char gbps[16];

	topo_format_gbps(gbps, mbps);
	weft_buf_addf(d->buf, "<path class=\"link\" stroke-width=\"%.1f\" d=\"M%u %u C%u %u %u %u %u %u\"><title>GPU %u - GPU %u: %s GB/s</title></path>\n",
		      stroke_of(d, mbps), a, d->gpu_y, a,
		      d->gpu_y - rise, b, d->gpu_y - rise, b, d->gpu_y,
		      i < j ? i : j, i < j ? j : i, gbps);
}

static uint32_t height_of(const struct drawing *d)
{
	return d->gpu_y + BOX_H + nic_room(d) + 30 + MARGIN;
}

static void draw_title(struct drawing *d, const char *name)
{
	char gbps[16], text[128];
	const char *slash = strrchr(name, '/');

	weft_buf_adds(d->buf, "<style>.gpu{fill:#e8f0fb;stroke:#1f5fa8;stroke-width:1.5}.nic{fill:#fff3e2;stroke:#c76b00}.numa{fill:#f6f6f6;stroke:#bbb}.link{fill:none;stroke:#1f5fa8;stroke-opacity:.75}.pcie{stroke:#999;stroke-width:1.5}.bar{fill:#1f5fa8}.title{font-size:18px;font-weight:bold}.label{font-size:14px;font-weight:bold;text-anchor:middle}.sub{font-size:11px;text-anchor:middle;fill:#444}.small{font-size:12px;fill:#444}.onbar{font-size:13px;text-anchor:middle;fill:#fff}</style>\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n");
	topo_svg_text(d->buf, MARGIN, 30, "title", *d->inv->host ? d->inv->host :
		      slash ? slash + 1 : name);
	topo_format_gbps(gbps, d->widest_mbps);
	snprintf(text, sizeof(text), "%u GPU%s, %u NIC%s, %s%s%s", d->inv->gpu_count,
		 d->inv->gpu_count == 1 ? "" : "s", d->inv->nic_count,
		 d->inv->nic_count == 1 ? "" : "s", d->widest_mbps ? "widest link " : "no links known",
		 d->widest_mbps ? gbps : "", d->widest_mbps ? " GB/s" : "");
	topo_svg_text(d->buf, MARGIN, 50, "small", text);
}

/* Everything between <svg> and </svg>; nic_idx from weft_rails_nearest(). */
static void draw_inside(struct drawing *d, const char *name,
			const int32_t nic_idx[WEFT_GPUS_MAX])
{
	draw_title(d, name);
	for (int32_t numa = -1; numa < (int32_t)d->inv->numa_count; numa++)
		draw_panel(d, numa);
	if (d->uniform)
		draw_bar(d);
	else
		draw_legend(d);
	for (uint32_t i = 0; i < d->inv->gpu_count && !d->uniform; i++)
		for (uint32_t j = 0; j < i; j++)
			if (d->inv->link_mbps[i][j])
				draw_link(d, i, j);
	for (uint32_t i = 0; i < d->inv->gpu_count; i++)
		draw_gpu(d, i, nic_idx[i]);
}

uint32_t topo_svg_inside(const struct weft_inventory *inv, const char *name,
			 uint32_t x, uint32_t y, uint32_t max_width,
			 struct weft_buf *buf)
{
	struct drawing d = { .inv = inv, .buf = buf };
	int32_t nic_idx[WEFT_GPUS_MAX];
	uint32_t width, height;

	weft_rails_nearest(inv, nic_idx);
	lay_out(&d);
	for (uint32_t i = 0; i < inv->gpu_count; i++)
		d.nics = d.nics || nic_idx[i] >= 0;
	width = d.width < max_width ? d.width : max_width;
	height = (uint32_t)((uint64_t)height_of(&d) * width / d.width);
	weft_buf_addf(buf, "<svg xmlns=\"http://www.w3.org/2000/svg\" x=\"%u\" y=\"%u\" width=\"%u\" height=\"%u\" viewBox=\"0 0 %u %u\" font-family=\"sans-serif\">\n",
		      x, y, width, height, d.width, height_of(&d));
	draw_inside(&d, name, nic_idx);
	weft_buf_adds(buf, "</svg>\n");
	return height;
}

void topo_svg(const struct weft_inventory *inv, const char *name,
	      struct weft_buf *buf)
{
	topo_svg_inside(inv, name, 0, 0, UINT32_MAX, buf);
}
