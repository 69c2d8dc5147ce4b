/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * levels_yaml.c - see levels.h: topology.yaml of Slurm 25.05 and later
 *
 * A list of topologies, each a tree, blocks, or flat.  The one marked
 * "cluster_default: true" counts, else the first; Slurm gives the others to
 * partitions that name them, which is left out here.
 *
 *   - topology: t1
 *     cluster_default: true
 *     tree:
 *       switches:
 *         - switch: root
 *           children: s[1-2]
 *         - switch: s1
 *           nodes: n[1-8]
 *
 * The document is loaded by libyaml and walked three levels deep by hand, so
 * aliases cannot make it grow.  This file alone of sched/ needs libyaml; the
 * plugins do without it.
 *
 * Source: Slurm's topology.yaml(5).
 */
#include "config.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <yaml.h>

#include "lib/buf.h"
#include "lib/names.h"
#include "sched/levels_impl.h"

struct reading {
	yaml_document_t doc;
	const char *name;
	struct weft_levels *levels;
	struct weft_names *names;
	struct weft_err *err;
};

static int complain(const struct reading *r, const yaml_node_t *node,
		    const char *what)
{
	return weft_err_set(r->err, EINVAL, "%s:%zu: %s", r->name,
			    node ? node->start_mark.line + 1 : 1, what);
}

static const char *text_of(const yaml_node_t *node)
{
	return node && node->type == YAML_SCALAR_NODE ?
		(const char *)node->data.scalar.value : NULL;
}

static yaml_node_t *get(struct reading *r, const yaml_node_t *map,
			const char *key)
{
	if (!map || map->type != YAML_MAPPING_NODE)
		return NULL;
	for (yaml_node_pair_t *p = map->data.mapping.pairs.start;
	     p < map->data.mapping.pairs.top; p++) {
		const char *text =
			text_of(yaml_document_get_node(&r->doc, p->key));

		if (text && !strcmp(text, key))
			return yaml_document_get_node(&r->doc, p->value);
	}
	return NULL;
}

/* Item i of a list, NULL behind the last and for what is no list. */
static yaml_node_t *item(struct reading *r, const yaml_node_t *list, size_t i)
{
	size_t count;

	if (!list || list->type != YAML_SEQUENCE_NODE)
		return NULL;
	count = (size_t)(list->data.sequence.items.top -
			 list->data.sequence.items.start);
	return i < count ? yaml_document_get_node(&r->doc,
			list->data.sequence.items.start[i]) : NULL;
}

static int add(struct reading *r, yaml_node_t *entry, bool is_block)
{
	const char *name = text_of(get(r, entry, is_block ? "block" : "switch"));
	struct weft_level_group group = {
		.by = WEFT_SAID_BY_TOPOLOGY, .is_domain = is_block,
		.line = (unsigned int)entry->start_mark.line + 1,
		.name = (char *)name,
		.nodes = (char *)text_of(get(r, entry, "nodes")),
		.switches = is_block ? NULL :
			(char *)text_of(get(r, entry, "children")),
	};
	struct weft_err why = WEFT_ERR_INIT;
	uint32_t idx;
	int is_new = 1, rc;

	if (!name || !*name)
		return complain(r, entry, is_block ? "\"block\", a name, expected" :
				"\"switch\", a name, expected");
	if (!group.nodes && !group.switches)
		return complain(r, entry, is_block ? "\"nodes\" expected" :
				"\"nodes\" or \"children\" expected");
	if (group.nodes && group.switches)
		return complain(r, entry, "\"nodes\" and \"children\" in one switch");
	rc = weft_names_add(r->names, name, &idx, &is_new);
	if (rc == 0 && !is_new)
		return complain(r, entry, "a switch or block defined before");
	if (rc == 0)
		rc = weft_levels_add(r->levels, &group, &why);
	return rc ? weft_err_set(r->err, -rc, "%s:%u: %s", r->name, group.line,
				 why.msg[0] ? why.msg : "no memory") : 0;
}

static int read_list(struct reading *r, yaml_node_t *list, yaml_node_t *owner,
		     bool is_block)
{
	yaml_node_t *entry;
	int rc = 0;

	if (!list || list->type != YAML_SEQUENCE_NODE)
		return complain(r, list ? list : owner, is_block ?
				"\"blocks\", a list, expected" :
				"\"switches\", a list, expected");
	for (size_t i = 0; rc == 0 && (entry = item(r, list, i)); i++)
		rc = add(r, entry, is_block);
	return rc;
}

static int read_sizes(struct reading *r, yaml_node_t *list, uint32_t first)
{
	struct weft_block_sizes sizes = { 0 };
	struct weft_err why = WEFT_ERR_INIT;
	struct weft_buf text;
	yaml_node_t *entry;
	int rc = 0;

	if (!list)
		return 0;
	weft_buf_init(&text, 4096);
	for (size_t i = 0; (entry = item(r, list, i)); i++)
		weft_buf_addf(&text, "%s%s", i ? "," : "",
			      text_of(entry) ? text_of(entry) : "?");
	if (weft_buf_error(&text) ||
	    weft_levels_set_sizes(&sizes, weft_buf_str(&text), &why))
		rc = complain(r, list, why.msg[0] ? why.msg : "too many sizes");
	else
		rc = weft_levels_gather(r->levels, first, &sizes, r->err);
	weft_buf_fini(&text);
	return rc;
}

static yaml_node_t *choose(struct reading *r, const yaml_node_t *root)
{
	yaml_node_t *entry;

	for (size_t i = 0; (entry = item(r, root, i)); i++) {
		const char *text = text_of(get(r, entry, "cluster_default"));

		if (text && (!strcasecmp(text, "true") ||
			     !strcasecmp(text, "yes")))
			return entry;
	}
	return item(r, root, 0);
}

static int read_document(struct reading *r)
{
	yaml_node_t *root = yaml_document_get_root_node(&r->doc);
	yaml_node_t *topology = choose(r, root), *part;
	uint32_t first = r->levels->count;
	int rc;

	if (!topology)
		return complain(r, root, "a list of topologies expected");
	part = get(r, topology, "tree");
	if (part)
		return read_list(r, get(r, part, "switches"), part, false);
	part = get(r, topology, "block");
	if (part) {
		rc = read_list(r, get(r, part, "blocks"), part, true);
		return rc ? rc : read_sizes(r, get(r, part, "block_sizes"),
					    first);
	}
	return get(r, topology, "flat") ? 0 :
		complain(r, topology, "\"tree\", \"block\" or \"flat\" expected");
}

int weft_levels_read_yaml(struct weft_levels *levels, const char *name,
			  const char *text, size_t len, struct weft_err *err)
{
	struct reading r = { .name = name, .levels = levels, .err = err };
	uint32_t before = levels->count;
	yaml_parser_t parser;
	int rc;

	if (len > WEFT_LEVELS_TEXT_MAX)
		return weft_err_set(err, EFBIG, "%s: too large", name);
	if (!yaml_parser_initialize(&parser))
		return weft_err_set(err, ENOMEM, "%s: no memory", name);
	yaml_parser_set_input_string(&parser, (const unsigned char *)text, len);
	if (!yaml_parser_load(&parser, &r.doc)) {
		rc = weft_err_set(err, EINVAL, "%s:%zu: %s", name,
				  parser.problem_mark.line + 1,
				  parser.problem ? parser.problem :
				  "not to be read as YAML");
		yaml_parser_delete(&parser);
		return rc;
	}
	r.names = weft_names_create(WEFT_LEVELS_GROUPS_MAX);
	rc = r.names ? read_document(&r) :
		weft_err_set(err, ENOMEM, "%s: no memory", name);
	weft_names_destroy(r.names);
	yaml_document_delete(&r.doc);
	yaml_parser_delete(&parser);
	if (rc)
		weft_levels_cut(levels, before);
	return rc;
}
