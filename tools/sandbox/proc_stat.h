/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * proc_stat.h - what the kernel says of a process in /proc
 */
#ifndef WEFT_TOOLS_SANDBOX_PROC_STAT_H
#define WEFT_TOOLS_SANDBOX_PROC_STAT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct weft_proc_stat {
	char state;			/* 'R', 'S', 'Z', ... */
	pid_t parent;
	unsigned long long start;	/* clock ticks since boot */
};

/* False: no such process. */
bool weft_proc_stat_read(pid_t pid, struct weft_proc_stat *ret_stat);

/*
 * Which of these does its environment hold?  Bit i stands for entry[i], which
 * is "NAME=value", or "NAME=" for any value.  0 if it can't be read.
 */
unsigned int weft_proc_env(pid_t pid, const char *const *entry,
			   unsigned int count);

/*
 * Does the name of its program begin with NAME ("slurmstepd" is also
 * Debian's slurmstepd-wlm), and has it a file open below DIR?  False if that
 * can't be read.
 */
bool weft_proc_works_in(pid_t pid, const char *name, const char *dir);

#endif
