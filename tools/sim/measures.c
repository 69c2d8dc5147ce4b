/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * measures.c - the measures that the table and the page show, in one order
 */
#include "config.h"

#include <stddef.h>
#include <stdio.h>

#include "tools/sim/sim.h"

void sim_format_sec(char *text, size_t size, double sec)
{
	if (sec < 600)
		snprintf(text, size, "%.1f s", sec);
	else if (sec < 36000)
		snprintf(text, size, "%.1f min", sec / 60);
	else
		snprintf(text, size, "%.2f h", sec / 3600);
}

static void format_plain(char *text, size_t size, double value)
{
	snprintf(text, size, "%.3f", value);
}

static void format_percent(char *text, size_t size, double value)
{
	snprintf(text, size, "%.2f %%", value * 100);
}

static void format_distance(char *text, size_t size, double value)
{
	if (value > 0)
		snprintf(text, size, "x %.3f", value);
	else
		snprintf(text, size, "-");
}

static double value_at(const void *base, size_t offset)
{
	return *(const double *)((const char *)base + offset);
}

double sim_value(const struct sim_result *r, const struct sim_measure *m)
{
	return value_at(r, m->offset);
}

struct weft_ratio sim_ratio(const struct sim_run *run,
			    const struct sim_result *r, size_t offset)
{
	const struct sim_result *base = sim_baseline(run);
	double a[SIM_WINDOWS_MAX], b[SIM_WINDOWS_MAX];

	for (uint32_t k = 0; k < run->args.windows; k++) {
		a[k] = value_at(&r->window[k], offset);
		b[k] = value_at(&base->window[k], offset);
	}
	return weft_measure_ratio(a, b, run->args.windows);
}

#define ALL(field) offsetof(struct sim_result, all) + \
	offsetof(struct weft_measure, field)
#define OF(field) offsetof(struct sim_result, field)
#define WINDOW(field) offsetof(struct weft_measure, field)

const struct sim_measure sim_measures[] = {
	{ "wait, mean", ALL(wait_mean), sim_format_sec, WINDOW(wait_mean) },
	{ "bounded slowdown, mean", ALL(slowdown_mean), format_plain,
	  WINDOW(slowdown_mean) },
	{ "wait, median", ALL(wait_median), sim_format_sec, SIZE_MAX },
	{ "wait, 95 %", ALL(wait_p95), sim_format_sec, SIZE_MAX },
	{ "wait, 99 %", ALL(wait_p99), sim_format_sec, SIZE_MAX },
	{ "wait by resource-hours", ALL(wait_weighted), sim_format_sec,
	  SIZE_MAX },
	{ "completion, mean", ALL(completion_mean), sim_format_sec, SIZE_MAX },
	{ "completion / its bound", OF(completion_distance), format_distance,
	  SIZE_MAX },
	{ "makespan / its bound", OF(makespan_distance), format_distance,
	  SIZE_MAX },
	{ "slowdown, median", ALL(slowdown_median), format_plain, SIZE_MAX },
	{ "slowdown, 99 %", ALL(slowdown_p99), format_plain, SIZE_MAX },
	{ "utilisation", OF(utilisation), format_percent, SIZE_MAX },
	{ "idle although it fits", OF(idle_fits), format_percent, SIZE_MAX },
	{ "idle and of no use", OF(stranded), format_percent, SIZE_MAX },
	{ "users: worst mean wait", OF(users.wait_worst), sim_format_sec,
	  SIZE_MAX },
	{ "users: Jain's index", OF(users.jain), format_plain, SIZE_MAX },
	{ "users: worst stretch", OF(users.finish_worst), format_plain,
	  SIZE_MAX },
	{ "groups: worst mean wait", OF(groups.wait_worst), sim_format_sec,
	  SIZE_MAX },
	{ NULL, 0, NULL, 0 }
};
