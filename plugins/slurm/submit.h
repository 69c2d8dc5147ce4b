/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * submit.h - what job_submit plugins need of slurmctld, for every release
 *
 * See compat.h for the rules.
 */
#ifndef WEFT_PLUGINS_SLURM_SUBMIT_H
#define WEFT_PLUGINS_SLURM_SUBMIT_H

#include "plugins/slurm/ctld.h"

#include "src/common/uid.h"

/* An update's message reaches the user from 23.02 on; before, only the log. */
#if SLURM_VERSION_NUMBER >= SLURM_VERSION_NUM(23, 2, 0)
#define WEFT_SLURM_JOB_MODIFY_ARGS                                             \
	job_desc_msg_t *desc, job_record_t *job, uint32_t submit_uid,          \
		char **err_msg
#define WEFT_SLURM_JOB_MODIFY_ERR_MSG err_msg
#else
#define WEFT_SLURM_JOB_MODIFY_ARGS                                             \
	job_desc_msg_t *desc, job_record_t *job, uint32_t submit_uid
#define WEFT_SLURM_JOB_MODIFY_ERR_MSG NULL
#endif

/* How this release spells GPUs in lists such as mem_per_tres. */
#if SLURM_VERSION_NUMBER >= SLURM_VERSION_NUM(24, 5, 0)
#define WEFT_SLURM_GPU_TRES "gres/gpu"
#else
#define WEFT_SLURM_GPU_TRES "gres:gpu"
#endif

/* A file beside slurm.conf; the caller xfree()s it. */
static inline char *weft_slurm_conf_path(const char *name)
{
	return get_extra_conf_path((char *)name);
}

#endif
