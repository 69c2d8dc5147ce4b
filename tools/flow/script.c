/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * script.c - the #SBATCH lines of an existing batch script
 *
 * As sbatch reads them (src/sbatch/opt.c): lines that begin with "#SBATCH"
 * count until the first line that is neither empty nor a comment; a '#' after
 * the options begins a comment; single and double quotes and the backslash
 * work as in a shell.  "hetjob" components are refused: a workflow's task is
 * one job.
 *
 * A long option takes its value after '=' or as the next word; whether it
 * wants one is the option table's knowledge.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tools/flow/model.h"

#define WORD_MAX 4096

/* Next word of a line into word; 1: got one, 0: the line is at its end. */
static int next_word(const char **p, char *word, struct weft_err *err)
{
	const char *at = *p;
	size_t len = 0;
	char quote = 0;

	while (*at == ' ' || *at == '\t')
		at++;
	if (!*at || *at == '\n' || *at == '\r' || *at == '#')
		return 0;
	for (; *at && *at != '\n'; at++) {
		if (!quote && (*at == ' ' || *at == '\t' || *at == '\r' || *at == '#'))
			break;
		if (len == WORD_MAX - 1)
			return weft_err_set(err, EINVAL, "an option longer than %d bytes",
					    WORD_MAX);
		if (*at == '\\' && quote != '\'' && at[1] && at[1] != '\n')
			word[len++] = *++at;
		else if (quote && *at == quote)
			quote = 0;
		else if (!quote && (*at == '"' || *at == '\''))
			quote = *at;
		else
			word[len++] = *at;
	}
	if (quote)
		return weft_err_set(err, EINVAL, "a quote is not closed");
	word[len] = 0;
	*p = at;
	return 1;
}

static bool wants_value(const struct weft_sbatch_option *option)
{
	return option && option->kind != WEFT_SBATCH_FLAG && !option->value_optional;
}

static bool takes_next(const struct weft_sbatch_option *option)
{
	if (!option)
		return false;
	if (option->use == WEFT_SBATCH_REFUSED)
		return strcmp(option->name, "hold") && strcmp(option->name, "test-only");
	return wants_value(option);
}

static int one_option(const char **p, char *word, weft_script_option_fn *found,
		      void *ctx, uint32_t line, struct weft_err *err)
{
	char *value = malloc(WORD_MAX), *equals;
	const struct weft_sbatch_option *option;
	const char *given = NULL;
	int rc = 0;

	if (!value)
		return weft_err_set(err, ENOMEM, "out of memory");
	if (word[0] == '-' && word[1] == '-') {
		equals = strchr(word, '=');
		if (equals) {
			*equals = 0;
			given = equals + 1;
		}
		option = weft_sbatch_option_find(word + 2);
	} else {
		option = weft_sbatch_option_letter(word[1]);
		if (word[1] && word[2])
			given = word + 2 + (word[2] == '=');
	}
	if (!given && takes_next(option)) {
		rc = next_word(p, value, err);
		if (rc == 1)
			given = value;
	}
	if (rc >= 0)
		rc = found(ctx, word[1] == '-' ? word + 2 : NULL,
			   word[1] == '-' ? 0 : word[1], given, line, err);
	free(value);
	return rc;
}

static int one_line(const char *p, weft_script_option_fn *found, void *ctx,
		    uint32_t line, struct weft_err *err)
{
	char *word = malloc(WORD_MAX);
	int rc;

	if (!word)
		return weft_err_set(err, ENOMEM, "out of memory");
	while ((rc = next_word(&p, word, err)) == 1) {
		if (!strcmp(word, "hetjob") || !strcmp(word, "packjob")) {
			rc = weft_err_set(err, EINVAL,
					  "a heterogeneous job cannot be a task");
			break;
		}
		if (word[0] != '-' || !word[1]) {
			rc = weft_err_set(err, EINVAL, "\"%s\" is no option", word);
			break;
		}
		rc = one_option(&p, word, found, ctx, line, err);
		if (rc)
			break;
	}
	free(word);
	return rc;
}

int weft_script_options(const char *text, weft_script_option_fn *found, void *ctx,
			struct weft_err *err)
{
	uint32_t line = 1;

	while (*text) {
		const char *p = text;
		int rc = 0;

		if (!strncmp(text, "#SBATCH", 7) && (text[7] == ' ' || text[7] == '\t'))
			rc = one_line(text + 7, found, ctx, line, err);
		if (rc) {
			weft_err_prefix(err, "line %u", line);
			return rc;
		}
		while (*p == ' ' || *p == '\t' || *p == '\r')
			p++;
		if (*p && *p != '#' && *p != '\n')
			break;
		text = strchr(text, '\n');
		if (!text)
			break;
		text++;
		line++;
	}
	return 0;
}
