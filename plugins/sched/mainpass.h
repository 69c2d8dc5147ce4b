/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mainpass.h - keep Slurm's own scheduling pass from placing jobs
 */
#ifndef WEFT_PLUGINS_SCHED_MAINPASS_H
#define WEFT_PLUGINS_SCHED_MAINPASS_H

/*
 * Make slurmctld's main pass and its attempt at submit do nothing, whatever
 * SchedulerParameters says.  Call at init and after each reading of
 * slurm.conf, with the configuration's write lock (or before threads run).
 * Doing it twice changes nothing.
 */
void weft_mainpass_off(void);

#endif
