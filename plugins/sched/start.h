/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * start.h - one pending job: may it be considered, and start it
 *
 * Every function here needs slurmctld's locks WEFT_START_LOCKS.
 */
#ifndef WEFT_PLUGINS_SCHED_START_H
#define WEFT_PLUGINS_SCHED_START_H

#include "plugins/slurm/ctld.h"

/* Configuration, partitions, federation read; jobs and nodes written. */
#define WEFT_START_LOCKS \
	{ READ_LOCK, WRITE_LOCK, WRITE_LOCK, READ_LOCK, READ_LOCK }

/*
 * Make job_ptr the job that a queue record speaks of: partition, priority,
 * features or preferred features, reservation.  NULL if there is nothing to
 * start any more (it started in another partition, was held, revoked...).
 */
job_record_t *weft_start_prepare(const job_queue_rec_t *rec);

/*
 * The tests that Slurm's own passes make before they select nodes: state of
 * the partition, QOS, account, limits, deadline, licences, burst buffer.
 * Sets the job's reason if not.  Licences are
 * tested only when the job is about to start: the plan knows when they are free.
 */
bool weft_start_eligible(job_record_t *job_ptr, time_t now, bool about_to_start);

/*
 * Start it through Slurm's select on nodes outside closed (NULL: any).  With
 * --time-min its limit becomes limit_sec (UINT32_MAX: what it asks).  An
 * errno of Slurm's, SLURM_SUCCESS if it runs now.  The array's master record
 * may have been split: look the job up again before using it.
 */
int weft_start_run(job_record_t *job_ptr, bitstr_t *closed, uint32_t limit_sec,
		   time_t now);

/* Select has nothing for it now: so that squeue does not say "None". */
void weft_start_refused(job_record_t *job_ptr);

#endif
