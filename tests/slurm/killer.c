/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * killer.c - preloaded: kill this process at its Nth step to the outside
 *
 * A step is a write made durable (fdatasync, fsync), a file removed or cut
 * (unlink, ftruncate: how SQLite ends a transaction) or a connection opened
 * (an order to slurmctld).  WEFT_KILL_AT=N kills with SIGKILL before step N;
 * an odd N kills after the step instead, so that "done but not yet noted" is
 * met as well.
 *
 * Or stop another: WEFT_STOP_AT=N sends signal WEFT_STOP_SIGNAL to the process
 * WEFT_STOP_PID before the Nth job is submitted; stopped slurmctlds take what
 * is sent to them meanwhile when they go on, whether anyone listens or not.
 * Nothing in the program knows of it.
 */
#include "config.h"

#include <dlfcn.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <unistd.h>

static int steps;

static void before(int step, int limit)
{
	if (limit && limit % 2 == 0 && step == limit)
		kill(getpid(), SIGKILL);
}

static void after(int step, int limit)
{
	if (limit && limit % 2 && step == limit)
		kill(getpid(), SIGKILL);
}

#define STEP(type, name, args, call)                                           \
	__attribute__((visibility("default"))) type name args;                 \
	type name args                                                         \
	{                                                                      \
		static type (*real) args;                                      \
		const char *text = getenv("WEFT_KILL_AT");                     \
		int limit = text ? (int)strtol(text, NULL, 10) : 0;            \
		int step = __sync_add_and_fetch(&steps, 1);                    \
		type rc;                                                       \
                                                                               \
		if (!real)                                                     \
			*(void **)&real = dlsym(RTLD_NEXT, #name);             \
		before(step, limit);                                           \
		rc = real call;                                                \
		after(step, limit);                                            \
		return rc;                                                     \
	}

static long number_of(const char *name)
{
	const char *text = getenv(name);

	return text ? strtol(text, NULL, 10) : 0;
}

__attribute__((visibility("default"))) int slurm_submit_batch_job(void *job, void **answer);
int slurm_submit_batch_job(void *job, void **answer)
{
	static int (*real)(void *job, void **answer);
	static int submitted;

	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "slurm_submit_batch_job");
	if (__sync_add_and_fetch(&submitted, 1) == number_of("WEFT_STOP_AT"))
		kill((pid_t)number_of("WEFT_STOP_PID"), (int)number_of("WEFT_STOP_SIGNAL"));
	return real(job, answer);
}

STEP(int, fdatasync, (int fd), (fd))
STEP(int, fsync, (int fd), (fd))
STEP(int, ftruncate64, (int fd, off64_t len), (fd, len))
STEP(int, ftruncate, (int fd, off_t len), (fd, len))
STEP(int, connect, (int fd, const struct sockaddr *to, socklen_t len), (fd, to, len))
