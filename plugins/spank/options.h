/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * options.h - what users may type after sbatch, srun and salloc
 *
 * Each option is a word with a value; the value is checked when it is typed,
 * brought to one spelling, and travels to slurmctld under a name of its own
 * in the job's control environment (job_ptr->spank_job_env):
 *
 *   --segment=K              WEFT_SEGMENT            K
 *   --domain=same|any        WEFT_DOMAIN             same | any
 *   --gpu-order=ring|...     WEFT_GPU_ORDER          ring | index | numa
 *   --checkpoint-signal=S@T  WEFT_CHECKPOINT_SIGNAL  [B:]NAME@SECONDS
 *   --min-runtime=TIME       WEFT_MIN_RUNTIME        seconds
 *   --requeue-on=CAUSE,...   WEFT_REQUEUE_ON         causes, comma-separated
 *
 * Pure: no Slurm header, so that the tests need none.
 */
#ifndef WEFT_PLUGINS_SPANK_OPTIONS_H
#define WEFT_PLUGINS_SPANK_OPTIONS_H

#include <stddef.h>

#include "lib/err.h"

#define WEFT_OPTION_SIZE 256	/* bytes of a value in its one spelling */

enum weft_option_id {
	WEFT_OPTION_SEGMENT,
	WEFT_OPTION_DOMAIN,
	WEFT_OPTION_GPU_ORDER,
	WEFT_OPTION_CHECKPOINT_SIGNAL,
	WEFT_OPTION_MIN_RUNTIME,
	WEFT_OPTION_REQUEUE_ON,
	WEFT_OPTION_COUNT,
};

struct weft_option {
	const char *name;	/* after "--" or "--weft-" */
	const char *env;	/* in the job's control environment */
	const char *arg;	/* for --help */
	const char *help;
};

const struct weft_option *weft_option_get(enum weft_option_id id);

/*
 * Check what the user typed and write its one spelling to value[] of
 * WEFT_OPTION_SIZE bytes.  -EINVAL and a message that says what is expected,
 * with an example; value is untouched then.
 */
int weft_option_parse(enum weft_option_id id, const char *text, char *value,
		      struct weft_err *err);

#endif
