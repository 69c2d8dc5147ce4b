/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sched_oracle.h - the earliest start by trying every second and every subset
 *
 * Shares no code with the planner.  It works on a world (sched_world.h), into
 * which what the planner decides is replayed.
 */
#ifndef WEFT_TESTS_UNIT_SCHED_ORACLE_H
#define WEFT_TESTS_UNIT_SCHED_ORACLE_H

#include "tests/unit/sched_world.h"

/* Would the shape start at t on just these nodes (bit i: node i)? */
bool oracle_subset_fits(const struct world *w, const struct weft_shape *s,
			unsigned int subset, int t, bool any_switches);

/* Nobody is there, all nodes are up, nothing is reserved: would it start? */
bool oracle_possible(const struct world *w, const struct weft_job *job);

/* Not after last; WEFT_TIME_NEVER. */
int64_t oracle_earliest(const struct world *w, const struct weft_job *job,
			int last);

/* The plan's places are right; put them into the oracle's world. */
void oracle_replay(struct world *w, const struct weft_job *job,
		   const struct weft_plan *plan, const struct weft_decision *d);

#endif
