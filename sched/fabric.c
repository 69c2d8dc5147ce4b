/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fabric.c - see fabric.h: the tree, its invariants, and what is asked of it
 *
 * How it is built stands in fabric_builder.c.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>

#include "sched/fabric.h"

void weft_fabric_destroy(struct weft_fabric *fabric)
{
	if (!fabric)
		return;
	for (uint32_t i = 0; i < fabric->vertex_count; i++)
		free(fabric->vertex[i].name);
	free(fabric->vertex);
	free(fabric->rank_of);
	free(fabric->node_at);
	free(fabric->vertex_of);
	free(fabric->domain_of);
	free(fabric->leaf_of);
	free(fabric);
}

static int check_vertex(const struct weft_fabric *fabric, uint32_t i,
			struct weft_err *err)
{
	const struct weft_vertex *v = &fabric->vertex[i];
	const struct weft_vertex *parent = &fabric->vertex[v->parent];

	if (i == 0) {
		if (v->level != WEFT_LEVEL_SITE || v->parent != 0 ||
		    v->first_rank != 0 || v->node_count != fabric->node_count)
			return weft_err_set(err, EINVAL,
				"fabric: vertex 0 is not a site with all nodes");
		return 0;
	}
	if (v->parent >= i || v->depth != parent->depth + 1)
		return weft_err_set(err, EINVAL,
			"fabric: %s stands before its parent", v->name);
	if (v->first_rank < parent->first_rank ||
	    v->first_rank + v->node_count >
		    parent->first_rank + parent->node_count)
		return weft_err_set(err, EINVAL,
			"fabric: %s has nodes that %s has not", v->name,
			parent->name);
	return 0;
}

int weft_fabric_check(const struct weft_fabric *fabric, struct weft_err *err)
{
	int rc;

	for (uint32_t i = 0; i < fabric->vertex_count; i++) {
		rc = check_vertex(fabric, i, err);
		if (rc)
			return rc;
	}
	for (uint32_t n = 0; n < fabric->node_count; n++) {
		uint32_t rank = fabric->rank_of[n];
		const struct weft_vertex *v;

		if (rank >= fabric->node_count || fabric->node_at[rank] != n)
			return weft_err_set(err, EINVAL,
				"fabric: node %u has no rank of its own", n);
		v = &fabric->vertex[fabric->vertex_of[n]];
		if (rank < v->first_rank ||
		    rank >= v->first_rank + v->node_count)
			return weft_err_set(err, EINVAL,
				"fabric: node %u is not below %s", n, v->name);
	}
	return 0;
}

uint32_t weft_fabric_count_leaves(const struct weft_fabric *fabric,
				  const uint32_t *node_idx, uint32_t count)
{
	uint32_t leaves = 0;

	/* Quadratic in the leaves touched, which are few in any good place. */
	for (uint32_t i = 0; i < count; i++) {
		uint32_t j = 0;

		while (j < i && fabric->leaf_of[node_idx[j]] !=
				fabric->leaf_of[node_idx[i]])
			j++;
		leaves += j == i;
	}
	return leaves ? leaves : 1;
}
