/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tune.h - a search for settings, and what it found
 */
#ifndef WEFT_TOOLS_SIM_TUNE_H
#define WEFT_TOOLS_SIM_TUNE_H

#include "tools/sim/sim.h"

#define TUNE_WINDOWS_MAX 40

/* What is to be small. */
struct tune_objective {
	const char *name, *told;
	size_t offset;		/* of a double in struct weft_measure */
};
extern const struct tune_objective tune_objectives[];
extern const char *const tune_objective_words[];	/* the same, by name */

/* A key of section "sched", and the values that are tried. */
struct tune_knob {
	const char *key;
	double value[8];	/* a word's index, 0 and 1 for a bool */
	uint32_t count;
	/* A key that is 0 (a word's first) is set with it: alone it does nothing. */
	const char *with;
	double with_value;
};
extern const struct tune_knob tune_knobs[];
extern const uint32_t tune_knob_count;

struct tune {
	struct sim_run run;
	int objective;		/* in tune_objectives */
	uint32_t tries, windows;
	struct weft_policy start, best;
	/* Of each window's measure; the first half trains, the second is held out. */
	double before[TUNE_WINDOWS_MAX], after[TUNE_WINDOWS_MAX];
	struct weft_ratio train, held_out;	/* after over before */
	uint32_t tried;
	uint32_t waiting;	/* windows that train in which somebody waits */
};

/* The setting of this key in the policy's table, or NULL. */
const struct weft_setting *tune_setting(const char *key);
double tune_get(const struct weft_policy *policy, const struct weft_setting *s);

/* Search; needs run.machine and run.workload.  0 or -errno. */
int tune_search(struct tune *tune, struct weft_err *err);

void tune_print(const struct tune *tune);
int tune_print_json(const struct tune *tune, struct weft_err *err);

/* `weft sim tune` */
int tune_command(int argc, char **argv);

#endif
