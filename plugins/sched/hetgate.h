/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hetgate.h - make slurmctld take heterogeneous jobs
 */
#ifndef WEFT_PLUGINS_SCHED_HETGATE_H
#define WEFT_PLUGINS_SCHED_HETGATE_H

#include <stdbool.h>

/*
 * Again and again from the agent, without locks, until it does nothing any
 * more; allow: whether the settings want heterogeneous jobs.  Waits for
 * slurmctld's answer to one small request, at most two seconds.
 */
void weft_hetgate_work(bool allow);

/*
 * Before anything else of the agent, again until true: slurmctld has read its
 * state, and from now on no het job is refused for coming first.
 */
bool weft_hetgate_begin(void);

#endif
