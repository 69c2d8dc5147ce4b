/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sim.h - what the files of `weft sim` share
 */
#ifndef WEFT_TOOLS_SIM_SIM_H
#define WEFT_TOOLS_SIM_SIM_H

#include "sched/measure.h"
#include "sched/sim_idle.h"

#define SIM_SCHEDULERS_MAX 8
#define SIM_WINDOWS_MAX 100

struct sim_args {
	const char *trace, *cluster, *schedulers, *settings, *jobs;
	uint32_t nodes, gpus, cpus, mem_gib, domain;
	uint32_t windows, seed, load_percent, days, skip_days, gap_sec;
	int limits;		/* enum weft_limits */
	bool json;
};

/* One scheduler's run over the whole history. */
struct sim_result {
	const struct weft_sim_policy *policy;
	struct weft_outcome *outcome;
	struct weft_measure all, size[WEFT_SIZE_CLASSES];
	struct weft_measure *window;	/* [windows], by submission */
	struct weft_fairness users, groups;
	struct weft_idle idle;
	double utilisation, idle_fits, stranded;	/* parts of capacity */
	double wall_sec;
};

struct sim_run {
	struct sim_args args;
	struct weft_machine *machine;
	struct weft_workload *workload;
	struct weft_sim_settings settings;
	struct weft_trace_report trace;
	char trace_format[16];
	uint64_t partition_unknown;	/* jobs of partitions that the site has not */
	char partition_example[64];
	struct sim_result result[SIM_SCHEDULERS_MAX];
	uint32_t result_count;
};

int sim_command(int argc, char **argv);

/* The trace file onto the machine. */
int sim_load(struct sim_run *run, struct weft_err *err);
/* Every scheduler of args.schedulers, with progress on stderr. */
int sim_run_all(struct sim_run *run, struct weft_err *err);
void sim_fini(struct sim_run *run);

/* The result on stdout. */
int sim_print_table(const struct sim_run *run);
int sim_print_json(const struct sim_run *run, struct weft_err *err);
/* args.jobs: what became of every job. */
int sim_write_jobs(const struct sim_run *run, struct weft_err *err);
/* What was odd about the trace, on stderr. */
void sim_print_faults(const struct sim_run *run);

/* What the others are compared with: backfill, or else the last one. */
const struct sim_result *sim_baseline(const struct sim_run *run);

#endif
