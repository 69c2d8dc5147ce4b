/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * progress.c - how a run looks while it goes, and what is said at its end
 *
 * On a terminal one bar a task, redrawn in place; of more than twenty tasks
 * those that are worth a look: under way first, then what failed by itself,
 * then what comes next.  Elsewhere one line a minute.  The time left is the time so far scaled by what is left: good
 * enough once a tenth is done, not shown before.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tools/flow/progress.h"

#define BARS 20
#define SUMMARY_LINES 20
#define WIDTH 30

static void draw_bar(const struct weft_run *run, const struct weft_flow_task *task)
{
	struct weft_run_totals t;
	uint32_t full, bad;

	weft_run_count_units(run, task->first_unit, task->unit_count, &t);
	full = (uint32_t)((uint64_t)WIDTH * (t.done + t.skipped) / task->unit_count);
	bad = (uint32_t)((uint64_t)WIDTH * t.failed / task->unit_count);
	if (t.failed && !bad)
		bad = 1;
	if (t.failed && !t.todo && !t.live)
		bad = WIDTH - full;	/* over: no gap that looks like more to come */
	fprintf(stderr, "\033[K%-20.20s [", task->name);
	for (uint32_t i = 0; i < WIDTH; i++)
		fputc(i < full ? '#' : i < full + bad ? '!' : '.', stderr);
	fprintf(stderr, "] %u/%u", t.done + t.skipped, task->unit_count);
	if (t.running)
		fprintf(stderr, ", %u running", t.running);
	if (t.failed)
		fprintf(stderr, ", %u failed", t.failed);
	fputc('\n', stderr);
}

/* How much a task is worth a bar when there is not room for all; 0 the most. */
enum { LOOK_RUNNING, LOOK_FAILED, LOOK_BEGUN, LOOK_NEXT, LOOK_OVER, LOOK_COUNT };

static int worth(const struct weft_run *run, const struct weft_flow_task *task)
{
	struct weft_run_totals t;

	weft_run_count_units(run, task->first_unit, task->unit_count, &t);
	if (t.running)
		return LOOK_RUNNING;
	for (uint32_t u = task->first_unit; t.failed && u < task->first_unit + task->unit_count; u++)
		if (run->plan.units[u].state == WEFT_UNIT_FAILED &&
		    run->plan.units[u].cause != WEFT_CAUSE_DEPENDENCY)
			return LOOK_FAILED;
	if (!t.todo && !t.live)
		return LOOK_OVER;
	return t.done ? LOOK_BEGUN : LOOK_NEXT;
}

/* The best BARS tasks in the order of the workflow; how many lines were drawn. */
static uint32_t draw_bars(const struct weft_run *run)
{
	uint32_t count = run->flow->task_count, room = BARS, room_at[LOOK_COUNT], drawn = 0;
	uint32_t of[LOOK_COUNT] = { 0 };
	uint8_t *look = calloc(count, 1);

	for (uint32_t i = 0; look && count > BARS && i < count; i++)
		of[look[i] = (uint8_t)worth(run, &run->flow->tasks[run->graph.order[i]])]++;
	if (look && count <= BARS)
		of[0] = count;
	for (int w = 0; w < LOOK_COUNT; w++) {
		room_at[w] = of[w] < room ? of[w] : room;
		room -= room_at[w];
	}
	for (uint32_t i = 0; look && i < count; i++) {
		if (!room_at[look[i]])
			continue;
		room_at[look[i]]--;
		draw_bar(run, &run->flow->tasks[run->graph.order[i]]);
		drawn++;
	}
	free(look);
	if (drawn < count) {
		fprintf(stderr, "\033[K... and %u more tasks\n", count - drawn);
		drawn++;
	}
	return drawn;
}

void weft_progress_show(struct weft_progress *progress, const struct weft_run *run,
			bool last)
{
	struct weft_run_totals t;
	time_t now = time(NULL);
	uint32_t ended, all = run->flow->unit_count;

	if (!progress->started) {
		progress->started = now;
		progress->terminal = isatty(STDERR_FILENO);
	}
	if (!progress->terminal && !last && progress->shown &&
	    now - progress->shown < 60)
		return;
	progress->shown = now;
	weft_run_count(run, &t);
	ended = t.done + t.skipped + t.failed;
	if (progress->terminal) {
		if (progress->lines)
			fprintf(stderr, "\033[%uA", progress->lines);
		progress->lines = draw_bars(run) + 1;
		fprintf(stderr, "\033[K");
	}
	fprintf(stderr, "%s: %u of %u done, %u running, %u waiting, %u failed",
		run->id, t.done + t.skipped, all, t.running, t.todo + t.live - t.running,
		t.failed);
	if (!last && ended * 10 >= all && ended < all && now > progress->started) {
		long long sec = (long long)(now - progress->started) * (all - ended) / ended + 1;

		fprintf(stderr, sec < 120 ? ", about %lld s left" : ", about %lld min left",
			sec < 120 ? sec : (sec + 59) / 60);
	}
	fputc('\n', stderr);
}

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

void weft_progress_summary(const struct weft_run *run)
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
