/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * wishes.h - the options of weft.so, from submission to the job's end
 *
 * docs/design/0042 says what each does and where.  Every function here needs
 * slurmctld's locks WEFT_START_LOCKS (start.h).
 */
#ifndef WEFT_PLUGINS_SCHED_WISHES_H
#define WEFT_PLUGINS_SCHED_WISHES_H

#include "plugins/slurm/ctld.h"

#include "lib/wish.h"

/* What the job asked; all zero if nothing. */
void weft_wishes_of(const job_record_t *job_ptr, struct weft_wish *ret_wish);

/*
 * Walk all jobs: take up the options of those that are new, requeue what ended of
 * a cause that it named, and take the planner's words off what has ended.
 * Returns how many jobs were requeued.
 */
uint32_t weft_wishes_walk(time_t now, uint32_t requeue_max);

/*
 * While select_nodes() may preempt: jobs that have not run for --min-runtime
 * are exempt, and those with --checkpoint-signal have a grace time of their
 * own.  Between begin and end nothing else may look at the records.
 */
struct weft_guarded {
	job_record_t *job_ptr;
	time_t start_time, end_time;	/* as they were */
	bool exempt, signalled;		/* for its own wish */
	bool can_be_chosen;		/* not in its grace time yet */
	uint32_t grace_sec;		/* its own; 0: at once */
	uint16_t warn_signal, warn_time, warn_flags;	/* as they were */
	slurmdb_qos_rec_t *qos_ptr;
	slurmdb_qos_rec_t qos;		/* a copy with another grace time */
	uint32_t part_grace_sec;	/* its partition's, as it was */
};

struct weft_guard {
	struct weft_guarded *job;
	uint32_t count, cap;
	bool was_sending;		/* preempt_send_user_signal */
	bool altered;			/* that, and the text it is read from */
	char *slurmctld_params;		/* as it was */
};

void weft_guard_begin(struct weft_guard *guard);
void weft_guard_end(struct weft_guard *guard);

#endif
