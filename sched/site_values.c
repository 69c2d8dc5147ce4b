/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * site_values.c - see site_impl.h: Slurm's numbers, times, sizes and states
 *
 * Source: Slurm, src/common/parse_time.c (time_str2secs).
 */
#include "config.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "sched/site_impl.h"

bool weft_site_read_number(const char *text, uint64_t max,
			   uint64_t *ret_number)
{
	unsigned long long number;
	char *end;

	if (!isdigit((unsigned char)*text))
		return false;
	errno = 0;
	number = strtoull(text, &end, 10);
	if (errno || *end || number > max)
		return false;
	*ret_number = number;
	return true;
}

bool weft_site_read_time(const char *text, uint32_t *ret_sec)
{
	uint64_t part[3] = { 0 }, days = 0, sec;
	const char *p = text;
	bool has_days = false;
	char *end;
	int parts = 0;

	if (!strcasecmp(text, "INFINITE") || !strcasecmp(text, "UNLIMITED") ||
	    !strcmp(text, "-1")) {
		*ret_sec = WEFT_SITE_UNLIMITED;
		return true;
	}
	for (;;) {
		uint64_t number;

		if (!isdigit((unsigned char)*p) || strspn(p, "0123456789") > 9)
			return false;
		number = strtoull(p, &end, 10);
		if (*end == '-' && !has_days && !parts) {
			days = number;
			has_days = true;
		} else if (parts < 3) {
			part[parts++] = number;
		} else {
			return false;
		}
		if (!*end)
			break;
		if (*end != ':' && *end != '-')
			return false;
		if (*end == '-' && parts)
			return false;
		p = end + 1;
	}
	if (has_days)		/* days-hours[:minutes[:seconds]] */
		sec = days * 86400 + part[0] * 3600 + part[1] * 60 + part[2];
	else if (parts == 3)
		sec = part[0] * 3600 + part[1] * 60 + part[2];
	else			/* minutes[:seconds] */
		sec = part[0] * 60 + part[1];
	if (sec >= WEFT_SITE_UNLIMITED)
		return false;
	*ret_sec = (uint32_t)sec;
	return true;
}

bool weft_site_read_memory(const char *text, uint64_t *ret_mib)
{
	static const char units[] = "MGT";
	size_t len = strspn(text, "0123456789");
	uint64_t number, scale = 1;
	char digits[24];
	const char *unit;

	if (!len || len >= sizeof(digits))
		return false;
	memcpy(digits, text, len);
	digits[len] = '\0';
	if (!weft_site_read_number(digits, UINT64_C(1) << 40, &number))
		return false;
	if (text[len]) {
		unit = strchr(units, toupper((unsigned char)text[len]));
		if (!unit || (text[len + 1] &&
			      strcasecmp(text + len + 1, "B")))
			return false;
		for (; unit > units; unit--)
			scale *= 1024;
	}
	*ret_mib = number * scale;
	return true;
}

bool weft_site_is_usable(const char *state)
{
	static const char *const bad[] = {
		"DOWN", "DRAIN", "FAIL", "FUTURE", "UNKNOWN*", "NOT_RESPONDING",
		"POWERED_DOWN*",
	};

	for (; *state; state += *state == '+') {
		for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
			if (!strncasecmp(state, bad[i], strlen(bad[i])))
				return false;
		state += strcspn(state, "+");
	}
	return true;
}
