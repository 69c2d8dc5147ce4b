/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * status.c - see status.h
 *
 * Slurm has no way to ask a job_submit plugin anything, so what it did with
 * weft.json goes into a small file in the state directory, which only
 * SlurmUser and root may read.  It is written when the file was found changed
 * and at no other time, without waiting for the disk, since slurmctld's locks
 * may be held; it goes away with the plugin.
 */
#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <json-c/json.h>

#include "lib/file.h"
#include "plugins/job_submit/status.h"
#include "plugins/slurm/submit.h"

#define PATH_SIZE 4096

static bool path_of(const struct weft_submit_status *status, char *out,
		    const char *name)
{
	int len = status->state_dir ?
		snprintf(out, PATH_SIZE, "%s/weft%s", status->state_dir, name) : -1;

	return len > 0 && len < PATH_SIZE;
}

static struct json_object *to_json(const struct weft_submit_status *s)
{
	struct json_object *o = json_object_new_object();

	json_object_object_add(o, "file", json_object_new_string(s->path));
	json_object_object_add(o, "started", json_object_new_int64(s->started_sec));
	json_object_object_add(o, "looked", json_object_new_int64(s->looked_sec));
	json_object_object_add(o, "loaded", s->loaded_sec ?
			       json_object_new_int64(s->loaded_sec) : NULL);
	json_object_object_add(o, "rules", json_object_new_int64(s->rule_count));
	json_object_object_add(o, "error", s->error[0] ?
			       json_object_new_string(s->error) : NULL);
	json_object_object_add(o, "error_at", s->error[0] ?
			       json_object_new_int64(s->error_sec) : NULL);
	return o;
}

void weft_submit_status_write(const struct weft_submit_status *status)
{
	struct weft_err err = WEFT_ERR_INIT;
	char path[PATH_SIZE];
	struct json_object *o;
	const char *text;

	if (!path_of(status, path, ""))
		return;
	if (mkdir(path, 0755) && errno != EEXIST)
		return;
	path_of(status, path, "/submit_status.json");
	o = to_json(status);
	text = o ? json_object_to_json_string(o) : NULL;
	if (text && weft_file_replace_soon(path, text, strlen(text), 0644, &err))
		error("job_submit/weft: %s; weft policy status will be out of date",
		      err.msg);
	json_object_put(o);
}

void weft_submit_status_remove(const struct weft_submit_status *status)
{
	char path[PATH_SIZE];

	if (path_of(status, path, "/submit_status.json"))
		unlink(path);
}
