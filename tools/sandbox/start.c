/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * start.c - bringing a sandbox up, watching it come, taking it down
 *
 * The order is munged, the database if asked for, slurmctld, the slurmds, and
 * then a wait until every node is idle.  sandbox.json is written before the
 * first process, so whatever happens after that, stop finds what there is.  If
 * anything fails, what was started is ended again, and the message carries the
 * line of the log that most likely says why.
 */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lib/file.h"
#include "tools/sandbox/sandbox.h"
#include "tools/ui/progress.h"

enum {
	KEY_BYTES = 1024,
	POLL_MSEC = 50,
	BATCH = 32,		/* slurmds started without a pause */
	WAIT_SEC = 30,		/* for the nodes, and a second more for each 8 */
	LOG_LIMIT = 64 << 20,
	END_ROUNDS = 200,
};

static void nap(int msec)
{
	struct timespec ts = { .tv_sec = msec / 1000,
			       .tv_nsec = msec % 1000 * 1000000L };

	nanosleep(&ts, NULL);
}

static int make_dirs(const struct weft_sandbox *s, struct weft_err *err)
{
	static const char *const names[] = { "", "etc", "run", "log", "state",
		"spool", "tmp", "dev", "plugins" };
	char path[PATH_MAX];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		weft_sandbox_path(s, path, sizeof(path), "%s", names[i]);
		if (mkdir(path, 0755) < 0)
			return errno == EEXIST ? weft_err_set(err, EEXIST,
				"%s is there already: stop the sandbox first, or give another --name or --dir",
				s->dir) : weft_err_sys(err, errno, "%s", path);
		if (chmod(path, i ? 0755 : 0711) < 0)
			return weft_err_sys(err, errno, "%s", path);
	}
	for (uint32_t n = 0; n < s->nodes; n++) {
		weft_sandbox_path(s, path, sizeof(path), "tmp/node%u", n);
		if (mkdir(path, 0700) < 0)
			return weft_err_sys(err, errno, "%s", path);
		weft_sandbox_path(s, path, sizeof(path), "spool/node%u", n);
		if (mkdir(path, 0755) < 0)
			return weft_err_sys(err, errno, "%s", path);
	}
	return 0;
}

static int link_plugins(const struct weft_sandbox *s, struct weft_err *err)
{
	static const char *const names[] = { "sched_weft.so", "gres_nvlink.so",
		"job_submit_weft.so", "weft.so" };
	const bool have[] = { s->have_sched, s->have_gres, s->have_submit,
			      s->have_spank };
	char path[PATH_MAX], target[PATH_MAX];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!have[i])
			continue;
		snprintf(target, sizeof(target), "%s/%s", s->plugin_dir,
			 names[i]);
		weft_sandbox_path(s, path, sizeof(path), "plugins/%s", names[i]);
		if (symlink(target, path) < 0)
			return weft_err_sys(err, errno, "%s", path);
	}
	return 0;
}

static int write_key(const struct weft_sandbox *s, struct weft_err *err)
{
	char path[PATH_MAX], key[KEY_BYTES];

	if (getrandom(key, sizeof(key), 0) != sizeof(key))
		return weft_err_sys(err, errno, "no random bytes");
	weft_sandbox_path(s, path, sizeof(path), "run/munge.key");
	return weft_file_replace(path, key, sizeof(key), 0400, err);
}

static int start_munged(const struct weft_sandbox *s, struct weft_err *err)
{
	char program[PATH_MAX], opt[6][PATH_MAX];
	const char *argv[] = { program, "--foreground", "--force", opt[0],
			       opt[1], opt[2], opt[3], opt[4], NULL };
	char path[PATH_MAX];
	int rc = write_key(s, err);

	if (rc)
		return rc;
	weft_sandbox_program("munged", program, sizeof(program));
	snprintf(opt[0], PATH_MAX, "--socket=%s/run/munge.socket", s->dir);
	snprintf(opt[1], PATH_MAX, "--key-file=%s/run/munge.key", s->dir);
	snprintf(opt[2], PATH_MAX, "--pid-file=%s/run/munged.pid", s->dir);
	snprintf(opt[3], PATH_MAX, "--log-file=%s/log/munged.log", s->dir);
	snprintf(opt[4], PATH_MAX, "--seed-file=%s/run/munged.seed", s->dir);
	rc = weft_sandbox_spawn(s, "munged", argv, err);
	weft_sandbox_path(s, path, sizeof(path), "run/munge.socket");
	for (int i = 0; !rc && access(path, F_OK) < 0; i++) {
		if (i == 100)
			return weft_err_set(err, ETIMEDOUT,
				"munged does not open its socket: see %s/log/munged.out",
				s->dir);
		nap(POLL_MSEC);
	}
	return rc;
}

static int start_slurmctld(const struct weft_sandbox *s, struct weft_err *err)
{
	char program[PATH_MAX], conf[PATH_MAX];
	const char *argv[] = { program, "-D", "-f", conf, NULL };

	weft_sandbox_program("slurmctld", program, sizeof(program));
	weft_sandbox_path(s, conf, sizeof(conf), "etc/slurm.conf");
	return weft_sandbox_spawn(s, "slurmctld", argv, err);
}

static int start_slurmd(const struct weft_sandbox *s, uint32_t n,
			struct weft_err *err)
{
	char program[PATH_MAX], conf[PATH_MAX], node[32], name[64];
	const char *argv[] = { program, "-D", "-N", node, "-f", conf, NULL };

	weft_sandbox_program("slurmd", program, sizeof(program));
	weft_sandbox_path(s, conf, sizeof(conf), "etc/slurm.conf");
	snprintf(node, sizeof(node), "node%u", n);
	snprintf(name, sizeof(name), "slurmd.node%u", n);
	return weft_sandbox_spawn(s, name, argv, err);
}

static int start_slurmds(const struct weft_sandbox *s, struct weft_err *err)
{
	int rc = 0;

	for (uint32_t n = 0; n < s->nodes && !rc; n++) {
		rc = start_slurmd(s, n, err);
		if (n % BATCH == BATCH - 1)
			nap(POLL_MSEC);
	}
	return rc;
}

static int wait_for_nodes(const struct weft_sandbox *s, struct weft_err *err);

/* Ask the process noted last under this name to end; kill it if it does not. */
static int end_daemon(const struct weft_sandbox *s, const char *name,
		      struct weft_err *err)
{
	struct weft_sandbox_proc *list;
	uint32_t count;
	int rc = weft_sandbox_list_procs(s, &list, &count, err);
	pid_t pid = 0;

	for (uint32_t i = 0; !rc && i < count; i++)
		if (!strcmp(list[i].name, name) && list[i].running)
			pid = list[i].pid;
	if (!rc)
		free(list);
	for (int i = 0; pid && i < END_ROUNDS; i++) {
		if (kill(pid, i < END_ROUNDS / 2 ? SIGTERM : SIGKILL) < 0)
			return 0;
		nap(POLL_MSEC);
	}
	return pid ? weft_err_set(err, EBUSY, "%s (pid %d) does not end", name,
				  (int)pid) : rc;
}

int weft_sandbox_restart(const struct weft_sandbox *s, const char *name,
			 struct weft_err *err)
{
	uint32_t n;
	int used = 0, rc;

	if (strcmp(name, "slurmctld") &&
	    (sscanf(name, "slurmd.node%5u%n", &n, &used) != 1 || name[used] ||
	     n >= s->nodes))
		return weft_err_set(err, EINVAL,
			"%s: expected slurmctld or slurmd.node0 ... slurmd.node%u",
			name, s->nodes - 1);
	rc = end_daemon(s, name, err);
	if (rc)
		return rc;
	rc = used ? start_slurmd(s, n, err) : start_slurmctld(s, err);
	return rc ? rc : wait_for_nodes(s, err);
}

/* Hundreds of daemons: as many files and processes as we are allowed. */
static void raise_limits(void)
{
	static const int which[] = { RLIMIT_NOFILE, RLIMIT_NPROC };
	struct rlimit limit;

	for (size_t i = 0; i < sizeof(which) / sizeof(which[0]); i++)
		if (!getrlimit(which[i], &limit)) {
			limit.rlim_cur = limit.rlim_max;
			setrlimit(which[i], &limit);
		}
}

int weft_sandbox_count_up(const struct weft_sandbox *s)
{
	const char *argv[] = { "sinfo", "-h", "-p", "main", "-t",
			       "idle,alloc,mix", "-o", "%D", NULL };
	struct weft_buf out;
	const char *at;
	char *end;
	int code, count = 0;

	weft_buf_init(&out, 65536);
	if (weft_sandbox_run(s, argv, &out, &code, NULL) || code)
		count = -1;
	for (at = weft_buf_str(&out); count >= 0 && *at; at = *end ? end + 1 : end)
		count += (int)strtol(at, &end, 10);
	weft_buf_fini(&out);
	return count;
}

/* ---- why not? --------------------------------------------------------------- */

/*
 * The line of a log that most likely says why: the last error before the first
 * fatal, if it stands right above it ("Parse error in line 7" before "Unable to
 * process configuration file"), else the fatal one, else the last error.
 */
static bool telling_line(const char *path, char *ret_line, size_t size)
{
	char *text, *line, *end, *error = NULL, *fatal = NULL, *above = NULL;

	if (weft_file_read(path, LOG_LIMIT, &text, NULL, NULL))
		return false;
	for (line = text; *line && !fatal; line = end + (*end != '\0')) {
		end = line + strcspn(line, "\n");
		if (memmem(line, (size_t)(end - line), "fatal", 5))
			fatal = above ? above : line;
		above = NULL;
		if (memmem(line, (size_t)(end - line), "error", 5))
			error = above = line;
	}
	line = fatal ? fatal : error;
	if (line)
		snprintf(ret_line, size, "%.*s", (int)strcspn(line, "\n"), line);
	free(text);
	return line != NULL;
}

static int explain(const struct weft_sandbox *s, int up, struct weft_err *err)
{
	static const char *const first[] = { "slurmctld.log", "slurmctld.out",
		"slurmd.node0.log", "slurmd.node0.out", "munged.log",
		"slurmdbd.log" };
	char path[PATH_MAX], line[300];
	struct dirent *entry;
	DIR *logs;

	for (size_t i = 0; i < sizeof(first) / sizeof(first[0]); i++) {
		weft_sandbox_path(s, path, sizeof(path), "log/%s", first[i]);
		if (telling_line(path, line, sizeof(line)))
			return weft_err_set(err, ETIMEDOUT,
				"%d of %u nodes came up; log/%s says: %s",
				up > 0 ? up : 0, s->nodes, first[i], line);
	}
	weft_sandbox_path(s, path, sizeof(path), "log");
	logs = opendir(path);
	while (logs && (entry = readdir(logs))) {
		weft_sandbox_path(s, path, sizeof(path), "log/%s", entry->d_name);
		if (telling_line(path, line, sizeof(line))) {
			weft_err_set(err, ETIMEDOUT,
				"%d of %u nodes came up; log/%s says: %s",
				up > 0 ? up : 0, s->nodes, entry->d_name, line);
			closedir(logs);
			return -ETIMEDOUT;
		}
	}
	if (logs)
		closedir(logs);
	return weft_err_set(err, ETIMEDOUT,
		"%d of %u nodes came up, and no log says why", up > 0 ? up : 0,
		s->nodes);
}

/* Has a daemon that must run ended? */
static bool has_died(const struct weft_sandbox *s)
{
	struct weft_sandbox_proc *list;
	uint32_t count;
	bool died = false;

	if (weft_sandbox_list_procs(s, &list, &count, NULL))
		return true;
	for (uint32_t i = 0; i < count; i++)
		died |= !list[i].running;
	free(list);
	return died;
}

static int wait_for_nodes(const struct weft_sandbox *s, struct weft_err *err)
{
	struct weft_progress progress;
	time_t until = time(NULL) + WAIT_SEC + s->nodes / 8;
	int up = 0, rc = 0;

	weft_progress_begin(&progress, "nodes", s->nodes);
	while ((up = weft_sandbox_count_up(s)) < (int)s->nodes) {
		weft_progress_set(&progress, up > 0 ? (uint32_t)up : 0);
		if (has_died(s) || time(NULL) > until) {
			rc = explain(s, up, err);
			break;
		}
		nap(POLL_MSEC);
	}
	if (!rc)
		weft_progress_set(&progress, s->nodes);
	weft_progress_end(&progress);
	return rc;
}

/* ---- up and down ------------------------------------------------------------- */

static int bring_up(const struct weft_sandbox *s, struct weft_err *err)
{
	int rc = weft_sandbox_make_devices(s, err);

	if (!rc)
		rc = weft_sandbox_write_conf(s, err);
	if (!rc && s->plugins)
		rc = link_plugins(s, err);
	raise_limits();
	if (!rc)
		rc = start_munged(s, err);
	if (!rc && s->slurmdbd)
		rc = weft_sandbox_start_database(s, err);
	if (!rc)
		rc = start_slurmctld(s, err);
	if (!rc)
		rc = start_slurmds(s, err);
	return rc ? rc : wait_for_nodes(s, err);
}

int weft_sandbox_start(struct weft_sandbox *s, struct weft_err *err)
{
	int rc = weft_sandbox_find(s, err);

	if (!rc)
		rc = make_dirs(s, err);
	if (rc)
		return rc;
	rc = weft_sandbox_take_ports(s, err);
	if (!rc)
		rc = weft_sandbox_write_state(s, err);
	if (!rc)
		rc = bring_up(s, err);
	if (!rc)
		return 0;
	weft_sandbox_kill_all(s, NULL);
	weft_sandbox_drop_ports(s);
	return rc;
}

static int remove_one(const char *path, const struct stat *st, int type,
		      struct FTW *where)
{
	return remove(path);
}

int weft_sandbox_stop(const struct weft_sandbox *s, bool keep,
		      struct weft_err *err)
{
	int rc = weft_sandbox_kill_all(s, err);

	if (rc)
		return rc;
	if (s->port)
		weft_sandbox_drop_ports(s);
	if (keep)
		return 0;
	if (nftw(s->dir, remove_one, 32, FTW_DEPTH | FTW_PHYS | FTW_MOUNT) < 0)
		return weft_err_sys(err, errno, "%s: cannot remove", s->dir);
	return 0;
}
