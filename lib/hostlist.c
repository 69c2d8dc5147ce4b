/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hostlist.c - see hostlist.h: brackets to names, one at a time
 *
 * A list is split at commas and white space outside brackets.  Each part is
 * copied up to its first bracket; every number of that bracket is appended in
 * turn and the rest of the part handled the same way, so "r[1-2]n[1-3]" needs
 * no memory but the name being made.  A number is written as wide as the
 * range's lower end, which keeps leading zeros.
 *
 * Cost: O(names * length of a name).  Left out: Slurm's base-36 coordinates
 * of machines with more than one dimension.
 *
 * Source for the syntax: Slurm, src/common/hostlist.c.
 */
#include "config.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/hostlist.h"

#define BRACKETS_MAX 8
#define DIGITS_MAX 9
#define HAS_LIMIT 1000000u

struct walk {
	char name[WEFT_HOST_NAME_MAX + 1];
	uint32_t left;		/* names still allowed */
	uint32_t limit;
	weft_host_fn fn;
	void *arg;
	struct weft_err *err;
};

static int emit(struct walk *w, size_t len)
{
	if (!w->left)
		return weft_err_set(w->err, E2BIG,
				    "a list of more than %u names", w->limit);
	w->left--;
	w->name[len] = '\0';
	return w->fn(w->arg, w->name);
}

/* Digits at *p to a number; *p moves behind them. */
static int read_number(struct walk *w, const char **p, uint32_t *ret_number,
		       int *ret_width)
{
	uint32_t number = 0;
	int width = 0;

	for (; isdigit((unsigned char)**p); (*p)++) {
		if (++width > DIGITS_MAX)
			return weft_err_set(w->err, EINVAL,
					    "a number of more than %d digits in brackets",
					    DIGITS_MAX);
		number = number * 10 + (uint32_t)(**p - '0');
	}
	if (!width)
		return weft_err_set(w->err, EINVAL,
				    "a number like [1-4,7] expected in brackets");
	*ret_number = number;
	*ret_width = width;
	return 0;
}

static int expand(struct walk *w, size_t len, const char *p, const char *end,
		  int depth);

/* One item of a bracket, "7" or "1-4"; rest is behind the bracket. */
static int expand_range(struct walk *w, size_t len, const char **p,
			const char *rest, const char *end, int depth)
{
	uint32_t low, high;
	int width, unused, rc = read_number(w, p, &low, &width);

	high = low;
	if (rc == 0 && **p == '-') {
		(*p)++;
		rc = read_number(w, p, &high, &unused);
	}
	if (rc)
		return rc;
	if (high < low)
		return weft_err_set(w->err, EINVAL, "[%u-%u] runs backwards",
				    low, high);
	for (uint64_t i = low; rc == 0 && i <= high; i++) {
		int more = snprintf(w->name + len, sizeof(w->name) - len,
				    "%0*u", width, (uint32_t)i);

		if (more < 0 || (size_t)more >= sizeof(w->name) - len)
			return weft_err_set(w->err, EINVAL,
					    "a name of more than %d characters",
					    WEFT_HOST_NAME_MAX);
		rc = expand(w, len + (size_t)more, rest, end, depth + 1);
	}
	return rc;
}

static int expand_bracket(struct walk *w, size_t len, const char *p,
			  const char *end, int depth)
{
	const char *close = memchr(p, ']', (size_t)(end - p));
	int rc;

	if (!close)
		return weft_err_set(w->err, EINVAL, "a bracket is not closed");
	if (depth >= BRACKETS_MAX)
		return weft_err_set(w->err, EINVAL,
				    "more than %d brackets in a name",
				    BRACKETS_MAX);
	for (;;) {
		rc = expand_range(w, len, &p, close + 1, end, depth);
		if (rc || p == close)
			return rc;
		if (*p++ != ',')
			return weft_err_set(w->err, EINVAL,
					    "numbers like [1-4,7] expected in brackets");
	}
}

/* The part p .. end behind the first len characters of the name. */
static int expand(struct walk *w, size_t len, const char *p, const char *end,
		  int depth)
{
	for (; p < end; p++) {
		if (*p == '[')
			return expand_bracket(w, len, p + 1, end, depth);
		if (*p == ']')
			return weft_err_set(w->err, EINVAL,
					    "a bracket is closed that was not opened");
		if (len >= WEFT_HOST_NAME_MAX)
			return weft_err_set(w->err, EINVAL,
					    "a name of more than %d characters",
					    WEFT_HOST_NAME_MAX);
		w->name[len++] = *p;
	}
	return emit(w, len);
}

static bool is_separator(char c)
{
	return c == ',' || isspace((unsigned char)c);
}

int weft_hostlist_each(const char *text, uint32_t limit, weft_host_fn fn,
		       void *arg, struct weft_err *err)
{
	struct walk w = {
		.left = limit, .limit = limit, .fn = fn, .arg = arg, .err = err,
	};
	const char *p = text, *end;
	int rc = 0;

	while (rc == 0 && *p) {
		bool inside = false;

		for (end = p; *end && (inside || !is_separator(*end)); end++) {
			if (*end == '[')
				inside = true;
			else if (*end == ']')
				inside = false;
		}
		if (end > p)
			rc = expand(&w, 0, p, end, 0);
		p = *end ? end + 1 : end;
	}
	return rc;
}

static int is_it(void *arg, const char *name)
{
	return !strcmp(arg, name);
}

bool weft_hostlist_has(const char *text, const char *name)
{
	return weft_hostlist_each(text, HAS_LIMIT, is_it, (void *)name,
				  NULL) == 1;
}
