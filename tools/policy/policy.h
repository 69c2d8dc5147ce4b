/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * policy.h - `weft policy`: the rules for submissions, without Slurm
 */
#ifndef WEFT_TOOLS_POLICY_POLICY_H
#define WEFT_TOOLS_POLICY_POLICY_H

#include "submit/rules.h"

int policy_command(int argc, char **argv);

/* A job as a batch script and sbatch's options describe it. */
struct policy_job {
	struct weft_submission sub;
	char **owned;		/* texts made on the way */
	uint32_t owned_count;
	const char *gres, *gpus_per_node;	/* both end in one field */
};

void policy_job_init(struct policy_job *job);
void policy_job_fini(struct policy_job *job);
/*
 * One option of sbatch, by long name or letter; also user, requester and
 * groups, which no sbatch takes.  -EINVAL with what was expected; options that
 * no rule can see are passed over.
 */
int policy_job_option(struct policy_job *job, const char *name, char letter,
		      const char *value, struct weft_err *err);
/* Does the option take a value?  -1: there is no such option. */
int policy_option_has_value(const char *name, char letter);
/* The script's #SBATCH lines, and its text.  Options set later win. */
int policy_job_script(struct policy_job *job, const char *text, size_t len,
		      struct weft_err *err);

#endif
