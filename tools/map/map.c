/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * map.c - see map.h: order, ends, and Slurm's GRES words
 *
 * A node's Gres is "gpu:h100:8(S:0-1),gpu:a100:2,nic:1"; a job's detail for
 * one node is "gpu:h100:2(IDX:0,3)"; commas occur inside the brackets too.
 */
#include "config.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tools/map/map.h"

void weft_map_destroy(struct weft_map *map)
{
	if (!map)
		return;
	for (uint32_t i = 0; i < map->node_count; i++) {
		free(map->node[i].name);
		free(map->node[i].domain);
		free(map->node[i].leaf);
		free(map->node[i].hardware);
		free(map->node[i].report);
	}
	for (uint32_t i = 0; i < map->job_count; i++) {
		free(map->job[i].id);
		free(map->job[i].user);
		free(map->job[i].name);
	}
	free(map->cluster);
	free(map->node);
	free(map->job);
	free(map);
}

static int compare_nodes(const void *x, const void *y)
{
	const struct weft_map_node *a = x, *b = y;
	int rc;

	if (!a->domain[0] != !b->domain[0])
		return a->domain[0] ? -1 : 1;
	rc = strverscmp(a->domain, b->domain);
	return rc ? rc : strverscmp(a->name, b->name);
}

void weft_map_sort(struct weft_map *map)
{
	if (map->node_count)
		qsort(map->node, map->node_count, sizeof(*map->node),
		      compare_nodes);
}

/* The comma-separated word at *p that speaks of gpu; false at the end. */
static bool next_gpu_word(const char **p, const char **ret_word, size_t *ret_len)
{
	while (**p) {
		const char *word = *p;
		int depth = 0;

		for (; **p && (depth || **p != ','); (*p)++)
			depth += **p == '(' ? 1 : **p == ')' ? -1 : 0;
		*ret_word = word;
		*ret_len = (size_t)(*p - word);
		if (**p)
			(*p)++;
		if (*ret_len > 3 && !strncmp(word, "gpu", 3) &&
		    (word[3] == ':' || word[3] == '('))
			return true;
	}
	return false;
}

static uint32_t read_number(const char **p, const char *end)
{
	uint32_t n = 0;

	while (*p < end && isdigit((unsigned char)**p) && n < 100000)
		n = n * 10 + (uint32_t)(*(*p)++ - '0');
	return n;
}

uint32_t weft_map_gpus_of(const char *gres)
{
	const char *word;
	size_t len;
	uint32_t sum = 0;

	while (gres && next_gpu_word(&gres, &word, &len)) {
		const char *end = memchr(word, '(', len), *colon = NULL;

		if (!end)
			end = word + len;
		for (const char *p = word; p < end; p++)
			if (*p == ':')
				colon = p;
		if (colon && isdigit((unsigned char)colon[1])) {
			colon++;
			sum += read_number(&colon, end);
		}
	}
	return sum < WEFT_MAP_GPUS_MAX ? sum : WEFT_MAP_GPUS_MAX;
}

uint64_t weft_map_indices_of(const char *gres)
{
	const char *word;
	size_t len;
	uint64_t set = 0;

	while (gres && next_gpu_word(&gres, &word, &len)) {
		const char *end = word + len;
		const char *p = memmem(word, len, "(IDX:", 5);

		if (!p)
			continue;
		for (p += 5; p < end && isdigit((unsigned char)*p);) {
			uint32_t from = read_number(&p, end), to = from;

			if (p < end && *p == '-') {
				p++;
				to = read_number(&p, end);
			}
			for (; from <= to && from < WEFT_MAP_GPUS_MAX; from++)
				set |= UINT64_C(1) << from;
			if (p < end && *p == ',')
				p++;
		}
	}
	return set;
}
