/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cmd.c - `weft flow`: which subcommand, and check
 *
 * stdout is the result, stderr everything else.  Exit codes: 0 done, 1 failed,
 * 2 wrong use, 3 the answer is no (a workflow that does not check, a run that
 * has failed tasks, a second run beside one that is not over).
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "tools/flow/cmd.h"
#include "tools/ui/json_out.h"

int weft_flow_fail(const struct weft_err *err)
{
	fprintf(stderr, "weft flow: %s\n", err->msg);
	return WEFT_EXIT_FAILED;
}

int weft_flow_check_operand(const struct weft_flow_args *args)
{
	if (args->rest_count == 1)
		return 0;
	fprintf(stderr, "weft flow: give one workflow file\n");
	return WEFT_EXIT_USAGE;
}

int weft_flow_check_name(const struct weft_flow_args *args)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";

	if (!args->name || (*args->name && !strchr("_.-", *args->name) &&
			    !args->name[strspn(args->name, letters)]))
		return 0;
	fprintf(stderr, "weft flow: --name %s: expected letters, digits, _ . and -\n", args->name);
	return WEFT_EXIT_USAGE;
}

int weft_flow_cmd_check(const struct weft_flow_args *args)
{
	struct weft_flow_graph graph = { 0 };
	struct weft_flow *flow = NULL;
	struct weft_err err = WEFT_ERR_INIT;
	int rc = weft_flow_check_operand(args);

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

static int flow_main(int argc, char **argv)
{
	struct weft_flow_args args = { 0 };
	const struct weft_flow_command *command;
	int rc;

	if (argc < 2 || !strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")) {
		weft_flow_help(argc < 2 ? stderr : stdout, NULL);
		return argc < 2 ? WEFT_EXIT_USAGE : WEFT_EXIT_DONE;
	}
	command = weft_flow_command(argv[1]);
	if (!command)
		return WEFT_EXIT_USAGE;
	rc = weft_flow_parse_args(&args, command, argc - 1, argv + 1);
	if (!rc)
		rc = command->call(&args);
	else
		rc = rc > 0 ? WEFT_EXIT_DONE : WEFT_EXIT_USAGE;
	free(args.given);
	free(args.options);
	return rc;
}

const struct weft_cmd weft_cmd_flow = {
	.name = "flow",
	.summary = "run workflows of many dependent jobs",
	.run = flow_main,
};
