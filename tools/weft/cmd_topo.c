/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cmd_topo.c - `weft topo`: the devices of a node
 *
 * The command itself is tools/topo/command.c; here is how it asks slurmctld.
 * One node of each kind of hardware has the whole report in its Extra, all
 * have the hash of it (plugins/slurm/node_fabric.h).
 */
#include "config.h"

#include "tools/topo/topo.h"
#include "tools/weft/cmd.h"

#ifdef HAVE_LIBSLURM
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "gres/report.h"
#include "tools/slurm/map_load.h"

static uint32_t find_hardware(const struct topo_cluster *cluster,
			      const char *id)
{
	for (uint32_t i = 0; *id && i < cluster->hardware_count; i++)
		if (!strcmp(cluster->hardware[i].id, id))
			return i;
	return TOPO_HARDWARE_UNKNOWN;
}

/* Take the reports.  One that cannot be read leaves its nodes unknown. */
static int take_hardware(struct topo_cluster *cluster, const struct weft_map *map)
{
	for (uint32_t i = 0; i < map->node_count; i++) {
		const struct weft_map_node *from = &map->node[i];
		struct topo_hardware *to = &cluster->hardware[cluster->hardware_count];

		if (!from->report[0] || !from->hardware[0] ||
		    find_hardware(cluster, from->hardware) !=
			    TOPO_HARDWARE_UNKNOWN ||
		    weft_report_parse(from->report, &to->inv, NULL, NULL))
			continue;
		to->id = strdup(from->hardware);
		if (!to->id) {
			weft_inventory_destroy(to->inv);
			return -ENOMEM;
		}
		cluster->hardware_count++;
	}
	return 0;
}

static int take_nodes(struct topo_cluster *cluster, const struct weft_map *map)
{
	for (uint32_t i = 0; i < map->node_count; i++) {
		const struct weft_map_node *from = &map->node[i];
		struct topo_cluster_node *to = &cluster->node[cluster->node_count++];

		to->name = strdup(from->name);
		to->domain = strdup(from->domain);
		to->leaf = strdup(from->leaf);
		to->state = from->state == WEFT_MAP_UP ? TOPO_NODE_UP :
			    from->state == WEFT_MAP_DRAINED ? TOPO_NODE_DRAINED :
							     TOPO_NODE_DOWN;
		to->gpu_count = from->gpu_count;
		to->hardware_idx = find_hardware(cluster, from->hardware);
		for (uint32_t g = 0; g < from->gpu_count && g < WEFT_GPUS_MAX; g++)
			if (from->job_of[g] != WEFT_MAP_FREE)
				to->busy |= UINT64_C(1) << g;
		if (!to->name || !to->domain || !to->leaf)
			return -ENOMEM;
	}
	return 0;
}

static int load(struct topo_cluster **ret_cluster, struct weft_err *err)
{
	struct topo_cluster *cluster;
	struct weft_map *map;
	int rc = weft_map_load(&map, err);

	if (rc)
		return rc;
	cluster = calloc(1, sizeof(*cluster));
	if (cluster) {
		cluster->name = strdup(map->cluster);
		cluster->node = calloc(map->node_count + 1, sizeof(*cluster->node));
		cluster->hardware = calloc(map->node_count + 1,
					   sizeof(*cluster->hardware));
	}
	if (!cluster || !cluster->name || !cluster->node || !cluster->hardware ||
	    take_hardware(cluster, map) || take_nodes(cluster, map))
		rc = weft_err_set(err, ENOMEM, "out of memory");
	weft_map_destroy(map);
	if (rc)
		topo_cluster_destroy(cluster);
	else
		*ret_cluster = cluster;
	return rc;
}
#else
static const topo_load_fn load;	/* NULL: no libslurm */
#endif

static int run(int argc, char **argv)
{
	return topo_command(argc, argv, load);
}

const struct weft_cmd weft_cmd_topo = {
	.name = "topo",
	.summary = "show a node's GPUs and links, choose among them, write Slurm's files",
	.run = run,
};
