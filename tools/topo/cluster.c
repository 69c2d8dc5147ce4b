/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cluster.c - the nodes of a cluster by NVLink domain and by hardware
 *
 * Thousands of nodes are of a few kinds.  So a line a domain says which nodes
 * it joins and how many of their GPUs are taken, then a mark a GPU says which
 * (cluster_draw.c), and each kind of hardware is drawn once, with the nodes
 * that have it.
 *
 * Cost: O(nodes * (domains + kinds)) at worst; the nodes of a domain are
 * gathered in one pass each.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "lib/bits.h"
#include "tools/topo/topo.h"

void topo_cluster_destroy(struct topo_cluster *cluster)
{
	if (!cluster)
		return;
	for (uint32_t i = 0; i < cluster->node_count; i++) {
		free(cluster->node[i].name);
		free(cluster->node[i].domain);
		free(cluster->node[i].leaf);
	}
	for (uint32_t i = 0; i < cluster->hardware_count; i++) {
		free(cluster->hardware[i].id);
		weft_inventory_destroy(cluster->hardware[i].inv);
	}
	free(cluster->node);
	free(cluster->hardware);
	free(cluster->name);
	free(cluster);
}

const struct topo_cluster_node *
topo_cluster_find(const struct topo_cluster *cluster, const char *name)
{
	for (uint32_t i = 0; i < cluster->node_count; i++)
		if (!strcmp(cluster->node[i].name, name))
			return &cluster->node[i];
	return NULL;
}

/* Some of the nodes, summed up. */
struct share {
	const char **name;
	uint32_t count, gpu_count, busy_count;
};

static void add_to_share(struct share *share,
			 const struct topo_cluster_node *node)
{
	share->name[share->count++] = node->name;
	share->gpu_count += node->gpu_count;
	share->busy_count += weft_bits_count(node->busy);
}

static void of_domain(const struct topo_cluster *cluster, const char *domain,
		      struct share *share)
{
	*share = (struct share){ .name = share->name };
	for (uint32_t i = 0; i < cluster->node_count; i++)
		if (!strcmp(cluster->node[i].domain, domain))
			add_to_share(share, &cluster->node[i]);
}

static void of_hardware(const struct topo_cluster *cluster, uint32_t idx,
			struct share *share)
{
	*share = (struct share){ .name = share->name };
	for (uint32_t i = 0; i < cluster->node_count; i++)
		if (cluster->node[i].hardware_idx == idx)
			add_to_share(share, &cluster->node[i]);
}

static int compare_texts(const void *a_ptr, const void *b_ptr)
{
	const char *const *a = a_ptr, *const *b = b_ptr;

	return strverscmp(*a, *b);
}

/* Each domain once, in order; "" (none) last.  NULL: no memory. */
static const char **list_domains(const struct topo_cluster *cluster,
				 uint32_t *ret_count)
{
	const char **list = calloc(cluster->node_count + 1, sizeof(*list));
	uint32_t count = 0;
	bool none = false;

	*ret_count = 0;
	if (!list)
		return NULL;
	for (uint32_t i = 0; i < cluster->node_count; i++) {
		if (cluster->node[i].domain[0])
			list[count++] = cluster->node[i].domain;
		else
			none = true;
	}
	qsort(list, count, sizeof(*list), compare_texts);
	for (uint32_t i = 0; i < count; i++)
		if (!*ret_count || strcmp(list[*ret_count - 1], list[i]))
			list[(*ret_count)++] = list[i];
	if (none)
		list[(*ret_count)++] = "";
	return list;
}

/* ---- text --------------------------------------------------------------- */

static void add_domains(const struct topo_cluster *cluster,
			const char *const *domain, uint32_t count,
			struct share *share, struct weft_buf *buf)
{
	int width = 13;

	for (uint32_t i = 0; i < count; i++)
		if ((int)strlen(domain[i]) > width)
			width = (int)strlen(domain[i]);
	weft_buf_addf(buf, "\n  %-*s  nodes   GPUs   busy\n", width,
		      "NVLink domain");
	for (uint32_t i = 0; i < count; i++) {
		of_domain(cluster, domain[i], share);
		weft_buf_addf(buf, "  %-*s  %5u  %5u  %5u  ", width,
			      domain[i][0] ? domain[i] : "none known",
			      share->count, share->gpu_count, share->busy_count);
		topo_hostlist(share->name, share->count, buf);
		weft_buf_adds(buf, "\n");
	}
}

static void add_hardware(const struct topo_cluster *cluster, uint32_t idx,
			 const struct topo_style *style, struct share *share,
			 struct weft_buf *buf)
{
	struct weft_buf names;

	of_hardware(cluster, idx, share);
	if (!share->count)
		return;
	weft_buf_init(&names, 1u << 20);
	topo_hostlist(share->name, share->count, &names);
	weft_buf_adds(buf, "\n");
	topo_show(cluster->hardware[idx].inv, weft_buf_str(&names), style, buf);
	weft_buf_fini(&names);
}

static int add_text(const struct topo_cluster *cluster,
		    const char *const *domain, uint32_t domain_count,
		    const struct topo_style *style, struct share *share,
		    struct weft_buf *buf)
{
	struct topo_groups groups;
	int rc = topo_groups_init(&groups, cluster);

	if (rc)
		return rc;
	of_hardware(cluster, TOPO_HARDWARE_UNKNOWN, share);
	weft_buf_addf(buf, "%s: %u nodes, %u kinds of GPU hardware", cluster->name,
		      cluster->node_count, cluster->hardware_count);
	if (share->count)
		weft_buf_addf(buf, ", %u nodes that reported none", share->count);
	weft_buf_adds(buf, "\n");
	add_domains(cluster, domain, domain_count, share, buf);
	topo_cluster_draw(&groups, style, buf);
	for (uint32_t i = 0; i < cluster->hardware_count; i++)
		add_hardware(cluster, i, style, share, buf);
	topo_groups_fini(&groups);
	return 0;
}

/* ---- JSON --------------------------------------------------------------- */

static struct json_object *json_share(const struct share *share)
{
	struct json_object *obj = json_object_new_object();
	struct weft_buf names;

	weft_buf_init(&names, 1u << 20);
	topo_hostlist(share->name, share->count, &names);
	json_object_object_add(obj, "nodes",
			       json_object_new_string(weft_buf_str(&names)));
	weft_buf_fini(&names);
	json_object_object_add(obj, "node_count",
			       json_object_new_uint64(share->count));
	json_object_object_add(obj, "gpus",
			       json_object_new_uint64(share->gpu_count));
	json_object_object_add(obj, "busy_gpus",
			       json_object_new_uint64(share->busy_count));
	return obj;
}

static struct json_object *json_word(const char *word)
{
	return *word ? json_object_new_string(word) : NULL;
}

static struct json_object *json_nodes(const struct topo_cluster *cluster)
{
	static const char *const states[] = { "up", "drained", "down" };
	struct json_object *list = json_object_new_array(), *obj;

	for (uint32_t i = 0; i < cluster->node_count; i++) {
		const struct topo_cluster_node *node = &cluster->node[i];

		obj = json_object_new_object();
		json_object_object_add(obj, "name", json_object_new_string(node->name));
		json_object_object_add(obj, "leaf", json_word(node->leaf));
		json_object_object_add(obj, "domain", json_word(node->domain));
		json_object_object_add(obj, "state",
				       json_object_new_string(states[node->state]));
		json_object_object_add(obj, "hardware",
				       node->hardware_idx == TOPO_HARDWARE_UNKNOWN ? NULL :
				       json_object_new_string(cluster->hardware[node->hardware_idx].id));
		json_object_object_add(obj, "gpus",
				       json_object_new_uint64(node->gpu_count));
		json_object_object_add(obj, "busy", topo_json_gpus(node->busy));
		json_object_array_add(list, obj);
	}
	return list;
}

static void add_json(const struct topo_cluster *cluster,
		     const char *const *domain, uint32_t domain_count,
		     struct share *share, struct weft_buf *buf)
{
	struct json_object *root = json_object_new_object(), *list, *obj;

	json_object_object_add(root, "cluster",
			       json_object_new_string(cluster->name));
	list = json_object_new_array();
	for (uint32_t i = 0; i < domain_count; i++) {
		of_domain(cluster, domain[i], share);
		obj = json_share(share);
		json_object_object_add(obj, "name", json_word(domain[i]));
		json_object_array_add(list, obj);
	}
	json_object_object_add(root, "domains", list);
	list = json_object_new_array();
	for (uint32_t i = 0; i < cluster->hardware_count; i++) {
		of_hardware(cluster, i, share);
		obj = json_share(share);
		json_object_object_add(obj, "id", json_object_new_string(
			cluster->hardware[i].id));
		json_object_object_add(obj, "inventory", weft_inventory_to_json(
			cluster->hardware[i].inv));
		json_object_array_add(list, obj);
	}
	json_object_object_add(root, "hardware", list);
	json_object_object_add(root, "nodes", json_nodes(cluster));
	weft_buf_addf(buf, "%s\n", json_object_to_json_string_ext(
		root, JSON_C_TO_STRING_SPACED | JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(root);
}

int topo_cluster_show(const struct topo_cluster *cluster, bool json,
		      const struct topo_style *style, struct weft_buf *buf)
{
	struct share share = {
		.name = calloc(cluster->node_count + 1, sizeof(*share.name)),
	};
	uint32_t domain_count;
	const char **domain = list_domains(cluster, &domain_count);
	int rc = share.name && domain ? 0 : -ENOMEM;

	if (!rc && json)
		add_json(cluster, domain, domain_count, &share, buf);
	else if (!rc)
		rc = add_text(cluster, domain, domain_count, style, &share, buf);
	free(share.name);
	free(domain);
	return rc;
}
