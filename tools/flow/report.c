/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * report.c - see report.h
 *
 * One file that is HTML and well-formed XML at once, with its drawing inline:
 * no script, no font, nothing fetched.  All that users wrote (names, paths,
 * nodes) goes through weft_html_text(), which escapes the marks of XML and
 * replaces what XML cannot hold.  Colours are told apart by the colour-blind
 * (blue, orange).
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>

#include "tools/flow/report_page.h"
#include "tools/ui/html.h"

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

void weft_report_span(struct weft_buf *out, int64_t sec)
{
	long long s = sec < 0 ? 0 : (long long)sec;

	if (s < 120)
		weft_buf_addf(out, "%lld s", s);
	else if (s < 7200)
		weft_buf_addf(out, "%lld min %02lld s", s / 60, s % 60);
	else
		weft_buf_addf(out, "%lld h %02lld min", s / 3600, s / 60 % 60);
}

static void put_row(struct weft_report_page *p, const char *name, const struct weft_report_sums *s)
{
	weft_buf_adds(p->out, "<tr><td>");
	weft_html_text(p->out, name);
	weft_buf_addf(p->out, "</td><td>%u</td><td>%u</td><td>%u</td><td>%u</td><td>%u</td><td>",
		      s->counts[WEFT_UNIT_DONE], s->counts[WEFT_UNIT_FAILED],
		      s->counts[WEFT_UNIT_SKIPPED],
		      s->counts[WEFT_UNIT_TODO] + s->counts[WEFT_UNIT_LIVE], s->tries);
	weft_report_span(p->out, s->waits ? s->wait / s->waits : 0);
	weft_buf_adds(p->out, "</td><td>");
	weft_report_span(p->out, s->longest_wait);
	weft_buf_addf(p->out, "</td><td>%.2f</td><td>%.2f</td></tr>\n", s->node_hours,
		      s->gpu_hours);
}

static void put_tasks(struct weft_report_page *p)
{
	struct weft_buf name;

	weft_buf_adds(p->out, "<h2>Tasks</h2>\n<table>\n<tr><th>task</th><th>done</th>"
		      "<th>failed</th><th>skipped</th><th>open</th><th>failed tries</th>"
		      "<th>mean wait</th><th>longest wait</th><th>node-hours</th>"
		      "<th>GPU-hours</th></tr>\n");
	weft_buf_init(&name, 4096);
	for (uint32_t g = 0; g < p->groups.count; g++) {
		weft_buf_clear(&name);
		weft_collapse_name(&p->groups, g, &name);
		if (weft_collapse_size(&p->groups, g) > 1)
			weft_buf_addf(&name, " (%u tasks)", weft_collapse_size(&p->groups, g));
		put_row(p, weft_buf_str(&name), &p->sums[g]);
	}
	weft_buf_fini(&name);
	put_row(p, "all", &p->all);
	weft_buf_adds(p->out, "</table>\n");
}

static void put_fact(struct weft_report_page *p, const char *word, const char *mark, uint32_t count)
{
	weft_buf_addf(p->out, "<div><dt>%s</dt><dd%s>%u</dd></div>\n", word, count ? mark : "",
		      count);
}

/* The run in numbers, and one bar of how its units ended. */
static void put_summary(struct weft_report_page *p)
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
	weft_report_span(p->out, p->to - p->from);
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
	struct weft_report_page p = { .r = report, .flow = report->plan->flow, .out = out,
			  .from = report->started_sec, .to = report->started_sec };
	int rc;

	if (weft_collapse_init(&p.groups, p.flow, report->plan->graph, WEFT_REPORT_ROWS))
		return -ENOMEM;
	p.sums = calloc((size_t)p.groups.count + 1, sizeof(*p.sums));
	if (!p.sums) {
		weft_collapse_fini(&p.groups);
		return -ENOMEM;
	}
	rc = weft_report_add_up(&p);
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
	weft_report_put_failures(&p);
	if (!rc)
		rc = weft_report_put_gantt(&p);
	put_tasks(&p);
	weft_buf_adds(out, "<p>A wait is from the end of the last task that was needed (or the"
		      " run's begin) to the start of the last try.</p>\n</body>\n</html>\n");
	free(p.sums);
	weft_collapse_fini(&p.groups);
	return rc ? rc : weft_buf_error(out);
}
