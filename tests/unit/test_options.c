/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_options.c - what a table of options accepts, refuses and says */
#include <errno.h>

#include "lib/options.h"
#include "tests/unit/unit.h"

static const char *const words[] = { "on", "off", NULL };

static const struct {
	const char *argv[6];
	int rc, first;
	bool help, json;
	uint32_t nodes;
	int plugins;
	const char *name, *message;
} cases[] = {
	{ { "x" }, 0, 1, false, false, 4, 0, "dflt", "" },
	{ { "x", "--nodes", "64", "-j", "cmd" }, 0, 4, false, true, 64, 0, "dflt", "" },
	{ { "x", "--nodes=1", "--", "--json" }, 0, 3, false, false, 1, 0, "dflt", "" },
	{ { "x", "--plugins", "off", "--name=a" }, 0, 4, false, false, 4, 1, "a", "" },
	{ { "x", "cmd", "--json" }, 0, 1, false, false, 4, 0, "dflt", "" },
	{ { "x", "-n7", "--help", "--bad" }, 0, 3, true, false, 7, 0, "dflt", "" },
	{ { "x", "--nodes", "0" }, -EINVAL, 0, false, false, 4, 0, "dflt",
	  "--nodes wants a number from 1 to 512, not \"0\"" },
	{ { "x", "--nodes", "513" }, -EINVAL, 0, false, false, 4, 0, "dflt",
	  "--nodes wants a number from 1 to 512, not \"513\"" },
	{ { "x", "--nodes", "-1" }, -EINVAL, 0, false, false, 4, 0, "dflt",
	  "--nodes wants a number from 1 to 512, not \"-1\"" },
	{ { "x", "--nodes", "99999999999999999999" }, -EINVAL, 0, false, false, 4,
	  0, "dflt",
	  "--nodes wants a number from 1 to 512, not \"99999999999999999999\"" },
	{ { "x", "--plugins", "of" }, -EINVAL, 0, false, false, 4, 0, "dflt",
	  "--plugins wants one of on, off; not \"of\"" },
	{ { "x", "--name=" }, -EINVAL, 0, false, false, 4, 0, "dflt",
	  "--name wants something, not \"\"" },
	{ { "x", "--nodse", "3" }, -EINVAL, 0, false, false, 4, 0, "dflt",
	  "no option --nodse; did you mean --nodes?" },
	{ { "x", "--json=1" }, -EINVAL, 0, false, false, 4, 0, "dflt",
	  "--json takes no argument" },
	{ { "x", "--nodes" }, -EINVAL, 0, false, false, 4, 0, "dflt",
	  "--nodes wants an argument" },
	{ { "x", "-q" }, -EINVAL, 0, false, false, 4, 0, "dflt", "no option -q" },
};

START_TEST(table_decides)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint32_t nodes = 4;
		bool json = false, help = false;
		int plugins = 0, first = 0, argc = 0;
		const char *name = "dflt";
		struct weft_err err = WEFT_ERR_INIT;
		const struct weft_option options[] = {
			{ "nodes", 'n', WEFT_OPTION_UINT, &nodes, 1, 512, NULL, "N", "nodes" },
			{ "json", 'j', WEFT_OPTION_FLAG, &json, 0, 0, NULL, NULL, "json" },
			{ "plugins", 0, WEFT_OPTION_WORD, &plugins, 0, 0, words, "WORD", "which" },
			{ "name", 0, WEFT_OPTION_TEXT, &name, 0, 0, NULL, "NAME", "name" },
			{ NULL },
		};
		char *argv[7] = { NULL };

		while (argc < 6 && cases[i].argv[argc]) {
			argv[argc] = strdup(cases[i].argv[argc]);
			argc++;
		}
		ck_assert_msg(weft_options_parse(options, argc, argv, &first,
			&help, &err) == cases[i].rc, "case %zu: %s", i, err.msg);
		ck_assert_msg(!strcmp(err.msg, cases[i].message),
			      "case %zu: %s", i, err.msg);
		ck_assert_msg(first == cases[i].first && help == cases[i].help &&
			      json == cases[i].json && nodes == cases[i].nodes &&
			      plugins == cases[i].plugins &&
			      !strcmp(name, cases[i].name), "case %zu", i);
		for (int k = 0; k < argc; k++)
			if (argv[k] != name)
				free(argv[k]);
	}
}
END_TEST

START_TEST(help_is_aligned)
{
	uint32_t nodes = 4;
	bool json = false;
	const struct weft_option options[] = {
		{ "nodes", 'n', WEFT_OPTION_UINT, &nodes, 1, 9, NULL, "N", "how many" },
		{ "json", 0, WEFT_OPTION_FLAG, &json, 0, 0, NULL, NULL, "as JSON" },
		{ NULL },
	};
	struct weft_buf buf;

	weft_buf_init(&buf, 1000);
	weft_options_help(options, &buf);
	ck_assert_str_eq(weft_buf_str(&buf),
			 "  -n, --nodes N  how many\n"
			 "      --json     as JSON\n"
			 "  -h, --help     this text\n");
	weft_buf_fini(&buf);
}
END_TEST

UNIT_MAIN("options", table_decides, help_is_aligned)
