/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * reload.h - the rules in force, and their change while slurmctld runs
 */
#ifndef WEFT_PLUGINS_JOB_SUBMIT_RELOAD_H
#define WEFT_PLUGINS_JOB_SUBMIT_RELOAD_H

#include <stdint.h>

#include "submit/rules.h"

/* Read weft.json for the first time; a fault is logged, never returned. */
void weft_reload_init(void);
void weft_reload_fini(void);

/*
 * The rules in force, and the buckets, locked for the caller until
 * weft_reload_unlock().  Looks at the file first, at most once a second.
 * NULL (and nothing locked) if there are no rules.
 */
const struct weft_rules *weft_reload_lock(int64_t now_sec,
					  struct weft_throttle **ret_throttle);
void weft_reload_unlock(void);

#endif
