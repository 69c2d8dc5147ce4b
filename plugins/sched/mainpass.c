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
 * answer leaves before any plugin could act.  The admin's line in slurm.conf
 * is left alone; the words go in front of the copy that slurmctld reads,
 * because Slurm's parser takes the first "sched_interval=" that it finds.
 *
 * Both places read the parameters without a lock and remember what they
 * found until slurm_conf.last_update changes.  A reading between the moment
 * slurm.conf was parsed and this call would therefore leave the main pass on
 * until the next reconfigure, so last_update is moved by a second.
 *
 * A request that cannot wait (srun --immediate) has "defer" lifted by
 * job_submit/weft, see plugins/slurm/defer.h; the agent puts it back after
 * LIFTED_SEC seconds, which the request may need to get slurmctld's locks.
 * Other sruns of these seconds are placed at submit, too.
 *
 * Source: _schedule() in src/slurmctld/job_scheduler.c, job_allocate() in
 * job_mgr.c.
 */
#include "plugins/slurm/defer.h"

#include "plugins/sched/mainpass.h"

#define INTERVAL "sched_interval=-1"
#define LIFTED_SEC 2

/* What follows our words at the head of text, or text if they are not there. */
static const char *after_ours(const char *text)
{
	size_t len = 0;

	if (weft_slurm_defer_is_ours(text))
		len = strlen(WEFT_SLURM_DEFER);
	else if (!xstrncmp(text, INTERVAL, strlen(INTERVAL)))
		len = strlen(INTERVAL);
	if (len && !text[len])
		return "";
	return len && text[len] == ',' ? text + len + 1 : text ? text : "";
}

void weft_mainpass_off(bool start_at_submit)
{
	const char *ours = start_at_submit ? INTERVAL : WEFT_SLURM_DEFER;
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

void weft_mainpass_work(void)
{
	static time_t looked_sec, lifted_sec;	/* one agent calls this */
	slurmctld_lock_t conf_read = { .conf = READ_LOCK };
	slurmctld_lock_t conf_write = { .conf = WRITE_LOCK };
	time_t now = time(NULL);
	bool lifted;

	if (now == looked_sec)
		return;
	looked_sec = now;
	lock_slurmctld(conf_read);
	lifted = weft_slurm_defer_is_lifted();
	unlock_slurmctld(conf_read);
	if (!lifted) {
		lifted_sec = 0;
	} else if (!lifted_sec) {
		lifted_sec = now;
	} else if (now - lifted_sec > LIFTED_SEC) {
		lock_slurmctld(conf_write);
		weft_slurm_defer_again();
		unlock_slurmctld(conf_write);
		lifted_sec = 0;
	}
}
