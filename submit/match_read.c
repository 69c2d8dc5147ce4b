/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * match_read.c - a match from JSON to nodes
 *
 * {"partition": "gpu", "gpus": {"min": 8}} holds if all of its members do.
 * Members are fields, "env" (an object of variables), and "and", "or" (arrays
 * of matches) and "not" (one match).  A field's condition is
 *
 *   a value         equal to it; text may hold * and ?
 *   [v, w]          any of them
 *   {"min", "max"}  a range, both ends in it
 *   {"regex"}       a POSIX extended regular expression
 *   {"contains"}    a piece of text
 *   {"set"}         true: asked; false: not asked
 *   {"not"}         another condition, not met
 *
 * Regular expressions are bounded: their length, no back references (which
 * make matching exponential), and the product of their repetition counts
 * (which make compiling eat memory).  In a conjunction the patterns come last,
 * so that they run only for jobs that everything else matches.
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "submit/rules_impl.h"

#define PATH_SIZE 320
#define PATTERN_MAX 256
#define REPEAT_MAX 256
#define DEPTH_MAX 16
#define NODES_MAX 65536

static int add_node(struct weft_compiler *c, const struct weft_match *node,
		    uint32_t *ret_idx)
{
	struct weft_rules *r = c->rules;
	struct weft_match *bigger;
	uint32_t cap;

	if (r->match_count == r->match_cap) {
		if (r->match_count >= NODES_MAX)
			return weft_err_set(c->err, E2BIG, "%s: more than %d conditions",
					    c->doc->name, NODES_MAX);
		cap = r->match_cap ? r->match_cap * 2 : 64;
		bigger = reallocarray(r->match, cap, sizeof(*bigger));
		if (!bigger)
			return weft_compile_nomem(c);
		r->match = bigger;
		r->match_cap = cap;
	}
	*ret_idx = r->match_count;
	r->match[r->match_count++] = *node;
	r->match[*ret_idx].end = r->match_count;
	return 0;
}

static void close_node(struct weft_compiler *c, uint32_t idx)
{
	c->rules->match[idx].end = c->rules->match_count;
}

static int add_group(struct weft_compiler *c, enum weft_match_op op, uint32_t *ret_idx)
{
	struct weft_match node = { .op = op };

	return add_node(c, &node, ret_idx);
}

/* ---- leaves ------------------------------------------------------------ */

static int add_text(struct weft_compiler *c, const char *path, int field,
		    const char *env, enum weft_match_op op, const char *text)
{
	struct weft_match node = { .op = op, .field = field, .env = env };
	uint32_t idx;

	if (strlen(text) > 4096)
		return weft_json_complain(c->doc, c->err, path,
					  "longer than 4096 bytes");
	if (op == WEFT_MATCH_EQUAL && strpbrk(text, "*?"))
		node.op = WEFT_MATCH_GLOB;
	node.text = weft_rules_dup(c->rules, text);
	if (!node.text)
		return weft_compile_nomem(c);
	node.text_len = strlen(text);
	return add_node(c, &node, &idx);
}

/* NULL if the pattern is fit to run inside slurmctld, else what is wrong. */
static const char *pattern_fault(const char *p)
{
	unsigned long product = 1, count;
	char *end;

	if (strlen(p) > PATTERN_MAX)
		return "longer than 256 bytes";
	for (; *p; p++) {
		if (*p == '\\') {
			if (p[1] >= '1' && p[1] <= '9')
				return "back references are not allowed";
			if (p[1])
				p++;
		} else if (*p == '{') {
			for (end = (char *)p; *end && *end != '}'; end++) {
				if (*end < '0' || *end > '9')
					continue;
				errno = 0;
				count = strtoul(end, &end, 10);
				end--;
				if (errno || count > REPEAT_MAX)
					return "a repetition over 256";
				product *= count ? count : 1;
				if (product > REPEAT_MAX * REPEAT_MAX / 16)
					return "repetitions that multiply to more than 4096";
			}
		}
	}
	return NULL;
}

static int add_regex(struct weft_compiler *c, const char *path, int field,
		     const char *env, const char *text)
{
	struct weft_match node = { .op = WEFT_MATCH_REGEX, .field = field, .env = env };
	const char *fault = pattern_fault(text);
	char why[128];
	uint32_t idx;
	int rc;

	if (fault)
		return weft_json_complain(c->doc, c->err, path, "%s", fault);
	node.regex = malloc(sizeof(*node.regex));
	if (!node.regex)
		return weft_compile_nomem(c);
	rc = regcomp(node.regex, text, REG_EXTENDED | REG_NEWLINE);
	if (rc) {
		regerror(rc, node.regex, why, sizeof(why));
		free(node.regex);
		return weft_json_complain(c->doc, c->err, path,
					  "not an extended regular expression: %s", why);
	}
	rc = add_node(c, &node, &idx);
	if (rc) {
		regfree(node.regex);
		free(node.regex);
	}
	return rc;
}

static int add_range(struct weft_compiler *c, int field, uint64_t low, uint64_t high)
{
	struct weft_match node = { .op = WEFT_MATCH_RANGE, .field = field,
				   .low = low, .high = high };
	uint32_t idx;

	return add_node(c, &node, &idx);
}

static int add_scalar(struct weft_compiler *c, const char *path, int field,
		      const char *env, struct json_object *json)
{
	uint64_t num;
	int rc;

	if (field < 0 || weft_field_is_text(field)) {
		if (!json_object_is_type(json, json_type_string))
			return weft_json_complain(c->doc, c->err, path,
						  "expected a string, an array of them or an object");
		return add_text(c, path, field, env, WEFT_MATCH_EQUAL,
				json_object_get_string(json));
	}
	rc = weft_compile_number(c, path, field, json, &num);
	return rc ? rc : add_range(c, field, num, num);
}

/* ---- conditions -------------------------------------------------------- */

static int add_condition(struct weft_compiler *c, const char *path, int field,
			 const char *env, struct json_object *json);

static int add_any(struct weft_compiler *c, const char *path, int field,
		   const char *env, struct json_object *json)
{
	char item[PATH_SIZE];
	uint32_t idx;
	int rc = add_group(c, WEFT_MATCH_OR, &idx);

	for (size_t i = 0; !rc && i < json_object_array_length(json); i++) {
		weft_path_format(item, sizeof(item), "%s[%zu]", path, i);
		rc = add_condition(c, item, field, env,
				   json_object_array_get_idx(json, i));
	}
	if (!rc)
		close_node(c, idx);
	return rc;
}

static int add_has(struct weft_compiler *c, const char *path, int field,
		   const char *env, struct json_object *json)
{
	struct weft_match node = { .op = WEFT_MATCH_HAS, .field = field, .env = env };
	uint32_t idx;

	if (!json_object_is_type(json, json_type_boolean))
		return weft_json_complain(c->doc, c->err, path, "expected true or false");
	node.low = json_object_get_boolean(json);
	return add_node(c, &node, &idx);
}

static int add_bounds(struct weft_compiler *c, const char *path, int field,
		      struct json_object *min, struct json_object *max)
{
	uint64_t low = 0, high = WEFT_UNLIMITED;
	char item[PATH_SIZE];
	int rc = 0;

	if (field < 0 || weft_field_is_text(field))
		return weft_json_complain(c->doc, c->err, path,
					  "a text has no min or max, expected regex, contains, set or not");
	if (min) {
		weft_path_format(item, sizeof(item), "%s.min", path);
		rc = weft_compile_number(c, item, field, min, &low);
	}
	if (!rc && max) {
		weft_path_format(item, sizeof(item), "%s.max", path);
		rc = weft_compile_number(c, item, field, max, &high);
	}
	if (!rc && low > high)
		return weft_json_complain(c->doc, c->err, path, "min is above max");
	return rc ? rc : add_range(c, field, low, high);
}

static int add_not(struct weft_compiler *c, const char *path, int field,
		   const char *env, struct json_object *json)
{
	uint32_t idx;
	int rc = add_group(c, WEFT_MATCH_NOT, &idx);

	if (!rc)
		rc = add_condition(c, path, field, env, json);
	if (!rc)
		close_node(c, idx);
	return rc;
}

static int add_keyed(struct weft_compiler *c, const char *path, int field,
		     const char *env, const char *key, struct json_object *value)
{
	bool text = field < 0 || weft_field_is_text(field);

	if (strcmp(key, "set") == 0)
		return add_has(c, path, field, env, value);
	if (strcmp(key, "not") == 0)
		return add_not(c, path, field, env, value);
	if (strcmp(key, "regex") != 0 && strcmp(key, "contains") != 0)
		return weft_json_complain(c->doc, c->err, path,
					  "unknown condition, expected min, max, regex, contains, set or not");
	if (!text || !json_object_is_type(value, json_type_string))
		return weft_json_complain(c->doc, c->err, path,
					  text ? "expected a string" :
					  "a number has no pattern, expected min or max");
	if (*key == 'r')
		return add_regex(c, path, field, env, json_object_get_string(value));
	return add_text(c, path, field, env, WEFT_MATCH_CONTAINS,
			json_object_get_string(value));
}

static int add_object(struct weft_compiler *c, const char *path, int field,
		      const char *env, struct json_object *json)
{
	struct json_object *min = NULL, *max = NULL;
	char item[PATH_SIZE];
	uint32_t idx;
	int rc = add_group(c, WEFT_MATCH_AND, &idx);

	json_object_object_get_ex(json, "min", &min);
	json_object_object_get_ex(json, "max", &max);
	if (!rc && (min || max))
		rc = add_bounds(c, path, field, min, max);
	json_object_object_foreach(json, key, value) {
		if (rc || strcmp(key, "min") == 0 || strcmp(key, "max") == 0)
			continue;
		weft_path_format(item, sizeof(item), "%s.%.60s", path, key);
		rc = add_keyed(c, item, field, env, key, value);
	}
	if (!rc)
		close_node(c, idx);
	return rc;
}

static int add_condition(struct weft_compiler *c, const char *path, int field,
			 const char *env, struct json_object *json)
{
	int rc;

	if (++c->depth > DEPTH_MAX)
		return weft_json_complain(c->doc, c->err, path,
					  "nested more than %d deep", DEPTH_MAX);
	if (json_object_is_type(json, json_type_array))
		rc = add_any(c, path, field, env, json);
	else if (json_object_is_type(json, json_type_object))
		rc = add_object(c, path, field, env, json);
	else
		rc = add_scalar(c, path, field, env, json);
	c->depth--;
	return rc;
}

/* ---- matches ----------------------------------------------------------- */

static int add_env(struct weft_compiler *c, const char *path, struct json_object *json)
{
	char item[PATH_SIZE];
	const char *name;
	int rc = 0;

	if (!json_object_is_type(json, json_type_object))
		return weft_json_complain(c->doc, c->err, path,
					  "expected an object of variables");
	c->rules->env = true;
	json_object_object_foreach(json, key, value) {
		if (rc)
			break;
		weft_path_format(item, sizeof(item), "%s.%.60s", path, key);
		name = weft_rules_dup(c->rules, key);
		rc = name ? add_condition(c, item, -1, name, value) :
			weft_compile_nomem(c);
	}
	return rc;
}

static int add_list(struct weft_compiler *c, const char *path,
		    enum weft_match_op op, struct json_object *json)
{
	char item[PATH_SIZE];
	uint32_t idx, child;
	int rc;

	if (!json_object_is_type(json, json_type_array))
		return weft_json_complain(c->doc, c->err, path,
					  "expected an array of matches");
	rc = add_group(c, op, &idx);
	for (size_t i = 0; !rc && i < json_object_array_length(json); i++) {
		weft_path_format(item, sizeof(item), "%s[%zu]", path, i);
		rc = weft_match_compile(c, item, json_object_array_get_idx(json, i),
					&child);
	}
	if (!rc)
		close_node(c, idx);
	return rc;
}

static int add_member(struct weft_compiler *c, const char *path, const char *key,
		      struct json_object *value)
{
	uint32_t idx, child;
	int field, rc;

	if (strcmp(key, "and") == 0)
		return add_list(c, path, WEFT_MATCH_AND, value);
	if (strcmp(key, "or") == 0)
		return add_list(c, path, WEFT_MATCH_OR, value);
	if (strcmp(key, "env") == 0)
		return add_env(c, path, value);
	if (strcmp(key, "not") == 0) {
		rc = add_group(c, WEFT_MATCH_NOT, &idx);
		if (!rc)
			rc = weft_match_compile(c, path, value, &child);
		if (!rc)
			close_node(c, idx);
		return rc;
	}
	field = weft_compile_field(c, path, key);
	if (field < 0)
		return field;
	c->fields |= WEFT_FIELD_BIT(field);
	return add_condition(c, path, field, NULL, value);
}

/* Patterns are dear: members that hold one are compiled in a second pass. */
static bool is_dear(struct json_object *value)
{
	const char *text = json_object_to_json_string(value);

	return text && (strstr(text, "\"regex\"") || strstr(text, "\"contains\""));
}

int weft_match_compile(struct weft_compiler *c, const char *path,
		       struct json_object *json, uint32_t *ret_idx)
{
	char item[PATH_SIZE];
	uint32_t idx;
	int rc;

	if (!json_object_is_type(json, json_type_object))
		return weft_json_complain(c->doc, c->err, path,
					  "expected an object of conditions");
	if (++c->depth > DEPTH_MAX)
		return weft_json_complain(c->doc, c->err, path,
					  "nested more than %d deep", DEPTH_MAX);
	rc = add_group(c, WEFT_MATCH_AND, &idx);
	for (int dear = 0; dear < 2; dear++) {
		json_object_object_foreach(json, key, value) {
			if (rc || is_dear(value) != dear)
				continue;
			weft_path_format(item, sizeof(item), "%s.%.60s", path, key);
			rc = add_member(c, item, key, value);
		}
	}
	c->depth--;
	if (rc)
		return rc;
	close_node(c, idx);
	*ret_idx = idx;
	return 0;
}
