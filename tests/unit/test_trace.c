/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_trace.c - three formats, one record; every fault counted, none silent */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <unistd.h>
#include <zlib.h>

#include "sched/trace.h"
#include "tests/unit/unit.h"

static char dir[256];

static const char *write_file(const char *name, const char *text)
{
	static char path[512];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	fclose(f);
	return path;
}

static struct weft_trace *open_ok(const char *path)
{
	struct weft_err err = WEFT_ERR_INIT;
	struct weft_trace *trace = NULL;

	ck_assert_msg(!weft_trace_open(path, &trace, &err), "%s", err.msg);
	return trace;
}

START_TEST(sacct_rows_become_jobs)
{
	struct weft_trace_job job;
	struct weft_trace *trace;

	unit_tmpdir(dir, sizeof(dir));
	trace = open_ok(write_file("sacct",
		"JobID|User|Account|Submit|Eligible|Start|End|ElapsedRaw|TimelimitRaw|NNodes|NCPUS|ReqTRES|State\n"
		"100|ann|ml|2024-05-01T10:00:00|2024-05-01T10:00:00|2024-05-01T10:01:00|2024-05-01T11:01:00|3600|120|2|64|billing=64,cpu=64,gres/gpu:h100=16,gres/gpu=16,mem=1000G,node=2|COMPLETED\n"
		"100.batch||ml|2024-05-01T10:00:00|2024-05-01T10:00:00|2024-05-01T10:01:00|2024-05-01T11:01:00|3600||1|32||COMPLETED\n"
		"101|bob|ml|1714557600|1714561200|1714561300|1714561360|60|UNLIMITED|1|1|cpu=1,mem=4000M,gres/gpu:a100=2|CANCELLED by 7\n"));
	ck_assert_str_eq(weft_trace_format_name(trace), "sacct");
	ck_assert_int_eq(weft_trace_next(trace, &job, NULL), 1);
	ck_assert_str_eq(job.id, "100");
	ck_assert_double_eq(job.submit_sec, 1714557600);
	ck_assert_double_eq(job.start_sec, 1714557660);
	ck_assert_double_eq(job.runtime_sec, 3600);
	ck_assert_double_eq(job.limit_sec, 7200);
	ck_assert_double_eq(job.gpus, 16);
	ck_assert_uint_eq(job.nodes, 2);
	ck_assert_uint_eq(job.cpus, 64);
	ck_assert_uint_eq(job.mem_mib, 1000 * 1024);
	ck_assert_int_eq(job.status, WEFT_TRACE_COMPLETED);
	ck_assert_str_eq(weft_trace_user(trace, job.user_idx), "ann");
	ck_assert_str_eq(weft_trace_gpu_type(trace, job.gpu_type_idx), "h100");
	ck_assert_int_eq(weft_trace_next(trace, &job, NULL), 1);
	ck_assert_str_eq(weft_trace_user(trace, job.user_idx), "bob");
	ck_assert_double_eq(job.submit_sec, 1714561200);	/* eligible */
	ck_assert_double_eq(job.runtime_sec, 60);
	ck_assert_double_eq(job.limit_sec, 1e9);
	ck_assert_double_eq(job.gpus, 2);
	ck_assert_uint_eq(job.mem_mib, 4000);
	ck_assert_int_eq(job.status, WEFT_TRACE_CANCELLED);
	ck_assert_int_eq(weft_trace_next(trace, &job, NULL), 0);
	ck_assert_uint_eq(weft_trace_get_report(trace)->steps, 1);
	weft_trace_close(trace);
	unit_tmpdir_remove(dir);
}
END_TEST

/*
 * The ends that sacct --duplicates of a real slurmdbd tells (22.05): array and
 * pending array, het, requeued twice, resized, suspended, running, typed GPUs
 * asked for or only got, separators inside names.
 */
START_TEST(sacct_of_a_real_cluster)
{
	static const char text[] =
		"JobID^Submit^Eligible^Start^End^ElapsedRaw^TimelimitRaw^AllocCPUS^ReqTRES^AllocTRES^Constraints^State^JobName\n"
		"1^100^100^100^103^3^5^1^cpu=1,gres/gpu=2,node=1^cpu=1,gres/gpu:h100=2,gres/gpu=2,node=1^^COMPLETED^a^b\n"
		"2_1^100^120^120^122^2^5^1^cpu=1,gres/gpu:h100=1,gres/gpu=1,node=1^cpu=1,gres/gpu:h100=1,gres/gpu=1,node=1^a|b^COMPLETED^x\n"
		"2_[2-9]^100^120^None^180^0^5^0^cpu=1,node=1^^^CANCELLED by 0^x\n"
		"3^100^100^Unknown^Unknown^0^5^0^cpu=1,node=1^^^PENDING^x\n"
		"4+0^100^100^146^147^1^5^1^cpu=1,node=1^cpu=1,node=1^^COMPLETED^x\n"
		"5^100^100^146^151^5^5^1^cpu=1,node=1^cpu=1,node=1^^REQUEUED^x\n"
		"5^151^271^272^284^12^5^1^cpu=1,node=1^cpu=1,node=1^^COMPLETED^x\n"
		"6^160^160^160^172^6^5^1^cpu=1,node=1^cpu=1,node=1^^COMPLETED^x\n"
		"7^161^161^161^168^7^5^2^cpu=2,node=2^cpu=2,node=2^^RESIZING^x\n"
		"7^168^168^161^186^25^5^1^cpu=2,node=1^cpu=1,node=1^^COMPLETED^x\n"
		"8^170^170^170^Unknown^5^5^1^cpu=1,node=1^cpu=1,node=1^^RUNNING^x\n"
		"9^171^171^171^171^0^5^1^cpu=1,node=1^cpu=1,node=1^^FAILED^x\n"
		"10^171^171^171^172^1^5^1^gres/gpu:a=1,gres/gpu:b=2^gres/gpu=3^^COMPLETED^x\n"
		"11^171^171^171^172^1^5^1^cpu=1,node=1^cpu=1,node=1^^b^COMPLETED^x\n";
	static const struct {
		const char *id;
		double submit, start, run, gpus;
		uint32_t cpus;
		const char *type, *constraint;
	} want[] = {
		{ "1", 100, 100, 3, 2, 1, "", "" },
		{ "2_1", 120, 120, 2, 1, 1, "h100", "a|b" },
		{ "4+0", 100, 146, 1, 0, 1, "", "" },
		{ "5", 100, 146, 5, 0, 1, "", "" },
		{ "5", 271, 272, 12, 0, 1, "", "" },
		{ "6", 160, 160, 6, 0, 1, "", "" },
		{ "7", 161, 161, 7, 0, 2, "", "" },
		{ "7", 168, 168, 18, 0, 1, "", "" },
		{ "8", 170, 170, 5, 0, 1, "", "" },
		{ "9", 171, 171, 0, 0, 1, "", "" },
		{ "10", 171, 171, 1, 3, 1, "", "" },
	};
	const struct weft_trace_report *report;
	struct weft_trace_job job;
	struct weft_trace *trace;

	unit_tmpdir(dir, sizeof(dir));
	trace = open_ok(write_file("sacct", text));
	for (size_t i = 0; i < sizeof(want) / sizeof(*want); i++) {
		ck_assert_int_eq(weft_trace_next(trace, &job, NULL), 1);
		ck_assert_str_eq(job.id, want[i].id);
		ck_assert_double_eq(job.submit_sec, want[i].submit);
		ck_assert_double_eq(job.start_sec, want[i].start);
		ck_assert_double_eq(job.runtime_sec, want[i].run);
		ck_assert_double_eq(job.gpus, want[i].gpus);
		ck_assert_uint_eq(job.cpus, want[i].cpus);
		ck_assert_str_eq(weft_trace_gpu_type(trace, job.gpu_type_idx),
				 want[i].type);
		ck_assert_str_eq(weft_trace_constraint(trace, job.constraint_idx),
				 want[i].constraint);
	}
	ck_assert_int_eq(weft_trace_next(trace, &job, NULL), 0);
	report = weft_trace_get_report(trace);
	ck_assert_uint_eq(report->fault[WEFT_FAULT_NEVER], 2);
	ck_assert_uint_eq(report->fault[WEFT_FAULT_HET], 1);
	ck_assert_uint_eq(report->fault[WEFT_FAULT_DUPLICATE], 2);
	ck_assert_uint_eq(report->fault[WEFT_FAULT_RESIZED], 1);
	ck_assert_uint_eq(report->fault[WEFT_FAULT_RUNNING], 1);
	ck_assert_uint_eq(report->fault[WEFT_FAULT_TYPES], 1);
	ck_assert_uint_eq(report->fault[WEFT_FAULT_NUMBER], 1);	/* state "b" */
	weft_trace_close(trace);
	unit_tmpdir_remove(dir);
}
END_TEST

START_TEST(swf_rows_become_jobs)
{
	struct weft_trace_job job;
	struct weft_trace *trace;

	unit_tmpdir(dir, sizeof(dir));
	trace = open_ok(write_file("t.swf",
		"; Version: 2\n"
		";\n"
		"  1   10  5 100 4 -1 -1 8 200 1024 1 3 2 -1 -1 -1 -1 -1\n"
		"  2   20 -1 300 4 -1 -1 -1 -1 -1 0 3 2 -1 -1 -1 -1 -1\n"
		"  2   20 -1 100 4 -1 -1 -1 -1 -1 2 3 2 -1 -1 -1 -1 -1\n"
		"  2   20 -1 200 4 -1 -1 -1 -1 -1 3 3 2 -1 -1 -1 -1 -1\n"));
	ck_assert_str_eq(weft_trace_format_name(trace), "swf");
	ck_assert_int_eq(weft_trace_next(trace, &job, NULL), 1);
	ck_assert_double_eq(job.submit_sec, 10);
	ck_assert_double_eq(job.start_sec, 15);
	ck_assert_double_eq(job.runtime_sec, 100);
	ck_assert_double_eq(job.limit_sec, 200);
	ck_assert_uint_eq(job.cpus, 8);
	ck_assert_uint_eq(job.mem_mib, 8);
	ck_assert_int_eq(weft_trace_next(trace, &job, NULL), 1);
	ck_assert_uint_eq(job.cpus, 4);
	ck_assert(job.start_sec < 0);
	ck_assert_int_eq(job.status, WEFT_TRACE_FAILED);
	ck_assert_int_eq(weft_trace_next(trace, &job, NULL), 0);
	ck_assert_uint_eq(weft_trace_get_report(trace)->steps, 2);
	weft_trace_close(trace);
	unit_tmpdir_remove(dir);
}
END_TEST

#define CSV_HEAD "job_id,submit_s,user,group_or_vc,nodes_or_empty,gpus," \
	"cpus_or_empty,mem_mb_or_empty,runtime_s,timelimit_s_or_empty,status\n"

START_TEST(faults_are_counted_with_an_example)
{
	const struct weft_trace_report *report;
	struct weft_trace_job job;
	struct weft_trace *trace;
	struct weft_buf buf;
	int jobs = 0;

	unit_tmpdir(dir, sizeof(dir));
	trace = open_ok(write_file("t.csv", CSV_HEAD
		"a,5,u,,1,0.5,6,,10,,COMPLETED\n"
		"b,4,u,,,1,,,10,,COMPLETED\n"		/* backwards */
		"a,9,u,,,1,,,10,,COMPLETED\n"		/* duplicate */
		"short,9\n"
		"c,9,u,,,one,,,10,,COMPLETED\n"
		"d,9,u,,,nan,,,10,,COMPLETED\n"
		"e,,u,,,1,,,10,,COMPLETED\n"		/* no time */
		"f,9,u,,,1,,,,,COMPLETED\n"		/* no run time */
		"g,9,u,,,0,,,10,,COMPLETED\n"		/* asks nothing */
		"h,9,u,,,-1e30,,,10,,COMPLETED\n"));
	while (weft_trace_next(trace, &job, NULL) == 1)
		jobs++;
	report = weft_trace_get_report(trace);
	ck_assert_int_eq(jobs, 3);
	ck_assert_uint_eq(report->jobs, 3);
	ck_assert_uint_eq(report->fault[WEFT_FAULT_BACKWARDS], 1);
	ck_assert_uint_eq(report->fault[WEFT_FAULT_DUPLICATE], 1);
	ck_assert_uint_eq(report->fault[WEFT_FAULT_COLUMNS], 1);
	ck_assert_uint_eq(report->fault[WEFT_FAULT_NUMBER], 3);
	ck_assert_uint_eq(report->fault[WEFT_FAULT_TIME], 1);
	ck_assert_uint_eq(report->fault[WEFT_FAULT_NEVER], 1);
	ck_assert_uint_eq(report->fault[WEFT_FAULT_SIZE], 1);
	weft_buf_init(&buf, 10000);
	ck_assert_int_eq(weft_trace_report_format(report, &buf), 0);
	ck_assert_ptr_nonnull(strstr(weft_buf_str(&buf),
		"3 lines with a number, time or state that is none, skipped (first: line 6, \"one\")"));
	weft_buf_fini(&buf);
	weft_trace_close(trace);
	unit_tmpdir_remove(dir);
}
END_TEST

START_TEST(a_cut_gzip_is_reported)
{
	struct weft_trace_job job;
	struct weft_trace *trace;
	char path[512];
	int jobs = 0;
	gzFile z;

	unit_tmpdir(dir, sizeof(dir));
	snprintf(path, sizeof(path), "%s/t.csv.gz", dir);
	z = gzopen(path, "wb");
	gzputs(z, CSV_HEAD);
	for (int i = 0; i < 5000; i++)
		gzprintf(z, "j%d,%d,u%d,,,1,,,%d,,COMPLETED\n", i, i, i % 7,
			 i * 7919 % 1000);
	gzclose(z);
	trace = open_ok(path);
	while (weft_trace_next(trace, &job, NULL) == 1)
		jobs++;
	ck_assert_int_eq(jobs, 5000);
	ck_assert_uint_eq(weft_trace_get_report(trace)->fault[WEFT_FAULT_CUT_SHORT], 0);
	weft_trace_close(trace);

	ck_assert_int_eq(truncate(path, 9000), 0);
	trace = open_ok(path);
	for (jobs = 0; weft_trace_next(trace, &job, NULL) == 1; jobs++)
		;
	ck_assert(jobs > 0 && jobs < 5000);
	ck_assert_uint_eq(weft_trace_get_report(trace)->fault[WEFT_FAULT_CUT_SHORT], 1);
	weft_trace_close(trace);
	unit_tmpdir_remove(dir);
}
END_TEST

/*
 * Whatever the byte at which it is cut: every job that is read is one of the
 * file's, whole.  The run time stands last, where half a number is a number.
 */
START_TEST(no_half_line_of_a_cut_gzip)
{
	struct weft_trace_job job;
	struct weft_trace *trace;
	char path[512];
	long size, cut_count = 0;
	gzFile z;
	FILE *f;

	unit_tmpdir(dir, sizeof(dir));
	snprintf(path, sizeof(path), "%s/t.csv.gz", dir);
	z = gzopen(path, "wb0");	/* stored: cut where we like */
	gzputs(z, "job_id,submit_s,gpus,runtime_s\n");
	for (int i = 0; i < 60; i++)
		gzprintf(z, "j%d,%d,1,%d\n", i, i, 100000 + i);
	gzclose(z);
	f = fopen(path, "rb");
	fseek(f, 0, SEEK_END);
	size = ftell(f);
	fclose(f);
	for (long cut = size - 9; cut > size - 200; cut--) {
		uint32_t jobs = 0;

		ck_assert_int_eq(truncate(path, cut), 0);
		trace = open_ok(path);
		for (; weft_trace_next(trace, &job, NULL) == 1; jobs++)
			ck_assert_double_eq(job.runtime_sec, 100000 + jobs);
		cut_count += weft_trace_get_report(trace)
			->fault[WEFT_FAULT_CUT_SHORT] == 1;
		weft_trace_close(trace);
	}
	ck_assert_int_eq(cut_count, 191);
	unit_tmpdir_remove(dir);
}
END_TEST

START_TEST(sacct_that_ends_before_it_starts)
{
	const struct weft_trace_report *report;
	struct weft_trace_job job;
	struct weft_trace *trace;

	unit_tmpdir(dir, sizeof(dir));
	trace = open_ok(write_file("s",
		"JobID|Submit|Start|End|NNodes|State\n"
		"1|2026-01-01T00:00:00|2026-01-01T00:00:10|2026-01-01T00:00:09|1|COMPLETED\n"
		"2|2026-01-01T00:00:00|Unknown|2026-01-01T00:00:09|1|CANCELLED\n"
		"3|2026-01-01T00:00:00|2026-01-01T00:00:10|2026-01-01T00:00:12|1|COMPLETED\n"));
	ck_assert_int_eq(weft_trace_next(trace, &job, NULL), 1);
	ck_assert_str_eq(job.id, "3");
	ck_assert_double_eq(job.runtime_sec, 2);
	ck_assert_int_eq(weft_trace_next(trace, &job, NULL), 0);
	report = weft_trace_get_report(trace);
	ck_assert_uint_eq(report->fault[WEFT_FAULT_RUNTIME], 1);
	ck_assert_uint_eq(report->fault[WEFT_FAULT_NEVER], 1);
	ck_assert_uint_eq(report->first_line[WEFT_FAULT_RUNTIME], 2);
	ck_assert_str_eq(report->example[WEFT_FAULT_RUNTIME], "1");
	weft_trace_close(trace);
	unit_tmpdir_remove(dir);
}
END_TEST

START_TEST(what_is_no_trace_is_refused)
{
	static const struct {
		const char *text, *said;
	} cases[] = {
		{ "", "empty" },
		{ "hello world\n", "expected the header" },
		{ "a,b,c\n1,2,3\n", "no column \"job_id\"" },
		{ "JobID|User\n1|ann\n", "no column \"Submit\"" },
	};

	unit_tmpdir(dir, sizeof(dir));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct weft_err err = WEFT_ERR_INIT;
		struct weft_trace *trace = NULL;

		ck_assert_int_eq(weft_trace_open(write_file("t", cases[i].text),
						 &trace, &err), -EINVAL);
		ck_assert_msg(strstr(err.msg, cases[i].said) != NULL, "%s",
			      err.msg);
	}
	unit_tmpdir_remove(dir);
}
END_TEST

/* Every real trace at hand reads to its end; how many rows is their README's. */
START_TEST(real_traces_read_to_the_end)
{
	const char *data = getenv("WEFT_DATA");
	char path[1024];
	struct dirent *entry;
	DIR *traces;

	snprintf(path, sizeof(path), "%s/traces", data ? data : "../shared/data");
	traces = opendir(path);
	if (!traces) {
		fprintf(stderr, "skipped: no real traces (set WEFT_DATA)\n");
		return;
	}
	while ((entry = readdir(traces))) {
		const struct weft_trace_report *report;
		struct weft_trace_job job;
		struct weft_trace *trace;

		if (!strstr(entry->d_name, ".csv"))
			continue;
		snprintf(path, sizeof(path), "%s/traces/%s",
			 data ? data : "../shared/data", entry->d_name);
		trace = open_ok(path);
		while (weft_trace_next(trace, &job, NULL) == 1)
			ck_assert(job.runtime_sec >= 0 && job.submit_sec >= 0);
		report = weft_trace_get_report(trace);
		ck_assert_uint_ge(report->jobs, 900);
		ck_assert_uint_eq(report->fault[WEFT_FAULT_NUMBER] +
				  report->fault[WEFT_FAULT_COLUMNS] +
				  report->fault[WEFT_FAULT_CUT_SHORT], 0);
		weft_trace_close(trace);
	}
	closedir(traces);
}
END_TEST

UNIT_MAIN("trace", sacct_rows_become_jobs, sacct_of_a_real_cluster,
	  swf_rows_become_jobs,
	  faults_are_counted_with_an_example, a_cut_gzip_is_reported,
	  no_half_line_of_a_cut_gzip, sacct_that_ends_before_it_starts,
	  what_is_no_trace_is_refused, real_traces_read_to_the_end)
