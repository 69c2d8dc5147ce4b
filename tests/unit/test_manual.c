/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_manual.c - weft.json(5) tells every setting that is read, as it is read
 *
 * The table of a section in the manual page has a row for each setting:
 *
 *	KEY<tab>DEFAULT<tab>VALUES<tab>T{
 *	meaning
 *	T}
 *
 * Here the first three are made out of the tables that the plugin reads
 * weft.json by, and the rows of the page must be those, in that order, no more
 * and no less.  So a new setting, another default or a removed one fails here
 * until the page says so.
 */
#include "config.h"

#include <errno.h>

#include "lib/buf.h"
#include "lib/file.h"
#include "plugins/sched/conf.h"
#include "tests/unit/unit.h"

#define PAGE "docs/man/weft.json.5"

static char *read_page(void)
{
	const char *dirs[] = { getenv("srcdir"), ".", "..", NULL };
	char path[4096], *text;

	for (size_t i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), "%s/" PAGE, dirs[i] ? dirs[i] : ".");
		if (!weft_file_read(path, 1u << 20, &text, NULL, NULL))
			return text;
	}
	ck_abort_msg("no " PAGE);
	return NULL;
}

/* The rows of the first table of a section, without the meanings. */
static void rows_of_page(const char *page, const char *section,
			 struct weft_buf *rows)
{
	char title[64];
	const char *at, *end;
	bool meaning = false;

	snprintf(title, sizeof(title), "\n.SH \"SECTION %s\"\n", section);
	at = strstr(page, title);
	ck_assert_msg(at, "no section %s in the page", section);
	at = strstr(at + 1, "\n_\n");
	ck_assert_msg(at, "no table in section %s", section);
	for (at += 3; strncmp(at, ".TE", 3); at = end + 1) {
		end = strchr(at, '\n');
		ck_assert_ptr_nonnull(end);
		if (!meaning) {
			ck_assert_msg(!strncmp(end - 3, "\tT{", 3), "%.40s", at);
			weft_buf_addf(rows, "%.*s\n", (int)(end - 3 - at), at);
			ck_assert_msg(strncmp(end + 1, "T}", 2),
				      "no meaning of %.20s", at);
		}
		meaning = strncmp(at, "T}", 2) != 0;
	}
}

static void add_words(struct weft_buf *rows, const struct weft_setting *s)
{
	weft_buf_addf(rows, "%s\t", s->words[(int)s->fallback]);
	for (size_t i = 0; s->words[i]; i++)
		weft_buf_addf(rows, "%s%s", i ? ", " : "", s->words[i]);
}

static void rows_of_code(const struct weft_setting *s, struct weft_buf *rows)
{
	for (; s->key; s++) {
		ck_assert_int_ne(s->type, WEFT_SETTING_TREE);
		weft_buf_addf(rows, "%s\t", s->key);
		if (s->type == WEFT_SETTING_BOOL)
			weft_buf_addf(rows, "%s\ttrue, false",
				      s->fallback ? "true" : "false");
		else if (s->type == WEFT_SETTING_WORD)
			add_words(rows, s);
		else
			weft_buf_addf(rows, "%.15g\t%.15g \\- %.15g",
				      s->fallback, s->min, s->max);
		weft_buf_adds(rows, "\n");
	}
}

static void check_section(const char *name, const struct weft_setting *table)
{
	struct weft_buf want, got;
	char *page = read_page();

	weft_buf_init(&want, 1u << 16);
	weft_buf_init(&got, 1u << 16);
	rows_of_code(table, &want);
	rows_of_page(page, name, &got);
	ck_assert_msg(!strcmp(weft_buf_str(&want), weft_buf_str(&got)),
		      PAGE ", section %s: the rows are\n%s\nand should be\n%s",
		      name, weft_buf_str(&got), weft_buf_str(&want));
	weft_buf_fini(&want);
	weft_buf_fini(&got);
	free(page);
}

START_TEST(section_sched)
{
	check_section("sched", weft_policy_settings);
}
END_TEST

START_TEST(section_bridge)
{
	check_section("bridge", weft_bridge_settings);
}
END_TEST

UNIT_MAIN("manual", section_sched, section_bridge)
