/* SPDX-License-Identifier: GPL-2.0-or-later */
/* submit_job.h - a submission from "key=value" words, for tests of submit/ */
#ifndef WEFT_TESTS_UNIT_SUBMIT_JOB_H
#define WEFT_TESTS_UNIT_SUBMIT_JOB_H

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "submit/rules.h"

struct submit_job {
	struct weft_submission sub;
	char text[4096];
};

/* "user=ann;gpus..." words between ';'; false at a word it does not know. */
static inline bool submit_job_set(struct submit_job *job, const char *words)
{
	char *at, *value, *save = NULL;

	weft_submission_init(&job->sub);
	job->text[0] = '\0';
	strncat(job->text, words, sizeof(job->text) - 1);
	for (at = strtok_r(job->text, ";", &save); at;
	     at = strtok_r(NULL, ";", &save)) {
		int field;

		value = strchr(at, '=');
		if (!value)
			return false;
		*value++ = '\0';
		field = weft_field_find(at);
		if (field < 0)
			return false;
		if (weft_field_is_text(field))
			job->sub.value[field].text = value;
		else if (weft_fields[field].type == WEFT_TYPE_BOOL)
			job->sub.value[field].num = *value == '1';
		else if (!weft_field_parse(field, value, &job->sub.value[field].num))
			return false;
	}
	weft_submission_derive(&job->sub);
	return true;
}

#endif
