/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * find.c - what this machine has: Slurm's programs, its plugins, ours
 *
 * Ours are looked for where they would be for the weft that is running: beside
 * it in a build tree (.libs), else where make install puts them.
 */
#include "config.h"

#include <errno.h>
#include <glob.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/sandbox/sandbox.h"

static const char *const ours[] = {
	"sched_weft.so", "gres_nvlink.so", "job_submit_weft.so", "weft.so",
};

bool weft_sandbox_program(const char *name, char *ret_path, size_t size)
{
	static const char *const dirs[] = { "/usr/sbin", "/usr/local/sbin",
					    "/usr/bin", "/usr/local/bin",
					    "/sbin", "/bin" };
	const char *path = getenv("PATH");
	int len;

	while (path && *path) {
		len = (int)strcspn(path, ":");
		snprintf(ret_path, size, "%.*s/%s", len, path, name);
		if (len && path[0] == '/' && !access(ret_path, X_OK))
			return true;
		path += len + (path[len] == ':');
	}
	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++) {
		snprintf(ret_path, size, "%s/%s", dirs[i], name);
		if (!access(ret_path, X_OK))
			return true;
	}
	return false;
}

static bool has_file(const char *dir, const char *file)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", dir, file);
	return !access(path, R_OK);
}

static bool has_any_of_ours(const char *dir)
{
	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		if (has_file(dir, ours[i]))
			return true;
	return false;
}

static int find_stock(struct weft_sandbox *s, struct weft_err *err)
{
	static const char *const places[] = {
		"/usr/lib/*/slurm-wlm/sched_builtin.so",
		"/usr/lib/slurm/sched_builtin.so",
		"/usr/lib64/slurm/sched_builtin.so",
		"/usr/local/lib/slurm/sched_builtin.so",
	};
	glob_t found;

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		if (glob(places[i], 0, NULL, &found))
			continue;
		snprintf(s->stock_dir, sizeof(s->stock_dir), "%s",
			 dirname(found.gl_pathv[0]));
		globfree(&found);
		return 0;
	}
	return weft_err_set(err, ENOENT,
		"no Slurm plugins found: install slurm-wlm-basic-plugins");
}

static void find_ours(struct weft_sandbox *s)
{
	char self[PATH_MAX / 4 - 8], place[PATH_MAX / 4];
	ssize_t len;

	if (s->plugin_dir[0])
		return;
	snprintf(s->plugin_dir, sizeof(s->plugin_dir), "%s", WEFT_PLUGIN_DIR);
	len = readlink("/proc/self/exe", self, sizeof(self) - 1);
	if (len <= 0)
		return;
	self[len] = '\0';
	dirname(self);
	snprintf(place, sizeof(place), "%s/.libs", self);
	if (has_any_of_ours(place))
		snprintf(s->plugin_dir, sizeof(s->plugin_dir), "%s/.libs", self);
	else if (has_any_of_ours(self))
		snprintf(s->plugin_dir, sizeof(s->plugin_dir), "%s", self);
}

/* "slurm-wlm 22.05.8" -> "22.05.8" */
static int find_release(struct weft_sandbox *s, struct weft_err *err)
{
	char ctld[PATH_MAX];
	const char *argv[] = { ctld, "-V", NULL };
	struct weft_buf out;
	const char *text;
	int rc, code;

	if (!weft_sandbox_program("slurmctld", ctld, sizeof(ctld)))
		return weft_err_set(err, ENOENT,
			"no slurmctld in PATH or sbin: install slurmctld");
	weft_buf_init(&out, 4096);
	rc = weft_sandbox_run(s, argv, &out, &code, err);
	if (!rc) {
		text = strchr(weft_buf_str(&out), ' ');
		snprintf(s->release, sizeof(s->release), "%.*s",
			 text ? (int)strcspn(text + 1, "\n") : 0,
			 text ? text + 1 : "");
		if (!s->release[0])
			rc = weft_err_set(err, EINVAL,
				"slurmctld -V says \"%s\": expected a release",
				weft_buf_str(&out));
	}
	weft_buf_fini(&out);
	return rc;
}

int weft_sandbox_find(struct weft_sandbox *s, struct weft_err *err)
{
	static const struct {
		const char *program, *package;
	} needed[] = {
		{ "slurmd", "slurmd" }, { "munged", "munge" },
		{ "sinfo", "slurm-client" },
	};
	char path[PATH_MAX];
	int rc;

	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++)
		if (!weft_sandbox_program(needed[i].program, path, sizeof(path)))
			return weft_err_set(err, ENOENT,
				"no %s in PATH or sbin: install %s",
				needed[i].program, needed[i].package);
	rc = find_release(s, err);
	if (!rc)
		rc = find_stock(s, err);
	if (rc || !s->plugins)
		return rc;
	find_ours(s);
	s->have_sched = has_file(s->plugin_dir, ours[0]);
	s->have_gres = has_file(s->plugin_dir, ours[1]);
	s->have_submit = has_file(s->plugin_dir, ours[2]);
	s->have_spank = has_file(s->plugin_dir, ours[3]);
	if (!s->have_sched && !s->have_gres && !s->have_submit && !s->have_spank)
		return weft_err_set(err, ENOENT,
			"%s: none of Weft's plugins there; give --plugin-dir, or --plugins off for stock Slurm",
			s->plugin_dir);
	return 0;
}
