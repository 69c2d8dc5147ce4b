/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * conf_lines.c - see conf_lines.h
 *
 * A physical line ends at '\n'; a '\' before it joins the next one; '#' opens
 * a comment unless a '\' stands before it.  What is left is a row of
 * Key=Value with white space between and, as Slurm allows, around the '=';
 * "+=" and its like count as '='.  A value in double quotes may hold spaces.
 *
 * Cost: one copy of each line; nothing else is kept.
 *
 * Source: Slurm, src/common/parse_config.c (keyvalue_pattern, _get_next_line).
 */
#include "config.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "sched/conf_lines.h"

void weft_conf_lines_init(struct weft_conf_lines *lines, const char *name,
			  const char *text, size_t len)
{
	memset(lines, 0, sizeof(*lines));
	lines->name = name;
	lines->at = text;
	lines->end = text + len;
	lines->next_line = 1;
	weft_buf_init(&lines->text, WEFT_CONF_LINE_MAX);
}

void weft_conf_lines_fini(struct weft_conf_lines *lines)
{
	weft_buf_fini(&lines->text);
}

int weft_conf_lines_complain(const struct weft_conf_lines *lines,
			     struct weft_err *err, int errnum,
			     const char *fmt, ...)
{
	char text[WEFT_ERR_SIZE];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	return weft_err_set(err, errnum, "%s:%u: %s", lines->name, lines->line,
			    text);
}

/* Where the comment of p .. end begins, or end. */
static const char *find_comment(const char *p, const char *end)
{
	for (const char *at = p; at < end; at++)
		if (*at == '#' && (at == p || at[-1] != '\\'))
			return at;
	return end;
}

/* A logical line into lines->text; false at the end of the file. */
static bool join_line(struct weft_conf_lines *lines)
{
	bool more = true;

	if (lines->at >= lines->end)
		return false;
	weft_buf_clear(&lines->text);
	lines->line = lines->next_line;
	while (more && lines->at < lines->end) {
		const char *at = lines->at;
		const char *end = memchr(at, '\n', (size_t)(lines->end - at));
		const char *stop;

		lines->next_line++;
		lines->at = end ? end + 1 : lines->end;
		end = end ? end : lines->end;
		if (end > at && end[-1] == '\r')
			end--;
		stop = find_comment(at, end);
		more = stop == end && end > at && end[-1] == '\\';
		weft_buf_add(&lines->text, at, (size_t)(stop - at) - more);
		if (more)
			weft_buf_adds(&lines->text, " ");
	}
	return true;
}

static char *skip_space(char *p)
{
	while (isspace((unsigned char)*p))
		p++;
	return p;
}

static bool is_key_char(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '.';
}

/* "Key", then '=' or "+="; the value's first character, or NULL. */
static char *find_value(char *key)
{
	char *p = key, *end;

	while (is_key_char(*p))
		p++;
	end = p;
	p = skip_space(p);
	if (*p && strchr("-*+/", *p) && p[1] == '=')
		p++;
	if (end == key || *p != '=')
		return NULL;
	*end = '\0';
	return skip_space(p + 1);
}

/* Ends the value at p and tells where the rest begins; NULL: no end quote. */
static char *cut_value(char *p, const char **ret_value)
{
	char *end = p;

	if (*p == '"') {
		end = strchr(p + 1, '"');
		if (!end)
			return NULL;
		*ret_value = p + 1;
	} else {
		while (*end && !isspace((unsigned char)*end))
			end++;
		*ret_value = p;
	}
	if (!*end)
		return end;
	*end = '\0';
	return end + 1;
}

static int add_pair(struct weft_conf_lines *lines, const char *key,
		    const char *value, struct weft_err *err)
{
	if (lines->count == WEFT_CONF_PAIRS_MAX)
		return weft_conf_lines_complain(lines, err, E2BIG,
						"more than %d settings in a line",
						WEFT_CONF_PAIRS_MAX);
	lines->pair[lines->count].key = key;
	lines->pair[lines->count++].value = value;
	return 0;
}

/* "Include FILE": the one form without '='. */
static bool is_include(const char *p)
{
	return !strncasecmp(p, "include", 7) && isspace((unsigned char)p[7]);
}

static int cut_line(struct weft_conf_lines *lines, char *p,
		    struct weft_err *err)
{
	const char *value;
	int rc = 0;

	lines->count = 0;
	if (is_include(p) && *skip_space(p + 7) != '=') {
		cut_value(skip_space(p + 7), &value);
		return add_pair(lines, "Include", value, err);
	}
	while (rc == 0 && *(p = skip_space(p))) {
		char *key = p;
		char *begin = find_value(key);

		if (!begin)
			return weft_conf_lines_complain(lines, err, EINVAL,
							"Key=Value expected at \"%.40s\"",
							key);
		p = cut_value(begin, &value);
		if (!p)
			return weft_conf_lines_complain(lines, err, EINVAL,
							"%s: a quote is not closed",
							key);
		rc = add_pair(lines, key, value, err);
	}
	return rc;
}

int weft_conf_lines_next(struct weft_conf_lines *lines, struct weft_err *err)
{
	int rc;

	while (join_line(lines)) {
		char *text;

		rc = weft_buf_error(&lines->text);
		if (rc)
			return weft_conf_lines_complain(lines, err, -rc,
							"a line of more than %u bytes, or no memory for it",
							WEFT_CONF_LINE_MAX);
		if (!lines->text.len)
			continue;
		if (memchr(lines->text.data, '\0', lines->text.len))
			return weft_conf_lines_complain(lines, err, EINVAL,
							"not text: a zero byte");
		text = skip_space(lines->text.data);
		if (!*text)
			continue;
		rc = cut_line(lines, text, err);
		return rc ? rc : 1;
	}
	return 0;
}

const char *weft_conf_lines_get(const struct weft_conf_lines *lines,
				const char *key)
{
	for (uint32_t i = lines->count; i-- > 0;)
		if (!strcasecmp(lines->pair[i].key, key))
			return lines->pair[i].value;
	return NULL;
}
