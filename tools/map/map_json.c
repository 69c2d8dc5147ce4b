/* SPDX-License-Identifier: GPL-2.0-or-later */
/* map_json.c - the map for programs: nodes with the job of every GPU, jobs */
#include "config.h"

#include <errno.h>

#include <json-c/json_object.h>

#include "tools/map/map.h"
#include "tools/ui/json_out.h"

static struct json_object *node_json(const struct weft_map *map,
				     const struct weft_map_node *node)
{
	static const char *const states[] = { "up", "drained", "down" };
	struct json_object *obj = json_object_new_object();
	struct json_object *gpus = json_object_new_array();

	json_object_object_add(obj, "name", json_object_new_string(node->name));
	json_object_object_add(obj, "domain",
			       node->domain[0] ?
			       json_object_new_string(node->domain) : NULL);
	json_object_object_add(obj, "state",
			       json_object_new_string(states[node->state]));
	for (uint32_t g = 0; g < node->gpu_count; g++) {
		uint32_t job = node->job_of[g];
		const char *id = job == WEFT_MAP_FREE ? NULL :
				 job == WEFT_MAP_HIDDEN ? "?" : map->job[job].id;

		json_object_array_add(gpus, id ? json_object_new_string(id) :
						 NULL);
	}
	json_object_object_add(obj, "gpus", gpus);
	return obj;
}

static struct json_object *job_json(const struct weft_map_job *job)
{
	struct json_object *obj = json_object_new_object();

	json_object_object_add(obj, "id", json_object_new_string(job->id));
	json_object_object_add(obj, "user", json_object_new_string(job->user));
	json_object_object_add(obj, "name", json_object_new_string(job->name));
	json_object_object_add(obj, "gpus",
			       json_object_new_int64(job->gpu_count));
	json_object_object_add(obj, "left_sec",
			       job->left_sec < 0 ? NULL :
			       json_object_new_int64(job->left_sec));
	return obj;
}

int weft_map_write_json(const struct weft_map *map, FILE *out)
{
	struct json_object *root = json_object_new_object();
	struct json_object *nodes = json_object_new_array();
	struct json_object *jobs = json_object_new_array();

	for (uint32_t i = 0; i < map->node_count; i++)
		json_object_array_add(nodes, node_json(map, &map->node[i]));
	for (uint32_t i = 0; i < map->job_count; i++)
		json_object_array_add(jobs, job_json(&map->job[i]));
	json_object_object_add(root, "cluster",
			       json_object_new_string(map->cluster));
	json_object_object_add(root, "nodes", nodes);
	json_object_object_add(root, "jobs", jobs);
	return weft_print_json(out, root);
}
