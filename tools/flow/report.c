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
 * The drawing has one row a task, in the order in which tasks began, for the
 * first ROWS of them.  A row holds a bar a unit, and before a single one the
 * time that it waited; of a task of more than AREA_UNITS units it holds how
 * many ran at once, with the ends of failures below.  What is left out is said.
 * Colours are told apart by the colour-blind (blue, orange).
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "tools/flow/report.h"
#include "tools/ui/html.h"

#define ROWS 300
#define AREA_UNITS 40	/* from more on a row shows how many ran at once */
#define AREA_STEPS 380
#define AREA_H 54
#define FAILURES 1000
#define FAILURES_FIRST 3	/* of a task; the rest is folded away */
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
	".d { fill: #2c7fb8 } .f { fill: #d95f0e } .t { font: 11px sans-serif; fill: #333 } .g { stroke: #ddd } .w { stroke: #bbb; stroke-width: 2 }\n"
	".s { fill: #ccc } .o { fill: #eee } dl { display: flex; flex-wrap: wrap; gap: 1.2em 2.4em; margin: 1em 0 }\n"
	"dt { font-size: 80%; color: #666 } dd { margin: 0; font-size: 150% } dd.f { color: #b34700 } details { margin: 1em 0 } summary { cursor: pointer; color: #2c7fb8 }\n"
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
	int64_t first_start;		/* INT64_MAX: nothing of it began */
	int64_t ready;			/* of its first unit */
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
	if (known(p, number) && end->start_sec < s->first_start)
		s->first_start = end->start_sec;
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
		int64_t ready, *full = calloc(task->need_count + 1, sizeof(*full));

		if (!full)
			return -ENOMEM;
		s->first_start = INT64_MAX;
		for (uint32_t n = 0; n < task->need_count; n++) {
			const struct weft_flow_task *parent =
				&p->flow->tasks[task->needs[n].task_idx];

			for (uint32_t u = 0; !task->needs[n].each && u < parent->unit_count; u++)
				if (p->r->ends[parent->first_unit + u].end_sec > full[n])
					full[n] = p->r->ends[parent->first_unit + u].end_sec;
		}
		for (uint32_t u = 0; u < task->unit_count; u++) {
			uint32_t number = task->first_unit + u;

			ready = ready_at(p, task, u, full);
			if (!u)
				s->ready = ready;
			add_unit(p, s, number, ready);
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
static void put_ticks(struct page *p, uint32_t height)
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
			      x, x, ROW_H, height, x);
		put_span(p->out, at);
		weft_buf_adds(p->out, "</text>\n");
	}
	weft_buf_adds(p->out, "<text class=\"t\" x=\"0\" y=\"12\"><tspan class=\"d\">&#9632;</tspan> done "
		      "<tspan class=\"f\">&#9632;</tspan> failed "
		      "<tspan fill=\"#bbb\">&#8212;</tspan> waited</text>\n");
}

static void put_label(struct page *p, const struct weft_flow_task *task, uint32_t y)
{
	/* 26 bytes may end inside a character: weft_html_text() minds. */
	char name[27];

	strncpy(name, task->name, sizeof(name) - 1);
	name[sizeof(name) - 1] = 0;
	weft_buf_addf(p->out, "<text class=\"t\" x=\"0\" y=\"%u\">", y + ROW_H - 6);
	weft_html_text(p->out, name);
	weft_buf_adds(p->out, "</text>\n");
}

/* A task's units in one row; those that failed on top, as a stripe. */
static void put_bars(struct page *p, const struct weft_flow_task *task, uint32_t y)
{
	const struct sums *s = &p->sums[task - p->flow->tasks];

	if (task->unit_count == 1 && known(p, task->first_unit) && s->ready < s->first_start)
		weft_buf_addf(p->out, "<line class=\"w\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%u\" y2=\"%u\"/>\n",
			      x_of(p, s->ready), x_of(p, s->first_start), y + ROW_H / 2,
			      y + ROW_H / 2);
	for (int failed = 0; failed < 2; failed++)
		for (uint32_t u = task->first_unit; u < task->first_unit + task->unit_count; u++)
			if (known(p, u) &&
			    (p->r->plan->units[u].state != WEFT_UNIT_DONE) == failed)
				put_bar(p, u, y + 2);
}

static uint32_t step_of(const struct page *p, int64_t sec)
{
	return (uint32_t)((sec - p->from) * (AREA_STEPS - 1) / (p->to - p->from));
}

/* How many units of a task ran in each step of the axis, and where failures ended. */
static void count_steps(const struct page *p, const struct weft_flow_task *task,
			int32_t runs[AREA_STEPS + 1], bool bad[AREA_STEPS])
{
	for (uint32_t u = task->first_unit; u < task->first_unit + task->unit_count; u++) {
		const struct weft_unit_end *end = &p->r->ends[u];

		if (!known(p, u) || end->start_sec < p->from || end->end_sec < end->start_sec)
			continue;
		runs[step_of(p, end->start_sec)]++;
		runs[step_of(p, end->end_sec) + 1]--;
		if (p->r->plan->units[u].state == WEFT_UNIT_FAILED)
			bad[step_of(p, end->end_sec)] = true;
	}
	for (int i = 1; i < AREA_STEPS; i++)
		runs[i] += runs[i - 1];
}

static void put_area(struct page *p, const struct weft_flow_task *task, uint32_t y)
{
	int32_t runs[AREA_STEPS + 1] = { 0 }, most = 0;
	bool bad[AREA_STEPS] = { false };
	double wide = (double)WIDTH / AREA_STEPS, base = y + AREA_H - 8;

	count_steps(p, task, runs, bad);
	for (int i = 0; i < AREA_STEPS; i++)
		if (runs[i] > most)
			most = runs[i];
	if (!most)
		return;
	weft_buf_addf(p->out, "<path class=\"d\" fill-opacity=\"0.75\" d=\"M%d %.0f", LEFT, base);
	for (int i = 0; i < AREA_STEPS; i++)
		if (!i || runs[i] != runs[i - 1])
			weft_buf_addf(p->out, "H%.1fV%.1f", LEFT + i * wide,
				      base - (double)runs[i] * (AREA_H - 14) / most);
	weft_buf_addf(p->out, "H%dV%.0fZ\"><title>at most %d at once</title></path>\n",
		      LEFT + WIDTH, base, most);
	for (int i = 0; i < AREA_STEPS; i++)
		if (bad[i])
			weft_buf_addf(p->out, "<rect class=\"f\" x=\"%.1f\" y=\"%.0f\" width=\"%.1f\" height=\"5\"/>\n",
				      LEFT + i * wide, base + 1, wide < 2 ? 2 : wide);
	weft_buf_addf(p->out, "<text class=\"t\" x=\"0\" y=\"%u\" fill-opacity=\"0.7\">%u, at most %d at once</text>\n",
		      y + ROW_H + 8, task->unit_count, most);
}

static uint32_t row_height(const struct weft_flow_task *task)
{
	return task->unit_count > AREA_UNITS ? AREA_H : ROW_H;
}

struct row {
	int64_t start;
	uint32_t place, task_idx;
};

static int by_start(const void *a, const void *b)
{
	const struct row *x = a, *y = b;

	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	return x->place < y->place ? -1 : x->place > y->place;
}

static int put_gantt(struct page *p)
{
	uint32_t count = p->flow->task_count, rows = count < ROWS ? count : ROWS;
	uint32_t y = ROW_H, height = ROW_H;
	struct row *list = calloc(count + 1, sizeof(*list));

	if (!list)
		return -ENOMEM;
	for (uint32_t i = 0; i < count; i++) {
		uint32_t t = p->r->plan->graph->order[i];

		list[i] = (struct row){ p->sums[t].first_start, i, t };
	}
	qsort(list, count, sizeof(*list), by_start);
	for (uint32_t i = 0; i < rows; i++)
		height += row_height(&p->flow->tasks[list[i].task_idx]);
	weft_buf_addf(p->out, "<h2>Time</h2>\n<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\""
		      " aria-label=\"what ran when\" viewBox=\"0 0 %d %u\" width=\"100%%\">\n",
		      LEFT + WIDTH + 20, height + ROW_H);
	put_ticks(p, height);
	for (uint32_t i = 0; i < rows; i++) {
		const struct weft_flow_task *task = &p->flow->tasks[list[i].task_idx];

		put_label(p, task, y);
		if (task->unit_count > AREA_UNITS)
			put_area(p, task, y);
		else
			put_bars(p, task, y);
		y += row_height(task);
	}
	weft_buf_adds(p->out, "</svg>\n");
	if (rows < count)
		weft_buf_addf(p->out, "<p>Not drawn: %u tasks that began later or not at all.</p>\n",
			      count - rows);
	free(list);
	return 0;
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

static void failures_head(struct page *p)
{
	weft_buf_adds(p->out, "<table>\n<tr><th>unit</th><th class=\"l\">cause</th>"
		      "<th>tries</th><th class=\"l\">node</th><th class=\"l\">log</th></tr>\n");
}

/*
 * Rows of failures: of each task the first few, or the others.  Returns how
 * many there were, also those past the limit.
 */
static uint32_t put_some_failures(struct page *p, bool first)
{
	uint32_t count = 0;

	for (uint32_t t = 0; t < p->flow->task_count; t++) {
		const struct weft_flow_task *task = &p->flow->tasks[t];
		uint32_t seen = 0;

		for (uint32_t u = task->first_unit; u < task->first_unit + task->unit_count; u++) {
			if (p->r->plan->units[u].state != WEFT_UNIT_FAILED ||
			    p->r->plan->units[u].cause == WEFT_CAUSE_DEPENDENCY ||
			    (seen++ < FAILURES_FIRST) != first)
				continue;
			if (count++ < FAILURES)
				put_failure(p, u);
		}
	}
	return count;
}

static void put_failures(struct page *p)
{
	uint32_t all = p->all.counts[WEFT_UNIT_FAILED], behind = 0, shown;

	if (!all)
		return;
	for (uint32_t u = 0; u < p->flow->unit_count; u++)
		behind += p->r->plan->units[u].state == WEFT_UNIT_FAILED &&
			  p->r->plan->units[u].cause == WEFT_CAUSE_DEPENDENCY;
	weft_buf_adds(p->out, "<h2>Failures</h2>\n");
	failures_head(p);
	shown = put_some_failures(p, true);
	weft_buf_adds(p->out, "</table>\n");
	if (shown + behind < all) {
		weft_buf_addf(p->out, "<details><summary>%u more of the same tasks</summary>\n",
			      all - shown - behind);
		failures_head(p);
		put_some_failures(p, false);
		weft_buf_adds(p->out, "</table>\n</details>\n");
	}
	if (shown > FAILURES || all - shown - behind > FAILURES)
		weft_buf_addf(p->out, "<p>Only %d of each are shown.</p>\n", FAILURES);
	if (behind)
		weft_buf_addf(p->out, "<p>Not run, because what they need failed: %u.</p>\n", behind);
	if (p->r->resume) {
		weft_buf_adds(p->out, "<p>To continue: <code>");
		weft_html_text(p->out, p->r->resume);
		weft_buf_adds(p->out, "</code></p>\n");
	}
}

static void put_fact(struct page *p, const char *word, const char *mark, uint32_t count)
{
	weft_buf_addf(p->out, "<div><dt>%s</dt><dd%s>%u</dd></div>\n", word, count ? mark : "",
		      count);
}

/* The run in numbers, and one bar of how its units ended. */
static void put_summary(struct page *p)
{
	uint32_t open = p->all.counts[WEFT_UNIT_TODO] + p->all.counts[WEFT_UNIT_LIVE];
	const struct {
		const char *mark;
		uint32_t count;
	} parts[] = { { "d", p->all.counts[WEFT_UNIT_DONE] }, { "f", p->all.counts[WEFT_UNIT_FAILED] },
		      { "s", p->all.counts[WEFT_UNIT_SKIPPED] }, { "o", open } };
	double x = 0, wide = p->flow->unit_count ? 1000.0 / p->flow->unit_count : 0;

	weft_buf_adds(p->out, "<dl>\n");
	put_fact(p, "done", "", parts[0].count);
	put_fact(p, "failed", " class=\"f\"", parts[1].count);
	put_fact(p, "skipped", "", parts[2].count);
	put_fact(p, "open", "", open);
	weft_buf_adds(p->out, "<div><dt>from begin to end</dt><dd>");
	put_span(p->out, p->to - p->from);
	weft_buf_addf(p->out, "</dd></div>\n<div><dt>node-hours</dt><dd>%.2f</dd></div>\n"
		      "<div><dt>GPU-hours</dt><dd>%.2f</dd></div>\n</dl>\n"
		      "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" aria-label=\"how units ended\""
		      " viewBox=\"0 0 1000 12\" width=\"100%%\">\n",
		      p->all.node_hours, p->all.gpu_hours);
	for (int i = 0; i < 4; i++) {
		weft_buf_addf(p->out, "<rect class=\"%s\" x=\"%.2f\" y=\"0\" width=\"%.2f\" height=\"12\"/>\n",
			      parts[i].mark, x, parts[i].count * wide);
		x += parts[i].count * wide;
	}
	weft_buf_adds(p->out, "</svg>\n");
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
	weft_buf_adds(out, "</code></p>\n");
	put_summary(&p);
	put_failures(&p);
	if (!rc)
		rc = put_gantt(&p);
	put_tasks(&p);
	weft_buf_adds(out, "<p>A wait is from the end of the last task that was needed (or the"
		      " run's begin) to the start of the last try.</p>\n</body>\n</html>\n");
	free(p.sums);
	return rc ? rc : weft_buf_error(out);
}
