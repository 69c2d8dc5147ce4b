/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * page_size.c - how long jobs of each size class wait
 *
 * A box from the first to the third quarter with the median, whiskers from 5
 * to 95 %, on a scale on which every decade is as long.
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "tools/sim/page.h"

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double quantile(const double *sorted, uint32_t count, double q)
{
	return sorted[(uint32_t)(q * (count - 1) + 0.5)];
}

/* The waits of a class, sorted; returns how many. */
static uint32_t waits_of(const struct sim_run *run, const struct sim_result *r,
			 uint32_t class_idx, double *wait)
{
	const struct weft_workload *w = run->workload;
	uint32_t n = 0;

	for (uint32_t i = 0; i < w->job_count; i++)
		if (r->outcome->start_sec[i] >= 0 &&
		    weft_size_class(weft_workload_size(w, i)) == class_idx)
			wait[n++] = (double)(r->outcome->start_sec[i] -
					     w->job[i].submit_sec);
	if (n)
		qsort(wait, n, sizeof(*wait), by_value);
	return n;
}

static void draw_class(const struct sim_run *run, const struct weft_plot *plot,
		       uint32_t class_idx, uint32_t place, double *wait)
{
	double step = 0.8 / run->result_count;

	for (uint32_t k = 0; k < run->result_count; k++) {
		uint32_t n = waits_of(run, &run->result[k], class_idx, wait);
		struct weft_plot_box box;

		if (!n)
			continue;
		box = (struct weft_plot_box) {
			quantile(wait, n, 0.05), quantile(wait, n, 0.25),
			quantile(wait, n, 0.5), quantile(wait, n, 0.75),
			quantile(wait, n, 0.95) };
		weft_plot_box(plot, k, place + 0.1 + step * k, step * 0.8,
			      &box);
	}
}

static double longest(const struct sim_run *run)
{
	double top = 60;

	for (uint32_t k = 0; k < run->result_count; k++)
		for (uint32_t c = 0; c < WEFT_SIZE_CLASSES; c++)
			if (run->result[k].size[c].wait_p95 > top)
				top = run->result[k].size[c].wait_p95;
	return top * 1.2;
}

int sim_page_sizes(const struct sim_run *run, struct weft_buf *out)
{
	double *wait = malloc(run->workload->job_count * sizeof(*wait));
	uint32_t place = 0, shown = 0;
	struct weft_plot plot = {
		.label = "waits by size of jobs", .width = SIM_PAGE_WIDTH,
		.height = 240, .y_min = 1, .y_max = longest(run),
		.x_axis = WEFT_AXIS_NONE, .y_axis = WEFT_AXIS_SPAN_LOG };

	if (!wait)
		return -ENOMEM;
	for (uint32_t c = 0; c < WEFT_SIZE_CLASSES; c++)
		shown += run->result[0].size[c].jobs > 0;
	plot.x_max = shown;
	weft_html_element(out, "h2", NULL, "Wait by size");
	weft_html_element(out, "p", "dim",
			  "Boxes from 25 to 75 %, whiskers from 5 to 95 %, of "
			  "the jobs of a size (GPUs of the whole job; CPUs of a "
			  "job without GPUs).");
	weft_plot_begin(&plot, out);
	for (uint32_t c = 0; c < WEFT_SIZE_CLASSES; c++) {
		char text[64];

		if (!run->result[0].size[c].jobs)
			continue;
		draw_class(run, &plot, c, place, wait);
		snprintf(text, sizeof(text), "%s (%u jobs)",
			 weft_size_class_name(c), run->result[0].size[c].jobs);
		weft_plot_below(&plot, place++ + 0.5, text);
	}
	weft_plot_end(&plot);
	free(wait);
	return 0;
}
