/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * site.c - see site.h: the site's parts, and the machine made of them
 *
 * Nodes, partitions and GPU types are arrays with a table of names beside
 * them; the readers (site_conf.c, site_gres.c, site_nodes.c, levels_read.c)
 * fill them, and finish() resolves what names refer to.
 *
 * GPUs of a node are numbered in the order in which its types are told, which
 * is how Slurm numbers its bitmap when gres.conf lists devices in that order.
 *
 * Cost: O(nodes + names in lists + partitions * nodes / 64).
 */
#include "config.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "sched/site_impl.h"

#define NOTES_MAX 65536
#define SETTINGS_MAX 4096
#define CPUS_A_GPU 16
#define CPUS_WITHOUT_GPU 64
#define MEM_UNTOLD_MIB (UINT64_C(1) << 20)

struct weft_site *weft_site_create(void)
{
	struct weft_site *site = calloc(1, sizeof(*site));

	if (!site)
		return NULL;
	weft_buf_init(&site->notes, NOTES_MAX);
	site->node_names = weft_names_create(WEFT_SITE_NODES_MAX);
	site->gpu_types = weft_names_create(WEFT_GPU_TYPES_MAX);
	if (!site->node_names || !site->gpu_types) {
		weft_site_destroy(site);
		return NULL;
	}
	return site;
}

static void partition_fini(struct weft_site_partition *partition)
{
	free(partition->name);
	free(partition->node_list);
	weft_idxset_destroy(partition->nodes);
}

void weft_site_destroy(struct weft_site *site)
{
	if (!site)
		return;
	for (uint32_t i = 0; i < site->node_count; i++) {
		free(site->node[i].features);
		free(site->node[i].partitions);
	}
	for (uint32_t i = 0; i < site->partition_count; i++)
		partition_fini(&site->partition[i]);
	for (uint32_t i = 0; i < site->setting_count; i++) {
		free(site->setting[i].key);
		free(site->setting[i].value);
	}
	for (uint32_t i = 0; i < site->nodeset_count; i++) {
		free(site->nodeset[i].name);
		free(site->nodeset[i].nodes);
		free(site->nodeset[i].feature);
	}
	free(site->node);
	free(site->partition);
	free(site->setting);
	free(site->nodeset);
	free(site->loan);
	weft_names_destroy(site->node_names);
	weft_names_destroy(site->gpu_types);
	weft_levels_fini(&site->levels);
	weft_fabric_destroy(site->fabric);
	weft_buf_fini(&site->notes);
	free(site);
}

void weft_site_note(struct weft_site *site, const char *fmt, ...)
{
	char line[512];
	va_list args;

	va_start(args, fmt);
	vsnprintf(line, sizeof(line) - 1, fmt, args);
	va_end(args);
	if (strlen(line) + 1 < site->notes.limit - site->notes.len)
		weft_buf_addf(&site->notes, "%s\n", line);
}

static int grow_nodes(struct weft_site *site, struct weft_err *err)
{
	uint32_t cap = site->node_cap ? site->node_cap * 2 : 64;
	struct weft_site_node *more;

	if (site->node_count < site->node_cap)
		return 0;
	more = realloc(site->node, cap * sizeof(*more));
	if (!more)
		return weft_err_set(err, ENOMEM, "no memory for nodes");
	site->node = more;
	site->node_cap = cap;
	return 0;
}

int weft_site_new_node(struct weft_site *site, const char *name,
		       struct weft_site_node **ret_node, struct weft_err *err)
{
	uint32_t idx;
	int is_new, rc = grow_nodes(site, err);

	if (rc)
		return rc;
	rc = weft_names_add(site->node_names, name, &idx, &is_new);
	if (rc)
		return weft_err_set(err, rc == -ENOSPC ? E2BIG : -rc,
				    "more than %d nodes, or no memory",
				    WEFT_SITE_NODES_MAX);
	if (!is_new)
		return weft_err_set(err, EEXIST, "node %s is defined twice",
				    name);
	*ret_node = &site->node[site->node_count++];
	**ret_node = (struct weft_site_node) {
		.name = weft_names_get(site->node_names, idx),
		.cpus = 1, .sockets = 1, .cores_per_socket = 1,
		.threads_per_core = 1, .mem_mib = 1, .weight = 1,
		.usable = true,
	};
	return 0;
}

int weft_site_new_partition(struct weft_site *site, const char *name,
			    struct weft_site_partition **ret_partition,
			    struct weft_err *err)
{
	uint32_t cap = site->partition_cap ? site->partition_cap * 2 : 16;
	struct weft_site_partition *more, *to;

	if (weft_site_find_partition(site, name) != UINT32_MAX)
		return weft_err_set(err, EEXIST, "partition %s is defined twice",
				    name);
	if (site->partition_count >= WEFT_SITE_PARTITIONS_MAX)
		return weft_err_set(err, E2BIG, "more than %d partitions",
				    WEFT_SITE_PARTITIONS_MAX);
	if (site->partition_count == site->partition_cap) {
		more = realloc(site->partition, cap * sizeof(*more));
		if (!more)
			return weft_err_set(err, ENOMEM,
					    "no memory for partitions");
		site->partition = more;
		site->partition_cap = cap;
	}
	to = &site->partition[site->partition_count];
	*to = (struct weft_site_partition) {
		.name = strdup(name),
		.max_sec = WEFT_SITE_UNLIMITED,
		.default_sec = WEFT_SITE_UNLIMITED,
		.nodes_min = 1, .nodes_max = WEFT_SITE_UNLIMITED,
		.cpus_per_node_max = WEFT_SITE_UNLIMITED,
		.priority_tier = 1, .priority_factor = 1,
		.share_max = 1, .up = true,
	};
	if (!to->name)
		return weft_err_set(err, ENOMEM, "no memory for partitions");
	site->partition_count++;
	*ret_partition = to;
	return 0;
}

int weft_site_set(struct weft_site *site, const char *key, const char *value,
		  struct weft_err *err)
{
	struct weft_site_setting *more, *to = NULL;
	char *copy;

	for (uint32_t i = 0; i < site->setting_count; i++)
		if (!strcasecmp(site->setting[i].key, key))
			to = &site->setting[i];
	copy = strdup(value);
	if (!copy)
		return weft_err_set(err, ENOMEM, "no memory for %s", key);
	if (to) {
		free(to->value);
		to->value = copy;
		return 0;
	}
	more = site->setting_count < SETTINGS_MAX ?
		realloc(site->setting,
			(site->setting_count + 1) * sizeof(*more)) : NULL;
	if (more)
		site->setting = more;
	to = more ? &more[site->setting_count] : NULL;
	if (to)
		*to = (struct weft_site_setting) { strdup(key), copy };
	if (!to || !to->key) {
		free(copy);
		return weft_err_set(err, ENOMEM,
				    "more than %d settings, or no memory",
				    SETTINGS_MAX);
	}
	site->setting_count++;
	return 0;
}

const char *weft_site_get(const struct weft_site *site, const char *key)
{
	for (uint32_t i = 0; i < site->setting_count; i++)
		if (!strcasecmp(site->setting[i].key, key))
			return site->setting[i].value;
	return NULL;
}

uint32_t weft_site_find_node(const struct weft_site *site, const char *name)
{
	return weft_names_find(site->node_names, name);
}

uint32_t weft_site_find_partition(const struct weft_site *site,
				  const char *name)
{
	for (uint32_t i = 0; i < site->partition_count; i++)
		if (!strcmp(site->partition[i].name, name))
			return i;
	return UINT32_MAX;
}

bool weft_site_has_feature(const struct weft_site_node *node,
			   const char *feature)
{
	size_t len = strlen(feature);
	const char *p = node->features;

	while (p && *p) {
		if (!strncmp(p, feature, len) && (!p[len] || p[len] == ','))
			return true;
		p = strchr(p, ',');
		p = p ? p + 1 : NULL;
	}
	return false;
}

int weft_site_add_json(struct weft_site *site, const struct weft_json *doc,
		       struct weft_err *err)
{
	return weft_levels_read_json(&site->levels, doc, err);
}

int weft_site_add_topology_conf(struct weft_site *site, const char *name,
				const char *text, size_t len,
				struct weft_err *err)
{
	return weft_levels_read_topology(&site->levels, name, text, len, err);
}

/* ---- one line of numbers ------------------------------------------------- */

static int add_line_node(struct weft_site *site,
			 const struct weft_site_line *line, uint32_t idx,
			 struct weft_err *err)
{
	struct weft_site_node *node;
	char name[32];
	int rc;

	snprintf(name, sizeof(name), "node%u", idx);
	rc = weft_site_new_node(site, name, &node, err);
	if (rc)
		return rc;
	node->cpus = line->cpus ? line->cpus :
		line->gpus ? line->gpus * CPUS_A_GPU : CPUS_WITHOUT_GPU;
	node->cores_per_socket = node->cpus;
	node->mem_mib = line->mem_mib ? line->mem_mib : MEM_UNTOLD_MIB;
	return line->gpus ? weft_site_add_gpus(site, node, line->gpu_type,
					       line->gpus, err) : 0;
}

/* Nodes size by size below switches or in domains called PREFIX0, PREFIX1... */
static int add_line_groups(struct weft_site *site, uint32_t nodes,
			   uint32_t size, bool is_domain, struct weft_err *err)
{
	char name[32], list[64];
	struct weft_level_group group = {
		.by = WEFT_SAID_BY_TOPOLOGY, .is_domain = is_domain,
		.name = name, .nodes = list,
	};
	int rc = 0;

	for (uint32_t i = 0; rc == 0 && size && i < nodes; i += size) {
		uint32_t last = nodes - i > size ? i + size - 1 : nodes - 1;

		snprintf(name, sizeof(name), "%s%u",
			 is_domain ? "domain" : "leaf", i / size);
		snprintf(list, sizeof(list), "node[%u-%u]", i, last);
		rc = weft_levels_add(&site->levels, &group, err);
	}
	return rc;
}

int weft_site_add_line(struct weft_site *site,
		       const struct weft_site_line *line, struct weft_err *err)
{
	int rc = 0;

	if (!line->nodes || line->nodes > WEFT_SITE_NODES_MAX)
		return weft_err_set(err, EINVAL, "1 to %d nodes expected",
				    WEFT_SITE_NODES_MAX);
	if (line->gpus > WEFT_GPUS_MAX)
		return weft_err_set(err, EINVAL,
				    "at most %d GPUs a node expected",
				    WEFT_GPUS_MAX);
	for (uint32_t i = 0; rc == 0 && i < line->nodes; i++)
		rc = add_line_node(site, line, i, err);
	if (rc == 0)
		rc = add_line_groups(site, line->nodes, line->leaf_nodes, false,
				     err);
	if (rc == 0)
		rc = add_line_groups(site, line->nodes, line->domain_nodes,
				     true, err);
	return rc;
}

/* ---- the end ------------------------------------------------------------- */

static uint32_t find_node(void *arg, const char *name)
{
	return weft_site_find_node(arg, name);
}

int weft_site_finish(struct weft_site *site, struct weft_err *err)
{
	const struct weft_levels_report *report = &site->passed_over;
	int rc;

	if (!site->node_count)
		return weft_err_set(err, EINVAL, "no node is described");
	if (site->fabric)
		return weft_err_set(err, EINVAL, "the site is finished already");
	rc = weft_site_resolve(site, err);
	if (rc == 0)
		rc = weft_levels_build(&site->levels, site->node_count,
				       find_node, site, &site->fabric,
				       &site->passed_over, err);
	if (rc)
		return rc;
	if (report->unknown_count)
		weft_site_note(site, "topology: %u names of nodes that there are not, %s first",
			       report->unknown_count, report->first_unknown);
	if (report->conflict_count)
		weft_site_note(site, "topology: %u nodes in two places, kept in the first: %s",
			       report->conflict_count, report->first_conflict);
	return 0;
}

static void lend_node(const struct weft_site_node *from, struct weft_node *to)
{
	to->name = from->name;
	to->total = (struct weft_amount) {
		.cpus = from->cpus, .gpus = from->gpus,
		.mem_mib = from->mem_mib,
	};
	memcpy(to->gpus_of_type, from->gpus_of_type, sizeof(to->gpus_of_type));
	to->usable = from->usable;
	to->back_sec = from->usable ? 0 : WEFT_TIME_NEVER;
	to->weight = from->weight;
}

const struct weft_cluster *weft_site_cluster(struct weft_site *site)
{
	struct weft_site_loan *loan = site->loan;

	if (loan)
		return &loan->cluster;
	loan = calloc(1, sizeof(*loan) +
		      site->node_count * sizeof(loan->node[0]));
	if (!loan)
		return NULL;
	for (uint32_t i = 0; i < site->node_count; i++)
		lend_node(&site->node[i], &loan->node[i]);
	for (uint32_t i = 0; i < weft_names_count(site->gpu_types); i++)
		loan->gpu_type[i] = weft_names_get(site->gpu_types, i);
	loan->cluster = (struct weft_cluster) {
		.fabric = site->fabric,
		.node_count = site->node_count, .node = loan->node,
		.gpu_type_count = weft_names_count(site->gpu_types),
		.gpu_type = loan->gpu_type,
	};
	site->loan = loan;
	return &loan->cluster;
}
