/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * dryrun.c - what a run would submit and what it would cost, without Slurm
 *
 * Price is what the limits allow: units times nodes (GPUs) times the time
 * limit.  A unit without a time limit counts with the default partition's;
 * where there is none either, the price says "at least".  The critical path is
 * the longest chain of time limits.  Where the site enforces limits of accounts
 * and QOS, those that the plan meets are told.
 *
 * What cannot be sent at first, because it waits for room or for an outcome, is
 * planned as it would be if everything went well; so price, path and limits are
 * those of the whole workflow.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "tools/flow/cmd.h"
#include "tools/ui/json_out.h"

struct price {
	double node_hours, gpu_hours;
	bool open;		/* a unit has no limit */
	uint64_t critical_min;
	uint32_t *path;
	uint32_t path_count;
	struct weft_limit_hit *hits;
	uint32_t hit_count;
};

static void add_prices(const struct weft_plan *plan, uint32_t default_minutes,
		       uint32_t *minutes, struct price *price)
{
	for (uint32_t o = 0; o < plan->object_count; o++) {
		const struct weft_object *object = &plan->objects[o];
		struct weft_object_cost cost;

		weft_object_cost(object, &cost);
		if (cost.minutes == UINT32_MAX)
			cost.minutes = default_minutes;
		if (cost.minutes == UINT32_MAX) {
			price->open = true;
			cost.minutes = 0;
		}
		price->node_hours += (double)object->unit_count * cost.nodes * cost.minutes / 60;
		price->gpu_hours += (double)object->unit_count * (double)cost.gpus *
				    cost.minutes / 60;
		for (uint32_t i = 0; i < object->unit_count; i++) {
			const struct weft_flow_task *task =
				weft_plan_task(plan, object->units[i], NULL);
			uint32_t t = (uint32_t)(task - plan->flow->tasks);

			if (cost.minutes > minutes[t])
				minutes[t] = cost.minutes;
		}
	}
}

static struct json_object *path_json(const struct weft_plan *plan, const struct price *p)
{
	struct json_object *list = json_object_new_array();

	for (uint32_t i = 0; i < p->path_count; i++)
		json_object_array_add(list, json_object_new_string(
						    plan->flow->tasks[p->path[i]].name));
	return list;
}

static struct json_object *limits_json(const struct weft_plan *plan, const struct price *p)
{
	struct json_object *list = json_object_new_array();

	for (uint32_t i = 0; i < p->hit_count; i++) {
		const struct weft_limit_hit *hit = &p->hits[i];
		struct json_object *one = json_object_new_object();
		uint32_t task = plan->objects[hit->object].task_idx;

		json_object_object_add(one, "limit", json_object_new_string(hit->limit.name));
		json_object_object_add(one, "holder", json_object_new_string(hit->limit.holder));
		json_object_object_add(one, "max", json_object_new_int64((int64_t)hit->limit.max));
		json_object_object_add(one, "used", json_object_new_int64((int64_t)hit->limit.used));
		json_object_object_add(one, "asked", json_object_new_int64((int64_t)hit->asked));
		json_object_object_add(one, "units", json_object_new_int64(hit->unit_count));
		json_object_object_add(one, "task",
				       json_object_new_string(plan->flow->tasks[task].name));
		json_object_object_add(one, "effect", json_object_new_string(
						    weft_limit_effect_name(hit->effect)));
		json_object_array_add(list, one);
	}
	return list;
}

static void print_limit(const struct weft_plan *plan, const struct weft_limit_hit *hit)
{
	static const char *const units[] = {
		[WEFT_LIMIT_WALL] = " minutes", [WEFT_LIMIT_JOB_GPUS] = " GPUs",
		[WEFT_LIMIT_JOB_NODES] = " nodes", [WEFT_LIMIT_ALL_GPUS] = " GPUs",
		[WEFT_LIMIT_ALL_NODES] = " nodes",
	};
	const char *task = plan->flow->tasks[plan->objects[hit->object].task_idx].name;
	unsigned long long max = hit->limit.max, used = hit->limit.used, asked = hit->asked;

	printf("limit: %s=%llu of %s: ", hit->limit.name, max, hit->limit.holder);
	switch (hit->effect) {
	case WEFT_LIMIT_NEVER:
		if (hit->limit.kind == WEFT_LIMIT_SUBMIT) {
			puts("nothing of it would be let in");
			break;
		}
		printf("%s asks for %llu%s", task, asked, units[hit->limit.kind]);
		if (hit->unit_count > 1)
			printf(", and %u such tasks", hit->unit_count);
		puts(": would never start");
		break;
	case WEFT_LIMIT_WAVES:
		printf("%llu tasks beside the %llu jobs there: the run goes in waves\n", asked,
		       used);
		break;
	default:
		printf("of %llu tasks that could run at once, %llu will\n", asked, max);
	}
}

/* What is sent first, and the number of units that are left for later. */
struct outset {
	uint32_t object_count, waiting;
};

static void print_json(const struct weft_plan *plan, const struct price *p,
		       const struct outset *first)
{
	struct json_object *out = json_object_new_object();
	struct json_object *objects = json_object_new_array();

	json_object_object_add(out, "name", json_object_new_string(plan->flow->name));
	json_object_object_add(out, "units", json_object_new_int64(plan->flow->unit_count));
	json_object_object_add(out, "later_waves", json_object_new_int64(first->waiting));
	json_object_object_add(out, "node_hours", json_object_new_double(p->node_hours));
	json_object_object_add(out, "gpu_hours", json_object_new_double(p->gpu_hours));
	json_object_object_add(out, "price_is_lower_bound", json_object_new_boolean(p->open));
	json_object_object_add(out, "critical_path_minutes",
			       json_object_new_int64((int64_t)p->critical_min));
	json_object_object_add(out, "critical_path", path_json(plan, p));
	json_object_object_add(out, "limits", limits_json(plan, p));
	for (uint32_t o = 0; o < first->object_count; o++) {
		const struct weft_object *object = &plan->objects[o];
		struct json_object *one = json_object_new_object();
		struct weft_buf text;

		weft_buf_init(&text, (size_t)1 << 20);
		weft_object_array_text(plan, object, &text);
		json_object_object_add(one, "task", json_object_new_string(
					       plan->flow->tasks[object->task_idx].name));
		json_object_object_add(one, "units", json_object_new_int64(object->unit_count));
		if (object->is_array)
			json_object_object_add(one, "array",
					       json_object_new_string(weft_buf_str(&text)));
		if (weft_object_is_barrier(object))
			json_object_object_add(one, "barrier", json_object_new_boolean(true));
		json_object_object_add(one, "dependencies",
				       json_object_new_int64(object->term_count));
		json_object_array_add(objects, one);
		weft_buf_fini(&text);
	}
	json_object_object_add(out, "objects", objects);
	weft_print_json(stdout, out);
}

static void print_terms(const struct weft_plan *plan, const struct weft_object *object)
{
	static const char *const words[] = { "after", "after the end of",
					     "after the failure of", "one to one after" };
	uint32_t shown = object->term_count < 4 ? object->term_count : 3;

	for (uint32_t i = 0; i < shown; i++) {
		const struct weft_term *term = &object->terms[i];
		uint32_t task = plan->objects[term->object].task_idx;

		printf("%s%s #%u %s", i ? ", " : "  ", words[term->kind], term->object,
		       plan->flow->tasks[task].name);
	}
	if (shown < object->term_count)
		printf(" and %u more", object->term_count - shown);
}

static void print_text(const struct weft_plan *plan, const struct price *p,
		       const struct outset *first)
{
	uint32_t count = first->object_count, shown = count < 40 ? count : 30;

	printf("%s: %u tasks as %u Slurm object%s\n", plan->flow->name,
	       plan->flow->unit_count, count, count == 1 ? "" : "s");
	for (uint32_t o = 0; o < shown; o++) {
		const struct weft_object *object = &plan->objects[o];
		struct weft_buf text;

		weft_buf_init(&text, (size_t)1 << 20);
		weft_object_array_text(plan, object, &text);
		printf("  #%-4u %-24.40s", o, plan->flow->tasks[object->task_idx].name);
		if (object->is_array)
			printf(" array of %u [%.40s%s]", object->unit_count,
			       weft_buf_str(&text), text.len > 40 ? "..." : "");
		else
			printf(weft_object_is_barrier(object) ? " barrier job" : " job");
		print_terms(plan, object);
		putchar('\n');
		weft_buf_fini(&text);
	}
	if (shown < count)
		printf("  ... and %u more\n", count - shown);
	for (uint32_t o = 0; o < count; o++)
		if (weft_object_is_barrier(&plan->objects[o]))
			printf("barrier: #%u waits for %u objects in the place of others\n", o,
			       plan->objects[o].term_count);
	if (first->waiting)
		printf("later waves: %u task%s until there is room or what they need is decided\n",
		       first->waiting, first->waiting == 1 ? " waits" : "s wait");
	printf("price: %s%.1f node-hours, %.1f GPU-hours\n", p->open ? "at least " : "",
	       p->node_hours, p->gpu_hours);
	printf("critical path: %llu h %02llu min, %u tasks:",
	       (unsigned long long)(p->critical_min / 60),
	       (unsigned long long)(p->critical_min % 60), p->path_count);
	for (uint32_t i = 0; i < p->path_count && i < 12; i++)
		printf("%s %s", i ? " >" : "", plan->flow->tasks[p->path[i]].name);
	puts(p->path_count > 12 ? " > ..." : "");
	for (uint32_t i = 0; i < p->hit_count; i++)
		print_limit(plan, &p->hits[i]);
}

/* The waves to come, if everything goes well.  Each pass makes an object at least. */
static int foresee(struct weft_plan *plan, uint32_t max_array_size, struct weft_err *err)
{
	struct weft_plan_limits limits = { max_array_size, UINT32_MAX, NULL,
					   WEFT_BARRIER_TERMS };
	uint32_t first;
	int rc;

	do {
		for (uint32_t u = 0; u < plan->flow->unit_count; u++)
			if (plan->units[u].state == WEFT_UNIT_LIVE)
				plan->units[u].state = WEFT_UNIT_DONE;
		weft_plan_settle(plan);
		rc = weft_plan_pass(plan, &limits, &first, err);
	} while (!rc && plan->object_count > first);
	return rc;
}

/* Returns WEFT_EXIT_DONE, or WEFT_EXIT_NO if limits stand in its way; -errno. */
static int price_plan(struct weft_plan *plan, const struct weft_flow_graph *graph,
		      const struct weft_flow_site *site, const struct weft_flow_args *args,
		      struct weft_err *err)
{
	struct price price = { 0 };
	struct outset first = { .object_count = plan->object_count };
	uint32_t *minutes = calloc(plan->flow->task_count + 1, sizeof(*minutes));
	int rc = 0;

	for (uint32_t u = 0; u < plan->flow->unit_count; u++)
		first.waiting += plan->units[u].state == WEFT_UNIT_TODO;
	price.path = calloc(plan->flow->task_count + 1, sizeof(*price.path));
	if (!minutes || !price.path)
		rc = weft_err_set(err, ENOMEM, "out of memory");
	if (!rc && first.waiting)
		rc = foresee(plan, site->max_array_size, err);
	if (!rc && site->limits)
		rc = weft_limits_check(plan, site->default_minutes, site->limits, site->ctx,
				       &price.hits, &price.hit_count, err);
	if (!rc) {
		add_prices(plan, site->default_minutes, minutes, &price);
		price.critical_min = weft_flow_graph_critical(graph, plan->flow, minutes,
							      price.path,
							      &price.path_count, err);
		if (args->json)
			print_json(plan, &price, &first);
		else
			print_text(plan, &price, &first);
	}
	for (uint32_t i = 0; i < price.hit_count; i++)
		if (price.hits[i].effect == WEFT_LIMIT_NEVER)
			rc = WEFT_EXIT_NO;
	free(price.hits);
	free(price.path);
	free(minutes);
	return rc;
}

int weft_flow_dry_run(const char *path, const struct weft_flow_args *args,
		      const struct weft_flow_site *site)
{
	struct weft_flow *flow = NULL;
	struct weft_flow_graph graph = { 0 };
	struct weft_plan plan = { 0 };
	struct weft_err err = WEFT_ERR_INIT;
	struct weft_plan_limits limits = { site->max_array_size, site->max_job_count, NULL,
					   WEFT_BARRIER_TERMS };
	uint32_t first;
	int rc = weft_flow_read(path, args->given, args->given_count, &flow, &err);

	if (!rc)
		rc = weft_flow_graph_init(&graph, flow, &err);
	if (!rc)
		rc = weft_plan_init(&plan, flow, &graph, &err);
	if (!rc)
		rc = weft_plan_apply_when(&plan, &err);
	if (!rc)
		rc = weft_plan_skip_fresh(&plan, &err);
	if (!rc && flow->max_queued && flow->max_queued < limits.max_queued)
		limits.max_queued = flow->max_queued;
	if (!rc)
		rc = weft_plan_pass(&plan, &limits, &first, &err);
	if (!rc && args->output)
		rc = weft_flow_put_graph(&(struct weft_drawing){ flow, &graph, NULL, 0 }, args,
					 &err);
	if (!rc)
		rc = price_plan(&plan, &graph, site, args, &err);
	if (plan.flow)
		weft_plan_fini(&plan);
	weft_flow_graph_fini(&graph);
	weft_flow_destroy(flow);
	return rc < 0 ? weft_flow_fail(&err) : rc;
}
