/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * match.c - does a job match?
 *
 * A value that was not asked matches nothing but "set": false.  A list
 * (partitions, features) matches if one of its items does.  Patterns see at
 * most PATTERN_BYTES of a text: regexec() may be slow, scripts may have 4 MB,
 * and slurmctld holds locks while we look.  "contains" sees all of it.
 *
 * Globs know '*' and '?'; the one-star backtracking below is quadratic at
 * worst, on texts that are bounded likewise.
 */
#include "config.h"

#include <string.h>

#include "submit/rules_impl.h"

#define PATTERN_BYTES 65536
#define GLOB_BYTES 4096
#define LIST_MARKS ",&|"

static bool glob(const char *pattern, const char *text, size_t len)
{
	const char *end = text + len, *star = NULL, *retry = NULL;

	while (text < end) {
		if (*pattern == '*') {
			star = ++pattern;
			retry = text;
		} else if (*pattern && (*pattern == '?' || *pattern == *text)) {
			pattern++;
			text++;
		} else if (star) {
			pattern = star;
			text = ++retry;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return !*pattern;
}

static bool regex(const regex_t *re, const char *text, size_t len)
{
	regmatch_t span = { .rm_so = 0, .rm_eo = (regoff_t)len };

	return regexec(re, text, 1, &span, REG_STARTEND) == 0;
}

/* One text or one item; not NUL-terminated if it is an item. */
static bool test_text(const struct weft_match *m, const char *text, size_t len)
{
	switch (m->op) {
	case WEFT_MATCH_EQUAL:
		return len == m->text_len && memcmp(text, m->text, len) == 0;
	case WEFT_MATCH_GLOB:
		return glob(m->text, text, len < GLOB_BYTES ? len : GLOB_BYTES);
	case WEFT_MATCH_REGEX:
		return regex(m->regex, text, len);
	default:
		return false;
	}
}

static bool test_list(const struct weft_match *m, const char *text)
{
	size_t len;

	for (;; text += len + 1) {
		len = strcspn(text, LIST_MARKS);
		if (test_text(m, text, len))
			return true;
		if (!text[len])
			return false;
	}
}

static bool test_value(const struct weft_match *m,
		       const struct weft_submission *sub)
{
	const char *text;
	uint64_t num;

	if (m->field >= 0 && !weft_field_is_text(m->field)) {
		num = sub->value[m->field].num;
		if (m->op == WEFT_MATCH_HAS)
			return (num != WEFT_UNSET) == m->low;
		return num != WEFT_UNSET && num >= m->low && num <= m->high;
	}
	text = m->field >= 0 ? sub->value[m->field].text :
		weft_submission_env(sub, m->env);
	if (m->op == WEFT_MATCH_HAS)
		return (text != NULL) == m->low;
	if (!text)
		return false;
	if (m->op == WEFT_MATCH_CONTAINS)	/* linear: the whole text */
		return strstr(text, m->text) != NULL;
	if (m->field >= 0 && weft_fields[m->field].type == WEFT_TYPE_LIST)
		return test_list(m, text);
	if (m->op == WEFT_MATCH_EQUAL)
		return strcmp(text, m->text) == 0;
	return test_text(m, text, strnlen(text, PATTERN_BYTES));
}

/* Depth is bounded at compile time. */
bool weft_match_test(const struct weft_rules *rules, uint32_t idx,
		     const struct weft_submission *sub)
{
	const struct weft_match *m = &rules->match[idx];
	uint32_t child;

	switch (m->op) {
	case WEFT_MATCH_AND:
		for (child = idx + 1; child < m->end; child = rules->match[child].end)
			if (!weft_match_test(rules, child, sub))
				return false;
		return true;
	case WEFT_MATCH_OR:
		for (child = idx + 1; child < m->end; child = rules->match[child].end)
			if (weft_match_test(rules, child, sub))
				return true;
		return false;
	case WEFT_MATCH_NOT:
		return !weft_match_test(rules, idx + 1, sub);
	default:
		return test_value(m, sub);
	}
}
