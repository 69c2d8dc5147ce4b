/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cmd_args.c - the subcommands of `weft flow`, what each takes, and --help
 *
 * One table of commands and one of options; a command names its options by
 * letter.  An option that a command does not take is wrong use, not silence.
 * map and from take the options of sbatch by their long names as well; map's
 * -o is that of sbatch.
 */
#include "config.h"

#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/nearest.h"
#include "tools/flow/cmd.h"

enum { OPT_SBATCH = 256 };

static const struct weft_flow_command commands[] = {
	{ "check", "FILE", "read a workflow and say what is wrong with it", 1, "Pj", weft_flow_cmd_check },
	{ "graph", "FILE", "draw it: DOT, or SVG with --svg", 1, "PjosSF", weft_flow_cmd_graph },
#ifdef HAVE_LIBSLURM
	{ "run", "FILE", "submit it and follow it to its end", 1, "Pjndao", weft_flow_cmd_run },
	{ "status", "[RUN|FILE]", "where a run stands", 1, "jF", weft_flow_cmd_status },
	{ "watch", "[RUN|FILE]", "follow a run: progress, retries, later waves", 1, "jd", weft_flow_cmd_watch },
	{ "resume", "[RUN|FILE]", "submit what is missing after a crash or a failure", 1, "jd", weft_flow_cmd_resume },
	{ "cancel", "[RUN|FILE]", "end it", 1, "j", weft_flow_cmd_cancel },
	{ "logs", "[RUN|FILE] TASK", "print a task's output", 2, "j", weft_flow_cmd_logs },
	{ "report", "[RUN|FILE]", "a page of HTML: what ran when, waits, GPU-hours, failures", 1, "o", weft_flow_cmd_report },
	{ "list", "[DIR]", "runs beside the workflows of a directory", 1, "j", weft_flow_cmd_list },
	{ "rm", "RUN...", "forget runs that are over", INT_MAX, "jf", weft_flow_cmd_rm },
	{ "map", "--array A -- CMD", "one command for every index, {} being the index", INT_MAX, "jndAN", weft_flow_cmd_map },
#endif
	{ "from", "SCRIPT...", "write a workflow from batch scripts; --after orders", INT_MAX, "oNb", weft_flow_cmd_from },
};

static const struct {
	int letter;
	const char *name, *value;	/* value NULL: it has none */
	const char *text;
} options[] = {
	{ 'P', "param", "NAME=VALUE", "a value for one of the workflow's params" },
	{ 'n', "dry-run", NULL, "show what would be submitted, its price, the limits it meets" },
	{ 'd', "detach", NULL, "submit and return" },
	{ 'a', "again", NULL, "although another run of it is not over" },
	{ 'o', "output", "FILE", "write there; with --dry-run the graph" },
	{ 's', "svg", NULL, "SVG, through Graphviz' dot" },
	{ 'S', "state", NULL, "of a run, coloured by what became of its tasks" },
	{ 'F', "full", NULL, "every task, however many; else groups of those alike" },
	{ 'f', "force", NULL, "although it is not over" },
	{ 'A', "array", "INDICES", "such as 0-99 or 0-100:10%8" },
	{ 'N', "name", "NAME", "of the workflow; options of sbatch by their long names too" },
	{ 'b', "after", NULL, "each script needs the one before it" },
	{ 'j', "json", NULL, "machine-readable" },
	{ 'h', "help", NULL, "this text" },
};
#define OPTIONS (sizeof(options) / sizeof(options[0]))
#define COMMANDS (sizeof(commands) / sizeof(commands[0]))
#define SHORT "Pndojh"	/* the letters that are options by themselves */

static bool takes(const struct weft_flow_command *command, int letter)
{
	return letter == 'h' || strchr(command->takes, letter) != NULL;
}

static bool takes_sbatch(const struct weft_flow_command *command)
{
	return takes(command, 'N');
}

void weft_flow_help(FILE *out, const struct weft_flow_command *command)
{
	if (command) {
		fprintf(out, "Usage: weft flow %s [OPTIONS] %s\n%s\n", command->name,
			command->args, command->summary);
	} else {
		fputs("Usage: weft flow COMMAND [OPTIONS] [ARGS]\n\n", out);
		for (size_t i = 0; i < COMMANDS; i++)
			fprintf(out, "  %-7s%-17s %s\n", commands[i].name, commands[i].args,
				commands[i].summary);
	}
	fputs("\nOptions\n", out);
	for (size_t i = 0; i < OPTIONS; i++) {
		char word[40], letter[5] = "    ";

		if (command && !takes(command, options[i].letter))
			continue;
		if (strchr(SHORT, options[i].letter))
			snprintf(letter, sizeof(letter), "-%c, ", options[i].letter);
		snprintf(word, sizeof(word), "%s%s%s", options[i].name, options[i].value ? " " : "",
			 options[i].value ? options[i].value : "");
		fprintf(out, "  %s--%-18s ", letter, word);
		for (size_t c = 0, any = 0; !command && options[i].letter != 'h' &&
		     options[i].letter != 'j' && c <= COMMANDS; c++) {
			if (c == COMMANDS)
				fputs(": ", out);
			else if (takes(&commands[c], options[i].letter))
				fprintf(out, "%s%s", any++ ? ", " : "", commands[c].name);
		}
		fprintf(out, "%s\n", options[i].text);
	}
	if (!command)
		fputs("\nRUN is a run's id or directory; without it the newest run here is meant.\n"
		      "weft flow COMMAND --help says what a command takes.\n", out);
}

const struct weft_flow_command *weft_flow_command(const char *name)
{
	const char *names[COMMANDS], *near;

	for (size_t i = 0; i < COMMANDS; i++) {
		names[i] = commands[i].name;
		if (!strcmp(commands[i].name, name))
			return &commands[i];
	}
	near = weft_nearest(name, names, COMMANDS);
	fprintf(stderr, "weft flow: no command \"%s\"%s%s%s; see weft flow --help\n", name,
		near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
	return NULL;
}

static int add_pair(struct weft_flow_given **list, size_t *count, const char *name,
		    const char *value)
{
	struct weft_flow_given *more = reallocarray(*list, *count + 1, sizeof(*more));

	if (!more)
		return -1;
	*list = more;
	more[*count].name = name;
	more[(*count)++].value = value;
	return 0;
}

static int add_param(struct weft_flow_args *args, char *text)
{
	char *equals = strchr(text, '=');

	if (!equals || equals == text) {
		fprintf(stderr, "weft flow: --param %s: expected NAME=VALUE\n", text);
		return -1;
	}
	*equals = 0;
	return add_pair(&args->given, &args->given_count, text, equals + 1);
}

static int take_option(struct weft_flow_args *args, int letter, const char *name)
{
	switch (letter) {
	case 'P':
		return add_param(args, optarg);
	case 'n':
		args->dry_run = true;
		return 0;
	case 'd':
		args->detach = true;
		return 0;
	case 'o':
		args->output = optarg;
		return 0;
	case 'j':
		args->json = true;
		return 0;
	case 'a':
		args->again = true;
		return 0;
	case 'f':
		args->force = true;
		return 0;
	case 's':
		args->svg = true;
		return 0;
	case 'S':
		args->state = true;
		return 0;
	case 'F':
		args->full = true;
		return 0;
	case 'A':
		args->array = optarg;
		return 0;
	case 'N':
		args->name = optarg;
		return 0;
	case 'b':
		args->follow = true;
		return 0;
	case OPT_SBATCH:
		return add_pair(&args->options, &args->option_count, name, optarg);
	default:
		return -1;
	}
}

static bool is_own(const struct weft_flow_command *command, const char *name)
{
	for (size_t i = 0; i < OPTIONS; i++)
		if (!strcmp(options[i].name, name))
			return takes(command, options[i].letter);
	return false;
}

/* Those of the command, for map and from those of sbatch beside them. */
static struct option *long_options(const struct weft_flow_command *command)
{
	size_t count, used = 0;
	const struct weft_sbatch_option *table = weft_sbatch_options(&count);
	struct option *all = calloc(OPTIONS + count + 1, sizeof(*all));

	if (!all)
		return NULL;
	for (size_t i = 0; i < OPTIONS; i++)
		if (takes(command, options[i].letter))
			all[used++] = (struct option){ options[i].name,
				options[i].value ? required_argument : no_argument, NULL,
				options[i].letter };
	for (size_t i = 0; takes_sbatch(command) && i < count; i++) {
		if (table[i].use != WEFT_SBATCH_USED || is_own(command, table[i].name))
			continue;
		all[used++] = (struct option){ table[i].name,
			table[i].kind == WEFT_SBATCH_FLAG ? no_argument :
			table[i].value_optional ? optional_argument : required_argument, NULL,
			OPT_SBATCH };
	}
	return all;
}

int weft_flow_parse_args(struct weft_flow_args *args, const struct weft_flow_command *command,
			 int argc, char **argv)
{
	struct option *all = long_options(command);
	char letters[32] = "+:", *end = letters + 2, name[64];
	int letter, which = 0, rc = all ? 0 : -1;
	bool map = takes(command, 'A');

	/* what follows the command of map is the command's own */
	if (!map)
		memmove(letters, letters + 1, 2), end--;
	for (const char *c = SHORT; *c; c++)
		if (takes(command, *c) || (map && *c == 'o'))
			end += snprintf(end, 3, "%c%s", *c, strchr("Po", *c) ? ":" : "");
	snprintf(name, sizeof(name), "weft flow %s", command->name);
	optind = 1;
	while (!rc && (letter = getopt_long(argc, argv, letters, all, &which)) >= 0) {
		if (letter == 'h') {
			weft_flow_help(stdout, command);
			rc = 1;
		} else if (letter == '?' || letter == ':') {
			fprintf(stderr, "%s: %s: %s; see %s --help\n", name, argv[optind - 1],
				letter == ':' ? "its value is missing" : "no option of this command",
				name);
			rc = -1;
		} else if (map && letter == 'o') {
			rc = take_option(args, OPT_SBATCH, "output");
		} else {
			rc = take_option(args, letter, letter == OPT_SBATCH ? all[which].name : NULL);
		}
	}
	free(all);
	args->rest = argv + optind;
	args->rest_count = argc - optind;
	if (!rc && args->rest_count > command->most) {
		fprintf(stderr, "%s: %s: one argument too many; see %s --help\n", name,
			args->rest[command->most], name);
		rc = -1;
	}
	return rc;
}
