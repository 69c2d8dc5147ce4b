/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * map.h - which job holds which GPU in which NVLink domain, as data
 *
 * tools/slurm/map_load.c fills it from Slurm's public API; draw.c and
 * map_json.c show it.  Plain data with owned strings.
 */
#ifndef WEFT_TOOLS_MAP_MAP_H
#define WEFT_TOOLS_MAP_MAP_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "lib/err.h"

#define WEFT_MAP_GPUS_MAX 64
#define WEFT_MAP_FREE UINT32_MAX	/* nobody holds it */
#define WEFT_MAP_HIDDEN (UINT32_MAX - 1) /* held by a job we may not see */

enum weft_map_state {
	WEFT_MAP_UP,
	WEFT_MAP_DRAINED,	/* runs what it has, takes no more */
	WEFT_MAP_DOWN,
};

struct weft_map_node {
	char *name;
	char *domain;		/* "" unknown */
	char *leaf;		/* the switch right above it, "" unknown */
	char *hardware;		/* equal for equal hardware, "" unknown */
	char *report;		/* of the first node of a hardware, else "" */
	enum weft_map_state state;
	uint32_t gpu_count;
	uint32_t job_of[WEFT_MAP_GPUS_MAX];	/* index in job[], or see above */
};

struct weft_map_job {
	char *id;		/* "12", "12_3" */
	char *user;
	char *name;
	uint32_t gpu_count;
	int64_t left_sec;	/* of its time limit; -1 unlimited */
};

struct weft_map {
	char *cluster;
	uint32_t node_count, job_count;
	struct weft_map_node *node;	/* sorted by domain, then name */
	struct weft_map_job *job;	/* in order of first sight */
};

struct weft_map_look {
	uint32_t width;		/* columns of the terminal, at least 20 */
	bool color;
	bool utf8;
};

void weft_map_destroy(struct weft_map *map);

/* Domains together (the unknown one last), nodes by name, numbers as numbers. */
void weft_map_sort(struct weft_map *map);

/*
 * Reading Slurm's words.  gpus_of: the sum of gpu:...:N of a node's Gres.
 * indices_of: the set in "gpu:h100:2(IDX:0,3-4),..." as bits; only gpu counts.
 */
uint32_t weft_map_gpus_of(const char *gres);
uint64_t weft_map_indices_of(const char *gres);

void weft_map_draw(const struct weft_map *map, const struct weft_map_look *look,
		   FILE *out);
int weft_map_write_json(const struct weft_map *map, FILE *out);

#endif
