/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_units.c - times, sizes and moments: a table, and Slurm's own functions
 *
 * The second half asks libslurm, where one is installed: whatever Weft takes,
 * Slurm takes too and reads as the same number; what only Slurm takes is in
 * the list of units.c's essay.
 */
#include "config.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/units.h"
#include "lib/when.h"
#include "tests/unit/unit.h"

#define FOREVER WEFT_UNITS_UNLIMITED
#define SLURM_NO_VAL 0xfffffffe
#define SLURM_INFINITE 0xffffffff

static const struct {
	const char *text;
	int rc;
	uint64_t sec;
} times[] = {
	{ "0", 0, 0 }, { "90", 0, 5400 }, { "1:30", 0, 90 },
	{ "0:01", 0, 1 }, { "1:00:00", 0, 3600 }, { "100:00:01", 0, 360001 },
	{ "1:90", 0, 150 }, { "2-", 0, 172800 }, { "1-0", 0, 86400 },
	{ "1-2:30", 0, 95400 }, { "2-00:00:01", 0, 172801 },
	{ "unlimited", 0, FOREVER }, { "UNLIMITED", 0, FOREVER },
	{ "Infinite", 0, FOREVER }, { "-1", 0, FOREVER },
	{ "35791394", 0, 2147483640 }, { "24855-03:14:07", 0, 2147483647 },
	{ "24855-03:14:08", -ERANGE, 0 }, { "35791395", -ERANGE, 0 },
	{ "99999999999999999999", -ERANGE, 0 },
	{ "99999999999999999999-0", -ERANGE, 0 },
	{ "1:99999999999999999999", -ERANGE, 0 },
	{ "99999999999999999999:x", -EINVAL, 0 },
	{ "99999999999999999999-x", -EINVAL, 0 },
	{ "", -EINVAL, 0 }, { "-", -EINVAL, 0 }, { "-5", -EINVAL, 0 },
	{ ":", -EINVAL, 0 }, { "1:", -EINVAL, 0 }, { ":1", -EINVAL, 0 },
	{ "1-2:", -EINVAL, 0 }, { "1-2-3", -EINVAL, 0 }, { "1:2-3", -EINVAL, 0 },
	{ "1:2:3:4", -EINVAL, 0 }, { "1-1:2:3:4", -EINVAL, 0 },
	{ "5m", -EINVAL, 0 }, { " 5", -EINVAL, 0 }, { "5 ", -EINVAL, 0 },
	{ "+5", -EINVAL, 0 }, { "1.5", -EINVAL, 0 }, { "1h", -EINVAL, 0 },
};

START_TEST(test_times)
{
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		uint64_t sec = 7, min = 7;
		int rc = weft_units_parse_sec(times[i].text, &sec);

		ck_assert_msg(rc == times[i].rc, "%s: %d", times[i].text, rc);
		ck_assert_msg(sec == (rc ? 7 : times[i].sec), "%s: %llu",
			      times[i].text, (unsigned long long)sec);
		ck_assert_int_eq(weft_units_parse_min(times[i].text, &min), rc);
		if (rc == 0 && sec != FOREVER)
			ck_assert_uint_eq(min, sec / 60 + (sec % 60 != 0));
	}
}
END_TEST

static const struct {
	const char *text;
	int rc;
	uint64_t mib;
} sizes[] = {
	{ "0", 0, 0 }, { "500", 0, 500 }, { "500M", 0, 500 }, { "1K", 0, 1 },
	{ "1024k", 0, 1 }, { "1025KB", 0, 2 }, { "16g", 0, 16384 },
	{ "16Gb", 0, 16384 }, { "2T", 0, 2097152 },
	{ "8796093022208", 0, WEFT_UNITS_MIB_MAX },
	{ "8388608T", 0, WEFT_UNITS_MIB_MAX }, { "8388609T", -ERANGE, 0 },
	{ "8796093022209", -ERANGE, 0 }, { "99999999999999999999", -ERANGE, 0 },
	{ "", -EINVAL, 0 }, { "G", -EINVAL, 0 }, { "-1", -EINVAL, 0 },
	{ "1P", -EINVAL, 0 }, { "1X", -EINVAL, 0 }, { "1GiB", -EINVAL, 0 },
	{ "1Gx", -EINVAL, 0 }, { "1GBx", -EINVAL, 0 }, { "1.5G", -EINVAL, 0 },
	{ " 1", -EINVAL, 0 }, { "99999999999999999999X", -EINVAL, 0 },
};

START_TEST(test_sizes)
{
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		uint64_t mib = 7;
		int rc = weft_units_parse_mib(sizes[i].text, &mib);

		ck_assert_msg(rc == sizes[i].rc, "%s: %d", sizes[i].text, rc);
		ck_assert_msg(mib == (rc ? 7 : sizes[i].mib), "%s: %llu",
			      sizes[i].text, (unsigned long long)mib);
	}
}
END_TEST

/* ---- against Slurm --------------------------------------------------------- */

/* libslurmfull exports more than libslurm, but lies in the plugins' folder. */
static void *slurm_function(const char *name)
{
	static const char *const libs[] = {
		"libslurmfull.so",
		"/usr/lib/x86_64-linux-gnu/slurm-wlm/libslurmfull.so",
		"/usr/lib/aarch64-linux-gnu/slurm-wlm/libslurmfull.so",
		"/usr/lib64/slurm/libslurmfull.so", "/usr/lib/slurm/libslurmfull.so",
		"libslurm.so",
	};

	for (size_t i = 0; i < sizeof(libs) / sizeof(libs[0]); i++) {
		void *lib = dlopen(libs[i], RTLD_LAZY | RTLD_LOCAL);
		void *at = lib ? dlsym(lib, name) : NULL;

		if (at)
			return at;
	}
	return NULL;
}

/* A text of at most len characters of the given ones. */
static void scribble(char *text, size_t len, const char *letters)
{
	size_t count = strlen(letters), n = (size_t)rand() % len + 1;

	for (size_t i = 0; i < n; i++)
		text[i] = letters[(size_t)rand() % count];
	text[n] = '\0';
}

START_TEST(test_times_as_slurm)
{
	union {
		void *at;
		int (*call)(const char *);
	} slurm = { .at = slurm_function("slurm_time_str2secs") };
	uint32_t taken = 0;
	char text[16];

	if (!slurm.at)
		return;	/* no Slurm here: the table stands alone */
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		if (times[i].rc)
			continue;
		ck_assert_msg((uint32_t)slurm.call(times[i].text) ==
			      (uint32_t)times[i].sec, "%s", times[i].text);
	}
	srand(22058);
	for (int i = 0; i < 200000; i++) {
		uint64_t sec;
		uint32_t want;

		scribble(text, 12, "0123456789::-");
		if (weft_units_parse_sec(text, &sec))
			continue;
		want = (uint32_t)slurm.call(text);
		taken++;
		ck_assert_msg(want != SLURM_NO_VAL, "%s: only Weft takes it", text);
		ck_assert_msg(want == (sec == FOREVER ? SLURM_INFINITE : sec),
			      "%s: %u, Slurm says %u", text, (uint32_t)sec, want);
	}
	ck_assert_uint_gt(taken, 10000);
}
END_TEST

START_TEST(test_sizes_as_slurm)
{
	union {
		void *at;
		uint64_t (*call)(const char *);
	} slurm = { .at = slurm_function("str_to_mbytes") };
	uint32_t taken = 0;
	char text[16];

	if (!slurm.at)
		return;
	srand(24115);
	for (int i = 0; i < 200000; i++) {
		uint64_t mib = 0, want;
		int rc;

		scribble(text, 9, "0123456789KMGTkmgtBb");
		rc = weft_units_parse_mib(text, &mib);
		want = slurm.call(text);
		ck_assert_msg((rc == -EINVAL) == (want == UINT64_MAX - 1),
			      "%s: %d, Slurm says %llu", text, rc,
			      (unsigned long long)want);
		if (rc == 0)
			ck_assert_msg(mib == want, "%s", text);
		taken += rc == 0;
	}
	ck_assert_uint_gt(taken, 10000);
}
END_TEST

/* ---- moments --------------------------------------------------------------- */

/* Saturday, 14 November 2026, 15:30:20 UTC. */
#define NOON_AND_A_BIT 1794670220
#define DAY 86400
#define MIDNIGHT (NOON_AND_A_BIT - NOON_AND_A_BIT % DAY)

static const struct {
	const char *text;
	int64_t at;		/* 0: refused */
} moments[] = {
	{ "now", NOON_AND_A_BIT }, { "now+90", NOON_AND_A_BIT + 90 },
	{ "now+1hour", NOON_AND_A_BIT + 3600 },
	{ "now + 2 weeks", NOON_AND_A_BIT + 14 * DAY },
	{ "now-1day", NOON_AND_A_BIT - DAY },
	{ "today", MIDNIGHT }, { "tomorrow", MIDNIGHT + DAY },
	{ "tomorrow noon", MIDNIGHT + DAY + 12 * 3600 },
	{ "noon", MIDNIGHT + DAY + 12 * 3600 },	/* today's is past */
	{ "fika", MIDNIGHT + DAY + 15 * 3600 }, { "teatime", MIDNIGHT + 16 * 3600 },
	{ "elevenses", MIDNIGHT + DAY + 11 * 3600 },
	{ "16:00", MIDNIGHT + 16 * 3600 }, { "15:30", MIDNIGHT + DAY + 55800 },
	{ "4:00 PM", MIDNIGHT + 16 * 3600 }, { "4:00pm", MIDNIGHT + 16 * 3600 },
	{ "12:00am", MIDNIGHT + DAY }, { "12:30 PM", MIDNIGHT + DAY + 45000 },
	{ "9:05:07 AM", MIDNIGHT + DAY + 32707 },
	{ "2030-01-20", 1895097600 }, { "2030-01-20T12:34:56", 1895142896 },
	{ "01/20/30", 1895097600 }, { "01.20.30", 1895097600 },
	{ "012030", 1895097600 }, { "1/20/30-4:00pm", 1895155200 },
	{ "11/15", MIDNIGHT + DAY }, { "1115", MIDNIGHT + DAY },
	{ "11/14", MIDNIGHT + 365 * DAY },	/* its midnight is past */
	{ "uts1895097600", 1895097600 },
	{ "", 0 }, { "-", 0 }, { "soon", 0 }, { "now+", 0 }, { "now+hour", 0 },
	{ "now+1fortnight", 0 }, { "now+99999999999999999999", 0 },
	{ "13:00pm", 0 }, { "24:00", 0 }, { "12:60", 0 }, { "1:2", 0 },
	{ "13/01", 0 }, { "1/32", 0 }, { "2030-13-01", 0 }, { "01/20/2030", 0 },
	{ "uts12", 0 }, { "uts1895097600x", 0 }, { "2030-01-20x", 0 },
};

START_TEST(test_moments)
{
	setenv("TZ", "UTC", 1);
	tzset();
	for (size_t i = 0; i < sizeof(moments) / sizeof(moments[0]); i++) {
		int64_t at = 0;
		int rc = weft_when_parse(moments[i].text, NOON_AND_A_BIT, &at);

		ck_assert_msg(rc == (moments[i].at ? 0 : -EINVAL), "%s: %d",
			      moments[i].text, rc);
		ck_assert_msg(at == moments[i].at, "%s: %lld", moments[i].text,
			      (long long)at);
	}
}
END_TEST

/* A row of words and of single characters between them. */
static void make_moment(char *text, size_t size)
{
	static const char *const words[] = {
		"now", "today", "tomorrow", "midnight", "noon", "fika", "teatime",
		"+", "-", " ", "T", "/", ".", ":", "am", "PM", "hour", "days", "week",
		"minutes", "2030", "2027-02-03", "01/20", "12.31.29", "0229", "uts",
		"4:00", "16:05:59", "12:30", "11:59", "00:00", "7", "09", "31",
	};
	size_t len = 0;

	text[0] = '\0';
	for (int i = rand() % 5; i >= 0; i--)
		len += (size_t)snprintf(text + len, size - len, "%s",
					words[(size_t)rand() % (sizeof(words) / sizeof(words[0]))]);
}

static void compare_moments(time_t (*slurm)(const char *, int), uint32_t *taken)
{
	char text[128];

	for (int i = 0; i < 50000; i++) {
		int64_t at, before;
		time_t want;
		int rc;

		make_moment(text, sizeof(text));
		if (strstr(text + 1, "now"))	/* Slurm reads past its end */
			continue;
		do {	/* Slurm looks at the clock itself */
			before = (int64_t)time(NULL);
			at = 0;
			rc = weft_when_parse(text, before, &at);
			want = slurm(text, 0);
		} while (before != (int64_t)time(NULL));
		ck_assert_msg((rc == 0) == (want != 0) && (rc || at == (int64_t)want),
			      "%s: %d, %lld, Slurm says %lld", text, rc,
			      (long long)at, (long long)want);
		*taken += rc == 0;
	}
}

START_TEST(test_moments_as_slurm)
{
	static const char *const zones[] = { "UTC", "America/New_York", "Europe/Berlin" };
	union {
		void *at;
		time_t (*call)(const char *, int);
	} slurm = { .at = slurm_function("slurm_parse_time") };
	uint32_t taken = 0;

	if (!slurm.at || !freopen("/dev/null", "w", stderr))	/* it complains there */
		return;
	srand(1605);
	for (size_t i = 0; i < sizeof(zones) / sizeof(zones[0]); i++) {
		setenv("TZ", zones[i], 1);
		tzset();
		compare_moments(slurm.call, &taken);
	}
	ck_assert_uint_gt(taken, 10000);
}
END_TEST

UNIT_MAIN("units", test_times, test_sizes, test_moments, test_times_as_slurm,
	  test_sizes_as_slurm, test_moments_as_slurm)
