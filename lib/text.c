/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * text.c - see text.h
 *
 * Names and comments come from whoever may submit a job.  A control character
 * in one could move the cursor, colour a terminal, or forge a line of a log;
 * half a character could swallow what follows it.
 */
#include "config.h"

#include <string.h>

#include "lib/text.h"

size_t weft_text_utf8(const char *text)
{
	const unsigned char *s = (const unsigned char *)text;
	size_t len = s[0] < 0x80 ? 1 : s[0] >= 0xc2 && s[0] < 0xe0 ? 2 :
		(s[0] & 0xf0) == 0xe0 ? 3 : s[0] >= 0xf0 && s[0] < 0xf5 ? 4 : 0;

	for (size_t i = 1; i < len; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	/* Surrogates, overlong forms, past U+10FFFF, and the C1 controls. */
	if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ||
	    (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f) ||
	    (s[0] == 0xc2 && s[1] < 0xa0))
		return 0;
	return len;
}

size_t weft_text_clean(char *out, size_t size, const char *text)
{
	size_t used = 0, len;

	if (!size)
		return 0;
	for (; *text; text += len) {
		len = weft_text_utf8(text);
		if (used + (len ? len : 1) >= size)
			break;
		if (len > 1 || (len == 1 && *text >= 0x20 && *text != 0x7f)) {
			memcpy(out + used, text, len);
			used += len;
		} else {
			out[used++] = '?';
			len = 1;
		}
	}
	out[used] = '\0';
	return used;
}

int weft_text_add(struct weft_buf *buf, const char *text, size_t max)
{
	char part[256];
	size_t len;

	for (; text && *text && max; max -= len < max ? len : max) {
		len = max < sizeof(part) ? max + 1 : sizeof(part);
		len = weft_text_clean(part, len, text);
		if (!len)
			break;
		weft_buf_add(buf, part, len);
		text += len;	/* as long as what it was made from */
	}
	return weft_buf_error(buf);
}

size_t weft_text_width(const char *text)
{
	size_t width = 0;

	for (; *text; text++)
		width += ((unsigned char)*text & 0xc0) != 0x80;
	return width;
}
