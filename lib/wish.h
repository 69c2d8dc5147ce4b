/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * wish.h - what a job asks of Weft beyond what Slurm has words for
 *
 * weft.so checks the options when they are typed and brings each to one
 * spelling (plugins/spank/options.h); slurmctld keeps them with the job; the
 * scheduler reads them there and leaves word of them in the job's
 * AdminComment, from where `weft why` tells them (docs/design/0042).
 */
#ifndef WEFT_LIB_WISH_H
#define WEFT_LIB_WISH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/buf.h"

#define WEFT_WISH_MARK "weft-options:"
#define WEFT_WISH_VALUE 96	/* bytes of one value */

enum weft_wish_id {
	WEFT_WISH_SEGMENT,
	WEFT_WISH_DOMAIN,
	WEFT_WISH_GPU_ORDER,
	WEFT_WISH_CHECKPOINT_SIGNAL,
	WEFT_WISH_MIN_RUNTIME,
	WEFT_WISH_REQUEUE_ON,
	WEFT_WISH_COUNT,
};

/* Bits of causes; NONE alone: whatever happens, do not requeue. */
enum weft_requeue_cause {
	WEFT_REQUEUE_NODE_FAIL = 1 << 0,
	WEFT_REQUEUE_BOOT_FAIL = 1 << 1,
	WEFT_REQUEUE_PREEMPT = 1 << 2,
	WEFT_REQUEUE_TIMEOUT = 1 << 3,
	WEFT_REQUEUE_OOM = 1 << 4,
	WEFT_REQUEUE_FAIL = 1 << 5,
	WEFT_REQUEUE_NONE = 1 << 6,
};

struct weft_wish {
	uint32_t given;			/* bits 1 << enum weft_wish_id */
	uint32_t segment;		/* nodes */
	bool same_domain;
	const char *gpu_order;		/* "ring", "index" or "numa" */
	int signal;
	bool signal_batch;		/* to the batch shell, not to the steps */
	uint32_t signal_sec;		/* before the end, or as grace */
	uint32_t min_runtime_sec;
	uint32_t causes;
};

/* "segment", and "WEFT_SEGMENT" in the job's control environment. */
const char *weft_wish_name(enum weft_wish_id id);
const char *weft_wish_env(enum weft_wish_id id);

/*
 * Take an entry "WEFT_SEGMENT=4" of a control environment, with or without
 * SPANK's own "SPANK_" before it.  False if it is none of ours or not in the
 * one spelling; *wish is untouched then.
 */
bool weft_wish_set(struct weft_wish *wish, const char *entry);

/* One option's value in its one spelling, "" if not given. */
const char *weft_wish_value(const struct weft_wish *wish, enum weft_wish_id id,
			    char value[WEFT_WISH_VALUE]);

/* Adds the mark and what was given, "weft-options:[segment=4 domain=same]". */
int weft_wish_write(const struct weft_wish *wish, struct weft_buf *buf);
/*
 * Read it from anywhere in a text that nobody vouches for.  0, -ENOENT: there
 * is none; -EINVAL: not well formed.
 */
int weft_wish_read(const char *text, struct weft_wish *ret_wish);

/* A signal by name, with or without SIG, or number: its number, 0 if unknown. */
int weft_wish_signal(const char *text, size_t len);
const char *weft_wish_signal_name(int number);	/* NULL if unknown */
/* Bits of "timeout,oom", 0 if one is unknown or NONE is not alone. */
uint32_t weft_wish_causes(const char *text);

#endif
