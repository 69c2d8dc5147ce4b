/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * load.c - a trace file, record by record, onto a machine
 *
 * Records stream: what stays of each is the 32 bytes of a job.
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/sim/sim.h"

#define DAY_SEC 86400

/* A site's files.  What was passed over is said, a line each. */
static int read_site(struct sim_run *run, struct weft_err *err)
{
	struct weft_site *site;
	int rc = weft_site_read(run->args.cluster, &site, err);

	if (rc)
		return rc;
	fputs(weft_buf_str(&site->notes), stderr);
	rc = weft_machine_of_site(site, &run->machine, err);
	if (rc) {
		weft_site_destroy(site);
		weft_err_prefix(err, "%s", run->args.cluster);
	} else if (run->machine->left_out) {
		fprintf(stderr, "weft sim: %u nodes are not up and hold nothing\n",
			run->machine->left_out);
	}
	return rc;
}

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

	if (args->cluster)
		return read_site(run, err);
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
		if (args->limits == SIM_LIMITS_USER)
			sim_user_limits_set(&run->user_limits, &job);
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
		.where = sim_where_find,
		.limits = args->limits == SIM_LIMITS_USER ? WEFT_LIMITS_ROUND :
			(enum weft_limits)args->limits,
		.seed = args->seed,
		.load = args->load_percent / 100.0,
	};
	struct weft_workload_builder *builder = NULL;
	struct weft_trace *trace;
	int rc = make_machine(run, err);

	if (rc == 0 && args->limits == SIM_LIMITS_USER)
		rc = sim_user_limits_read(&run->user_limits, args->trace, err);
	if (rc == 0)
		rc = weft_trace_open(args->trace, &run->names, err);
	if (rc)
		return rc;
	trace = run->names;
	if (args->jobs || args->html)
		weft_trace_keep_ids(trace);
	settings.where_arg = run->where = sim_where_create(run->machine, trace);
	rc = run->where ? read_jobs(run, trace, &settings, &builder, err) :
		weft_err_set(err, ENOMEM, "no memory for partitions");
	run->trace = *weft_trace_get_report(trace);
	snprintf(run->trace_format, sizeof(run->trace_format), "%s",
		 weft_trace_format_name(trace));
	if (builder)
		run->report = *weft_workload_builder_report(builder);
	sim_print_faults(run);
	if (rc == 0)
		rc = weft_workload_finish(builder, &run->workload, err);
	if (rc)
		weft_err_prefix(err, "%s", args->trace);
	weft_workload_builder_destroy(builder);
	return rc;
}

static void tell(struct weft_buf *buf, const char *what, uint64_t count)
{
	if (count)
		weft_buf_addf(buf, "%llu jobs: %s\n",
			      (unsigned long long)count, what);
}

void sim_format_faults(const struct sim_run *run, struct weft_buf *buf)
{
	const struct weft_workload_report *report = &run->report;

	weft_trace_report_format(&run->trace, buf);
	if (run->trace.jobs && !run->trace.tells_gpus &&
	    weft_machine_total(run->machine).gpus)
		weft_buf_adds(buf, "the history has no column of GPUs (AllocTRES): its jobs are taken to ask for none\n");
	if (report->too_large)
		weft_buf_addf(buf, "%llu jobs are larger than the machine and left out, %s first\n",
			      (unsigned long long)report->too_large,
			      report->too_large_example);
	if (report->nowhere)
		weft_buf_addf(buf, "%llu jobs ask for features or a type of GPU that no node of their partition has and are left out, %s first\n",
			      (unsigned long long)report->nowhere,
			      report->nowhere_example);
	if (run->where)
		sim_where_report_format(sim_where_get_report(run->where), buf);
	tell(buf, "GPUs or CPUs rounded up to be equal on their nodes",
	     report->rounded);
	tell(buf, "memory cut to a node's", report->memory_cut);
	tell(buf, "no time limit in the trace, one was made from the run time (--limits); an order by limits knows too much",
	     report->limit_drawn);
	tell(buf, "no time limit in the trace, one for all of a user's",
	     run->user_limits.set);
	tell(buf, "ran past their limit, and are ended there",
	     report->limit_passed);
}

void sim_print_faults(const struct sim_run *run)
{
	struct weft_buf buf;
	const char *line;

	weft_buf_init(&buf, 65536);
	sim_format_faults(run, &buf);
	for (line = weft_buf_str(&buf); *line; line += strcspn(line, "\n") + 1)
		fprintf(stderr, "weft sim: %.*s\n",
			(int)strcspn(line, "\n"), line);
	weft_buf_fini(&buf);
}
