/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * schema.h - hold a document against the JSON Schema that ships with Weft
 *
 * flow.schema.json is compiled in and installed: editors complete and check
 * workflow files by the same text that Weft's own messages come from.
 */
#ifndef WEFT_FLOW_SCHEMA_H
#define WEFT_FLOW_SCHEMA_H

#include "lib/err.h"
#include "tools/flow/doc.h"

struct json_object;

/* The shipped text, NUL-terminated. */
extern const char weft_flow_schema_text[];

/*
 * Check doc against the schema.  -EINVAL with "file:line:column: path: what
 * is wrong, what was expected, the nearest key" for the first thing wrong in
 * the order of the text.
 */
int weft_schema_check(struct json_object *schema, const struct weft_doc_node *node,
		      struct weft_err *err);
/* The same against the shipped schema. */
int weft_flow_schema_check(const struct weft_doc_node *root, struct weft_err *err);

#endif
