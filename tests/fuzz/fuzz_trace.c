/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fuzz_trace.c - histories of jobs, in any of their forms and gzipped or not
 *
 * Every line is a job, a step, blank, a comment, or counted with an example;
 * what is a job has numbers that the workload can use.
 */
#include "config.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "sched/sim_idle.h"
#include "tests/fuzz/fuzz.h"

static void check_job(const struct weft_trace *trace,
		      const struct weft_trace_job *job)
{
	fuzz_require(job->submit_sec >= 0 && isfinite(job->submit_sec), "a time");
	fuzz_require(job->runtime_sec >= 0 && isfinite(job->runtime_sec),
		     "a run time");
	fuzz_require(job->limit_sec >= 0 && isfinite(job->limit_sec), "a limit");
	fuzz_require(job->gpus >= 0 && isfinite(job->gpus), "GPUs");
	fuzz_require(job->gpus > 0 || job->cpus || job->nodes, "a size");
	fuzz_require(memchr(job->id, '\0', sizeof(job->id)) != NULL, "an id");
	fuzz_require(!strcmp(weft_trace_id(trace, job->id_idx), job->id),
		     "ids are kept");
	fuzz_require(weft_trace_partition(trace, job->partition_idx) &&
		     weft_trace_gpu_type(trace, job->gpu_type_idx) &&
		     weft_trace_constraint(trace, job->constraint_idx),
		     "names are known");
}

static const struct weft_sim_policy *const policies[] = {
	&weft_sim_fifo, &weft_sim_easy, &weft_sim_weft, &weft_sim_backfill };

/* No more is held, or fits, than there is. */
static void check_idle(const struct weft_idle *idle)
{
	fuzz_require(idle->all.held >= 0 && idle->all.stranded >= 0 &&
		     idle->all.held + idle->all.idle_fits <=
		     idle->all.capacity + 1e-6 &&
		     idle->all.held + idle->all.stranded <=
		     idle->all.capacity + 1e-6, "what is idle");
}

/* A small history is run as well: no start may break the engine's rules. */
static void run(const struct weft_machine *m, struct weft_workload_builder *b)
{
	struct weft_sim_settings settings = { 0 };
	struct weft_idle idle;
	struct weft_sim_watch watch = { .arg = &idle, .look = weft_idle_look };
	struct weft_workload *w;
	struct weft_outcome *o;
	struct weft_err err = WEFT_ERR_INIT;

	if (weft_workload_finish(b, &w, &err)) {
		fuzz_require_message(err.msg);
		return;
	}
	weft_settings_defaults(weft_policy_settings, &settings.policy);
	weft_settings_defaults(weft_stock_settings, &settings.stock);
	watch.every_sec = (uint32_t)((w->job[w->job_count - 1].submit_sec -
				      w->job[0].submit_sec) / 100 + 3600);
	if (w->job_count <= 50) {
		for (int i = 0; i < 4; i++) {
			fuzz_require(!weft_idle_init(&idle, m, w, 1), "memory");
			fuzz_require(!weft_sim_run(m, w, policies[i], &settings,
						   &watch, &o, &err), err.msg);
			check_idle(&idle);
			weft_idle_fini(&idle);
			fuzz_require(o->started == w->job_count, "all start");
			weft_outcome_destroy(o);
		}
	}
	weft_workload_destroy(w);
}

static void check_report(const struct weft_trace_report *report, uint64_t jobs)
{
	struct weft_buf buf;

	fuzz_require(report->jobs == jobs, "jobs are counted");
	fuzz_require(jobs + report->steps <= report->lines, "a line is one job");
	weft_buf_init(&buf, 65536);
	fuzz_require(!weft_trace_report_format(report, &buf), "it is told");
	for (const char *c = weft_buf_str(&buf); *c; c++)
		fuzz_require(*c == '\n' || (*c >= ' ' && *c <= '~'),
			     "examples are printable");
	weft_buf_fini(&buf);
}

static void read_all(struct weft_trace *trace)
{
	const struct weft_amount kind = { .cpus = 64, .gpus = 8,
					  .mem_mib = 1000000 };
	const struct weft_workload_settings settings = {
		.load = 1, .from_sec = INT64_MIN, .until_sec = INT64_MAX };
	struct weft_workload_builder *b;
	struct weft_err err = WEFT_ERR_INIT;
	struct weft_trace_job job;
	struct weft_machine *m;
	uint64_t jobs = 0;
	int rc;

	weft_trace_keep_ids(trace);
	fuzz_require(!weft_machine_uniform(4, &kind, 2, &m, NULL), "a machine");
	b = weft_workload_builder_create(m, &settings);
	fuzz_require(b != NULL, "there is memory");
	while ((rc = weft_trace_next(trace, &job, &err)) == 1) {
		jobs++;
		check_job(trace, &job);
		fuzz_require(!weft_workload_add(b, &job, &err), err.msg);
	}
	fuzz_require(rc == 0, err.msg);
	check_report(weft_trace_get_report(trace), jobs);
	run(m, b);
	weft_workload_builder_destroy(b);
	weft_machine_destroy(m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = memfd_create("trace", 0);
	struct weft_err err = WEFT_ERR_INIT;
	struct weft_trace *trace;
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	fuzz_require(fd >= 0 && write(fd, data, size) == (ssize_t)size, "a file");
	if (weft_trace_open(path, &trace, &err)) {
		fuzz_require_message(err.msg);
	} else {
		read_all(trace);
		weft_trace_close(trace);
	}
	close(fd);
	return 0;
}
