/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * page_time.c - what was held, and who waited, over time
 *
 * From the looks that sim_idle.h put together: at most WEFT_IDLE_SERIES points
 * a scheduler, each the mean of its looks.
 */
#include "config.h"

#include "tools/sim/page.h"

enum what { HELD, FITS, WAITING };

static double value_of(const struct weft_idle *idle, uint32_t i, enum what what)
{
	return what == HELD ? idle->series[i].held :
		what == FITS ? idle->series[i].fits : idle->series[i].waiting;
}

/* The last point lacks looks if they do not fill it. */
static uint32_t points(const struct weft_idle *idle)
{
	uint32_t n = idle->series_count;

	return n > 1 && idle->looks % idle->per_point ? n - 1 : n;
}

static double most(const struct sim_run *run, enum what what)
{
	double top = 0;

	for (uint32_t k = 0; k < run->result_count; k++) {
		const struct weft_idle *idle = &run->result[k].idle;

		for (uint32_t i = 0; i < points(idle); i++)
			if (value_of(idle, i, what) > top)
				top = value_of(idle, i, what);
	}
	return top;
}

static void draw(const struct sim_run *run, enum what what, const char *label,
		 struct weft_buf *out)
{
	const struct weft_workload *w = run->workload;
	int64_t zero = w->job[0].submit_sec;
	double x[WEFT_IDLE_SERIES], y[WEFT_IDLE_SERIES], top = most(run, what);
	struct weft_plot plot = {
		.label = label, .width = SIM_PAGE_WIDTH, .height = 180,
		.x_max = (double)(w->job[w->job_count - 1].submit_sec - zero),
		.y_max = what == HELD ? 1 : top > 0 ? top * 1.05 : 1,
		.x_axis = WEFT_AXIS_SPAN,
		.y_axis = what == WAITING ? WEFT_AXIS_NUMBER :
			WEFT_AXIS_PERCENT,
	};

	weft_html_element(out, "h3", NULL, label);
	weft_plot_begin(&plot, out);
	for (uint32_t k = run->result_count; k-- > 0;) {
		const struct weft_idle *idle = &run->result[k].idle;

		for (uint32_t i = 0; i < points(idle); i++) {
			x[i] = (double)(idle->series[i].sec - zero);
			y[i] = value_of(idle, i, what);
		}
		weft_plot_line(&plot, k, x, y, points(idle));
	}
	weft_plot_end(&plot);
}

void sim_page_time(const struct sim_run *run, struct weft_buf *out)
{
	const char *names[SIM_SCHEDULERS_MAX];

	for (uint32_t i = 0; i < run->result_count; i++)
		names[i] = run->result[i].policy->name;
	weft_html_element(out, "h2", NULL, "Over time, while jobs are submitted");
	weft_html_legend(out, names, run->result_count, 'c');
	draw(run, HELD, "The machine's part that is held", out);
	draw(run, FITS, "Idle although a waiting job would fit", out);
	draw(run, WAITING, "Jobs that wait", out);
}
