/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * proc_stat.c - see proc_stat.h
 *
 * The name in /proc/PID/stat may hold spaces and brackets, so fields are
 * counted from the last closing bracket.  Source: proc(5).
 */
#include "config.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/sandbox/proc_stat.h"

enum { ENVIRON_LIMIT = 4 << 20 };

bool weft_proc_stat_read(pid_t pid, struct weft_proc_stat *ret_stat)
{
	char path[64], text[1024];
	const char *rest;
	int fd, parent;
	ssize_t len;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	len = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (len <= 0)
		return false;
	text[len] = '\0';
	rest = strrchr(text, ')');
	/* state ppid, then 17 fields, then starttime (field 22) */
	if (!rest || sscanf(rest + 1, " %c %d %*s %*s %*s %*s %*s %*s %*s %*s "
			    "%*s %*s %*s %*s %*s %*s %*s %*s %*s %llu",
			    &ret_stat->state, &parent, &ret_stat->start) != 3)
		return false;
	ret_stat->parent = parent;
	return true;
}

static bool is_entry(const char *at, const char *entry)
{
	size_t len = strlen(entry);

	/* with its end, unless any value will do */
	return !strncmp(at, entry, entry[len - 1] == '=' ? len : len + 1);
}

unsigned int weft_proc_env(pid_t pid, const char *const *entry,
			   unsigned int count)
{
	char path[64], *text, *at;
	unsigned int found = 0;
	size_t len = 0;
	ssize_t got = 1;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/environ", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	text = malloc(ENVIRON_LIMIT + 1);
	while (text && got > 0 && len < ENVIRON_LIMIT) {
		got = read(fd, text + len, ENVIRON_LIMIT - len);
		len += got > 0 ? (size_t)got : 0;
	}
	close(fd);
	if (!text)
		return 0;
	text[len] = '\0';
	for (at = text; at < text + len; at += strlen(at) + 1)
		for (unsigned int i = 0; i < count; i++)
			if (is_entry(at, entry[i]))
				found |= 1u << i;
	free(text);
	return found;
}

static bool is_program(pid_t pid, const char *name)
{
	char path[64], exe[PATH_MAX];
	const char *base;
	ssize_t len;

	snprintf(path, sizeof(path), "/proc/%d/exe", (int)pid);
	len = readlink(path, exe, sizeof(exe) - 1);
	if (len <= 0)
		return false;
	exe[len] = '\0';
	base = strrchr(exe, '/');
	return base && !strncmp(base + 1, name, strlen(name));
}

bool weft_proc_works_in(pid_t pid, const char *name, const char *dir)
{
	char path[64], target[PATH_MAX];
	size_t want = strlen(dir);
	struct dirent *entry;
	bool found = false;
	ssize_t len;
	DIR *fds;

	if (!is_program(pid, name))
		return false;
	snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
	fds = opendir(path);
	if (!fds)
		return false;
	while (!found && (entry = readdir(fds))) {
		len = readlinkat(dirfd(fds), entry->d_name, target,
				 sizeof(target) - 1);
		found = len > (ssize_t)want && !strncmp(target, dir, want) &&
			target[want] == '/';
	}
	closedir(fds);
	return found;
}
