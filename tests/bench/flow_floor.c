/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * flow_floor.c - as many small jobs as the other bench submits, and no more
 *
 *   flow_floor COUNT [DAG]
 *
 * Six threads submit COUNT jobs of one line each through the same call that
 * `weft flow` uses: no workflow, no journal, one variable of environment.
 * Without DAG they are held and need nothing: the least that Slurm and this
 * machine take.  With DAG (a line a job: number, memory, numbers that it needs)
 * each that needs others waits for them with afterok: the least for jobs that
 * depend on each other so.  What a workflow of COUNT objects takes beyond that
 * is Weft's own.  Prints milliseconds.
 */
#include "config.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/buf.h"
#include "tools/slurm/submit.h"

#define THREADS 6
#define JOBS_MAX 100000
#define NEEDS_MAX 8

struct job {
	uint32_t id;		/* 0: not sent yet */
	uint32_t needs[NEEDS_MAX];
	uint32_t need_count;
};

struct work {
	pthread_mutex_t lock;
	pthread_cond_t moved;
	struct job *jobs;
	uint32_t count, next;
	int rc;
	struct weft_err err;
};

/* Under the lock: wait until what the job needs is sent, and name it. */
static void add_needs(struct work *w, const struct job *job, struct weft_buf *out)
{
	for (uint32_t n = 0; n < job->need_count && !w->rc; n++) {
		const struct job *parent = &w->jobs[job->needs[n]];

		while (!parent->id && !w->rc)
			pthread_cond_wait(&w->moved, &w->lock);
		weft_buf_addf(out, "%s:%u", n ? "" : "afterok", parent->id);
	}
}

static void *send_jobs(void *arg)
{
	char path[] = "PATH=/usr/bin:/bin", name[] = "floor";
	char *env[] = { path, NULL }, *argv[] = { name, NULL };
	static const struct weft_slurm_option options[] = { { "time", "5" }, { "mem", "10" } };
	struct weft_slurm_job job = { .name = "floor", .script = "#!/bin/sh\ntrue\n",
				      .work_dir = "/", .std_out = "/dev/null",
				      .env = env, .argv = argv, .argc = 1,
				      .options = options, .option_count = 2 };
	struct work *w = arg;
	struct weft_buf needs;

	weft_buf_init(&needs, 4096);
	pthread_mutex_lock(&w->lock);
	while (!w->rc && w->next < w->count) {
		struct job *own = &w->jobs[w->next++];
		struct weft_err err = WEFT_ERR_INIT;
		uint32_t id = 0;
		int rc;

		weft_buf_clear(&needs);
		add_needs(w, own, &needs);
		job.hold = !own->need_count;
		job.dependency = own->need_count ? weft_buf_str(&needs) : NULL;
		pthread_mutex_unlock(&w->lock);
		rc = weft_slurm_submit(&job, &id, &err);
		pthread_mutex_lock(&w->lock);
		own->id = id;
		if (rc) {
			w->rc = rc;
			w->err = err;
		}
		pthread_cond_broadcast(&w->moved);
	}
	pthread_mutex_unlock(&w->lock);
	weft_buf_fini(&needs);
	return NULL;
}

static int read_dag(struct work *w, const char *path)
{
	FILE *file = fopen(path, "r");
	char line[512];

	for (uint32_t i = 0; file && i < w->count && fgets(line, sizeof(line), file); i++) {
		char *at = line, *end;

		strtoul(at, &at, 10);
		strtoul(at, &at, 10);
		for (;;) {
			unsigned long need = strtoul(at, &end, 10);

			if (end == at)
				break;
			if (need >= i || w->jobs[i].need_count == NEEDS_MAX) {
				fclose(file);
				return -1;
			}
			w->jobs[i].needs[w->jobs[i].need_count++] = (uint32_t)need;
			at = end;
		}
	}
	return file ? fclose(file) : -1;
}

static double now_msec(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

int main(int argc, char **argv)
{
	struct work w = { .lock = PTHREAD_MUTEX_INITIALIZER, .moved = PTHREAD_COND_INITIALIZER };
	unsigned long count = argc > 1 ? strtoul(argv[1], NULL, 10) : 0;
	pthread_t threads[THREADS];
	double began;

	if (!count || count > JOBS_MAX || argc > 3) {
		fprintf(stderr, "usage: flow_floor COUNT [DAG]\n");
		return 2;
	}
	w.count = (uint32_t)count;
	w.jobs = calloc(count, sizeof(*w.jobs));
	if (!w.jobs || (argc == 3 && read_dag(&w, argv[2]))) {
		fprintf(stderr, "flow_floor: cannot read the jobs\n");
		return 1;
	}
	if (weft_slurm_start(&w.err)) {
		fprintf(stderr, "flow_floor: %s\n", w.err.msg);
		return 1;
	}
	began = now_msec();
	for (int t = 0; t < THREADS; t++)
		if (pthread_create(&threads[t], NULL, send_jobs, &w))
			return 1;
	for (int t = 0; t < THREADS; t++)
		pthread_join(threads[t], NULL);
	if (w.rc)
		fprintf(stderr, "flow_floor: %s\n", w.err.msg);
	free(w.jobs);
	printf("%.0f\n", now_msec() - began);
	return w.rc != 0;
}
