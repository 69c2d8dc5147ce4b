/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * state.c - where a sandbox is, and what it was started with
 *
 * The home of all sandboxes of a user may lie in /tmp, where others can make
 * names first: it must be a directory of ours that nobody else can write to,
 * or we refuse.  It is searchable for all, since the jobs of other users need
 * slurm.conf and munge's socket.
 */
#include "config.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <json-c/json_object.h>

#include "lib/file.h"
#include "lib/json.h"
#include "tools/sandbox/sandbox.h"

int weft_sandbox_home(char *ret_path, size_t size, struct weft_err *err)
{
	const char *run = getenv("XDG_RUNTIME_DIR");
	struct stat st;

	if (run && run[0] == '/' && strlen(run) < size / 2)
		snprintf(ret_path, size, "%s/weft-sandbox", run);
	else
		snprintf(ret_path, size, "/tmp/weft-sandbox-%u",
			 (unsigned int)getuid());
	if (mkdir(ret_path, 0711) < 0 && errno != EEXIST)
		return weft_err_sys(err, errno, "%s", ret_path);
	if (lstat(ret_path, &st) < 0)
		return weft_err_sys(err, errno, "%s", ret_path);
	if (!S_ISDIR(st.st_mode) || st.st_uid != getuid() ||
	    (st.st_mode & 022))
		return weft_err_set(err, EPERM,
			"%s: not a directory that only you can write to; remove it, or give --dir",
			ret_path);
	return 0;
}

int weft_sandbox_set_dir(struct weft_sandbox *s, const char *dir,
			 const char *name, struct weft_err *err)
{
	char home[PATH_MAX / 8], full[PATH_MAX];
	int rc, len;

	if (name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
			"0123456789_-")] || !name[0] || strlen(name) > 30)
		return weft_err_set(err, EINVAL,
			"--name %s: expected up to 30 letters, digits, - and _",
			name);
	snprintf(s->name, sizeof(s->name), "%s", name);
	if (dir) {
		if (dir[0] != '/' && getcwd(full, sizeof(full) / 2)) {
			strncat(full, "/", 2);
			strncat(full, dir, sizeof(full) / 2 - 2);
			dir = full;
		}
		len = snprintf(s->dir, sizeof(s->dir), "%s", dir);
	} else {
		rc = weft_sandbox_home(home, sizeof(home), err);
		if (rc)
			return rc;
		len = snprintf(s->dir, sizeof(s->dir), "%s/%s", home, name);
	}
	/* Sockets have paths of at most 107 bytes. */
	if (len + strlen("/run/munge.socket.lock") > 107)
		return weft_err_set(err, ENAMETOOLONG,
			"%s: too long for a socket's path, give a shorter --dir",
			s->dir);
	if (strpbrk(s->dir, " \t\n\"'\\,=[]%#"))
		return weft_err_set(err, EINVAL,
			"%s: slurm.conf cannot hold such a path", s->dir);
	return 0;
}

void weft_sandbox_path(const struct weft_sandbox *s, char *path, size_t size,
		       const char *fmt, ...)
{
	int len = snprintf(path, size, "%s/", s->dir);
	va_list ap;

	if (len < 0 || (size_t)len >= size)
		return;
	va_start(ap, fmt);
	vsnprintf(path + len, size - (size_t)len, fmt, ap);
	va_end(ap);
}

int weft_sandbox_write_state(const struct weft_sandbox *s, struct weft_err *err)
{
	struct json_object *o = json_object_new_object();
	char path[PATH_MAX];
	const char *text;
	int rc;

	json_object_object_add(o, "name", json_object_new_string(s->name));
	json_object_object_add(o, "nodes", json_object_new_int64(s->nodes));
	json_object_object_add(o, "gpus", json_object_new_int64(s->gpus));
	json_object_object_add(o, "domains", json_object_new_int64(s->domains));
	json_object_object_add(o, "port", json_object_new_int64(s->port));
	json_object_object_add(o, "release", json_object_new_string(s->release));
	json_object_object_add(o, "plugins", json_object_new_boolean(s->plugins));
	json_object_object_add(o, "plugin_dir",
			       json_object_new_string(s->plugin_dir));
	json_object_object_add(o, "slurmdbd",
			       json_object_new_boolean(s->slurmdbd));
	text = json_object_to_json_string_ext(o, JSON_C_TO_STRING_PRETTY);
	weft_sandbox_path(s, path, sizeof(path), "sandbox.json");
	rc = weft_file_replace(path, text, strlen(text), 0644, err);
	json_object_put(o);
	return rc;
}

static int64_t get_int(struct json_object *o, const char *key)
{
	struct json_object *value;

	return json_object_object_get_ex(o, key, &value) ?
		json_object_get_int64(value) : 0;
}

static void get_text(struct json_object *o, const char *key, char *to,
		     size_t size)
{
	struct json_object *value;

	if (json_object_object_get_ex(o, key, &value))
		snprintf(to, size, "%s", json_object_get_string(value));
}

int weft_sandbox_read_state(struct weft_sandbox *s, struct weft_err *err)
{
	struct weft_json *doc;
	char path[PATH_MAX];
	int rc;

	weft_sandbox_path(s, path, sizeof(path), "sandbox.json");
	rc = weft_json_read(path, &doc, err);
	if (rc == -ENOENT)
		return weft_err_set(err, ENOENT,
			"no sandbox at %s; \"weft sandbox list\" shows yours",
			s->dir);
	if (rc)
		return rc;
	get_text(doc->root, "name", s->name, sizeof(s->name));
	get_text(doc->root, "release", s->release, sizeof(s->release));
	get_text(doc->root, "plugin_dir", s->plugin_dir, sizeof(s->plugin_dir));
	s->nodes = (uint32_t)get_int(doc->root, "nodes");
	s->gpus = (uint32_t)get_int(doc->root, "gpus");
	s->domains = (uint32_t)get_int(doc->root, "domains");
	s->port = (uint16_t)get_int(doc->root, "port");
	s->plugins = get_int(doc->root, "plugins");
	s->slurmdbd = get_int(doc->root, "slurmdbd");
	weft_json_destroy(doc);
	return 0;
}
