/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * site_values.c - see site_impl.h: Slurm's numbers, times, sizes and states
 *
 * Times and sizes are read by lib/units.h, as everywhere.
 */
#include "config.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/units.h"
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
	uint64_t sec;

	if (weft_units_parse_sec(text, &sec))
		return false;
	*ret_sec = sec == WEFT_UNITS_UNLIMITED ? WEFT_SITE_UNLIMITED :
		(uint32_t)sec;
	return true;
}

bool weft_site_read_memory(const char *text, uint64_t *ret_mib)
{
	return weft_units_parse_mib(text, ret_mib) == 0;
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
