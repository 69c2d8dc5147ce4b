/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * buf.h - a growing string with a ceiling
 *
 * Every growable buffer has a limit given at init: text that comes from users
 * can never make it swallow the daemon's memory.  Failure is sticky: after
 * the first add that does not fit or finds no memory, later adds do nothing
 * and weft_buf_error() tells, so a writer checks once, at its end.
 */
#ifndef WEFT_LIB_BUF_H
#define WEFT_LIB_BUF_H

#include <stddef.h>

struct weft_buf {
	char *data;	/* NUL-terminated, or NULL while nothing was added */
	size_t len;	/* bytes, without the NUL */
	size_t cap;
	size_t limit;	/* len never exceeds it */
	int error;	/* 0, -ENOMEM or -EFBIG */
};

void weft_buf_init(struct weft_buf *buf, size_t limit);
void weft_buf_fini(struct weft_buf *buf);	/* frees; buf may be reused */
void weft_buf_clear(struct weft_buf *buf);	/* empties, keeps the memory */

int weft_buf_add(struct weft_buf *buf, const void *data, size_t len);
int weft_buf_adds(struct weft_buf *buf, const char *text);
int weft_buf_addf(struct weft_buf *buf, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static inline int weft_buf_error(const struct weft_buf *buf)
{
	return buf->error;
}

/* The text so far, "" if none; valid until the next add. */
const char *weft_buf_str(const struct weft_buf *buf);

/* Hand the text to the caller (free() it); NULL if an add failed. */
char *weft_buf_steal(struct weft_buf *buf);

#endif
