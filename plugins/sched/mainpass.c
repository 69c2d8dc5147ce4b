/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mainpass.c - see mainpass.h
 *
 * Whatever SchedulerType says, slurmctld places jobs itself in two places:
 * schedule() on submit, completion and a timer, and job_allocate() while an
 * srun or salloc is being submitted.  Both read SchedulerParameters:
 * "sched_interval=-1" makes the first return at once, "defer" makes the
 * second only queue the job.  With start_at_submit that "defer" is left out:
 * an srun or salloc with the highest priority of all that wait is then placed
 * at once by slurmctld, without srun's line "queued and waiting for
 * resources", but also without Weft's choice of nodes and GPUs; srun prints
 * that line whenever the answer to its request has no nodes in it, and the
 * answer leaves before any plugin could act.  The admin's line in slurm.conf is left alone;
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

#define INTERVAL "sched_interval=-1"
#define DEFER "defer," INTERVAL

/* What follows our words at the head of text, or text if they are not there. */
static const char *after_ours(const char *text)
{
	const char *ours[] = { DEFER, INTERVAL };
	size_t len;

	for (size_t i = 0; text && i < 2; i++) {
		len = strlen(ours[i]);
		if (!xstrncmp(text, ours[i], len) &&
		    (!text[len] || text[len] == ','))
			return text[len] ? text + len + 1 : text + len;
	}
	return text ? text : "";
}

void weft_mainpass_off(bool start_at_submit)
{
	const char *ours = start_at_submit ? INTERVAL : DEFER;
	char *old = slurm_conf.sched_params;
	const char *rest = after_ours(old);
	char *text = rest[0] ? xstrdup_printf("%s,%s", ours, rest) :
		xstrdup(ours);

	if (!xstrcmp(text, old)) {
		xfree(text);
		return;
	}
	slurm_conf.sched_params = text;
	xfree(old);
	slurm_conf.last_update++;
}
