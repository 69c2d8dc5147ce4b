/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * act_read.c - the actions of a rule, from JSON
 *
 *   "reject": "text"         refuse the job
 *   "warn": "text"           tell the user
 *   "accept": true           look at no further rules
 *   "set": {field: value}    "default" the same if it was not asked,
 *                            "cap" and "floor" for numbers
 *   "multiply": {field: {"by": field, "times": value}}
 *   "route": "partitions", "qos": "name", "add_feature": "name"
 *   "throttle": {"per", "of", "count", "every", "burst", "message"}
 *   "limit": {"per", metric: most, "message"}
 *
 * Texts that are set may hold {values} as messages do.
 */
#include "config.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/hash.h"
#include "lib/nearest.h"
#include "submit/rules_impl.h"

#define PATH_SIZE 320
#define PER_FIELDS (WEFT_FIELD_BIT(WEFT_F_USER) | WEFT_FIELD_BIT(WEFT_F_ACCOUNT) | \
		    WEFT_FIELD_BIT(WEFT_F_PARTITION) | WEFT_FIELD_BIT(WEFT_F_QOS))
#define LIMIT_MAX 1e12

const char *const weft_metric_names[WEFT_METRIC_COUNT + 1] = {
	"jobs", "pending_jobs", "running_jobs", "gpus", "array_tasks", "gpu_hours", NULL
};

static const char *const act_keys[] = {
	"reject", "warn", "accept", "set", "default", "cap", "floor", "multiply",
	"route", "qos", "add_feature", "throttle", "limit"
};
#define ACT_KEYS (sizeof(act_keys) / sizeof(act_keys[0]))

bool weft_act_is_key(const char *key)
{
	for (size_t i = 0; i < ACT_KEYS; i++)
		if (strcmp(key, act_keys[i]) == 0)
			return true;
	return false;
}

const char *weft_act_nearest(const char *key)
{
	return weft_nearest(key, act_keys, ACT_KEYS);
}

static int add_act(struct weft_compiler *c, const struct weft_act *act)
{
	struct weft_rules *r = c->rules;
	struct weft_act *bigger;
	uint32_t cap;

	if (r->act_count == r->act_cap) {
		cap = r->act_cap ? r->act_cap * 2 : 64;
		bigger = reallocarray(r->act, cap, sizeof(*bigger));
		if (!bigger)
			return weft_compile_nomem(c);
		r->act = bigger;
		r->act_cap = cap;
	}
	r->act[r->act_count++] = *act;
	return 0;
}

static int read_template(struct weft_compiler *c, const char *path,
			 struct json_object *json, struct weft_act *act)
{
	if (!json_object_is_type(json, json_type_string))
		return weft_json_complain(c->doc, c->err, path, "expected a string");
	act->has_text = true;
	return weft_template_compile(c, path, json_object_get_string(json), &act->text);
}

static int add_message(struct weft_compiler *c, const char *path,
		       enum weft_act_kind kind, struct json_object *json)
{
	struct weft_act act = { .kind = kind };
	int rc = read_template(c, path, json, &act);

	return rc ? rc : add_act(c, &act);
}

/* ---- set, default, cap, floor ------------------------------------------ */

static int settable(struct weft_compiler *c, const char *path, const char *key)
{
	int field = weft_compile_field(c, path, key);

	if (field >= 0 && !weft_fields[field].settable)
		return weft_json_complain(c->doc, c->err, path,
					  "a rule can't set this: %s", weft_fields[field].help);
	if (field >= 0)
		c->fields |= WEFT_FIELD_BIT(field);
	return field;
}

static int add_field(struct weft_compiler *c, const char *path,
		     enum weft_act_kind kind, int field, struct json_object *json)
{
	struct weft_act act = { .kind = kind, .field = field };
	int rc;

	if (!weft_field_is_text(field))
		rc = weft_compile_number(c, path, field, json, &act.num);
	else if (kind == WEFT_ACT_CAP || kind == WEFT_ACT_FLOOR)
		rc = weft_json_complain(c->doc, c->err, path,
					"expected a field that is a number");
	else
		rc = read_template(c, path, json, &act);
	return rc ? rc : add_act(c, &act);
}

static int add_multiply(struct weft_compiler *c, const char *path, int field,
			struct json_object *json)
{
	struct weft_act act = { .kind = WEFT_ACT_MULTIPLY, .field = field };
	struct json_object *by = NULL, *times = NULL;
	int rc;

	json_object_object_get_ex(json, "by", &by);
	json_object_object_get_ex(json, "times", &times);
	if (!json_object_is_type(by, json_type_string) || !times ||
	    json_object_object_length(json) != 2 || weft_field_is_text(field))
		return weft_json_complain(c->doc, c->err, path,
					  "expected {\"by\": field, \"times\": value} for a field that is a number");
	act.by = weft_compile_field(c, path, json_object_get_string(by));
	if (act.by < 0)
		return act.by;
	if (weft_field_is_text(act.by))
		return weft_json_complain(c->doc, c->err, path,
					  "expected \"by\" to be a field that is a number");
	c->fields |= WEFT_FIELD_BIT(act.by);
	rc = weft_compile_number(c, path, field, times, &act.num);
	return rc ? rc : add_act(c, &act);
}

static int add_fields(struct weft_compiler *c, const char *path,
		      enum weft_act_kind kind, struct json_object *json)
{
	char item[PATH_SIZE];
	int rc = 0;

	if (!json_object_is_type(json, json_type_object))
		return weft_json_complain(c->doc, c->err, path,
					  "expected an object of fields and values");
	json_object_object_foreach(json, key, value) {
		int field;

		if (rc)
			break;
		weft_path_format(item, sizeof(item), "%s.%.60s", path, key);
		field = settable(c, item, key);
		if (field < 0)
			rc = field;
		else if (kind != WEFT_ACT_MULTIPLY)
			rc = add_field(c, item, kind, field, value);
		else if (json_object_is_type(value, json_type_object))
			rc = add_multiply(c, item, field, value);
		else
			rc = weft_json_complain(c->doc, c->err, item,
						"expected {\"by\": field, \"times\": value}");
	}
	return rc;
}

/* ---- throttle and limit ------------------------------------------------ */

static int read_per_item(struct weft_compiler *c, const char *path,
			 struct json_object *json, struct weft_act *act)
{
	int field;

	if (!json_object_is_type(json, json_type_string))
		return weft_json_complain(c->doc, c->err, path,
					  "expected \"user\", \"account\", \"partition\", \"qos\" or an array of them");
	if (strcmp(json_object_get_string(json), "rule") == 0) {
		act->per_rule = true;
		return 0;
	}
	field = weft_compile_field(c, path, json_object_get_string(json));
	if (field < 0)
		return field;
	if (!(PER_FIELDS & WEFT_FIELD_BIT(field)))
		return weft_json_complain(c->doc, c->err, path,
					  "expected \"user\", \"account\", \"partition\", \"qos\" or \"rule\"");
	act->per |= WEFT_FIELD_BIT(field);
	return 0;
}

static int read_per(struct weft_compiler *c, const char *path,
		    struct json_object *json, struct weft_act *act)
{
	int rc = 0;

	if (!json_object_is_type(json, json_type_array))
		return read_per_item(c, path, json, act);
	for (size_t i = 0; !rc && i < json_object_array_length(json); i++)
		rc = read_per_item(c, path, json_object_array_get_idx(json, i), act);
	return rc;
}

static int read_amount(struct weft_compiler *c, const char *path,
		       struct json_object *json, double least, double *ret)
{
	double value = json_object_get_double(json);

	if ((!json_object_is_type(json, json_type_int) &&
	     !json_object_is_type(json, json_type_double)) ||
	    !(value >= least && value <= LIMIT_MAX))
		return weft_json_complain(c->doc, c->err, path,
					  "expected a number of at least %g", least);
	*ret = value;
	return 0;
}

static int read_metric(const char *name)
{
	for (int i = 0; i < WEFT_METRIC_COUNT; i++)
		if (strcmp(name, weft_metric_names[i]) == 0)
			return i;
	return -1;
}

static int read_of(struct weft_compiler *c, const char *path,
		   struct json_object *json, struct weft_act *act)
{
	const char *of = json_object_get_string(json);

	act->what = of && strcmp(of, "submits") == 0 ? WEFT_METRIC_JOBS :
		of ? read_metric(of) : -1;
	if (act->what == WEFT_METRIC_JOBS || act->what == WEFT_METRIC_GPUS ||
	    act->what == WEFT_METRIC_ARRAY_TASKS || act->what == WEFT_METRIC_GPU_HOURS)
		return 0;
	return weft_json_complain(c->doc, c->err, path,
				  "expected \"submits\", \"array_tasks\", \"gpus\" or \"gpu_hours\"");
}

static int read_throttle_key(struct weft_compiler *c, const char *path,
			     const char *key, struct json_object *value,
			     struct weft_act *act)
{
	uint64_t minutes;
	int rc;

	if (strcmp(key, "per") == 0)
		return read_per(c, path, value, act);
	if (strcmp(key, "of") == 0)
		return read_of(c, path, value, act);
	if (strcmp(key, "count") == 0)
		return read_amount(c, path, value, 0.001, &act->rate.count);
	if (strcmp(key, "burst") == 0)
		return read_amount(c, path, value, 1, &act->rate.burst);
	if (strcmp(key, "message") == 0)
		return read_template(c, path, value, act);
	if (strcmp(key, "every") != 0)
		return weft_json_complain(c->doc, c->err, path,
					  "unknown key, expected per, of, count, every, burst or message");
	rc = weft_compile_number(c, path, WEFT_F_TIME, value, &minutes);
	if (!rc && (!minutes || minutes > WEFT_COUNT_MAX))
		return weft_json_complain(c->doc, c->err, path,
					  "expected a time such as 10 (minutes) or \"1:00:00\"");
	act->rate.period_sec = (double)minutes * 60;
	return rc;
}

static int add_throttle(struct weft_compiler *c, const char *path,
			const char *rule, struct json_object *json)
{
	struct weft_act act = { .kind = WEFT_ACT_THROTTLE,
				.rate = { .period_sec = 3600 } };
	char item[PATH_SIZE];
	int rc = 0;

	if (!json_object_is_type(json, json_type_object))
		return weft_json_complain(c->doc, c->err, path, "expected an object");
	json_object_object_foreach(json, key, value) {
		if (rc)
			break;
		weft_path_format(item, sizeof(item), "%s.%.60s", path, key);
		rc = read_throttle_key(c, item, key, value, &act);
	}
	if (rc)
		return rc;
	if (act.rate.count <= 0)
		return weft_json_complain(c->doc, c->err, path, "expected a \"count\"");
	if (act.rate.burst <= 0)
		act.rate.burst = fmax(act.rate.count, 1);
	act.key = weft_hash_text(weft_hash_text(WEFT_HASH_INIT, rule),
				 weft_metric_names[act.what]);
	c->fields |= act.per;
	return add_act(c, &act);
}

/* One action a metric; all share per and the message. */
static int add_limit(struct weft_compiler *c, const char *path,
		     struct json_object *json)
{
	struct weft_act act = { .kind = WEFT_ACT_LIMIT };
	struct json_object *part;
	char item[PATH_SIZE];
	int rc = 0, count = 0;

	if (!json_object_is_type(json, json_type_object))
		return weft_json_complain(c->doc, c->err, path, "expected an object");
	if (json_object_object_get_ex(json, "per", &part))
		rc = read_per(c, path, part, &act);
	if (!rc && json_object_object_get_ex(json, "message", &part))
		rc = read_template(c, path, part, &act);
	c->fields |= act.per;
	json_object_object_foreach(json, key, value) {
		if (rc || strcmp(key, "per") == 0 || strcmp(key, "message") == 0)
			continue;
		weft_path_format(item, sizeof(item), "%s.%.60s", path, key);
		act.what = read_metric(key);
		if (act.what < 0)
			return weft_json_complain(c->doc, c->err, item,
						  "unknown key, expected per, message, jobs, pending_jobs, running_jobs, gpus, array_tasks or gpu_hours");
		rc = read_amount(c, item, value, 0, &act.rate.count);
		if (!rc)
			rc = add_act(c, &act);
		count++;
	}
	if (!rc && !count)
		return weft_json_complain(c->doc, c->err, path,
					  "expected a limit, such as \"pending_jobs\": 100");
	return rc;
}

int weft_act_compile(struct weft_compiler *c, const char *path, const char *key,
		     const char *rule, struct json_object *json)
{
	static const struct {
		const char *key;
		enum weft_act_kind kind;
		int field;	/* set to a text; -1: an object of fields */
	} simple[] = {
		{ "set", WEFT_ACT_SET, -1 }, { "default", WEFT_ACT_DEFAULT, -1 },
		{ "cap", WEFT_ACT_CAP, -1 }, { "floor", WEFT_ACT_FLOOR, -1 },
		{ "multiply", WEFT_ACT_MULTIPLY, -1 },
		{ "route", WEFT_ACT_SET, WEFT_F_PARTITION },
		{ "qos", WEFT_ACT_SET, WEFT_F_QOS },
		{ "add_feature", WEFT_ACT_ADD_FEATURE, WEFT_F_FEATURES },
	};
	struct weft_act accept = { .kind = WEFT_ACT_ACCEPT };

	if (strcmp(key, "reject") == 0)
		return add_message(c, path, WEFT_ACT_REJECT, json);
	if (strcmp(key, "warn") == 0)
		return add_message(c, path, WEFT_ACT_WARN, json);
	if (strcmp(key, "throttle") == 0)
		return add_throttle(c, path, rule, json);
	if (strcmp(key, "limit") == 0)
		return add_limit(c, path, json);
	if (strcmp(key, "accept") == 0) {
		if (!json_object_is_type(json, json_type_boolean) ||
		    !json_object_get_boolean(json))
			return weft_json_complain(c->doc, c->err, path, "expected true");
		return add_act(c, &accept);
	}
	for (size_t i = 0; i < sizeof(simple) / sizeof(simple[0]); i++) {
		if (strcmp(key, simple[i].key) != 0)
			continue;
		if (simple[i].field < 0)
			return add_fields(c, path, simple[i].kind, json);
		c->fields |= WEFT_FIELD_BIT(simple[i].field);
		return add_field(c, path, simple[i].kind, simple[i].field, json);
	}
	return weft_json_complain(c->doc, c->err, path, "unknown action");
}
