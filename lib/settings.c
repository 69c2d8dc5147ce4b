/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * settings.c - see settings.h
 *
 * Values are read into a copy of dest that replaces it only at the end, so a
 * bad file never leaves half of itself behind.
 */
#include "config.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/linkhash.h>

#include "lib/nearest.h"
#include "lib/settings.h"

#define KEYS_MAX 128

static void store(const struct weft_setting *setting, void *dest, double value)
{
	char *at = (char *)dest + setting->offset;

	switch (setting->type) {
	case WEFT_SETTING_BOOL:
		*(bool *)at = value != 0;
		break;
	case WEFT_SETTING_U32:
		*(uint32_t *)at = (uint32_t)value;
		break;
	case WEFT_SETTING_DOUBLE:
		*(double *)at = value;
		break;
	case WEFT_SETTING_WORD:
		*(int *)at = (int)value;
		break;
	case WEFT_SETTING_TREE:
		break;
	}
}

void weft_settings_defaults(const struct weft_setting *table, void *dest)
{
	for (; table->key; table++)
		store(table, dest, table->fallback);
}

/* What a wrong key or word was probably meant to be, or NULL. */
static const char *nearest_key(const struct weft_setting *table, const char *key)
{
	const char *names[KEYS_MAX];
	size_t count = 0;

	while (table[count].key && count < KEYS_MAX) {
		names[count] = table[count].key;
		count++;
	}
	return weft_nearest(key, names, count);
}

static const char *nearest_word(const struct weft_setting *setting,
				const char *word)
{
	size_t count = 0;

	while (setting->words[count])
		count++;
	return weft_nearest(word, setting->words, count);
}

static int read_number(const struct weft_setting *setting,
		       const struct weft_json *doc, const char *path,
		       struct json_object *value, void *dest,
		       struct weft_err *err)
{
	bool whole = setting->type == WEFT_SETTING_U32;
	double number;

	if (!json_object_is_type(value, json_type_int) &&
	    (whole || !json_object_is_type(value, json_type_double)))
		return weft_json_complain(doc, err, path, "expected a %snumber",
					  whole ? "whole " : "");
	number = json_object_get_double(value);
	if (!(number >= setting->min && number <= setting->max))
		return weft_json_complain(doc, err, path,
			"expected %.15g to %.15g%s%s, got %.15g", setting->min,
			setting->max, setting->unit ? " " : "",
			setting->unit ? setting->unit : "", number);
	store(setting, dest, number);
	return 0;
}

static int read_word(const struct weft_setting *setting,
		     const struct weft_json *doc, const char *path,
		     struct json_object *value, void *dest,
		     struct weft_err *err)
{
	const char *text = json_object_get_string(value), *near;

	if (json_object_is_type(value, json_type_string))
		for (int i = 0; setting->words[i]; i++)
			if (!strcmp(text, setting->words[i])) {
				store(setting, dest, i);
				return 0;
			}
	near = json_object_is_type(value, json_type_string) ?
		nearest_word(setting, text) : NULL;
	return weft_json_complain(doc, err, path,
		"expected one of its words, such as \"%s\"%s",
		near ? near : setting->words[0],
		near ? "" : " (see weft.json(5))");
}

static int read_value(const struct weft_setting *setting,
		      const struct weft_json *doc, const char *path,
		      struct json_object *value, void *dest,
		      struct weft_err *err)
{
	switch (setting->type) {
	case WEFT_SETTING_BOOL:
		if (!json_object_is_type(value, json_type_boolean))
			return weft_json_complain(doc, err, path,
						  "expected true or false");
		store(setting, dest, json_object_get_boolean(value));
		return 0;
	case WEFT_SETTING_U32:
	case WEFT_SETTING_DOUBLE:
		return read_number(setting, doc, path, value, dest, err);
	case WEFT_SETTING_WORD:
		return read_word(setting, doc, path, value, dest, err);
	case WEFT_SETTING_TREE:
		return 0;
	}
	return 0;
}

static const struct weft_setting *find_setting(const struct weft_setting *table,
					       const char *key)
{
	for (; table->key; table++)
		if (!strcmp(table->key, key))
			return table;
	return NULL;
}

/* The object at a path of plain keys ("a.b"); NULL if it is not there. */
static struct json_object *find_section(const struct weft_json *doc,
					const char *path)
{
	struct json_object *at = doc->root;
	char key[128];
	size_t len;

	while (*path && at) {
		len = strcspn(path, ".");
		if (len >= sizeof(key))
			return NULL;
		memcpy(key, path, len);
		key[len] = '\0';
		if (!json_object_is_type(at, json_type_object) ||
		    !json_object_object_get_ex(at, key, &at))
			return NULL;
		path += len + (path[len] == '.');
	}
	return at;
}

int weft_settings_read(const struct weft_setting *table,
		       const struct weft_json *doc, const char *path,
		       void *dest, size_t size, struct weft_err *err)
{
	struct json_object *section = find_section(doc, path);
	const struct weft_setting *setting;
	const char *near;
	char at[256];
	void *copy;
	int rc = 0;

	if (section && !json_object_is_type(section, json_type_object))
		return weft_json_complain(doc, err, path,
					  "expected an object: { ... }");
	copy = malloc(size);
	if (!copy)
		return weft_err_set(err, ENOMEM, "%s: out of memory", doc->name);
	memcpy(copy, dest, size);
	weft_settings_defaults(table, copy);
	if (section) {
		json_object_object_foreach(section, key, value) {
			snprintf(at, sizeof(at), "%s%s%s", path,
				 *path ? "." : "", key);
			setting = find_setting(table, key);
			near = setting ? NULL :
				nearest_key(table, key);
			rc = setting ?
				read_value(setting, doc, at, value, copy, err) :
				weft_json_complain(doc, err, at,
					"no such setting%s%s%s",
					near ? "; did you mean \"" : "",
					near ? near : "", near ? "\"?" : "");
			if (rc)
				break;
		}
	}
	if (!rc)
		memcpy(dest, copy, size);
	free(copy);
	return rc;
}

/* The rooms read their sections themselves; here only the names count. */
static const struct weft_setting sections[] = {
	{ .key = "bridge", .type = WEFT_SETTING_TREE },
	{ .key = "fabric", .type = WEFT_SETTING_TREE },
	{ .key = "gres", .type = WEFT_SETTING_TREE },
	{ .key = "sched", .type = WEFT_SETTING_TREE },
	{ .key = "stock", .type = WEFT_SETTING_TREE },
	{ .key = "submit", .type = WEFT_SETTING_TREE },
	{ NULL }
};

int weft_settings_open(const char *path, const uid_t *owner,
		       struct weft_json **ret_doc, struct weft_err *err)
{
	struct weft_json *doc = NULL;
	char nothing = 0;
	int rc = owner ? weft_json_read_owned(path, *owner, &doc, err) :
			 weft_json_read(path, &doc, err);

	if (rc == 0)
		rc = weft_settings_read(sections, doc, "", &nothing,
					sizeof(nothing), err);
	if (rc) {
		weft_json_destroy(doc);
		return rc;
	}
	*ret_doc = doc;
	return 0;
}
