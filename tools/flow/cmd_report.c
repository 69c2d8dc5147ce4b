/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cmd_report.c - report, and graph with the colours of a run's states
 *
 * Both read the journal alone: no lock, no question to Slurm.  What ended since
 * the journal was last written is open here, as status says it.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tools/flow/cmd.h"
#include "tools/flow/find.h"
#include "tools/flow/report.h"
#include "tools/flow/run.h"

#define PAGE_LIMIT ((size_t)64 << 20)

static int open_one(struct weft_run *run, const struct weft_flow_args *args,
		    struct weft_err *err)
{
	if (args->rest_count > 1)
		return weft_err_set(err, EINVAL, "give one run or workflow file");
	return weft_flow_open_run(run, args->rest_count ? args->rest[0] : NULL, err);
}

static void log_path(void *ctx, uint32_t unit, struct weft_buf *out)
{
	weft_run_log_path(ctx, unit, out);
}

static int put_page(struct weft_run *run, const char *path, struct weft_err *err)
{
	struct weft_unit_end *ends = calloc(run->flow->unit_count + 1, sizeof(*ends));
	char *started = weft_state_get(run->state, "started"), resume[3100];
	struct weft_report report = { .id = run->id, .plan = &run->plan, .ends = ends,
				      .resume = resume, .log_path = log_path, .ctx = run };
	struct weft_buf page;
	FILE *out = NULL;
	int rc = ends ? 0 : weft_err_set(err, ENOMEM, "out of memory");

	weft_buf_init(&page, PAGE_LIMIT);
	snprintf(resume, sizeof(resume), "weft flow resume %s", run->dir);
	report.started_sec = started ? strtoll(started, NULL, 10) : 0;
	free(started);
	for (uint32_t u = 0; ends && u < run->flow->unit_count; u++)
		weft_state_get_end(run->state, u, &ends[u]);
	if (!rc && weft_report_write(&report, &page))
		rc = weft_err_set(err, EFBIG, "the report is too large");
	if (!rc) {
		out = path ? fopen(path, "w") : stdout;
		if (!out || fwrite(page.data, 1, page.len, out) != page.len ||
		    (path ? fclose(out) : fflush(out)))
			rc = weft_err_sys(err, errno, "%s", path ? path : "stdout");
	}
	weft_buf_fini(&page);
	free(ends);
	return rc;
}

int weft_flow_cmd_report(const struct weft_flow_args *args)
{
	struct weft_run run = { 0 };
	struct weft_err err = WEFT_ERR_INIT;
	int rc = open_one(&run, args, &err);

	if (!rc)
		rc = put_page(&run, args->output, &err);
	weft_run_close(&run);
	return rc ? weft_flow_fail(&err) : WEFT_EXIT_DONE;
}

int weft_flow_cmd_graph_state(const struct weft_flow_args *args)
{
	struct weft_run run = { 0 };
	struct weft_err err = WEFT_ERR_INIT;
	int rc = open_one(&run, args, &err);

	if (!rc) {
		struct weft_drawing drawing = { run.flow, &run.graph, &run.plan, 0 };

		rc = weft_flow_put_graph(&drawing, args, &err);
	}
	weft_run_close(&run);
	return rc ? weft_flow_fail(&err) : WEFT_EXIT_DONE;
}
