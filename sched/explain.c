/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * explain.c - see explain.h
 *
 * JSON with short keys, for it is kept with every waiting job and travels
 * with every list of them: about 120 bytes, and 25 more for each job that is
 * in the way.
 *
 *   weft:{"v":1,"why":"Gpus","want":8,"have":3,"line":4,"pass":[2,1700600000],
 *         "start":1700000000,"likely":[1699995000,70],"by":[[12,1700000000]],"at":1699990000,"try":[["time",14400,0,1699990000]]}
 *
 * "pass" counts who goes first by the policy, and until when; "likely" is the
 * forecast and how many in a hundred came near.
 * "hid" counts jobs that are not named; "try" holds what was asked of the
 * planner at "at": what to change, to how much, from how much, and the start.
 *
 * Invariant: whatever is read has counts within the arrays, names without
 * control characters, and only kinds that exist; unknown keys are passed over
 * so that a newer scheduler can tell more.
 */
#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include <json-c/json.h>

#include "sched/explain.h"

/* ---- filling ------------------------------------------------------------- */

static void copy_name(char *to, const char *from)
{
	size_t n = 0;

	for (; from && *from && n < WEFT_EXPLAIN_NAME - 1; from++) {
		unsigned char c = (unsigned char)*from;

		to[n++] = c < 32 || c > 126 || c == '"' || c == '\\' ? '?' :
			(char)c;
	}
	to[n] = '\0';
}

static const char *name_of(const struct weft_cluster *c,
			   const struct weft_reason *r)
{
	if (r->detail_idx < 0)
		return NULL;
	if (r->kind == WEFT_REASON_LICENSE &&
	    (uint32_t)r->detail_idx < c->license_count)
		return c->license_name[r->detail_idx];
	if (r->kind == WEFT_REASON_RESERVATION &&
	    (uint32_t)r->detail_idx < c->resv_count)
		return c->resv[r->detail_idx].name;
	return NULL;
}

void weft_explain_fill(const struct weft_cluster *cluster,
		       const struct weft_plan *plan,
		       const struct weft_decision *d, bool hide,
		       struct weft_explain *e)
{
	const struct weft_reason *r = &d->reason;
	uint32_t n = r->blocker_count;

	*e = (struct weft_explain) {
		.kind = r->kind, .wanted = r->wanted, .available = r->available,
		.line_place = r->line_place, .start_sec = d->start_sec,
		.passed_count = d->passed_count,
		.unpassed_sec = d->passed_count ? d->unpassed_sec : 0,
	};
	copy_name(e->name, name_of(cluster, r));
	if (n > plan->blocker_count ||
	    r->blocker_first > plan->blocker_count - n)
		n = 0;
	if (hide) {
		e->hidden_count = n;
	} else {
		e->blocker_count = n < WEFT_EXPLAIN_BLOCKERS ? n :
			WEFT_EXPLAIN_BLOCKERS;
		if (e->blocker_count)	/* else there may be no array */
			memcpy(e->blocker, &plan->blocker[r->blocker_first],
			       e->blocker_count * sizeof(*e->blocker));
	}
	if (!d->advised)
		return;
	e->advice_sec = cluster->now_sec;
	e->advice_count = d->advice_count;
	if (e->advice_count)
		memcpy(e->advice, &plan->advice[d->advice_first],
		       e->advice_count * sizeof(*e->advice));
}

/* ---- writing ------------------------------------------------------------- */

static void write_advice(const struct weft_explain *e, struct weft_buf *buf)
{
	if (!e->advice_sec)
		return;
	weft_buf_addf(buf, ",\"at\":%" PRId64 ",\"try\":[", e->advice_sec);
	for (uint32_t i = 0; i < e->advice_count; i++)
		weft_buf_addf(buf, "%s[\"%s\",%" PRIu64 ",%" PRIu64 ",%" PRId64 "]",
			      i ? "," : "",
			      weft_advice_word(e->advice[i].kind),
			      e->advice[i].value, e->advice[i].asked,
			      e->advice[i].start_sec);
	weft_buf_adds(buf, "]");
}

int weft_explain_write(const struct weft_explain *e, struct weft_buf *buf)
{
	weft_buf_addf(buf, "%s\"v\":1,\"why\":\"%s\"", WEFT_EXPLAIN_MARK,
		      weft_reason_word(e->kind));
	if (e->wanted || e->available)
		weft_buf_addf(buf, ",\"want\":%u,\"have\":%u", e->wanted,
			      e->available);
	if (e->line_place)
		weft_buf_addf(buf, ",\"line\":%u", e->line_place);
	if (e->passed_count)
		weft_buf_addf(buf, ",\"pass\":[%u,%" PRId64 "]",
			      e->passed_count, e->unpassed_sec);
	if (e->start_sec != WEFT_TIME_NEVER)
		weft_buf_addf(buf, ",\"start\":%" PRId64, e->start_sec);
	if (e->likely_sec)
		weft_buf_addf(buf, ",\"likely\":[%" PRId64 ",%u]",
			      e->likely_sec, e->sure_percent);
	if (e->name[0])
		weft_buf_addf(buf, ",\"name\":\"%s\"", e->name);
	if (e->hidden_count)
		weft_buf_addf(buf, ",\"hid\":%u", e->hidden_count);
	for (uint32_t i = 0; i < e->blocker_count; i++)
		weft_buf_addf(buf, "%s[%u,%" PRId64 "]%s",
			      i ? "," : ",\"by\":[", e->blocker[i].job_id,
			      e->blocker[i].until_sec,
			      i + 1 == e->blocker_count ? "]" : "");
	write_advice(e, buf);
	weft_buf_adds(buf, "}");
	return weft_buf_error(buf);
}

/* ---- reading ------------------------------------------------------------- */

size_t weft_explain_before(const char *text)
{
	const char *mark = strstr(text, WEFT_EXPLAIN_MARK);

	return mark ? (size_t)(mark - text) : strlen(text);
}

const char *weft_explain_advice(const char *text, int64_t *ret_sec)
{
	static const char key[] = ",\"at\":";
	const char *part = strstr(text, WEFT_EXPLAIN_MARK), *digit;
	int64_t sec = 0;

	part = part ? strstr(part, key) : NULL;
	if (!part)
		return NULL;
	for (digit = part + strlen(key); *digit >= '0' && *digit <= '9' &&
	     sec < INT64_MAX / 100; digit++)
		sec = sec * 10 + (*digit - '0');
	*ret_sec = sec;
	return part;
}

static int64_t number(struct json_object *o, const char *key, int64_t fallback)
{
	struct json_object *v;

	if (!json_object_object_get_ex(o, key, &v) ||
	    json_object_get_type(v) != json_type_int)
		return fallback;
	return json_object_get_int64(v);
}

static uint32_t count(struct json_object *o, const char *key)
{
	int64_t n = number(o, key, 0);

	return n < 0 ? 0 : n > UINT32_MAX ? UINT32_MAX : (uint32_t)n;
}

static const char *word(struct json_object *o, const char *key)
{
	struct json_object *v;

	if (!json_object_object_get_ex(o, key, &v) ||
	    json_object_get_type(v) != json_type_string)
		return "";
	return json_object_get_string(v);
}

/* The i-th of an array inside an array, as a number. */
static int64_t at(struct json_object *list, size_t i)
{
	struct json_object *v = json_object_array_get_idx(list, i);

	return v && json_object_get_type(v) == json_type_int ?
		json_object_get_int64(v) : 0;
}

static void read_blockers(struct json_object *root, struct weft_explain *e)
{
	struct json_object *list, *one;

	if (!json_object_object_get_ex(root, "by", &list) ||
	    json_object_get_type(list) != json_type_array)
		return;
	for (size_t i = 0; i < json_object_array_length(list) &&
	     e->blocker_count < WEFT_EXPLAIN_BLOCKERS; i++) {
		one = json_object_array_get_idx(list, i);
		if (json_object_get_type(one) != json_type_array ||
		    at(one, 0) <= 0 || at(one, 0) > UINT32_MAX)
			continue;
		e->blocker[e->blocker_count++] = (struct weft_blocker) {
			(uint32_t)at(one, 0), at(one, 1) };
	}
}

static void read_advice(struct json_object *root, struct weft_explain *e)
{
	struct json_object *list, *one, *v;
	enum weft_advice_kind kind;

	e->advice_sec = number(root, "at", 0);
	if (!e->advice_sec || !json_object_object_get_ex(root, "try", &list) ||
	    json_object_get_type(list) != json_type_array)
		return;
	for (size_t i = 0; i < json_object_array_length(list) &&
	     e->advice_count < WEFT_ADVICE_MAX; i++) {
		one = json_object_array_get_idx(list, i);
		if (json_object_get_type(one) != json_type_array)
			continue;
		v = json_object_array_get_idx(one, 0);
		if (json_object_get_type(v) != json_type_string ||
		    !weft_advice_find(json_object_get_string(v), &kind) ||
		    at(one, 1) < 0 || at(one, 2) < 0)
			continue;
		e->advice[e->advice_count++] = (struct weft_advice) {
			kind, (uint64_t)at(one, 1), (uint64_t)at(one, 2),
			at(one, 3) };
	}
}

/* Two numbers in an array, none of them negative; false if it is none. */
static bool read_pair(struct json_object *root, const char *key,
		      int64_t pair[2])
{
	struct json_object *list;

	if (!json_object_object_get_ex(root, key, &list) ||
	    json_object_get_type(list) != json_type_array)
		return false;
	pair[0] = at(list, 0);
	pair[1] = at(list, 1);
	return pair[0] >= 0 && pair[1] >= 0;
}

static void read_pairs(struct json_object *root, struct weft_explain *e)
{
	int64_t pair[2];

	if (read_pair(root, "pass", pair) && pair[0] <= UINT32_MAX) {
		e->passed_count = (uint32_t)pair[0];
		e->unpassed_sec = pair[1];
	}
	if (read_pair(root, "likely", pair) && pair[1] <= 100) {
		e->likely_sec = pair[0];
		e->sure_percent = (uint32_t)pair[1];
	}
}

static int parse(const char *text, struct json_object **ret_root)
{
	struct json_tokener *tok = json_tokener_new_ex(4);
	size_t len = strnlen(text, WEFT_EXPLAIN_LIMIT + 1);
	struct json_object *root;

	if (!tok)
		return -ENOMEM;
	root = json_tokener_parse_ex(tok, text, (int)len);
	json_tokener_free(tok);
	if (!root || json_object_get_type(root) != json_type_object) {
		json_object_put(root);
		return -EINVAL;
	}
	*ret_root = root;
	return 0;
}

int weft_explain_read(const char *text, struct weft_explain *ret_explain)
{
	struct weft_explain e = { .start_sec = WEFT_TIME_NEVER };
	struct json_object *root;
	int kind = 0, rc;

	text = strstr(text, WEFT_EXPLAIN_MARK);
	if (!text)
		return -ENOENT;
	rc = parse(text + strlen(WEFT_EXPLAIN_MARK) - 1, &root);
	if (rc)
		return rc;
	while (kind < WEFT_REASON_COUNT &&
	       strcmp(word(root, "why"), weft_reason_word(kind)) != 0)
		kind++;
	if (kind == WEFT_REASON_COUNT || number(root, "v", 0) != 1) {
		json_object_put(root);
		return -EINVAL;
	}
	e.kind = (enum weft_reason_kind)kind;
	e.wanted = count(root, "want");
	e.available = count(root, "have");
	e.line_place = count(root, "line");
	e.start_sec = number(root, "start", WEFT_TIME_NEVER);
	e.hidden_count = count(root, "hid");
	copy_name(e.name, word(root, "name"));
	read_pairs(root, &e);
	read_blockers(root, &e);
	read_advice(root, &e);
	json_object_put(root);
	*ret_explain = e;
	return 0;
}

/* ---- saying -------------------------------------------------------------- */

int weft_explain_format(const struct weft_explain *e, struct weft_buf *buf)
{
	const char *name = e->name;
	struct weft_reservation resv = { .name = name };
	const struct weft_cluster cluster = {
		.license_count = 1, .license_name = &name,
		.resv_count = 1, .resv = &resv,
	};
	const struct weft_reason reason = {
		.kind = e->kind, .wanted = e->wanted, .available = e->available,
		.detail_idx = name[0] ? 0 : -1,
	};

	return weft_reason_format(&reason, &cluster, NULL, buf);
}
