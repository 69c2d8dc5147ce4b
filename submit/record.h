/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * record.h - which rules changed a job, as text that stays with the job
 *
 * The filter knows it for a moment only.  It leaves one line in the job's
 * AdminComment, which `weft policy explain` and `weft why` read.
 */
#ifndef WEFT_SUBMIT_RECORD_H
#define WEFT_SUBMIT_RECORD_H

#include "submit/rules.h"

#define WEFT_RECORD_MARK "weft-rules:"
#define WEFT_RECORD_LIMIT 1024		/* bytes, with the mark */
#define WEFT_RECORD_TEXT 64		/* of one word in it */

struct weft_record_step {
	char rule[WEFT_RECORD_TEXT], field[WEFT_RECORD_TEXT];
	char was[WEFT_RECORD_TEXT], is[WEFT_RECORD_TEXT];
};

struct weft_record {
	struct weft_record_step step[WEFT_CHANGES_MAX];
	uint32_t step_count;
};

/*
 * Adds the line for what the verdict changed; nothing if it changed nothing.
 * Steps that do not fit are left out.  0 or -errno.
 */
int weft_record_write(const struct weft_rules *rules,
		      const struct weft_verdict *verdict, struct weft_buf *buf);

/*
 * Read it from anywhere in a text that nobody vouches for.  0, -ENOENT: there
 * is none; -EINVAL: not well formed; -ENOMEM.
 */
int weft_record_read(const char *text, struct weft_record *ret_record);

#endif
