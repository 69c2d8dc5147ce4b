/* SPDX-License-Identifier: GPL-2.0-or-later */
/* jobdesc.h - options of sbatch into Slurm's job description. */
#ifndef WEFT_SLURM_JOBDESC_H
#define WEFT_SLURM_JOBDESC_H

#include <slurm/slurm.h>

#include "tools/slurm/submit.h"

/* What a description borrows until it is sent. */
struct weft_jobdesc {
	job_desc_msg_t msg;
	char *owned[64];
	unsigned int owned_count;
	char **env;		/* malloc'd vector; texts from env_borrowed on are ours */
	size_t env_count, env_cap, env_borrowed;
	uint32_t ntasks;
	bool ntasks_set, nodes_set, cpus_set, overcommit;
	bool env_none;		/* --export=NONE */
};

int weft_jobdesc_init(struct weft_jobdesc *desc, const struct weft_slurm_job *job,
		      struct weft_err *err);
void weft_jobdesc_fini(struct weft_jobdesc *desc);
/* NAME=VALUE into the job's environment, replacing the old value. */
int weft_jobdesc_setenv(struct weft_jobdesc *desc, const char *name, const char *value);

/* One option of sbatch into the description. */
int weft_jobdesc_option(struct weft_jobdesc *desc,
			const struct weft_slurm_option *option, struct weft_err *err);

/* The options in jobdesc_words.c; value as on the command line. */
int weft_jobdesc_mail_type(struct weft_jobdesc *desc, const char *value);
int weft_jobdesc_profile(struct weft_jobdesc *desc, const char *value);
int weft_jobdesc_distribution(struct weft_jobdesc *desc, const char *value);

#endif
