/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * page_who.c - how users and groups fared
 *
 * A row for each of those who ran most, by resource-hours: under each
 * scheduler their mean wait, and below it the mean of (wait + run) / run.
 * --json has all of them.
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "tools/sim/page.h"

#define ROWS 12

struct who {
	const struct sim_run *run;
	bool by_group;
	struct weft_share *share[SIM_SCHEDULERS_MAX];	/* [who_idx] */
	uint32_t count;		/* of who_idx */
};

static const char *name_of(const struct who *who, uint32_t idx)
{
	const char *name = who->by_group ?
		weft_trace_group(who->run->names, idx) :
		weft_trace_user(who->run->names, idx);

	return name && *name ? name : "(no name)";
}

/* The most resource-hours first; returns how many rows. */
static uint32_t choose(const struct who *who, uint32_t row[ROWS],
		       uint32_t *ret_all)
{
	const struct weft_share *s = who->share[0];
	uint32_t n = 0, all = 0;

	for (uint32_t i = 0; i < who->count; i++) {
		uint32_t at;

		if (!s[i].jobs)
			continue;
		all++;
		for (at = n < ROWS ? n : ROWS; at > 0 &&
		     s[row[at - 1]].size_hours < s[i].size_hours; at--)
			if (at < ROWS)
				row[at] = row[at - 1];
		if (at < ROWS)
			row[at] = i;
		n += n < ROWS;
	}
	*ret_all = all;
	return n;
}

static void put_row(const struct who *who, uint32_t idx, struct weft_buf *out)
{
	const struct weft_share *first = &who->share[0][idx];
	char text[64];

	weft_buf_adds(out, "<tr>");
	weft_html_element(out, "td", NULL, name_of(who, idx));
	weft_buf_addf(out, "<td>%u</td><td>%.0f</td>\n", first->jobs,
		      first->size_hours);
	for (uint32_t k = 0; k < who->run->result_count; k++) {
		const struct weft_share *s = &who->share[k][idx];
		double n = s->jobs ? s->jobs : 1;

		sim_format_sec(text, sizeof(text), s->wait_sec / n);
		weft_buf_addf(out, "<td>%s<br/><small>stretch %.2f</small></td>\n",
			      text, s->finish / n);
	}
	weft_buf_adds(out, "</tr>\n");
}

static void put_table(const struct who *who, struct weft_buf *out)
{
	const struct sim_run *run = who->run;
	uint32_t row[ROWS], all, n = choose(who, row, &all);

	if (all < 2)		/* the table of measures has it */
		return;
	weft_html_element(out, "h2", NULL, who->by_group ? "Groups" : "Users");
	weft_buf_addf(out, "<p class=\"dim\">%u of %u, those with the most resource-hours: mean wait, and how much longer a job took than it ran.</p>\n",
		      n, all);
	weft_buf_adds(out, "<div class=\"wide\"><table>\n<tr><th></th><th>jobs</th><th>hours</th>");
	for (uint32_t k = 0; k < run->result_count; k++)
		weft_html_element(out, "th", NULL, run->result[k].policy->name);
	weft_buf_adds(out, "</tr>\n");
	for (uint32_t i = 0; i < n; i++)
		put_row(who, row[i], out);
	weft_buf_adds(out, "</table></div>\n");
}

static int put_who(const struct sim_run *run, bool by_group,
		   struct weft_buf *out)
{
	struct who who = { .run = run, .by_group = by_group };
	int rc = 0;

	for (uint32_t k = 0; rc == 0 && k < run->result_count; k++)
		rc = weft_measure_shares(run->workload, run->result[k].outcome,
					 by_group, &who.share[k], &who.count,
					 NULL);
	if (rc == 0)
		put_table(&who, out);
	for (uint32_t k = 0; k < run->result_count; k++)
		free(who.share[k]);
	return rc;
}

int sim_page_who(const struct sim_run *run, struct weft_buf *out)
{
	int rc = put_who(run, false, out);

	return rc ? rc : put_who(run, true, out);
}
