/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * procs.c - starting the sandbox's processes, and knowing them again
 *
 * Daemons run in the foreground of a session of their own, so the process that
 * was forked is the daemon and its pid is known without a pid file.  A pid
 * alone may come to belong to somebody else; with the start time that the
 * kernel gives it, it does not.  Both are written to DIR/procs before anything
 * else happens, so that a crash of ours loses no process.
 *
 * Every daemon carries WEFT_SANDBOX_DAEMON=DIR in its environment, and what it
 * starts inherits that (slurmstepd leaves its parent, but not its
 * environment): kill.c finds them by it.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/file.h"
#include "tools/sandbox/proc_stat.h"
#include "tools/sandbox/sandbox.h"
#include "tools/ui/child.h"

enum { RUN_LIMIT_SEC = 180 };

void weft_sandbox_setenv(const struct weft_sandbox *s)
{
	char path[PATH_MAX];

	weft_sandbox_path(s, path, sizeof(path), "etc/slurm.conf");
	setenv("SLURM_CONF", path, 1);
	setenv("WEFT_SANDBOX", s->dir, 1);
	weft_sandbox_path(s, path, sizeof(path), "etc/weft.json");
	setenv("WEFT_CONF", path, 1);
}

static void redirect(const char *path, int flags, int to)
{
	int fd = open(path, flags | O_CLOEXEC, 0600);

	if (fd >= 0)
		dup2(fd, to);
}

static void become_daemon(const struct weft_sandbox *s, const char *name,
			  const char *const argv[])
{
	char path[PATH_MAX];

	setsid();
	signal(SIGHUP, SIG_DFL);
	signal(SIGPIPE, SIG_DFL);
	redirect("/dev/null", O_RDONLY, STDIN_FILENO);
	weft_sandbox_path(s, path, sizeof(path), "log/%s.out", name);
	redirect(path, O_WRONLY | O_CREAT | O_APPEND, STDOUT_FILENO);
	redirect(path, O_WRONLY | O_CREAT | O_APPEND, STDERR_FILENO);
	if (chdir(s->dir) < 0)
		_exit(126);
	weft_sandbox_setenv(s);
	unsetenv("WEFT_SANDBOX");
	setenv("WEFT_SANDBOX_DAEMON", s->dir, 1);
	execv(argv[0], (char *const *)argv);
	_exit(127);
}

static int note_proc(const struct weft_sandbox *s, const char *name, pid_t pid,
		     struct weft_err *err)
{
	struct weft_proc_stat stat;
	char path[PATH_MAX], line[160];
	int fd, len;

	if (!weft_proc_stat_read(pid, &stat))
		return weft_err_set(err, ESRCH, "%s: ended at once", name);
	weft_sandbox_path(s, path, sizeof(path), "procs");
	fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (fd < 0)
		return weft_err_sys(err, errno, "%s", path);
	len = snprintf(line, sizeof(line), "%s %d %llu\n", name, (int)pid,
		       stat.start);
	if (write(fd, line, (size_t)len) != len) {
		close(fd);
		return weft_err_sys(err, EIO, "%s: cannot write", path);
	}
	close(fd);
	return 0;
}

int weft_sandbox_spawn(const struct weft_sandbox *s, const char *name,
		       const char *const argv[], struct weft_err *err)
{
	pid_t pid = fork();
	int rc;

	if (pid < 0)
		return weft_err_sys(err, errno, "%s: cannot fork", name);
	if (!pid)
		become_daemon(s, name, argv);
	rc = note_proc(s, name, pid, err);
	if (rc)
		kill(pid, SIGKILL);
	return rc;
}

static void point_at_sandbox(const void *ctx)
{
	weft_sandbox_setenv(ctx);
}

int weft_sandbox_run(const struct weft_sandbox *s, const char *const argv[],
		     struct weft_buf *ret_out, int *ret_code,
		     struct weft_err *err)
{
	const struct weft_child child = { .argv = argv, .out = ret_out,
					  .limit_sec = RUN_LIMIT_SEC,
					  .prepare = point_at_sandbox, .ctx = s };

	return weft_child_run(&child, ret_code, err);
}

static bool parse_proc(const char *line, struct weft_sandbox_proc *proc)
{
	struct weft_proc_stat stat;
	int pid;

	if (sscanf(line, "%63s %d %llu", proc->name, &pid, &proc->start) != 3 ||
	    pid <= 1)
		return false;
	proc->pid = pid;
	proc->running = weft_proc_stat_read(pid, &stat) &&
			stat.start == proc->start && stat.state != 'Z';
	return true;
}

/* list[count] is new: it takes the place of one of its name that has ended. */
static uint32_t supersede(struct weft_sandbox_proc *list, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		if (!list[i].running && !strcmp(list[i].name, list[count].name)) {
			list[i] = list[count];
			return count;
		}
	return count + 1;
}

int weft_sandbox_list_procs(const struct weft_sandbox *s,
			    struct weft_sandbox_proc **ret_list,
			    uint32_t *ret_count, struct weft_err *err)
{
	struct weft_sandbox_proc *list;
	char path[PATH_MAX], *text, *line;
	uint32_t count = 0, lines = 1;
	int rc;

	weft_sandbox_path(s, path, sizeof(path), "procs");
	rc = weft_file_read(path, 4u << 20, &text, NULL, err);
	if (rc == -ENOENT) {
		*ret_list = NULL;
		*ret_count = 0;
		return 0;
	}
	if (rc)
		return rc;
	for (line = text; *line; line++)
		lines += *line == '\n';
	list = calloc(lines, sizeof(*list));
	for (line = text; list && line && *line; ) {
		if (parse_proc(line, &list[count]))
			count = supersede(list, count);
		line = strchr(line, '\n');
		line += line != NULL;
	}
	free(text);
	if (!list)
		return weft_err_set(err, ENOMEM, "%s: out of memory", path);
	*ret_list = list;
	*ret_count = count;
	return 0;
}
