/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * map_load.c - see map_load.h
 *
 * Two requests: nodes and jobs, both in detail, and two small ones for the
 * topology and the configuration.  The domain of a node and its
 * hardware are what sched/weft wrote into its Extra
 * (plugins/slurm/node_fabric.h); where another scheduler runs, the domain is
 * what "fabric.domains" of the weft.json beside slurm.conf says.
 *
 * A job's GPUs are in gres_detail_str, one text a node in the order of the
 * job's node list.  GPUs that the node counts as used but no visible job
 * holds (PrivateData=jobs) are shown as held by a hidden job.
 */
#include "config.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <slurm/slurm.h>
#include <slurm/slurm_errno.h>

#include <json-c/json.h>

#include "lib/buf.h"
#include "lib/json.h"
#include "lib/names.h"
#include "lib/settings.h"
#include "tools/slurm/job_name.h"
#include "tools/slurm/map_load.h"
#include "tools/slurm/submit.h"
#include "tools/ui/child.h"

static char *copy(const char *text)
{
	return strdup(text ? text : "");
}

/* One text of the object that Extra is, "" if it is not there. */
static char *text_of_extra(struct json_object *root, const char *key)
{
	struct json_object *value;

	if (json_object_is_type(root, json_type_object) &&
	    json_object_object_get_ex(root, key, &value) &&
	    json_object_is_type(value, json_type_string))
		return copy(json_object_get_string(value));
	return copy("");
}

static void read_extra(struct weft_map_node *node, const char *extra)
{
	struct json_object *root = extra && extra[0] == '{' ?
				   json_tokener_parse(extra) : NULL;

	node->domain = text_of_extra(root, "nvlink_domain");
	node->hardware = text_of_extra(root, "hardware");
	node->report = text_of_extra(root, "report");
	if (root)
		json_object_put(root);
}

static void fill_node(struct weft_map_node *node, const node_info_t *info)
{
	uint32_t base = info->node_state & NODE_STATE_BASE;
	uint64_t used = weft_map_indices_of(info->gres_used);

	node->name = copy(info->name);
	node->leaf = copy("");
	read_extra(node, info->extra);
	node->gpu_count = weft_map_gpus_of(info->gres);
	node->state = base == NODE_STATE_DOWN || base == NODE_STATE_UNKNOWN ||
			(info->node_state & NODE_STATE_NO_RESPOND) ?
			WEFT_MAP_DOWN :
			info->node_state & (NODE_STATE_DRAIN | NODE_STATE_FAIL) ?
			WEFT_MAP_DRAINED : WEFT_MAP_UP;
	for (uint32_t g = 0; g < WEFT_MAP_GPUS_MAX; g++)
		node->job_of[g] = used >> g & 1 ? WEFT_MAP_HIDDEN :
						  WEFT_MAP_FREE;
}

static int load_nodes(struct weft_map *map, struct weft_names *names,
		      struct weft_err *err)
{
	node_info_msg_t *msg = NULL;
	uint32_t idx;

	if (slurm_load_node(0, &msg, SHOW_ALL | SHOW_DETAIL))
		return weft_err_set(err, EIO, "cannot ask slurmctld for nodes: %s",
				    slurm_strerror(errno));
	map->node = calloc(msg->record_count + 1, sizeof(*map->node));
	for (uint32_t i = 0; map->node && i < msg->record_count; i++) {
		const node_info_t *info = &msg->node_array[i];

		if (!info->name || !info->name[0] ||
		    weft_names_add(names, info->name, &idx, NULL) ||
		    idx != map->node_count)
			continue;
		fill_node(&map->node[map->node_count++], info);
	}
	slurm_free_node_info_msg(msg);
	return map->node ? 0 : weft_err_set(err, ENOMEM, "out of memory");
}

static void fill_job(struct weft_map_job *job, const job_info_t *info,
		     time_t now)
{
	job->id = weft_slurm_job_name(info);
	job->user = weft_slurm_user_name(info);
	job->name = copy(info->name);
	if (info->time_limit == INFINITE)
		job->left_sec = -1;
	else
		job->left_sec = info->end_time > now ? info->end_time - now : 0;
}

/* Mark the GPUs of a job; returns how many. */
static uint32_t mark_gpus(struct weft_map *map, const struct weft_names *names,
			  const job_info_t *info, uint32_t job_idx)
{
	__auto_type hosts = slurm_hostlist_create(info->nodes ? info->nodes : "");
	uint32_t marked = 0;
	char *host;

	for (uint32_t i = 0; hosts && (host = slurm_hostlist_shift(hosts)); i++) {
		uint32_t at = weft_names_find(names, host);
		uint64_t set = i < info->gres_detail_cnt ?
			       weft_map_indices_of(info->gres_detail_str[i]) : 0;

		free(host);
		if (at == UINT32_MAX)
			continue;
		for (uint32_t g = 0; g < map->node[at].gpu_count; g++) {
			if (!(set >> g & 1))
				continue;
			map->node[at].job_of[g] = job_idx;
			marked++;
		}
	}
	if (hosts)
		slurm_hostlist_destroy(hosts);
	return marked;
}

static int load_jobs(struct weft_map *map, const struct weft_names *names,
		     struct weft_err *err)
{
	job_info_msg_t *msg = NULL;
	time_t now = time(NULL);

	if (slurm_load_jobs(0, &msg, SHOW_ALL | SHOW_DETAIL))
		return weft_err_set(err, EIO, "cannot ask slurmctld for jobs: %s",
				    slurm_strerror(errno));
	map->job = calloc(msg->record_count + 1, sizeof(*map->job));
	for (uint32_t i = 0; map->job && i < msg->record_count; i++) {
		const job_info_t *info = &msg->job_array[i];
		uint32_t state = info->job_state & JOB_STATE_BASE, marked;

		if (state != JOB_RUNNING && state != JOB_SUSPENDED &&
		    !(info->job_state & JOB_COMPLETING))
			continue;
		marked = mark_gpus(map, names, info, map->job_count);
		if (!marked)
			continue;
		fill_job(&map->job[map->job_count], info, now);
		map->job[map->job_count++].gpu_count = marked;
	}
	slurm_free_job_info_msg(msg);
	return map->job ? 0 : weft_err_set(err, ENOMEM, "out of memory");
}

/* ---- leaf switches ---------------------------------------------------------- */

/* The value of NAME= in a line of "scontrol --oneliner show topology". */
static bool word_of(const char *line, const char *name, char *value, size_t size)
{
	size_t len = strlen(name);

	for (const char *at = line; (at = strstr(at, name)); at += len)
		if (at == line || at[-1] == ' ') {
			snprintf(value, size, "%.*s",
				 (int)strcspn(at + len, " \n"), at + len);
			return true;
		}
	return false;
}

static void take_leaf(struct weft_map *map, const struct weft_names *names,
		      const char *leaf, const char *nodes)
{
	__auto_type hosts = slurm_hostlist_create(nodes);
	char *host;

	while (hosts && (host = slurm_hostlist_shift(hosts))) {
		uint32_t at = weft_names_find(names, host);

		if (at != UINT32_MAX && !map->node[at].leaf[0]) {
			free(map->node[at].leaf);
			map->node[at].leaf = copy(leaf);
		}
		free(host);
	}
	if (hosts)
		slurm_hostlist_destroy(hosts);
}

/*
 * topology/tree's lowest switches, as scontrol tells them.  Asking slurmctld by
 * libslurm would load Slurm's topology plugin into this process from 24.05 on,
 * which that library lacks symbols for.
 */
static void load_leaves(struct weft_map *map, const struct weft_names *names)
{
	static const char *const argv[] = { "scontrol", "--oneliner", "show",
					    "topology", NULL };
	struct weft_buf text;
	struct weft_child child = { .argv = argv, .out = &text, .limit_sec = 60 };
	char *line, *rest, *nodes, leaf[256], level[16];
	int code;

	weft_buf_init(&text, (size_t)64 << 20);
	rest = weft_child_run(&child, &code, NULL) || code || !text.len ? NULL : text.data;
	while (rest && (line = strsep(&rest, "\n"))) {
		size_t size = strlen(line) + 1;

		nodes = malloc(size);
		if (nodes && word_of(line, "SwitchName=", leaf, sizeof(leaf)) &&
		    word_of(line, "Level=", level, sizeof(level)) &&
		    !strcmp(level, "0") &&
		    word_of(line, "Nodes=", nodes, size))
			take_leaf(map, names, leaf, nodes);
		free(nodes);
	}
	weft_buf_fini(&text);
}

/* ---- domains of weft.json, where nobody published them -------------------- */

static void take_domain(struct weft_map *map, const struct weft_names *names,
			const char *domain, const char *nodes)
{
	__auto_type hosts = slurm_hostlist_create(nodes);
	char *host;

	while (hosts && (host = slurm_hostlist_shift(hosts))) {
		uint32_t at = weft_names_find(names, host);

		if (at != UINT32_MAX && !map->node[at].domain[0]) {
			free(map->node[at].domain);
			map->node[at].domain = copy(domain);
		}
		free(host);
	}
	if (hosts)
		slurm_hostlist_destroy(hosts);
}

static void take_domains(struct weft_map *map, const struct weft_names *names,
			 const struct weft_json *doc)
{
	struct json_object *part, *array, *entry, *name, *nodes;

	if (!json_object_is_type(doc->root, json_type_object) ||
	    !json_object_object_get_ex(doc->root, "fabric", &part) ||
	    !json_object_is_type(part, json_type_object) ||
	    !json_object_object_get_ex(part, "domains", &array) ||
	    !json_object_is_type(array, json_type_array))
		return;
	for (size_t i = 0; i < json_object_array_length(array); i++) {
		entry = json_object_array_get_idx(array, i);
		if (json_object_is_type(entry, json_type_object) &&
		    json_object_object_get_ex(entry, "name", &name) &&
		    json_object_object_get_ex(entry, "nodes", &nodes) &&
		    json_object_is_type(name, json_type_string) &&
		    json_object_is_type(nodes, json_type_string))
			take_domain(map, names, json_object_get_string(name),
				    json_object_get_string(nodes));
	}
}

static void load_conf(struct weft_map *map, const struct weft_names *names)
{
	slurm_conf_t *conf = NULL;
	struct weft_json *doc = NULL;
	char path[4096];
	const char *slash;
	int len;

	if (slurm_load_ctl_conf(0, &conf) || !conf) {
		map->cluster = copy("cluster");
		return;
	}
	map->cluster = copy(conf->cluster_name);
	slash = conf->slurm_conf ? strrchr(conf->slurm_conf, '/') : NULL;
	if (slash) {
		len = snprintf(path, sizeof(path), "%.*s/weft.json",
			       (int)(slash - conf->slurm_conf),
			       conf->slurm_conf);
		if (len > 0 && (size_t)len < sizeof(path) &&
		    weft_settings_open(path, NULL, &doc, NULL) == 0) {
			take_domains(map, names, doc);
			weft_json_destroy(doc);
		}
	}
	slurm_free_ctl_conf(conf);
}

int weft_map_load(struct weft_map **ret_map, struct weft_err *err)
{
	struct weft_map *map = calloc(1, sizeof(*map));
	struct weft_names *names = weft_names_create(1000000);
	int rc = 0;

	if (!map || !names)
		rc = weft_err_set(err, ENOMEM, "out of memory");
	if (!rc)
		rc = weft_slurm_start(err);
	if (!rc)
		rc = load_nodes(map, names, err);
	if (!rc)
		rc = load_jobs(map, names, err);
	if (!rc) {
		load_leaves(map, names);
		load_conf(map, names);
		weft_map_sort(map);
		*ret_map = map;
	}
	weft_names_destroy(names);
	if (rc)
		weft_map_destroy(map);
	return rc;
}
