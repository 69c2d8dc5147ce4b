/* SPDX-License-Identifier: GPL-2.0-or-later */
/* when.h - the moments that --begin and --deadline take. */
#ifndef WEFT_LIB_WHEN_H
#define WEFT_LIB_WHEN_H

#include <stdint.h>

/*
 * "now", "now+1hour", "16:00[:30]", "midnight", "noon", "teatime", "today",
 * "tomorrow", "2030-01-20[T12:34[:56]]" in local time; a time of day that is
 * past means tomorrow.  -EINVAL if it does not read.
 */
int weft_when_parse(const char *text, int64_t now, int64_t *ret_at);

#endif
