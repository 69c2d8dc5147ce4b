/* SPDX-License-Identifier: GPL-2.0-or-later */
/* json_out.c - see json_out.h */
#include "config.h"

#include <errno.h>

#include "tools/ui/json_out.h"

int weft_print_json(FILE *out, struct json_object *root)
{
	const char *text = json_object_to_json_string_ext(root,
		JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE);
	int rc = !text ? -ENOMEM : fputs(text, out) < 0 || putc('\n', out) < 0 ? -EIO : 0;

	json_object_put(root);
	return rc;
}
