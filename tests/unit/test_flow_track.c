/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_flow_track.c - what a run makes of Slurm's word on its jobs
 *
 * Slurm's side of tools/slurm/ is played here: submissions are kept, and the
 * list of jobs says what a test wants.  So every end that Slurm knows can be
 * had, also those that need cgroups or broken nodes.
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <check.h>

#include "tests/unit/unit.h"
#include "tools/flow/run.h"
#include "tools/slurm/submit.h"

#define JOBS 16

struct played {
	char comment[160];
	char mem[32];
	enum weft_job_state state;
	int exit_status;
	bool launch_failed;
	uint32_t restarts;
};

static struct played jobs[JOBS];
static uint32_t job_count, released;

int weft_slurm_start(struct weft_err *err)
{
	(void)err;
	return 0;
}

int weft_slurm_submit(const struct weft_slurm_job *job, uint32_t *ret_job_id,
		      struct weft_err *err)
{
	struct played *p = &jobs[job_count];

	if (job_count == JOBS)
		return weft_err_set(err, EINVAL, "too many jobs for the test");
	snprintf(p->comment, sizeof(p->comment), "%s", job->comment);
	for (uint32_t i = 0; i < job->option_count; i++)
		if (!strcmp(job->options[i].name, "mem"))
			snprintf(p->mem, sizeof(p->mem), "%s", job->options[i].value);
	*ret_job_id = ++job_count;
	return 0;
}

int weft_slurm_list(const char *prefix, struct weft_job_list *ret_list,
		    struct weft_err *err)
{
	(void)err;
	ret_list->jobs = calloc(JOBS, sizeof(*ret_list->jobs));
	ret_list->count = 0;
	for (uint32_t i = 0; i < job_count; i++)
		if (!strncmp(jobs[i].comment, prefix, strlen(prefix)))
			ret_list->jobs[ret_list->count++] = (struct weft_job_info){
				.job_id = i + 1, .own_id = i + 1, .task_id = UINT32_MAX,
				.comment = jobs[i].comment, .state = jobs[i].state,
				.exit_status = jobs[i].exit_status, .start_sec = 100,
				.end_sec = 160, .launch_failed = jobs[i].launch_failed,
				.restarts = jobs[i].restarts };
	return 0;
}

void weft_job_list_fini(struct weft_job_list *list)
{
	free(list->jobs);
	list->jobs = NULL;
}

int weft_slurm_release(uint32_t job_id, struct weft_err *err)
{
	(void)err;
	released = job_id;
	return 0;
}

int weft_slurm_cancel(const char *job, struct weft_err *err)
{
	unsigned long id = strtoul(job, NULL, 10);

	(void)err;
	if (id && id <= job_count)
		jobs[id - 1].state = WEFT_JOB_CANCELLED;
	return 0;
}

int weft_slurm_limits(struct weft_slurm_limits *ret_limits, struct weft_err *err)
{
	(void)err;
	*ret_limits = (struct weft_slurm_limits){ .max_array_size = 1001,
						  .max_job_count = 10000 };
	return 0;
}

static char dir[] = "/tmp/weft-test-track-XXXXXX";

static void begin(struct weft_run *run, const char *text)
{
	struct weft_err err = WEFT_ERR_INIT;
	char path[64];
	FILE *file;

	memcpy(dir + sizeof(dir) - 7, "XXXXXX", 6);
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/f.yaml", dir);
	file = fopen(path, "w");
	fputs(text, file);
	fclose(file);
	job_count = 0;
	memset(jobs, 0, sizeof(jobs));
	memset(run, 0, sizeof(*run));
	weft_slurm_limits(&run->limits, &err);
	ck_assert_msg(!weft_run_create(run, path, NULL, 0, &err), "%s", err.msg);
	ck_assert_msg(weft_run_pass(run, &err) > 0, "%s", err.msg);
}

static void end(struct weft_run *run)
{
	char command[64];

	weft_run_close(run);
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	ck_assert_int_eq(system(command), 0);
}

static void look(struct weft_run *run)
{
	struct weft_err err = WEFT_ERR_INIT;

	ck_assert_msg(!weft_run_update(run, &err), "%s", err.msg);
	ck_assert_msg(weft_run_pass(run, &err) >= 0, "%s", err.msg);
}

START_TEST(every_end_has_its_cause)
{
	static const struct {
		enum weft_job_state state;
		int exit_status;
		enum weft_unit_state unit;
		enum weft_cause cause;
	} table[] = {
		{ WEFT_JOB_DONE, 0, WEFT_UNIT_DONE, WEFT_CAUSE_NONE },
		{ WEFT_JOB_FAILED, 3 << 8, WEFT_UNIT_FAILED, WEFT_CAUSE_EXIT },
		{ WEFT_JOB_FAILED, 9, WEFT_UNIT_FAILED, WEFT_CAUSE_SIGNAL },
		{ WEFT_JOB_FAILED, 139 << 8, WEFT_UNIT_FAILED, WEFT_CAUSE_SIGNAL },
		{ WEFT_JOB_TIMEOUT, 0, WEFT_UNIT_FAILED, WEFT_CAUSE_TIMEOUT },
		/* Slurm's exit code is the killed command's: its state is the cause */
		{ WEFT_JOB_OOM, 137 << 8, WEFT_UNIT_FAILED, WEFT_CAUSE_OOM },
		{ WEFT_JOB_OOM, 0x7d00, WEFT_UNIT_FAILED, WEFT_CAUSE_OOM },
		{ WEFT_JOB_NODE_FAIL, 0, WEFT_UNIT_FAILED, WEFT_CAUSE_NODE_FAIL },
		{ WEFT_JOB_PREEMPTED, 0, WEFT_UNIT_FAILED, WEFT_CAUSE_PREEMPTED },
		{ WEFT_JOB_CANCELLED, 0, WEFT_UNIT_FAILED, WEFT_CAUSE_CANCELLED },
		{ WEFT_JOB_RUNNING, 0, WEFT_UNIT_LIVE, WEFT_CAUSE_NONE },
	};
	struct weft_run run;

	begin(&run, "tasks: {t: {run: x, on_failure: continue}}\n");
	jobs[0].state = table[_i].state;
	jobs[0].exit_status = table[_i].exit_status;
	look(&run);
	ck_assert_int_eq(run.plan.units[0].state, table[_i].unit);
	ck_assert_int_eq(run.plan.units[0].cause, table[_i].cause);
	ck_assert_uint_eq(job_count, 1);
	end(&run);
}
END_TEST

/* Out of memory: twice as much the next time, and told as that if it fails again. */
/* A node that could not start a job leaves it held: it is let go, not for ever. */
START_TEST(failed_launch_is_let_go)
{
	struct weft_run run;

	begin(&run, "tasks: {t: {run: x}}\n");
	jobs[0].state = WEFT_JOB_PENDING;
	released = 0;
	look(&run);
	ck_assert_uint_eq(released, 0);
	jobs[0].launch_failed = true;
	jobs[0].restarts = 5;
	look(&run);
	ck_assert_uint_eq(released, 1);
	ck_assert_int_eq(run.plan.units[0].state, WEFT_UNIT_LIVE);
	jobs[0].restarts = 6;
	look(&run);
	ck_assert_int_eq(jobs[0].state, WEFT_JOB_CANCELLED);
	ck_assert_int_eq(run.plan.units[0].state, WEFT_UNIT_FAILED);
	ck_assert_int_eq(run.plan.units[0].cause, WEFT_CAUSE_NODE_FAIL);
	end(&run);
}
END_TEST

START_TEST(more_memory_after_oom)
{
	struct weft_run run;
	struct weft_unit_end how;

	begin(&run, "tasks:\n  t:\n    run: x\n    resources: {mem: 100}\n"
		    "    retries: {max: 2, delay: 0}\n    on: {oom: {mem: x2}, exit: {mem: 7}}\n"
		    "  u: {run: y, needs: t}\n");
	ck_assert_str_eq(jobs[0].mem, "100");
	ck_assert_uint_eq(job_count, 2);
	jobs[0].state = WEFT_JOB_OOM;
	jobs[0].exit_status = 137 << 8;
	look(&run);
	/* tried again, and what waited for it waits for the new job */
	ck_assert_uint_eq(job_count, 4);
	ck_assert_str_eq(jobs[2].mem, "200");
	ck_assert_int_eq(jobs[1].state, WEFT_JOB_CANCELLED);
	jobs[2].state = WEFT_JOB_OOM;
	look(&run);
	ck_assert_uint_eq(job_count, 6);
	ck_assert_str_eq(jobs[4].mem, "400");
	jobs[4].state = WEFT_JOB_OOM;
	look(&run);
	ck_assert_uint_eq(job_count, 6);
	ck_assert_int_eq(run.plan.units[0].state, WEFT_UNIT_FAILED);
	ck_assert_int_eq(run.plan.units[0].cause, WEFT_CAUSE_OOM);
	ck_assert_int_eq(run.plan.units[1].state, WEFT_UNIT_FAILED);
	ck_assert_int_eq(run.plan.units[1].cause, WEFT_CAUSE_DEPENDENCY);
	ck_assert(weft_state_get_end(run.state, 0, &how));
	ck_assert_int_eq(how.end_sec - how.start_sec, 60);
	end(&run);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("flow-track");
	TCase *tcase = tcase_create("track");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_set_timeout(tcase, UNIT_TIMEOUT_SEC);
	tcase_add_loop_test(tcase, every_end_has_its_cause, 0, 11);
	tcase_add_test(tcase, failed_launch_is_let_go);
	tcase_add_test(tcase, more_memory_after_oom);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
