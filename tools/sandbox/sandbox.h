/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sandbox.h - a private, real Slurm in one directory
 *
 * A sandbox is a directory.  Everything it needs lies there: a munge key and
 * socket, slurm.conf and its companions, spools, logs, emulated devices, and
 * the list of the processes that were started for it.  Nothing outside is
 * touched, so several sandboxes run side by side and none knows of a system
 * Slurm on the same machine.
 *
 *   DIR/etc/       slurm.conf gres.conf cgroup.conf plugstack.conf weft.json
 *   DIR/dev/       nvidia0 ... (character devices that swallow what is written)
 *   DIR/log/       one file a daemon
 *   DIR/plugins/   links to the plugins under test
 *   DIR/procs      "NAME PID STARTTIME" a line, written as each is started
 *   DIR/sandbox.json  what was asked for, and the ports
 */
#ifndef WEFT_TOOLS_SANDBOX_SANDBOX_H
#define WEFT_TOOLS_SANDBOX_SANDBOX_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/buf.h"
#include "lib/err.h"

enum {
	WEFT_SANDBOX_NODES_MAX = 4096,
	WEFT_SANDBOX_TOPOLOGIES_MAX = 64,
	WEFT_SANDBOX_PORTS_BESIDE = 3,	/* slurmctld, slurmdbd, MariaDB */
};

struct weft_sandbox {
	char dir[PATH_MAX / 4];
	char name[64];
	/* what was asked for */
	uint32_t nodes, gpus, cpus, memory_mib, domains;
	char gpu_type[32];
	const char *partition;		/* a further PartitionName= line's text, or NULL */
	const char *conf_extra;		/* file appended to slurm.conf, or NULL */
	char topology[WEFT_SANDBOX_TOPOLOGIES_MAX][PATH_MAX / 4];	/* absolute */
	uint32_t topology_count;
	bool slurmdbd;
	bool plugins;			/* ours on; off is stock Slurm */
	char plugin_dir[PATH_MAX / 4];	/* where our plugins are, "" if off */
	/* what was found */
	char stock_dir[PATH_MAX / 4];	/* Slurm's own plugins */
	char release[32];		/* "22.05.8" */
	bool have_sched, have_gres, have_submit, have_spank;
	uint16_t port;			/* slurmctld; +1 slurmdbd, +2 MariaDB, +3 ... nodes */
};

/* ---- find.c: what this machine has --------------------------------------- */

/* Fill stock_dir, release, plugin_dir, have_*. */
int weft_sandbox_find(struct weft_sandbox *s, struct weft_err *err);
/* The path of a program in PATH or the sbin directories; false: not there. */
bool weft_sandbox_program(const char *name, char *ret_path, size_t size);

/* ---- ports.c --------------------------------------------------------------- */

/* Take consecutive free ports, kept from other sandboxes: sets s->port. */
int weft_sandbox_take_ports(struct weft_sandbox *s, struct weft_err *err);
void weft_sandbox_drop_ports(const struct weft_sandbox *s);

/* ---- conf.c, devices.c ------------------------------------------------------ */

int weft_sandbox_write_conf(const struct weft_sandbox *s, struct weft_err *err);
int weft_sandbox_make_devices(const struct weft_sandbox *s, struct weft_err *err);

/* ---- procs.c ------------------------------------------------------------------ */

/*
 * Start argv (a full path first, NULL last) as a daemon of the sandbox, its
 * output in DIR/log/NAME.out, and note it in DIR/procs.
 */
int weft_sandbox_spawn(const struct weft_sandbox *s, const char *name,
		       const char *const argv[], struct weft_err *err);
/* Run argv and wait; its stdout goes to ret_out (NULL: nowhere). */
int weft_sandbox_run(const struct weft_sandbox *s, const char *const argv[],
		     struct weft_buf *ret_out, int *ret_code,
		     struct weft_err *err);
/* The environment of everything that talks to this sandbox. */
void weft_sandbox_setenv(const struct weft_sandbox *s);

struct weft_sandbox_proc {
	char name[64];
	pid_t pid;
	unsigned long long start;	/* of the process, in clock ticks since boot */
	bool running;
};
/* What was noted; free() the list. */
int weft_sandbox_list_procs(const struct weft_sandbox *s,
			    struct weft_sandbox_proc **ret_list,
			    uint32_t *ret_count, struct weft_err *err);

/* ---- kill.c -------------------------------------------------------------------- */

/* End every process of the sandbox: those noted, and all that came of them. */
int weft_sandbox_kill_all(const struct weft_sandbox *s, struct weft_err *err);

/* ---- start.c, database.c, state.c ------------------------------------------------ */

int weft_sandbox_start(struct weft_sandbox *s, struct weft_err *err);
/* Ends it; removes the directory unless keep. */
int weft_sandbox_stop(const struct weft_sandbox *s, bool keep,
		      struct weft_err *err);
/* End slurmctld or slurmd.nodeN if it runs, start it anew, wait for the nodes. */
int weft_sandbox_restart(const struct weft_sandbox *s, const char *name,
			 struct weft_err *err);
/* Nodes that can run jobs; -1 if slurmctld does not answer. */
int weft_sandbox_count_up(const struct weft_sandbox *s);
/* A private MariaDB and slurmdbd before slurmctld starts. */
int weft_sandbox_start_database(const struct weft_sandbox *s,
				struct weft_err *err);

int weft_sandbox_write_state(const struct weft_sandbox *s, struct weft_err *err);
/* -ENOENT if there is no sandbox at s->dir. */
int weft_sandbox_read_state(struct weft_sandbox *s, struct weft_err *err);

/* The directory: as given, or NAME below weft_sandbox_home(). */
int weft_sandbox_set_dir(struct weft_sandbox *s, const char *dir,
			 const char *name, struct weft_err *err);
/* The directory over all sandboxes of this user, made with mode 0700. */
int weft_sandbox_home(char *ret_path, size_t size, struct weft_err *err);

/* "DIR/<fmt>" into path; a path that is too long ends in an open that fails. */
void weft_sandbox_path(const struct weft_sandbox *s, char *path, size_t size,
		       const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

#endif
