/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * flow_floor.c - as many small jobs as the other bench submits, and no more
 *
 *   flow_floor COUNT
 *
 * Six threads submit COUNT held jobs of one line each through the same call
 * that `weft flow` uses: no workflow, journal or dependency.  What a workflow
 * of COUNT objects takes beyond this is Weft's own; this is Slurm's and the
 * machine's.  Prints milliseconds.
 */
#include "config.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "tools/slurm/submit.h"

#define THREADS 6

struct share {
	unsigned long count;
	int rc;
	struct weft_err err;
};

static void *send_share(void *arg)
{
	char path[] = "PATH=/usr/bin:/bin", name[] = "floor";
	char *env[] = { path, NULL }, *argv[] = { name, NULL };
	static const struct weft_slurm_option options[] = { { "time", "5" }, { "mem", "10" } };
	struct weft_slurm_job job = { .name = "floor", .script = "#!/bin/sh\ntrue\n",
				      .work_dir = "/", .std_out = "/dev/null", .hold = true,
				      .env = env, .argv = argv, .argc = 1,
				      .options = options, .option_count = 2 };
	struct share *s = arg;
	uint32_t id;

	for (unsigned long i = 0; i < s->count && !s->rc; i++)
		s->rc = weft_slurm_submit(&job, &id, &s->err);
	return NULL;
}

static double now_msec(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

int main(int argc, char **argv)
{
	unsigned long count = argc == 2 ? strtoul(argv[1], NULL, 10) : 0;
	struct weft_err err = WEFT_ERR_INIT;
	struct share shares[THREADS] = { { 0 } };
	pthread_t threads[THREADS];
	double began;
	int bad = 0;

	if (!count || count > 1000000) {
		fprintf(stderr, "usage: flow_floor COUNT\n");
		return 2;
	}
	if (weft_slurm_start(&err)) {
		fprintf(stderr, "flow_floor: %s\n", err.msg);
		return 1;
	}
	began = now_msec();
	for (unsigned long t = 0; t < THREADS; t++) {
		shares[t].count = count / THREADS + (t < count % THREADS);
		if (pthread_create(&threads[t], NULL, send_share, &shares[t]))
			return 1;
	}
	for (int t = 0; t < THREADS; t++) {
		pthread_join(threads[t], NULL);
		if (shares[t].rc)
			fprintf(stderr, "flow_floor: %s\n", shares[t].err.msg);
		bad |= shares[t].rc;
	}
	printf("%.0f\n", now_msec() - began);
	return bad != 0;
}
