/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * json_scan.c - where in a JSON text the value at a path begins
 *
 * json-c keeps no positions, so the text, already known to parse, is walked
 * again: at each level the members before the wanted one are skipped.  Skipping
 * a value needs no recursion, only a count of open brackets, so any text (also
 * one that does not parse) is walked in one pass and within its end.
 *
 * A key is compared as it is written, escapes and all: keys with escapes are
 * not found, and the position is then that of the object around them.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

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
