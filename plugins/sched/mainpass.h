/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mainpass.h - keep Slurm's own scheduling pass from placing jobs
 */
#ifndef WEFT_PLUGINS_SCHED_MAINPASS_H
#define WEFT_PLUGINS_SCHED_MAINPASS_H

#include <stdbool.h>

/*
 * Make slurmctld's main pass do nothing, whatever SchedulerParameters says,
 * and its attempt at submit likewise unless start_at_submit.  Call at init and
 * after each reading of slurm.conf, with the configuration's write lock (or
 * before threads run).  Doing it twice changes nothing.
 */
void weft_mainpass_off(bool start_at_submit);

/* Now and then, without locks: what a request that cannot wait had lifted. */
void weft_mainpass_work(void);

#endif
