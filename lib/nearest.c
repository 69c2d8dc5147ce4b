/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nearest.c - see nearest.h
 *
 * Optimal string alignment distance in three rows on the stack; words longer
 * than 63 bytes have no near name.  Source: Damerau, CACM 7(3), 1964.
 */
#include "config.h"

#include <string.h>

#include "lib/nearest.h"

#define WORD_MAX 63

static unsigned int min3(unsigned int a, unsigned int b, unsigned int c)
{
	unsigned int m = a < b ? a : b;

	return m < c ? m : c;
}

static unsigned int distance(const char *a, size_t a_len, const char *b,
			     size_t b_len)
{
	unsigned int row[3][WORD_MAX + 1];
	unsigned int *before = row[0], *last = row[1], *now = row[2], *spare;

	for (size_t j = 0; j <= b_len; j++)
		last[j] = (unsigned int)j;
	for (size_t i = 1; i <= a_len; i++) {
		now[0] = (unsigned int)i;
		for (size_t j = 1; j <= b_len; j++) {
			now[j] = min3(last[j] + 1, now[j - 1] + 1,
				      last[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1] && before[j - 2] + 1 < now[j])
				now[j] = before[j - 2] + 1;
		}
		spare = before;
		before = last;
		last = now;
		now = spare;
	}
	return last[b_len];
}

const char *weft_nearest(const char *word, const char *const *names,
			 size_t count)
{
	size_t len = strlen(word), name_len;
	unsigned int limit = len < 3 ? 1 : len < 6 ? 2 : 3;
	unsigned int best = limit + 1, d;
	const char *nearest = NULL;

	if (len > WORD_MAX)
		return NULL;
	for (size_t i = 0; i < count; i++) {
		name_len = strlen(names[i]);
		if (name_len > WORD_MAX)
			continue;
		d = distance(word, len, names[i], name_len);
		if (d < best && d < name_len) {
			best = d;
			nearest = names[i];
		}
	}
	return nearest;
}
