/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * limit.h - a limit of a QOS or account that a job waits for, with numbers
 */
#ifndef WEFT_TOOLS_WHY_LIMIT_H
#define WEFT_TOOLS_WHY_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/buf.h"

#define WEFT_LIMIT_JOBS 8
#define WEFT_LIMIT_NAME 64

enum weft_limit_scope {
	WEFT_LIMIT_USER,	/* each user's jobs together */
	WEFT_LIMIT_ACCOUNT,	/* each account's */
	WEFT_LIMIT_GROUP,	/* all that fall under it */
	WEFT_LIMIT_JOB,		/* one job */
};

enum weft_limit_what {
	WEFT_LIMIT_RUNNING,	/* jobs that run */
	WEFT_LIMIT_SUBMITTED,	/* jobs that run or wait */
	WEFT_LIMIT_TRES,	/* of the TRES named */
};

/* What Slurm's word for a reason says. */
struct weft_limit_kind {
	bool qos;		/* of a QOS; else of an association */
	enum weft_limit_scope scope;
	enum weft_limit_what what;
	char tres[16];		/* "cpu", "mem", "node", "gres", "license", ... */
};

struct weft_limit {
	struct weft_limit_kind kind;
	char of[WEFT_LIMIT_NAME];	/* the QOS's or account's name; "": not known */
	char tres[WEFT_LIMIT_NAME];	/* "gres/gpu" */
	uint64_t bound, used, asked;
	uint32_t job[WEFT_LIMIT_JOBS];	/* that use it, as far as they are shown */
	uint32_t job_count, more;	/* more: of them beyond the array */
};

/*
 * "QOSMaxGRESPerUser", "AssocGrpCpuLimit", ...: false for words that are no
 * such limit, or that bound minutes instead of what is held at once.
 */
bool weft_limit_parse(const char *word, struct weft_limit_kind *ret_kind);

/* The count of one TRES in "cpu=8,mem=4G,gres/gpu=2"; sizes in MiB; 0: none. */
uint64_t weft_limit_tres(const char *list, const char *name);

/*
 * "QOS normal allows you 8 GPUs at once; you use 8: jobs 12, 13": no final
 * period.  you: the job is the reader's own.
 */
int weft_limit_format(const struct weft_limit *limit, bool you,
		      struct weft_buf *buf);

#endif
