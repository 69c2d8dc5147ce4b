/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pulse.c - see pulse.h
 *
 * slurmctld does not tell a scheduler plugin about anything but a
 * reconfigure.  What it does keep is (a) counters of jobs submitted, started,
 * ended, exact but silent about nodes and updates, and (b) the times of the
 * last change of jobs, nodes, partitions and reservations, complete but in
 * whole seconds.  Both are plain words that are read without a lock: a torn
 * or stale value costs one poll of 20 ms.
 *
 * A time equal to the second in which we looked last says nothing, because
 * more may have changed after the look in that second: that is MAYBE, and
 * stays so until one look was made in a later second.
 */
#include "plugins/slurm/ctld.h"

#include "plugins/sched/pulse.h"

extern diag_stats_t slurmctld_diag_stats;

void weft_pulse_read(struct weft_pulse *ret_pulse)
{
	*ret_pulse = (struct weft_pulse) {
		.submitted = slurmctld_diag_stats.jobs_submitted,
		.started = slurmctld_diag_stats.jobs_started,
		.completed = slurmctld_diag_stats.jobs_completed,
		.canceled = slurmctld_diag_stats.jobs_canceled,
		.failed = slurmctld_diag_stats.jobs_failed,
		.job_count = job_list ? list_count(job_list) : 0,
		.job = last_job_update,
		.node = last_node_update,
		.part = last_part_update,
		.resv = last_resv_update,
		.conf = slurm_conf.last_update,
	};
}

enum weft_pulse_change weft_pulse_compare(const struct weft_pulse *seen,
					  time_t seen_sec,
					  const struct weft_pulse *now)
{
	if (seen->submitted != now->submitted ||
	    seen->completed != now->completed ||
	    seen->canceled != now->canceled || seen->failed != now->failed ||
	    seen->job_count != now->job_count || seen->job != now->job ||
	    seen->node != now->node || seen->part != now->part ||
	    seen->resv != now->resv || seen->conf != now->conf)
		return WEFT_PULSE_CHANGED;
	if (now->job >= seen_sec || now->node >= seen_sec ||
	    now->part >= seen_sec || now->resv >= seen_sec)
		return WEFT_PULSE_MAYBE;
	return WEFT_PULSE_QUIET;
}
