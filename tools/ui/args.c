/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * args.c - see args.h
 *
 * lib/options.h ends at the first operand, for commands that run others.
 * Here it is asked again behind each operand, so that "weft why 12 --json"
 * means what "weft why --json 12" means.  After "--" all are operands.
 */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "tools/ui/args.h"
#include "tools/ui/help.h"

enum { EXIT_DONE = 0, EXIT_USAGE = 2 };

static int complain(const char *command, const char *text, const char *word)
{
	fprintf(stderr, "weft %s: %s", command, text);
	if (word)
		fprintf(stderr, " \"%.64s\"", word);
	fprintf(stderr, "\nTry \"weft %s --help\".\n", command);
	return EXIT_USAGE;
}

int weft_args_read(const char *command, const char *usage,
		   const struct weft_option *options, int argc, char **argv,
		   const char **operand, uint32_t max, uint32_t *ret_count)
{
	struct weft_err err = WEFT_ERR_INIT;
	bool help = false, all = false;
	uint32_t count = 0;
	int first;

	while (argc > 1) {
		first = 1;
		if (!all && weft_options_parse(options, argc, argv, &first,
					       &help, &err))
			return complain(command, err.msg, NULL);
		if (help) {
			fputs(usage, stdout);
			weft_help_print(options);
			return EXIT_DONE;
		}
		all |= first > 1 && !strcmp(argv[first - 1], "--");
		if (first == argc)
			break;
		if (count == max)
			return complain(command, "unexpected", argv[first]);
		operand[count++] = argv[first];
		argc -= first;
		argv += first;
	}
	*ret_count = count;
	return -1;
}
