/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * report_failures.c - what failed of itself, with cause, node and log
 *
 * The first few of each task or group are shown, the others folded away; what only
 * waited for a failed task is counted.
 */
#include "config.h"

#include <sys/wait.h>

#include "tools/flow/report_page.h"
#include "tools/ui/html.h"

#define FAILURES 1000
#define FAILURES_FIRST 3	/* of a row; the rest is folded away */

static void put_failure(struct weft_report_page *p, uint32_t number)
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
	if (weft_report_known(p, number) && WIFEXITED(status) && WEXITSTATUS(status))
		weft_buf_addf(p->out, " %d", WEXITSTATUS(status));
	else if (weft_report_known(p, number) && WIFSIGNALED(status))
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

static void failures_head(struct weft_report_page *p)
{
	weft_buf_adds(p->out, "<table>\n<tr><th>unit</th><th class=\"l\">cause</th>"
		      "<th>tries</th><th class=\"l\">node</th><th class=\"l\">log</th></tr>\n");
}

/*
 * Rows of failures: of each task or group the first few, or the others.  Returns how
 * many there were, also those past the limit.
 */
static uint32_t put_some_failures(struct weft_report_page *p, bool first)
{
	uint32_t count = 0;

	for (uint32_t g = 0; g < p->groups.count; g++) {
		uint32_t seen = 0;

		for (uint32_t i = p->groups.first[g]; i < p->groups.first[g + 1]; i++) {
			const struct weft_flow_task *task = &p->flow->tasks[p->groups.members[i]];

			for (uint32_t u = task->first_unit; u < task->first_unit + task->unit_count; u++) {
				if (p->r->plan->units[u].state != WEFT_UNIT_FAILED ||
				    p->r->plan->units[u].cause == WEFT_CAUSE_DEPENDENCY ||
				    (seen++ < FAILURES_FIRST) != first)
					continue;
				if (count++ < FAILURES)
					put_failure(p, u);
			}
		}
	}
	return count;
}

void weft_report_put_failures(struct weft_report_page *p)
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
