/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * text.h - texts of strangers, made fit for a terminal or a log
 */
#ifndef WEFT_LIB_TEXT_H
#define WEFT_LIB_TEXT_H

#include <stddef.h>

#include "lib/buf.h"

/*
 * Length of the UTF-8 sequence at text; 0 if it is none, or a control
 * character of the C1 set.
 */
size_t weft_text_utf8(const char *text);

/*
 * Copy what fits into size bytes with the NUL: control characters and bytes
 * that are no UTF-8 become '?', and no character is cut in two.  Returns the
 * length of what was written.
 */
size_t weft_text_clean(char *out, size_t size, const char *text);

/* The same at the end of a buffer, at most max bytes.  0 or the buffer's error. */
int weft_text_add(struct weft_buf *buf, const char *text, size_t max);

/* Characters of a text: what it takes on a line, as long as none is wide. */
size_t weft_text_width(const char *text);

#endif
