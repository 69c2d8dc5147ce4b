/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * report_gantt.c - what ran when, as a drawing
 *
 * One row a task, or of a run with more than WEFT_REPORT_ROWS tasks a group of
 * them that are alike (collapse.h), in the order in which they began.  A row
 * holds a bar a unit, and before a single one the time that it waited; from
 * more than AREA_UNITS units on it holds how many ran at once, with the ends of
 * failures below.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>

#include "lib/text.h"
#include "tools/flow/report_page.h"
#include "tools/ui/html.h"

#define AREA_UNITS 40	/* from more on a row shows how many ran at once */
#define AREA_STEPS 380
#define AREA_H 54
#define ROW_H 18
#define LEFT 180	/* room for the names */
#define WIDTH 760	/* of the time axis */

static double x_of(const struct weft_report_page *p, int64_t sec)
{
	return LEFT + (double)WIDTH * (double)(sec - p->from) / (double)(p->to - p->from);
}

static void put_bar(struct weft_report_page *p, uint32_t number, uint32_t beside, uint32_t y)
{
	const struct weft_unit_end *end = &p->r->ends[number];
	const struct weft_flow_task *task = weft_plan_task(p->r->plan, number, NULL);
	double x = x_of(p, end->start_sec), w = x_of(p, end->end_sec) - x;
	bool done = p->r->plan->units[number].state == WEFT_UNIT_DONE;
	int height = ROW_H - 4;
	struct weft_buf name;

	if (beside > 1 && !done) {
		height = (ROW_H - 4) / 3;
		y += (uint32_t)(ROW_H - 4 - height);
	}
	weft_buf_addf(p->out, "<rect class=\"%s\" x=\"%.1f\" y=\"%u\" width=\"%.1f\" height=\"%d\""
		      " fill-opacity=\"%s\"><title>",
		      done ? "d" : "f", x, y,
		      w < 1.5 ? 1.5 : w, height, beside > 1 && done ? "0.5" : "1");
	weft_buf_init(&name, 8192);
	weft_flow_unit_name(task, number - task->first_unit, &name);
	weft_html_text(p->out, weft_buf_str(&name));
	weft_buf_fini(&name);
	weft_buf_adds(p->out, ": ");
	weft_report_span(p->out, end->end_sec - end->start_sec);
	weft_buf_adds(p->out, " on ");
	weft_html_text(p->out, end->node);
	weft_buf_adds(p->out, "</title></rect>\n");
}

/* At most seven lines, at whole steps that people count time in. */
static void put_ticks(struct weft_report_page *p, uint32_t height)
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
		weft_report_span(p->out, at);
		weft_buf_adds(p->out, "</text>\n");
	}
	weft_buf_adds(p->out, "<text class=\"t\" x=\"0\" y=\"12\"><tspan class=\"d\">&#9632;</tspan> done "
		      "<tspan class=\"f\">&#9632;</tspan> failed "
		      "<tspan fill=\"#bbb\">&#8212;</tspan> waited</text>\n");
}

static void put_label(struct weft_report_page *p, uint32_t group, uint32_t y)
{
	struct weft_buf name;
	char label[27];

	weft_buf_init(&name, 4096);
	weft_collapse_name(&p->groups, group, &name);
	weft_text_clean(label, sizeof(label), weft_buf_str(&name));
	weft_buf_fini(&name);
	weft_buf_addf(p->out, "<text class=\"t\" x=\"0\" y=\"%u\">", y + ROW_H - 6);
	weft_html_text(p->out, label);
	weft_buf_adds(p->out, "</text>\n");
}

static const struct weft_flow_task *member(const struct weft_report_page *p, uint32_t place)
{
	return &p->flow->tasks[p->groups.members[place]];
}

/* A row's units; those that failed on top, as a stripe. */
static void put_bars(struct weft_report_page *p, uint32_t group, uint32_t y)
{
	const struct weft_report_sums *s = &p->sums[group];

	if (s->units == 1 && s->first_start != INT64_MAX && s->ready < s->first_start)
		weft_buf_addf(p->out, "<line class=\"w\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%u\" y2=\"%u\"/>\n",
			      x_of(p, s->ready), x_of(p, s->first_start), y + ROW_H / 2,
			      y + ROW_H / 2);
	for (int failed = 0; failed < 2; failed++)
		for (uint32_t i = p->groups.first[group]; i < p->groups.first[group + 1]; i++)
			for (uint32_t u = 0; u < member(p, i)->unit_count; u++) {
				uint32_t number = member(p, i)->first_unit + u;

				if (weft_report_known(p, number) &&
				    (p->r->plan->units[number].state != WEFT_UNIT_DONE) == failed)
					put_bar(p, number, s->units, y + 2);
			}
}

static uint32_t step_of(const struct weft_report_page *p, int64_t sec)
{
	return (uint32_t)((sec - p->from) * (AREA_STEPS - 1) / (p->to - p->from));
}

/* How many of a task's units began and ended in each step, and where failures ended. */
static void count_steps(const struct weft_report_page *p, const struct weft_flow_task *task,
			int32_t runs[AREA_STEPS + 1], bool bad[AREA_STEPS])
{
	for (uint32_t u = task->first_unit; u < task->first_unit + task->unit_count; u++) {
		const struct weft_unit_end *end = &p->r->ends[u];

		if (!weft_report_known(p, u) || end->start_sec < p->from || end->end_sec < end->start_sec)
			continue;
		runs[step_of(p, end->start_sec)]++;
		runs[step_of(p, end->end_sec) + 1]--;
		if (p->r->plan->units[u].state == WEFT_UNIT_FAILED)
			bad[step_of(p, end->end_sec)] = true;
	}
}

static void put_area(struct weft_report_page *p, uint32_t group, uint32_t y)
{
	int32_t runs[AREA_STEPS + 1] = { 0 }, most = 0;
	bool bad[AREA_STEPS] = { false };
	double wide = (double)WIDTH / AREA_STEPS, base = y + AREA_H - 8;

	for (uint32_t i = p->groups.first[group]; i < p->groups.first[group + 1]; i++)
		count_steps(p, member(p, i), runs, bad);
	for (int i = 0; i < AREA_STEPS; i++) {
		runs[i] += i ? runs[i - 1] : 0;
		if (runs[i] > most)
			most = runs[i];
	}
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
		      y + ROW_H + 8, p->sums[group].units, most);
}

static uint32_t row_height(const struct weft_report_page *p, uint32_t group)
{
	return p->sums[group].units > AREA_UNITS ? AREA_H : ROW_H;
}

struct row {
	int64_t start;
	uint32_t group;
};

static int by_start(const void *a, const void *b)
{
	const struct row *x = a, *y = b;

	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	return x->group < y->group ? -1 : x->group > y->group;
}

int weft_report_put_gantt(struct weft_report_page *p)
{
	uint32_t count = p->groups.count, y = ROW_H, height = ROW_H;
	struct row *list = calloc((size_t)count + 1, sizeof(*list));

	if (!list)
		return -ENOMEM;
	for (uint32_t g = 0; g < count; g++) {
		list[g] = (struct row){ p->sums[g].first_start, g };
		height += row_height(p, g);
	}
	qsort(list, count, sizeof(*list), by_start);
	weft_buf_addf(p->out, "<h2>Time</h2>\n<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\""
		      " aria-label=\"what ran when\" viewBox=\"0 0 %d %u\" width=\"100%%\">\n",
		      LEFT + WIDTH + 40, height + ROW_H);	/* room for the last time */
	put_ticks(p, height);
	for (uint32_t i = 0; i < count; i++) {
		put_label(p, list[i].group, y);
		if (p->sums[list[i].group].units > AREA_UNITS)
			put_area(p, list[i].group, y);
		else
			put_bars(p, list[i].group, y);
		y += row_height(p, list[i].group);
	}
	weft_buf_adds(p->out, "</svg>\n");
	free(list);
	return 0;
}
