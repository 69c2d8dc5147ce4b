/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bridge.h - Slurm's job request to a weft_submission and back
 *
 * Texts in the submission are borrowed from the request, the job record, or
 * struct weft_bridge, and live as long as those.  Back go only the fields that
 * a rule changed; their memory is Slurm's (xstrdup).
 */
#ifndef WEFT_PLUGINS_JOB_SUBMIT_BRIDGE_H
#define WEFT_PLUGINS_JOB_SUBMIT_BRIDGE_H

#include "plugins/slurm/submit.h"
#include "submit/rules.h"

struct weft_bridge {
	char user[64], requester[64];
	char groups[8192];
};

/* The request laid over what sub holds; what it leaves open stays. */
void weft_bridge_fill(struct weft_submission *sub, const job_desc_msg_t *desc,
		      weft_fieldset_t wanted);
/* The job as it stands; job read lock. */
void weft_bridge_fill_job(struct weft_submission *sub, const job_record_t *job);
/* GPUs that the job asked for, in all. */
uint64_t weft_bridge_job_gpus(const job_record_t *job);
/* Names of user, requester and groups, if wanted: may ask NSS. */
void weft_bridge_fill_names(struct weft_bridge *bridge, struct weft_submission *sub,
			    uint32_t user_uid, uint32_t submit_uid,
			    uint32_t gid, weft_fieldset_t wanted);
/* Write the changed fields into the request. */
void weft_bridge_store(const struct weft_submission *sub, weft_fieldset_t changed,
		       job_desc_msg_t *desc);

#endif
