/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cmd_graph.c - graph: DOT, SVG through dot(1), or JSON
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tools/flow/cmd.h"
#include "tools/ui/child.h"
#include "tools/ui/json_out.h"

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
	FILE *out = path ? fopen(path, "w") : stdout;
	int rc;

	if (!out)
		return weft_err_sys(err, errno, "%s", path);
	rc = weft_print_json(out, weft_draw_json(drawing));
	if (path && fclose(out) && !rc)
		rc = -errno;
	return rc ? weft_err_sys(err, -rc, "%s", path ? path : "stdout") : 0;
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
	rc = weft_flow_check_operand(args);
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
