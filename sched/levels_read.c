/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * levels_read.c - see levels.h: weft.json and topology.conf to groups
 *
 * weft.json is the site's own word, so a node in two domains there is a
 * mistake to be told, with its position.
 *
 * In topology/block consecutive blocks are gathered: with BlockSizes=8,16,32
 * the second size holds two blocks, the third four.  What a size gathers
 * becomes a switch "first..last"; its nodes' smallest one is their leaf.
 *
 * Source: Slurm's topology.conf(5); src/plugins/topology/{tree,block}.
 */
#include "config.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/buf.h"
#include "lib/hostlist.h"
#include "lib/names.h"
#include "sched/conf_lines.h"
#include "sched/levels_impl.h"

/* ---- weft.json ----------------------------------------------------------- */

struct seen {
	struct weft_names *nodes;
	const struct weft_json *doc;
	const char *path;
	struct weft_err *err;
};

static int see_node(void *arg, const char *name)
{
	struct seen *seen = arg;
	uint32_t idx;
	int is_new, rc = weft_names_add(seen->nodes, name, &idx, &is_new);

	if (rc == -ENOSPC)
		return weft_json_complain(seen->doc, seen->err, seen->path,
					  "too many nodes");
	if (rc)
		return weft_err_set(seen->err, -rc, "no memory for the fabric");
	if (!is_new)
		return weft_json_complain(seen->doc, seen->err, seen->path,
					  "%s is in an entry before this one",
					  name);
	return 0;
}

static const char *text_of(struct json_object *entry, const char *key)
{
	struct json_object *value;

	if (!json_object_is_type(entry, json_type_object) ||
	    !json_object_object_get_ex(entry, key, &value) ||
	    !json_object_is_type(value, json_type_string) ||
	    !json_object_get_string_len(value))
		return NULL;
	return json_object_get_string(value);
}

static int read_entry(struct weft_levels *levels, struct json_object *entry,
		      bool is_domain, struct seen *seen)
{
	const char *name = text_of(entry, "name");
	const char *nodes = text_of(entry, "nodes");
	struct weft_level_group group = {
		.by = WEFT_SAID_BY_SITE, .is_domain = is_domain,
		.name = (char *)name, .nodes = (char *)nodes,
	};
	struct weft_err why = WEFT_ERR_INIT;
	int rc;

	if (!name || !nodes)
		return weft_json_complain(seen->doc, seen->err, seen->path,
					  "\"name\" and \"nodes\" expected, both text");
	if (strlen(name) > WEFT_DOMAIN_NAME_MAX)
		return weft_json_complain(seen->doc, seen->err, seen->path,
					  "a name of at most %d characters expected",
					  WEFT_DOMAIN_NAME_MAX);
	rc = weft_levels_add(levels, &group, &why);
	if (rc)
		return weft_json_complain(seen->doc, seen->err, seen->path,
					  "\"nodes\": a list like \"n[1-16,20]\" expected: %s",
					  why.msg);
	return weft_hostlist_each(nodes, WEFT_LEVELS_NAMES_MAX, see_node, seen,
				  seen->err);
}

static int read_section(struct weft_levels *levels, struct json_object *section,
			const char *key, bool is_domain, struct seen *seen)
{
	struct json_object *list;
	char path[64];
	int rc = 0;

	if (!json_object_object_get_ex(section, key, &list))
		return 0;
	snprintf(path, sizeof(path), "fabric.%s", key);
	seen->path = path;
	if (!json_object_is_type(list, json_type_array))
		return weft_json_complain(seen->doc, seen->err, path,
					  "a list expected");
	seen->nodes = weft_names_create(WEFT_LEVELS_NAMES_MAX);
	if (!seen->nodes)
		return weft_err_set(seen->err, ENOMEM,
				    "no memory for the fabric");
	for (size_t i = 0; rc == 0 && i < json_object_array_length(list); i++) {
		snprintf(path, sizeof(path), "fabric.%s[%zu]", key, i);
		rc = read_entry(levels, json_object_array_get_idx(list, i),
				is_domain, seen);
	}
	weft_names_destroy(seen->nodes);
	return rc;
}

int weft_levels_read_json(struct weft_levels *levels,
			  const struct weft_json *doc, struct weft_err *err)
{
	struct seen seen = { .doc = doc, .err = err };
	struct json_object *section;
	uint32_t before = levels->count;
	int rc;

	if (!json_object_is_type(doc->root, json_type_object) ||
	    !json_object_object_get_ex(doc->root, "fabric", &section))
		return 0;
	if (!json_object_is_type(section, json_type_object))
		return weft_json_complain(doc, err, "fabric",
					  "an object expected");
	rc = read_section(levels, section, "switches", false, &seen);
	if (rc == 0)
		rc = read_section(levels, section, "domains", true, &seen);
	if (rc)
		weft_levels_cut(levels, before);
	return rc;
}

/* ---- topology.conf ------------------------------------------------------- */

/* Has this file defined the switch or block before?  Remembers it. */
static bool is_defined(struct weft_names *names, const char *name)
{
	uint32_t idx;
	int is_new;

	return !weft_names_add(names, name, &idx, &is_new) && !is_new;
}

static int add_line(struct weft_levels *levels, struct weft_conf_lines *lines,
		    const char *name, bool is_block, struct weft_names *names,
		    struct weft_err *err)
{
	struct weft_level_group group = {
		.by = WEFT_SAID_BY_TOPOLOGY, .is_domain = is_block,
		.line = lines->line, .name = (char *)name,
		.nodes = (char *)weft_conf_lines_get(lines, "Nodes"),
		.switches = is_block ? NULL :
			(char *)weft_conf_lines_get(lines, "Switches"),
	};
	struct weft_err why = WEFT_ERR_INIT;
	int rc;

	if (is_defined(names, name))
		return weft_conf_lines_complain(lines, err, EINVAL,
						"%s is defined twice", name);
	if (group.nodes && group.switches)
		return weft_conf_lines_complain(lines, err, EINVAL,
						"switch %s has both Nodes and Switches",
						name);
	if (!group.nodes && !group.switches)
		return weft_conf_lines_complain(lines, err, EINVAL,
						"%s %s has %s", is_block ?
						"block" : "switch", name,
						is_block ? "no Nodes" :
						"neither Nodes nor Switches");
	rc = weft_levels_add(levels, &group, &why);
	if (rc)
		return weft_conf_lines_complain(lines, err, -rc, "%s: %s", name,
						why.msg);
	return 0;
}

/* "8,16,32" to numbers of blocks, without the first: {2, 4}. */
static int read_sizes(struct weft_block_sizes *sizes, const char *text,
		      struct weft_err *err)
{
	unsigned long base = 0;

	sizes->count = 0;
	while (*text) {
		char *end;
		unsigned long size = strtoul(text, &end, 10);

		if (end == text || (*end && *end != ',') ||
		    !isdigit((unsigned char)*text) || !size ||
		    size > 1000000 || (base && size % base))
			return weft_err_set(err, EINVAL,
					    "BlockSizes: multiples of the first like 4,16,64 expected");
		if (!base)
			base = size;
		size /= base;
		if (size & (size - 1))
			return weft_err_set(err, EINVAL,
					    "BlockSizes: each must be the first times 2, 4, 8, ...");
		if (size > 1 && sizes->count < WEFT_BLOCK_SIZES_MAX)
			sizes->blocks[sizes->count++] = (uint32_t)size;
		text = *end ? end + 1 : end;
	}
	return 0;
}

int weft_levels_set_sizes(struct weft_block_sizes *sizes, const char *text,
			  struct weft_err *err)
{
	struct weft_block_sizes found = { 0 };
	int rc = read_sizes(&found, text, err);

	if (rc)
		return rc;
	for (uint32_t i = 1; i < found.count; i++)
		if (found.blocks[i] <= found.blocks[i - 1])
			return weft_err_set(err, EINVAL,
					    "BlockSizes: rising numbers expected");
	*sizes = found;
	return 0;
}

/*
 * The blocks first .. last (group indices) gathered into one switch, above
 * the nodes (inner 0) or above the switches that gather inner blocks each.
 */
static int gather(struct weft_levels *levels, uint32_t first, uint32_t last,
		  uint32_t inner, uint32_t end, struct weft_err *err)
{
	struct weft_buf below, name;
	struct weft_level_group group = { .by = WEFT_SAID_BY_TOPOLOGY };
	int rc;

	weft_buf_init(&below, WEFT_LEVELS_TEXT_MAX);
	weft_buf_init(&name, 4096);
	weft_buf_addf(&name, "%s..%s", levels->group[first].name,
		      levels->group[last].name);
	for (uint32_t i = first; i <= last; i += inner ? inner : 1) {
		uint32_t to = i + inner - 1 < end ? i + inner - 1 : end - 1;

		if (below.len)
			weft_buf_adds(&below, ",");
		if (inner)
			weft_buf_addf(&below, "%s..%s", levels->group[i].name,
				      levels->group[to].name);
		else
			weft_buf_adds(&below, levels->group[i].nodes);
	}
	rc = weft_buf_error(&below) ? weft_buf_error(&below) :
		weft_buf_error(&name);
	if (rc == 0) {
		group.name = (char *)weft_buf_str(&name);
		*(inner ? &group.switches : &group.nodes) =
			(char *)weft_buf_str(&below);
		rc = weft_levels_add(levels, &group, err);
	} else {
		weft_err_set(err, -rc, "blocks: names too long, or no memory");
	}
	weft_buf_fini(&below);
	weft_buf_fini(&name);
	return rc;
}

int weft_levels_gather(struct weft_levels *levels, uint32_t first,
		       const struct weft_block_sizes *sizes,
		       struct weft_err *err)
{
	uint32_t end = levels->count, inner = 0;
	int rc = 0;

	for (uint32_t s = 0; s < sizes->count && end > first; s++) {
		uint32_t size = sizes->blocks[s];

		for (uint32_t i = first; rc == 0 && i < end; i += size)
			rc = gather(levels, i,
				    i + size < end ? i + size - 1 : end - 1,
				    inner, end, err);
		inner = size;
	}
	return rc;
}

static int read_topology_line(struct weft_levels *levels,
			      struct weft_conf_lines *lines,
			      struct weft_block_sizes *sizes,
			      struct weft_names *names, struct weft_err *err)
{
	const char *block = weft_conf_lines_get(lines, "BlockName");
	const char *name = weft_conf_lines_get(lines, "SwitchName");
	const char *text = weft_conf_lines_get(lines, "BlockSizes");
	struct weft_err why = WEFT_ERR_INIT;

	if (name || block)
		return add_line(levels, lines, name ? name : block, !name,
				names, err);
	if (!text)
		return weft_conf_lines_complain(lines, err, EINVAL,
						"SwitchName, BlockName or BlockSizes expected, not %s",
						lines->pair[0].key);
	if (weft_levels_set_sizes(sizes, text, &why))
		return weft_conf_lines_complain(lines, err, EINVAL, "%s",
						why.msg);
	return 0;
}

/* Blocks and switches in one file: Slurm has one plugin for each. */
static int check_kinds(const struct weft_levels *levels, uint32_t first,
		       const char *name, struct weft_err *err)
{
	for (uint32_t i = first + 1; i < levels->count; i++)
		if (levels->group[i].is_domain != levels->group[first].is_domain)
			return weft_err_set(err, EINVAL,
					    "%s:%u: blocks and switches in one file",
					    name, levels->group[i].line);
	return 0;
}

int weft_levels_read_topology(struct weft_levels *levels, const char *name,
			      const char *text, size_t len,
			      struct weft_err *err)
{
	struct weft_names *names = weft_names_create(WEFT_LEVELS_GROUPS_MAX);
	struct weft_block_sizes sizes = { 0 };
	struct weft_conf_lines lines;
	uint32_t before = levels->count;
	int rc = 1;

	if (!names)
		return weft_err_set(err, ENOMEM, "no memory for the fabric");
	weft_conf_lines_init(&lines, name, text, len);
	while (rc == 1 && (rc = weft_conf_lines_next(&lines, err)) == 1) {
		rc = read_topology_line(levels, &lines, &sizes, names, err);
		if (rc == 0)
			rc = 1;
	}
	if (rc == 0)
		rc = check_kinds(levels, before, name, err);
	if (rc == 0 && levels->count > before &&
	    levels->group[before].is_domain)
		rc = weft_levels_gather(levels, before, &sizes, err);
	weft_conf_lines_fini(&lines);
	weft_names_destroy(names);
	if (rc)
		weft_levels_cut(levels, before);
	return rc;
}
