/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_map.c - Slurm's GRES words are read right, and the picture fits
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/unit.h"
#include "tools/map/map.h"

static const struct { const char *gres; uint32_t count; } count_cases[] = {
	{ NULL, 0 }, { "", 0 }, { "gpu:8", 8 }, { "gpu:h100:8", 8 },
	{ "gpu:h100:8(S:0-1)", 8 }, { "gpu:h100:4(S:0,1),gpu:a100:2", 6 },
	{ "nic:2,gpu:1", 1 }, { "gpux:8", 0 }, { "gpu", 0 }, { "gpu:h100", 0 },
	{ "gpu:99999999999", 64 }, { "shard:gpu:8", 0 }, { "gpu:2(((", 2 },
};

START_TEST(test_count)
{
	ck_assert_uint_eq(weft_map_gpus_of(count_cases[_i].gres),
			  count_cases[_i].count);
}
END_TEST

static const struct { const char *gres; uint64_t set; } index_cases[] = {
	{ NULL, 0 }, { "gpu:2", 0 }, { "gpu:h100:2(IDX:0-1)", 0x3 },
	{ "gpu:h100:3(IDX:0,3-4)", 0x19 }, { "gpu(IDX:7)", 0x80 },
	{ "nic:1(IDX:0),gpu:1(IDX:2)", 0x4 },
	{ "gpu:a:1(IDX:0),gpu:b:1(IDX:5)", 0x21 },
	{ "gpu:2(CNT:2)", 0 }, { "gpu:1(IDX:64)", 0 }, { "gpu:1(IDX:63-99)",
	  UINT64_C(1) << 63 }, { "gpu:1(IDX:", 0 }, { "gpu:1(IDX:3-)", 0 },
	{ "gpu:8(IDX:N/A)", 0 },
};

START_TEST(test_indices)
{
	ck_assert_uint_eq(weft_map_indices_of(index_cases[_i].gres),
			  index_cases[_i].set);
}
END_TEST

static struct weft_map *make_map(uint32_t nodes, uint32_t gpus, uint32_t jobs)
{
	struct weft_map *map = calloc(1, sizeof(*map));
	char text[32];

	map->cluster = strdup("c");
	map->node = calloc(nodes, sizeof(*map->node));
	map->job = calloc(jobs + 1, sizeof(*map->job));
	for (uint32_t i = 0; i < nodes; i++) {
		struct weft_map_node *node = &map->node[map->node_count++];

		snprintf(text, sizeof(text), "node%u", nodes - 1 - i);
		node->name = strdup(text);
		snprintf(text, sizeof(text), "d%u", (nodes - 1 - i) / 18);
		node->domain = strdup(i == nodes / 2 ? "" : text);
		node->gpu_count = gpus;
		for (uint32_t g = 0; g < gpus; g++)
			node->job_of[g] = jobs && (i + g) % 3 ? (i + g) % jobs :
								WEFT_MAP_FREE;
	}
	for (uint32_t i = 0; i < jobs; i++) {
		snprintf(text, sizeof(text), "%u", 100 + i);
		map->job[i].id = strdup(text);
		map->job[i].user = strdup("someone");
		map->job[i].name = strdup("train");
		map->job_count++;
	}
	return map;
}

static char *draw(const struct weft_map *map, uint32_t width, bool color)
{
	struct weft_map_look look = { .width = width, .color = color };
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	weft_map_draw(map, &look, out);
	fclose(out);
	return text;
}

START_TEST(test_sort)
{
	struct weft_map *map = make_map(40, 8, 3);

	weft_map_sort(map);
	ck_assert_str_eq(map->node[0].name, "node0");
	ck_assert_str_eq(map->node[2].name, "node2");	/* not node10 */
	ck_assert_str_eq(map->node[39].domain, "");	/* unknown is last */
	weft_map_destroy(map);
}
END_TEST

static const struct { uint32_t nodes, gpus, width; } fit_cases[] = {
	{ 1, 1, 80 }, { 4, 8, 80 }, { 4, 8, 30 }, { 500, 8, 80 },
	{ 500, 8, 200 }, { 500, 4, 30 }, { 32, 16, 60 }, { 33, 16, 60 },
};

/* Every box line is as wide as its neighbours and fits the terminal. */
START_TEST(test_fits)
{
	struct weft_map *map = make_map(fit_cases[_i].nodes,
					fit_cases[_i].gpus, 70);
	uint32_t boxes = 0, cells = 0;
	size_t width = 0;
	char *text, *save, *line;

	weft_map_sort(map);
	text = draw(map, fit_cases[_i].width, false);
	ck_assert_ptr_null(strchr(text, '\033'));
	for (line = strtok_r(text, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		if (line[0] != '|' && line[0] != '+')
			continue;
		boxes += line[0] == '+';
		width = width ? width : strlen(line);
		ck_assert_uint_eq(strlen(line), width);
		for (char *p = line; line[0] == '|' && *p; p++)
			cells += *p == '.';
	}
	ck_assert_uint_le(width, fit_cases[_i].width);
	ck_assert_uint_gt(boxes, 1);
	/* No free GPU was lost on the way. */
	for (uint32_t i = 0; i < map->node_count; i++)
		for (uint32_t g = 0; g < map->node[i].gpu_count; g++)
			cells -= map->node[i].job_of[g] == WEFT_MAP_FREE;
	ck_assert_uint_eq(cells, 0);
	free(text);
	weft_map_destroy(map);
}
END_TEST

START_TEST(test_states)
{
	struct weft_map *map = make_map(3, 2, 0);
	char *text;

	map->node[0].state = WEFT_MAP_DOWN;
	map->node[1].state = WEFT_MAP_DRAINED;
	map->node[2].job_of[0] = WEFT_MAP_HIDDEN;
	text = draw(map, 80, false);
	ck_assert_ptr_nonnull(strstr(text, "- -"));
	ck_assert_ptr_nonnull(strstr(text, "x x"));
	ck_assert_ptr_nonnull(strstr(text, "? ."));
	ck_assert_ptr_nonnull(strstr(text, "1 in use, 1 free, 4 drained"));
	free(text);
	text = draw(map, 80, true);
	ck_assert_ptr_nonnull(strchr(text, '\033'));
	free(text);
	weft_map_destroy(map);
}
END_TEST

UNIT_MAIN_ROWS("map",
	       EACH(test_count, count_cases), EACH(test_indices, index_cases),
	       ONCE(test_sort), EACH(test_fits, fit_cases), ONCE(test_states))
