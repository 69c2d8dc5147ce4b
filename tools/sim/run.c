/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * run.c - each scheduler over the same history, and what came of it
 *
 * Windows are of equal numbers of jobs, by submission.  They are parts of one
 * run, so each begins with the queue that the one before left.
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tools/sim/sim.h"
#include "tools/ui/progress.h"

static const struct weft_sim_policy *const policies[] = {
	&weft_sim_weft, &weft_sim_backfill, &weft_sim_easy, &weft_sim_fifo,
};
#define LOOKS 2400	/* at the machine, during a run */
#define HOLDS_MAX (1u << 22)	/* a power of two: 64 MiB */

enum { POLICY_COUNT = sizeof(policies) / sizeof(policies[0]) };

static const struct weft_sim_policy *find_policy(const char *name, size_t len)
{
	for (int i = 0; i < POLICY_COUNT; i++)
		if (strlen(policies[i]->name) == len &&
		    !strncmp(policies[i]->name, name, len))
			return policies[i];
	return NULL;
}

int sim_choose_policies(struct sim_run *run, struct weft_err *err)
{
	const char *name = run->args.schedulers;

	while (*name) {
		size_t len = strcspn(name, ",");
		const struct weft_sim_policy *p = find_policy(name, len);

		if (!p)
			return weft_err_set(err, EINVAL,
					    "no scheduler \"%.*s\": there are weft, backfill, easy and fifo",
					    (int)len, name);
		if (run->result_count == SIM_SCHEDULERS_MAX)
			return weft_err_set(err, EINVAL,
					    "more than %d schedulers",
					    SIM_SCHEDULERS_MAX);
		run->result[run->result_count++].policy = p;
		name += len + (name[len] == ',');
	}
	return run->result_count ? 0 :
		weft_err_set(err, EINVAL, "no scheduler named");
}

static double wall_sec(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

struct onlooker {
	struct weft_progress *bar;
	struct weft_idle *idle;
	struct sim_holds *holds;
};

/* A picture may lack what there is no memory for: it says so. */
static void note_holds(void *arg, const struct weft_sim *sim, uint32_t job_idx,
		       const struct weft_hold *hold, uint32_t count)
{
	struct sim_holds *h = ((const struct onlooker *)arg)->holds;

	(void)sim;
	if (h->count + count > h->cap && h->cap < HOLDS_MAX) {
		uint32_t cap = h->cap ? h->cap * 2 : 65536;
		void *more = realloc(h->hold, cap * sizeof(*h->hold));

		if (more) {
			h->hold = more;
			h->cap = cap;
		}
	}
	if (h->count + count > h->cap) {
		h->missed++;
		return;
	}
	for (uint32_t i = 0; i < count; i++)
		h->hold[h->count++] = (struct sim_hold) {
			job_idx, hold[i].node_idx, hold[i].gpus };
}

static bool show_progress(void *arg, uint32_t done)
{
	const struct onlooker *onlooker = arg;

	weft_progress_set(onlooker->bar, done);
	return false;
}

/* While jobs are submitted: the end, when the machine empties, says little. */
static void look(void *arg, const struct weft_sim *sim, int64_t sec)
{
	const struct onlooker *onlooker = arg;
	const struct weft_workload *w = weft_sim_workload(sim);

	if (sec <= w->job[w->job_count - 1].submit_sec)
		weft_idle_look(onlooker->idle, sim, sec);
}

/* So that there are about LOOKS while jobs are submitted. */
static uint32_t look_every(const struct weft_workload *w)
{
	int64_t span = w->job[w->job_count - 1].submit_sec -
		w->job[0].submit_sec;

	return span > LOOKS ? (uint32_t)(span / LOOKS) : 1;
}

static bool is_class(const void *arg, const struct weft_workload *w,
		     uint32_t job_idx)
{
	return weft_size_class(weft_workload_size(w, job_idx)) ==
		*(const uint32_t *)arg;
}

struct window {
	uint32_t first, last;	/* jobs first .. last - 1 */
};

static bool is_in_window(const void *arg, const struct weft_workload *w,
			 uint32_t job_idx)
{
	const struct window *window = arg;

	(void)w;
	return job_idx >= window->first && job_idx < window->last;
}

static int measure(const struct sim_run *run, struct sim_result *r,
		   struct weft_err *err)
{
	const struct weft_workload *w = run->workload;
	uint32_t windows = run->args.windows;
	struct weft_measure_filter filter = { 0 };
	int rc = weft_measure(w, r->outcome, NULL, &r->all, err);

	for (uint32_t i = 0; rc == 0 && i < WEFT_SIZE_CLASSES; i++) {
		filter = (struct weft_measure_filter) { is_class, &i };
		rc = weft_measure(w, r->outcome, &filter, &r->size[i], err);
	}
	r->window = calloc(windows, sizeof(*r->window));
	if (!r->window)
		return weft_err_set(err, ENOMEM, "no memory for windows");
	for (uint32_t i = 0; rc == 0 && i < windows; i++) {
		struct window window = {
			(uint32_t)((uint64_t)w->job_count * i / windows),
			(uint32_t)((uint64_t)w->job_count * (i + 1) / windows),
		};

		filter = (struct weft_measure_filter) { is_in_window, &window };
		rc = weft_measure(w, r->outcome, &filter, &r->window[i], err);
	}
	if (rc == 0)
		rc = weft_measure_fairness(w, r->outcome, false, &r->users,
					   err);
	if (rc == 0)
		rc = weft_measure_fairness(w, r->outcome, true, &r->groups,
					   err);
	r->utilisation = weft_measure_utilisation(run->machine, w, r->outcome);
	sim_find_distance(run, r);
	return rc;
}

static int run_one(struct sim_run *run, struct sim_result *r,
		   struct weft_err *err)
{
	struct weft_progress bar;
	struct onlooker onlooker = { &bar, &r->idle, &r->holds };
	struct weft_sim_watch watch = {
		.arg = &onlooker, .progress = show_progress, .look = look,
		.started = run->args.html ? note_holds : NULL,
		.every_sec = r->look_sec };
	struct weft_sim_settings settings = run->settings;
	double begin = wall_sec();
	int rc;

	if (weft_idle_init(&r->idle, run->machine, run->workload, LOOKS))
		return weft_err_set(err, ENOMEM, "no memory to look on");

	if (run->args.predict || settings.policy.predict) {
		settings.opinions = weft_opinions_create(SIM_KINDS_MAX);
		if (!settings.opinions)
			return weft_err_set(err, ENOMEM,
					    "no memory for predictions");
	}
	weft_progress_begin(&bar, r->policy->name, run->workload->job_count);
	rc = weft_sim_run(run->machine, run->workload, r->policy,
			  &settings, &watch, &r->outcome, err);
	if (rc == 0)
		weft_progress_set(&bar, bar.total);
	weft_progress_end(&bar);
	for (int m = 0; settings.opinions && m < WEFT_PREDICT_METHODS; m++)
		r->errors[m] = *weft_opinions_errors(settings.opinions,
					(enum weft_predict_method)m);
	weft_opinions_destroy(settings.opinions);
	r->wall_sec = wall_sec() - begin;
	if (rc == 0 && r->idle.all.capacity > 0) {
		r->idle_fits = r->idle.all.idle_fits / r->idle.all.capacity;
		r->stranded = r->idle.all.stranded / r->idle.all.capacity;
	}
	return rc ? rc : measure(run, r, err);
}

int sim_run_all(struct sim_run *run, struct weft_err *err)
{
	int rc = sim_load(run, err);

	if (rc == 0)
		rc = sim_find_bounds(run, err);
	for (uint32_t i = 0; rc == 0 && i < run->result_count; i++) {
		run->result[i].look_sec = look_every(run->workload);
		rc = run_one(run, &run->result[i], err);
	}
	return rc;
}

void sim_fini(struct sim_run *run)
{
	for (uint32_t i = 0; i < run->result_count; i++) {
		weft_outcome_destroy(run->result[i].outcome);
		free(run->result[i].window);
		free(run->result[i].holds.hold);
		weft_idle_fini(&run->result[i].idle);
	}
	free(run->user_limits.longest_sec);
	weft_workload_destroy(run->workload);
	sim_where_destroy(run->where);
	weft_trace_close(run->names);
	weft_machine_destroy(run->machine);
}

const struct sim_result *sim_baseline(const struct sim_run *run)
{
	for (uint32_t i = 0; i < run->result_count; i++)
		if (!strcmp(run->result[i].policy->name, "backfill"))
			return &run->result[i];
	return &run->result[run->result_count - 1];
}
