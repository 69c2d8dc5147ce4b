/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mainpass.c - see mainpass.h
 *
 * Whatever SchedulerType says, slurmctld places jobs itself in two places:
 * schedule() on submit, completion and a timer, and job_allocate() while an
 * srun or salloc is being submitted.  Both read SchedulerParameters:
 * "sched_interval=-1" makes the first return at once, "defer" makes the
 * second only queue the job.  The admin's line in slurm.conf is left alone;
 * the words go in front of the copy that slurmctld reads, because Slurm's
 * parser takes the first "sched_interval=" that it finds.
 *
 * Both places read the parameters without a lock and remember what they
 * found until slurm_conf.last_update changes.  A reading between the moment
 * slurm.conf was parsed and this call would therefore leave the main pass on
 * until the next reconfigure, so last_update is moved by a second.
 *
 * Source: _schedule() in src/slurmctld/job_scheduler.c, job_allocate() in
 * job_mgr.c.
 */
#include "plugins/slurm/ctld.h"

#include "plugins/sched/mainpass.h"

#define OFF "defer,sched_interval=-1"

void weft_mainpass_off(void)
{
	char *old = slurm_conf.sched_params;
	size_t len = sizeof(OFF) - 1;

	if (old && !xstrncmp(old, OFF, len) && (!old[len] || old[len] == ','))
		return;
	slurm_conf.sched_params = old && old[0] ?
		xstrdup_printf("%s,%s", OFF, old) : xstrdup(OFF);
	xfree(old);
	slurm_conf.last_update++;
}
