/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * page_nodes.c - who was where, in the window in which most jobs wait
 *
 * The window lies around the moment at which the queue of the baseline is
 * longest.  A node is drawn with a lane for each of its GPUs; a job is as many
 * bars as it has runs of neighbouring GPUs there.  On a node without GPUs jobs
 * lie over one another, and the darker it is the more of them.
 *
 * The heat map has a row for each NVLink domain, or leaf switch, or node: the
 * lowest of these that the site has.  A field is the part of its GPUs (of its
 * time on nodes without) that was held.
 *
 * Only the first NODES nodes and GROUPS groups are drawn, and it is said.
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/sim/page.h"

#define NODES 24
#define GROUPS 64
#define FIELDS 96	/* of a heat map's row */
#define LANE 4		/* pixels */
#define BARS_MAX 20000

struct view {
	const struct sim_run *run;
	const struct sim_result *r;
	int64_t from, to;	/* the window */
	struct weft_buf *out;
};

static void find_window(struct view *v)
{
	const struct weft_idle *idle = &sim_baseline(v->run)->idle;
	const struct weft_outcome *o = sim_baseline(v->run)->outcome;
	int64_t span = (o->last_sec - o->first_sec) / 30, middle = o->first_sec;
	double top = -1;

	if (span < 3600)
		span = 3600;
	if (span > 86400)
		span = 86400;
	for (uint32_t i = 0; i < idle->series_count; i++)
		if (idle->series[i].waiting > top) {
			top = idle->series[i].waiting;
			middle = idle->series[i].sec;
		}
	v->from = middle - span / 2 > o->first_sec ? middle - span / 2 :
		o->first_sec;
	v->to = v->from + span;
}

/* False: it is not in the window. */
static bool in_window(const struct view *v, uint32_t job_idx, double *from,
		      double *to)
{
	int64_t start = v->r->outcome->start_sec[job_idx];
	int64_t end = v->r->outcome->end_sec[job_idx];

	if (end < 0 || end <= v->from || start >= v->to)
		return false;
	*from = (double)((start > v->from ? start : v->from) - v->from);
	*to = (double)((end < v->to ? end : v->to) - v->from);
	return true;
}

/* ---- nodes ---------------------------------------------------------------- */

struct rows {
	uint32_t of[NODES];	/* node indices */
	double top[NODES];	/* the row's upper edge, in lanes */
	uint32_t count;
	double lanes;		/* in all */
};

static void choose_rows(const struct weft_cluster *c, bool gpus,
			struct rows *rows)
{
	*rows = (struct rows) { 0 };
	for (uint32_t i = 0; i < c->node_count && rows->count < NODES; i++) {
		uint32_t lanes = gpus ? c->node[i].total.gpus : 2;

		if (!lanes || !c->node[i].total.cpus)
			continue;
		rows->of[rows->count] = i;
		rows->top[rows->count++] = rows->lanes;
		rows->lanes += lanes + 1;
	}
}

static uint32_t row_of(const struct rows *rows, uint32_t node_idx)
{
	for (uint32_t i = 0; i < rows->count; i++)
		if (rows->of[i] == node_idx)
			return i;
	return UINT32_MAX;
}

static void tell_job(const struct view *v, uint32_t job_idx, char *text,
		     size_t size)
{
	const struct weft_workload *w = v->run->workload;
	const struct weft_workload_job *job = &w->job[job_idx];
	const char *id = weft_trace_id(v->run->names, job->id_idx);
	const char *user = weft_trace_user(v->run->names, job->user_idx);
	char wait[32], ran[32];

	sim_format_sec(wait, sizeof(wait), (double)
		       (v->r->outcome->start_sec[job_idx] - job->submit_sec));
	sim_format_sec(ran, sizeof(ran), job->runtime_sec);
	snprintf(text, size, "job %s of %.40s: size %u on %u nodes, waited %s, ran %s",
		 id ? id : "?", user && *user ? user : "?",
		 weft_workload_size(w, job_idx),
		 w->shape[job->shape_idx].nodes_min, wait, ran);
}

/* The bars of one hold; returns how many. */
static uint32_t draw_hold(const struct view *v, const struct weft_plot *plot,
			  const struct sim_hold *hold, double top)
{
	char class_name[8], text[256];
	uint32_t bars = 0, size = weft_workload_size(v->run->workload,
						     hold->job_idx);
	double from, to;

	if (!in_window(v, hold->job_idx, &from, &to))
		return 0;
	tell_job(v, hold->job_idx, text, sizeof(text));
	snprintf(class_name, sizeof(class_name), "s%u", weft_size_class(size));
	if (!hold->gpus) {
		weft_plot_rect(plot, class_name, 0.35, from, to, -(top + 2),
			       -top, text);
		return 1;
	}
	for (uint32_t g = 0; g < WEFT_GPUS_MAX; g++) {
		uint32_t last = g;

		if (!(hold->gpus >> g & 1))
			continue;
		while (last + 1 < WEFT_GPUS_MAX && hold->gpus >> (last + 1) & 1)
			last++;
		weft_plot_rect(plot, class_name, 1, from, to,
			       -(top + last + 0.9), -(top + g), text);
		bars++;
		g = last;
	}
	return bars;
}

static void draw_nodes(const struct view *v)
{
	const struct weft_cluster *c = &v->run->machine->cluster;
	bool gpus = weft_machine_total(v->run->machine).gpus > 0;
	uint32_t bars = 0;
	struct rows rows;
	struct weft_plot plot = {
		.label = "jobs on nodes over time", .width = SIM_PAGE_WIDTH,
		.x_max = (double)(v->to - v->from), .y_max = 0,
		.x_axis = WEFT_AXIS_SPAN, .y_axis = WEFT_AXIS_NONE };

	choose_rows(c, gpus, &rows);
	plot.y_min = -rows.lanes;
	plot.height = rows.lanes * (gpus ? LANE : 6);
	weft_html_element(v->out, "h3", NULL, v->r->policy->name);
	weft_plot_begin(&plot, v->out);
	for (uint32_t i = 0; i < rows.count; i++) {
		double lanes = gpus ? c->node[rows.of[i]].total.gpus : 2;

		weft_plot_rect(&plot, "b", 1, 0, plot.x_max,
			       -(rows.top[i] + lanes), -rows.top[i], NULL);
		weft_plot_left(&plot, -(rows.top[i] + lanes / 2),
			       c->node[rows.of[i]].name);
	}
	for (uint32_t i = 0; i < v->r->holds.count && bars < BARS_MAX; i++) {
		const struct sim_hold *hold = &v->r->holds.hold[i];
		uint32_t row = row_of(&rows, hold->node_idx);

		if (row != UINT32_MAX && (hold->gpus || !gpus))
			bars += draw_hold(v, &plot, hold, rows.top[row]);
	}
	weft_plot_end(&plot);
	if (rows.count < c->node_count - v->run->machine->left_out)
		weft_buf_addf(v->out, "<p class=\"dim\">Drawn: %u of %u nodes.</p>\n",
			      rows.count,
			      c->node_count - v->run->machine->left_out);
	if (bars >= BARS_MAX || v->r->holds.missed)
		weft_html_element(v->out, "p", "dim",
				  "Not every job could be drawn.");
}

/* ---- groups ---------------------------------------------------------------- */

struct groups {
	const char *what;
	uint32_t *of;		/* [node_idx], UINT32_MAX: not drawn */
	const char *name[GROUPS];
	double capacity[GROUPS];
	double *held;		/* [group * FIELDS + field], in unit seconds */
	uint32_t count, all;
};

/* The vertex that stands for the node at this level; UINT32_MAX: none. */
static uint32_t vertex_of(const struct weft_fabric *f, uint32_t node_idx,
			  bool domains)
{
	return domains ? f->domain_of[node_idx] : f->leaf_of[node_idx];
}

static bool has_level(const struct weft_cluster *c, bool domains)
{
	for (uint32_t i = 0; c->fabric && i < c->node_count; i++)
		if (vertex_of(c->fabric, i, domains) != UINT32_MAX)
			return true;
	return false;
}

static void add_to_group(struct groups *g, const struct weft_cluster *c,
			 uint32_t node_idx, uint32_t *group, const char *name,
			 double units)
{
	(void)c;
	if (*group == UINT32_MAX) {
		*group = g->all++;
		if (*group < GROUPS) {
			g->name[*group] = name;
			g->count = g->all;
		}
	}
	g->of[node_idx] = *group < GROUPS ? *group : UINT32_MAX;
	if (*group < GROUPS)
		g->capacity[*group] += units;
}

static int choose_groups(const struct weft_cluster *c, bool gpus,
			 struct groups *g)
{
	bool domains = has_level(c, true), leaves = has_level(c, false);
	uint32_t vertices = c->fabric ? c->fabric->vertex_count : 0;
	uint32_t *group_of = malloc((vertices + 1) * sizeof(*group_of));

	*g = (struct groups) { .what = domains ? "NVLink domains" :
		leaves ? "leaf switches" : "nodes" };
	g->of = malloc(c->node_count * sizeof(*g->of));
	g->held = calloc((size_t)GROUPS * FIELDS, sizeof(*g->held));
	if (!group_of || !g->of || !g->held) {
		free(group_of);
		return -ENOMEM;
	}
	memset(group_of, 0xff, (vertices + 1) * sizeof(*group_of));
	for (uint32_t i = 0; i < c->node_count; i++) {
		double units = gpus ? c->node[i].total.gpus : 1;
		uint32_t own = UINT32_MAX, v = domains || leaves ?
			vertex_of(c->fabric, i, domains) : UINT32_MAX;

		g->of[i] = UINT32_MAX;
		if (!(units > 0))
			continue;
		if (v != UINT32_MAX)
			add_to_group(g, c, i, &group_of[v],
				     c->fabric->vertex[v].name, units);
		else
			add_to_group(g, c, i, &own, c->node[i].name, units);
	}
	free(group_of);
	return 0;
}

static void add_held(const struct view *v, struct groups *g, bool gpus)
{
	double each = (double)(v->to - v->from) / FIELDS;

	for (uint32_t i = 0; i < v->r->holds.count; i++) {
		const struct sim_hold *hold = &v->r->holds.hold[i];
		uint32_t group = g->of[hold->node_idx];
		double units = gpus ? __builtin_popcountll(hold->gpus) : 1;
		double from, to;

		if (group == UINT32_MAX || !(units > 0) ||
		    !in_window(v, hold->job_idx, &from, &to))
			continue;
		for (uint32_t k = (uint32_t)(from / each);
		     k < FIELDS && k * each < to; k++) {
			double low = k * each > from ? k * each : from;
			double high = (k + 1) * each < to ? (k + 1) * each : to;

			g->held[group * FIELDS + k] += units * (high - low);
		}
	}
}

static void draw_groups(const struct view *v, const struct groups *g)
{
	double each = (double)(v->to - v->from) / FIELDS;
	struct weft_plot plot = {
		.label = g->what, .width = SIM_PAGE_WIDTH,
		.height = g->count * 14.0,
		.x_max = (double)(v->to - v->from), .y_min = -(double)g->count,
		.x_axis = WEFT_AXIS_SPAN, .y_axis = WEFT_AXIS_NONE };
	char text[128];

	weft_html_element(v->out, "h3", NULL, v->r->policy->name);
	weft_plot_begin(&plot, v->out);
	for (uint32_t i = 0; i < g->count; i++) {
		weft_plot_left(&plot, -(i + 0.5), g->name[i]);
		weft_plot_rect(&plot, "b", 1, 0, plot.x_max, -(i + 0.95),
			       -(double)i, NULL);
		for (uint32_t k = 0; k < FIELDS; k++) {
			double part = g->held[i * FIELDS + k] /
				(g->capacity[i] * each);

			if (part < 0.005)
				continue;
			snprintf(text, sizeof(text), "%.60s: %.0f %% held",
				 g->name[i], 100 * (part < 1 ? part : 1));
			weft_plot_rect(&plot, "h", part < 1 ? part : 1,
				       k * each, (k + 1) * each, -(i + 0.95),
				       -(double)i, text);
		}
	}
	weft_plot_end(&plot);
	if (g->all > g->count)
		weft_buf_addf(v->out, "<p class=\"dim\">Drawn: %u of %u.</p>\n",
			      g->count, g->all);
}

static int draw_heat(const struct view *v)
{
	const struct weft_cluster *c = &v->run->machine->cluster;
	bool gpus = weft_machine_total(v->run->machine).gpus > 0;
	struct groups g;
	int rc = choose_groups(c, gpus, &g);

	if (rc == 0) {
		add_held(v, &g, gpus);
		draw_groups(v, &g);
	}
	free(g.of);
	free(g.held);
	return rc;
}

/* ---- both ------------------------------------------------------------------ */

/* The first scheduler, and the one that it is compared with. */
static int for_two(struct view *v, int (*draw)(const struct view *))
{
	const struct sim_result *two[2] = { &v->run->result[0],
					    sim_baseline(v->run) };
	int rc = 0;

	for (int i = 0; rc == 0 && i < (two[0] == two[1] ? 1 : 2); i++) {
		v->r = two[i];
		rc = draw(v);
	}
	return rc;
}

static int draw_gantt(const struct view *v)
{
	draw_nodes(v);
	return 0;
}

int sim_page_nodes(const struct sim_run *run, struct weft_buf *out)
{
	const char *names[WEFT_SIZE_CLASSES];
	struct view v = { .run = run, .out = out };
	int rc;

	for (uint32_t i = 0; i < WEFT_SIZE_CLASSES; i++)
		names[i] = weft_size_class_name(i);
	find_window(&v);
	weft_html_element(out, "h2", NULL, "Nodes, in the window in which most jobs wait");
	weft_buf_adds(out, "<p class=\"dim\">It begins ");
	weft_html_span(out, (double)(v.from - run->workload->job[0].submit_sec));
	weft_buf_adds(out, " after the first submission. Colours are sizes of jobs; a lane is a GPU.</p>\n");
	weft_html_legend(out, names, WEFT_SIZE_CLASSES, 's');
	rc = for_two(&v, draw_gantt);
	if (rc)
		return rc;
	weft_html_element(out, "h2", NULL, "NVLink domains, or what is next above the nodes");
	weft_html_element(out, "p", "dim", "The darker, the more of it is held.");
	return for_two(&v, draw_heat);
}
