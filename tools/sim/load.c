/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * load.c - a trace file, record by record, onto a machine
 *
 * Records stream: what stays of each is the 32 bytes of a job.
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tools/sim/sim.h"

#define DAY_SEC 86400

static int make_machine(struct sim_run *run, struct weft_err *err)
{
	const struct sim_args *args = &run->args;
	const struct weft_amount kind = {
		.gpus = args->gpus,
		.cpus = args->cpus ? args->cpus : args->gpus ?
			args->gpus * 16 : 64,
		/* Not told: memory is never what a job waits for. */
		.mem_mib = args->mem_gib ? (uint64_t)args->mem_gib * 1024 :
			UINT64_C(1) << 40,
	};

	return weft_machine_uniform(args->nodes, &kind, args->domain,
				    &run->machine, err);
}

static int read_jobs(struct sim_run *run, struct weft_trace *trace,
		     struct weft_workload_settings *settings,
		     struct weft_workload_builder **builder,
		     struct weft_err *err)
{
	const struct sim_args *args = &run->args;
	struct weft_trace_job job;
	int rc = weft_trace_next(trace, &job, err);

	if (rc == 1) {		/* the first job's time begins the days */
		int64_t begin = (int64_t)job.submit_sec;

		settings->from_sec = args->skip_days ?
			begin + (int64_t)args->skip_days * DAY_SEC : INT64_MIN;
		settings->until_sec = args->days ? begin + DAY_SEC *
			((int64_t)args->skip_days + args->days) : INT64_MAX;
		*builder = weft_workload_builder_create(run->machine, settings);
		if (!*builder)
			rc = weft_err_set(err, ENOMEM, "no memory for jobs");
	} else if (rc == 0) {
		rc = weft_err_set(err, EINVAL, "no jobs");
	}
	while (rc == 1) {
		rc = weft_workload_add(*builder, &job, err);
		if (rc == 0)
			rc = weft_trace_next(trace, &job, err);
	}
	return rc;
}

int sim_load(struct sim_run *run, struct weft_err *err)
{
	const struct sim_args *args = &run->args;
	struct weft_workload_settings settings = {
		.limits = (enum weft_limits)args->limits,
		.seed = args->seed,
		.load = args->load_percent / 100.0,
	};
	struct weft_workload_builder *builder = NULL;
	struct weft_trace *trace = NULL;
	int rc = make_machine(run, err);

	if (rc)
		return rc;
	rc = weft_trace_open(args->trace, &trace, err);
	if (rc)
		return rc;
	rc = read_jobs(run, trace, &settings, &builder, err);
	run->trace = *weft_trace_get_report(trace);
	snprintf(run->trace_format, sizeof(run->trace_format), "%s",
		 weft_trace_format_name(trace));
	if (rc == 0)
		rc = weft_workload_finish(builder, &run->workload, err);
	if (rc)
		weft_err_prefix(err, "%s", args->trace);
	weft_workload_builder_destroy(builder);
	weft_trace_close(trace);
	return rc;
}

static void tell(const char *what, uint64_t count)
{
	if (count)
		fprintf(stderr, "weft sim: %llu jobs: %s\n",
			(unsigned long long)count, what);
}

void sim_print_faults(const struct sim_run *run)
{
	const struct weft_workload_report *report = &run->workload->report;
	struct weft_buf buf;

	weft_buf_init(&buf, 65536);
	if (weft_trace_report_format(&run->trace, &buf) == 0)
		fputs(weft_buf_str(&buf), stderr);
	weft_buf_fini(&buf);
	if (report->too_large)
		fprintf(stderr, "weft sim: %llu jobs are larger than the machine and left out, %s first\n",
			(unsigned long long)report->too_large,
			report->too_large_example);
	tell("GPUs or CPUs rounded up to be equal on their nodes",
	     report->rounded);
	tell("memory cut to a node's", report->memory_cut);
	tell("no time limit in the trace, one was drawn (--limits)",
	     report->limit_drawn);
	tell("ran past their limit, and are ended there", report->limit_passed);
}
