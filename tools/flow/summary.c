/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * summary.c - what is said of a run at its end
 *
 * What failed, of what, where its log is, and the one command that goes on: of
 * each task the first failure of each cause, so that a thousand alike are one
 * line and the odd one among them is seen.
 */
#include "config.h"

#include <stdio.h>

#include "tools/flow/summary.h"

#define SUMMARY_LINES 20
#define SLURM_NO_FILES 53	/* slurmstepd ends a job so before it begins */

static void describe(const struct weft_run *run, uint32_t unit, struct weft_buf *out)
{
	const struct weft_unit *u = &run->plan.units[unit];
	struct weft_unit_end end;
	bool known = weft_state_get_end(run->state, unit, &end);

	switch (u->cause) {
	case WEFT_CAUSE_EXIT:
		weft_buf_addf(out, "exit code %d", known ? weft_run_exit_code(&end) : 0);
		break;
	case WEFT_CAUSE_SIGNAL:
		weft_buf_addf(out, "signal %d", known ? weft_run_signal(&end) : 0);
		if (known && weft_run_signal(&end) == SLURM_NO_FILES)
			weft_buf_adds(out, " (Slurm's sign that its input or output file could not be opened)");
		break;
	case WEFT_CAUSE_OOM:
		weft_buf_adds(out, "out of memory");
		break;
	case WEFT_CAUSE_TIMEOUT:
		weft_buf_adds(out, "time limit");
		break;
	case WEFT_CAUSE_NODE_FAIL:
		weft_buf_adds(out, "its node failed");
		break;
	case WEFT_CAUSE_DEPENDENCY:
		weft_buf_adds(out, "not run: a task it needs failed");
		break;
	case WEFT_CAUSE_LOST:
		weft_buf_adds(out, "gone from Slurm with no word of its end");
		break;
	default:
		weft_buf_adds(out, weft_cause_name(u->cause));
	}
	if (known && *end.node)
		weft_buf_addf(out, " on %s", end.node);
	if (u->attempt)
		weft_buf_addf(out, ", %u tries", u->attempt + 1u);
}

/* One failure with its log, and how many of its task ended of the same. */
static void say_failure(const struct weft_run *run, const struct weft_flow_task *task,
			uint32_t unit, uint32_t count)
{
	struct weft_buf name, why, log;

	weft_buf_init(&name, 4096);
	weft_buf_init(&why, 4096);
	weft_buf_init(&log, 4096);
	weft_flow_unit_name(task, unit - task->first_unit, &name);
	describe(run, unit, &why);
	weft_run_log_path(run, unit, &log);
	fprintf(stderr, "  %s: %s%s%s", weft_buf_str(&name), weft_buf_str(&why),
		log.len ? "; log: " : "", weft_buf_str(&log));
	if (count > 1)
		fprintf(stderr, "\n    and %u more of %.60s: %s", count - 1, task->name,
			weft_cause_name((enum weft_cause)run->plan.units[unit].cause));
	fputc('\n', stderr);
	weft_buf_fini(&name);
	weft_buf_fini(&why);
	weft_buf_fini(&log);
}

/*
 * The first failure of each cause in each task: a thousand alike are one line,
 * and the odd one among them is seen.  What only waited for others is counted.
 */
static void say_failures(const struct weft_run *run, uint32_t causes[WEFT_CAUSE_NONE + 1])
{
	uint32_t lines = 0, unsaid = 0;

	for (uint32_t i = 0; i < run->flow->task_count; i++) {
		const struct weft_flow_task *task = &run->flow->tasks[run->graph.order[i]];
		uint32_t first[WEFT_CAUSE_NONE + 1], count[WEFT_CAUSE_NONE + 1] = { 0 };

		for (uint32_t u = task->first_unit; u < task->first_unit + task->unit_count;
		     u++) {
			uint8_t cause = run->plan.units[u].cause;

			if (run->plan.units[u].state != WEFT_UNIT_FAILED)
				continue;
			if (cause > WEFT_CAUSE_NONE)
				cause = WEFT_CAUSE_NONE;
			if (!count[cause]++)
				first[cause] = u;
			causes[cause]++;
		}
		for (int c = 0; c <= WEFT_CAUSE_NONE; c++) {
			if (!count[c] || c == WEFT_CAUSE_DEPENDENCY)
				continue;
			if (lines++ < SUMMARY_LINES)
				say_failure(run, task, first[c], count[c]);
			else
				unsaid += count[c];
		}
	}
	if (unsaid)
		fprintf(stderr, "  and %u more: weft flow status --json, weft flow report\n",
			unsaid);
}

void weft_flow_summary(const struct weft_run *run)
{
	uint32_t causes[WEFT_CAUSE_NONE + 1] = { 0 };
	struct weft_run_totals t;

	weft_run_count(run, &t);
	fprintf(stderr, "%s: %u done, %u skipped, %u failed, %u not finished\n", run->id,
		t.done, t.skipped, t.failed, t.todo + t.live);
	if (!t.failed && !t.todo && !t.live)
		return;
	if (t.failed) {
		say_failures(run, causes);
		fprintf(stderr, "by cause:");
		for (int c = 0; c < WEFT_CAUSE_NONE; c++)
			if (causes[c])
				fprintf(stderr, " %s %u", weft_cause_name((enum weft_cause)c),
					causes[c]);
		fputc('\n', stderr);
	}
	fprintf(stderr, "to continue: weft flow resume %s\n", run->dir);
}
