/* SPDX-License-Identifier: GPL-2.0-or-later */
/* err.c - see err.h.  Truncation is silent: half a message beats none. */
#include "config.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/err.h"

static void make_printable(char *msg)
{
	for (; *msg; msg++)
		if ((unsigned char)*msg < 0x20 || *msg == 0x7f)
			*msg = '?';
}

int weft_err_set(struct weft_err *err, int errnum, const char *fmt, ...)
{
	va_list ap;

	if (err) {
		va_start(ap, fmt);
		vsnprintf(err->msg, sizeof(err->msg), fmt, ap);
		va_end(ap);
		make_printable(err->msg);
	}
	return -errnum;
}

int weft_err_sys(struct weft_err *err, int errnum, const char *fmt, ...)
{
	va_list ap;
	size_t len;

	if (err) {
		va_start(ap, fmt);
		vsnprintf(err->msg, sizeof(err->msg), fmt, ap);
		va_end(ap);
		len = strlen(err->msg);
		snprintf(err->msg + len, sizeof(err->msg) - len, ": %s",
			 strerror(errnum));
		make_printable(err->msg);
	}
	return -errnum;
}

void weft_err_prefix(struct weft_err *err, const char *fmt, ...)
{
	struct weft_err old;
	va_list ap;
	size_t len;

	if (!err)
		return;
	old = *err;
	va_start(ap, fmt);
	vsnprintf(err->msg, sizeof(err->msg), fmt, ap);
	va_end(ap);
	len = strlen(err->msg);
	snprintf(err->msg + len, sizeof(err->msg) - len, ": %s", old.msg);
	make_printable(err->msg);
}
