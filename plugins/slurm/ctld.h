/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ctld.h - slurmctld's inside, one spelling for every Slurm release
 *
 * For plugins that live in slurmctld (sched/weft).  See compat.h for the
 * rules.  Functions named here keep the locking rules of what they wrap.
 */
#ifndef WEFT_PLUGINS_SLURM_CTLD_H
#define WEFT_PLUGINS_SLURM_CTLD_H

#include "plugins/slurm/compat.h"

#include "src/common/assoc_mgr.h"
#include "src/common/node_conf.h"

#if WEFT_SLURM_HAS_INTERFACES
#include "src/interfaces/burst_buffer.h"
#include "src/interfaces/preempt.h"
#include "src/interfaces/select.h"
#else
#include "src/common/power.h"
#include "src/common/select.h"
#include "src/slurmctld/burst_buffer.h"
#include "src/slurmctld/preempt.h"
#endif

#include "src/slurmctld/acct_policy.h"
#include "src/slurmctld/fed_mgr.h"
#include "src/slurmctld/job_scheduler.h"
#include "src/slurmctld/licenses.h"
#include "src/slurmctld/locks.h"
#include "src/slurmctld/node_scheduler.h"
#include "src/slurmctld/reservation.h"
#include "src/slurmctld/slurmctld.h"
#include "src/slurmctld/state_save.h"

#if WEFT_SLURM_HAS_STEPMGR
#include "src/slurmctld/proc_req.h"
#else
#include "src/slurmctld/srun_comm.h"
#endif

/* Slurm's own choice and start; job, node write locks. */
static inline int weft_slurm_select_nodes(job_record_t *job_ptr,
					  uint32_t scheduler_flag)
{
#if WEFT_SLURM_HAS_STEPMGR
	job_node_select_t request = { .job_ptr = job_ptr };

	return select_nodes(&request, false, false, scheduler_flag);
#else
	return select_nodes(job_ptr, false, NULL, NULL, false, scheduler_flag);
#endif
}

/* False, and the job is cancelled, if it cannot end before its deadline. */
static inline bool weft_slurm_deadline_ok(job_record_t *job_ptr)
{
	char who[] = "weft";	/* 22.05 wants char *, 24.11 const char * */

	return deadline_ok(job_ptr, who);
}

/* Said by 22.05's power plugins; later releases have none. */
static inline void weft_slurm_power_job_start(job_record_t *job_ptr)
{
#if !WEFT_SLURM_HAS_INTERFACES
	power_g_job_start(job_ptr);
#endif
}

#endif
