/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * json.c - a waiting job for programs; see why.h
 *
 * "start" is null while nobody expects one; "ahead" and "start" are for jobs
 * that wait only.
 */
#include <json-c/json.h>

#include "tools/why/why.h"

static bool put(struct json_object *to, const char *key,
		struct json_object *value)
{
	if (value && json_object_object_add(to, key, value) == 0)
		return true;
	json_object_put(value);
	return false;
}

static bool put_wait(struct json_object *o, const struct weft_why_job *job)
{
	if (!job->waits)
		return true;
	if (!put(o, "reason", json_object_new_string(weft_why_word(job->cause))) ||
	    !put(o, "ahead", json_object_new_int64(job->ahead_count)))
		return false;
	if (!job->start_sec)
		return json_object_object_add(o, "start", NULL) == 0;
	return put(o, "start", json_object_new_int64(job->start_sec));
}

struct json_object *weft_why_to_json(const struct weft_why_job *job)
{
	struct json_object *o = json_object_new_object();
	struct weft_buf text;
	bool ok;

	weft_buf_init(&text, 1024);
	ok = o && weft_why_format(job, &text) == 0 &&
		put(o, "job", json_object_new_string(job->id)) &&
		put(o, "user", json_object_new_string(job->user)) &&
		put(o, "partition", json_object_new_string(job->partition)) &&
		put(o, "name", json_object_new_string(job->name)) &&
		put(o, "state", json_object_new_string(job->state)) &&
		put_wait(o, job) &&
		put(o, "text", json_object_new_string(weft_buf_str(&text)));
	weft_buf_fini(&text);
	if (ok)
		return o;
	json_object_put(o);
	return NULL;
}
