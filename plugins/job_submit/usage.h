/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * usage.h - what the queue already holds for a user, account, partition or QOS
 */
#ifndef WEFT_PLUGINS_JOB_SUBMIT_USAGE_H
#define WEFT_PLUGINS_JOB_SUBMIT_USAGE_H

#include "submit/rules.h"

/* A weft_usage_fn over slurmctld's job list; job read lock.  arg: the rules. */
int weft_usage_count(void *arg, weft_fieldset_t per, uint32_t rule_idx,
		     const struct weft_submission *sub,
		     struct weft_usage *ret_usage);

#endif
