/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * measure.c - see measure.h
 *
 * Quantiles are of the nearest rank: the smallest value that at least the
 * fraction q of all do not exceed.
 *
 * Source: bounded slowdown with a bound of 10 s: Feitelson and Rudolph,
 * "Metrics and Benchmarking for Parallel Job Scheduling", JSSPP 1998.
 * Jain's index: Jain, Chiu, Hawe, DEC-TR-301, 1984.
 *
 * Cost: O(n log n).
 */
#include "config.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "sched/measure.h"

#define SHORTEST_SEC 10

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static double quantile(const double *sorted, uint32_t n, double q)
{
	double rank = ceil(q * n);

	return sorted[rank < 1 ? 0 : (uint32_t)rank - 1];
}

static double slowdown_of(double wait, double run)
{
	double s = (wait + run) / (run > SHORTEST_SEC ? run : SHORTEST_SEC);

	return s > 1 ? s : 1;
}

static void add_job(struct weft_measure *m, double wait, double run,
		    double size)
{
	double hours = size * run / 3600;

	m->wait_mean += wait;
	m->completion_mean += wait + run;
	m->slowdown_mean += slowdown_of(wait, run);
	m->size_hours += hours;
	m->wait_weighted += wait * hours;
	m->slowdown_weighted += slowdown_of(wait, run) * hours;
	m->completion_weighted += (wait + run) * hours;
}

int weft_measure(const struct weft_workload *w,
		 const struct weft_outcome *outcome,
		 const struct weft_measure_filter *filter,
		 struct weft_measure *ret_measure, struct weft_err *err)
{
	double *wait = malloc(((size_t)w->job_count + 1) * sizeof(*wait));
	double *slow = malloc(((size_t)w->job_count + 1) * sizeof(*slow));
	struct weft_measure m = { 0 };
	double hours;

	for (uint32_t i = 0; wait && slow && i < w->job_count; i++) {
		double run = w->job[i].runtime_sec, waited;

		if (filter && !filter->keep(filter->arg, w, i))
			continue;
		if (outcome->start_sec[i] < 0) {
			m.never++;
			continue;
		}
		waited = (double)(outcome->start_sec[i] - w->job[i].submit_sec);
		wait[m.jobs] = waited;
		slow[m.jobs++] = slowdown_of(waited, run);
		add_job(&m, waited, run, weft_workload_size(w, i));
	}
	if (wait && slow && m.jobs) {
		qsort(wait, m.jobs, sizeof(*wait), compare);
		qsort(slow, m.jobs, sizeof(*slow), compare);
		m.wait_mean /= m.jobs;
		m.completion_mean /= m.jobs;
		m.slowdown_mean /= m.jobs;
		hours = m.size_hours > 0 ? m.size_hours : 1;
		m.wait_weighted /= hours;
		m.slowdown_weighted /= hours;
		m.completion_weighted /= hours;
		m.wait_median = quantile(wait, m.jobs, 0.5);
		m.wait_p95 = quantile(wait, m.jobs, 0.95);
		m.wait_p99 = quantile(wait, m.jobs, 0.99);
		m.slowdown_median = quantile(slow, m.jobs, 0.5);
		m.slowdown_p99 = quantile(slow, m.jobs, 0.99);
	}
	free(wait);
	free(slow);
	if (!wait || !slow)
		return weft_err_set(err, ENOMEM, "no memory to measure");
	*ret_measure = m;
	return 0;
}

double weft_measure_utilisation(const struct weft_machine *machine,
				const struct weft_workload *w,
				const struct weft_outcome *outcome)
{
	const struct weft_cluster *c = &machine->cluster;
	double gpus = 0, cpus = 0, gpu_sec = 0, cpu_sec = 0;
	double span = (double)(outcome->last_sec - outcome->first_sec);

	for (uint32_t i = 0; i < c->node_count; i++) {
		gpus += c->node[i].total.gpus;
		cpus += c->node[i].total.cpus;
	}
	for (uint32_t i = 0; i < w->job_count; i++) {
		const struct weft_shape *s = &w->shape[w->job[i].shape_idx];
		double sec = outcome->start_sec[i] < 0 ? 0 :
			(double)w->job[i].runtime_sec * s->nodes_min;

		gpu_sec += sec * s->per_node.gpus;
		cpu_sec += sec * s->per_node.cpus;
	}
	if (span <= 0)
		return 0;
	return gpus > 0 ? gpu_sec / gpus / span : cpu_sec / cpus / span;
}

/* ---- fairness ------------------------------------------------------------- */

static struct weft_fairness fairness_of(const struct weft_share *share,
					uint32_t count)
{
	struct weft_fairness f = { 0 };
	double sum = 0, squares = 0;

	for (uint32_t i = 0; i < count; i++) {
		double n = share[i].jobs, slow;

		if (!share[i].jobs)
			continue;
		slow = share[i].slowdown / n;
		f.count++;
		f.wait_mean += share[i].wait_sec / n;
		f.wait_worst = fmax(f.wait_worst, share[i].wait_sec / n);
		f.finish_worst = fmax(f.finish_worst, share[i].finish / n);
		sum += slow;
		squares += slow * slow;
	}
	if (f.count) {
		f.wait_mean /= f.count;
		f.jain = sum * sum / (f.count * squares);
	}
	return f;
}

int weft_measure_shares(const struct weft_workload *w,
			const struct weft_outcome *outcome, bool by_group,
			struct weft_share **ret_share, uint32_t *ret_count,
			struct weft_err *err)
{
	struct weft_share *share;
	uint32_t count = 0;

	for (uint32_t i = 0; i < w->job_count; i++) {
		uint32_t who = by_group ? w->job[i].group_idx :
			w->job[i].user_idx;

		count = who >= count ? who + 1 : count;
	}
	share = calloc((size_t)count + 1, sizeof(*share));
	if (!share)
		return weft_err_set(err, ENOMEM, "no memory to measure");
	for (uint32_t i = 0; i < w->job_count; i++) {
		struct weft_share *s = &share[by_group ? w->job[i].group_idx :
					      w->job[i].user_idx];
		double run = w->job[i].runtime_sec, wait;

		if (outcome->start_sec[i] < 0)
			continue;
		wait = (double)(outcome->start_sec[i] - w->job[i].submit_sec);
		s->jobs++;
		s->wait_sec += wait;
		s->slowdown += slowdown_of(wait, run);
		s->finish += (wait + run) / run;
		s->size_hours += run * weft_workload_size(w, i) / 3600;
	}
	*ret_share = share;
	*ret_count = count;
	return 0;
}

int weft_measure_fairness(const struct weft_workload *w,
			  const struct weft_outcome *outcome, bool by_group,
			  struct weft_fairness *ret, struct weft_err *err)
{
	struct weft_share *share;
	uint32_t count;
	int rc = weft_measure_shares(w, outcome, by_group, &share, &count, err);

	if (rc)
		return rc;
	*ret = fairness_of(share, count);
	free(share);
	return 0;
}

/* ---- classes and ratios ---------------------------------------------------- */

static const struct {
	uint32_t upto;
	const char *name;
} size_class[WEFT_SIZE_CLASSES] = {
	{ 1, "1" }, { 4, "2-4" }, { 8, "5-8" }, { 32, "9-32" },
	{ 128, "33-128" }, { UINT32_MAX, "129+" },
};

uint32_t weft_size_class(uint32_t size)
{
	uint32_t i = 0;

	while (size > size_class[i].upto)
		i++;
	return i;
}

const char *weft_size_class_name(uint32_t class_idx)
{
	return size_class[class_idx].name;
}

/* Two-sided 95 % of Student's t. */
static double student(uint32_t freedom)
{
	static const double t[] = {
		12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262,
		2.228, 2.201, 2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101,
		2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052,
		2.048, 2.045, 2.042,
	};

	return freedom <= sizeof(t) / sizeof(*t) ? t[freedom - 1] : 2.0;
}

struct weft_ratio weft_measure_ratio(const double *a, const double *b,
				     uint32_t count)
{
	struct weft_ratio r = { 0 };
	double sum = 0, squares = 0, half;

	for (uint32_t i = 0; i < count; i++) {
		double log_ratio;

		if (!(a[i] > 0) || !(b[i] > 0))
			continue;
		log_ratio = log(a[i] / b[i]);
		sum += log_ratio;
		squares += log_ratio * log_ratio;
		r.windows++;
	}
	if (!r.windows)
		return r;
	sum /= r.windows;
	r.mean = exp(sum);
	if (r.windows < 2)
		return r;
	half = squares / r.windows - sum * sum;
	half = student(r.windows - 1) *
		sqrt(half > 0 ? half / (r.windows - 1) : 0);
	r.low = exp(sum - half);
	r.high = exp(sum + half);
	return r;
}
