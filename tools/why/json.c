/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * json.c - a job for programs; see why.h
 *
 * "start" is null while nobody expects one.  What only sched/weft can tell is
 * under "planner": the word of its own reason, what is wanted and available,
 * the jobs in the way, and what would start sooner.  Words are stable, "text"
 * is for people.
 */
#include <stdio.h>

#include <json-c/json.h>

#include "lib/json.h"
#include "lib/wish.h"
#include "submit/record.h"
#include "tools/why/why.h"

static bool put_time(struct json_object *to, const char *key, int64_t sec)
{
	if (sec == 0 || sec == WEFT_TIME_NEVER)
		return json_object_object_add(to, key, NULL) == 0;
	return weft_json_put(to, key, json_object_new_int64(sec));
}

/* Adds a new object at the end of the list; NULL: no memory. */
static struct json_object *append(struct json_object *list)
{
	struct json_object *o = json_object_new_object();

	if (o && json_object_array_add(list, o) == 0)
		return o;
	json_object_put(o);
	return NULL;
}

static bool put_blockers(struct json_object *to, const struct weft_why *why,
			 const struct weft_explain *e)
{
	struct json_object *list = json_object_new_array(), *o;
	const struct weft_why_job *other;

	if (!weft_json_put(to, "waits_for", list))
		return false;
	for (uint32_t i = 0; i < e->blocker_count; i++) {
		o = append(list);
		if (!o ||
		    !weft_json_put(o, "job", json_object_new_int64(e->blocker[i].job_id)) ||
		    !put_time(o, "until", e->blocker[i].until_sec))
			return false;
		other = weft_why_find(why, e->blocker[i].job_id);
		if (other && (!weft_json_put(o, "user", json_object_new_string(other->user)) ||
			      !weft_json_put(o, "state", json_object_new_string(other->state))))
			return false;
	}
	return weft_json_put(to, "hidden", json_object_new_int64(e->hidden_count));
}

static bool put_one_advice(struct json_object *o, const struct weft_advice *a)
{
	struct weft_buf text;
	bool ok;

	weft_buf_init(&text, 256);
	ok = weft_advice_format(a, &text) == 0 &&
		weft_json_put(o, "change", json_object_new_string(weft_advice_word(a->kind))) &&
		weft_json_put(o, "to", json_object_new_int64((int64_t)a->value)) &&
		weft_json_put(o, "from", json_object_new_int64((int64_t)a->asked)) &&
		put_time(o, "start", a->start_sec) &&
		weft_json_put(o, "text", json_object_new_string(weft_buf_str(&text)));
	weft_buf_fini(&text);
	return ok;
}

static bool put_advice(struct json_object *to, const struct weft_explain *e)
{
	struct json_object *list, *o;

	if (!put_time(to, "advice_at", e->advice_sec))
		return false;
	list = json_object_new_array();
	if (!weft_json_put(to, "advice", list))
		return false;
	for (uint32_t i = 0; i < e->advice_count; i++) {
		o = append(list);
		if (!o || !put_one_advice(o, &e->advice[i]))
			return false;
	}
	return true;
}

static bool put_planner(struct json_object *to, const struct weft_why *why,
			const struct weft_explain *e)
{
	struct json_object *o = json_object_new_object();

	if (!weft_json_put(to, "planner", o))
		return false;
	return weft_json_put(o, "reason", json_object_new_string(weft_reason_word(e->kind))) &&
		weft_json_put(o, "wanted", json_object_new_int64(e->wanted)) &&
		weft_json_put(o, "available", json_object_new_int64(e->available)) &&
		weft_json_put(o, "place", json_object_new_int64(e->line_place)) &&
		weft_json_put(o, "passed", json_object_new_int64(e->passed_count)) &&
		put_time(o, "unpassed_from", e->unpassed_sec) &&
		weft_json_put(o, "sure_percent", json_object_new_int64(e->sure_percent)) &&
		weft_json_put(o, "name", json_object_new_string(e->name)) &&
		put_blockers(o, why, e) && put_advice(o, e);
}

static bool put_limit(struct json_object *to, const struct weft_why_job *job)
{
	const struct weft_limit *l = &job->limit;
	struct json_object *o = json_object_new_object(), *list;

	if (!weft_json_put(to, "limit", o))
		return false;
	list = json_object_new_array();
	if (!weft_json_put(o, "jobs", list))
		return false;
	for (uint32_t i = 0; i < l->job_count; i++)
		json_object_array_add(list, json_object_new_int64(l->job[i]));
	return weft_json_put(o, "of", json_object_new_string(l->kind.qos ? "qos" : "account")) &&
		weft_json_put(o, "name", json_object_new_string(l->of)) &&
		weft_json_put(o, "what", json_object_new_string(
			l->kind.what == WEFT_LIMIT_TRES ? l->tres :
			l->kind.what == WEFT_LIMIT_RUNNING ? "jobs" : "submitted")) &&
		weft_json_put(o, "bound", json_object_new_int64((int64_t)l->bound)) &&
		weft_json_put(o, "used", json_object_new_int64((int64_t)l->used)) &&
		weft_json_put(o, "asked", json_object_new_int64((int64_t)l->asked));
}

static bool put_group(struct json_object *o, const struct weft_why_job *job,
		      const struct weft_out_group *g)
{
	struct json_object *names = json_object_new_array();

	if (!weft_json_put(o, "nodes", names))
		return false;
	for (uint32_t i = 0; i < g->count && i < WEFT_OUT_NAMES; i++)
		json_object_array_add(names, json_object_new_string(g->name[i]));
	return weft_json_put(o, "count", json_object_new_int64(g->count)) &&
		weft_json_put(o, "state", json_object_new_string(g->state)) &&
		put_time(o, "since", g->since_sec) &&
		weft_json_put(o, "by", json_object_new_string(g->by)) &&
		weft_json_put(o, "reason", json_object_new_string(g->reason)) &&
		weft_json_put(o, "could_start", json_object_new_boolean(
			weft_out_starts(job, g)));
}

/* Only if it was asked. */
static bool put_out(struct json_object *to, const struct weft_why_job *job)
{
	struct json_object *list, *o;

	if (!job->out)
		return true;
	list = json_object_new_array();
	if (!weft_json_put(to, "out_of_service", list))
		return false;
	for (uint32_t i = 0; i < job->out->group_count; i++) {
		o = append(list);
		if (!o || !put_group(o, job, &job->out->group[i]))
			return false;
	}
	return true;
}

static bool put_keepers(struct json_object *to, const struct weft_why_job *job)
{
	struct json_object *list, *o;

	if (!job->keeper_count)
		return true;
	list = json_object_new_array();
	if (!weft_json_put(to, "reservations", list))
		return false;
	for (uint32_t i = 0; i < job->keeper_count; i++) {
		const struct weft_why_keeper *k = &job->keeper[i];

		o = append(list);
		if (!o || !weft_json_put(o, "name", json_object_new_string(k->name)) ||
		    !weft_json_put(o, "licenses", json_object_new_string(k->licenses)) ||
		    !put_time(o, "start", k->start_sec) ||
		    !put_time(o, "end", k->end_sec))
			return false;
	}
	return true;
}

static bool put_wait(struct json_object *o, const struct weft_why *why,
		     const struct weft_why_job *job)
{
	if (!job->waits)
		return true;
	return weft_json_put(o, "reason", json_object_new_string(weft_why_word(job->cause))) &&
		weft_json_put(o, "ahead", json_object_new_int64(job->ahead_count)) &&
		weft_json_put(o, "place", json_object_new_int64(weft_why_place(job))) &&
		put_time(o, "start", job->start_sec) &&
		put_time(o, "likely", job->explained ? job->explain.likely_sec : 0) &&
		weft_json_put(o, "nodes", json_object_new_string(job->nodes ? job->nodes : "")) &&
		(!job->limited || put_limit(o, job)) && put_out(o, job) && put_keepers(o, job) &&
		(!job->explained || put_planner(o, why, &job->explain));
}

static bool put_rules(struct json_object *to, const struct weft_why_job *job)
{
	struct weft_record record = { .step_count = 0 };
	struct json_object *list = json_object_new_array(), *o;

	if (!weft_json_put(to, "rules", list))
		return false;
	if (!job->admin_comment || weft_record_read(job->admin_comment, &record))
		return true;
	for (uint32_t i = 0; i < record.step_count; i++) {
		const struct weft_record_step *s = &record.step[i];

		o = append(list);
		if (!o || !weft_json_put(o, "rule", json_object_new_string(s->rule)) ||
		    !weft_json_put(o, "field", json_object_new_string(s->field)) ||
		    !weft_json_put(o, "from", json_object_new_string(s->was)) ||
		    !weft_json_put(o, "to", json_object_new_string(s->is)))
			return false;
	}
	return true;
}

/* Numbers where a number was asked, min_runtime in seconds; else texts. */
static bool put_options(struct json_object *to, const struct weft_why_job *job)
{
	struct json_object *o = json_object_new_object(), *one;
	char value[WEFT_WISH_VALUE], key[32];
	struct weft_wish w;

	if (!weft_json_put(to, "options", o))
		return false;
	if (!job->admin_comment || weft_wish_read(job->admin_comment, &w))
		return true;
	for (int id = 0; id < WEFT_WISH_COUNT; id++) {
		weft_wish_value(&w, (enum weft_wish_id)id, value);
		if (!value[0])
			continue;
		snprintf(key, sizeof(key), "%s", weft_wish_name((enum weft_wish_id)id));
		for (char *p = key; *p; p++)
			*p = *p == '-' ? '_' : *p;
		one = id == WEFT_WISH_SEGMENT ? json_object_new_int64(w.segment) :
			id == WEFT_WISH_MIN_RUNTIME ?
				json_object_new_int64(w.min_runtime_sec) :
				json_object_new_string(value);
		if (!weft_json_put(o, key, one))
			return false;
	}
	return true;
}

struct json_object *weft_why_to_json(const struct weft_why *why,
				     const struct weft_why_job *job)
{
	struct json_object *o = json_object_new_object();
	struct weft_buf text;
	bool ok;

	weft_buf_init(&text, 1024);
	ok = o && weft_why_format(job, &text) == 0 &&
		weft_json_put(o, "job", json_object_new_string(job->id)) &&
		weft_json_put(o, "user", json_object_new_string(job->user)) &&
		weft_json_put(o, "partition", json_object_new_string(job->partition)) &&
		weft_json_put(o, "name", json_object_new_string(job->name)) &&
		weft_json_put(o, "state", json_object_new_string(job->state)) &&
		put_wait(o, why, job) && put_rules(o, job) &&
		put_options(o, job) &&
		weft_json_put(o, "restarts", json_object_new_int64(job->restarts)) &&
		weft_json_put(o, "text", json_object_new_string(weft_buf_str(&text)));
	weft_buf_fini(&text);
	if (ok)
		return o;
	json_object_put(o);
	return NULL;
}
