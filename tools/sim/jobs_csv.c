/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * jobs_csv.c - what became of every job, for other programs to draw
 *
 * One line a job and scheduler; job counts from 0 in the order of submission.
 */
#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "tools/sim/sim.h"

static void write_jobs(FILE *out, const struct sim_run *run,
		       const struct sim_result *r)
{
	const struct weft_workload *w = run->workload;
	int64_t zero = w->job[0].submit_sec;

	for (uint32_t i = 0; i < w->job_count; i++) {
		fprintf(out, "%s,%u,%" PRId64 ",", r->policy->name, i,
			w->job[i].submit_sec - zero);
		if (r->outcome->start_sec[i] < 0)
			fprintf(out, ",,%u\n", weft_workload_size(w, i));
		else
			fprintf(out, "%" PRId64 ",%" PRId64 ",%u\n",
				r->outcome->start_sec[i] - zero,
				r->outcome->end_sec[i] - zero,
				weft_workload_size(w, i));
	}
}

int sim_write_jobs(const struct sim_run *run, struct weft_err *err)
{
	const char *path = run->args.jobs;
	FILE *out = fopen(path, "w");
	bool failed;

	if (!out)
		return weft_err_sys(err, errno, "%s", path);
	fputs("scheduler,job,submit_s,start_s,end_s,size\n", out);
	for (uint32_t i = 0; i < run->result_count; i++)
		write_jobs(out, run, &run->result[i]);
	failed = ferror(out);
	if (fclose(out) || failed)
		return weft_err_set(err, EIO, "%s: cannot be written", path);
	return 0;
}
