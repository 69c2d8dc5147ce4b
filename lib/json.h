/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * json.h - configuration text to a json-c tree, with errors that say where
 *
 * json-c does the parsing (C and C++ comments are allowed, so weft.json can
 * explain itself).  What it lacks is added here: a bound on the text and on
 * its depth, an error for a key that stands twice in one object, and the line
 * and column of a value, both for text that does not parse and for a value
 * that parses but makes no sense: a reader that dislikes the value at some
 * path calls weft_json_complain() and the message begins
 * "FILE:LINE:COLUMN: PATH: ...".  json-c keeps no positions, so that function
 * scans the text again for the path; complaining is rare, reading is not.
 */
#ifndef WEFT_LIB_JSON_H
#define WEFT_LIB_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <json-c/json_object.h>

#include "lib/err.h"

#define WEFT_JSON_LIMIT (4u << 20)	/* bytes of one document */
#define WEFT_JSON_DEPTH 32

struct weft_json {
	char *name;			/* file name or label, for messages */
	char *text;			/* as read; positions refer to it */
	size_t len;
	struct json_object *root;
};

/*
 * Parse text (copied).  -EINVAL with "name:line:column: ..." if malformed, or
 * if one object has a key twice: json-c would silently keep the last.
 */
int weft_json_parse(const char *name, const char *text, size_t len,
		    struct weft_json **ret_doc, struct weft_err *err);
/* weft_file_read() and weft_json_parse() in one. */
int weft_json_read(const char *path, struct weft_json **ret_doc,
		   struct weft_err *err);
/* The same with weft_file_read_owned(): for what daemons obey. */
int weft_json_read_owned(const char *path, uid_t owner,
			 struct weft_json **ret_doc, struct weft_err *err);
void weft_json_destroy(struct weft_json *doc);

/*
 * Report the value at path, written like "sched.rules[3].match": returns
 * -EINVAL with "FILE:LINE:COLUMN: PATH: <text>".  If the path is not in the
 * text, the position is that of the deepest part that is.
 */
int weft_json_complain(const struct weft_json *doc, struct weft_err *err,
		       const char *path, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* Position of path in the text, 1-based; false if it is not there. */
bool weft_json_locate(const struct weft_json *doc, const char *path,
		      unsigned int *ret_line, unsigned int *ret_column);

/*
 * The offset at which the value at path begins in a JSON text; if the path is
 * not there, false and the offset of the deepest part that is.
 */
bool weft_json_scan(const char *text, const char *path, size_t *ret_offset);

/*
 * -EEXIST if a key stands twice in one object of a text that parses: the
 * offsets of the second and of the first.  0 if none does; -ENOMEM.
 */
int weft_json_twice(const char *text, size_t *ret_offset, size_t *ret_first);

/* obj[key] = value; false, and value released, if there was no memory for it. */
bool weft_json_put(struct json_object *obj, const char *key,
		   struct json_object *value);

#endif
