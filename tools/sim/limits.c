/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * limits.c - one time limit for all jobs of a user (--limits=user)
 *
 * Limits that are drawn from each job's run time tell a scheduler more than
 * real ones: whoever takes short limits first takes short jobs first.  People
 * mostly ask for one of a few values, whatever they run (Tsafrir, Etsion,
 * Feitelson, JSSPP 2005).  The other end of what may be is that a user always
 * asks the same: the first of the usual values that holds all of the user's
 * jobs.  It tells users apart, never their jobs.
 *
 * The history is read once more beforehand, for the longest job of each user.
 *
 * Cost: reading the file; 8 bytes a user.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tools/sim/sim.h"

static int grow(struct sim_user_limits *limits, uint32_t need)
{
	double *more;

	if (need <= limits->count)
		return 0;
	need = need * 2 + 64;
	more = realloc(limits->longest_sec, need * sizeof(*more));
	if (!more)
		return -ENOMEM;
	memset(more + limits->count, 0,
	       (need - limits->count) * sizeof(*more));
	limits->longest_sec = more;
	limits->count = need;
	return 0;
}

int sim_user_limits_read(struct sim_user_limits *limits, const char *path,
			 struct weft_err *err)
{
	struct weft_trace_job job;
	struct weft_trace *trace;
	int rc = weft_trace_open(path, &trace, err);

	if (rc)
		return rc;
	while ((rc = weft_trace_next(trace, &job, err)) == 1) {
		if (grow(limits, job.user_idx + 1)) {
			rc = weft_err_set(err, ENOMEM, "no memory for users");
			break;
		}
		if (job.runtime_sec > limits->longest_sec[job.user_idx])
			limits->longest_sec[job.user_idx] = job.runtime_sec;
	}
	weft_trace_close(trace);
	return rc;
}

void sim_user_limits_set(struct sim_user_limits *limits,
			 struct weft_trace_job *job)
{
	static const uint32_t hours[] = { 1, 4, 12, 24, 48, 168, 336, 720 };
	double sec;

	if (job->limit_sec > 0 || job->user_idx >= limits->count)
		return;
	sec = limits->longest_sec[job->user_idx];
	job->limit_sec = sec;
	for (size_t i = sizeof(hours) / sizeof(*hours); i-- > 0;)
		if (sec <= hours[i] * 3600.0)
			job->limit_sec = hours[i] * 3600.0;
	limits->set++;
}
