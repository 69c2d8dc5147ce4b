/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * domains.c - see domains.h
 *
 * What is written (weft.json, topology.conf) is read when the configuration
 * is; node names become indices when the tree is built, under Slurm's node
 * lock, since the node table may have changed in between.  What the nodes
 * report is asked for then as well, and gathered into one list a run of
 * nodes with the same domain.
 *
 * topology.conf counts only under topology/tree and topology/block: a file
 * that Slurm itself does not read must not move jobs.
 */
#include "plugins/slurm/ctld.h"

#include <errno.h>

#include "lib/buf.h"
#include "lib/file.h"
#include "plugins/sched/domains.h"
#include "plugins/slurm/node_fabric.h"

int weft_domains_read_topology(struct weft_levels *levels, const char *plugin,
			       struct weft_err *err)
{
	char name[] = "topology.conf";	/* 22.05 wants char * */
	char *path, *text;
	size_t len;
	int rc;

	if (!plugin || (!strstr(plugin, "tree") && !strstr(plugin, "block")))
		return 0;
	path = get_extra_conf_path(name);
	rc = weft_file_read(path, WEFT_LEVELS_TEXT_MAX, &text, &len, err);
	if (rc == 0) {
		rc = weft_levels_read_topology(levels, path, text, len, err);
		free(text);
	}
	xfree(path);
	return rc == -ENOENT ? 0 : rc;
}

static int copy_groups(const struct weft_levels *from, struct weft_levels *to,
		       struct weft_err *err)
{
	int rc = 0;

	for (uint32_t i = 0; rc == 0 && i < from->count; i++)
		rc = weft_levels_add(to, &from->group[i], err);
	return rc;
}

static int add_run(struct weft_levels *levels, const char *domain,
		   struct weft_buf *names, struct weft_err *err)
{
	struct weft_level_group group = {
		.by = WEFT_SAID_BY_NODE, .is_domain = true,
		.name = (char *)domain,
		.nodes = (char *)weft_buf_str(names),
	};
	int rc = weft_buf_error(names);

	if (rc)
		return weft_err_set(err, -rc, "no memory for the fabric");
	if (domain[0])
		rc = weft_levels_add(levels, &group, err);
	weft_buf_clear(names);
	return rc;
}

/* The domains that nodes reported, neighbours of one domain in one group. */
static int add_reported(struct weft_levels *levels,
			const struct weft_node_fabrics *nodes,
			uint32_t node_count, struct weft_err *err)
{
	const char *domain = "";
	struct weft_buf names;
	int rc = 0;

	weft_buf_init(&names, WEFT_LEVELS_TEXT_MAX);
	for (uint32_t i = 0; rc == 0 && i < node_count; i++) {
		const node_record_t *record = node_record_table_ptr[i];
		const char *own;

		if (!record || !record->name)
			continue;
		own = weft_node_fabrics_get(nodes, record)->domain;
		if (strcmp(own, domain)) {
			rc = add_run(levels, domain, &names, err);
			domain = own;
		}
		if (names.len)
			weft_buf_adds(&names, ",");
		weft_buf_adds(&names, record->name);
	}
	if (rc == 0)
		rc = add_run(levels, domain, &names, err);
	weft_buf_fini(&names);
	return rc;
}

static uint32_t find_node(void *arg, const char *name)
{
	node_record_t *record = find_node_record((char *)name);

	(void)arg;
	return record ? record->index : UINT32_MAX;
}

int weft_domains_build(const struct weft_levels *site,
		       const struct weft_levels *topology,
		       const struct weft_node_fabrics *nodes,
		       uint32_t node_count, struct weft_fabric **ret_fabric,
		       struct weft_levels_report *report, struct weft_err *err)
{
	struct weft_levels all = { 0 };
	int rc = copy_groups(site, &all, err);

	if (rc == 0)
		rc = copy_groups(topology, &all, err);
	if (rc == 0 && nodes)
		rc = add_reported(&all, nodes, node_count, err);
	if (rc == 0)
		rc = weft_levels_build(&all, node_count, find_node, NULL,
				       ret_fabric, report, err);
	weft_levels_fini(&all);
	return rc;
}
