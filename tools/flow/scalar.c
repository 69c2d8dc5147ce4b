/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * scalar.c - what a plain word of a document is: a number, a truth, nothing
 *
 * The core schema of YAML 1.2, in which "no" and "on" are words.  Quoted text
 * is always text.
 */
#include "config.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "tools/flow/doc.h"

static bool is_number(const char *text, bool *ret_float)
{
	const char *p = text;
	bool digits = false;

	*ret_float = false;
	if (*p == '-' || *p == '+')
		p++;
	for (; isdigit((unsigned char)*p); p++)
		digits = true;
	if (*p == '.') {
		*ret_float = true;
		for (p++; isdigit((unsigned char)*p); p++)
			digits = true;
	}
	if (digits && (*p == 'e' || *p == 'E')) {
		*ret_float = true;
		p++;
		if (*p == '-' || *p == '+')
			p++;
		if (!isdigit((unsigned char)*p))
			return false;
		while (isdigit((unsigned char)*p))
			p++;
	}
	return digits && !*p;
}

enum weft_scalar_type weft_doc_scalar_type(const struct weft_doc_node *node)
{
	const char *text = node->text;
	bool is_float;

	if (node->quoted)
		return WEFT_SCALAR_STRING;
	if (!*text || !strcmp(text, "~") || !strcasecmp(text, "null"))
		return WEFT_SCALAR_NULL;
	if (!strcasecmp(text, "true") || !strcasecmp(text, "false"))
		return WEFT_SCALAR_BOOL;
	if (is_number(text, &is_float))
		return is_float ? WEFT_SCALAR_FLOAT : WEFT_SCALAR_INT;
	return WEFT_SCALAR_STRING;
}

bool weft_doc_is_null(const struct weft_doc_node *node)
{
	return node->kind == WEFT_DOC_SCALAR &&
	       weft_doc_scalar_type(node) == WEFT_SCALAR_NULL;
}

const char *weft_doc_describe(const struct weft_doc_node *node)
{
	static const char *const scalar[] = {
		[WEFT_SCALAR_STRING] = "a text", [WEFT_SCALAR_INT] = "an integer",
		[WEFT_SCALAR_FLOAT] = "a number", [WEFT_SCALAR_BOOL] = "true or false",
		[WEFT_SCALAR_NULL] = "nothing",
	};

	if (node->kind == WEFT_DOC_MAP)
		return "a mapping";
	if (node->kind == WEFT_DOC_LIST)
		return "a list";
	return scalar[weft_doc_scalar_type(node)];
}
