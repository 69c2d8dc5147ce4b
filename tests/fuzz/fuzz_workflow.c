/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fuzz_workflow.c - YAML and JSON of workflow files, from the text to objects
 *
 * What passes the schema goes on as `weft flow run --dry-run` does: tasks,
 * needs, conditions, a drawing, and a pass that makes objects and scripts.
 * What a workflow includes or takes as script is looked for in an empty
 * directory.
 */
#include "config.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/fuzz/fuzz.h"
#include "tools/flow/compile.h"
#include "tools/flow/draw.h"
#include "tools/flow/schema.h"

#define UNITS 5000	/* more would be slow and nothing new */

static char dir[] = "/tmp/weft-fuzz-XXXXXX", path[64];

static void remove_dir(void)
{
	unlink(path);
	rmdir(dir);
}

static void write_file(const char *text, size_t size)
{
	FILE *file;

	if (!*path) {
		fuzz_require(mkdtemp(dir) != NULL, "a directory");
		snprintf(path, sizeof(path), "%s/flow.yaml", dir);
		atexit(remove_dir);
	}
	file = fopen(path, "w");
	fuzz_require(file && fwrite(text, 1, size, file) == size && !fclose(file), "a file");
}

static int plan_up(const struct weft_flow *flow, const struct weft_flow_graph *graph,
		   struct weft_err *err)
{
	struct weft_plan_limits limits = { 101, UINT32_MAX, NULL, 0 };
	struct weft_plan plan = { 0 };
	struct weft_buf script;
	uint32_t first = 0;
	int rc = weft_plan_init(&plan, flow, graph, err);

	if (!rc)
		rc = weft_plan_apply_when(&plan, err);
	if (!rc)
		rc = weft_plan_pass(&plan, &limits, &first, err);
	for (uint32_t o = first; !rc && o < plan.object_count && o < first + 5; o++) {
		weft_buf_init(&script, WEFT_FLOW_SCRIPT_LIMIT);
		rc = weft_object_script(&plan, &plan.objects[o], &script, err);
		weft_buf_fini(&script);
	}
	weft_plan_fini(&plan);
	return rc;
}

static int read_whole(struct weft_err *err)
{
	struct weft_flow_graph graph = { 0 };
	struct weft_flow *flow = NULL;
	struct weft_buf dot;
	int rc = weft_flow_read(path, NULL, 0, &flow, err);

	if (rc)
		return rc;
	rc = weft_flow_graph_init(&graph, flow, err);
	if (!rc) {
		struct weft_drawing drawing = { flow, &graph, NULL, 3 };

		weft_buf_init(&dot, 1 << 20);
		fuzz_require(weft_draw_dot(&drawing, &dot) != -ENOMEM, "there is memory");
		weft_buf_fini(&dot);
	}
	if (!rc && flow->unit_count <= UNITS)
		rc = plan_up(flow, &graph, err);
	weft_flow_graph_fini(&graph);
	weft_flow_destroy(flow);
	return rc;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct weft_err err = WEFT_ERR_INIT;
	struct weft_doc *doc;
	char *text = fuzz_text(data, size);

	if (weft_doc_parse("fuzz", text, size, &doc, &err)) {
		fuzz_require_message(err.msg);
	} else {
		bool fits = !weft_flow_schema_check(doc->root, &err);

		weft_doc_destroy(doc);
		if (fits) {
			write_file(text, size);
			fits = !read_whole(&err);
		}
		if (!fits)
			fuzz_require_message(err.msg);
	}
	free(text);
	return 0;
}
