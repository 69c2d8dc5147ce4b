/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * domains.c - see domains.h
 *
 *   "fabric": {
 *     "domains":  [ { "name": "rack1", "nodes": "n[1-16]" }, ... ],
 *     "switches": [ { "name": "leaf1", "nodes": "n[1-64]" }, ... ]
 *   }
 *
 * The text is read when the configuration is; node names become indices when
 * the tree is built, under Slurm's node lock, since the node table may have
 * changed in between.
 */
#include "plugins/slurm/ctld.h"

#include "plugins/sched/domains.h"

#define GROUPS_MAX 65536

static const char *text_of(struct json_object *entry, const char *key)
{
	struct json_object *value;

	if (!json_object_is_type(entry, json_type_object) ||
	    !json_object_object_get_ex(entry, key, &value) ||
	    !json_object_is_type(value, json_type_string))
		return NULL;
	return json_object_get_string(value);
}

static int read_entry(const struct weft_json *doc, const char *path,
		      struct json_object *entry, struct weft_domain *to,
		      struct weft_err *err)
{
	const char *name = text_of(entry, "name");
	const char *nodes = text_of(entry, "nodes");
	struct hostlist *list;

	if (!name || !*name || !nodes || !*nodes)
		return weft_json_complain(doc, err, path,
					  "\"name\" and \"nodes\" expected, both text");
	list = hostlist_create(nodes);
	if (!list)
		return weft_json_complain(doc, err, path,
					  "\"nodes\": a list like \"n[1-16,20]\" expected");
	hostlist_destroy(list);
	to->name = strdup(name);
	to->nodes = strdup(nodes);
	return to->name && to->nodes ? 0 :
		weft_err_set(err, ENOMEM, "no memory for the fabric");
}

static int read_list(const struct weft_json *doc, struct json_object *section,
		     const char *key, bool is_switch,
		     struct weft_domains *found, struct weft_err *err)
{
	struct json_object *list;
	struct weft_domain *more;
	char path[64];
	size_t count;
	int rc = 0;

	if (!json_object_object_get_ex(section, key, &list))
		return 0;
	snprintf(path, sizeof(path), "fabric.%s", key);
	if (!json_object_is_type(list, json_type_array))
		return weft_json_complain(doc, err, path, "a list expected");
	count = json_object_array_length(list);
	if (count > GROUPS_MAX)
		return weft_json_complain(doc, err, path,
					  "at most %d entries expected",
					  GROUPS_MAX);
	more = realloc(found->item,
		       (found->count + count + 1) * sizeof(*more));
	if (!more)
		return weft_err_set(err, ENOMEM, "no memory for the fabric");
	found->item = more;
	for (size_t i = 0; rc == 0 && i < count; i++) {
		snprintf(path, sizeof(path), "fabric.%s[%zu]", key, i);
		more = &found->item[found->count++];
		*more = (struct weft_domain) { .is_switch = is_switch };
		rc = read_entry(doc, path, json_object_array_get_idx(list, i),
				more, err);
	}
	return rc;
}

int weft_domains_read(const struct weft_json *doc, struct weft_domains *ret,
		      struct weft_err *err)
{
	struct weft_domains found = { 0 };
	struct json_object *section;
	int rc = 0;

	if (json_object_is_type(doc->root, json_type_object) &&
	    json_object_object_get_ex(doc->root, "fabric", &section)) {
		if (!json_object_is_type(section, json_type_object))
			return weft_json_complain(doc, err, "fabric",
						  "an object expected");
		rc = read_list(doc, section, "switches", true, &found, err);
		if (rc == 0)
			rc = read_list(doc, section, "domains", false, &found,
				       err);
	}
	if (rc)
		weft_domains_fini(&found);
	else
		*ret = found;
	return rc;
}

void weft_domains_fini(struct weft_domains *domains)
{
	for (uint32_t i = 0; i < domains->count; i++) {
		free(domains->item[i].name);
		free(domains->item[i].nodes);
	}
	free(domains->item);
	*domains = (struct weft_domains) { 0 };
}

static int add_group(struct weft_fabric_builder *b,
		     const struct weft_domain *group, uint32_t *unknown,
		     struct weft_err *err)
{
	struct hostlist *list = hostlist_create(group->nodes);
	node_record_t *record;
	char *name;
	int rc = 0;

	if (!list)
		return weft_err_set(err, EINVAL, "fabric: %s: bad list \"%s\"",
				    group->name, group->nodes);
	if (group->is_switch)
		rc = weft_fabric_add_switch(b, group->name, NULL, err);
	while (rc == 0 && (name = hostlist_shift(list))) {
		record = find_node_record(name);
		free(name);
		if (!record)
			(*unknown)++;
		else if (group->is_switch)
			rc = weft_fabric_set_switch(b, record->index,
						    group->name, err);
		else
			rc = weft_fabric_set_domain(b, record->index,
						    group->name, err);
	}
	hostlist_destroy(list);
	return rc;
}

int weft_domains_build(const struct weft_domains *domains, uint32_t node_count,
		       struct weft_fabric **ret_fabric, uint32_t *ret_unknown,
		       struct weft_err *err)
{
	struct weft_fabric_builder *b = weft_fabric_builder_create(node_count);
	int rc = 0;

	*ret_unknown = 0;
	if (!b)
		return weft_err_set(err, ENOMEM, "no memory for the fabric");
	for (uint32_t i = 0; rc == 0 && i < domains->count; i++)
		rc = add_group(b, &domains->item[i], ret_unknown, err);
	if (rc == 0)
		rc = weft_fabric_builder_finish(b, ret_fabric, err);
	weft_fabric_builder_destroy(b);
	return rc;
}
