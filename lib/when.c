/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * when.c - see when.h
 *
 * A text is a row of words: a day or a time of day, in any order, with blanks,
 * '-' or 'T' between them; the last word of a kind counts.  That is how Slurm
 * reads it, so whatever sbatch takes is taken, and means the same moment
 * (tests/unit/test_units.c asks libslurm).  "now" is a word only at the
 * beginning: behind another, Slurm reads past the end of the text.  A count of
 * more than a century is refused; Slurm lets it wrap.
 *
 * Nothing is looked up but the time zone, by localtime_r() and mktime().
 *
 * Source: Slurm, src/common/parse_time.c (parse_time).
 */
#include "config.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "lib/when.h"

#define COUNT_MAX 3155760000	/* a century of seconds */
#define UTS_MIN 1000000

struct when {
	const char *text, *at;	/* all of it, what is left of it */
	time_t now;
	struct tm today;
	int hour, minute, second;	/* hour -1: not given */
	int month, day, year;		/* -1: not given; as in struct tm */
};

/* Does the word stand here?  Then it is passed. */
static bool take(struct when *w, const char *word)
{
	size_t len = strlen(word);

	if (strncasecmp(w->at, word, len) != 0)
		return false;
	w->at += len;
	return true;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* One or two digits; -1 if none stands here. */
static int take_two(struct when *w)
{
	int n;

	if (!is_digit(*w->at))
		return -1;
	n = *w->at++ - '0';
	if (is_digit(*w->at))
		n = n * 10 + *w->at++ - '0';
	return n;
}

/* Two digits and no fewer; -1. */
static int take_both(struct when *w)
{
	return is_digit(w->at[0]) && is_digit(w->at[1]) ? take_two(w) : -1;
}

static void set_day(struct when *w, time_t at)
{
	struct tm tm;

	localtime_r(&at, &tm);
	w->month = tm.tm_mon;
	w->day = tm.tm_mday;
	w->year = tm.tm_year;
}

static void set_hour(struct when *w, int hour)
{
	w->hour = hour;
	w->minute = w->second = 0;
}

/* "HH:MM[:SS] [AM|PM]" */
static int take_hour(struct when *w)
{
	int hour = take_two(w), minute, second = 0;

	if (hour > 23 || *w->at++ != ':')
		return -EINVAL;
	minute = take_both(w);
	if (minute >= 0 && *w->at == ':') {
		w->at++;
		second = take_both(w);
	}
	if (minute < 0 || minute > 59 || second < 0 || second > 59)
		return -EINVAL;
	while (isspace((unsigned char)*w->at))
		w->at++;
	if (take(w, "pm")) {
		if (hour > 12)
			return -EINVAL;
		hour = hour == 12 ? 12 : hour + 12;
	} else if (take(w, "am")) {
		if (hour > 12)
			return -EINVAL;
		hour = hour == 12 ? 0 : hour;
	}
	w->hour = hour;
	w->minute = minute;
	w->second = second;
	return 0;
}

/* "YYYY-MM-DD": the dashes are where they belong. */
static int take_iso_date(struct when *w)
{
	int century = take_both(w), year = take_both(w), month, day;

	w->at++;
	month = take_two(w);
	w->at += *w->at == '-';
	day = take_two(w);
	if (century < 0 || year < 0 || month < 1 || month > 12 || day < 1 || day > 31)
		return -EINVAL;
	w->year = century * 100 + year - 1900;
	w->month = month - 1;
	w->day = day;
	return 0;
}

/* "MMDD[YY]", "MM/DD[/YY]", "MM.DD[.YY]" */
static int take_american_date(struct when *w)
{
	int month = take_two(w), day, year = 0;

	w->at += *w->at == '.' || *w->at == '/';
	day = take_two(w);
	if (month < 1 || month > 12 || day < 1 || day > 31)
		return -EINVAL;
	w->at += *w->at == '.' || *w->at == '/';
	if (is_digit(*w->at))
		year = take_both(w);
	if (year < 0)
		return -EINVAL;
	w->month = month - 1;
	w->day = day;
	if (year)
		w->year = year + 100;
	return 0;
}

/* The unit's seconds, if a unit stands here; 0. */
static int64_t take_unit(struct when *w)
{
	static const struct {
		const char *name;
		int64_t sec;
	} units[] = {
		{ "seconds", 1 }, { "second", 1 }, { "minutes", 60 },
		{ "minute", 60 }, { "hours", 3600 }, { "hour", 3600 },
		{ "days", 86400 }, { "day", 86400 }, { "weeks", 604800 },
		{ "week", 604800 },
	};

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (take(w, units[i].name))
			return units[i].sec;
	return 0;
}

/* "90", "1hour", "2 weeks": blanks may stand anywhere, as in Slurm. */
static int take_length(struct when *w, int64_t *ret_sec)
{
	int64_t count = 0, unit;
	bool given = false;

	for (; *w->at && *w->at != '\n'; w->at++) {
		if (isspace((unsigned char)*w->at))
			continue;
		if (!is_digit(*w->at)) {
			unit = take_unit(w);
			if (!unit || !given)
				return -EINVAL;
			*ret_sec = count * unit;
			return 0;
		}
		given = true;
		count = count * 10 + *w->at - '0';
		if (count > COUNT_MAX)
			return -EINVAL;
	}
	*ret_sec = count;
	return given ? 0 : -EINVAL;
}

/* What follows "now": nothing, or + or - and a length of time. */
static int take_now(struct when *w)
{
	int64_t sec = 0;
	struct tm tm;
	time_t at;
	bool minus;

	while (isblank((unsigned char)*w->at))
		w->at++;
	if (*w->at && *w->at != '\n') {
		minus = *w->at == '-';
		if (!minus && *w->at != '+')
			return -EINVAL;
		w->at++;
		if (take_length(w, &sec))
			return -EINVAL;
		sec = minus ? -sec : sec;
	}
	at = w->now + (time_t)sec;
	if (!localtime_r(&at, &tm))
		return -EINVAL;
	set_day(w, at);
	w->hour = tm.tm_hour;
	w->minute = tm.tm_min;
	w->second = tm.tm_sec;
	return 0;
}

static int take_word(struct when *w)
{
	static const struct {
		const char *name;
		int hour;
	} hours[] = {
		{ "midnight", 0 }, { "elevenses", 11 }, { "noon", 12 },
		{ "fika", 15 }, { "teatime", 16 },
	};

	for (size_t i = 0; i < sizeof(hours) / sizeof(hours[0]); i++)
		if (take(w, hours[i].name)) {
			set_hour(w, hours[i].hour);
			return 0;
		}
	if (take(w, "today")) {
		set_day(w, w->now);
		return 0;
	}
	/* 24 hours on, as in Slurm: the night of the clocks is its own matter. */
	if (take(w, "tomorrow")) {
		set_day(w, w->now + 86400);
		return 0;
	}
	if (w->at == w->text && take(w, "now"))
		return take_now(w);
	if (!is_digit(*w->at))
		return -EINVAL;
	if (w->at[1] == ':' || (w->at[1] && w->at[2] == ':'))
		return take_hour(w);
	return strlen(w->at) > 7 && w->at[4] == '-' && w->at[7] == '-' ?
		take_iso_date(w) : take_american_date(w);
}

/* Is the moment, all but its year known, later than now in this year? */
static bool is_ahead(const struct when *w)
{
	const struct tm *t = &w->today;
	int now[] = { t->tm_mon, t->tm_mday, t->tm_hour, t->tm_min };
	int then[] = { w->month, w->day, w->hour, w->minute };

	for (int i = 0; i < 4; i++)
		if (then[i] != now[i])
			return then[i] > now[i];
	return false;
}

/* What was not given: midnight, the next such time of day, the next such day. */
static void complete(struct when *w)
{
	if (w->hour < 0)
		set_hour(w, 0);
	if (w->month < 0) {
		set_day(w, w->now);
		if (!is_ahead(w))
			set_day(w, w->now + 86400);
	}
	if (w->year < 0)
		w->year = w->today.tm_year + !is_ahead(w);
}

static int parse_uts(const char *text, int64_t *ret_at)
{
	long long sec;
	char *end;

	errno = 0;
	sec = strtoll(text, &end, 10);
	if (errno || *end || sec < UTS_MIN)
		return -EINVAL;
	*ret_at = sec;
	return 0;
}

int weft_when_parse(const char *text, int64_t now, int64_t *ret_at)
{
	struct when w = { .text = text, .at = text, .now = (time_t)now, .hour = -1,
			  .month = -1, .day = -1, .year = -1 };
	struct tm tm = { .tm_isdst = -1 };
	time_t at;

	if (strncasecmp(text, "uts", 3) == 0)
		return parse_uts(text + 3, ret_at);
	localtime_r(&w.now, &w.today);
	while (*w.at && *w.at != '\n') {
		if (isblank((unsigned char)*w.at) || *w.at == '-' || *w.at == 'T')
			w.at++;
		else if (take_word(&w))
			return -EINVAL;
	}
	if (w.hour < 0 && w.month < 0)
		return -EINVAL;
	complete(&w);
	tm.tm_sec = w.second;
	tm.tm_min = w.minute;
	tm.tm_hour = w.hour;
	tm.tm_mday = w.day;
	tm.tm_mon = w.month;
	tm.tm_year = w.year;
	at = mktime(&tm);
	if (at == (time_t)-1)
		return -EINVAL;
	*ret_at = (int64_t)at;
	return 0;
}
