/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * jobs.c - what became of every job, for other programs to judge or to draw
 *
 * One record a job and scheduler: CSV, or a JSON array with a record a line
 * if the file's name ends in .json.  A job has the id that it has in the
 * history, so the two can be joined; where an id occurs twice (a requeued
 * job) the records of a scheduler are in the order of submission.  Times are
 * seconds from the first submission; a job that never started has no start
 * and no end (empty, or null).
 *
 * Cost: one pass a scheduler; nothing is held but the names.
 */
#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "tools/sim/sim.h"

struct record {
	const char *scheduler, *id, *user, *group;
	int64_t submit_sec, start_sec, end_sec;	/* < 0: never */
	uint32_t size, nodes, limit_sec;
};

static const char *or_empty(const char *text)
{
	return text ? text : "";
}

static struct record record_of(const struct sim_run *run,
			       const struct sim_result *r, uint32_t i)
{
	const struct weft_workload *w = run->workload;
	const struct weft_workload_job *job = &w->job[i];
	int64_t zero = w->job[0].submit_sec;
	bool ran = r->outcome->start_sec[i] >= 0;

	return (struct record) {
		.scheduler = r->policy->name,
		.id = or_empty(weft_trace_id(run->names, job->id_idx)),
		.user = or_empty(weft_trace_user(run->names, job->user_idx)),
		.group = or_empty(weft_trace_group(run->names, job->group_idx)),
		.submit_sec = job->submit_sec - zero,
		.start_sec = ran ? r->outcome->start_sec[i] - zero : -1,
		.end_sec = ran ? r->outcome->end_sec[i] - zero : -1,
		.size = weft_workload_size(w, i),
		.nodes = w->shape[job->shape_idx].nodes_min,
		.limit_sec = w->shape[job->shape_idx].limit_sec,
	};
}

/* ---- CSV ------------------------------------------------------------------ */

static void put_text(FILE *out, const char *text)
{
	if (!text[strcspn(text, ",\"\r\n")]) {
		fputs(text, out);
		return;
	}
	putc('"', out);
	for (; *text; text++) {
		if (*text == '"')
			putc('"', out);
		putc(*text, out);
	}
	putc('"', out);
}

static void put_csv(FILE *out, const struct record *rec)
{
	fprintf(out, "%s,", rec->scheduler);
	put_text(out, rec->id);
	fprintf(out, ",%" PRId64 ",", rec->submit_sec);
	if (rec->start_sec >= 0)
		fprintf(out, "%" PRId64 ",%" PRId64, rec->start_sec,
			rec->end_sec);
	else
		putc(',', out);
	fprintf(out, ",%u,%u,%u,", rec->size, rec->nodes, rec->limit_sec);
	put_text(out, rec->user);
	putc(',', out);
	put_text(out, rec->group);
	putc('\n', out);
}

/* ---- JSON ----------------------------------------------------------------- */

static void put_json_text(FILE *out, const char *key, const char *text)
{
	struct json_object *o = json_object_new_string(text);

	fprintf(out, ", \"%s\": %s", key, json_object_to_json_string_ext(o,
		JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(o);
}

static void put_json_sec(FILE *out, const char *key, int64_t sec)
{
	if (sec >= 0)
		fprintf(out, ", \"%s\": %" PRId64, key, sec);
	else
		fprintf(out, ", \"%s\": null", key);
}

static void put_json(FILE *out, const struct record *rec)
{
	fprintf(out, "{ \"scheduler\": \"%s\"", rec->scheduler);
	put_json_text(out, "job", rec->id);
	put_json_sec(out, "submit_s", rec->submit_sec);
	put_json_sec(out, "start_s", rec->start_sec);
	put_json_sec(out, "end_s", rec->end_sec);
	fprintf(out, ", \"size\": %u, \"nodes\": %u, \"limit_s\": %u",
		rec->size, rec->nodes, rec->limit_sec);
	put_json_text(out, "user", rec->user);
	put_json_text(out, "group", rec->group);
	fputs(" }", out);
}

/* ---- both ----------------------------------------------------------------- */

static bool is_json(const char *path)
{
	size_t len = strlen(path);

	return len > 5 && !strcmp(path + len - 5, ".json");
}

static void write_all(FILE *out, const struct sim_run *run, bool json)
{
	const char *before = "[ ";

	if (!json)
		fputs("scheduler,job,submit_s,start_s,end_s,size,nodes,limit_s,user,group\n",
		      out);
	for (uint32_t k = 0; k < run->result_count; k++) {
		for (uint32_t i = 0; i < run->workload->job_count; i++) {
			struct record rec = record_of(run, &run->result[k], i);

			if (json) {
				fputs(before, out);
				put_json(out, &rec);
				before = ",\n  ";
			} else {
				put_csv(out, &rec);
			}
		}
	}
	if (json)
		fputs(" ]\n", out);
}

int sim_write_jobs(const struct sim_run *run, struct weft_err *err)
{
	const char *path = run->args.jobs;
	FILE *out = fopen(path, "w");
	bool failed;

	if (!out)
		return weft_err_sys(err, errno, "%s", path);
	write_all(out, run, is_json(path));
	failed = ferror(out);
	if (fclose(out) || failed)
		return weft_err_set(err, EIO, "%s: cannot be written", path);
	return 0;
}
