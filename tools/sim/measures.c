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

#define NO_WINDOWS SIZE_MAX, NULL

const struct sim_measure sim_measures[] = {
	{ "wait, mean", ALL(wait_mean), sim_format_sec, WINDOW(wait_mean),
	  "wait_mean_sec" },
	{ "bounded slowdown, mean", ALL(slowdown_mean), format_plain,
	  WINDOW(slowdown_mean), "slowdown_mean" },
	{ "wait, median", ALL(wait_median), sim_format_sec, NO_WINDOWS },
	{ "wait, 95 %", ALL(wait_p95), sim_format_sec, NO_WINDOWS },
	{ "wait, 99 %", ALL(wait_p99), sim_format_sec, WINDOW(wait_p99),
	  "wait_p99_sec" },
	{ "wait by resource-hours", ALL(wait_weighted), sim_format_sec,
	  WINDOW(wait_weighted), "wait_by_hours_sec" },
	{ "completion, mean", ALL(completion_mean), sim_format_sec,
	  WINDOW(completion_mean), "completion_mean_sec" },
	{ "completion / its bound", OF(completion_distance), format_distance,
	  NO_WINDOWS },
	{ "makespan / its bound", OF(makespan_distance), format_distance,
	  NO_WINDOWS },
	{ "slowdown, median", ALL(slowdown_median), format_plain, NO_WINDOWS },
	{ "slowdown, 99 %", ALL(slowdown_p99), format_plain,
	  WINDOW(slowdown_p99), "slowdown_p99" },
	{ "slowdown by res.-hours", ALL(slowdown_weighted), format_plain,
	  NO_WINDOWS },
	{ "utilisation", OF(utilisation), format_percent, NO_WINDOWS },
	{ "idle although it fits", OF(idle_fits), format_percent, NO_WINDOWS },
	{ "idle and of no use", OF(stranded), format_percent, NO_WINDOWS },
	{ "users: worst mean wait", OF(users.wait_worst), sim_format_sec,
	  NO_WINDOWS },
	{ "users: Jain's index", OF(users.jain), format_plain, NO_WINDOWS },
	{ "users: worst stretch", OF(users.finish_worst), format_plain,
	  NO_WINDOWS },
	{ "groups: worst mean wait", OF(groups.wait_worst), sim_format_sec,
	  NO_WINDOWS },
	{ NULL, 0, NULL, NO_WINDOWS }
};

/* ---- types of GPU --------------------------------------------------------------- */

bool sim_type_row(const struct sim_run *run, uint32_t row, uint32_t *ret_type,
		  char *label, size_t size)
{
	const struct weft_idle *idle = &run->result[0].idle;
	uint32_t seen = 0, types = 0;

	for (uint32_t t = 0; t <= idle->type_count; t++) {
		if (!(idle->type[t].capacity > 0))
			continue;
		types++;
		if (seen++ == row)
			*ret_type = t;
	}
	if (types < 2 || row >= seen)
		return false;
	snprintf(label, size, "idle of %.17s",
		 *ret_type < idle->type_count ?
		 run->machine->cluster.gpu_type[*ret_type] : "no type");
	return true;
}

void sim_format_type(const struct sim_result *r, uint32_t type_idx, char *text,
		     size_t size)
{
	const struct weft_idle_sum *sum = &r->idle.type[type_idx];

	if (sum->capacity > 0)
		snprintf(text, size, "%.1f %% fits, %.1f %% not",
			 100 * sum->idle_fits / sum->capacity,
			 100 * sum->stranded / sum->capacity);
	else
		snprintf(text, size, "-");
}
