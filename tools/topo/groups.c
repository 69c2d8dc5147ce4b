/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * groups.c - the nodes of a cluster in the order of a picture
 *
 * Leaf switch, then NVLink domain, then name, numbers as numbers; nodes of
 * which the leaf or the domain is not known come after all others.  A domain
 * that reaches over two leaves is two groups: a picture cannot show both at
 * once, and the leaf is what a message between nodes meets first.
 *
 * n log n for n nodes.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/bits.h"
#include "tools/topo/topo.h"

/* As strverscmp(), but nothing comes last. */
static int compare_words(const char *a, const char *b)
{
	if (!*a || !*b)
		return !*a - !*b;
	return strverscmp(a, b);
}

static int compare_nodes(const void *a_ptr, const void *b_ptr)
{
	const struct topo_cluster_node *const *a = a_ptr, *const *b = b_ptr;
	int differ = compare_words((*a)->leaf, (*b)->leaf);

	if (!differ)
		differ = compare_words((*a)->domain, (*b)->domain);
	return differ ? differ : strverscmp((*a)->name, (*b)->name);
}

static void divide(struct topo_groups *groups)
{
	struct topo_group *last = NULL;

	for (uint32_t i = 0; i < groups->node_count; i++) {
		const struct topo_cluster_node *node = groups->node[i];
		bool new_leaf = !last || strcmp(last->leaf, node->leaf);

		if (!new_leaf && !strcmp(last->domain, node->domain)) {
			last->count++;
			continue;
		}
		last = &groups->group[groups->count++];
		*last = (struct topo_group){
			.leaf = node->leaf, .domain = node->domain,
			.first = i, .count = 1, .new_leaf = new_leaf,
		};
	}
	for (uint32_t i = groups->count, end = i; i--;) {
		groups->group[i].leaf_end = end;
		if (groups->group[i].new_leaf)
			end = i;
	}
}

int topo_groups_init(struct topo_groups *groups,
		     const struct topo_cluster *cluster)
{
	*groups = (struct topo_groups){
		.node = calloc(cluster->node_count + 1, sizeof(*groups->node)),
		.group = calloc(cluster->node_count + 1, sizeof(*groups->group)),
		.node_count = cluster->node_count,
	};
	if (!groups->node || !groups->group) {
		topo_groups_fini(groups);
		return -ENOMEM;
	}
	for (uint32_t i = 0; i < cluster->node_count; i++)
		groups->node[i] = &cluster->node[i];
	qsort(groups->node, groups->node_count, sizeof(*groups->node),
	      compare_nodes);
	divide(groups);
	return 0;
}

void topo_groups_fini(struct topo_groups *groups)
{
	free(groups->node);
	free(groups->group);
	*groups = (struct topo_groups){ 0 };
}

struct topo_sum topo_groups_sum(const struct topo_groups *groups,
				uint32_t first, uint32_t end)
{
	struct topo_sum sum = { 0 };

	for (uint32_t g = first; g < end; g++)
		for (uint32_t i = 0; i < groups->group[g].count; i++) {
			const struct topo_cluster_node *node =
				groups->node[groups->group[g].first + i];

			sum.node_count++;
			sum.gpu_count += node->gpu_count;
			sum.busy_count += weft_bits_count(node->busy);
		}
	return sum;
}
