/* SPDX-License-Identifier: GPL-2.0-or-later */
/* find.h - the run a user means. */
#ifndef WEFT_FLOW_FIND_H
#define WEFT_FLOW_FIND_H

#include "lib/err.h"

struct weft_run;

/*
 * The directory of the run meant by word: a directory with run.db, a run's id
 * under ./.weft, a workflow file (its newest run), or NULL (the newest run
 * under ./.weft).  -ENOENT with what was looked for.
 */
int weft_flow_find_run(const char *word, char dir[3000], struct weft_err *err);

/* Call each(ctx, dir) for the runs under home, newest first; stops at 1. */
int weft_flow_each_run(const char *home, int (*each)(void *ctx, const char *dir),
		       void *ctx);

/* Find it and open it to read: no lock, no question to Slurm. */
int weft_flow_open_run(struct weft_run *run, const char *word, struct weft_err *err);

#endif
