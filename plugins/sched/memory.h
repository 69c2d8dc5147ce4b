/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * memory.h - what ended jobs tell of those that wait
 */
#ifndef WEFT_PLUGINS_SCHED_MEMORY_H
#define WEFT_PLUGINS_SCHED_MEMORY_H

#include "plugins/sched/snapshot.h"
#include "plugins/sched/stats.h"
#include "sched/opinion.h"

struct weft_memory;

/* Bounded; begins empty.  NULL: no memory. */
struct weft_memory *weft_memory_create(void);
void weft_memory_destroy(struct weft_memory *memory);

/*
 * What an earlier slurmctld saved under dir (StateSaveLocation).  0: read, or
 * there is none; -ESTALE: the newer of two files is bad, the older one is in
 * force; else none could be read and nothing is known yet.  err says why.
 */
int weft_memory_load(struct weft_memory *memory, const char *dir, time_t now,
		     struct weft_err *err);
/* Save there what is new, if the last time is some minutes ago, or it ends. */
int weft_memory_save(struct weft_memory *memory, const char *dir, time_t now,
		     bool ends, struct weft_err *err);

/*
 * In a hold of the locks of start.h: learn from the jobs that ended since the
 * last time, if that is some seconds ago; then say of each job of the snapshot
 * how long it may run (weft_job.predicted_sec).  The slice may give the locks
 * back in between.  False: the snapshot must be dropped (weft_slice_next()).
 */
bool weft_memory_use(struct weft_memory *memory,
		     enum weft_predict_method method,
		     struct weft_snapshot *snap, struct weft_slice *slice,
		     time_t now);

/* Learn as above, where nobody asks for predictions. */
void weft_memory_look(struct weft_memory *memory, time_t now);
uint64_t weft_memory_learnt(const struct weft_memory *memory);	/* jobs */

/*
 * How long a job may run by what its user's like jobs ran, and when one that
 * runs may end; 0: there are none, or it has no limit.  With the locks.
 */
double weft_memory_expect(const struct weft_memory *memory,
			  const job_record_t *job_ptr);
int64_t weft_memory_expect_end(const struct weft_memory *memory,
			       const job_record_t *job_ptr, time_t now);

/* How good it was so far. */
void weft_memory_count(const struct weft_memory *memory,
		       struct weft_stats *stats);

#endif
