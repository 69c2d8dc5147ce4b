/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * errors.c - how far the predicted run times were from the real ones
 *
 * One line a method; the ratio predicted / real of a job is under the 5 % value
 * for 5 % of the jobs, and so on.  Told of the run of the weft scheduler, or
 * else of the first: when jobs end, and so what was known of whom, differs a
 * little between schedulers.
 */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "tools/sim/page.h"

static const char *const told[WEFT_PREDICT_METHODS] = {
	"time limit", "user's last two", "last two alike", "blend of these",
};
static const double quantiles[] = { 0.05, 0.25, 0.5, 0.75, 0.95 };
enum { QUANTILES = sizeof(quantiles) / sizeof(quantiles[0]) };

const struct sim_result *sim_predicted(const struct sim_run *run)
{
	const struct sim_result *r = &run->result[0];

	for (uint32_t i = 0; i < run->result_count; i++)
		if (!strcmp(run->result[i].policy->name, "weft"))
			r = &run->result[i];
	return r->errors[WEFT_PREDICT_OFF].count ? r : NULL;
}

static double part(double amount, const struct weft_predict_errors *e)
{
	return e->count ? 100 * amount / (double)e->count : 0;
}

void sim_print_errors(const struct sim_run *run)
{
	const struct sim_result *r = sim_predicted(run);

	if (!r)
		return;
	printf("\nrun time, predicted / real    5 %%   25 %%   50 %%   75 %%   95 %%  within x2  too short  accuracy\n");
	for (int m = 0; m < WEFT_PREDICT_METHODS; m++) {
		const struct weft_predict_errors *e = &r->errors[m];

		printf("%-25s", told[m]);
		for (int q = 0; q < QUANTILES; q++)
			printf(" %6.3g", weft_predict_errors_quantile(e,
							quantiles[q]));
		printf("  %7.1f %%  %7.1f %%  %6.1f %%\n",
		       part((double)e->within_count, e),
		       part((double)e->under_count, e),
		       part(e->accuracy_sum, e));
	}
	if (run->settings.policy.order != WEFT_ORDER_SHORTEST)
		puts("(measured only: the settings' order is not \"shortest\")");
}

void sim_page_errors(const struct sim_run *run, struct weft_buf *out)
{
	const struct sim_result *r = sim_predicted(run);

	if (!r)
		return;
	weft_html_element(out, "h2", NULL, "Run times, predicted over real");
	weft_buf_adds(out, "<div class=\"wide\"><table>\n<tr><th></th><th>5 %</th><th>25 %</th><th>50 %</th><th>75 %</th><th>95 %</th><th>within &#215; 2</th><th>too short</th><th>accuracy</th></tr>\n");
	for (int m = 0; m < WEFT_PREDICT_METHODS; m++) {
		const struct weft_predict_errors *e = &r->errors[m];

		weft_buf_adds(out, "<tr>");
		weft_html_element(out, "td", NULL, told[m]);
		for (int q = 0; q < QUANTILES; q++)
			weft_buf_addf(out, "<td>%.3g</td>",
				      weft_predict_errors_quantile(e,
							quantiles[q]));
		weft_buf_addf(out, "<td>%.1f %%</td><td>%.1f %%</td><td>%.1f %%</td></tr>\n",
			      part((double)e->within_count, e),
			      part((double)e->under_count, e),
			      part(e->accuracy_sum, e));
	}
	weft_buf_adds(out, "</table></div>\n");
}
