/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * child.h - run another program: text in, text out, without a shell
 */
#ifndef WEFT_TOOLS_UI_CHILD_H
#define WEFT_TOOLS_UI_CHILD_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/buf.h"
#include "lib/err.h"

enum { WEFT_CHILD_NOT_FOUND = 127 };	/* the shell's code for it */

struct weft_child {
	const char *const *argv;	/* argv[0] is looked for in PATH; NULL ends */
	const char *in;			/* what it reads, in_len bytes; may be NULL */
	size_t in_len;
	struct weft_buf *out;		/* what it says is added; NULL: thrown away */
	bool says_errors;		/* its stderr is ours; else thrown away */
	unsigned int limit_sec;		/* at the most from start to end; 0: no limit */
	void (*prepare)(const void *ctx);	/* called in the child first; may be NULL */
	const void *ctx;
};

/*
 * Runs it and waits for its end.  0, and *ret_code is its exit code, 128 + N
 * where signal N ended it, WEFT_CHILD_NOT_FOUND where it could not be started.
 * -ETIMEDOUT: it was killed at its limit; -EFBIG or -ENOMEM: it said more than
 * out takes, and was killed; otherwise no process could be had.
 */
int weft_child_run(const struct weft_child *child, int *ret_code,
		   struct weft_err *err);

#endif
