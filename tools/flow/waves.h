/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * waves.h - a run that accounts and QOS let into Slurm part by part
 *
 * Where limits are enforced, each pass sends what MaxSubmitJobs and its kin
 * leave room for; the rest waits here until units of the run have ended.
 */
#ifndef WEFT_FLOW_WAVES_H
#define WEFT_FLOW_WAVES_H

#include "tools/flow/run.h"

/* Before a pass: know the room, asking Slurm only if it is not known. */
int weft_waves_begin(struct weft_run *run, struct weft_err *err);
/* A unit of the object left Slurm: its place is free from the next pass on. */
void weft_waves_left(struct weft_run *run, const struct weft_object *object);
/* The room is to be asked for again before the next pass, if it was short. */
void weft_waves_forget(struct weft_run *run);
/*
 * Slurm refused an object by accounting: true if that is a matter of how many
 * jobs there are, and so of waiting; false if the job itself is too much.
 */
bool weft_waves_refused(struct weft_run *run, const struct weft_object *object);

/* The limit that makes the run go in waves now, or NULL. */
const struct weft_site_limit *weft_waves_limit(const struct weft_run *run);

void weft_waves_fini(struct weft_run *run);

#endif
