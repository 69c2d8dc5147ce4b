/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fabric.c - see fabric.h: names become a numbered tree
 *
 * The builder interns names (lib/names.h) and remembers for each switch its
 * parent and for each node its leaf and its domain.  finish() makes a draft
 * of vertices (site, switches, domains), hangs each domain below the switch
 * that its nodes share, and walks the draft in depth-first order: vertices get
 * their numbers and nodes their ranks on the way, so every subtree is a range.
 *
 * Invariants (weft_fabric_check): parents come before children, ranges nest,
 * rank_of and node_at are inverse.
 *
 * Cost: O(nodes + vertices * depth).
 */
#include "config.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "lib/names.h"
#include "sched/fabric.h"

#define NAMES_LIMIT (1u << 20)
#define DEPTH_MAX 64	/* of switches above one another */
#define NONE UINT32_MAX

struct weft_fabric_builder {
	uint32_t node_count;
	struct weft_names *switches, *domains;
	uint32_t *parent;	/* [switch], NONE: the site */
	uint32_t parent_cap;
	uint32_t *leaf, *domain;	/* [node_idx], NONE: not said */
};

/* Vertices before they are numbered: 0 site, then switches, then domains. */
struct draft {
	uint32_t count, switch_count;
	uint32_t *parent, *child, *sibling;	/* first child, next sibling */
	uint32_t *depth, *number;
	uint32_t *first_node, *next_node;	/* nodes directly below */
};

struct weft_fabric_builder *weft_fabric_builder_create(uint32_t node_count)
{
	struct weft_fabric_builder *b = calloc(1, sizeof(*b));

	if (!b)
		return NULL;
	b->node_count = node_count;
	b->switches = weft_names_create(NAMES_LIMIT);
	b->domains = weft_names_create(NAMES_LIMIT);
	b->leaf = malloc(((size_t)node_count + 1) * sizeof(*b->leaf));
	b->domain = malloc(((size_t)node_count + 1) * sizeof(*b->domain));
	if (!b->switches || !b->domains || !b->leaf || !b->domain) {
		weft_fabric_builder_destroy(b);
		return NULL;
	}
	memset(b->leaf, 0xff, ((size_t)node_count + 1) * sizeof(*b->leaf));
	memset(b->domain, 0xff, ((size_t)node_count + 1) * sizeof(*b->domain));
	return b;
}

void weft_fabric_builder_destroy(struct weft_fabric_builder *b)
{
	if (!b)
		return;
	weft_names_destroy(b->switches);
	weft_names_destroy(b->domains);
	free(b->parent);
	free(b->leaf);
	free(b->domain);
	free(b);
}

static int need_switch(struct weft_fabric_builder *b, const char *name,
		       uint32_t *ret_idx, struct weft_err *err)
{
	int rc = weft_names_add(b->switches, name, ret_idx, NULL);
	uint32_t cap = b->parent_cap ? b->parent_cap * 2 : 64;
	uint32_t *more;

	if (rc)
		return weft_err_set(err, -rc, "switch %s: %s", name,
				    strerror(-rc));
	if (*ret_idx < b->parent_cap)
		return 0;
	more = realloc(b->parent, cap * sizeof(*more));
	if (!more)
		return weft_err_set(err, ENOMEM, "no memory for switch %s",
				    name);
	memset(more + b->parent_cap, 0xff,
	       (cap - b->parent_cap) * sizeof(*more));
	b->parent = more;
	b->parent_cap = cap;
	return 0;
}

int weft_fabric_add_switch(struct weft_fabric_builder *b, const char *name,
			   const char *parent, struct weft_err *err)
{
	uint32_t idx, above = NONE;
	int rc = need_switch(b, name, &idx, err);

	if (rc == 0 && parent)
		rc = need_switch(b, parent, &above, err);
	if (rc || !parent)
		return rc;
	if (b->parent[idx] != NONE && b->parent[idx] != above)
		return weft_err_set(err, EINVAL,
				    "switch %s is below both %s and %s", name,
				    weft_names_get(b->switches, b->parent[idx]),
				    parent);
	b->parent[idx] = above;
	return 0;
}

int weft_fabric_set_switch(struct weft_fabric_builder *b, uint32_t node_idx,
			   const char *leaf, struct weft_err *err)
{
	uint32_t idx;
	int rc;

	if (node_idx >= b->node_count)
		return weft_err_set(err, EINVAL, "node %u of %u", node_idx,
				    b->node_count);
	rc = need_switch(b, leaf, &idx, err);
	if (rc)
		return rc;
	if (b->leaf[node_idx] != NONE && b->leaf[node_idx] != idx)
		return weft_err_set(err, EINVAL,
				    "node %u is below both %s and %s", node_idx,
				    weft_names_get(b->switches,
						   b->leaf[node_idx]), leaf);
	b->leaf[node_idx] = idx;
	return 0;
}

int weft_fabric_set_domain(struct weft_fabric_builder *b, uint32_t node_idx,
			   const char *domain, struct weft_err *err)
{
	uint32_t idx;
	int rc;

	if (node_idx >= b->node_count)
		return weft_err_set(err, EINVAL, "node %u of %u", node_idx,
				    b->node_count);
	rc = weft_names_add(b->domains, domain, &idx, NULL);
	if (rc)
		return weft_err_set(err, -rc, "domain %s: %s", domain,
				    strerror(-rc));
	if (b->domain[node_idx] != NONE && b->domain[node_idx] != idx)
		return weft_err_set(err, EINVAL, "node %u is in both %s and %s",
				    node_idx,
				    weft_names_get(b->domains,
						   b->domain[node_idx]), domain);
	b->domain[node_idx] = idx;
	return 0;
}

/* The switches' depths, which also finds cycles. */
static int set_depths(const struct weft_fabric_builder *b, struct draft *d,
		      struct weft_err *err)
{
	for (uint32_t v = 1; v <= d->switch_count; v++) {
		uint32_t depth = 1;

		for (uint32_t up = d->parent[v]; up; up = d->parent[up])
			if (++depth > DEPTH_MAX)
				return weft_err_set(err, EINVAL,
						    "switch %s is below itself, or below more than %d others",
						    weft_names_get(b->switches,
								   v - 1),
						    DEPTH_MAX - 1);
		d->depth[v] = depth;
	}
	return 0;
}

/* The lowest switch above both. */
static uint32_t common(const struct draft *d, uint32_t a, uint32_t b)
{
	while (a != b) {
		if (d->depth[a] >= d->depth[b])
			a = d->parent[a];
		else
			b = d->parent[b];
	}
	return a;
}

static int draft_init(const struct weft_fabric_builder *b, struct draft *d)
{
	size_t n;

	d->switch_count = weft_names_count(b->switches);
	d->count = 1 + d->switch_count + weft_names_count(b->domains);
	n = d->count;
	d->parent = malloc(n * sizeof(uint32_t));
	d->child = malloc(n * sizeof(uint32_t));
	d->sibling = malloc(n * sizeof(uint32_t));
	d->depth = calloc(n, sizeof(uint32_t));
	d->number = malloc(n * sizeof(uint32_t));
	d->first_node = malloc(n * sizeof(uint32_t));
	d->next_node = malloc(((size_t)b->node_count + 1) * sizeof(uint32_t));
	if (!d->parent || !d->child || !d->sibling || !d->depth ||
	    !d->number || !d->first_node || !d->next_node)
		return -ENOMEM;
	memset(d->parent, 0xff, n * sizeof(uint32_t));
	memset(d->child, 0xff, n * sizeof(uint32_t));
	memset(d->sibling, 0xff, n * sizeof(uint32_t));
	memset(d->first_node, 0xff, n * sizeof(uint32_t));
	return 0;
}

static void draft_fini(struct draft *d)
{
	free(d->parent);
	free(d->child);
	free(d->sibling);
	free(d->depth);
	free(d->number);
	free(d->first_node);
	free(d->next_node);
}

static int draft_link(const struct weft_fabric_builder *b, struct draft *d,
		      struct weft_err *err)
{
	uint32_t v, leaf;
	int rc;

	d->parent[0] = 0;
	for (v = 1; v <= d->switch_count; v++)
		d->parent[v] = b->parent[v - 1] == NONE ? 0 :
			b->parent[v - 1] + 1;
	rc = set_depths(b, d, err);
	if (rc)
		return rc;
	for (uint32_t i = b->node_count; i-- > 0;) {
		leaf = b->leaf[i] == NONE ? 0 : b->leaf[i] + 1;
		v = leaf;
		if (b->domain[i] != NONE) {
			v = 1 + d->switch_count + b->domain[i];
			d->parent[v] = d->parent[v] == NONE ? leaf :
				common(d, d->parent[v], leaf);
		}
		d->next_node[i] = d->first_node[v];
		d->first_node[v] = i;
	}
	for (v = d->count; v-- > 1;) {
		if (d->parent[v] == NONE)	/* a domain that got no node */
			d->parent[v] = 0;
		d->sibling[v] = d->child[d->parent[v]];
		d->child[d->parent[v]] = v;
	}
	return 0;
}

static enum weft_level level_of(const struct draft *d, uint32_t v)
{
	if (v == 0)
		return WEFT_LEVEL_SITE;
	if (v > d->switch_count)
		return WEFT_LEVEL_DOMAIN;
	if (d->child[v] != NONE && d->child[v] <= d->switch_count &&
	    d->first_node[v] == NONE)
		return WEFT_LEVEL_SWITCH;
	return WEFT_LEVEL_LEAF;
}

static const char *name_of(const struct weft_fabric_builder *b,
			   const struct draft *d, uint32_t v)
{
	if (v == 0)
		return "site";
	if (v <= d->switch_count)
		return weft_names_get(b->switches, v - 1);
	return weft_names_get(b->domains, v - 1 - d->switch_count);
}

/* Give vertex v its number, and its own nodes their ranks. */
static int settle(const struct weft_fabric_builder *b, struct draft *d,
		  struct weft_fabric *f, uint32_t v, uint32_t *rank)
{
	uint32_t number = f->vertex_count;
	struct weft_vertex *to = &f->vertex[number];

	*to = (struct weft_vertex) {
		.level = level_of(d, v),
		.name = strdup(name_of(b, d, v)),
		.parent = v ? d->number[d->parent[v]] : 0,
		.first_rank = *rank,
	};
	to->depth = v ? f->vertex[to->parent].depth + 1 : 0;
	d->number[v] = number;
	f->vertex_count++;
	if (!to->name)
		return -ENOMEM;
	for (uint32_t i = d->first_node[v]; i != NONE; i = d->next_node[i]) {
		f->vertex_of[i] = number;
		f->domain_of[i] = v > d->switch_count ? number : NONE;
		f->rank_of[i] = *rank;
		f->node_at[(*rank)++] = i;
		to->node_count++;
	}
	return 0;
}

/* Depth first, by child and sibling links up and down: no stack needed. */
static int number_all(const struct weft_fabric_builder *b, struct draft *d,
		      struct weft_fabric *f)
{
	uint32_t v = 0, rank = 0;

	for (;;) {
		if (settle(b, d, f, v, &rank))
			return -ENOMEM;
		if (d->child[v] != NONE) {
			v = d->child[v];
			continue;
		}
		while (v && d->sibling[v] == NONE)
			v = d->parent[v];
		if (!v)
			break;
		v = d->sibling[v];
	}
	for (v = f->vertex_count; v-- > 1;)
		f->vertex[f->vertex[v].parent].node_count +=
			f->vertex[v].node_count;
	for (uint32_t i = 0; i < b->node_count; i++)
		f->leaf_of[i] = b->leaf[i] == NONE ? NONE :
			d->number[b->leaf[i] + 1];
	return 0;
}

static struct weft_fabric *fabric_create(uint32_t node_count,
					 uint32_t vertex_count)
{
	struct weft_fabric *f = calloc(1, sizeof(*f));
	size_t n = (size_t)node_count + 1;

	if (!f)
		return NULL;
	f->node_count = node_count;
	f->vertex = calloc(vertex_count, sizeof(*f->vertex));
	f->rank_of = calloc(n, sizeof(uint32_t));
	f->node_at = calloc(n, sizeof(uint32_t));
	f->vertex_of = calloc(n, sizeof(uint32_t));
	f->domain_of = calloc(n, sizeof(uint32_t));
	f->leaf_of = calloc(n, sizeof(uint32_t));
	if (f->vertex && f->rank_of && f->node_at && f->vertex_of &&
	    f->domain_of && f->leaf_of)
		return f;
	weft_fabric_destroy(f);
	return NULL;
}

int weft_fabric_builder_finish(struct weft_fabric_builder *b,
			       struct weft_fabric **ret_fabric,
			       struct weft_err *err)
{
	struct draft d = { 0 };
	struct weft_fabric *f = NULL;
	int rc = draft_init(b, &d);

	if (rc == 0)
		rc = draft_link(b, &d, err);
	if (rc == 0) {
		f = fabric_create(b->node_count, d.count);
		rc = f ? number_all(b, &d, f) : -ENOMEM;
	}
	draft_fini(&d);
	if (rc) {
		weft_fabric_destroy(f);
		return rc == -ENOMEM ?
			weft_err_set(err, ENOMEM, "no memory for the fabric") :
			rc;
	}
	*ret_fabric = f;
	return 0;
}

void weft_fabric_destroy(struct weft_fabric *fabric)
{
	if (!fabric)
		return;
	for (uint32_t v = 0; fabric->vertex && v < fabric->vertex_count; v++)
		free(fabric->vertex[v].name);
	free(fabric->vertex);
	free(fabric->rank_of);
	free(fabric->node_at);
	free(fabric->vertex_of);
	free(fabric->domain_of);
	free(fabric->leaf_of);
	free(fabric);
}

static bool vertex_is_sound(const struct weft_fabric *f, uint32_t v)
{
	const struct weft_vertex *x = &f->vertex[v], *up = &f->vertex[x->parent];

	if (!x->name || x->first_rank > f->node_count ||
	    x->node_count > f->node_count - x->first_rank)
		return false;
	if (v == 0)
		return x->parent == 0 && x->node_count == f->node_count;
	return x->parent < v && x->depth == up->depth + 1 &&
		x->first_rank >= up->first_rank &&
		x->first_rank + x->node_count <=
			up->first_rank + up->node_count;
}

int weft_fabric_check(const struct weft_fabric *f, struct weft_err *err)
{
	if (!f->vertex_count)
		return weft_err_set(err, EINVAL, "a fabric without a site");
	for (uint32_t v = 0; v < f->vertex_count; v++)
		if (!vertex_is_sound(f, v))
			return weft_err_set(err, EINVAL, "vertex %u (%s) is broken",
					    v, f->vertex[v].name ?
					    f->vertex[v].name : "unnamed");
	for (uint32_t i = 0; i < f->node_count; i++) {
		uint32_t v = f->vertex_of[i], rank = f->rank_of[i];

		if (v >= f->vertex_count || rank >= f->node_count ||
		    f->node_at[rank] != i || rank < f->vertex[v].first_rank ||
		    rank - f->vertex[v].first_rank >= f->vertex[v].node_count)
			return weft_err_set(err, EINVAL,
					    "node %u has no place in the fabric",
					    i);
	}
	return 0;
}

static int compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

uint32_t weft_fabric_count_leaves(const struct weft_fabric *fabric,
				  const uint32_t *node_idx, uint32_t count)
{
	uint32_t *leaf = malloc(((size_t)count + 1) * sizeof(*leaf));
	uint32_t leaves = 1;

	if (!leaf)
		return fabric->vertex_count;
	for (uint32_t i = 0; i < count; i++)
		leaf[i] = fabric->leaf_of[node_idx[i]];
	qsort(leaf, count, sizeof(*leaf), compare);
	for (uint32_t i = 1; i < count; i++)
		leaves += leaf[i] != leaf[i - 1];
	free(leaf);
	return leaves;
}
