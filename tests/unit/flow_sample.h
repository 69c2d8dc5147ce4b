/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * flow_sample.h - a workflow from a text, with its order and an empty plan
 */
#ifndef WEFT_TESTS_FLOW_SAMPLE_H
#define WEFT_TESTS_FLOW_SAMPLE_H

#include <check.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tools/flow/compile.h"

struct flow_sample {
	struct weft_flow *flow;
	struct weft_flow_graph graph;
	struct weft_plan plan;
};

static inline void flow_sample_init(struct flow_sample *s, const char *text)
{
	char path[] = "/tmp/weft-test-flow-XXXXXX";
	struct weft_err err = WEFT_ERR_INIT;
	int fd = mkstemp(path), rc;

	memset(s, 0, sizeof(*s));
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, strlen(text)), (long)strlen(text));
	close(fd);
	rc = weft_flow_read(path, NULL, 0, &s->flow, &err);
	unlink(path);
	ck_assert_msg(!rc, "%s", err.msg);
	ck_assert_msg(!weft_flow_graph_init(&s->graph, s->flow, &err), "%s", err.msg);
	ck_assert_msg(!weft_plan_init(&s->plan, s->flow, &s->graph, &err), "%s", err.msg);
}

/* Make objects of all units that may go to Slurm; the first of them. */
static inline uint32_t flow_sample_pass(struct flow_sample *s,
					const struct weft_plan_limits *limits)
{
	struct weft_err err = WEFT_ERR_INIT;
	uint32_t first;

	ck_assert_msg(!weft_plan_pass(&s->plan, limits, &first, &err), "%s", err.msg);
	return first;
}

static inline void flow_sample_fini(struct flow_sample *s)
{
	weft_plan_fini(&s->plan);
	weft_flow_graph_fini(&s->graph);
	weft_flow_destroy(s->flow);
}

#endif
