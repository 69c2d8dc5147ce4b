/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * matrix.c - the link matrix as a picture in the terminal
 *
 * A row and a column a GPU, a column a NIC.  A cell is the bandwidth of the
 * link in GB/s, or, where there is none, nvidia-smi's word for what lies
 * between.  With colours the widest links are bright, narrower ones dimmer and
 * paths through the CPU grey, so that quads and pairs are seen before a number
 * is read.  Busy GPUs are crossed out, chosen ones stand in brackets.
 */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "gres/device.h"
#include "tools/topo/topo.h"

#define NICS_SHOWN 12	/* more make lines too long: show.c names the nearest */
#define LABEL_SIZE 16	/* of a 32-bit index in brackets */

void topo_format_gbps(char text[16], uint64_t mbps)
{
	unsigned long long whole = mbps / 1000, tenth = mbps % 1000 / 100;

	if (whole > 999999)
		whole = 999999;
	if (tenth && whole < 100)
		snprintf(text, 16, "%llu.%llu", whole, tenth);
	else
		snprintf(text, 16, "%llu", whole);
}

void topo_format_gpus(weft_gpuset_t gpus, struct weft_buf *buf)
{
	const char *comma = "";

	for (uint32_t first = 0, last; first < 64; first = last + 1) {
		last = first;
		if (!(gpus >> first & 1))
			continue;
		while (last < 63 && gpus >> (last + 1) & 1)
			last++;
		if (last > first + 1)
			weft_buf_addf(buf, "%s%u-%u", comma, first, last);
		else if (last > first)
			weft_buf_addf(buf, "%s%u,%u", comma, first, last);
		else
			weft_buf_addf(buf, "%s%u", comma, first);
		comma = ",";
	}
}

bool topo_parse_gpus(const char *text, weft_gpuset_t *ret_gpus)
{
	struct weft_idxset *set;
	weft_gpuset_t gpus = 0;
	bool fits;

	if (!*text) {
		*ret_gpus = 0;
		return true;
	}
	if (weft_cpulist_parse(text, &set))
		return false;
	fits = weft_idxset_next(set, WEFT_GPUS_MAX) == set->size;
	for (uint32_t i = 0; i < WEFT_GPUS_MAX; i++)
		gpus |= (weft_gpuset_t)weft_idxset_has(set, i) << i;
	weft_idxset_destroy(set);
	if (fits)
		*ret_gpus = gpus;
	return fits;
}

/* ---- cells -------------------------------------------------------------- */

static uint32_t widest_link(const struct weft_inventory *inv)
{
	uint32_t widest = 0;

	for (uint32_t i = 0; i < inv->gpu_count; i++)
		for (uint32_t j = 0; j < i; j++)
			if (inv->link_mbps[i][j] > widest)
				widest = inv->link_mbps[i][j];
	return widest;
}

/* From bright green for the widest to dull for an eighth of it and less. */
static int color_of_link(uint32_t mbps, uint32_t widest)
{
	static const int shades[] = { 46, 40, 34, 28 };
	int shade = 0;

	while (shade < 3 && mbps < widest) {
		widest /= 2;
		shade++;
	}
	return shades[shade];
}

static int color_of_path(enum weft_path path)
{
	switch (path) {
	case WEFT_PATH_PIX:
		return 45;
	case WEFT_PATH_PXB:
		return 39;
	case WEFT_PATH_PHB:
	case WEFT_PATH_NODE:
		return 250;
	default:
		return 240;
	}
}

static void add_cell(struct weft_buf *buf, const struct topo_style *style,
		     int color, bool bold, int width, const char *text)
{
	if (style->color)
		weft_buf_addf(buf, "\033[%s38;5;%dm%*s\033[0m",
			      bold ? "1;" : "", color, width, text);
	else
		weft_buf_addf(buf, "%*s", width, text);
}

/* "[0]" chosen, "x0" busy, "0" neither. */
static void label_of(const struct topo_marks *marks, uint32_t i, char text[LABEL_SIZE])
{
	if (marks->chosen >> i & 1)
		snprintf(text, LABEL_SIZE, "[%u]", i);
	else if (marks->busy >> i & 1)
		snprintf(text, LABEL_SIZE, "x%u", i);
	else
		snprintf(text, LABEL_SIZE, "%u", i);
}

static void add_gpu_cell(const struct weft_inventory *inv,
			 const struct topo_marks *marks,
			 const struct topo_style *style, uint32_t i, uint32_t j,
			 uint32_t widest, struct weft_buf *buf)
{
	weft_gpuset_t both = UINT64_C(1) << i | UINT64_C(1) << j;
	bool inside = i != j && (marks->chosen & both) == both;
	char text[16];

	if (i == j) {
		add_cell(buf, style, 240, false, 6, style->unicode ? "\u00b7" : ".");
	} else if (marks->busy & both) {
		add_cell(buf, style, 236, false, 6, "x");
	} else if (inv->link_mbps[i][j]) {
		topo_format_gbps(text, inv->link_mbps[i][j]);
		add_cell(buf, style, color_of_link(inv->link_mbps[i][j], widest),
			 inside, 6, text);
	} else {
		add_cell(buf, style, color_of_path(inv->path[i][j]), inside, 6,
			 inv->path[i][j] == WEFT_PATH_UNKNOWN ? "?" :
			 weft_path_word(inv->path[i][j]));
	}
}

static void add_header(const struct weft_inventory *inv,
		       const struct topo_marks *marks,
		       const struct topo_style *style, uint32_t nics,
		       struct weft_buf *buf)
{
	char text[16];

	weft_buf_addf(buf, "%7s", "");
	for (uint32_t i = 0; i < inv->gpu_count; i++) {
		label_of(marks, i, text);
		weft_buf_addf(buf, "%6s", text);
	}
	if (nics)
		weft_buf_addf(buf, "  %s", style->unicode ? "\u2502" : "|");
	for (uint32_t j = 0; j < nics; j++) {
		snprintf(text, sizeof(text), "N%u", j);
		weft_buf_addf(buf, "%5s", text);
	}
	weft_buf_adds(buf, "\n");
}

void topo_matrix(const struct weft_inventory *inv,
		 const struct topo_marks *marks, const struct topo_style *style,
		 struct weft_buf *buf)
{
	uint32_t nics = inv->nic_count <= NICS_SHOWN ? inv->nic_count : 0;
	uint32_t widest = widest_link(inv);
	char text[LABEL_SIZE];

	add_header(inv, marks, style, nics, buf);
	for (uint32_t i = 0; i < inv->gpu_count; i++) {
		label_of(marks, i, text);
		weft_buf_addf(buf, "%7s", text);
		for (uint32_t j = 0; j < inv->gpu_count; j++)
			add_gpu_cell(inv, marks, style, i, j, widest, buf);
		if (nics)
			weft_buf_addf(buf, "  %s", style->unicode ? "\u2502" : "|");
		for (uint32_t j = 0; j < nics; j++)
			add_cell(buf, style, color_of_path(inv->nic_path[i][j]),
				 false, 5,
				 inv->nic_path[i][j] == WEFT_PATH_UNKNOWN ? "?" :
				 weft_path_word(inv->nic_path[i][j]));
		weft_buf_adds(buf, "\n");
	}
}
