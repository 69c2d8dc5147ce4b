/* SPDX-License-Identifier: GPL-2.0-or-later */
/* buf.c - see buf.h.  Capacity doubles, so adding n bytes costs O(n). */
#include "config.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/buf.h"

#define FIRST_CAP 256

void weft_buf_init(struct weft_buf *buf, size_t limit)
{
	*buf = (struct weft_buf){ .limit = limit };
}

void weft_buf_fini(struct weft_buf *buf)
{
	free(buf->data);
	weft_buf_init(buf, buf->limit);
}

void weft_buf_clear(struct weft_buf *buf)
{
	buf->len = 0;
	buf->error = 0;
	if (buf->data)
		buf->data[0] = '\0';
}

/* Make room for add bytes and the NUL. */
static int reserve(struct weft_buf *buf, size_t add)
{
	size_t cap = buf->cap ? buf->cap : FIRST_CAP;
	char *data;

	if (buf->error)
		return buf->error;
	if (add > buf->limit - buf->len)
		return buf->error = -EFBIG;
	while (cap < buf->len + add + 1)
		cap *= 2;
	if (cap == buf->cap)
		return 0;
	data = realloc(buf->data, cap);
	if (!data)
		return buf->error = -ENOMEM;
	buf->data = data;
	buf->cap = cap;
	return 0;
}

int weft_buf_add(struct weft_buf *buf, const void *data, size_t len)
{
	int rc = reserve(buf, len);

	if (rc)
		return rc;
	memcpy(buf->data + buf->len, data, len);
	buf->len += len;
	buf->data[buf->len] = '\0';
	return 0;
}

int weft_buf_adds(struct weft_buf *buf, const char *text)
{
	return weft_buf_add(buf, text, strlen(text));
}

int weft_buf_addf(struct weft_buf *buf, const char *fmt, ...)
{
	va_list ap;
	int len, rc;

	va_start(ap, fmt);
	len = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (len < 0)
		return buf->error = -EINVAL;
	rc = reserve(buf, len);
	if (rc)
		return rc;
	va_start(ap, fmt);
	vsnprintf(buf->data + buf->len, len + 1, fmt, ap);
	va_end(ap);
	buf->len += len;
	return 0;
}

const char *weft_buf_str(const struct weft_buf *buf)
{
	return buf->data ? buf->data : "";
}

char *weft_buf_steal(struct weft_buf *buf)
{
	char *data;

	if (buf->error || (!buf->data && weft_buf_adds(buf, ""))) {
		weft_buf_fini(buf);
		return NULL;
	}
	data = buf->data;
	weft_buf_init(buf, buf->limit);
	return data;
}
