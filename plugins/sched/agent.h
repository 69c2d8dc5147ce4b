/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * agent.h - the thread that schedules
 */
#ifndef WEFT_PLUGINS_SCHED_AGENT_H
#define WEFT_PLUGINS_SCHED_AGENT_H

/* Start the thread; 0 or -errno.  A second start is a success. */
int weft_agent_start(void);
/* Ask it to stop, at the next slice, and wait for that. */
void weft_agent_stop(void);
/* slurm.conf or weft.json may have changed.  Never blocks. */
void weft_agent_reconfigure(void);

#endif
