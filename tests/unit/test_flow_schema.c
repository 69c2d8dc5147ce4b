/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_flow_schema.c - the schema of workflow files against the code */
#include "config.h"

#include <json-c/json.h>

#include "tests/unit/unit.h"
#include "tools/flow/sbatch_options.h"
#include "tools/flow/schema.h"

/* Every option that may be used stands in the schema, and no other. */
START_TEST(schema_names_the_options)
{
	struct json_object *root = json_tokener_parse(weft_flow_schema_text);
	struct json_object *defs, *resources, *names, *value;
	size_t used = 0;

	ck_assert_ptr_nonnull(root);
	ck_assert(json_object_object_get_ex(root, "$defs", &defs));
	ck_assert(json_object_object_get_ex(defs, "resources", &resources));
	ck_assert(json_object_object_get_ex(resources, "properties", &names));
	for (const struct weft_sbatch_option *o = weft_sbatch_options(NULL); o->name; o++) {
		bool there = json_object_object_get_ex(names, o->name, &value);

		ck_assert_msg(there == (o->use == WEFT_SBATCH_USED), "%s", o->name);
		used += there;
	}
	ck_assert_uint_eq((size_t)json_object_object_length(names), used);
	json_object_put(root);
}
END_TEST

/* The checker ignores keywords that it does not know: there must be none. */
static void walk_keywords(struct json_object *node, bool names)
{
	static const char *const known[] = {
		"$schema", "$id", "$defs", "$ref", "title", "description", "type",
		"properties", "additionalProperties", "propertyNames", "required",
		"items", "enum", "anyOf", "minimum", "maximum", "minLength",
		"minItems", "maxItems", "minProperties", "pattern",
	};

	if (json_object_is_type(node, json_type_array)) {
		for (size_t i = 0; i < json_object_array_length(node); i++)
			walk_keywords(json_object_array_get_idx(node, i), false);
		return;
	}
	if (!json_object_is_type(node, json_type_object))
		return;
	json_object_object_foreach(node, key, value) {
		bool found = names;

		for (size_t i = 0; i < sizeof(known) / sizeof(known[0]) && !found; i++)
			found = !strcmp(known[i], key);
		ck_assert_msg(found, "keyword \"%s\"", key);
		walk_keywords(value, !names && (!strcmp(key, "properties") ||
						!strcmp(key, "$defs")));
	}
}

START_TEST(schema_keywords_are_known)
{
	struct json_object *root = json_tokener_parse(weft_flow_schema_text);

	walk_keywords(root, false);
	json_object_put(root);
}
END_TEST

UNIT_MAIN("flow schema", schema_names_the_options, schema_keywords_are_known)
