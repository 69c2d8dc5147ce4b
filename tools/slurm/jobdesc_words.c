/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * jobdesc_words.c - options whose values are lists of words
 *
 * The words are those of sbatch(1); an unknown one is -EINVAL.
 */
#include "config.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "tools/flow/sbatch_options.h"
#include "tools/slurm/jobdesc.h"

int weft_jobdesc_mail_type(struct weft_jobdesc *d, const char *value)
{
	static const struct {
		const char *name;
		uint16_t bits;
	} types[] = {
		{ "NONE", 0 }, { "BEGIN", MAIL_JOB_BEGIN }, { "END", MAIL_JOB_END },
		{ "FAIL", MAIL_JOB_FAIL }, { "REQUEUE", MAIL_JOB_REQUEUE },
		{ "INVALID_DEPEND", MAIL_INVALID_DEPEND },
		{ "STAGE_OUT", MAIL_JOB_STAGE_OUT },
		{ "TIME_LIMIT", MAIL_JOB_TIME100 }, { "TIME_LIMIT_90", MAIL_JOB_TIME90 },
		{ "TIME_LIMIT_80", MAIL_JOB_TIME80 }, { "TIME_LIMIT_50", MAIL_JOB_TIME50 },
		{ "ARRAY_TASKS", MAIL_ARRAY_TASKS },
		{ "ALL", MAIL_JOB_BEGIN | MAIL_JOB_END | MAIL_JOB_FAIL |
			 MAIL_JOB_REQUEUE | MAIL_JOB_STAGE_OUT | MAIL_INVALID_DEPEND },
	};

	d->msg.mail_type = 0;
	while (*value) {
		size_t len = strcspn(value, ","), i = 0, n = sizeof(types) / sizeof(types[0]);

		while (i < n && (strlen(types[i].name) != len ||
				 strncasecmp(types[i].name, value, len)))
			i++;
		if (i == n)
			return -EINVAL;
		d->msg.mail_type |= types[i].bits;
		value += len + (value[len] == ',');
	}
	return 0;
}

int weft_jobdesc_profile(struct weft_jobdesc *d, const char *value)
{
	d->msg.profile = 0;
	while (*value) {
		size_t len = strcspn(value, ",");

		if (len == 3 && !strncasecmp(value, "all", 3))
			d->msg.profile = ACCT_GATHER_PROFILE_ALL;
		else if (len == 4 && !strncasecmp(value, "none", 4))
			d->msg.profile = ACCT_GATHER_PROFILE_NONE;
		else if (len == 6 && !strncasecmp(value, "energy", 6))
			d->msg.profile |= ACCT_GATHER_PROFILE_ENERGY;
		else if (len == 4 && !strncasecmp(value, "task", 4))
			d->msg.profile |= ACCT_GATHER_PROFILE_TASK;
		else if (len == 6 && !strncasecmp(value, "lustre", 6))
			d->msg.profile |= ACCT_GATHER_PROFILE_LUSTRE;
		else if (len == 7 && !strncasecmp(value, "network", 7))
			d->msg.profile |= ACCT_GATHER_PROFILE_NETWORK;
		else
			return -EINVAL;
		value += len + (value[len] == ',');
	}
	return 0;
}

int weft_jobdesc_distribution(struct weft_jobdesc *d, const char *value)
{
	static const struct {
		const char *name;
		uint32_t state;
	} dists[] = {
		{ "block", SLURM_DIST_BLOCK }, { "cyclic", SLURM_DIST_CYCLIC },
		{ "block:block", SLURM_DIST_BLOCK_BLOCK },
		{ "block:cyclic", SLURM_DIST_BLOCK_CYCLIC },
		{ "block:fcyclic", SLURM_DIST_BLOCK_CFULL },
		{ "cyclic:block", SLURM_DIST_CYCLIC_BLOCK },
		{ "cyclic:cyclic", SLURM_DIST_CYCLIC_CYCLIC },
		{ "cyclic:fcyclic", SLURM_DIST_CYCLIC_CFULL },
	};
	uint64_t plane;

	if (!strncasecmp(value, "plane=", 6)) {
		if (weft_sbatch_parse_count(value + 6, &plane) || plane >= NO_VAL16)
			return -EINVAL;
		d->msg.task_dist = SLURM_DIST_PLANE;
		d->msg.plane_size = (uint16_t)plane;
		return weft_jobdesc_setenv(d, "SLURM_DISTRIBUTION", "plane");
	}
	for (size_t i = 0; i < sizeof(dists) / sizeof(dists[0]); i++) {
		if (strcasecmp(dists[i].name, value))
			continue;
		d->msg.task_dist = dists[i].state;
		return weft_jobdesc_setenv(d, "SLURM_DISTRIBUTION", value);
	}
	return -EINVAL;
}
