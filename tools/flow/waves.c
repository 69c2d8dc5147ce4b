/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * waves.c - see waves.h
 *
 * Slurm is asked when the run begins and then, while units are held back,
 * after each look at the jobs; in between, each unit that ends makes room for
 * another one pass later, when slurmctld has surely counted it out.  Jobs of
 * others may take the room meanwhile: then Slurm refuses, and what was refused
 * waits as if it had never been sent.  A refusal that the limits do not
 * explain is taken for good after a few in a row.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>

#include "tools/flow/room.h"
#include "tools/flow/waves.h"
#include "tools/slurm/assoc.h"

#define UNEXPLAINED 3	/* refusals in a row that may be a matter of moments */

static uint32_t limits_of(void *ctx, const char *account, const char *partition,
			  const char *qos, struct weft_site_limit list[WEFT_SITE_LIMITS])
{
	return weft_slurm_assoc_limits(ctx, account, partition, qos, list);
}

static int ask(struct weft_run *run, struct weft_err *err)
{
	int rc = run->assoc ? weft_slurm_assoc_refresh(run->assoc, err) :
			      weft_slurm_assoc_load(&run->assoc, err);

	if (rc)
		return rc;
	run->rpc_count++;
	weft_room_destroy(run->room);
	run->room = weft_room_create(limits_of, run->assoc);
	run->room_known = true;
	return 0;
}

int weft_waves_begin(struct weft_run *run, struct weft_err *err)
{
	int rc;

	if (!run->limits.enforced)
		return 0;
	if (run->room_known) {
		weft_room_settle(run->room);
		return 0;
	}
	rc = ask(run, err);
	/* What cannot be asked now is no reason to stop: Slurm can refuse. */
	return rc == -EAGAIN ? 0 : rc;
}

void weft_waves_left(struct weft_run *run, const struct weft_object *object)
{
	struct weft_limit_key key = weft_limit_key_of(object);

	weft_room_give(run->room, &key);
}

void weft_waves_forget(struct weft_run *run)
{
	if (weft_room_full(run->room))
		run->room_known = false;
}

bool weft_waves_refused(struct weft_run *run, const struct weft_object *object)
{
	struct weft_limit_key key = weft_limit_key_of(object);
	struct weft_err err = WEFT_ERR_INIT;

	if (ask(run, &err))
		return true;
	if (!weft_room_fits(run->room, &key, object->unit_count)) {
		run->refusals = 0;
		return true;
	}
	return ++run->refusals < UNEXPLAINED;
}

const struct weft_site_limit *weft_waves_limit(const struct weft_run *run)
{
	return weft_room_full(run->room);
}

void weft_waves_fini(struct weft_run *run)
{
	weft_room_destroy(run->room);
	weft_slurm_assoc_destroy(run->assoc);
}
