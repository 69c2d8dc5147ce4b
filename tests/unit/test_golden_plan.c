/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_golden_plan.c - small histories whose whole schedule is on file
 *
 * tests/golden/plan/NAME.csv is a history, NAME.schedule what the planner
 * makes of it in the simulator: a line a job, in the order of starts, with its
 * start, its nodes and the GPUs on each (hexadecimal).  Any change of planning
 * shows here; whether it is for the better is for the reader to say, who then
 * writes the files anew with WEFT_GOLDEN_WRITE=1 and commits the difference.
 */
#include "config.h"

#include "lib/file.h"
#include "sched/sim.h"
#include "sched/trace.h"
#include "tests/unit/unit.h"

#define LIMIT (1u << 20)

static const struct {
	const char *name;
	uint32_t nodes, gpus, domain_nodes;
	int order;
	bool fragmentation;
} cases[] = {
	{ "gaps", 4, 8, 0, WEFT_ORDER_PRIORITY, true },
	{ "wide", 16, 8, 4, WEFT_ORDER_PRIORITY, true },
	{ "tight", 6, 4, 2, WEFT_ORDER_PRIORITY, false },
	{ "shortest", 4, 8, 2, WEFT_ORDER_SHORTEST, true },
	{ "cpus", 8, 0, 0, WEFT_ORDER_PRIORITY, true },
};

static void path_of(size_t i, const char *suffix, char *path, size_t size)
{
	const char *srcdir = getenv("srcdir");

	snprintf(path, size, "%s/tests/golden/plan/%s.%s",
		 srcdir ? srcdir : SRCDIR, cases[i].name, suffix);
}

static struct weft_workload *read_history(size_t i,
					  const struct weft_machine *machine)
{
	const struct weft_workload_settings settings = {
		.load = 1, .from_sec = INT64_MIN, .until_sec = INT64_MAX };
	struct weft_workload_builder *b =
		weft_workload_builder_create(machine, &settings);
	struct weft_err err = WEFT_ERR_INIT;
	struct weft_workload *w;
	struct weft_trace_job job;
	struct weft_trace *trace;
	char path[4096];
	int rc;

	path_of(i, "csv", path, sizeof(path));
	ck_assert_msg(weft_trace_open(path, &trace, &err) == 0, "%s", err.msg);
	while ((rc = weft_trace_next(trace, &job, &err)) > 0)
		ck_assert_int_eq(weft_workload_add(b, &job, &err), 0);
	ck_assert_msg(rc == 0, "%s", err.msg);
	for (int k = 0; k < WEFT_FAULT_COUNT; k++)
		ck_assert_uint_eq(weft_trace_get_report(trace)->fault[k], 0);
	weft_trace_close(trace);
	ck_assert_int_eq(weft_workload_finish(b, &w, &err), 0);
	weft_workload_builder_destroy(b);
	ck_assert_uint_eq(w->report.kept, w->report.seen);
	return w;
}

static void note_start(void *arg, const struct weft_sim *sim, uint32_t job_idx,
		       const struct weft_hold *hold, uint32_t hold_count)
{
	const struct weft_workload *w = weft_sim_workload(sim);
	struct weft_buf *text = arg;

	weft_buf_addf(text, "%lld job %u",
		      (long long)(weft_sim_now(sim) - w->job[0].submit_sec),
		      job_idx);
	for (uint32_t i = 0; i < hold_count; i++)
		weft_buf_addf(text, " %u:%llx", hold[i].node_idx,
			      (unsigned long long)hold[i].gpus);
	weft_buf_adds(text, "\n");
}

static void run(size_t i, struct weft_buf *text)
{
	const struct weft_amount kind = {
		.cpus = cases[i].gpus ? cases[i].gpus * 8 : 32,
		.gpus = cases[i].gpus, .mem_mib = 512000 };
	struct weft_sim_settings settings = { 0 };
	const struct weft_sim_watch watch = { .arg = text,
					      .started = note_start };
	struct weft_err err = WEFT_ERR_INIT;
	struct weft_outcome *outcome;
	struct weft_machine *machine;
	struct weft_workload *w;

	ck_assert_int_eq(weft_machine_uniform(cases[i].nodes, &kind,
					      cases[i].domain_nodes, &machine,
					      &err), 0);
	w = read_history(i, machine);
	weft_settings_defaults(weft_policy_settings, &settings.policy);
	weft_settings_defaults(weft_stock_settings, &settings.stock);
	settings.policy.order = cases[i].order;
	settings.policy.fragmentation = cases[i].fragmentation;
	ck_assert_msg(weft_sim_run(machine, w, &weft_sim_weft, &settings,
				   &watch, &outcome, &err) == 0, "%s", err.msg);
	ck_assert_uint_eq(outcome->started, w->job_count);
	weft_outcome_destroy(outcome);
	weft_workload_destroy(w);
	weft_machine_destroy(machine);
}

/* The first line that differs, for whoever reads the failure. */
static void compare(size_t i, const char *want, const char *have)
{
	size_t line = 1, begin = 0, k = 0;

	while (want[k] && want[k] == have[k]) {
		if (want[k++] == '\n') {
			line++;
			begin = k;
		}
	}
	ck_assert_msg(want[k] == have[k], "%s.schedule:%zu: \"%.*s\" is now \"%.*s\"",
		      cases[i].name, line, (int)strcspn(want + begin, "\n"),
		      want + begin, (int)strcspn(have + begin, "\n"),
		      have + begin);
}

START_TEST(test_schedules)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct weft_err err = WEFT_ERR_INIT;
		struct weft_buf text;
		char path[4096], *want;

		weft_buf_init(&text, LIMIT);
		run(i, &text);
		ck_assert_int_eq(weft_buf_error(&text), 0);
		path_of(i, "schedule", path, sizeof(path));
		if (getenv("WEFT_GOLDEN_WRITE"))
			ck_assert_int_eq(weft_file_replace_soon(
				path, text.data, text.len, 0644, &err), 0);
		ck_assert_msg(weft_file_read(path, LIMIT, &want, NULL, &err) == 0,
			      "%s", err.msg);
		compare(i, want, weft_buf_str(&text));
		free(want);
		weft_buf_fini(&text);
	}
}
END_TEST

UNIT_MAIN("golden_plan", test_schedules)
