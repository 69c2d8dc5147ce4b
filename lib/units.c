/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * units.c - see units.h
 *
 * Users type times and sizes in sbatch's words into scripts, workflows,
 * weft.json and Weft's own options, and slurm.conf and traces are full of
 * them.  One reader, so that "90" is minutes everywhere and "1500K" rounds the
 * same way; tests/unit/test_units.c holds it to Slurm's own functions.
 *
 * Stricter than Slurm in what no one means: Slurm reads "::1:" or "-5" as some
 * number, takes blanks and signs before a size, and wraps around where a value
 * passes its int.  Here these are errors.
 *
 * Source: Slurm, src/common/parse_time.c (time_str2secs) and
 * src/common/proc_args.c (str_to_mbytes).
 */
#include "config.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "lib/units.h"

#define NUMBER_MAX (UINT64_C(1) << 53)	/* sums and products below cannot wrap */

/* Digits at *at, which moves behind them.  0, -EINVAL or -ERANGE. */
static int read_number(const char **at, uint64_t *ret)
{
	const char *p = *at;
	uint64_t n = 0;

	for (; *p >= '0' && *p <= '9'; p++)
		n = n > NUMBER_MAX ? n : n * 10 + (uint64_t)(*p - '0');
	if (p == *at)
		return -EINVAL;
	*at = p;
	*ret = n;
	return n > NUMBER_MAX ? -ERANGE : 0;
}

/* "h", "h:m" or "h:m:s"; how many in *ret_count. */
static int read_parts(const char *p, uint64_t part[3], int *ret_count)
{
	int count = 0, rc, worst = 0;

	for (;; p++) {
		rc = count < 3 ? read_number(&p, &part[count]) : -EINVAL;
		if (rc == -EINVAL)
			return rc;
		if (rc)
			worst = rc;
		count++;
		if (*p != ':')
			break;
	}
	*ret_count = count;
	return *p ? -EINVAL : worst;
}

int weft_units_parse_sec(const char *text, uint64_t *ret_sec)
{
	uint64_t part[3] = { 0 }, days = 0, sec;
	const char *dash = strchr(text, '-'), *p = text;
	int count = 0, rc = 0, late = 0;

	if (!strcasecmp(text, "unlimited") || !strcasecmp(text, "infinite") ||
	    !strcmp(text, "-1")) {
		*ret_sec = WEFT_UNITS_UNLIMITED;
		return 0;
	}
	if (dash) {
		rc = read_number(&p, &days);
		if (rc == -EINVAL || p != dash)
			return -EINVAL;
		p++;
	}
	if (!dash || *p)
		late = read_parts(p, part, &count);
	if (late == -EINVAL || rc == 0)
		rc = late;
	if (rc)
		return rc;
	if (!dash && count < 3) {	/* minutes[:seconds] */
		part[2] = part[1];
		part[1] = part[0];
		part[0] = 0;
	}
	if (days > WEFT_UNITS_SEC_MAX || part[0] > WEFT_UNITS_SEC_MAX ||
	    part[1] > WEFT_UNITS_SEC_MAX || part[2] > WEFT_UNITS_SEC_MAX)
		return -ERANGE;
	sec = days * 86400 + part[0] * 3600 + part[1] * 60 + part[2];
	if (sec > WEFT_UNITS_SEC_MAX)
		return -ERANGE;
	*ret_sec = sec;
	return 0;
}

int weft_units_parse_min(const char *text, uint64_t *ret_min)
{
	uint64_t sec;
	int rc = weft_units_parse_sec(text, &sec);

	if (rc)
		return rc;
	*ret_min = sec == WEFT_UNITS_UNLIMITED ? sec : (sec + 59) / 60;
	return 0;
}

int weft_units_parse_mib(const char *text, uint64_t *ret_mib)
{
	static const char units[] = "KMGTkmgt";
	unsigned int power = 1;
	const char *unit;
	uint64_t n;
	int rc = read_number(&text, &n);

	if (rc == -EINVAL)
		return rc;
	if (*text) {
		unit = strchr(units, *text);
		if (!unit || (text[1] && strcasecmp(text + 1, "B") != 0))
			return -EINVAL;
		power = (unsigned int)(unit - units) % 4;
	}
	if (rc)
		return rc;
	if (power == 0)
		n = (n + 1023) / 1024;
	else if (n > WEFT_UNITS_MIB_MAX >> 10 * (power - 1))
		return -ERANGE;
	else
		n <<= 10 * (power - 1);
	*ret_mib = n;
	return 0;
}
