/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fabric.h - where the nodes are: a tree from the site down to the node
 *
 * Vertices are numbered so that every subtree covers one contiguous range of
 * leaves: rank r of a node is its place in that order, and "smallest subtree
 * that fits", "same domain" and "k adjacent nodes" become work on ranges.
 * node_idx (the caller's numbering, Slurm's node table) and rank are mapped
 * to each other by arrays.
 *
 * Levels need not all be there: a site without switches or domains is one
 * vertex with all nodes.  A domain is an NVLink domain (Slurm 24.11 calls it a
 * block); where a leaf switch and a domain cross, the domain wins, since it
 * has the higher bandwidth.
 */
#ifndef WEFT_SCHED_FABRIC_H
#define WEFT_SCHED_FABRIC_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/err.h"

enum weft_level {
	WEFT_LEVEL_SITE,	/* exactly one, vertex 0 */
	WEFT_LEVEL_SWITCH,	/* any depth of switches above the leaf */
	WEFT_LEVEL_LEAF,	/* a leaf switch: nodes or domains below it */
	WEFT_LEVEL_DOMAIN,	/* an NVLink domain: only nodes below it */
};

struct weft_vertex {
	enum weft_level level;
	char *name;
	uint32_t parent;	/* vertex index; the site's parent is itself */
	uint32_t first_rank;	/* the subtree's nodes: first_rank .. */
	uint32_t node_count;	/* ... first_rank + node_count - 1 */
	uint32_t depth;		/* the site has 0 */
};

struct weft_fabric {
	uint32_t node_count, vertex_count;
	struct weft_vertex *vertex;	/* parents before children */
	uint32_t *rank_of;	/* [node_idx] */
	uint32_t *node_at;	/* [rank] */
	uint32_t *vertex_of;	/* [node_idx], the deepest vertex over the node */
	uint32_t *domain_of;	/* [node_idx], its domain's vertex, or UINT32_MAX */
	uint32_t *leaf_of;	/* [node_idx], its leaf switch's vertex, or UINT32_MAX */
};

/*
 * Built by naming things, in any order; finish() numbers the vertices, checks
 * (unknown parents, cycles, a node in two leaves) and hands over the tree.
 * Nodes never mentioned hang below the site.  Names are copied.
 */
struct weft_fabric_builder;
struct weft_fabric_builder *weft_fabric_builder_create(uint32_t node_count);
void weft_fabric_builder_destroy(struct weft_fabric_builder *b);
int weft_fabric_add_switch(struct weft_fabric_builder *b, const char *name,
			   const char *parent, struct weft_err *err);
int weft_fabric_set_switch(struct weft_fabric_builder *b, uint32_t node_idx,
			   const char *leaf, struct weft_err *err);
int weft_fabric_set_domain(struct weft_fabric_builder *b, uint32_t node_idx,
			   const char *domain, struct weft_err *err);
int weft_fabric_builder_finish(struct weft_fabric_builder *b,
			       struct weft_fabric **ret_fabric,
			       struct weft_err *err);

void weft_fabric_destroy(struct weft_fabric *fabric);
int weft_fabric_check(const struct weft_fabric *fabric, struct weft_err *err);

/* The number of leaf switches that a set of nodes touches (at least 1). */
uint32_t weft_fabric_count_leaves(const struct weft_fabric *fabric,
				  const uint32_t *node_idx, uint32_t count);

#endif
