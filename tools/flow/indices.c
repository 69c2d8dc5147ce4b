/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * indices.c - the index list of an array, as sbatch --array writes it
 *
 * "1,3,7", "0-99", "0-100:10" and any list of these, with "%8" at the end for
 * the most that run at once.  The result is sorted and holds each index once.
 */
#include "config.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

#include "tools/flow/model_read.h"

#define INDEX_MAX 4000000

static int parse_u32(const char **p, uint32_t *ret)
{
	uint64_t value = 0;
	const char *at = *p;

	for (; isdigit((unsigned char)*at); at++) {
		value = value * 10 + (uint64_t)(*at - '0');
		if (value > INDEX_MAX)
			return -ERANGE;
	}
	if (at == *p)
		return -EINVAL;
	*p = at;
	*ret = (uint32_t)value;
	return 0;
}

static int by_value(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

/* One "a", "a-b" or "a-b:s" at *p. */
static int parse_range(const char **p, uint32_t *first, uint32_t *last,
		       uint32_t *step)
{
	int rc = parse_u32(p, first);

	*last = *first;
	*step = 1;
	if (rc || **p != '-')
		return rc;
	++*p;
	rc = parse_u32(p, last);
	if (rc || **p != ':')
		return rc;
	++*p;
	return parse_u32(p, step);
}

int weft_flow_parse_array(const char *text, uint32_t **ret_index,
			  uint32_t *ret_count, uint32_t *ret_throttle,
			  struct weft_err *err)
{
	const char *p = text;
	uint32_t *index = NULL;
	uint32_t count = 0, throttle = 0, kept = 0, first, last, step;
	int rc;

	do {
		uint32_t *more;

		rc = parse_range(&p, &first, &last, &step);
		if (rc || last < first || !step)
			goto bad;
		if (count + (uint64_t)(last - first) / step + 1 > WEFT_FLOW_UNITS) {
			rc = -ERANGE;
			goto bad;
		}
		more = reallocarray(index, count + (last - first) / step + 1,
				    sizeof(*index));
		if (!more) {
			free(index);
			return weft_err_set(err, ENOMEM,
					    "the workflow needs too much memory");
		}
		index = more;
		for (uint64_t i = first; i <= last; i += step)
			index[count++] = (uint32_t)i;
	} while (*p == ',' && p++);
	if (*p == '%') {
		p++;
		if (parse_u32(&p, &throttle) || !throttle)
			goto bad;
	}
	if (*p)
		goto bad;
	qsort(index, count, sizeof(*index), by_value);
	for (uint32_t i = 0; i < count; i++)
		if (!kept || index[kept - 1] != index[i])
			index[kept++] = index[i];
	*ret_index = index;
	*ret_count = kept;
	*ret_throttle = throttle;
	return 0;
bad:
	free(index);
	if (rc == -ERANGE)
		return weft_err_set(err, EINVAL, "array \"%.60s\": an index is at most %d and there are at most %d",
				    text, INDEX_MAX, WEFT_FLOW_UNITS);
	return weft_err_set(err, EINVAL, "array \"%.60s\": expected indices such as 0-99, 1,3,7 or 0-100:10%%8",
			    text);
}
