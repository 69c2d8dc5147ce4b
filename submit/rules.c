/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rules.c - section "submit" of weft.json, compiled
 *
 *   "submit": {
 *     "exempt": { match },           whom no rule touches
 *     "rules": [ { "name": "...", "match": {...}, action: ..., ... }, ... ]
 *   }
 *
 * A rule's actions are its other keys, in the order of the text (json-c keeps
 * it).  Everything compiled is owned by struct weft_rules and constant from
 * then on.  Names of rules are unique: they are what users are told, and what
 * a token bucket remembers across a reload.
 */
#include "config.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/nearest.h"
#include "lib/settings.h"
#include "submit/rules_impl.h"

#define PATH_SIZE 256
#define OWNED_MAX (1u << 20)

void weft_path_format(char *out, size_t size, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(out, size, fmt, ap);
	va_end(ap);
}

int weft_compile_nomem(const struct weft_compiler *c)
{
	return weft_err_set(c->err, ENOMEM, "%s: out of memory", c->doc->name);
}

void *weft_rules_alloc(struct weft_rules *rules, size_t size)
{
	void **bigger, *memory;
	uint32_t cap;

	if (rules->owned_count == rules->owned_cap) {
		cap = rules->owned_cap ? rules->owned_cap * 2 : 64;
		bigger = cap > OWNED_MAX ? NULL :
			reallocarray(rules->owned, cap, sizeof(*bigger));
		if (!bigger)
			return NULL;
		rules->owned = bigger;
		rules->owned_cap = cap;
	}
	memory = malloc(size ? size : 1);
	if (memory)
		rules->owned[rules->owned_count++] = memory;
	return memory;
}

char *weft_rules_dup(struct weft_rules *rules, const char *text)
{
	size_t size = strlen(text) + 1;
	char *copy = weft_rules_alloc(rules, size);

	if (copy)
		memcpy(copy, text, size);
	return copy;
}

int weft_compile_field(struct weft_compiler *c, const char *path, const char *key)
{
	const char *names[WEFT_FIELD_COUNT], *near;
	int field = weft_field_find(key);

	if (field >= 0) {
		c->rules->fields |= WEFT_FIELD_BIT(field);
		return field;
	}
	for (int i = 0; i < WEFT_FIELD_COUNT; i++)
		names[i] = weft_fields[i].key;
	near = weft_nearest(key, names, WEFT_FIELD_COUNT);
	return weft_json_complain(c->doc, c->err, path, "no field \"%.60s\"%s%s%s", key,
				  near ? ", did you mean " : ", expected one that weft.json(5) lists",
				  near ? near : "", near ? "?" : "");
}

static const char *expected_number(int field)
{
	switch (weft_fields[field].type) {
	case WEFT_TYPE_MINUTES:
		return "a time: minutes, \"4:00:00\", \"2-00:00:00\" or \"unlimited\"";
	case WEFT_TYPE_MIB:
		return "a size: MiB, or a text such as \"64G\"";
	case WEFT_TYPE_BOOL:
		return "true or false";
	default:
		return "a whole number from 0 to 4294967293";
	}
}

int weft_compile_number(struct weft_compiler *c, const char *path, int field,
			struct json_object *value, uint64_t *ret_num)
{
	bool is_bool = weft_fields[field].type == WEFT_TYPE_BOOL;
	int64_t num;

	if (is_bool && json_object_is_type(value, json_type_boolean)) {
		*ret_num = json_object_get_boolean(value);
		return 0;
	}
	if (!is_bool && json_object_is_type(value, json_type_int)) {
		num = json_object_get_int64(value);
		if (num >= 0 && num <= (int64_t)WEFT_COUNT_MAX) {
			*ret_num = num;
			return 0;
		}
	}
	if (json_object_is_type(value, json_type_string) &&
	    weft_field_parse(field, json_object_get_string(value), ret_num))
		return 0;
	return weft_json_complain(c->doc, c->err, path, "expected %s",
				  expected_number(field));
}

/* ---- rules ------------------------------------------------------------- */

static int read_name(struct weft_compiler *c, const char *path,
		     struct json_object *json, struct weft_rule *rule)
{
	struct json_object *name = NULL;
	const char *text;

	json_object_object_get_ex(json, "name", &name);
	text = json_object_get_string(name);
	if (!json_object_is_type(name, json_type_string) || !*text || strlen(text) > 64)
		return weft_json_complain(c->doc, c->err, path,
					  "expected a \"name\" of at most 64 bytes");
	for (const char *p = text; *p; p++)
		if ((unsigned char)*p <= ' ' || *p == 0x7f)
			return weft_json_complain(c->doc, c->err, path,
						  "expected a \"name\" without blanks");
	for (uint32_t i = 0; i < c->rules->rule_count; i++)
		if (strcmp(c->rules->rule[i].name, text) == 0)
			return weft_json_complain(c->doc, c->err, path,
						  "a second rule named %s", text);
	rule->name = weft_rules_dup(c->rules, text);
	return rule->name ? 0 : weft_compile_nomem(c);
}

static int read_match(struct weft_compiler *c, const char *path,
		      struct json_object *json, struct weft_rule *rule)
{
	struct json_object *match = NULL, *all = NULL;
	char item[PATH_SIZE];
	int rc;

	weft_path_format(item, sizeof(item), "%s.match", path);
	if (json_object_object_get_ex(json, "match", &match))
		return weft_match_compile(c, item, match, &rule->match);
	all = json_object_new_object();
	rc = all ? weft_match_compile(c, item, all, &rule->match) :
		weft_compile_nomem(c);
	json_object_put(all);
	return rc;
}

static int read_acts(struct weft_compiler *c, const char *path,
		     struct json_object *json, struct weft_rule *rule)
{
	char item[PATH_SIZE];
	const char *near;
	int rc = 0;

	rule->act_first = c->rules->act_count;
	json_object_object_foreach(json, key, value) {
		if (rc)
			break;
		if (!strcmp(key, "name") || !strcmp(key, "match") || !strcmp(key, "help"))
			continue;
		weft_path_format(item, sizeof(item), "%s.%.60s", path, key);
		near = weft_act_nearest(key);
		if (!weft_act_is_key(key))
			return weft_json_complain(c->doc, c->err, item,
						  "unknown key, expected name, match, help or an action%s%s%s",
						  near ? ", did you mean " : "",
						  near ? near : "", near ? "?" : "");
		rc = weft_act_compile(c, item, key, rule->name, value);
	}
	rule->act_count = c->rules->act_count - rule->act_first;
	if (!rc && !rule->act_count)
		return weft_json_complain(c->doc, c->err, path,
					  "the rule does nothing, expected an action such as \"reject\"");
	return rc;
}

static int read_rule(struct weft_compiler *c, const char *path,
		     struct json_object *json)
{
	struct weft_rule *rule = &c->rules->rule[c->rules->rule_count];
	int rc;

	if (!json_object_is_type(json, json_type_object))
		return weft_json_complain(c->doc, c->err, path, "expected a rule: { ... }");
	c->fields = 0;
	rc = read_name(c, path, json, rule);
	if (!rc)
		rc = read_match(c, path, json, rule);
	if (!rc)
		rc = read_acts(c, path, json, rule);
	if (rc)
		return rc;
	rule->fields = c->fields;
	c->rules->rule_count++;
	return 0;
}

static int read_rules(struct weft_compiler *c, const char *path,
		      struct json_object *json)
{
	char item[PATH_SIZE];
	size_t count;
	int rc = 0;

	if (!json_object_is_type(json, json_type_array))
		return weft_json_complain(c->doc, c->err, path, "expected an array of rules");
	count = json_object_array_length(json);
	if (count > WEFT_RULES_MAX)
		return weft_json_complain(c->doc, c->err, path,
					  "%zu rules, expected at most %d", count,
					  WEFT_RULES_MAX);
	c->rules->rule = calloc(count ? count : 1, sizeof(struct weft_rule));
	if (!c->rules->rule)
		return weft_compile_nomem(c);
	for (size_t i = 0; !rc && i < count; i++) {
		weft_path_format(item, sizeof(item), "%s[%zu]", path, i);
		rc = read_rule(c, item, json_object_array_get_idx(json, i));
	}
	return rc;
}

static int read_section(struct weft_compiler *c, const char *path,
			struct json_object *section)
{
	char item[PATH_SIZE];
	int rc = 0;

	if (!json_object_is_type(section, json_type_object))
		return weft_json_complain(c->doc, c->err, path, "expected an object");
	json_object_object_foreach(section, key, value) {
		if (rc)
			break;
		weft_path_format(item, sizeof(item), "%s.%.60s", path, key);
		if (strcmp(key, "rules") == 0) {
			rc = read_rules(c, item, value);
		} else if (strcmp(key, "exempt") == 0) {
			c->rules->has_exempt = true;
			rc = weft_match_compile(c, item, value, &c->rules->exempt);
		} else {
			rc = weft_json_complain(c->doc, c->err, item,
						"unknown key, expected exempt or rules");
		}
	}
	return rc;
}

int weft_rules_compile(const struct weft_json *doc, const char *path,
		       struct weft_rules **ret_rules, struct weft_err *err)
{
	struct weft_compiler c = { .doc = doc, .err = err };
	struct json_object *section;
	int rc = 0;

	c.rules = calloc(1, sizeof(*c.rules));
	if (!c.rules)
		return weft_compile_nomem(&c);
	if (json_object_object_get_ex(doc->root, path, &section))
		rc = read_section(&c, path, section);
	if (rc) {
		weft_rules_destroy(c.rules);
		return rc;
	}
	*ret_rules = c.rules;
	return 0;
}

int weft_rules_read(const char *path, const uid_t *owner,
		    struct weft_rules **ret_rules, struct weft_err *err)
{
	struct weft_json *doc;
	int rc = weft_settings_open(path, owner, &doc, err);

	if (rc)
		return rc;
	rc = weft_rules_compile(doc, "submit", ret_rules, err);
	weft_json_destroy(doc);
	return rc;
}

void weft_rules_destroy(struct weft_rules *rules)
{
	if (!rules)
		return;
	for (uint32_t i = 0; i < rules->match_count; i++)
		if (rules->match[i].regex) {
			regfree(rules->match[i].regex);
			free(rules->match[i].regex);
		}
	for (uint32_t i = 0; i < rules->owned_count; i++)
		free(rules->owned[i]);
	free(rules->owned);
	free(rules->match);
	free(rules->act);
	free(rules->rule);
	free(rules);
}

uint32_t weft_rules_count(const struct weft_rules *rules)
{
	return rules->rule_count;
}

const char *weft_rules_name(const struct weft_rules *rules, uint32_t rule_idx)
{
	return rule_idx < rules->rule_count ? rules->rule[rule_idx].name : NULL;
}

bool weft_rules_match(const struct weft_rules *rules, uint32_t rule_idx,
		      const struct weft_submission *sub)
{
	return rule_idx < rules->rule_count &&
		weft_match_test(rules, rules->rule[rule_idx].match, sub);
}

weft_fieldset_t weft_rules_fields(const struct weft_rules *rules)
{
	return rules->fields;
}

bool weft_rules_env(const struct weft_rules *rules)
{
	return rules->env;
}
