/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stats.h - what the scheduler did, in numbers
 */
#ifndef WEFT_PLUGINS_SCHED_STATS_H
#define WEFT_PLUGINS_SCHED_STATS_H

#include <stdint.h>

#include "lib/err.h"
#include "sched/opinion.h"

#define WEFT_STATS_QUANTILES 5

struct weft_stats {
	uint64_t cycles, cycles_skipped;	/* skipped: the snapshot was inconsistent */
	uint64_t started, refused, handed;	/* refused by select; handed over in their turn */
	uint64_t steered, steer_missed;		/* jobs that got the chosen GPUs, or others */
	uint64_t steer_next;			/* of steered: not the best, which select refused */
	uint64_t cycle_usec, cycle_usec_max, cycle_usec_sum;	/* last, worst, all */
	uint64_t queue_usec;	/* of the last snapshot: the hold for the queue's names */
	uint64_t snapshot_usec, plan_usec, commit_usec;	/* of the last cycle */
	uint64_t pick_usec, picks;		/* of the last plan: choosing GPUs */
	uint64_t steer_usec;			/* of the last cycle: making select take them */
	uint64_t lock_usec_max;			/* longest hold since the start */
	uint64_t lock_usec;			/* longest hold of the last cycle */
	uint32_t pending, planned, depth, shapes, running, nodes;	/* last cycle */
	/* Of run times, by enum weft_predict_method: percent of accuracy
	 * (smaller over larger), and of those within a factor of 2; and
	 * predicted over real, in percent, below which 5, 25, 50, 75 and 95 %
	 * of the jobs are. */
	uint64_t predict_learnt;
	uint64_t predict_accuracy[WEFT_PREDICT_METHODS];
	uint64_t predict_within[WEFT_PREDICT_METHODS];
	uint64_t predict_ratio[WEFT_PREDICT_METHODS][WEFT_STATS_QUANTILES];
	int64_t started_sec, last_sec;		/* when the plugin began; the last cycle */
};

/* Write them as JSON to dir/weft/sched_stats.json, replacing it. */
int weft_stats_write(const struct weft_stats *stats, const char *dir,
		     struct weft_err *err);

#endif
