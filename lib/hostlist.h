/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hostlist.h - names of nodes as Slurm writes them: "gpu[01-04,9]-b[0-1],login"
 */
#ifndef WEFT_LIB_HOSTLIST_H
#define WEFT_LIB_HOSTLIST_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/err.h"

#define WEFT_HOST_NAME_MAX 255

/* 0 goes on, anything else ends the walk and is what it returns. */
typedef int (*weft_host_fn)(void *arg, const char *name);

/*
 * Call fn for each name in turn, as often as the text names it.  -EINVAL with
 * a message for a list that is none, -E2BIG for more than limit names; names
 * before the fault have been given by then.  A fn that fails sets err itself.
 */
int weft_hostlist_each(const char *text, uint32_t limit, weft_host_fn fn,
		       void *arg, struct weft_err *err);

/* Is this name in the list?  false as well for a list that is none. */
bool weft_hostlist_has(const char *text, const char *name);

#endif
