/* SPDX-License-Identifier: GPL-2.0-or-later */
/* when.h - the moments that --begin and --deadline take. */
#ifndef WEFT_LIB_WHEN_H
#define WEFT_LIB_WHEN_H

#include <stdint.h>

/*
 * What sbatch takes, in local time:
 *   now, now+1hour, now-90 (seconds)
 *   today, tomorrow, midnight, noon, elevenses, fika, teatime
 *   16:00, 16:00:30, 4:00 PM
 *   2030-01-20, 01/20/30, 01.20.30, 012030; without the year: the next one
 *   a day and a time of day: 2030-01-20T12:34:56, 01/20-4:00pm, tomorrow noon
 *   uts1893456000, seconds since the epoch
 * A time of day alone that is past means tomorrow's.  0, or -EINVAL if it
 * does not read; *ret_at is untouched then.
 */
int weft_when_parse(const char *text, int64_t now, int64_t *ret_at);

#endif
