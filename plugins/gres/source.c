/* SPDX-License-Identifier: GPL-2.0-or-later */
/* source.c - see source.h */
#include "plugins/slurm/slurmd_node.h"

#include "lib/json.h"
#include "lib/settings.h"
#include "plugins/gres/source.h"
#include "sched/levels.h"

static const char *member_text(struct json_object *entry, const char *key)
{
	struct json_object *value;

	if (!json_object_is_type(entry, json_type_object) ||
	    !json_object_object_get_ex(entry, key, &value) ||
	    !json_object_is_type(value, json_type_string))
		return NULL;
	return json_object_get_string(value);
}

/* The array at section.key; NULL if it is not there. */
static int find_array(const struct weft_json *doc, const char *section,
		      const char *key, struct json_object **ret_array,
		      struct weft_err *err)
{
	struct json_object *part, *array;
	char path[64];

	*ret_array = NULL;
	if (!json_object_is_type(doc->root, json_type_object) ||
	    !json_object_object_get_ex(doc->root, section, &part) ||
	    !json_object_object_get_ex(part, key, &array))
		return 0;
	snprintf(path, sizeof(path), "%s.%s", section, key);
	if (!json_object_is_type(array, json_type_array))
		return weft_json_complain(doc, err, path, "a list expected");
	*ret_array = array;
	return 0;
}

/*
 * The entry of section.key whose list_key holds the node goes to *ret_entry,
 * NULL if none names it.  Each entry must have value_key.
 */
static int find_entry(const struct weft_json *doc, const char *section,
		      const char *key, const char *list_key,
		      const char *value_key, const char *node,
		      struct json_object **ret_entry, struct weft_err *err)
{
	struct json_object *array;
	int rc = find_array(doc, section, key, &array, err);

	*ret_entry = NULL;
	if (rc || !array)
		return rc;
	for (size_t i = 0; i < json_object_array_length(array); i++) {
		struct json_object *entry = json_object_array_get_idx(array, i);
		const char *names = member_text(entry, list_key);
		char path[64];

		snprintf(path, sizeof(path), "%s.%s[%zu]", section, key, i);
		if (!names || !member_text(entry, value_key))
			return weft_json_complain(doc, err, path,
						  "\"%s\" and \"%s\" expected, both text",
						  list_key, value_key);
		if (weft_slurm_hostlist_has(names, node)) {
			*ret_entry = entry;
			return 0;
		}
	}
	return 0;
}

/* A path relative to weft.json's folder is made whole; NULL is "". */
static int set_path(char *path, size_t size, const char *config,
		    const char *value, struct weft_err *err)
{
	const char *slash = strrchr(config, '/');
	int len;

	if (!value)
		value = "";
	if (!value[0] || value[0] == '/' || !slash)
		len = snprintf(path, size, "%s", value);
	else
		len = snprintf(path, size, "%.*s/%s", (int)(slash - config),
			       config, value);
	if (len < 0 || (size_t)len >= size)
		return weft_err_set(err, ENAMETOOLONG,
				    "%s: gres.nodes: the path of a file is too long",
				    config);
	return 0;
}

static int take_node_entry(struct weft_gres_source *source, const char *config,
			   struct json_object *entry, struct weft_err *err)
{
	const char *path = member_text(entry, "source");
	int rc;

	if (path && !strcmp(path, "auto"))
		path = NULL;
	rc = set_path(source->path, sizeof(source->path), config, path, err);
	return rc ? rc : set_path(source->nccl, sizeof(source->nccl), config,
				  member_text(entry, "nccl_topology"), err);
}

int weft_gres_source_read(struct weft_gres_source *source, const char *node,
			  struct weft_err *err)
{
	struct weft_gres_source found = { "", "", "" };
	char *config = get_extra_conf_path((char *)"weft.json");
	struct weft_json *doc = NULL;
	struct weft_levels levels = { 0 };
	struct json_object *entry;
	const char *domain;
	int rc = weft_settings_open(config, &slurm_conf.slurm_user_id, &doc, err);

	if (rc == -ENOENT) {
		*source = found;
		xfree(config);
		return 0;
	}
	if (!rc)
		rc = find_entry(doc, "gres", "nodes", "names", "source", node,
				&entry, err);
	if (!rc)
		rc = weft_levels_read_json(&levels, doc, err);
	if (!rc && entry)
		rc = take_node_entry(&found, config, entry, err);
	if (!rc) {
		domain = weft_levels_domain(&levels, WEFT_SAID_BY_SITE, node);
		snprintf(found.domain, sizeof(found.domain), "%s",
			 domain ? domain : "");
		*source = found;
	}
	weft_levels_fini(&levels);
	weft_json_destroy(doc);
	xfree(config);
	return rc;
}

int weft_gres_source_load(struct weft_gres_source *source,
			  struct weft_inventory **ret_inv, struct weft_err *err)
{
	struct weft_inventory *inv;
	int rc = source->path[0] ? weft_inventory_read(source->path, &inv, err) :
				   weft_inventory_discover(&inv, err);

	if (rc)
		return rc;
	if (source->domain[0])
		snprintf(inv->domain, sizeof(inv->domain), "%s",
			 source->domain);
	if (!source->nccl[0] && !strcmp(inv->source, "nccl"))
		memcpy(source->nccl, source->path, sizeof(source->nccl));
	*ret_inv = inv;
	return 0;
}
