/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * page.c - the comparison as one file for a browser
 *
 * The numbers of table.c and plots, the most telling first.  Nothing is
 * fetched and nothing runs: the page may be mailed or archived.
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>

#include "tools/sim/page.h"

#define PAGE_MAX (64u << 20)

static void put_ratio(const struct sim_run *run, const struct sim_result *r,
		      const struct sim_measure *m, struct weft_buf *out)
{
	struct weft_ratio ratio;

	if (m->window_offset == SIZE_MAX || run->args.windows < 2 ||
	    r == sim_baseline(run))
		return;
	ratio = sim_ratio(run, r, m->window_offset);
	if (ratio.windows >= 2)
		weft_buf_addf(out, "<br/><small>&#215; %.3f (%.3f to %.3f)</small>",
			      ratio.mean, ratio.low, ratio.high);
}

static void put_heads(const struct sim_run *run, struct weft_buf *out)
{
	weft_buf_adds(out, "<div class=\"wide\"><table>\n<tr><th></th>");
	for (uint32_t i = 0; i < run->result_count; i++)
		weft_html_element(out, "th", NULL, run->result[i].policy->name);
	weft_buf_adds(out, "</tr>\n");
}

static void put_types(const struct sim_run *run, struct weft_buf *out)
{
	uint32_t type_idx = 0;
	char text[64];

	for (uint32_t row = 0; sim_type_row(run, row, &type_idx, text,
					    sizeof(text)); row++) {
		weft_buf_adds(out, "<tr>");
		weft_html_element(out, "td", NULL, text);
		for (uint32_t i = 0; i < run->result_count; i++) {
			sim_format_type(&run->result[i], type_idx, text,
					sizeof(text));
			weft_html_element(out, "td", NULL, text);
		}
		weft_buf_adds(out, "</tr>\n");
	}
}

static void put_measures(const struct sim_run *run, struct weft_buf *out)
{
	char text[64];

	weft_html_element(out, "h2", NULL, "Measures");
	put_heads(run, out);
	for (const struct sim_measure *m = sim_measures; m->name; m++) {
		weft_buf_adds(out, "<tr>");
		weft_html_element(out, "td", NULL, m->name);
		for (uint32_t i = 0; i < run->result_count; i++) {
			const struct sim_result *r = &run->result[i];

			m->format(text, sizeof(text), sim_value(r, m));
			weft_buf_adds(out, "<td>");
			weft_html_text(out, text);
			put_ratio(run, r, m, out);
			weft_buf_adds(out, "</td>\n");
		}
		weft_buf_adds(out, "</tr>\n");
	}
	put_types(run, out);
	weft_buf_adds(out, "</table></div>\n");
	weft_buf_addf(out, "<p class=\"dim\">&#215; is the ratio to %s over %u windows, with the interval that holds it with 95 %%; under 1 is better.</p>\n",
		      sim_baseline(run)->policy->name, run->args.windows);
}

static void put_sizes(const struct sim_run *run, struct weft_buf *out)
{
	char text[64];

	put_heads(run, out);
	for (uint32_t k = 0; k < WEFT_SIZE_CLASSES; k++) {
		if (!run->result[0].size[k].jobs)
			continue;
		snprintf(text, sizeof(text), "mean wait, size %s",
			 weft_size_class_name(k));
		weft_buf_adds(out, "<tr>");
		weft_html_element(out, "td", NULL, text);
		for (uint32_t i = 0; i < run->result_count; i++) {
			sim_format_sec(text, sizeof(text),
				       run->result[i].size[k].wait_mean);
			weft_html_element(out, "td", NULL, text);
		}
		weft_buf_adds(out, "</tr>\n");
	}
	weft_buf_adds(out, "</table></div>\n");
}

static void put_bounds(const struct sim_run *run, struct weft_buf *out)
{
	weft_html_element(out, "h2", NULL, "What no scheduler can beat");
	weft_buf_adds(out, "<p>Mean time from submission to end: ");
	weft_html_span(out, sim_completion_bound(run));
	weft_buf_adds(out, " (of it waiting: ");
	weft_html_span(out, run->bounds.wait_mean_sec);
	weft_buf_adds(out, "). All done after: ");
	weft_html_span(out, run->bounds.end_sec -
		       (double)run->workload->job[0].submit_sec);
	weft_buf_adds(out, ".</p>\n");
}

static void put_what(const struct sim_run *run, struct weft_buf *out)
{
	const struct weft_machine_total has = weft_machine_total(run->machine);

	weft_buf_addf(out, "<p>%u jobs on %u nodes with %llu GPUs and %llu CPUs, load %u %%, seed %u. History: <code>",
		      run->workload->job_count,
		      run->machine->cluster.node_count - run->machine->left_out,
		      (unsigned long long)has.gpus,
		      (unsigned long long)has.cpus, run->args.load_percent,
		      run->args.seed);
	weft_html_text(out, run->args.trace);
	weft_buf_adds(out, "</code>");
	if (run->args.cluster) {
		weft_buf_adds(out, "; cluster: <code>");
		weft_html_text(out, run->args.cluster);
		weft_buf_adds(out, "</code>");
	}
	weft_buf_adds(out, ".</p>\n");
}

/* What was odd about the history, as on stderr. */
static void put_faults(const struct sim_run *run, struct weft_buf *out)
{
	struct weft_buf text;

	weft_buf_init(&text, 65536);
	sim_format_faults(run, &text);
	if (*weft_buf_str(&text)) {
		weft_html_element(out, "h2", NULL, "What was settled beforehand");
		weft_html_element(out, "pre", NULL, weft_buf_str(&text));
	}
	weft_buf_fini(&text);
}

static int put_page(const struct sim_run *run, struct weft_buf *out)
{
	int rc;

	weft_html_begin(out, "A history of jobs under several schedulers");
	put_what(run, out);
	put_measures(run, out);
	put_bounds(run, out);
	sim_page_time(run, out);
	rc = sim_page_sizes(run, out);
	put_sizes(run, out);
	if (rc == 0)
		rc = sim_page_who(run, out);
	if (rc == 0)
		rc = sim_page_nodes(run, out);
	sim_page_errors(run, out);
	put_faults(run, out);
	weft_html_end(out);
	return rc ? rc : weft_buf_error(out);
}

int sim_write_html(const struct sim_run *run, struct weft_err *err)
{
	const char *path = run->args.html;
	struct weft_buf out;
	bool failed;
	FILE *file;
	int rc;

	weft_buf_init(&out, PAGE_MAX);
	rc = put_page(run, &out);
	if (rc) {
		weft_buf_fini(&out);
		return weft_err_set(err, -rc, "%s: no memory for the page",
				    path);
	}
	file = fopen(path, "w");
	if (!file) {
		weft_buf_fini(&out);
		return weft_err_sys(err, errno, "%s", path);
	}
	fputs(weft_buf_str(&out), file);
	failed = ferror(file);
	failed = fclose(file) || failed;
	weft_buf_fini(&out);
	return failed ? weft_err_set(err, EIO, "%s: cannot be written", path) : 0;
}
