/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * schema.c - see schema.h
 *
 * The subset of JSON Schema 2020-12 that flow.schema.json uses: type,
 * properties, additionalProperties, propertyNames (pattern), required, items,
 * enum, anyOf, $ref to #/$defs, minimum, maximum, minLength, minItems,
 * maxItems, minProperties, pattern.  A keyword outside it would be ignored,
 * so tests/unit/test_flow.c fails if the file uses one.
 *
 * anyOf takes the branch whose type fits the value and reports that branch's
 * complaint: "expected one of three shapes" helps nobody.
 *
 * Scalars are judged as YAML 1.2 reads them, with one kindness: where a text
 * is wanted and a number or true/false was written plainly, the text is taken.
 */
#include "config.h"

#include <errno.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "lib/nearest.h"
#include "lib/buf.h"
#include "lib/nearest.h"
#include "tools/flow/sbatch_options.h"
#include "tools/flow/schema.h"

#define NAMES_MAX 128

struct checker {
	struct json_object *root;
	struct weft_err *err;
	char path[256];		/* where we are, for messages */
};

static int check(struct checker *c, struct json_object *schema,
		 const struct weft_doc_node *node);

static struct json_object *member(struct json_object *schema, const char *key)
{
	struct json_object *value = NULL;

	if (schema && json_object_is_type(schema, json_type_object))
		json_object_object_get_ex(schema, key, &value);
	return value;
}

static struct json_object *resolve(struct checker *c, struct json_object *schema)
{
	for (int hops = 0; hops < 8; hops++) {
		struct json_object *ref = member(schema, "$ref");
		const char *name = ref ? json_object_get_string(ref) : NULL;

		if (!name || strncmp(name, "#/$defs/", 8))
			return schema;
		schema = member(member(c->root, "$defs"), name + 8);
	}
	return schema;
}

static int complain(struct checker *c, const struct weft_doc_node *node,
		    const char *what)
{
	return weft_doc_complain(node, c->err, "%s%s%s", c->path,
				 *c->path ? ": " : "", what);
}

static bool type_fits(const char *type, const struct weft_doc_node *node)
{
	enum weft_scalar_type scalar;

	if (!strcmp(type, "object"))
		return node->kind == WEFT_DOC_MAP;
	if (!strcmp(type, "array"))
		return node->kind == WEFT_DOC_LIST;
	if (node->kind != WEFT_DOC_SCALAR)
		return false;
	scalar = weft_doc_scalar_type(node);
	if (!strcmp(type, "string"))
		return scalar != WEFT_SCALAR_NULL;
	if (!strcmp(type, "null"))
		return scalar == WEFT_SCALAR_NULL;
	if (!strcmp(type, "boolean"))
		return scalar == WEFT_SCALAR_BOOL;
	if (!strcmp(type, "integer"))
		return scalar == WEFT_SCALAR_INT;
	return !strcmp(type, "number") &&
	       (scalar == WEFT_SCALAR_INT || scalar == WEFT_SCALAR_FLOAT);
}

static bool types_fit(struct json_object *types, const struct weft_doc_node *node)
{
	if (!types)
		return true;
	if (json_object_is_type(types, json_type_string))
		return type_fits(json_object_get_string(types), node);
	for (size_t i = 0; i < json_object_array_length(types); i++)
		if (type_fits(json_object_get_string(
				      json_object_array_get_idx(types, i)), node))
			return true;
	return false;
}

static const char *type_words(const char *type)
{
	static const char *const words[][2] = {
		{ "object", "a mapping" }, { "array", "a list" },
		{ "string", "a text" }, { "integer", "an integer" },
		{ "number", "a number" }, { "boolean", "true or false" },
		{ "null", "nothing" },
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (!strcmp(words[i][0], type))
			return words[i][1];
	return type;
}

static void add_types(struct weft_buf *buf, struct json_object *types)
{
	size_t count;

	if (json_object_is_type(types, json_type_string)) {
		weft_buf_adds(buf, type_words(json_object_get_string(types)));
		return;
	}
	count = json_object_array_length(types);
	for (size_t i = 0; i < count; i++)
		weft_buf_addf(buf, "%s%s", i ? " or " : "",
			      type_words(json_object_get_string(
				      json_object_array_get_idx(types, i))));
}

static int wrong_type(struct checker *c, struct json_object *schema,
		      const struct weft_doc_node *node)
{
	struct json_object *any = member(schema, "anyOf");
	struct json_object *help = member(schema, "description");
	struct weft_buf buf;
	int rc;

	weft_buf_init(&buf, WEFT_ERR_SIZE);
	weft_buf_adds(&buf, "expected ");
	if (any) {
		for (size_t i = 0; i < json_object_array_length(any); i++) {
			struct json_object *branch =
				resolve(c, json_object_array_get_idx(any, i));
			struct json_object *types = member(branch, "type");

			if (types && i)
				weft_buf_adds(&buf, " or ");
			if (types)
				add_types(&buf, types);
		}
	} else {
		add_types(&buf, member(schema, "type"));
	}
	weft_buf_addf(&buf, ", found %s", weft_doc_describe(node));
	if (help)
		weft_buf_addf(&buf, " (%s)", json_object_get_string(help));
	rc = complain(c, node, weft_buf_str(&buf));
	weft_buf_fini(&buf);
	return rc;
}

static bool matches(const char *pattern, const char *text)
{
	regex_t regex;
	bool fits;

	if (regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB))
		return false;
	fits = !regexec(&regex, text, 0, NULL, 0);
	regfree(&regex);
	return fits;
}

static int check_enum(struct checker *c, struct json_object *list,
		      const struct weft_doc_node *node)
{
	const char *names[NAMES_MAX];
	size_t count = json_object_array_length(list);
	struct weft_buf buf;
	const char *near;
	int rc;

	if (count > NAMES_MAX)
		count = NAMES_MAX;
	for (size_t i = 0; i < count; i++) {
		names[i] = json_object_get_string(json_object_array_get_idx(list, i));
		if (node->kind == WEFT_DOC_SCALAR && !strcmp(names[i], node->text))
			return 0;
	}
	weft_buf_init(&buf, WEFT_ERR_SIZE);
	if (node->kind == WEFT_DOC_SCALAR)
		weft_buf_addf(&buf, "\"%.60s\": expected ", node->text);
	else
		weft_buf_adds(&buf, "expected ");
	for (size_t i = 0; i < count; i++)
		weft_buf_addf(&buf, "%s%s", i ? i + 1 == count ? " or " : ", " : "",
			      names[i]);
	near = node->kind == WEFT_DOC_SCALAR ?
		       weft_nearest(node->text, names, count) : NULL;
	if (near)
		weft_buf_addf(&buf, "; did you mean \"%s\"?", near);
	rc = complain(c, node, weft_buf_str(&buf));
	weft_buf_fini(&buf);
	return rc;
}

static int check_scalar(struct checker *c, struct json_object *schema,
			const struct weft_doc_node *node)
{
	struct json_object *low = member(schema, "minimum");
	struct json_object *high = member(schema, "maximum");
	struct json_object *pattern = member(schema, "pattern");
	struct json_object *shortest = member(schema, "minLength");
	enum weft_scalar_type type = weft_doc_scalar_type(node);
	char text[160];

	if (type == WEFT_SCALAR_INT || type == WEFT_SCALAR_FLOAT) {
		double value = strtod(node->text, NULL);

		if (low && value < json_object_get_double(low)) {
			snprintf(text, sizeof(text), "%.40s is too small: %s is the least",
				 node->text, json_object_get_string(low));
			return complain(c, node, text);
		}
		if (high && value > json_object_get_double(high)) {
			snprintf(text, sizeof(text), "%.40s is too large: %s is the most",
				 node->text, json_object_get_string(high));
			return complain(c, node, text);
		}
	}
	if (shortest && strlen(node->text) < (size_t)json_object_get_int(shortest))
		return complain(c, node, "is empty");
	if (pattern && !matches(json_object_get_string(pattern), node->text)) {
		snprintf(text, sizeof(text), "\"%.60s\" is no valid name", node->text);
		return complain(c, node, text);
	}
	return 0;
}

static int unknown_key(struct checker *c, struct json_object *properties,
		       const struct weft_doc_node *key)
{
	const char *names[NAMES_MAX];
	size_t count = 0;
	const char *near;
	char text[WEFT_ERR_SIZE];
	const struct weft_sbatch_option *option;

	if (properties) {
		json_object_object_foreach(properties, name, unused) {
			(void)unused;
			if (count < NAMES_MAX)
				names[count++] = name;
		}
	}
	option = weft_sbatch_option_find(key->text);
	near = weft_nearest(key->text, names, count);
	if (option && option->use == WEFT_SBATCH_REFUSED &&
	    strstr(c->path, "resources"))
		snprintf(text, sizeof(text), "\"%.60s\" has no place in a workflow: %s",
			 key->text, option->help);
	else if (near)
		snprintf(text, sizeof(text), "unknown key \"%.60s\"; did you mean \"%s\"?",
			 key->text, near);
	else if (option && option->use == WEFT_SBATCH_USED && count < 40)
		snprintf(text, sizeof(text),
			 "unknown key \"%.60s\"; options of sbatch go under \"resources:\"",
			 key->text);
	else
		snprintf(text, sizeof(text), "unknown key \"%.60s\"", key->text);
	return complain(c, key, text);
}

static int check_pair(struct checker *c, struct json_object *schema,
		      const struct weft_doc_pair *pair)
{
	struct json_object *properties = member(schema, "properties");
	struct json_object *more = member(schema, "additionalProperties");
	struct json_object *names = member(schema, "propertyNames");
	struct json_object *found = member(properties, pair->key->text);
	size_t len = strlen(c->path);
	int rc;

	if (!found && properties && strchr(pair->key->text, '_')) {
		/* cpus_per_task for cpus-per-task: the same option. */
		const struct weft_sbatch_option *option =
			weft_sbatch_option_find(pair->key->text);

		if (option)
			found = member(properties, option->name);
	}
	if (!found && names && member(names, "pattern") &&
	    !matches(json_object_get_string(member(names, "pattern")),
		     pair->key->text)) {
		char text[160];

		snprintf(text, sizeof(text), "\"%.60s\" is no valid name here",
			 pair->key->text);
		return complain(c, pair->key, text);
	}
	if (!found && more && json_object_is_type(more, json_type_boolean) &&
	    !json_object_get_boolean(more))
		return unknown_key(c, properties, pair->key);
	if (!found)
		found = more;
	if (!found || !json_object_is_type(found, json_type_object))
		return 0;
	snprintf(c->path + len, sizeof(c->path) - len, "%s%.80s", len ? "." : "",
		 pair->key->text);
	rc = check(c, found, pair->value);
	c->path[len] = 0;
	return rc;
}

static int check_map(struct checker *c, struct json_object *schema,
		     const struct weft_doc_node *map)
{
	struct json_object *required = member(schema, "required");
	struct json_object *least = member(schema, "minProperties");

	if (least && map->count < (uint32_t)json_object_get_int(least))
		return complain(c, map, "is empty");
	for (uint32_t i = 0; i < map->count; i++) {
		int rc = check_pair(c, schema, &map->pair[i]);

		if (rc)
			return rc;
	}
	for (size_t i = 0; required && i < json_object_array_length(required); i++) {
		const char *name = json_object_get_string(
			json_object_array_get_idx(required, i));
		char text[160];

		if (weft_doc_get(map, name))
			continue;
		snprintf(text, sizeof(text), "\"%s\" is missing", name);
		return complain(c, map, text);
	}
	return 0;
}

static int check_list(struct checker *c, struct json_object *schema,
		      const struct weft_doc_node *list)
{
	struct json_object *items = member(schema, "items");
	struct json_object *least = member(schema, "minItems");
	struct json_object *most = member(schema, "maxItems");
	size_t len = strlen(c->path);

	if (least && list->count < (uint32_t)json_object_get_int(least))
		return complain(c, list, "is empty");
	if (most && list->count > (uint32_t)json_object_get_int(most))
		return complain(c, list, "is too long");
	for (uint32_t i = 0; items && i < list->count; i++) {
		int rc;

		snprintf(c->path + len, sizeof(c->path) - len, "[%u]", i);
		rc = check(c, items, list->item[i]);
		c->path[len] = 0;
		if (rc)
			return rc;
	}
	return 0;
}

static bool branch_fits(struct checker *c, struct json_object *branch,
			const struct weft_doc_node *node)
{
	return types_fit(member(resolve(c, branch), "type"), node);
}

static int check(struct checker *c, struct json_object *schema,
		 const struct weft_doc_node *node)
{
	struct json_object *any, *list;

	schema = resolve(c, schema);
	any = member(schema, "anyOf");
	if (any) {
		for (size_t i = 0; i < json_object_array_length(any); i++) {
			struct json_object *branch = json_object_array_get_idx(any, i);

			if (branch_fits(c, branch, node))
				return check(c, branch, node);
		}
		return wrong_type(c, schema, node);
	}
	list = member(schema, "enum");
	if (list)
		return check_enum(c, list, node);
	if (!types_fit(member(schema, "type"), node))
		return wrong_type(c, schema, node);
	if (node->kind == WEFT_DOC_MAP)
		return check_map(c, schema, node);
	if (node->kind == WEFT_DOC_LIST)
		return check_list(c, schema, node);
	return check_scalar(c, schema, node);
}

int weft_schema_check(struct json_object *schema, const struct weft_doc_node *node,
		      struct weft_err *err)
{
	struct checker c = { .root = schema, .err = err };

	return check(&c, schema, node);
}

int weft_flow_schema_check(const struct weft_doc_node *root, struct weft_err *err)
{
	struct json_object *schema = json_tokener_parse(weft_flow_schema_text);
	int rc;

	if (!schema)
		return weft_err_set(err, ENOMEM, "cannot read the compiled-in schema");
	rc = weft_schema_check(schema, root, err);
	json_object_put(schema);
	return rc;
}
