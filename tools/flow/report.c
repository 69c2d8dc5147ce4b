/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * report.c - see report.h
 *
 * One file that is HTML and well-formed XML at once, with its drawing inline:
 * no script, no font, nothing fetched.  All that users wrote (names, paths,
 * nodes) goes through weft_html_text(), which escapes the marks of XML and
 * replaces what XML cannot hold.
 *
 * A wait is the time from the moment a unit could have run (the last end of
 * what it needs, or the run's begin) to its start: Slurm's queue, back-off
 * before a retry and our own polling together.  Only the last try of a unit is
 * in the journal, so earlier tries are in its wait.  GPU-hours are what the
 * options asked for times the time it ran.
 *
 * The drawing has one row a task and in it a bar a unit, for the first ROWS
 * tasks in the order of the workflow and the first BARS units; what is left
 * out is said.  Colours are told apart by the colour-blind (blue, orange).
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "tools/flow/report.h"
#include "tools/ui/html.h"

#define ROWS 300
#define BARS 20000
#define FAILURES 1000
#define ROW_H 18
#define LEFT 180	/* room for the names */
#define WIDTH 760	/* of the time axis */

static const char head[] =
	"<!DOCTYPE html>\n<html xmlns=\"http://www.w3.org/1999/xhtml\" lang=\"en\">\n<head>\n"
	"<meta charset=\"utf-8\"/>\n<title>";
static const char style[] =
	"</title>\n<style>\n"
	"body { font: 15px/1.45 sans-serif; margin: 2em auto; max-width: 62em; padding: 0 1em; color: #222 }\n"
	"table { border-collapse: collapse; margin: 1em 0 } td, th { padding: .2em .8em; text-align: right; border-bottom: 1px solid #ddd }\n"
	"td:first-child, th:first-child, td.l, th.l { text-align: left } code { background: #f3f3f3; padding: .1em .3em }\n"
	".d { fill: #2c7fb8 } .f { fill: #d95f0e } .t { font: 11px sans-serif; fill: #333 } .g { stroke: #ddd }\n"
	"</style>\n</head>\n<body>\n<h1>";

static void put_span(struct weft_buf *out, int64_t sec)
{
	long long s = sec < 0 ? 0 : (long long)sec;

	if (s < 120)
		weft_buf_addf(out, "%lld s", s);
	else if (s < 7200)
		weft_buf_addf(out, "%lld min %02lld s", s / 60, s % 60);
	else
		weft_buf_addf(out, "%lld h %02lld min", s / 3600, s / 60 % 60);
}

struct sums {
	uint32_t counts[WEFT_UNIT_FAILED + 1];
	uint32_t tries, waits;
	int64_t wait, longest_wait;
	double node_hours, gpu_hours;
};

struct page {
	const struct weft_report *r;
	const struct weft_flow *flow;
	struct weft_buf *out;
	int64_t from, to;		/* the axis */
	struct sums *sums;		/* per task */
	struct sums all;
};

static bool known(const struct page *p, uint32_t unit)
{
	return p->r->ends[unit].end_sec > 0 && p->r->ends[unit].start_sec > 0;
}

/* When unit `local` of a task could have run. */
static int64_t ready_at(const struct page *p, const struct weft_flow_task *task,
			uint32_t local, const int64_t *full)
{
	int64_t ready = p->r->started_sec;

	for (uint32_t n = 0; n < task->need_count; n++) {
		const struct weft_flow_task *parent = &p->flow->tasks[task->needs[n].task_idx];
		int64_t end = task->needs[n].each ?
				      p->r->ends[parent->first_unit + local].end_sec : full[n];

		if (end > ready)
			ready = end;
	}
	return ready;
}

static void add_unit(const struct page *p, struct sums *s, uint32_t number, int64_t ready)
{
	const struct weft_unit *unit = &p->r->plan->units[number];
	const struct weft_unit_end *end = &p->r->ends[number];
	struct weft_object_cost cost;
	int64_t wait = end->start_sec - ready;
	double hours;

	s->counts[unit->state]++;
	s->tries += unit->attempt;
	if (!known(p, number) || unit->object == WEFT_NO_OBJECT)
		return;
	if (wait < 0)
		wait = 0;
	s->waits++;
	s->wait += wait;
	if (wait > s->longest_wait)
		s->longest_wait = wait;
	weft_object_cost(&p->r->plan->objects[unit->object], &cost);
	hours = (double)(end->end_sec > end->start_sec ? end->end_sec - end->start_sec : 0) / 3600;
	s->node_hours += hours * cost.nodes;
	s->gpu_hours += hours * (double)cost.gpus;
}

static int add_up(struct page *p)
{
	for (uint32_t t = 0; t < p->flow->task_count; t++) {
		const struct weft_flow_task *task = &p->flow->tasks[t];
		struct sums *s = &p->sums[t];
		int64_t *full = calloc(task->need_count + 1, sizeof(*full));

		if (!full)
			return -ENOMEM;
		for (uint32_t n = 0; n < task->need_count; n++) {
			const struct weft_flow_task *parent =
				&p->flow->tasks[task->needs[n].task_idx];

			for (uint32_t u = 0; !task->needs[n].each && u < parent->unit_count; u++)
				if (p->r->ends[parent->first_unit + u].end_sec > full[n])
					full[n] = p->r->ends[parent->first_unit + u].end_sec;
		}
		for (uint32_t u = 0; u < task->unit_count; u++) {
			uint32_t number = task->first_unit + u;

			add_unit(p, s, number, ready_at(p, task, u, full));
			if (known(p, number) && p->r->ends[number].end_sec > p->to)
				p->to = p->r->ends[number].end_sec;
		}
		free(full);
		for (int i = 0; i <= WEFT_UNIT_FAILED; i++)
			p->all.counts[i] += s->counts[i];
		p->all.tries += s->tries;
		p->all.waits += s->waits;
		p->all.wait += s->wait;
		if (s->longest_wait > p->all.longest_wait)
			p->all.longest_wait = s->longest_wait;
		p->all.node_hours += s->node_hours;
		p->all.gpu_hours += s->gpu_hours;
	}
	return 0;
}

static void put_row(struct page *p, const char *name, const struct sums *s)
{
	weft_buf_adds(p->out, "<tr><td>");
	weft_html_text(p->out, name);
	weft_buf_addf(p->out, "</td><td>%u</td><td>%u</td><td>%u</td><td>%u</td><td>%u</td><td>",
		      s->counts[WEFT_UNIT_DONE], s->counts[WEFT_UNIT_FAILED],
		      s->counts[WEFT_UNIT_SKIPPED],
		      s->counts[WEFT_UNIT_TODO] + s->counts[WEFT_UNIT_LIVE], s->tries);
	put_span(p->out, s->waits ? s->wait / s->waits : 0);
	weft_buf_adds(p->out, "</td><td>");
	put_span(p->out, s->longest_wait);
	weft_buf_addf(p->out, "</td><td>%.2f</td><td>%.2f</td></tr>\n", s->node_hours,
		      s->gpu_hours);
}

static void put_tasks(struct page *p)
{
	uint32_t shown = p->flow->task_count < ROWS ? p->flow->task_count : ROWS;

	weft_buf_adds(p->out, "<h2>Tasks</h2>\n<table>\n<tr><th>task</th><th>done</th>"
		      "<th>failed</th><th>skipped</th><th>open</th><th>failed tries</th>"
		      "<th>mean wait</th><th>longest wait</th><th>node-hours</th>"
		      "<th>GPU-hours</th></tr>\n");
	for (uint32_t i = 0; i < shown; i++) {
		uint32_t t = p->r->plan->graph->order[i];

		put_row(p, p->flow->tasks[t].name, &p->sums[t]);
	}
	put_row(p, shown < p->flow->task_count ? "all, also those not shown" : "all", &p->all);
	weft_buf_adds(p->out, "</table>\n");
}

static double x_of(const struct page *p, int64_t sec)
{
	return LEFT + (double)WIDTH * (double)(sec - p->from) / (double)(p->to - p->from);
}

static void put_bar(struct page *p, uint32_t number, uint32_t y)
{
	const struct weft_unit_end *end = &p->r->ends[number];
	const struct weft_flow_task *task = weft_plan_task(p->r->plan, number, NULL);
	double x = x_of(p, end->start_sec), w = x_of(p, end->end_sec) - x;
	bool done = p->r->plan->units[number].state == WEFT_UNIT_DONE;
	int height = ROW_H - 4;
	struct weft_buf name;

	if (task->unit_count > 1 && !done) {
		height = (ROW_H - 4) / 3;
		y += (uint32_t)(ROW_H - 4 - height);
	}
	weft_buf_addf(p->out, "<rect class=\"%s\" x=\"%.1f\" y=\"%u\" width=\"%.1f\" height=\"%d\""
		      " fill-opacity=\"%s\"><title>",
		      done ? "d" : "f", x, y,
		      w < 1.5 ? 1.5 : w, height, task->unit_count > 1 && done ? "0.5" : "1");
	weft_buf_init(&name, 8192);
	weft_flow_unit_name(task, number - task->first_unit, &name);
	weft_html_text(p->out, weft_buf_str(&name));
	weft_buf_fini(&name);
	weft_buf_adds(p->out, ": ");
	put_span(p->out, end->end_sec - end->start_sec);
	weft_buf_adds(p->out, " on ");
	weft_html_text(p->out, end->node);
	weft_buf_adds(p->out, "</title></rect>\n");
}

/* At most seven lines, at whole steps that people count time in. */
static void put_ticks(struct page *p, uint32_t rows)
{
	static const int64_t steps[] = { 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600,
					 7200, 14400, 21600, 43200, 86400, 172800, 604800 };
	int64_t span = p->to - p->from, step = 0;

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]) && (!step || span / step > 6); i++)
		step = steps[i];
	while (span / step > 6)
		step *= 2;
	for (int64_t at = 0; at <= span; at += step) {
		double x = x_of(p, p->from + at);

		weft_buf_addf(p->out, "<line class=\"g\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%u\"/>"
			      "<text class=\"t\" x=\"%.1f\" y=\"12\" text-anchor=\"middle\">",
			      x, x, ROW_H, (rows + 1) * ROW_H, x);
		put_span(p->out, at);
		weft_buf_adds(p->out, "</text>\n");
	}
	weft_buf_adds(p->out, "<text class=\"t\" x=\"0\" y=\"12\"><tspan class=\"d\">&#9632;</tspan> done "
		      "<tspan class=\"f\">&#9632;</tspan> failed</text>\n");
}

static void put_label(struct page *p, const struct weft_flow_task *task, uint32_t row)
{
	/* 26 bytes may end inside a character: weft_html_text() minds. */
	char name[27];

	strncpy(name, task->name, sizeof(name) - 1);
	name[sizeof(name) - 1] = 0;
	weft_buf_addf(p->out, "<text class=\"t\" x=\"0\" y=\"%u\">", (row + 2) * ROW_H - 6);
	weft_html_text(p->out, name);
	weft_buf_adds(p->out, "</text>\n");
}

/* A task's units in one row; those that failed on top, as a stripe. */
static void put_bars(struct page *p, const struct weft_flow_task *task, uint32_t row,
		     uint32_t *bars, uint32_t *left)
{
	for (int failed = 0; failed < 2; failed++) {
		for (uint32_t u = task->first_unit; u < task->first_unit + task->unit_count; u++) {
			if (!known(p, u) ||
			    (p->r->plan->units[u].state != WEFT_UNIT_DONE) != failed)
				continue;
			if (*bars == BARS) {
				(*left)++;
				continue;
			}
			(*bars)++;
			put_bar(p, u, (row + 1) * ROW_H + 2);
		}
	}
}

static void put_gantt(struct page *p)
{
	uint32_t rows = p->flow->task_count < ROWS ? p->flow->task_count : ROWS, bars = 0, left = 0;

	weft_buf_addf(p->out, "<h2>Time</h2>\n<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\""
		      " aria-label=\"what ran when\" viewBox=\"0 0 %d %u\" width=\"100%%\">\n",
		      LEFT + WIDTH + 20, (rows + 2) * ROW_H);
	put_ticks(p, rows);
	for (uint32_t i = 0; i < p->flow->task_count; i++) {
		const struct weft_flow_task *task = &p->flow->tasks[p->r->plan->graph->order[i]];

		if (i < rows) {
			put_label(p, task, i);
			put_bars(p, task, i, &bars, &left);
			continue;
		}
		for (uint32_t u = 0; u < task->unit_count; u++)
			left += known(p, task->first_unit + u);
	}
	weft_buf_adds(p->out, "</svg>\n");
	if (left)
		weft_buf_addf(p->out, "<p>Not drawn: %u more.</p>\n", left);
}

static void put_failure(struct page *p, uint32_t number)
{
	const struct weft_unit *unit = &p->r->plan->units[number];
	const struct weft_flow_task *task = weft_plan_task(p->r->plan, number, NULL);
	int status = p->r->ends[number].exit_status;
	struct weft_buf text;

	weft_buf_init(&text, 8192);
	weft_buf_adds(p->out, "<tr><td>");
	weft_flow_unit_name(task, number - task->first_unit, &text);
	weft_html_text(p->out, weft_buf_str(&text));
	weft_buf_addf(p->out, "</td><td class=\"l\">%s", weft_cause_name((enum weft_cause)unit->cause));
	if (known(p, number) && WIFEXITED(status) && WEXITSTATUS(status))
		weft_buf_addf(p->out, " %d", WEXITSTATUS(status));
	else if (known(p, number) && WIFSIGNALED(status))
		weft_buf_addf(p->out, " %d", WTERMSIG(status));
	weft_buf_addf(p->out, "</td><td>%u</td><td class=\"l\">", unit->attempt + 1u);
	weft_html_text(p->out, p->r->ends[number].node);
	weft_buf_adds(p->out, "</td><td class=\"l\">");
	weft_buf_clear(&text);
	if (p->r->log_path)
		p->r->log_path(p->r->ctx, number, &text);
	weft_html_text(p->out, weft_buf_str(&text));
	weft_buf_adds(p->out, "</td></tr>\n");
	weft_buf_fini(&text);
}

static void put_failures(struct page *p)
{
	uint32_t shown = 0, behind = 0, left = 0;

	if (!p->all.counts[WEFT_UNIT_FAILED])
		return;
	weft_buf_adds(p->out, "<h2>Failures</h2>\n<table>\n<tr><th>unit</th><th class=\"l\">cause</th>"
		      "<th>tries</th><th class=\"l\">node</th><th class=\"l\">log</th></tr>\n");
	for (uint32_t u = 0; u < p->flow->unit_count; u++) {
		if (p->r->plan->units[u].state != WEFT_UNIT_FAILED)
			continue;
		if (p->r->plan->units[u].cause == WEFT_CAUSE_DEPENDENCY)
			behind++;
		else if (shown++ < FAILURES)
			put_failure(p, u);
		else
			left++;
	}
	weft_buf_adds(p->out, "</table>\n");
	if (left)
		weft_buf_addf(p->out, "<p>And %u more failures.</p>\n", left);
	if (behind)
		weft_buf_addf(p->out, "<p>Not run, because what they need failed: %u.</p>\n", behind);
	if (p->r->resume) {
		weft_buf_adds(p->out, "<p>To continue: <code>");
		weft_html_text(p->out, p->r->resume);
		weft_buf_adds(p->out, "</code></p>\n");
	}
}

int weft_report_write(const struct weft_report *report, struct weft_buf *out)
{
	struct page p = { .r = report, .flow = report->plan->flow, .out = out,
			  .from = report->started_sec, .to = report->started_sec };
	int rc;

	p.sums = calloc(p.flow->task_count + 1, sizeof(*p.sums));
	if (!p.sums)
		return -ENOMEM;
	rc = add_up(&p);
	if (p.to <= p.from)
		p.to = p.from + 1;
	weft_buf_adds(out, head);
	weft_html_text(out, report->id);
	weft_buf_adds(out, style);
	weft_html_text(out, p.flow->name);
	weft_buf_adds(out, "</h1>\n<p>Run <code>");
	weft_html_text(out, report->id);
	weft_buf_addf(out, "</code>: %u done, %u failed, %u skipped, %u open; ",
		      p.all.counts[WEFT_UNIT_DONE], p.all.counts[WEFT_UNIT_FAILED],
		      p.all.counts[WEFT_UNIT_SKIPPED],
		      p.all.counts[WEFT_UNIT_TODO] + p.all.counts[WEFT_UNIT_LIVE]);
	put_span(out, p.to - p.from);
	weft_buf_addf(out, ", %.2f node-hours, %.2f GPU-hours.</p>\n", p.all.node_hours,
		      p.all.gpu_hours);
	put_failures(&p);
	put_gantt(&p);
	put_tasks(&p);
	weft_buf_adds(out, "<p>A wait is from the end of the last task that was needed (or the"
		      " run's begin) to the start of the last try.</p>\n</body>\n</html>\n");
	free(p.sums);
	return rc ? rc : weft_buf_error(out);
}

const char *weft_report_colour(void *ctx, uint32_t task_idx)
{
	const struct weft_plan *plan = ctx;
	const struct weft_flow_task *task = &plan->flow->tasks[task_idx];
	uint32_t counts[WEFT_UNIT_FAILED + 1] = { 0 };

	for (uint32_t u = 0; u < task->unit_count; u++)
		counts[plan->units[task->first_unit + u].state]++;
	if (counts[WEFT_UNIT_FAILED])
		return "#fdae6b";
	if (counts[WEFT_UNIT_LIVE])
		return "#ffffb3";
	if (counts[WEFT_UNIT_TODO])
		return counts[WEFT_UNIT_DONE] ? "#ffffb3" : "white";
	return counts[WEFT_UNIT_DONE] ? "#9ecae1" : "#dddddd";
}
