/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hetgate.c - see hetgate.h
 *
 * slurmctld refuses heterogeneous jobs unless SchedulerType is literally
 * "sched/backfill".  It looks once, at the first such request, and remembers
 * the answer until it ends (a static in _sched_backfill() of proc_req.c).
 *
 * So the agent makes that first request itself, as soon as slurmctld listens:
 * an allocation of no components, which slurmctld turns down as empty right
 * after it has looked.  Until it has, mostly for a second, the type is called
 * "sched/backfill" in the copy of slurm.conf that slurmctld reads; slurm.conf
 * is not touched.  Not already from init() on: slurmctld then still compares
 * the type with what it read before, and ends if they differ; but before it
 * listens, or a user's het job could be the first to make it look.
 *
 * Invariant: once done, the type has its own name again.  If nothing is
 * answered in PATIENCE_SEC, or a user's het job was quicker, they are refused
 * as without Weft, and the log says so.
 *
 * Source: _slurm_rpc_allocate_het_job() in src/slurmctld/proc_req.c, the same
 * in 22.05 and 24.11.
 */
#include "plugins/slurm/ctld.h"

#include "plugins/sched/hetgate.h"

#define PATIENCE_SEC 60
#define ANSWER_MSEC 2000

static bool done;
static char *own_type;		/* while it is called backfill */
static time_t begun_sec, asked_sec;

/* Another name for the type; the one it had is the caller's, to be xfree()d. */
static char *rename_type(char *name)
{
	slurmctld_lock_t conf_write = { .conf = WRITE_LOCK };
	char *old;

	lock_slurmctld(conf_write);
	old = slurm_conf.schedtype;
	slurm_conf.schedtype = name;
	unlock_slurmctld(conf_write);
	return old;
}

/* 0 if slurmctld has answered: *ret_rc is what it said. */
static int ask(int *ret_rc)
{
	slurmctld_lock_t conf_read = { .conf = READ_LOCK };
	slurm_msg_t msg;

	slurm_msg_t_init(&msg);
	msg.msg_type = REQUEST_HET_JOB_ALLOCATION;
	lock_slurmctld(conf_read);
	slurm_msg_set_r_uid(&msg, slurm_conf.slurm_user_id);
	slurm_set_addr(&msg.address, slurm_conf.slurmctld_port,
		       slurm_conf.control_addr[MAX(backup_inx, 0)]);
	unlock_slurmctld(conf_read);
	return slurm_send_recv_rc_msg_only_one(&msg, ret_rc, ANSWER_MSEC);
}

static void call_it_backfill(void)
{
	if (!own_type)
		own_type = rename_type(xstrdup("sched/backfill"));
}

/* A reconfiguration may have given it its own name meanwhile: then again. */
static void call_it_by_its_name(void)
{
	char *other;

	if (!own_type)
		return;
	other = rename_type(own_type);
	own_type = NULL;
	xfree(other);
}

static bool is_backfill(void)
{
	slurmctld_lock_t conf_read = { .conf = READ_LOCK };
	bool yes;

	lock_slurmctld(conf_read);
	yes = !xstrcmp(slurm_conf.schedtype, "sched/backfill");
	unlock_slurmctld(conf_read);
	return yes;
}

bool weft_hetgate_begin(void)
{
	if (!job_list)
		return false;
	if (!done && !is_backfill())
		call_it_backfill();
	return true;
}

void weft_hetgate_work(bool allow)
{
	time_t now = time(NULL);
	int rc = SLURM_SUCCESS;

	if (done || now == asked_sec || !job_list)
		return;		/* asked once a second */
	asked_sec = now;
	if (!begun_sec)
		begun_sec = now;
	if (!allow || (!own_type && is_backfill())) {
		call_it_by_its_name();
		done = true;	/* not wanted; or installed under that name */
		return;
	}
	call_it_backfill();
	if (ask(&rc)) {
		if (now - begun_sec < PATIENCE_SEC)
			return;
		error("sched/weft: slurmctld does not answer itself; heterogeneous jobs will be refused");
	} else if (rc == ESLURM_NOT_SUPPORTED) {
		error("sched/weft: a heterogeneous job came before the plugin: they are refused until slurmctld is started anew");
	} else {
		debug("sched/weft: heterogeneous jobs are accepted");
	}
	call_it_by_its_name();
	done = true;
}
