/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fields.c - the table of fields, and numbers as people write them
 *
 * The table is unfolded from the list in submission.h.  Time reads and prints
 * as in Slurm: minutes, m:s, h:m:s, d-h, d-h:m, d-h:m:s, rounded up to whole
 * minutes, since that is what Slurm keeps.  Memory is MiB unless a unit
 * follows.  Both are read by lib/units.h, as everywhere.
 */
#include "config.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "lib/units.h"
#include "submit/submission.h"

const struct weft_field_info weft_fields[WEFT_FIELD_COUNT] = {
#define X(name, key, type, set, help) { key, WEFT_TYPE_##type, set, help },
	WEFT_SUBMISSION_FIELDS(X)
#undef X
};

int weft_field_find(const char *key)
{
	for (int i = 0; i < WEFT_FIELD_COUNT; i++)
		if (strcmp(weft_fields[i].key, key) == 0)
			return i;
	return -1;
}

/* Digits at *at, bounded so that sums and products below cannot wrap. */
static bool read_digits(const char **at, uint64_t *ret)
{
	const char *p = *at;
	uint64_t n = 0;

	for (; *p >= '0' && *p <= '9'; p++) {
		n = n * 10 + (uint64_t)(*p - '0');
		if (n > WEFT_COUNT_MAX)
			return false;
	}
	if (p == *at)
		return false;
	*at = p;
	*ret = n;
	return true;
}

static bool parse_minutes(const char *text, uint64_t *ret)
{
	uint64_t min;

	if (weft_units_parse_min(text, &min))
		return false;
	*ret = min == WEFT_UNITS_UNLIMITED ? WEFT_UNLIMITED : min;
	return true;
}

bool weft_field_parse(int field, const char *text, uint64_t *ret_num)
{
	uint64_t n;

	switch (weft_fields[field].type) {
	case WEFT_TYPE_MINUTES:
		return parse_minutes(text, ret_num);
	case WEFT_TYPE_MIB:
		return weft_units_parse_mib(text, ret_num) == 0;
	case WEFT_TYPE_COUNT:
		if (!read_digits(&text, &n) || *text)
			return false;
		*ret_num = n;
		return true;
	default:
		return false;
	}
}

static void format_minutes(uint64_t num, char *out, size_t size)
{
	uint64_t days = num / 1440;
	unsigned int hours = num / 60 % 24, minutes = num % 60;

	if (days)
		snprintf(out, size, "%" PRIu64 "-%02u:%02u:00", days, hours, minutes);
	else
		snprintf(out, size, "%02u:%02u:00", hours, minutes);
}

static void format_mib(uint64_t num, char *out, size_t size)
{
	if (num && num % 1048576 == 0)
		snprintf(out, size, "%" PRIu64 "T", num / 1048576);
	else if (num && num % 1024 == 0)
		snprintf(out, size, "%" PRIu64 "G", num / 1024);
	else
		snprintf(out, size, "%" PRIu64 "M", num);
}

const char *weft_field_format(int field, uint64_t num, char *out, size_t size)
{
	if (num == WEFT_UNSET)
		snprintf(out, size, "none");
	else if (num == WEFT_UNLIMITED)
		snprintf(out, size, "unlimited");
	else if (weft_fields[field].type == WEFT_TYPE_MINUTES)
		format_minutes(num, out, size);
	else if (weft_fields[field].type == WEFT_TYPE_MIB)
		format_mib(num, out, size);
	else if (weft_fields[field].type == WEFT_TYPE_BOOL)
		snprintf(out, size, "%s", num ? "yes" : "no");
	else
		snprintf(out, size, "%" PRIu64, num);
	return out;
}
