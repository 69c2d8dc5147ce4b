/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sim.h - what the files of `weft sim` share
 */
#ifndef WEFT_TOOLS_SIM_SIM_H
#define WEFT_TOOLS_SIM_SIM_H

#include "lib/buf.h"
#include "sched/bounds.h"
#include "sched/measure.h"
#include "sched/sim_idle.h"
#include "tools/sim/where.h"

#define SIM_SCHEDULERS_MAX 8
#define SIM_WINDOWS_MAX 100
#define SIM_KINDS_MAX 262144	/* of jobs, that predictions remember */

struct sim_args {
	const char *trace, *cluster, *schedulers, *settings, *jobs, *html;
	uint32_t nodes, gpus, cpus, mem_gib, domain;
	uint32_t windows, seed, load_percent, days, skip_days, gap_sec;
	uint32_t completing_sec;
	int limits;		/* enum weft_limits, or SIM_LIMITS_USER */
	int predict;		/* enum weft_predict_method + 1; 0: not told */
	bool json;
};

/* Beside enum weft_limits: one for all jobs of a user (limits.c). */
#define SIM_LIMITS_USER 2

struct sim_user_limits {
	double *longest_sec;	/* [user_idx]; the caller frees it */
	uint32_t count;
	uint64_t set;		/* jobs that had none */
};
int sim_user_limits_read(struct sim_user_limits *limits, const char *path,
			 struct weft_err *err);
/* Give a job without a limit its user's. */
void sim_user_limits_set(struct sim_user_limits *limits,
			 struct weft_trace_job *job);

/* What each start held, for pictures; missed: more than could be kept. */
struct sim_hold {
	uint32_t job_idx, node_idx;
	weft_gpuset_t gpus;
};
struct sim_holds {
	struct sim_hold *hold;
	uint32_t count, cap;
	uint64_t missed;
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
	uint32_t look_sec;	/* between two looks at what is idle */
	/* Over what no scheduler can beat; 0: no such number. */
	double completion_distance, makespan_distance;
	double wait_over_bound;		/* mean, seconds */
	struct sim_holds holds;		/* for args.html only */
	struct weft_predict_errors errors[WEFT_PREDICT_METHODS];
	double wall_sec;
};

struct sim_run {
	struct sim_args args;
	struct weft_machine *machine;
	struct weft_workload *workload;
	struct weft_sim_settings settings;
	struct weft_trace_report trace;
	struct weft_workload_report report;	/* of sim_load() */
	char trace_format[16];
	struct sim_user_limits user_limits;
	struct weft_trace *names;	/* read to its end, kept for names */
	struct sim_where *where;	/* owns sets that the workload points to */
	struct sim_result result[SIM_SCHEDULERS_MAX];
	uint32_t result_count;
	struct weft_bounds bounds, size_bounds[WEFT_SIZE_CLASSES];
};

int sim_command(int argc, char **argv);

/* The trace file onto the machine.  What was odd can be told after a failure, too. */
int sim_load(struct sim_run *run, struct weft_err *err);
/* args.schedulers, "weft,fifo", into result[].policy.  -EINVAL. */
int sim_choose_policies(struct sim_run *run, struct weft_err *err);
/* Every scheduler that was chosen, with progress on stderr. */
int sim_run_all(struct sim_run *run, struct weft_err *err);
void sim_fini(struct sim_run *run);

/* What no scheduler can beat, and how far this one is from it. */
int sim_find_bounds(struct sim_run *run, struct weft_err *err);
void sim_find_distance(const struct sim_run *run, struct sim_result *result);
double sim_completion_bound(const struct sim_run *run);	/* mean, seconds */

/* The measures, in the order in which people read them. */
struct sim_measure {
	const char *name;
	size_t offset;		/* of a double in struct sim_result */
	void (*format)(char *text, size_t size, double value);
	size_t window_offset;	/* in struct weft_measure; SIZE_MAX: none */
	const char *key;	/* of its ratios in JSON; NULL without windows */
};
extern const struct sim_measure sim_measures[];	/* name NULL ends it */
double sim_value(const struct sim_result *result,
		 const struct sim_measure *measure);
/*
 * The machine's type of GPU that a row tells of, by index from 0: what is idle
 * there although it fits, and of no use.  False: no more rows, or only one type.
 */
bool sim_type_row(const struct sim_run *run, uint32_t row, uint32_t *ret_type,
		  char *label, size_t size);
void sim_format_type(const struct sim_result *result, uint32_t type_idx,
		     char *text, size_t size);
/* Of the result's windows to the baseline's. */
struct weft_ratio sim_ratio(const struct sim_run *run,
			    const struct sim_result *result, size_t offset);
void sim_format_sec(char *text, size_t size, double sec);

/* Were run times predicted, and for whom is it told? */
const struct sim_result *sim_predicted(const struct sim_run *run);
/* A line for each method: how far predictions were from run times. */
void sim_print_errors(const struct sim_run *run);
void sim_page_errors(const struct sim_run *run, struct weft_buf *out);

/* The page of args.html. */
int sim_write_html(const struct sim_run *run, struct weft_err *err);

/* The result on stdout. */
int sim_print_table(const struct sim_run *run);
int sim_print_json(const struct sim_run *run, struct weft_err *err);
/* Prints the object and lets go of it.  0 or -ENOMEM. */
int sim_put_json(struct json_object *root, struct weft_err *err);
/* args.jobs: what became of every job. */
int sim_write_jobs(const struct sim_run *run, struct weft_err *err);
/* What was odd about the trace, a line each; the same on stderr, once read. */
void sim_format_faults(const struct sim_run *run, struct weft_buf *buf);
void sim_print_faults(const struct sim_run *run);

/* What the others are compared with: backfill, or else the last one. */
const struct sim_result *sim_baseline(const struct sim_run *run);

#endif
