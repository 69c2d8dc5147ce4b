/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kill.c - ending exactly what a sandbox started
 *
 * A process belongs to the sandbox if it was noted when it was started (same
 * pid and same start time), if it carries the daemons' mark in its environment
 * or is a slurmstepd with a file open in the sandbox (it leaves its parent, and
 * from 23.11 on writes its title over its environment), if it is a job's
 * process that left its parent too, or if its parent belongs.  We ourselves and those above us
 * never do: "stop" may be called from inside "exec".
 *
 * Daemons are asked first, so that a kept directory is left in order; what is
 * still there after that is killed, and looked for again until nothing is.
 */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tools/sandbox/proc_stat.h"
#include "tools/sandbox/sandbox.h"

enum { POLL_MSEC = 50, ASK_ROUNDS = 100, KILL_ROUNDS = 100 };

struct one {
	pid_t pid, parent;
	bool ours;
};

struct table {
	struct one *one;
	uint32_t count, cap;
};

static int read_table(struct table *t, struct weft_err *err)
{
	struct weft_proc_stat stat;
	struct dirent *entry;
	DIR *proc = opendir("/proc");

	if (!proc)
		return weft_err_sys(err, errno, "/proc");
	t->count = 0;
	while ((entry = readdir(proc))) {
		pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);
		struct one *bigger;

		if (pid <= 1 || !weft_proc_stat_read(pid, &stat) ||
		    stat.state == 'Z')
			continue;
		if (t->count == t->cap) {
			t->cap = t->cap ? t->cap * 2 : 512;
			bigger = realloc(t->one, t->cap * sizeof(*bigger));
			if (!bigger) {
				closedir(proc);
				return weft_err_set(err, ENOMEM, "out of memory");
			}
			t->one = bigger;
		}
		t->one[t->count++] = (struct one){ pid, stat.parent, false };
	}
	closedir(proc);
	return 0;
}

static struct one *find(const struct table *t, pid_t pid)
{
	for (uint32_t i = 0; i < t->count; i++)
		if (t->one[i].pid == pid)
			return &t->one[i];
	return NULL;
}

static void mark_noted(struct table *t, const struct weft_sandbox_proc *noted,
		       uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		struct one *one = noted[i].running ? find(t, noted[i].pid) : NULL;

		if (one)
			one->ours = true;
	}
}

/*
 * A daemon's mark, which slurmstepd inherits; or one of the two by which a
 * job's process is known, the sandbox and slurmstepd's path to slurm.conf,
 * with the job's id that slurmstepd gives every task.
 */
static bool has_traces(pid_t pid, const char *const *entry, const char *dir)
{
	enum { DAEMON = 1, MEMBER = 2, CONF = 4, JOB = 8 };
	unsigned int env = weft_proc_env(pid, entry, 4);

	return env & DAEMON || (env & JOB && env & (MEMBER | CONF)) ||
		weft_proc_works_in(pid, "slurmstepd", dir);
}

static void mark_by_traces(struct table *t, const struct weft_sandbox *s)
{
	char daemon[PATH_MAX], member[PATH_MAX], conf[PATH_MAX];
	const char *const entry[] = { daemon, member, conf, "SLURM_JOB_ID=" };

	snprintf(daemon, sizeof(daemon), "WEFT_SANDBOX_DAEMON=%s", s->dir);
	snprintf(member, sizeof(member), "WEFT_SANDBOX=%s", s->dir);
	snprintf(conf, sizeof(conf), "SLURM_CONF=%s/etc/slurm.conf", s->dir);
	for (uint32_t i = 0; i < t->count; i++)
		if (!t->one[i].ours)
			t->one[i].ours = has_traces(t->one[i].pid, entry, s->dir);
}

static void mark_children(struct table *t)
{
	bool changed = true;

	while (changed) {
		changed = false;
		for (uint32_t i = 0; i < t->count; i++) {
			struct one *parent = find(t, t->one[i].parent);

			if (!t->one[i].ours && parent && parent->ours) {
				t->one[i].ours = true;
				changed = true;
			}
		}
	}
}

static void spare_ourselves(struct table *t)
{
	struct one *one = find(t, getpid());

	for (; one; one = find(t, one->parent))
		one->ours = false;
}

/* Who belongs to the sandbox right now; returns how many, negative errno. */
static int gather(struct table *t, const struct weft_sandbox *s,
		  struct weft_err *err)
{
	struct weft_sandbox_proc *noted;
	uint32_t noted_count;
	int rc, count = 0;

	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
	rc = read_table(t, err);
	if (!rc)
		rc = weft_sandbox_list_procs(s, &noted, &noted_count, err);
	if (rc)
		return rc;
	mark_noted(t, noted, noted_count);
	free(noted);
	mark_by_traces(t, s);
	mark_children(t);
	spare_ourselves(t);
	for (uint32_t i = 0; i < t->count; i++)
		count += t->one[i].ours;
	return count;
}

static void nap(void)
{
	struct timespec ts = { .tv_nsec = POLL_MSEC * 1000000L };

	nanosleep(&ts, NULL);
}

/* Does one of the noted processes run still?  name NULL: any. */
static bool noted_runs(const struct weft_sandbox *s, const char *name)
{
	struct weft_sandbox_proc *noted;
	uint32_t count;
	bool any = false;

	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
	if (weft_sandbox_list_procs(s, &noted, &count, NULL))
		return false;
	for (uint32_t i = 0; i < count; i++)
		any |= noted[i].running &&
		       (!name || !strcmp(noted[i].name, name));
	free(noted);
	return any;
}

static void wait_for_end(const struct weft_sandbox *s, const char *name)
{
	for (int i = 0; i < ASK_ROUNDS && noted_runs(s, name); i++)
		nap();
}

/*
 * TERM to the daemons, the last started first.  slurmdbd would wait long for a
 * MariaDB that is gone, so it is let go before.
 */
static int ask_daemons(const struct weft_sandbox *s, struct weft_err *err)
{
	struct weft_sandbox_proc *noted;
	uint32_t count;
	int rc = weft_sandbox_list_procs(s, &noted, &count, err);

	if (rc)
		return rc;
	for (uint32_t i = count; i-- > 0;) {
		if (!noted[i].running)
			continue;
		kill(noted[i].pid, SIGTERM);
		if (!strcmp(noted[i].name, "slurmdbd"))
			wait_for_end(s, "slurmdbd");
	}
	free(noted);
	wait_for_end(s, NULL);
	return 0;
}

int weft_sandbox_kill_all(const struct weft_sandbox *s, struct weft_err *err)
{
	struct table t = { 0 };
	int left = 0, rc;

	rc = ask_daemons(s, err);
	for (int round = 0; !rc && round < KILL_ROUNDS; round++) {
		left = gather(&t, s, err);
		if (left <= 0)
			break;
		for (uint32_t i = 0; i < t.count; i++)
			if (t.one[i].ours)
				kill(t.one[i].pid, SIGKILL);
		nap();
	}
	free(t.one);
	if (rc || left < 0)
		return rc ? rc : left;
	if (left > 0)
		return weft_err_set(err, EBUSY,
			"%s: %d processes do not end, even by SIGKILL", s->dir,
			left);
	return 0;
}
