/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * when.c - see when.h
 *
 * The forms of sbatch(1) under --begin that people use, read as in Slurm's
 * parse_time.c.  Left out: American month/day dates, AM and PM, "fika".
 */
#include "config.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "lib/when.h"

static int parse_now(const char *text, int64_t now, int64_t *ret_at)
{
	static const struct {
		const char *name;
		int64_t sec;
	} units[] = {
		{ "second", 1 }, { "minute", 60 }, { "hour", 3600 },
		{ "day", 86400 }, { "week", 604800 },
	};
	char *end;
	long count;
	int64_t unit = 1;
	int sign = *text == '-' ? -1 : 1;

	if (!*text) {
		*ret_at = now;
		return 0;
	}
	if (*text != '+' && *text != '-')
		return -EINVAL;
	if (!isdigit((unsigned char)text[1]))
		return -EINVAL;
	count = strtol(text + 1, &end, 10);
	if (count > 100000000)
		return -EINVAL;
	if (*end) {
		size_t len = strlen(end);

		unit = 0;
		if (len > 3 && (end[len - 1] == 's'))
			len--;
		for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
			if (len <= strlen(units[i].name) && len >= 3 &&
			    !strncasecmp(end, units[i].name, len))
				unit = units[i].sec;
		if (!unit)
			return -EINVAL;
	}
	*ret_at = now + sign * count * unit;
	return 0;
}

int weft_when_parse(const char *text, int64_t now, int64_t *ret_at)
{
	static const struct {
		const char *name;
		int hour;
	} words[] = { { "midnight", 0 }, { "noon", 12 }, { "teatime", 16 } };
	time_t base = (time_t)now;
	struct tm tm;
	int year, month, day, hour = 0, minute = 0, second = 0, used = 0, got;

	if (!strncasecmp(text, "now", 3))
		return parse_now(text + 3, now, ret_at);
	localtime_r(&base, &tm);
	tm.tm_isdst = -1;
	tm.tm_min = tm.tm_sec = 0;
	if (!strcasecmp(text, "today") || !strcasecmp(text, "tomorrow")) {
		tm.tm_hour = 0;
		tm.tm_mday += text[2] == 'm' || text[2] == 'M';
		*ret_at = mktime(&tm);
		return 0;
	}
	got = sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2d%n", &year, &month, &day, &hour,
		     &minute, &second, &used);
	if (got >= 3) {
		if (got == 4 || month < 1 || month > 12 || day < 1 || day > 31 ||
		    hour > 23 || minute > 59 || second > 60)
			return -EINVAL;
		tm.tm_year = year - 1900;
		tm.tm_mon = month - 1;
		tm.tm_mday = day;
		tm.tm_hour = hour;
		tm.tm_min = minute;
		tm.tm_sec = second;
		*ret_at = mktime(&tm);
		return *ret_at < 0 ? -EINVAL : 0;
	}
	hour = -1;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (!strcasecmp(text, words[i].name))
			hour = words[i].hour;
	if (hour < 0 && sscanf(text, "%2d:%2d:%2d", &hour, &minute, &second) < 2)
		return -EINVAL;
	if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60)
		return -EINVAL;
	tm.tm_hour = hour;
	tm.tm_min = minute;
	tm.tm_sec = second;
	*ret_at = mktime(&tm);
	if (*ret_at <= now) {
		tm.tm_mday++;
		*ret_at = mktime(&tm);
	}
	return 0;
}
