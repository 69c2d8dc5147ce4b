/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * find.c - see find.h
 *
 * "Newest" is by the time the run's directory was made to hold its journal:
 * run.db's own time moves with every write, the lock file's does not.
 */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/flow/find.h"
#include "tools/flow/run.h"

struct found {
	char name[256];
	struct timespec made;
};

static int newest_first(const void *a, const void *b)
{
	const struct found *x = a, *y = b;

	if (x->made.tv_sec != y->made.tv_sec)
		return x->made.tv_sec > y->made.tv_sec ? -1 : 1;
	return x->made.tv_nsec > y->made.tv_nsec ? -1 : x->made.tv_nsec < y->made.tv_nsec;
}

int weft_flow_each_run(const char *home, int (*each)(void *ctx, const char *dir),
		       void *ctx)
{
	DIR *dir = opendir(home);
	struct found *list = NULL;
	struct dirent *entry;
	size_t count = 0;
	int rc = 0;

	while (dir && (entry = readdir(dir)) && count < 100000) {
		struct found *more;
		struct stat st;
		char path[3400];

		snprintf(path, sizeof(path), "%.2900s/%s/lock", home, entry->d_name);
		if (*entry->d_name == '.' || stat(path, &st))
			continue;
		more = reallocarray(list, count + 1, sizeof(*list));
		if (!more)
			break;
		list = more;
		snprintf(list[count].name, sizeof(list[count].name), "%s", entry->d_name);
		list[count++].made = st.st_mtim;
	}
	if (dir)
		closedir(dir);
	if (count)
		qsort(list, count, sizeof(*list), newest_first);
	for (size_t i = 0; i < count && !rc; i++) {
		char path[3400];

		snprintf(path, sizeof(path), "%.2700s/%s", home, list[i].name);
		rc = each(ctx, path);
	}
	free(list);
	return rc;
}

static int take_first(void *ctx, const char *dir)
{
	snprintf(ctx, 3000, "%s", dir);
	return 1;
}

struct match {
	const char *path;
	char *dir;
};

static int take_same(void *ctx, const char *dir)
{
	struct match *m = ctx;
	struct weft_state *state;
	char *path;
	int rc = 0;

	if (weft_state_open(dir, false, false, &state, NULL))
		return 0;
	path = weft_state_get(state, "path");
	if (path && !strcmp(path, m->path))
		rc = take_first(m->dir, dir);
	free(path);
	weft_state_close(state);
	return rc;
}

int weft_flow_find_run(const char *word, char dir[3000], struct weft_err *err)
{
	char path[3200], home[3000];
	struct match m = { .dir = dir };
	char *real;

	if (!word) {
		if (weft_flow_each_run("./.weft", take_first, dir))
			return 0;
		return weft_err_set(err, ENOENT, "no run of weft flow in this directory");
	}
	snprintf(path, sizeof(path), "%.2900s/run.db", word);
	if (!access(path, F_OK)) {
		snprintf(dir, 3000, "%.2900s", word);
		return 0;
	}
	snprintf(path, sizeof(path), "./.weft/%.2900s/run.db", word);
	if (!access(path, F_OK)) {
		snprintf(dir, 3000, "./.weft/%.2900s", word);
		return 0;
	}
	real = realpath(word, NULL);
	m.path = real;
	if (real && !weft_run_home(word, home, err) &&
	    weft_flow_each_run(home, take_same, &m)) {
		free(real);
		return 0;
	}
	free(real);
	return weft_err_set(err, ENOENT, "no run \"%s\": neither an id, a directory, nor a workflow that ran",
			    word);
}

int weft_flow_open_run(struct weft_run *run, const char *word, struct weft_err *err)
{
	char dir[3000], *real;
	int rc = weft_flow_find_run(word, dir, err);

	if (rc)
		return rc;
	real = realpath(dir, NULL);
	rc = weft_run_open(run, real ? real : dir, false, err);
	free(real);
	return rc;
}
