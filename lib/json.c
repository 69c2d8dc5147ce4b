/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * json.c - see json.h
 *
 * The text is held to its bounds, checked for NUL bytes, and given to json-c,
 * whose non-strict mode takes comments.  json-c would also take single quotes,
 * trailing commas and a comma's absence in places; what it takes, we take.
 *
 * Positions: json-c tells the offset at which parsing failed; for a value that
 * parsed, locate walks the text again along the path (json_scan.c).
 */
#include "config.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json_tokener.h>

#include "lib/file.h"
#include "lib/json.h"

static void position_at(const char *text, size_t offset, unsigned int *ret_line,
			unsigned int *ret_column)
{
	unsigned int line = 1, column = 1;

	for (size_t i = 0; i < offset; i++) {
		column++;
		if (text[i] == '\n') {
			line++;
			column = 1;
		}
	}
	*ret_line = line;
	*ret_column = column;
}

static int complain_at(const struct weft_json *doc, size_t offset,
		       struct weft_err *err, const char *what)
{
	unsigned int line, column;

	position_at(doc->text, offset, &line, &column);
	return weft_err_set(err, EINVAL, "%s:%u:%u: %s", doc->name, line,
			    column, what);
}

/* Blanks and comments, which may follow the document's end. */
static size_t skip_blank(const char *text, size_t at)
{
	const char *end;

	for (;;) {
		at += strspn(text + at, " \t\r\n");
		if (text[at] == '/' && text[at + 1] == '/') {
			at += strcspn(text + at, "\n");
		} else if (text[at] == '/' && text[at + 1] == '*') {
			end = strstr(text + at + 2, "*/");
			if (!end)
				return at;
			at = (size_t)(end - text) + 2;
		} else {
			return at;
		}
	}
}

static int parse_text(struct weft_json *doc, struct weft_err *err)
{
	struct json_tokener *tok = json_tokener_new_ex(WEFT_JSON_DEPTH);
	enum json_tokener_error error;
	size_t end;
	int rc = 0;

	if (!tok)
		return weft_err_set(err, ENOMEM, "%s: out of memory", doc->name);
	doc->root = json_tokener_parse_ex(tok, doc->text, (int)doc->len);
	error = json_tokener_get_error(tok);
	end = json_tokener_get_parse_end(tok);
	json_tokener_free(tok);
	if (error == json_tokener_continue)
		rc = complain_at(doc, doc->len, err,
				 "the text ends in the middle: expected a closing bracket, brace or quote");
	else if (error != json_tokener_success)
		rc = complain_at(doc, end, err, json_tokener_error_desc(error));
	else if (doc->text[skip_blank(doc->text, end)])
		rc = complain_at(doc, skip_blank(doc->text, end), err,
				 "text after the end of the document");
	else if (!json_object_is_type(doc->root, json_type_object))
		rc = complain_at(doc, skip_blank(doc->text, 0), err,
				 "expected an object: { ... }");
	return rc;
}

static int refuse_twice(const struct weft_json *doc, struct weft_err *err)
{
	unsigned int line, column, first_line, first_column;
	size_t offset, first;
	int rc = weft_json_twice(doc->text, &offset, &first);

	if (rc == -EEXIST) {
		position_at(doc->text, offset, &line, &column);
		position_at(doc->text, first, &first_line, &first_column);
		return weft_err_set(err, EINVAL,
			"%s:%u:%u: this key stands twice in one object, first at %u:%u; only one can count",
			doc->name, line, column, first_line, first_column);
	}
	if (rc == -ENOMEM)
		return weft_err_set(err, ENOMEM, "%s: out of memory", doc->name);
	return rc ? complain_at(doc, offset, err, "nested too deep") : 0;
}

int weft_json_parse(const char *name, const char *text, size_t len,
		    struct weft_json **ret_doc, struct weft_err *err)
{
	struct weft_json *doc;
	int rc;

	if (len > WEFT_JSON_LIMIT)
		return weft_err_set(err, EFBIG,
				    "%s: larger than the limit of %u bytes",
				    name, WEFT_JSON_LIMIT);
	doc = calloc(1, sizeof(*doc));
	if (!doc)
		return weft_err_set(err, ENOMEM, "%s: out of memory", name);
	doc->name = strdup(name);
	doc->text = malloc(len + 1);
	doc->len = len;
	if (!doc->name || !doc->text) {
		rc = weft_err_set(err, ENOMEM, "%s: out of memory", name);
		goto out;
	}
	memcpy(doc->text, text, len);
	doc->text[len] = '\0';
	if (strlen(doc->text) < len)
		rc = complain_at(doc, strlen(doc->text), err,
				 "a NUL byte: this is no text file");
	else
		rc = parse_text(doc, err);
	if (!rc)
		rc = refuse_twice(doc, err);
	if (!rc) {
		*ret_doc = doc;
		return 0;
	}
out:
	weft_json_destroy(doc);
	return rc;
}

static int read_file(const char *path, const uid_t *owner,
		     struct weft_json **ret_doc, struct weft_err *err)
{
	char *text;
	size_t len;
	int rc;

	rc = owner ? weft_file_read_owned(path, WEFT_JSON_LIMIT, *owner, &text,
					  &len, err) :
		weft_file_read(path, WEFT_JSON_LIMIT, &text, &len, err);
	if (rc)
		return rc;
	rc = weft_json_parse(path, text, len, ret_doc, err);
	free(text);
	return rc;
}

int weft_json_read(const char *path, struct weft_json **ret_doc,
		   struct weft_err *err)
{
	return read_file(path, NULL, ret_doc, err);
}

int weft_json_read_owned(const char *path, uid_t owner,
			 struct weft_json **ret_doc, struct weft_err *err)
{
	return read_file(path, &owner, ret_doc, err);
}

void weft_json_destroy(struct weft_json *doc)
{
	if (!doc)
		return;
	json_object_put(doc->root);
	free(doc->name);
	free(doc->text);
	free(doc);
}

int weft_json_complain(const struct weft_json *doc, struct weft_err *err,
		       const char *path, const char *fmt, ...)
{
	char what[WEFT_ERR_SIZE / 2];
	unsigned int line, column;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	weft_json_locate(doc, path, &line, &column);
	return weft_err_set(err, EINVAL, "%s:%u:%u: %s%s%s", doc->name, line,
			    column, path, *path ? ": " : "", what);
}

bool weft_json_locate(const struct weft_json *doc, const char *path,
		      unsigned int *ret_line, unsigned int *ret_column)
{
	size_t offset;
	bool found = weft_json_scan(doc->text, path, &offset);

	position_at(doc->text, offset, ret_line, ret_column);
	return found;
}

bool weft_json_put(struct json_object *obj, const char *key,
		   struct json_object *value)
{
	if (value && !json_object_object_add(obj, key, value))
		return true;
	json_object_put(value);
	return false;
}
