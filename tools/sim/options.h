/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * options.h - what every command on a history of jobs may be told
 */
#ifndef WEFT_TOOLS_SIM_OPTIONS_H
#define WEFT_TOOLS_SIM_OPTIONS_H

#include "lib/options.h"
#include "tools/sim/sim.h"
#include "tools/sim/tune.h"

extern const char *const sim_limit_words[];

/* Of a table of options, for struct sim_args *a: machine and history. */
#define SIM_OPTIONS(a) \
	{ "cluster", 'c', WEFT_OPTION_TEXT, &(a)->cluster, .arg = "FILE", \
	  .help = "slurm.conf, or what scontrol show nodes prints" }, \
	{ "nodes", 'n', WEFT_OPTION_UINT, &(a)->nodes, 1, 1000000, \
	  .arg = "N", .help = "nodes of the machine" }, \
	{ "gpus", 'g', WEFT_OPTION_UINT, &(a)->gpus, 0, 64, \
	  .arg = "N", .help = "GPUs of each node (8)" }, \
	{ "cpus", 0, WEFT_OPTION_UINT, &(a)->cpus, 1, 65536, \
	  .arg = "N", .help = "CPUs of each node (16 for each GPU, or 64)" }, \
	{ "mem", 0, WEFT_OPTION_UINT, &(a)->mem_gib, 1, 1u << 30, \
	  .arg = "GIB", .help = "memory of each node (enough for all)" }, \
	{ "domain", 'd', WEFT_OPTION_UINT, &(a)->domain, 0, 1000000, \
	  .arg = "N", .help = "nodes in each NVLink domain (0: no domains)" }, \
	{ "settings", 0, WEFT_OPTION_TEXT, &(a)->settings, .arg = "FILE", \
	  .help = "weft.json with the policy's settings" }, \
	{ "load", 0, WEFT_OPTION_UINT, &(a)->load_percent, 1, 10000, \
	  .arg = "PERCENT", .help = "arrivals so much as dense as in the trace (100)" }, \
	{ "days", 0, WEFT_OPTION_UINT, &(a)->days, 1, 36500, \
	  .arg = "N", .help = "only jobs of so many days" }, \
	{ "skip-days", 0, WEFT_OPTION_UINT, &(a)->skip_days, 1, 36500, \
	  .arg = "N", .help = "without the first days" }, \
	{ "limits", 0, WEFT_OPTION_WORD, &(a)->limits, \
	  .words = sim_limit_words, .arg = "HOW", \
	  .help = "time limits for jobs without: drawn, round or user" }, \
	{ "gap", 0, WEFT_OPTION_UINT, &(a)->gap_sec, 0, 3600, \
	  .arg = "SECONDS", .help = "between two plans of weft at the least (0)" }, \
	{ "completing", 0, WEFT_OPTION_UINT, &(a)->completing_sec, 0, 3600, \
	  .arg = "SECONDS", .help = "what a job held is free so long after its end (0)" }, \
	{ "seed", 0, WEFT_OPTION_UINT, &(a)->seed, 0, UINT32_MAX, \
	  .arg = "N", .help = "of what is drawn (1)" }, \
	{ "json", 0, WEFT_OPTION_FLAG, &(a)->json, .help = "for machines" }

void sim_set_defaults(struct sim_run *run);
/* args.settings into settings. */
int sim_read_settings(struct sim_run *run, struct weft_err *err);
/*
 * The command line of "weft COMMAND": weft_args_read() with the trace as its one
 * operand, and a machine must be named.  -1: go on; else end with that code.
 */
int sim_read_args(const char *command, const char *usage,
		  const struct weft_option *options, int argc, char **argv,
		  struct sim_args *args);

#endif
