/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * weigh.c - preloaded: slurmctld tells how much memory is in use
 *
 * WEFT_WEIGH=FILE.  Who wants to know writes the process id of slurmctld to
 * FILE.ask and has slurmctld save something: each save of its state ends with
 * unlink().  The thread that calls it, which holds no lock of malloc's then,
 * removes FILE.ask and makes FILE of what malloc_info() prints.
 *
 * A debugger that calls malloc_info() stops a thread wherever it is, perhaps
 * inside malloc, and a busy slurmctld stood still or died of it.
 */
#include "config.h"

#include <dlfcn.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static int (*real_unlink)(const char *path);

static int is_asked(const char *ask)
{
	FILE *file = fopen(ask, "re");
	char text[32] = "";

	if (!file)
		return 0;
	if (!fgets(text, sizeof(text), file))
		text[0] = '\0';
	fclose(file);
	return strtol(text, NULL, 10) == getpid();
}

static void tell(const char *path)
{
	char name[4096];
	FILE *file;

	snprintf(name, sizeof(name), "%s.ask", path);
	if (!is_asked(name) || real_unlink(name))
		return;
	snprintf(name, sizeof(name), "%s.new", path);
	file = fopen(name, "we");
	if (!file)
		return;
	if (!malloc_info(0, file) && !fclose(file))
		rename(name, path);
}

__attribute__((visibility("default"))) int unlink(const char *path)
{
	const char *weigh = getenv("WEFT_WEIGH");

	if (!real_unlink)
		*(void **)&real_unlink = dlsym(RTLD_NEXT, "unlink");
	if (weigh)
		tell(weigh);
	return real_unlink(path);
}
