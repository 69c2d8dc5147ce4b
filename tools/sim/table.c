/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * table.c - the comparison on a terminal
 *
 * One column a scheduler, one row a measure; below a value, where windows
 * give one, its ratio to the baseline's with the interval that holds it with
 * 95 %.  A ratio under 1 is better.
 */
#include "config.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

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

/* Ratios of a measure's windows to the baseline's. */
static void print_ratios(const struct sim_run *run, size_t offset)
{
	char text[64];

	if (run->args.windows < 2 || run->result_count < 2)
		return;
	label("");
	for (uint32_t i = 0; i < run->result_count; i++) {
		struct weft_ratio r = sim_ratio(run, &run->result[i], offset);

		if (&run->result[i] == sim_baseline(run))
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

static void print_measure(const struct sim_run *run,
			  const struct sim_measure *measure)
{
	char text[64];

	label(measure->name);
	for (uint32_t i = 0; i < run->result_count; i++) {
		measure->format(text, sizeof(text),
				sim_value(&run->result[i], measure));
		cell(text);
	}
	putchar('\n');
	if (measure->window_offset != SIZE_MAX)
		print_ratios(run, measure->window_offset);
}

/* A time, and what it is of the baseline's. */
static void put_with_ratio(char *text, size_t size, double sec, double base,
			   bool is_base)
{
	size_t len;

	sim_format_sec(text, size, sec);
	len = strlen(text);
	if (!is_base && base > 0)
		snprintf(text + len, size - len, " (x %.3f)", sec / base);
}

static void print_types(const struct sim_run *run)
{
	uint32_t type_idx = 0;
	char text[64];

	for (uint32_t row = 0; sim_type_row(run, row, &type_idx, text,
					    sizeof(text)); row++) {
		label(text);
		for (uint32_t i = 0; i < run->result_count; i++) {
			sim_format_type(&run->result[i], type_idx, text,
					sizeof(text));
			cell(text);
		}
		putchar('\n');
	}
}

static void print_sizes(const struct sim_run *run)
{
	char text[64];

	for (uint32_t k = 0; k < WEFT_SIZE_CLASSES; k++) {
		double base = sim_baseline(run)->size[k].wait_mean;

		if (!run->result[0].size[k].jobs)
			continue;
		snprintf(text, sizeof(text), "wait, size %s (%u)",
			 weft_size_class_name(k), run->result[0].size[k].jobs);
		label(text);
		for (uint32_t i = 0; i < run->result_count; i++) {
			put_with_ratio(text, sizeof(text),
				       run->result[i].size[k].wait_mean, base,
				       &run->result[i] == sim_baseline(run));
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

		sim_format_sec(text, sizeof(text),
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
		sim_format_sec(text, sizeof(text), run->result[i].wall_sec);
		cell(text);
	}
	putchar('\n');
}

/* What the distances above are from. */
static void print_bounds(const struct sim_run *run)
{
	char completion[32], wait[32], span[32];

	sim_format_sec(completion, sizeof(completion),
		       sim_completion_bound(run));
	sim_format_sec(wait, sizeof(wait), run->bounds.wait_mean_sec);
	sim_format_sec(span, sizeof(span), run->bounds.end_sec -
		       (double)run->workload->job[0].submit_sec);
	printf("\nNo scheduler can do better than: completion, mean %s (wait, mean %s); makespan %s\n",
	       completion, wait, span);
}

int sim_print_table(const struct sim_run *run)
{
	struct weft_machine_total has;

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
	for (const struct sim_measure *m = sim_measures; m->name; m++)
		print_measure(run, m);
	print_types(run);
	print_sizes(run);
	print_ends(run);
	print_bounds(run);
	sim_print_errors(run);
	return 0;
}
