/* SPDX-License-Identifier: GPL-2.0-or-later */
/* job_name.c - see job_name.h */
#include "config.h"

#include <pwd.h>
#include <stdio.h>
#include <string.h>

#include "tools/slurm/job_name.h"

bool weft_slurm_is_het(const job_info_t *info)
{
	return info->het_job_id && info->het_job_id != NO_VAL;
}

char *weft_slurm_job_name(const job_info_t *info)
{
	char id[128];

	if (info->array_task_str && info->array_task_str[0])
		snprintf(id, sizeof(id), "%u_[%.100s]", info->array_job_id,
			 info->array_task_str);
	else if (info->array_job_id && info->array_task_id != NO_VAL)
		snprintf(id, sizeof(id), "%u_%u", info->array_job_id,
			 info->array_task_id);
	else if (weft_slurm_is_het(info))
		snprintf(id, sizeof(id), "%u+%u", info->het_job_id,
			 info->het_job_offset);
	else
		snprintf(id, sizeof(id), "%u", info->job_id);
	return strdup(id);
}

char *weft_slurm_user_name(const job_info_t *info)
{
	const struct passwd *pw;
	char text[24];

	if (info->user_name && info->user_name[0])
		return strdup(info->user_name);
	pw = getpwuid(info->user_id);
	if (pw)
		return strdup(pw->pw_name);
	snprintf(text, sizeof(text), "%u", info->user_id);
	return strdup(text);
}
