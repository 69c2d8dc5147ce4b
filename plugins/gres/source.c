/* SPDX-License-Identifier: GPL-2.0-or-later */
/* source.c - see source.h */
#include "plugins/slurm/slurmd_node.h"

#include "lib/json.h"
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
 * The entry of section.key whose list_key holds the node: its value_key goes
 * to *ret_value, NULL if no entry names the node.
 */
static int find_entry(const struct weft_json *doc, const char *section,
		      const char *key, const char *list_key,
		      const char *value_key, const char *node,
		      const char **ret_value, struct weft_err *err)
{
	struct json_object *array;
	int rc = find_array(doc, section, key, &array, err);

	*ret_value = NULL;
	if (rc || !array)
		return rc;
	for (size_t i = 0; i < json_object_array_length(array); i++) {
		struct json_object *entry = json_object_array_get_idx(array, i);
		const char *names = member_text(entry, list_key);
		const char *value = member_text(entry, value_key);
		char path[64];

		snprintf(path, sizeof(path), "%s.%s[%zu]", section, key, i);
		if (!names || !value)
			return weft_json_complain(doc, err, path,
						  "\"%s\" and \"%s\" expected, both text",
						  list_key, value_key);
		if (weft_slurm_hostlist_has(names, node)) {
			*ret_value = value;
			return 0;
		}
	}
	return 0;
}

/* A path relative to weft.json's folder is made whole. */
static int set_path(struct weft_gres_source *source, const char *config,
		    const char *value, struct weft_err *err)
{
	const char *slash = strrchr(config, '/');
	int len;

	if (!value || !strcmp(value, "auto"))
		len = snprintf(source->path, sizeof(source->path), "%s", "");
	else if (value[0] == '/' || !slash)
		len = snprintf(source->path, sizeof(source->path), "%s", value);
	else
		len = snprintf(source->path, sizeof(source->path), "%.*s/%s",
			       (int)(slash - config), config, value);
	if (len < 0 || (size_t)len >= sizeof(source->path))
		return weft_err_set(err, ENAMETOOLONG,
				    "%s: gres.nodes: the source's path is too long",
				    config);
	return 0;
}

int weft_gres_source_read(struct weft_gres_source *source, const char *node,
			  struct weft_err *err)
{
	struct weft_gres_source found = { "", "" };
	char *config = get_extra_conf_path((char *)"weft.json");
	struct weft_json *doc = NULL;
	struct weft_levels levels = { 0 };
	const char *path, *domain;
	int rc = weft_json_read(config, &doc, err);

	if (rc == -ENOENT) {
		*source = found;
		xfree(config);
		return 0;
	}
	if (!rc)
		rc = find_entry(doc, "gres", "nodes", "names", "source", node,
				&path, err);
	if (!rc)
		rc = weft_levels_read_json(&levels, doc, err);
	if (!rc)
		rc = set_path(&found, config, path, err);
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

int weft_gres_source_load(const struct weft_gres_source *source,
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
	*ret_inv = inv;
	return 0;
}
