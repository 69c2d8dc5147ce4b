/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * json_scan.c - where in a JSON text the value at a path begins, and whether a
 * key stands twice in one object
 *
 * json-c keeps no positions, so the text, already known to parse, is walked
 * again: at each level the members before the wanted one are skipped.  Skipping
 * a value needs no recursion, only a count of open brackets, so any text (also
 * one that does not parse) is walked in one pass and within its end.
 *
 * A key is compared as it is written, escapes and all: keys with escapes are
 * not found, and the position is then that of the object around them.
 *
 * Twice: json-c keeps the last of two members with one key and says nothing,
 * so the first, which an admin looks at in vain, would do nothing.  Here every
 * key of the text goes into a set, one set for each object that is open; a key
 * with escapes is read by json-c first, as "a" and "\u0061" are one key.
 * Linear in the text.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json_tokener.h>

#include "lib/json.h"

static const char *skip_space(const char *c)
{
	const char *end;

	for (;;) {
		c += strspn(c, " \t\r\n,:");
		if (c[0] == '/' && c[1] == '/') {
			c += strcspn(c, "\n");
		} else if (c[0] == '/' && c[1] == '*') {
			end = strstr(c + 2, "*/");
			c = end ? end + 2 : c + strlen(c);
		} else {
			return c;
		}
	}
}

static const char *skip_string(const char *c)
{
	char quote = *c++;

	while (*c && *c != quote)
		c += *c == '\\' && c[1] ? 2 : 1;
	return *c ? c + 1 : c;
}

/* Past the value (or key) that begins here. */
static const char *skip_value(const char *c)
{
	unsigned int open = 0;

	do {
		c = skip_space(c);
		if (*c == '"' || *c == '\'') {
			c = skip_string(c);
		} else if (*c == '{' || *c == '[') {
			open++;
			c++;
		} else if (*c == '}' || *c == ']') {
			if (!open)
				return c;
			open--;
			c++;
		} else {
			c += strcspn(c, " \t\r\n,:{}[]\"'/");
			if (*c == '/' && c[1] != '/' && c[1] != '*')
				c++;
		}
	} while (open && *c);
	return c;
}

/* The value of member key (len bytes) of the object at c, or NULL. */
static const char *find_member(const char *c, const char *key, size_t len)
{
	const char *name, *end;

	if (*c != '{')
		return NULL;
	for (c = skip_space(c + 1); *c == '"' || *c == '\''; c = skip_space(c)) {
		name = c + 1;
		end = skip_string(c);
		c = skip_space(end);
		if (*c == '}' || !*c)
			return NULL;
		if ((size_t)(end - 1 - name) == len && !strncmp(name, key, len))
			return c;
		c = skip_value(c);
	}
	return NULL;
}

static const char *find_element(const char *c, unsigned long idx)
{
	if (*c != '[')
		return NULL;
	for (c = skip_space(c + 1); *c && *c != ']'; c = skip_space(c)) {
		if (!idx--)
			return c;
		c = skip_value(c);
	}
	return NULL;
}

bool weft_json_scan(const char *text, const char *path, size_t *ret_offset)
{
	const char *at = skip_space(text), *next = at;
	char *end;
	size_t len;

	while (next && *path) {
		if (*path == '[') {
			next = find_element(at, strtoul(path + 1, &end, 10));
			path = *end == ']' ? end + 1 : end;
		} else {
			path += *path == '.';
			len = strcspn(path, ".[");
			next = find_member(at, path, len);
			path += len;
		}
		if (next)
			at = next;
	}
	*ret_offset = (size_t)(at - text);
	return next != NULL;
}

/* The key written from c to end, quotes included, as it is meant; or NULL. */
static char *read_key(const char *c, const char *end)
{
	struct json_tokener *tok;
	struct json_object *text;
	char *key = NULL;

	if (end - c < 2)
		return NULL;
	if (!memchr(c, '\\', (size_t)(end - c)))
		return strndup(c + 1, (size_t)(end - c) - 2);
	tok = json_tokener_new();
	if (!tok)
		return NULL;
	text = json_tokener_parse_ex(tok, c, (int)(end - c));
	if (json_object_is_type(text, json_type_string))
		key = strdup(json_object_get_string(text));
	json_object_put(text);
	json_tokener_free(tok);
	return key;
}

/* -EEXIST if the set has the key from c to end; else it has it from now on. */
static int note_key(struct json_object *set, const char *text, const char *c,
		    const char *end, size_t *ret_first)
{
	struct json_object *offset;
	char *key = read_key(c, end);
	int rc = -ENOMEM;

	if (!key)
		return rc;
	if (json_object_object_get_ex(set, key, &offset)) {
		*ret_first = (size_t)json_object_get_int64(offset);
		rc = -EEXIST;
	} else {
		offset = json_object_new_int64(c - text);
		if (offset && !json_object_object_add(set, key, offset))
			rc = 0;
		else
			json_object_put(offset);
	}
	free(key);
	return rc;
}

/* An array or object whose end has not come yet. */
struct level {
	struct json_object *keys;	/* NULL: an array */
	bool object;
	bool value_next;
};

static int open_level(struct level *levels, size_t *depth, bool object)
{
	struct level *level = &levels[*depth];

	if (*depth == WEFT_JSON_DEPTH)
		return -EINVAL;
	*level = (struct level) { .object = object };
	if (object) {
		level->keys = json_object_new_object();
		if (!level->keys)
			return -ENOMEM;
	}
	(*depth)++;
	return 0;
}

int weft_json_twice(const char *text, size_t *ret_offset, size_t *ret_first)
{
	struct level levels[WEFT_JSON_DEPTH], *top;
	size_t depth = 0;
	const char *c = skip_space(text), *end;
	int rc = 0;

	while (*c && !rc) {
		top = depth ? &levels[depth - 1] : NULL;
		end = c + 1;
		if (*c == '{' || *c == '[') {
			if (top)
				top->value_next = false;
			rc = open_level(levels, &depth, *c == '{');
		} else if (*c == '}' || *c == ']') {
			if (depth)
				json_object_put(levels[--depth].keys);
		} else if (*c == '"' || *c == '\'') {
			end = skip_string(c);
			if (top && top->object && !top->value_next)
				rc = note_key(top->keys, text, c, end, ret_first);
			if (top)
				top->value_next = !top->value_next;
		} else {
			end += strcspn(end, " \t\r\n,:{}[]\"'/");
			if (top)
				top->value_next = false;
		}
		if (!rc)
			c = skip_space(end);
	}
	while (depth)
		json_object_put(levels[--depth].keys);
	*ret_offset = (size_t)(c - text);
	return rc;
}
