/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * topology_conf.c - topology.conf or topology.yaml from what nodes report
 *
 * Nodes that report the same NVLink domain (fabric cluster and clique) form a
 * block, or in a tree a leaf switch; nodes without one form a leaf of their
 * own, and in a block topology are left out with a comment, since Slurm wants
 * every block to have the same size or more.  Domains are numbered in the
 * order of their first node's name, so that the file does not change when the
 * order of the arguments does; the domain's own name is in a comment.
 *
 *   TOPO_TREE    topology/tree, any release
 *   TOPO_BLOCK   topology/block, Slurm 23.11 and later
 *   TOPO_YAML    blocks in topology.yaml, Slurm 25.05 and later
 *   TOPO_YAML_TREE  the tree in it
 *
 * BlockSizes is the size of the smallest block, so that every block takes part.
 * What it leaves out: the switches above the leaves, which no GPU knows of.
 *
 * Source: topology.yaml(5) of Slurm 25.05; sched/levels_yaml.c reads the same.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tools/topo/topo.h"

/* nodes[first .. first + count - 1] of the sorted array share a domain. */
struct group {
	uint32_t first, count;
	bool domain;
};

struct work {
	struct topo_node *node;		/* sorted by domain, then name */
	const char **name;		/* the same order */
	uint32_t node_count;
	struct group *group;
	uint32_t group_count, domain_count;
	struct weft_buf *buf;
};

static int compare_nodes(const void *a_ptr, const void *b_ptr)
{
	const struct topo_node *a = a_ptr, *b = b_ptr;
	int differ = strcmp(a->domain, b->domain);

	return differ ? differ : strcmp(a->name, b->name);
}

static int compare_groups(const void *a_ptr, const void *b_ptr, void *arg)
{
	const struct group *a = a_ptr, *b = b_ptr;
	const struct work *work = arg;

	if (a->domain != b->domain)
		return a->domain ? -1 : 1;
	return strcmp(work->name[a->first], work->name[b->first]);
}

static void group_nodes(struct work *work)
{
	for (uint32_t i = 0; i < work->node_count; i++) {
		struct group *last = work->group_count ?
				     &work->group[work->group_count - 1] : NULL;

		work->name[i] = work->node[i].name;
		if (last && !strcmp(work->node[last->first].domain,
				    work->node[i].domain)) {
			last->count++;
			continue;
		}
		work->group[work->group_count++] = (struct group){
			.first = i, .count = 1,
			.domain = *work->node[i].domain != '\0',
		};
		work->domain_count += *work->node[i].domain != '\0';
	}
	qsort_r(work->group, work->group_count, sizeof(*work->group),
		compare_groups, work);
}

static int add_nodes(struct work *work, const struct group *group)
{
	return topo_hostlist(work->name + group->first, group->count, work->buf);
}

/* ---- forms -------------------------------------------------------------- */

/* "domain[1-3],others" */
static void add_leaf_names(struct work *work)
{
	if (work->domain_count > 1)
		weft_buf_addf(work->buf, "domain[1-%u]", work->domain_count);
	else if (work->domain_count)
		weft_buf_adds(work->buf, "domain1");
	if (work->domain_count < work->group_count)
		weft_buf_adds(work->buf, work->domain_count ? ",others" : "others");
}

static int add_tree(struct work *work)
{
	int rc = 0;

	for (uint32_t i = 0; !rc && i < work->group_count; i++) {
		const struct group *group = &work->group[i];

		if (group->domain)
			weft_buf_addf(work->buf, "# NVLink domain %s\nSwitchName=domain%u Nodes=",
				      work->node[group->first].domain, i + 1);
		else
			weft_buf_adds(work->buf, "# no NVLink domain\nSwitchName=others Nodes=");
		rc = add_nodes(work, group);
		weft_buf_adds(work->buf, "\n");
	}
	if (rc || work->group_count < 2)
		return rc;
	weft_buf_adds(work->buf, "SwitchName=top Switches=");
	add_leaf_names(work);
	weft_buf_adds(work->buf, "\n");
	return 0;
}

static uint32_t block_size(const struct work *work)
{
	uint32_t smallest = UINT32_MAX;

	for (uint32_t i = 0; i < work->domain_count; i++)
		if (work->group[i].count < smallest)
			smallest = work->group[i].count;
	return smallest;
}

static int add_others_comment(struct work *work)
{
	int rc;

	if (work->domain_count == work->group_count)
		return 0;
	weft_buf_adds(work->buf, "# in no NVLink domain, so in no block: ");
	rc = add_nodes(work, &work->group[work->domain_count]);
	weft_buf_adds(work->buf, "\n");
	return rc;
}

static int add_block(struct work *work)
{
	int rc = 0;

	for (uint32_t i = 0; !rc && i < work->domain_count; i++) {
		weft_buf_addf(work->buf, "# NVLink domain %s\nBlockName=block%u Nodes=",
			      work->node[work->group[i].first].domain, i + 1);
		rc = add_nodes(work, &work->group[i]);
		weft_buf_adds(work->buf, "\n");
	}
	weft_buf_addf(work->buf, "BlockSizes=%u\n", block_size(work));
	return rc ? rc : add_others_comment(work);
}

static const char yaml_head[] =
	"---\n- topology: nvlink\n  cluster_default: true\n";

/* Every list of nodes in quotes: brackets are YAML's own elsewhere. */
static int add_yaml_nodes(struct work *work, const struct group *group)
{
	int rc;

	weft_buf_adds(work->buf, "        nodes: \"");
	rc = add_nodes(work, group);
	weft_buf_adds(work->buf, "\"\n");
	return rc;
}

static int add_yaml_tree(struct work *work)
{
	int rc = 0;

	weft_buf_addf(work->buf, "%s  tree:\n    switches:\n", yaml_head);
	if (work->group_count > 1) {
		weft_buf_adds(work->buf, "      - switch: top\n        children: \"");
		add_leaf_names(work);
		weft_buf_adds(work->buf, "\"\n");
	}
	for (uint32_t i = 0; !rc && i < work->group_count; i++) {
		const struct group *group = &work->group[i];

		if (group->domain)
			weft_buf_addf(work->buf, "      # NVLink domain %s\n      - switch: domain%u\n",
				      work->node[group->first].domain, i + 1);
		else
			weft_buf_adds(work->buf, "      # no NVLink domain\n      - switch: others\n");
		rc = add_yaml_nodes(work, group);
	}
	return rc;
}

static int add_yaml(struct work *work)
{
	int rc = 0;

	weft_buf_addf(work->buf, "%s  block:\n    block_sizes:\n      - %u\n    blocks:\n",
		      yaml_head, block_size(work));
	for (uint32_t i = 0; !rc && i < work->domain_count; i++) {
		weft_buf_addf(work->buf, "      # NVLink domain %s\n      - block: block%u\n",
			      work->node[work->group[i].first].domain, i + 1);
		rc = add_yaml_nodes(work, &work->group[i]);
	}
	return rc ? rc : add_others_comment(work);
}

/* ---- the whole ---------------------------------------------------------- */

static int check_names(const struct work *work, struct weft_err *err)
{
	for (uint32_t i = 0; i < work->node_count; i++)
		for (const char *c = work->node[i].name; ; c++) {
			if (!*c && c > work->node[i].name)
				break;
			if (!*c || strchr(" \t\n,[]#=\"", *c))
				return weft_err_set(err, EINVAL,
						    "'%s' is no name of a node",
						    work->node[i].name);
		}
	return 0;
}

static int write_form(struct work *work, enum topo_form form,
		      struct weft_err *err)
{
	static int (*const add[])(struct work *work) = {
		[TOPO_TREE] = add_tree,
		[TOPO_BLOCK] = add_block,
		[TOPO_YAML] = add_yaml,
		[TOPO_YAML_TREE] = add_yaml_tree,
	};
	bool blocks = form == TOPO_BLOCK || form == TOPO_YAML;
	int rc = check_names(work, err);

	if (rc)
		return rc;
	group_nodes(work);
	if (blocks && !work->domain_count)
		return weft_err_set(err, ENOENT,
				    "no node reports an NVLink domain: there is no block to write");
	rc = add[form](work);
	return rc ? weft_err_set(err, -rc, "out of memory") : 0;
}

int topo_topology_conf(const struct topo_node *nodes, uint32_t count,
		       enum topo_form form, struct weft_buf *buf,
		       struct weft_err *err)
{
	struct work work = { .node_count = count, .buf = buf };
	int rc;

	work.node = calloc(count + 1, sizeof(*work.node));
	work.name = calloc(count + 1, sizeof(*work.name));
	work.group = calloc(count + 1, sizeof(*work.group));
	if (!work.node || !work.name || !work.group) {
		rc = weft_err_set(err, ENOMEM, "out of memory");
	} else {
		memcpy(work.node, nodes, count * sizeof(*nodes));
		qsort(work.node, count, sizeof(*work.node), compare_nodes);
		rc = write_form(&work, form, err);
	}
	free(work.node);
	free(work.name);
	free(work.group);
	return rc;
}
