/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sbatch_options.h - every option of sbatch, by name, and what its value means
 *
 * One table says what a workflow's `resources` may hold and how an #SBATCH
 * line reads.  It knows values well enough to refuse nonsense before anything
 * is submitted and to add up nodes, GPUs and hours; putting them into Slurm's
 * own structure is tools/slurm/jobdesc.c's work.
 */
#ifndef WEFT_FLOW_SBATCH_OPTIONS_H
#define WEFT_FLOW_SBATCH_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/err.h"

enum weft_sbatch_kind {
	WEFT_SBATCH_FLAG,	/* no value; true or false in a file */
	WEFT_SBATCH_TEXT,	/* any text, handed to Slurm as it is */
	WEFT_SBATCH_COUNT,	/* a non-negative integer, "1k" is 1024 */
	WEFT_SBATCH_INT,	/* an integer with a sign */
	WEFT_SBATCH_MEMORY,	/* 500, 500M, 16G: MiB unless a unit is given */
	WEFT_SBATCH_TIME,	/* minutes, h:m:s, d-h, ... */
	WEFT_SBATCH_DATE,	/* now+1hour, 16:00, 2030-01-20T12:34:00 */
	WEFT_SBATCH_NODES,	/* min[-max] */
	WEFT_SBATCH_SIGNAL,	/* [B:]sig[@seconds] */
};

enum weft_sbatch_use {
	WEFT_SBATCH_USED,
	WEFT_SBATCH_IGNORED,	/* changes nothing for a job in a workflow */
	WEFT_SBATCH_REFUSED,	/* contradicts what a workflow does: see help */
};

struct weft_sbatch_option {
	const char *name;	/* without the dashes */
	char letter;		/* 0: none */
	enum weft_sbatch_kind kind;
	bool value_optional;	/* --exclusive and --exclusive=user */
	enum weft_sbatch_use use;
	const char *help;	/* why it is refused, or NULL */
};

/* The table, ended by a NULL name; *ret_count may be NULL. */
const struct weft_sbatch_option *weft_sbatch_options(size_t *ret_count);
/* By long name ("tasks-per-node" finds "ntasks-per-node"); '_' equals '-'. */
const struct weft_sbatch_option *weft_sbatch_option_find(const char *name);
const struct weft_sbatch_option *weft_sbatch_option_letter(char letter);
/* The name most like the given one, NULL if none is near. */
const char *weft_sbatch_option_nearest(const char *name);

/*
 * Check a value (NULL: none given) without Slurm.  -EINVAL with
 * "--name=value: what was expected".
 */
int weft_sbatch_value_check(const struct weft_sbatch_option *option,
			    const char *value, struct weft_err *err);

/* The readers behind it; each returns 0 or -EINVAL. */
int weft_sbatch_parse_count(const char *text, uint64_t *ret_count);
int weft_sbatch_parse_mib(const char *text, uint64_t *ret_mib);
/* Minutes, rounded up; UINT32_MAX: unlimited. */
int weft_sbatch_parse_minutes(const char *text, uint32_t *ret_minutes);
int weft_sbatch_parse_nodes(const char *text, uint32_t *ret_min,
			    uint32_t *ret_max);
/* "[{R}{B}:]USR1@120"; seconds default to 60.  flags: bit 0 B, bit 1 R. */
int weft_sbatch_parse_signal(const char *text, int *ret_signal,
			     unsigned int *ret_seconds, unsigned int *ret_flags);
/* Number of a signal given as 10, USR1 or SIGUSR1; -EINVAL. */
int weft_sbatch_parse_signal_name(const char *text, size_t len);
/*
 * GPUs in "4", "h100:4", "gpu:h100:4,nvme:1" (gres: only items named gpu
 * count; "gpu" alone is one).  -EINVAL if a count does not read.
 */
int weft_sbatch_parse_gpus(const char *text, bool gres, uint64_t *ret_gpus);

#endif
