/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * machine.c - see machine.h
 *
 * Cost: O(nodes).
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sched/machine.h"

#define NAME_SIZE 12	/* node999999 */

static int build_fabric(struct weft_machine *m, uint32_t count,
			struct weft_err *err)
{
	struct weft_fabric_builder *b = weft_fabric_builder_create(count);
	char name[32];
	int rc = 0;

	if (!b)
		return weft_err_set(err, ENOMEM, "no memory for %u nodes",
				    count);
	for (uint32_t i = 0; rc == 0 && m->domain_nodes && i < count; i++) {
		snprintf(name, sizeof(name), "domain%u", i / m->domain_nodes);
		rc = weft_fabric_set_domain(b, i, name, err);
	}
	if (rc == 0)
		rc = weft_fabric_builder_finish(b, &m->fabric, err);
	weft_fabric_builder_destroy(b);
	return rc;
}

static void fill(struct weft_machine *m, uint32_t count,
		 const struct weft_amount *kind)
{
	for (uint32_t i = 0; i < count; i++) {
		char *name = m->names + (size_t)i * NAME_SIZE;

		snprintf(name, NAME_SIZE, "node%u", i);
		m->cluster.node[i] = (struct weft_node) {
			.name = name, .total = *kind, .usable = true,
			.back_sec = WEFT_TIME_NEVER, .weight = 1,
		};
	}
	m->cluster.node_count = count;
}

int weft_machine_uniform(uint32_t node_count, const struct weft_amount *kind,
			 uint32_t domain_nodes,
			 struct weft_machine **ret_machine,
			 struct weft_err *err)
{
	struct weft_machine *m;
	int rc;

	if (!node_count || node_count > WEFT_MACHINE_NODES_MAX)
		return weft_err_set(err, EINVAL, "%u nodes: 1 to %d can be simulated",
				    node_count, WEFT_MACHINE_NODES_MAX);
	if (kind->gpus > WEFT_GPUS_MAX || !kind->cpus)
		return weft_err_set(err, EINVAL, "a node needs CPUs and at most %d GPUs",
				    WEFT_GPUS_MAX);
	m = calloc(1, sizeof(*m));
	if (!m)
		return weft_err_set(err, ENOMEM, "no memory for a machine");
	m->domain_nodes = domain_nodes;
	m->cluster.node = calloc(node_count, sizeof(*m->cluster.node));
	m->names = calloc(node_count, NAME_SIZE);
	rc = m->cluster.node && m->names ? build_fabric(m, node_count, err) :
		weft_err_set(err, ENOMEM, "no memory for %u nodes", node_count);
	if (rc) {
		weft_machine_destroy(m);
		return rc;
	}
	fill(m, node_count, kind);
	m->cluster.fabric = m->fabric;
	*ret_machine = m;
	return 0;
}

/* Without slurm.conf (the text of scontrol): as it is told. */
static bool counts_memory(const struct weft_site *site)
{
	const char *how = weft_site_get(site, "SelectTypeParameters");

	return how ? strcasestr(how, "memory") != NULL :
		!weft_site_get(site, "ClusterName");
}

static void take_nodes(struct weft_machine *m, const struct weft_site *site,
		       const struct weft_cluster *from)
{
	struct weft_node *nodes = m->cluster.node;
	bool memory = counts_memory(site);

	m->cluster = *from;
	m->cluster.node = nodes;
	for (uint32_t i = 0; i < from->node_count; i++) {
		struct weft_node *node = &nodes[i];

		*node = from->node[i];
		if (!memory)
			node->total.mem_mib = UINT64_C(1) << 40;
		if (!node->usable) {
			node->total = (struct weft_amount) { 0 };
			m->left_out++;
		}
		node->usable = true;
		node->back_sec = WEFT_TIME_NEVER;
	}
}

int weft_machine_of_site(struct weft_site *site,
			 struct weft_machine **ret_machine,
			 struct weft_err *err)
{
	const struct weft_cluster *from = weft_site_cluster(site);
	struct weft_machine *m = calloc(1, sizeof(*m));

	if (m && from)
		m->cluster.node = calloc(from->node_count,
					 sizeof(*m->cluster.node));
	if (!m || !m->cluster.node) {
		free(m);
		return weft_err_set(err, ENOMEM, "no memory for a machine");
	}
	take_nodes(m, site, from);
	if (m->left_out == from->node_count) {
		weft_machine_destroy(m);
		return weft_err_set(err, EINVAL, "no node is up");
	}
	m->site = site;
	*ret_machine = m;
	return 0;
}

struct weft_machine_total weft_machine_total(const struct weft_machine *m)
{
	struct weft_machine_total all = { 0 };

	for (uint32_t i = 0; i < m->cluster.node_count; i++) {
		const struct weft_amount *has = &m->cluster.node[i].total;

		all.cpus += has->cpus;
		all.gpus += has->gpus;
		all.mem_mib += has->mem_mib;
	}
	return all;
}

void weft_machine_destroy(struct weft_machine *m)
{
	if (!m)
		return;
	weft_site_destroy(m->site);
	weft_fabric_destroy(m->fabric);
	free(m->cluster.node);
	free(m->names);
	free(m);
}
