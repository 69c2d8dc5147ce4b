/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * room.h - how many more jobs accounts and QOS let into Slurm
 *
 * Made from the limits on jobs that are in Slurm at once (MaxSubmitJobs,
 * GrpSubmitJobs) as they stood at one moment; every unit that is sent takes
 * one from all that hold for it, every unit that ends gives one back.  So a
 * run can go on in waves for long without asking again.
 */
#ifndef WEFT_FLOW_ROOM_H
#define WEFT_FLOW_ROOM_H

#include <stdbool.h>

#include "tools/flow/limits.h"

struct weft_room;

/* limits(ctx, ...) must stay callable until the room is destroyed. */
struct weft_room *weft_room_create(weft_limits_fn *limits, void *ctx);
void weft_room_destroy(struct weft_room *room);

/* Is there room for a unit?  If so it takes it.  NULL has room for all. */
bool weft_room_take(struct weft_room *room, const struct weft_limit_key *key);
/* A unit left Slurm: its place counts after the next settle. */
void weft_room_give(struct weft_room *room, const struct weft_limit_key *key);
void weft_room_settle(struct weft_room *room);
/* Would the limits, as they stood, have let so many in? */
bool weft_room_fits(struct weft_room *room, const struct weft_limit_key *key,
		    uint32_t count);

/*
 * The limit that a unit was held back by since the room was made, or NULL.
 * Borrowed until the room is destroyed.
 */
const struct weft_site_limit *weft_room_full(const struct weft_room *room);

#endif
