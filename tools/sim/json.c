/* SPDX-License-Identifier: GPL-2.0-or-later */
/* json.c - the comparison for machines: every number of table.c */
#include "config.h"

#include <errno.h>
#include <json-c/json.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "tools/sim/sim.h"
#include "tools/ui/json_out.h"

static void put(struct json_object *to, const char *key, double value)
{
	json_object_object_add(to, key, json_object_new_double(value));
}

static void count(struct json_object *to, const char *key, uint64_t value)
{
	json_object_object_add(to, key, json_object_new_int64((int64_t)value));
}

static struct json_object *measure_json(const struct weft_measure *m)
{
	struct json_object *o = json_object_new_object();

	count(o, "jobs", m->jobs);
	count(o, "never_started", m->never);
	put(o, "wait_mean_sec", m->wait_mean);
	put(o, "wait_median_sec", m->wait_median);
	put(o, "wait_p95_sec", m->wait_p95);
	put(o, "wait_p99_sec", m->wait_p99);
	put(o, "wait_by_hours_sec", m->wait_weighted);
	put(o, "slowdown_mean", m->slowdown_mean);
	put(o, "slowdown_median", m->slowdown_median);
	put(o, "slowdown_p99", m->slowdown_p99);
	put(o, "slowdown_by_hours", m->slowdown_weighted);
	put(o, "completion_mean_sec", m->completion_mean);
	put(o, "completion_by_hours_sec", m->completion_weighted);
	put(o, "size_hours", m->size_hours);
	return o;
}

/* Every user or group, by the order of their first jobs. */
static struct json_object *shares_json(const struct sim_run *run,
				       const struct sim_result *r, bool by_group)
{
	struct json_object *all = json_object_new_array();
	struct weft_share *share;
	uint32_t n;

	if (weft_measure_shares(run->workload, r->outcome, by_group, &share, &n,
				NULL))
		return all;
	for (uint32_t i = 0; i < n; i++) {
		const struct weft_share *s = &share[i];
		struct json_object *o;
		const char *name = by_group ? weft_trace_group(run->names, i) :
			weft_trace_user(run->names, i);

		if (!s->jobs)
			continue;
		o = json_object_new_object();
		json_object_object_add(o, "name",
				       json_object_new_string(name ? name : ""));
		count(o, "jobs", s->jobs);
		put(o, "wait_mean_sec", s->wait_sec / s->jobs);
		put(o, "slowdown_mean", s->slowdown / s->jobs);
		put(o, "finish_stretch", s->finish / s->jobs);
		put(o, "size_hours", s->size_hours);
		json_object_array_add(all, o);
	}
	free(share);
	return all;
}

static struct json_object *fairness_json(const struct sim_run *run,
					 const struct sim_result *r,
					 bool by_group)
{
	const struct weft_fairness *f = by_group ? &r->groups : &r->users;
	struct json_object *o = json_object_new_object();

	count(o, "count", f->count);
	put(o, "wait_worst_sec", f->wait_worst);
	put(o, "wait_mean_sec", f->wait_mean);
	put(o, "jain", f->jain);
	put(o, "finish_worst", f->finish_worst);
	json_object_object_add(o, "each", shares_json(run, r, by_group));
	return o;
}

static void put_idle(struct json_object *o, const struct sim_result *r,
		     const struct weft_idle_sum *sum)
{
	double all = sum->capacity > 0 ? sum->capacity : 1;

	put(o, "idle_although_it_fits", sum->idle_fits / all);
	put(o, "idle_although_it_fits_hours",
	    sum->idle_fits * r->look_sec / 3600);
	put(o, "fragmentation", sum->stranded / all);
}

/* By type of GPU, if the machine has types. */
static struct json_object *types_json(const struct sim_run *run,
				      const struct sim_result *r)
{
	const struct weft_cluster *c = &run->machine->cluster;
	struct json_object *types = json_object_new_array();

	for (uint32_t t = 0; t <= r->idle.type_count; t++) {
		const struct weft_idle_sum *sum = &r->idle.type[t];
		struct json_object *o;

		if (!(sum->capacity > 0))
			continue;
		o = json_object_new_object();
		json_object_object_add(o, "name", json_object_new_string(
			t < r->idle.type_count ? c->gpu_type[t] : ""));
		put(o, "gpus", sum->capacity / (double)r->idle.looks);
		put(o, "held", sum->held / sum->capacity);
		put_idle(o, r, sum);
		json_object_array_add(types, o);
	}
	return types;
}

/* To the baseline's, by windows; no entry where they tell nothing. */
static struct json_object *ratios_json(const struct sim_run *run,
				       const struct sim_result *r)
{
	struct json_object *all = json_object_new_object();

	for (const struct sim_measure *m = sim_measures; m->name; m++) {
		struct json_object *o;
		struct weft_ratio ratio;

		if (!m->key || r == sim_baseline(run))
			continue;
		ratio = sim_ratio(run, r, m->window_offset);
		if (ratio.windows < 2)
			continue;
		o = json_object_new_object();
		put(o, "mean", ratio.mean);
		put(o, "low", ratio.low);
		put(o, "high", ratio.high);
		count(o, "windows", ratio.windows);
		json_object_object_add(all, m->key, o);
	}
	return all;
}

static struct json_object *result_json(const struct sim_run *run,
				       const struct sim_result *r)
{
	struct json_object *o = json_object_new_object();
	struct json_object *sizes = json_object_new_object();
	struct json_object *windows = json_object_new_array();

	json_object_object_add(o, "scheduler",
			       json_object_new_string(r->policy->name));
	json_object_object_add(o, "all", measure_json(&r->all));
	for (uint32_t i = 0; i < WEFT_SIZE_CLASSES; i++)
		if (r->size[i].jobs)
			json_object_object_add(sizes, weft_size_class_name(i),
					       measure_json(&r->size[i]));
	json_object_object_add(o, "sizes", sizes);
	for (uint32_t i = 0; i < run->args.windows; i++)
		json_object_array_add(windows, measure_json(&r->window[i]));
	json_object_object_add(o, "windows", windows);
	json_object_object_add(o, "ratios", ratios_json(run, r));
	json_object_object_add(o, "users", fairness_json(run, r, false));
	json_object_object_add(o, "groups", fairness_json(run, r, true));
	put(o, "completion_over_bound", r->completion_distance);
	put(o, "makespan_over_bound", r->makespan_distance);
	put(o, "wait_mean_over_bound_sec", r->wait_over_bound);
	put(o, "utilisation", r->utilisation);
	put_idle(o, r, &r->idle.all);
	json_object_object_add(o, "gpu_types", types_json(run, r));
	count(o, "makespan_sec",
	      (uint64_t)(r->outcome->last_sec - r->outcome->first_sec));
	count(o, "decisions", r->outcome->decisions);
	return o;
}

/* Seconds from the first submission; 0 where there is no job. */
static struct json_object *bounds_json(const struct weft_bounds *b,
				       double first_sec)
{
	struct json_object *o = json_object_new_object();

	count(o, "jobs", b->count);
	if (!b->count)
		return o;
	put(o, "makespan_sec", b->end_sec - first_sec);
	put(o, "makespan_area_sec", b->area_end_sec - first_sec);
	put(o, "makespan_critical_sec", b->critical_end_sec - first_sec);
	put(o, "wait_mean_sec", b->wait_mean_sec);
	put(o, "wait_mean_fluid_sec", fmax(0, (b->fluid_sum_sec -
					       b->alone_sum_sec) / (double)b->count));
	put(o, "wait_mean_busy_sec", fmax(0, (b->busy_sum_sec -
					      b->alone_sum_sec) / (double)b->count));
	return o;
}

static struct json_object *all_bounds_json(const struct sim_run *run)
{
	double first = (double)run->workload->job[0].submit_sec;
	struct json_object *o = bounds_json(&run->bounds, first);
	struct json_object *sizes = json_object_new_object();

	put(o, "completion_mean_sec", sim_completion_bound(run));
	for (uint32_t k = 0; k < WEFT_SIZE_CLASSES; k++)
		if (run->size_bounds[k].count)
			json_object_object_add(sizes, weft_size_class_name(k),
					       bounds_json(&run->size_bounds[k],
							   first));
	json_object_object_add(o, "sizes", sizes);
	return o;
}

static struct json_object *errors_json(const struct sim_result *r)
{
	static const struct { const char *key; double q; } at[] = {
		{ "p5", 0.05 }, { "p25", 0.25 }, { "p50", 0.5 },
		{ "p75", 0.75 }, { "p95", 0.95 },
	};
	struct json_object *root = json_object_new_object();

	for (int m = 0; m < WEFT_PREDICT_METHODS; m++) {
		const struct weft_predict_errors *e = &r->errors[m];
		struct json_object *o = json_object_new_object();
		double n = e->count ? (double)e->count : 1;

		count(o, "jobs", e->count);
		for (size_t i = 0; i < sizeof(at) / sizeof(*at); i++)
			put(o, at[i].key,
			    weft_predict_errors_quantile(e, at[i].q));
		put(o, "within_factor_2", (double)e->within_count / n);
		put(o, "too_short", (double)e->under_count / n);
		put(o, "accuracy", e->accuracy_sum / n);
		put(o, "absolute_mean_sec", e->absolute_sum_sec / n);
		json_object_object_add(root, m == WEFT_PREDICT_OFF ? "limit" :
				       weft_predict_method_words[m], o);
	}
	return root;
}

/* What was odd about the lines of the history. */
static struct json_object *trace_json(const struct sim_run *run)
{
	const struct weft_trace_report *report = &run->trace;
	struct json_object *o = json_object_new_object();
	struct json_object *faults = json_object_new_object();

	json_object_object_add(o, "format",
			       json_object_new_string(run->trace_format));
	count(o, "lines", report->lines);
	count(o, "jobs", report->jobs);
	count(o, "steps", report->steps);
	for (int i = 0; i < WEFT_FAULT_COUNT; i++) {
		struct json_object *fault;

		if (!report->fault[i])
			continue;
		fault = json_object_new_object();
		count(fault, "lines", report->fault[i]);
		count(fault, "first_line", report->first_line[i]);
		json_object_object_add(fault, "example",
			json_object_new_string(report->example[i]));
		json_object_object_add(faults, weft_trace_fault_key(
				       (enum weft_trace_fault)i), fault);
	}
	json_object_object_add(o, "faults", faults);
	return o;
}

int sim_put_json(struct json_object *root, struct weft_err *err)
{
	int rc = weft_print_json(stdout, root);

	return rc ? weft_err_sys(err, -rc, "the result") : 0;
}

int sim_print_json(const struct sim_run *run, struct weft_err *err)
{
	const struct weft_workload_report *report = &run->report;
	const struct weft_machine_total has = weft_machine_total(run->machine);
	const struct sim_where_report *odd = sim_where_get_report(run->where);
	struct json_object *root = json_object_new_object();
	struct json_object *results = json_object_new_array();

	count(root, "nodes", run->machine->cluster.node_count -
	      run->machine->left_out);
	count(root, "gpus", has.gpus);
	count(root, "cpus", has.cpus);
	count(root, "load_percent", run->args.load_percent);
	count(root, "seed", run->args.seed);
	json_object_object_add(root, "trace", trace_json(run));
	count(root, "jobs", run->workload->job_count);
	count(root, "jobs_too_large", report->too_large);
	count(root, "jobs_for_no_node", report->nowhere);
	count(root, "jobs_of_unknown_partition", odd->partition.count);
	count(root, "constraints_not_judged", odd->constraint.count);
	count(root, "constraints_simplified", odd->simplified.count);
	count(root, "gpu_types_not_judged", odd->untyped.count);
	count(root, "jobs_rounded", report->rounded);
	count(root, "limits_drawn", report->limit_drawn);
	count(root, "limits_of_users", run->user_limits.set);
	count(root, "limits_passed", report->limit_passed);
	if (sim_predicted(run))
		json_object_object_add(root, "predicted_over_real",
				       errors_json(sim_predicted(run)));
	json_object_object_add(root, "bounds", all_bounds_json(run));
	for (uint32_t i = 0; i < run->result_count; i++)
		json_object_array_add(results,
				      result_json(run, &run->result[i]));
	json_object_object_add(root, "ratios_to", json_object_new_string(
			       sim_baseline(run)->policy->name));
	json_object_object_add(root, "schedulers", results);
	return sim_put_json(root, err);
}
