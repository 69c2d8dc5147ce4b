/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * options.c - a table of options over getopt_long
 *
 * The idea: getopt_long knows abbreviations, "--name=value" and "--"; the table
 * knows what a value may be.  An option's number for getopt_long is its place
 * in the table, its letter only an alias of that, found again by find_letter().
 * The option string begins with '+' (stop at the first operand) and ':' (tell
 * a missing argument from an unknown option, print nothing).
 *
 * Leaves out: optional arguments, lists, options that exclude each other; the
 * command that needs them says so itself.
 */
#include "config.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "lib/nearest.h"
#include "lib/options.h"

enum { OPTION_BASE = 256, OPTION_HELP = OPTION_BASE + WEFT_OPTIONS_MAX };

struct option_tables {
	struct option longs[WEFT_OPTIONS_MAX + 2];
	char letters[2 * WEFT_OPTIONS_MAX + 8];
	const char *names[WEFT_OPTIONS_MAX + 1];
	size_t count;
};

static int build_tables(const struct weft_option *options,
			struct option_tables *tables, struct weft_err *err)
{
	size_t used = 0, i;

	memset(tables, 0, sizeof(*tables));
	memcpy(tables->letters, "+:h", 3);
	used = 3;
	for (i = 0; options[i].name; i++) {
		bool has_arg = options[i].kind != WEFT_OPTION_FLAG;

		if (i == WEFT_OPTIONS_MAX)
			return weft_err_set(err, EINVAL, "more than %d options in a table",
					    WEFT_OPTIONS_MAX);
		tables->longs[i] = (struct option){
			options[i].name,
			has_arg ? required_argument : no_argument, NULL,
			OPTION_BASE + (int)i,
		};
		tables->names[i] = options[i].name;
		if (!options[i].letter)
			continue;
		tables->letters[used++] = options[i].letter;
		if (has_arg)
			tables->letters[used++] = ':';
	}
	tables->longs[i] = (struct option){ "help", no_argument, NULL, OPTION_HELP };
	tables->names[i] = "help";
	tables->count = i + 1;
	return 0;
}

static int set_uint(const struct weft_option *option, const char *text,
		    struct weft_err *err)
{
	unsigned long long value;
	char *end;

	errno = 0;
	value = strtoull(text, &end, 10);
	if (*text < '0' || *text > '9' || *end || errno ||
	    value < option->min || value > option->max)
		return weft_err_set(err, EINVAL,
				    "--%s wants a number from %u to %u, not \"%.80s\"",
				    option->name, option->min, option->max, text);
	*(uint32_t *)option->value = (uint32_t)value;
	return 0;
}

static int set_word(const struct weft_option *option, const char *text,
		    struct weft_err *err)
{
	struct weft_buf list;
	int rc;

	for (int i = 0; option->words[i]; i++)
		if (!strcmp(option->words[i], text)) {
			*(int *)option->value = i;
			return 0;
		}
	weft_buf_init(&list, 256);
	for (int i = 0; option->words[i]; i++)
		weft_buf_addf(&list, "%s%s", i ? ", " : "", option->words[i]);
	rc = weft_err_set(err, EINVAL, "--%s wants one of %s; not \"%.80s\"",
			  option->name, weft_buf_str(&list), text);
	weft_buf_fini(&list);
	return rc;
}

static int set_value(const struct weft_option *option, const char *text,
		     struct weft_err *err)
{
	switch (option->kind) {
	case WEFT_OPTION_FLAG:
		*(bool *)option->value = true;
		return 0;
	case WEFT_OPTION_UINT:
		return set_uint(option, text, err);
	case WEFT_OPTION_WORD:
		return set_word(option, text, err);
	case WEFT_OPTION_TEXT:
		break;
	}
	if (!*text)
		return weft_err_set(err, EINVAL, "--%s wants something, not \"\"",
				    option->name);
	*(const char **)option->value = text;
	return 0;
}

static int refuse(const struct option_tables *tables, const char *word,
		  bool lacks_argument, struct weft_err *err)
{
	char name[64] = "";
	const char *near = NULL;

	if (lacks_argument)
		return weft_err_set(err, EINVAL, "%.80s wants an argument", word);
	if (!strncmp(word, "--", 2)) {
		size_t len = strcspn(word + 2, "=");

		if (len < sizeof(name)) {
			memcpy(name, word + 2, len);
			near = weft_nearest(name, tables->names, tables->count);
		}
	}
	if (near && !strcmp(near, name))
		return weft_err_set(err, EINVAL, "--%s takes no argument", near);
	if (near)
		return weft_err_set(err, EINVAL, "no option %.80s; did you mean --%s?",
				    word, near);
	return weft_err_set(err, EINVAL, "no option %.80s", word);
}

static const struct weft_option *find_letter(const struct weft_option *options,
					     int letter)
{
	while (options->name && options->letter != letter)
		options++;
	return options;
}

int weft_options_parse(const struct weft_option *options, int argc,
		       char **argv, int *ret_first, bool *ret_help,
		       struct weft_err *err)
{
	struct option_tables tables;
	bool help = false;
	int rc = build_tables(options, &tables, err);

	optind = 0;
	while (!rc && !help) {
		int at = optind ? optind : 1;
		int got = getopt_long(argc, argv, tables.letters, tables.longs,
				      NULL);

		if (got == -1)
			break;
		if (got == 'h' || got == OPTION_HELP)
			help = true;
		else if (got == '?' || got == ':')
			rc = refuse(&tables, argv[at], got == ':', err);
		else
			rc = set_value(got >= OPTION_BASE ?
				       &options[got - OPTION_BASE] :
				       find_letter(options, got), optarg, err);
	}
	if (rc)
		return rc;
	*ret_first = optind;
	*ret_help = help;
	return 0;
}

void weft_options_help(const struct weft_option *options, struct weft_buf *buf)
{
	int width = (int)strlen("help");

	for (size_t i = 0; options[i].name; i++) {
		int len = (int)strlen(options[i].name) + (options[i].arg ?
			  1 + (int)strlen(options[i].arg) : 0);

		width = len > width ? len : width;
	}
	for (size_t i = 0; options[i].name; i++) {
		const char *arg = options[i].arg ? options[i].arg : "";
		int len = (int)strlen(options[i].name) + (*arg ? 1 : 0);

		if (options[i].letter)
			weft_buf_addf(buf, "  -%c, ", options[i].letter);
		else
			weft_buf_adds(buf, "      ");
		weft_buf_addf(buf, "--%s%s%-*s  %s\n", options[i].name,
			      *arg ? " " : "", width - len, arg,
			      options[i].help);
	}
	weft_buf_addf(buf, "  -h, --%-*s  this text\n", width, "help");
}
