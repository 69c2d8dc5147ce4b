/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * conf.h - the scheduler's settings out of weft.json
 */
#ifndef WEFT_PLUGINS_SCHED_CONF_H
#define WEFT_PLUGINS_SCHED_CONF_H

#include "sched/levels.h"
#include "sched/plan.h"

/* Section "bridge" of weft.json. */
struct weft_bridge {
	uint32_t interval_msec;		/* a cycle at least this often */
	uint32_t slice_msec;		/* hold slurmctld's locks this long */
	uint32_t turn_msec;		/* a cycle's time for jobs left to select */
	bool steer;			/* make select take the chosen GPUs */
	bool explain;			/* tell users through the jobs' records */
	uint32_t whatif;		/* searches a cycle for what would start sooner */
	uint32_t forecast_sec;		/* between two forecasts of likely starts; 0: none */
	bool het_jobs;			/* make slurmctld take them */
	uint32_t requeue_max;		/* restarts for --requeue-on */
	bool start_at_submit;		/* let slurmctld place srun's jobs itself */
};

extern const struct weft_setting weft_bridge_settings[];

struct weft_conf {
	struct weft_policy policy;
	struct weft_bridge bridge;
	struct weft_levels levels;	/* section "fabric" */
};

/* The defaults, without any file. */
void weft_conf_init(struct weft_conf *conf);
void weft_conf_fini(struct weft_conf *conf);

/*
 * Read the file at path into *conf.  A missing file gives the defaults.  It
 * must be root's or owner's (SlurmUser), and not everybody's to write.  On
 * any error *conf is untouched, so that the last good one stays in force,
 * and the message says file, line, column and what was expected.
 */
int weft_conf_read(const char *path, uid_t owner, struct weft_conf *conf,
		   struct weft_err *err);

#endif
