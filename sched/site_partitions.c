/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * site_partitions.c - see site_impl.h: which nodes a partition has
 *
 * A list is names of nodes, of NodeSets, or ALL, in any mixture; what
 * `scontrol show nodes` tells comes the other way round, each node with its
 * partitions.  A name that is neither node nor set is noted and passed over.
 * A site without a partition gets one of all nodes, "all".
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/hostlist.h"
#include "sched/site_impl.h"

struct resolving {
	struct weft_site *site;
	struct weft_idxset *nodes;
	uint32_t unknown_count;
	char first_unknown[64];
};

static void note_unknown(struct resolving *r, const char *name)
{
	if (!r->unknown_count++)
		snprintf(r->first_unknown, sizeof(r->first_unknown), "%s",
			 name);
}

static int add_node(void *arg, const char *name)
{
	struct resolving *r = arg;
	uint32_t idx = weft_site_find_node(r->site, name);

	if (idx == UINT32_MAX)
		note_unknown(r, name);
	else
		weft_idxset_add(r->nodes, idx);
	return 0;
}

/* A NodeSet's nodes; its lists were not checked when they were read. */
static int add_set(struct resolving *r, const struct weft_site_group *set)
{
	const struct weft_site *site = r->site;

	for (uint32_t i = 0; set->feature && i < site->node_count; i++)
		if (weft_site_has_feature(&site->node[i], set->feature))
			weft_idxset_add(r->nodes, i);
	if (!set->nodes)
		return 0;
	if (!strcasecmp(set->nodes, "ALL")) {
		weft_idxset_fill(r->nodes);
		return 0;
	}
	return weft_hostlist_each(set->nodes, WEFT_SITE_NODES_MAX, add_node, r,
				  NULL);
}

static int add_name(void *arg, const char *name)
{
	struct resolving *r = arg;

	if (!strcasecmp(name, "ALL")) {
		weft_idxset_fill(r->nodes);
		return 0;
	}
	if (weft_site_find_node(r->site, name) == UINT32_MAX)
		for (uint32_t i = 0; i < r->site->nodeset_count; i++)
			if (!strcmp(r->site->nodeset[i].name, name))
				return add_set(r, &r->site->nodeset[i]);
	return add_node(arg, name);
}

static int resolve(struct weft_site *site, struct weft_site_partition *p,
		   struct weft_err *err)
{
	struct resolving r = { .site = site };
	int rc = 0;

	p->nodes = r.nodes = weft_idxset_create(site->node_count);
	if (!p->nodes)
		return weft_err_set(err, ENOMEM, "no memory for partitions");
	if (p->node_list)
		rc = weft_hostlist_each(p->node_list, WEFT_SITE_NODES_MAX,
					add_name, &r, err);
	if (rc) {
		weft_err_prefix(err, "partition %s: Nodes", p->name);
		return rc;
	}
	if (r.unknown_count)
		weft_site_note(site, "partition %s: %u names of nodes that there are not, %s first",
			       p->name, r.unknown_count, r.first_unknown);
	return 0;
}

/* "a,b" of one node to the partitions' sets, which are made as they come. */
static int resolve_told(struct weft_site *site, uint32_t node_idx,
			const char *list, struct weft_err *err)
{
	struct weft_site_partition *p;
	char name[WEFT_HOST_NAME_MAX + 1];
	int rc;

	while (*list) {
		size_t len = strcspn(list, ",");
		uint32_t idx;

		if (len > WEFT_HOST_NAME_MAX)
			return weft_err_set(err, EINVAL,
					    "node %s: a partition's name is too long",
					    site->node[node_idx].name);
		memcpy(name, list, len);
		name[len] = '\0';
		list += len + (list[len] == ',');
		idx = weft_site_find_partition(site, name);
		if (idx == UINT32_MAX) {
			rc = weft_site_new_partition(site, name, &p, err);
			if (rc)
				return rc;
		} else {
			p = &site->partition[idx];
		}
		if (!p->nodes)
			p->nodes = weft_idxset_create(site->node_count);
		if (!p->nodes)
			return weft_err_set(err, ENOMEM,
					    "no memory for partitions");
		weft_idxset_add(p->nodes, node_idx);
	}
	return 0;
}

int weft_site_resolve(struct weft_site *site, struct weft_err *err)
{
	uint32_t written = site->partition_count;
	struct weft_site_partition *p;
	int rc = 0;

	for (uint32_t i = 0; rc == 0 && i < written; i++)
		rc = resolve(site, &site->partition[i], err);
	for (uint32_t i = 0; rc == 0 && !written && i < site->node_count; i++)
		if (site->node[i].partitions)
			rc = resolve_told(site, i, site->node[i].partitions,
					  err);
	if (rc || site->partition_count)
		return rc;
	rc = weft_site_new_partition(site, "all", &p, err);
	if (rc)
		return rc;
	p->is_default = true;
	p->nodes = weft_idxset_create(site->node_count);
	if (!p->nodes)
		return weft_err_set(err, ENOMEM, "no memory for partitions");
	weft_idxset_fill(p->nodes);
	return 0;
}
