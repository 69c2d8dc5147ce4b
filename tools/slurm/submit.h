/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * submit.h - give Slurm a batch job, in Weft's own words
 *
 * No type of Slurm's appears here, so what calls it is built and tested
 * without Slurm.  weft_slurm_start() once per process, before any thread.
 */
#ifndef WEFT_SLURM_SUBMIT_H
#define WEFT_SLURM_SUBMIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/err.h"

/* An option of sbatch by its long name; value NULL: none given. */
struct weft_slurm_option {
	const char *name;
	const char *value;
};

struct weft_slurm_job {
	const char *name;
	const char *script;
	const char *work_dir;
	const char *std_out;		/* %A %a %j as sbatch; NULL: Slurm's own */
	const char *std_err;
	const char *comment;
	const char *array;		/* NULL: no array */
	const char *dependency;		/* NULL: none */
	int64_t begin;			/* epoch seconds; 0: at once */
	bool hold;
	char **env;			/* NAME=VALUE, NULL-terminated */
	char **argv;			/* argv[0] is what Slurm shows as Command */
	uint32_t argc;
	const struct weft_slurm_option *options;
	uint32_t option_count;
};

/* Read slurm.conf; 0 or -ENODEV with a message. */
int weft_slurm_start(struct weft_err *err);

/*
 * Submit.  Thread-safe.  Errors:
 *   -EINVAL     Slurm refused it: the message is Slurm's
 *   -EAGAIN     not accepted now (full, busy, no connection): try again later
 *   -ESRCH      a job it depends on is gone
 *   -EDQUOT     a limit of an account or QOS: of the job itself or of how many
 *               there may be; Slurm says no more
 *   -ETIMEDOUT  no answer: the job may exist; look before sending it again
 */
int weft_slurm_submit(const struct weft_slurm_job *job, uint32_t *ret_job_id,
		      struct weft_err *err);

#endif
