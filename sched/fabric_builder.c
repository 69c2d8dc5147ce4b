/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fabric_builder.c - from names in any order to a numbered tree
 *
 * Switches, domains and the site become vertices of one list.  A domain's
 * parent is the leaf switch of its nodes when they all share one, else their
 * lowest common switch, else the site; a node in a domain is below the domain
 * and only through it below a switch: where the two cross, the domain wins.
 * A depth-first walk then numbers vertices and nodes, so that each subtree is
 * one range of ranks.
 *
 * Cost: O((vertices + nodes) x depth), once per configuration.
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/names.h"
#include "sched/fabric.h"

#define NAMES_MAX (1u << 20)
#define DEPTH_MAX 64
#define NONE UINT32_MAX

struct weft_fabric_builder {
	uint32_t node_count;
	struct weft_names *switches;	/* all that were named */
	struct weft_names *domains;
	uint32_t *parent_of;		/* [switch], NONE: below the site */
	bool *known;			/* [switch], defined or used as a leaf */
	uint32_t cap;
	uint32_t *leaf;			/* [node_idx], switch or NONE */
	uint32_t *domain;		/* [node_idx] or NONE */
};

struct weft_fabric_builder *weft_fabric_builder_create(uint32_t node_count)
{
	struct weft_fabric_builder *b = calloc(1, sizeof(*b));
	size_t bytes = (node_count ? node_count : 1) * sizeof(uint32_t);

	if (!b)
		return NULL;
	b->node_count = node_count;
	b->switches = weft_names_create(NAMES_MAX);
	b->domains = weft_names_create(NAMES_MAX);
	b->leaf = malloc(bytes);
	b->domain = malloc(bytes);
	if (!b->switches || !b->domains || !b->leaf || !b->domain) {
		weft_fabric_builder_destroy(b);
		return NULL;
	}
	memset(b->leaf, 0xff, bytes);
	memset(b->domain, 0xff, bytes);
	return b;
}

void weft_fabric_builder_destroy(struct weft_fabric_builder *b)
{
	if (!b)
		return;
	weft_names_destroy(b->switches);
	weft_names_destroy(b->domains);
	free(b->parent_of);
	free(b->known);
	free(b->leaf);
	free(b->domain);
	free(b);
}

static int add_switch_name(struct weft_fabric_builder *b, const char *name,
			   uint32_t *ret_idx, struct weft_err *err)
{
	uint32_t cap = b->cap ? b->cap * 2 : 64;
	uint32_t *parents;
	bool *known;
	int is_new, rc;

	rc = weft_names_add(b->switches, name, ret_idx, &is_new);
	if (rc)
		return weft_err_sys(err, -rc, "switch %s", name);
	if (!is_new && *ret_idx < b->cap)
		return 0;
	if (*ret_idx >= b->cap) {
		parents = realloc(b->parent_of, cap * sizeof(*parents));
		if (parents)
			b->parent_of = parents;
		known = parents ? realloc(b->known, cap * sizeof(*known)) : NULL;
		if (known)
			b->known = known;
		if (!parents || !known)
			return weft_err_set(err, ENOMEM, "fabric: out of memory");
		b->cap = cap;
	}
	b->parent_of[*ret_idx] = NONE;
	b->known[*ret_idx] = false;
	return 0;
}

int weft_fabric_add_switch(struct weft_fabric_builder *b, const char *name,
			   const char *parent, struct weft_err *err)
{
	uint32_t idx, up = NONE;
	int rc = add_switch_name(b, name, &idx, err);

	if (!rc && parent)
		rc = add_switch_name(b, parent, &up, err);
	if (rc)
		return rc;
	if (up != NONE && b->parent_of[idx] != NONE && b->parent_of[idx] != up)
		return weft_err_set(err, EINVAL,
			"switch %s hangs below both %s and %s", name,
			weft_names_get(b->switches, b->parent_of[idx]), parent);
	if (up != NONE)
		b->parent_of[idx] = up;
	b->known[idx] = true;
	return 0;
}

int weft_fabric_set_switch(struct weft_fabric_builder *b, uint32_t node_idx,
			   const char *leaf, struct weft_err *err)
{
	uint32_t idx;
	int rc = add_switch_name(b, leaf, &idx, err);

	if (rc)
		return rc;
	if (b->leaf[node_idx] != NONE && b->leaf[node_idx] != idx)
		return weft_err_set(err, EINVAL,
			"node %u is on two leaf switches, %s and %s", node_idx,
			weft_names_get(b->switches, b->leaf[node_idx]), leaf);
	b->leaf[node_idx] = idx;
	b->known[idx] = true;
	return 0;
}

int weft_fabric_set_domain(struct weft_fabric_builder *b, uint32_t node_idx,
			   const char *domain, struct weft_err *err)
{
	uint32_t idx;
	int rc = weft_names_add(b->domains, domain, &idx, NULL);

	if (rc)
		return weft_err_sys(err, -rc, "domain %s", domain);
	if (b->domain[node_idx] != NONE && b->domain[node_idx] != idx)
		return weft_err_set(err, EINVAL,
			"node %u is in two domains, %s and %s", node_idx,
			weft_names_get(b->domains, b->domain[node_idx]), domain);
	b->domain[node_idx] = idx;
	return 0;
}

/* Switch idx and those above it, nearest first; -EINVAL on a cycle. */
static int path_up(const struct weft_fabric_builder *b, uint32_t idx,
		   uint32_t path[DEPTH_MAX], uint32_t *ret_len,
		   struct weft_err *err)
{
	uint32_t len = 0;

	for (; idx != NONE; idx = b->parent_of[idx]) {
		if (!b->known[idx])
			return weft_err_set(err, EINVAL,
				"switch %s is named as a parent but never defined",
				weft_names_get(b->switches, idx));
		if (len == DEPTH_MAX)
			return weft_err_set(err, EINVAL,
				"switch %s: a cycle, or more than %d levels",
				weft_names_get(b->switches, idx), DEPTH_MAX);
		path[len++] = idx;
	}
	*ret_len = len;
	return 0;
}

/* The lowest switch above both, NONE for the site. */
static int common_switch(const struct weft_fabric_builder *b, uint32_t x,
			 uint32_t y, uint32_t *ret_idx, struct weft_err *err)
{
	uint32_t px[DEPTH_MAX], py[DEPTH_MAX], nx, ny;
	int rc = path_up(b, x, px, &nx, err);

	if (!rc)
		rc = path_up(b, y, py, &ny, err);
	if (rc)
		return rc;
	*ret_idx = NONE;
	while (nx && ny && px[nx - 1] == py[ny - 1]) {
		*ret_idx = px[nx - 1];
		nx--;
		ny--;
	}
	return 0;
}

/*
 * The draft: vertex 0 the site, then switches, then domains, each with a
 * parent; every node with the vertex that it hangs from.
 */
struct draft {
	uint32_t switch_count, count;
	uint32_t *parent;	/* [vertex] */
	uint32_t *of;		/* [node_idx] */
	uint32_t *first_child, *next_child;	/* [vertex] */
	uint32_t *first_node, *next_node;	/* [vertex], [node_idx] */
};

static void draft_fini(struct draft *d)
{
	free(d->parent);
	free(d->of);
	free(d->first_child);
	free(d->next_child);
	free(d->first_node);
	free(d->next_node);
}

static uint32_t *none_array(uint32_t count)
{
	uint32_t *array = malloc((count ? count : 1) * sizeof(*array));

	if (array)
		memset(array, 0xff, count * sizeof(*array));
	return array;
}

static int draft_init(struct draft *d, const struct weft_fabric_builder *b)
{
	d->switch_count = weft_names_count(b->switches);
	d->count = 1 + d->switch_count + weft_names_count(b->domains);
	d->parent = none_array(d->count);
	d->of = none_array(b->node_count);
	d->first_child = none_array(d->count);
	d->next_child = none_array(d->count);
	d->first_node = none_array(d->count);
	d->next_node = none_array(b->node_count);
	return d->parent && d->of && d->first_child && d->next_child &&
	       d->first_node && d->next_node ? 0 : -ENOMEM;
}

/* Where domains hang: the lowest switch above all their nodes. */
static int place_domains(struct draft *d, const struct weft_fabric_builder *b,
			 struct weft_err *err)
{
	for (uint32_t n = 0; n < b->node_count; n++) {
		uint32_t *parent, up;
		int rc;

		if (b->domain[n] == NONE)
			continue;
		parent = &d->parent[1 + d->switch_count + b->domain[n]];
		up = b->leaf[n];
		if (*parent != NONE && up != NONE && *parent != 0) {
			rc = common_switch(b, *parent - 1, up, &up, err);
			if (rc)
				return rc;
		} else if (*parent == 0) {
			up = NONE;
		}
		*parent = up == NONE ? 0 : 1 + up;
	}
	return 0;
}

static int place_all(struct draft *d, const struct weft_fabric_builder *b,
		     struct weft_err *err)
{
	uint32_t path[DEPTH_MAX], len;
	int rc;

	for (uint32_t s = 0; s < d->switch_count; s++) {
		rc = path_up(b, s, path, &len, err);
		if (rc)
			return rc;
		d->parent[1 + s] = b->parent_of[s] == NONE ? 0 :
							     1 + b->parent_of[s];
	}
	rc = place_domains(d, b, err);
	if (rc)
		return rc;
	for (uint32_t n = b->node_count; n-- > 0;) {
		d->of[n] = b->domain[n] != NONE ?
				   1 + d->switch_count + b->domain[n] :
			   b->leaf[n] != NONE ? 1 + b->leaf[n] : 0;
		d->next_node[n] = d->first_node[d->of[n]];
		d->first_node[d->of[n]] = n;
	}
	for (uint32_t v = d->count; v-- > 1;) {
		if (d->parent[v] == NONE)
			d->parent[v] = 0;
		d->next_child[v] = d->first_child[d->parent[v]];
		d->first_child[d->parent[v]] = v;
	}
	return 0;
}

static enum weft_level level_of(const struct draft *d, uint32_t v)
{
	if (v == 0)
		return WEFT_LEVEL_SITE;
	if (v > d->switch_count)
		return WEFT_LEVEL_DOMAIN;
	for (uint32_t c = d->first_child[v]; c != NONE; c = d->next_child[c])
		if (c <= d->switch_count)
			return WEFT_LEVEL_SWITCH;
	return WEFT_LEVEL_LEAF;
}

static struct weft_fabric *fabric_create(uint32_t node_count,
					 uint32_t vertex_count)
{
	struct weft_fabric *f = calloc(1, sizeof(*f));

	if (!f)
		return NULL;
	f->node_count = node_count;
	f->vertex = calloc(vertex_count, sizeof(*f->vertex));
	f->rank_of = none_array(node_count);
	f->node_at = none_array(node_count);
	f->vertex_of = none_array(node_count);
	f->domain_of = none_array(node_count);
	f->leaf_of = none_array(node_count);
	if (f->vertex && f->rank_of && f->node_at && f->vertex_of &&
	    f->domain_of && f->leaf_of)
		return f;
	weft_fabric_destroy(f);
	return NULL;
}

static const char *name_of(const struct draft *d,
			   const struct weft_fabric_builder *b, uint32_t v)
{
	return v == 0 ? "site" :
	       v <= d->switch_count ? weft_names_get(b->switches, v - 1) :
		weft_names_get(b->domains, v - 1 - d->switch_count);
}

/* Number one vertex of the draft and the nodes right below it. */
static int number_vertex(struct weft_fabric *f, const struct draft *d,
			 const struct weft_fabric_builder *b, uint32_t v,
			 uint32_t parent, uint32_t *rank)
{
	struct weft_vertex *vertex = &f->vertex[f->vertex_count];
	uint32_t idx = f->vertex_count;

	vertex->name = strdup(name_of(d, b, v));
	if (!vertex->name)
		return -ENOMEM;
	f->vertex_count++;
	vertex->level = level_of(d, v);
	vertex->parent = parent;
	vertex->depth = v ? f->vertex[parent].depth + 1 : 0;
	vertex->first_rank = *rank;
	for (uint32_t n = d->first_node[v]; n != NONE; n = d->next_node[n]) {
		f->rank_of[n] = *rank;
		f->node_at[(*rank)++] = n;
		f->vertex_of[n] = idx;
		if (vertex->level == WEFT_LEVEL_DOMAIN)
			f->domain_of[n] = idx;
	}
	return 0;
}

/* Depth first, with the way down kept in `at` instead of the call stack. */
static int number_all(struct weft_fabric *f, const struct draft *d,
		      const struct weft_fabric_builder *b)
{
	uint32_t at[DEPTH_MAX + 2], number[DEPTH_MAX + 2], depth = 0, rank = 0;
	uint32_t next;

	if (number_vertex(f, d, b, 0, 0, &rank))
		return -ENOMEM;
	at[0] = 0;
	number[0] = 0;
	next = d->first_child[0];
	for (;;) {
		if (next != NONE) {
			number[depth + 1] = f->vertex_count;
			if (number_vertex(f, d, b, next, number[depth], &rank))
				return -ENOMEM;
			at[++depth] = next;
			next = d->first_child[next];
			continue;
		}
		f->vertex[number[depth]].node_count =
			rank - f->vertex[number[depth]].first_rank;
		if (depth == 0)
			return 0;
		next = d->next_child[at[depth--]];
	}
}

/* A node's leaf is what its switch line said, also inside a domain. */
static void note_leaves(struct weft_fabric *f,
			const struct weft_fabric_builder *b)
{
	for (uint32_t n = 0; n < f->node_count; n++) {
		uint32_t v = f->vertex_of[n];

		while (v && f->vertex[v].level != WEFT_LEVEL_LEAF)
			v = f->vertex[v].parent;
		if (v && b->leaf[n] != NONE)
			f->leaf_of[n] = v;
	}
}

int weft_fabric_builder_finish(struct weft_fabric_builder *b,
			       struct weft_fabric **ret_fabric,
			       struct weft_err *err)
{
	struct weft_fabric *fabric = NULL;
	struct draft draft = { 0 };
	int rc;

	rc = draft_init(&draft, b);
	if (!rc)
		rc = place_all(&draft, b, err);
	else
		weft_err_set(err, ENOMEM, "fabric: out of memory");
	if (!rc) {
		fabric = fabric_create(b->node_count, draft.count);
		rc = fabric ? number_all(fabric, &draft, b) : -ENOMEM;
		if (rc)
			weft_err_set(err, ENOMEM, "fabric: out of memory");
	}
	if (!rc) {
		note_leaves(fabric, b);
		rc = weft_fabric_check(fabric, err);
	}
	draft_fini(&draft);
	if (rc)
		weft_fabric_destroy(fabric);
	else
		*ret_fabric = fabric;
	return rc;
}
