/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * predict.c - how well run times are predicted, on real histories
 *
 *   tests/bench/predict TRACE...
 *
 * Each trace is lived through: a job is predicted when it is submitted, from
 * those that had ended by then, and learnt from when it ends.  Without start
 * times in the trace a job is taken to start at once, which lets the predictor
 * know a little more than it would.  Beside it the limit itself, where the
 * trace has limits.  accuracy is smaller / larger of the two times (1 is
 * perfect), within2 the share wrong by at most a factor of 2.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sched/predict.h"
#include "sched/trace.h"

#define JOBS_MAX 4000000
#define KINDS_MAX 100000

struct ending {
	double end_sec, runtime_sec;
	struct weft_predict_key key;
};

struct endings {
	struct ending *item;
	uint32_t count, cap;
};

static void push(struct endings *e, const struct ending *ending)
{
	uint32_t at;

	if (e->count == e->cap) {
		e->cap = e->cap ? e->cap * 2 : 1024;
		e->item = realloc(e->item, e->cap * sizeof(*e->item));
		if (!e->item)
			exit(1);
	}
	for (at = e->count++; at; at = (at - 1) / 2) {
		if (e->item[(at - 1) / 2].end_sec <= ending->end_sec)
			break;
		e->item[at] = e->item[(at - 1) / 2];
	}
	e->item[at] = *ending;
}

static struct ending pop(struct endings *e)
{
	struct ending first = e->item[0], last = e->item[--e->count];
	uint32_t at = 0;

	for (uint32_t down; (down = 2 * at + 1) < e->count; at = down) {
		if (down + 1 < e->count &&
		    e->item[down + 1].end_sec < e->item[down].end_sec)
			down++;
		if (last.end_sec <= e->item[down].end_sec)
			break;
		e->item[at] = e->item[down];
	}
	if (e->count)
		e->item[at] = last;
	return first;
}

static void print(const char *name, const char *who,
		  const struct weft_predict_errors *e)
{
	const char *base = strrchr(name, '/');
	double n = e->count ? (double)e->count : 1;

	printf("%-30.30s %-8s %8llu %8.3f %7.1f%% %6.1f%% %8.2f %8.2f %8.2f %10.0f",
	       base ? base + 1 : name, who, (unsigned long long)e->count,
	       e->accuracy_sum / n, 100.0 * (double)e->within_count / n,
	       100.0 * (double)e->under_count / n,
	       weft_predict_errors_quantile(e, 0.1),
	       weft_predict_errors_quantile(e, 0.5),
	       weft_predict_errors_quantile(e, 0.9),
	       e->absolute_sum_sec / n);
	if (!strcmp(who, "history"))
		printf("  %.0f/%.0f/%.0f/%.0f%%",
		       100.0 * (double)e->source[WEFT_PREDICT_KIND] / n,
		       100.0 * (double)e->source[WEFT_PREDICT_ACCOUNT] / n,
		       100.0 * (double)e->source[WEFT_PREDICT_LIMIT] / n,
		       100.0 * (double)e->source[WEFT_PREDICT_NOTHING] / n);
	printf("\n");
}

/* 1 and the job went through; what weft_trace_next() says otherwise. */
static int live(struct weft_trace *trace, struct weft_predictor *predictor,
		struct endings *endings, struct weft_predict_errors *history,
		struct weft_predict_errors *limit, struct weft_err *err)
{
	struct weft_trace_job job;
	struct ending ending;
	enum weft_predict_source source;
	double sec;
	int rc = weft_trace_next(trace, &job, err);

	if (rc != 1)
		return rc;
	while (endings->count && endings->item[0].end_sec <= job.submit_sec) {
		ending = pop(endings);
		weft_predictor_learn(predictor, &ending.key,
				     ending.runtime_sec);
	}
	ending.key = (struct weft_predict_key) {
		.user_idx = job.user_idx, .account_idx = job.group_idx,
		.gpus = job.gpus, .cpus = job.cpus, .nodes = job.nodes,
		.limit_sec = job.limit_sec,
	};
	ending.runtime_sec = job.runtime_sec;
	ending.end_sec = (job.start_sec >= job.submit_sec ? job.start_sec :
			  job.submit_sec) + job.runtime_sec;
	sec = weft_predictor_expect(predictor, &ending.key, &source);
	if (source != WEFT_PREDICT_NOTHING)
		weft_predict_errors_add(history, sec, job.runtime_sec, source);
	if (job.limit_sec > 0)
		weft_predict_errors_add(limit, job.limit_sec, job.runtime_sec,
					WEFT_PREDICT_LIMIT);
	if (job.status != WEFT_TRACE_RUNNING && endings->count < JOBS_MAX)
		push(endings, &ending);
	return 1;
}

static int run(const char *path)
{
	struct weft_predict_errors history = { 0 }, limit = { 0 };
	struct weft_predictor *predictor = weft_predictor_create(KINDS_MAX);
	struct weft_err err = WEFT_ERR_INIT;
	struct endings endings = { 0 };
	struct weft_trace *trace = NULL;
	int rc = predictor ? weft_trace_open(path, &trace, &err) : -1;

	if (rc == 0)
		do {
			rc = live(trace, predictor, &endings, &history, &limit,
				  &err);
		} while (rc == 1);
	if (rc < 0) {
		fprintf(stderr, "%s: %s\n", path, err.msg);
	} else {
		print(path, "history", &history);
		if (limit.count)
			print(path, "limit", &limit);
	}
	weft_trace_close(trace);
	weft_predictor_destroy(predictor);
	free(endings.item);
	return rc < 0;
}

int main(int argc, char **argv)
{
	int rc = 0;

	if (argc < 2) {
		fprintf(stderr, "usage: %s TRACE...\n", argv[0]);
		return 2;
	}
	printf("%-30s %-8s %8s %8s %8s %7s %8s %8s %8s %10s  %s\n", "trace",
	       "by", "jobs", "accuracy", "within2", "under", "ratio10",
	       "ratio50", "ratio90", "mean|err|", "kind/account/limit/none");
	for (int i = 1; i < argc; i++)
		rc |= run(argv[i]);
	return rc;
}
