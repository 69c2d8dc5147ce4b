/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * job_name.h - what people call a job, and whose it is
 */
#ifndef WEFT_SLURM_JOB_NAME_H
#define WEFT_SLURM_JOB_NAME_H

#include <stdbool.h>

#include <slurm/slurm.h>

bool weft_slurm_is_het(const job_info_t *info);

/*
 * As squeue has it: "12", "12_3", "12_[4-9]" for elements still together,
 * "12+1" for a component.  To be freed; NULL: no memory.
 */
char *weft_slurm_job_name(const job_info_t *info);

/* The user's name, or the number where nobody knows it.  As above. */
char *weft_slurm_user_name(const job_info_t *info);

#endif
