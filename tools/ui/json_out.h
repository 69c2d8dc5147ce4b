/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * json_out.h - an answer for machines, on stdout
 *
 * One form for all tools: indented, slashes as they are, a newline at the end.
 */
#ifndef WEFT_TOOLS_UI_JSON_OUT_H
#define WEFT_TOOLS_UI_JSON_OUT_H

#include <stdio.h>

#include <json-c/json.h>

/*
 * Prints root and lets go of it.  0, -ENOMEM, or -EIO; weft's main() tells of
 * a stdout that took no more, so a tool need not.
 */
int weft_print_json(FILE *out, struct json_object *root);

#endif
