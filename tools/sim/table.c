/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * table.c - the comparison on a terminal
 *
 * One column a scheduler, one row a measure; below a value, where windows
 * give one, its ratio to the baseline's with the interval that holds it with
 * 95 %.  A ratio under 1 is better.
 */
#include "config.h"

#include <stddef.h>
#include <stdio.h>

#include "tools/sim/sim.h"

#define WIDTH 24

static void cell(const char *text)
{
	printf("  %*s", WIDTH, text);
}

static void label(const char *text)
{
	printf("%-26s", text);
}

static void format_sec(char *text, size_t size, double sec)
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

static double value_at(const void *base, size_t offset)
{
	return *(const double *)((const char *)base + offset);
}

/* Ratios of a measure's windows to the baseline's. */
static void ratios(const struct sim_run *run, size_t offset)
{
	const struct sim_result *base = sim_baseline(run);
	double a[SIM_WINDOWS_MAX], b[SIM_WINDOWS_MAX];
	char text[64];

	if (run->args.windows < 2 || run->result_count < 2)
		return;
	label("");
	for (uint32_t i = 0; i < run->result_count; i++) {
		struct weft_ratio r;

		for (uint32_t k = 0; k < run->args.windows; k++) {
			a[k] = value_at(&run->result[i].window[k], offset);
			b[k] = value_at(&base->window[k], offset);
		}
		r = weft_measure_ratio(a, b, run->args.windows);
		if (&run->result[i] == base)
			snprintf(text, sizeof(text), "x 1");
		else if (r.windows < 2)
			snprintf(text, sizeof(text), "-");
		else
			snprintf(text, sizeof(text), "x %.3f (%.3f..%.3f)",
				 r.mean, r.low, r.high);
		cell(text);
	}
	putchar('\n');
}

struct row {
	const char *name;
	size_t offset;		/* in struct sim_result */
	void (*format)(char *text, size_t size, double value);
};

static void print_row(const struct sim_run *run, const struct row *row)
{
	char text[64];

	label(row->name);
	for (uint32_t i = 0; i < run->result_count; i++) {
		row->format(text, sizeof(text),
			    value_at(&run->result[i], row->offset));
		cell(text);
	}
	putchar('\n');
}

#define ALL(field) offsetof(struct sim_result, all) + \
	offsetof(struct weft_measure, field)
#define OF(field) offsetof(struct sim_result, field)

static const struct row rows[] = {
	{ "wait, median", ALL(wait_median), format_sec },
	{ "wait, 95 %", ALL(wait_p95), format_sec },
	{ "wait, 99 %", ALL(wait_p99), format_sec },
	{ "wait by resource-hours", ALL(wait_weighted), format_sec },
	{ "completion, mean", ALL(completion_mean), format_sec },
	{ "slowdown, median", ALL(slowdown_median), format_plain },
	{ "slowdown, 99 %", ALL(slowdown_p99), format_plain },
	{ "utilisation", OF(utilisation), format_percent },
	{ "idle although it fits", OF(idle_fits), format_percent },
	{ "idle and of no use", OF(stranded), format_percent },
	{ "users: worst mean wait", OF(users.wait_worst), format_sec },
	{ "users: Jain's index", OF(users.jain), format_plain },
	{ "users: worst stretch", OF(users.finish_worst), format_plain },
	{ "groups: worst mean wait", OF(groups.wait_worst), format_sec },
};

static void print_sizes(const struct sim_run *run)
{
	char text[64];

	for (uint32_t k = 0; k < WEFT_SIZE_CLASSES; k++) {
		if (!run->result[0].size[k].jobs)
			continue;
		snprintf(text, sizeof(text), "wait, size %s (%u)",
			 weft_size_class_name(k), run->result[0].size[k].jobs);
		label(text);
		for (uint32_t i = 0; i < run->result_count; i++) {
			format_sec(text, sizeof(text),
				   run->result[i].size[k].wait_mean);
			cell(text);
		}
		putchar('\n');
	}
}

static void print_ends(const struct sim_run *run)
{
	char text[64];

	label("makespan");
	for (uint32_t i = 0; i < run->result_count; i++) {
		const struct weft_outcome *o = run->result[i].outcome;

		format_sec(text, sizeof(text),
			   (double)(o->last_sec - o->first_sec));
		cell(text);
	}
	putchar('\n');
	label("never started");
	for (uint32_t i = 0; i < run->result_count; i++) {
		snprintf(text, sizeof(text), "%u", run->result[i].all.never);
		cell(text);
	}
	putchar('\n');
	label("time to simulate");
	for (uint32_t i = 0; i < run->result_count; i++) {
		format_sec(text, sizeof(text), run->result[i].wall_sec);
		cell(text);
	}
	putchar('\n');
}

int sim_print_table(const struct sim_run *run)
{
	struct weft_machine_total has;
	const struct row wait = { "wait, mean", ALL(wait_mean), format_sec };
	const struct row slow = { "bounded slowdown, mean", ALL(slowdown_mean),
				  format_plain };

	has = weft_machine_total(run->machine);
	printf("%u jobs on %u nodes with %llu %s,", run->workload->job_count,
	       run->machine->cluster.node_count - run->machine->left_out,
	       (unsigned long long)(has.gpus ? has.gpus : has.cpus),
	       has.gpus ? "GPUs" : "CPUs");
	printf(" load %u %%; ratios are to %s\n\n", run->args.load_percent,
	       sim_baseline(run)->policy->name);
	label("");
	for (uint32_t i = 0; i < run->result_count; i++)
		cell(run->result[i].policy->name);
	putchar('\n');
	print_row(run, &wait);
	ratios(run, offsetof(struct weft_measure, wait_mean));
	print_row(run, &slow);
	ratios(run, offsetof(struct weft_measure, slowdown_mean));
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		print_row(run, &rows[i]);
	print_sizes(run);
	print_ends(run);
	return 0;
}
