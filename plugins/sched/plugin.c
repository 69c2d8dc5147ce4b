/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * plugin.c - sched_weft.so as slurmctld sees it
 *
 * Slurm asks three names of a scheduler plugin: init(), fini() and
 * sched_p_reconfig().  Everything happens in the agent's own thread
 * (agent.c); these three only start it, stop it, and tell it that slurm.conf
 * or weft.json may have changed.
 *
 * Invariants: nothing here blocks (sched_p_reconfig() is called with the
 * configuration's write lock held, so it takes no lock of Slurm's and reads
 * no file); nothing here ends slurmctld: if the thread cannot be started,
 * init() returns an error and Slurm says so.
 *
 * Built twice: slurmctld takes heterogeneous jobs only if SchedulerType is
 * literally "sched/backfill", so the same plugin exists under that name in a
 * directory of its own, which an admin may put first in PluginDir.
 *
 * Source: src/slurmctld/sched_plugin.c of Slurm for the table of names.
 */
#include "plugins/slurm/ctld.h"

#include "plugins/sched/agent.h"
#include "plugins/sched/mainpass.h"

int init(void);
void fini(void);
int sched_p_reconfig(void);

#define EXPORT __attribute__((visibility("default")))

EXPORT const char plugin_name[] = "Weft: plans GPUs and NVLink domains";
#ifdef WEFT_AS_BACKFILL
EXPORT const char plugin_type[] = "sched/backfill";
#else
EXPORT const char plugin_type[] = "sched/weft";
#endif
EXPORT const uint32_t plugin_version = SLURM_VERSION_NUMBER;

/* The agent takes "defer" back if weft.json says start_at_submit. */
EXPORT int init(void)
{
	weft_mainpass_off(false);
	return weft_agent_start() ? SLURM_ERROR : SLURM_SUCCESS;
}

EXPORT void fini(void)
{
	weft_agent_stop();
}

EXPORT int sched_p_reconfig(void)
{
	weft_mainpass_off(false);
	weft_agent_reconfigure();
	return SLURM_SUCCESS;
}
