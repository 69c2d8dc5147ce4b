/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cmd.c - `weft flow`: options, and the subcommands that need no Slurm
 *
 * stdout is the result, stderr everything else.  Exit codes: 0 done, 1 failed,
 * 2 wrong use, 3 the answer is no (a workflow that does not check, a run that
 * has failed tasks, a second run beside one that is not over).
 */
#include "config.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "lib/nearest.h"
#include "tools/flow/cmd.h"
#include "tools/ui/child.h"
#include "tools/ui/json_out.h"

static const char usage[] =
	"Usage: weft flow COMMAND [OPTIONS] [ARGS]\n"
	"\n"
	"  check FILE             read a workflow and say what is wrong with it\n"
	"  graph FILE             draw it: DOT, or SVG with --svg\n"
	"  run FILE               submit it and follow it to its end\n"
	"  status [RUN|FILE]      where a run stands\n"
	"  watch [RUN|FILE]       follow a run: progress, retries, later waves\n"
	"  resume [RUN|FILE]      submit what is missing after a crash or a failure\n"
	"  cancel [RUN|FILE]      end it\n"
	"  logs [RUN|FILE] TASK   print a task's output\n"
	"  report [RUN|FILE]      a page of HTML: what ran when, waits, GPU-hours, failures\n"
	"  list [DIR]             runs beside the workflows of a directory\n"
	"  rm RUN                 forget a run that is over\n"
	"  map --array A -- CMD   one command for every index, {} being the index\n"
	"  from SCRIPT...         write a workflow from batch scripts; --after orders\n"
	"\n"
	"Options\n"
	"  -P, --param NAME=VALUE   a value for one of the workflow's params\n"
	"  -n, --dry-run            run: show what would be submitted, and its price\n"
	"  -d, --detach             run, resume: submit and return\n"
	"      --again              run: although another run of it is not over\n"
	"  -o, --output FILE        graph, report, from: write there; run --dry-run: the graph\n"
	"      --svg                graph: SVG, through Graphviz' dot\n"
	"      --state              graph: of a run, coloured by what became of its tasks\n"
	"      --full               graph: every task, however many; else groups of them\n"
	"      --array A --name N   map; options of sbatch by their long names too\n"
	"      --after              from: each script needs the one before it\n"
	"  -j, --json               machine-readable\n"
	"  -h, --help               this text\n"
	"\n"
	"RUN is a run's id or directory; without it the newest run here is meant.\n";

int weft_flow_fail(const struct weft_err *err)
{
	fprintf(stderr, "weft flow: %s\n", err->msg);
	return WEFT_EXIT_FAILED;
}

static int check_operand(const struct weft_flow_args *args)
{
	if (args->rest_count == 1)
		return 0;
	fprintf(stderr, "weft flow: give one workflow file\n");
	return WEFT_EXIT_USAGE;
}

int weft_flow_cmd_check(const struct weft_flow_args *args)
{
	struct weft_flow_graph graph = { 0 };
	struct weft_flow *flow = NULL;
	struct weft_err err = WEFT_ERR_INIT;
	int rc = check_operand(args);

	if (rc)
		return rc;
	rc = weft_flow_read(args->rest[0], args->given, args->given_count, &flow, &err);
	if (!rc)
		rc = weft_flow_graph_init(&graph, flow, &err);
	if (args->json) {
		struct json_object *out = json_object_new_object();

		json_object_object_add(out, "ok", json_object_new_boolean(!rc));
		if (rc) {
			json_object_object_add(out, "error", json_object_new_string(err.msg));
		} else {
			json_object_object_add(out, "tasks", json_object_new_int64(flow->task_count));
			json_object_object_add(out, "units", json_object_new_int64(flow->unit_count));
			json_object_object_add(out, "edges", json_object_new_int64(graph.edge_count));
			json_object_object_add(out, "levels", json_object_new_int64(graph.level_count));
		}
		weft_print_json(stdout, out);
	} else if (rc) {
		fprintf(stderr, "weft flow: %s\n", err.msg);
	} else {
		printf("%s: %u tasks, %u in all with arrays and matrices, %u levels\n",
		       flow->name, flow->task_count, flow->unit_count, graph.level_count);
	}
	weft_flow_graph_fini(&graph);
	weft_flow_destroy(flow);
	return !rc ? WEFT_EXIT_DONE : rc == -EINVAL || rc == -EFBIG ? WEFT_EXIT_NO :
								      WEFT_EXIT_FAILED;
}

static int write_out(const char *text, const char *path, struct weft_err *err)
{
	FILE *out = path ? fopen(path, "w") : stdout;

	if (out && fputs(text, out) >= 0 && !(path ? fclose(out) : fflush(out)))
		return 0;
	return weft_err_sys(err, errno, "%s", path ? path : "stdout");
}

/* DOT text through dot(1). */
static int draw_svg(const struct weft_buf *dot, const char *path, struct weft_err *err)
{
	const char *const argv[] = { "dot", "-Tsvg", NULL };
	struct weft_child child = { .argv = argv, .in = weft_buf_str(dot), .in_len = dot->len,
				    .says_errors = true };
	struct weft_buf svg;
	int code = 0, rc;

	weft_buf_init(&svg, (size_t)1 << 30);
	child.out = &svg;
	rc = weft_child_run(&child, &code, err);
	if (!rc && code == WEFT_CHILD_NOT_FOUND)
		rc = weft_err_set(err, ENOENT, "--svg needs dot(1): install graphviz");
	else if (!rc && code)
		rc = weft_err_set(err, EIO, "dot(1) failed");
	if (!rc)
		rc = write_out(weft_buf_str(&svg), path, err);
	weft_buf_fini(&svg);
	return rc;
}

static int put_json(const struct weft_drawing *drawing, const char *path, struct weft_err *err)
{
	struct json_object *json = weft_draw_json(drawing);
	const char *text = json_object_to_json_string_ext(json, JSON_C_TO_STRING_PRETTY);
	int rc = text ? write_out(text, path, err) : weft_err_set(err, ENOMEM, "out of memory");

	json_object_put(json);
	return rc;
}

#define SLOW_TASKS 2000	/* dot(1) took more than a minute and a half for 10,000 */

int weft_flow_put_graph(struct weft_drawing *drawing, const struct weft_flow_args *args,
			struct weft_err *err)
{
	uint32_t count = drawing->flow->task_count;
	struct weft_buf dot;
	int rc;

	if (args->json)
		return put_json(drawing, args->output, err);
	drawing->max_nodes = args->full ? UINT32_MAX : WEFT_DRAW_NODES;
	if (args->svg && args->full && count > SLOW_TASKS)
		fprintf(stderr, "weft flow: dot(1) may take minutes to place %u tasks\n", count);
	weft_buf_init(&dot, (size_t)256 << 20);
	rc = weft_draw_dot(drawing, &dot);
	if (rc) {
		rc = weft_err_set(err, -rc, rc == -ENOMEM ? "out of memory" :
							    "the graph is too large to draw");
	} else if (args->svg) {
		rc = draw_svg(&dot, args->output, err);
	} else {
		rc = write_out(weft_buf_str(&dot), args->output, err);
	}
	weft_buf_fini(&dot);
	return rc;
}

int weft_flow_cmd_graph(const struct weft_flow_args *args)
{
	struct weft_flow_graph graph = { 0 };
	struct weft_flow *flow = NULL;
	struct weft_err err = WEFT_ERR_INIT;
	int rc;

	if (args->state) {
#ifdef HAVE_LIBSLURM
		return weft_flow_cmd_graph_state(args);
#else
		weft_err_set(&err, ENOSYS, "built without Slurm's library: there are no runs");
		return weft_flow_fail(&err);
#endif
	}
	rc = check_operand(args);
	if (rc)
		return rc;
	rc = weft_flow_read(args->rest[0], args->given, args->given_count, &flow, &err);
	if (!rc)
		rc = weft_flow_graph_init(&graph, flow, &err);
	if (!rc)
		rc = weft_flow_put_graph(&(struct weft_drawing){ flow, &graph, NULL, 0 }, args, &err);
	weft_flow_graph_fini(&graph);
	weft_flow_destroy(flow);
	return rc ? weft_flow_fail(&err) : WEFT_EXIT_DONE;
}

static const struct {
	const char *name;
	int (*call)(const struct weft_flow_args *args);
	bool slurm;
} commands[] = {
	{ "check", weft_flow_cmd_check, false },
	{ "graph", weft_flow_cmd_graph, false },
#ifdef HAVE_LIBSLURM
	{ "run", weft_flow_cmd_run, true },
	{ "resume", weft_flow_cmd_resume, true },
	{ "watch", weft_flow_cmd_watch, true },
	{ "cancel", weft_flow_cmd_cancel, true },
	{ "status", weft_flow_cmd_status, true },
	{ "logs", weft_flow_cmd_logs, true },
	{ "report", weft_flow_cmd_report, true },
	{ "list", weft_flow_cmd_list, true },
	{ "rm", weft_flow_cmd_rm, true },
	{ "map", weft_flow_cmd_map, true },
#endif
	{ "from", weft_flow_cmd_from, false },
};

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

enum { OPT_AGAIN = 256, OPT_SVG, OPT_STATE, OPT_FULL, OPT_ARRAY, OPT_NAME, OPT_AFTER, OPT_TASK, OPT_FORCE, OPT_SBATCH };

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
	case OPT_AGAIN:
		args->again = true;
		return 0;
	case OPT_FORCE:
		args->force = true;
		return 0;
	case OPT_SVG:
		args->svg = true;
		return 0;
	case OPT_FULL:
		args->full = true;
		return 0;
	case OPT_STATE:
		args->state = true;
		return 0;
	case OPT_ARRAY:
		args->array = optarg;
		return 0;
	case OPT_NAME:
		args->name = optarg;
		return 0;
	case OPT_AFTER:
		args->follow = true;
		return 0;
	case OPT_TASK:
		args->only = optarg;
		return 0;
	case OPT_SBATCH:
		return add_pair(&args->options, &args->option_count, name, optarg);
	default:
		return -1;
	}
}

/* Ours, and for map and from the options of sbatch beside them. */
static struct option *all_options(bool sbatch)
{
	static const struct option own[] = {
		{ "param", required_argument, NULL, 'P' },
		{ "dry-run", no_argument, NULL, 'n' },
		{ "detach", no_argument, NULL, 'd' },
		{ "output", required_argument, NULL, 'o' },
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{ "again", no_argument, NULL, OPT_AGAIN },
		{ "force", no_argument, NULL, OPT_FORCE },
		{ "svg", no_argument, NULL, OPT_SVG },
		{ "state", no_argument, NULL, OPT_STATE },
		{ "full", no_argument, NULL, OPT_FULL },
		{ "array", required_argument, NULL, OPT_ARRAY },
		{ "name", required_argument, NULL, OPT_NAME },
		{ "after", no_argument, NULL, OPT_AFTER },
		{ "task", required_argument, NULL, OPT_TASK },
	};
	size_t count, used = sizeof(own) / sizeof(own[0]);
	const struct weft_sbatch_option *table = weft_sbatch_options(&count);
	struct option *all = calloc(used + count + 1, sizeof(*all));

	if (!all)
		return NULL;
	memcpy(all, own, sizeof(own));
	for (size_t i = 0; sbatch && i < count; i++) {
		if (table[i].use != WEFT_SBATCH_USED || !strcmp(table[i].name, "output"))
			continue;
		all[used].name = table[i].name;
		all[used].has_arg = table[i].kind == WEFT_SBATCH_FLAG ? no_argument :
				    table[i].value_optional ? optional_argument :
							      required_argument;
		all[used++].val = OPT_SBATCH;
	}
	return all;
}

static int parse_args(struct weft_flow_args *args, const char *command, int argc,
		      char **argv)
{
	bool sbatch = !strcmp(command, "map") || !strcmp(command, "from");
	struct option *options = all_options(sbatch);
	/* what follows the command of map is the command's own */
	const char *letters = strcmp(command, "map") ? "P:ndo:jh" : "+P:ndo:jh";
	int letter, which = 0, rc = 0;

	optind = 1;
	while (options && !rc &&
	       (letter = getopt_long(argc, argv, letters, options, &which)) >= 0) {
		if (letter == 'h') {
			fputs(usage, stdout);
			free(options);
			return 1;
		}
		rc = take_option(args, letter, options[which].name);
	}
	free(options);
	args->rest = argv + optind;
	args->rest_count = argc - optind;
	return rc;
}

static int flow_main(int argc, char **argv)
{
	struct weft_flow_args args = { 0 };
	const char *names[sizeof(commands) / sizeof(commands[0])];
	size_t count = sizeof(commands) / sizeof(commands[0]);
	const char *near;
	int rc;

	if (argc < 2 || !strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")) {
		fputs(usage, argc < 2 ? stderr : stdout);
		return argc < 2 ? WEFT_EXIT_USAGE : WEFT_EXIT_DONE;
	}
	for (size_t i = 0; i < count; i++) {
		names[i] = commands[i].name;
		if (strcmp(commands[i].name, argv[1]))
			continue;
		rc = parse_args(&args, argv[1], argc - 1, argv + 1);
		if (!rc)
			rc = commands[i].call(&args);
		else
			rc = rc > 0 ? WEFT_EXIT_DONE : WEFT_EXIT_USAGE;
		free(args.given);
		free(args.options);
		return rc;
	}
	near = weft_nearest(argv[1], names, count);
	fprintf(stderr, "weft flow: no command \"%s\"%s%s%s; see weft flow --help\n", argv[1],
		near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
	return WEFT_EXIT_USAGE;
}

const struct weft_cmd weft_cmd_flow = {
	.name = "flow",
	.summary = "run workflows of many dependent jobs",
	.run = flow_main,
};
