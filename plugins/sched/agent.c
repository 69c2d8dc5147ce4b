/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * agent.c - see agent.h
 *
 * One thread polls the pulse of slurmctld every 20 ms and runs a cycle when
 * something changed, or when the interval is over (time itself makes jobs
 * eligible).  How soon depends on what the last cycle cost: after a certain
 * change twice that time is left to everybody else, after an uncertain one
 * (pulse.c) ten times, so that scheduling takes a bounded share of
 * slurmctld whatever the queue.
 *
 * Invariants: no lock of slurmctld's is held while waiting; a cycle's hold on
 * them is bounded by the slice; a request to stop is seen within a slice.
 */
#include <errno.h>
#include <pthread.h>
#include <time.h>

#include "plugins/slurm/ctld.h"

#include "plugins/sched/agent.h"
#include "plugins/sched/cycle.h"
#include "plugins/sched/hetgate.h"
#include "plugins/sched/mainpass.h"
#include "plugins/sched/pulse.h"
#include "plugins/sched/slice.h"

#define POLL_USEC 20000

static struct {
	pthread_mutex_t mutex;
	pthread_cond_t cond;
	pthread_t thread;
	bool running;
	bool stop;
	bool reconfigure;
} self = {
	.mutex = PTHREAD_MUTEX_INITIALIZER,
};

/* True once the agent must end. */
static bool wait_usec(int64_t usec)
{
	struct timespec until;
	bool stop;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += (usec % 1000000) * 1000;
	until.tv_sec += usec / 1000000 + until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	pthread_mutex_lock(&self.mutex);
	if (!self.stop)
		pthread_cond_timedwait(&self.cond, &self.mutex, &until);
	stop = self.stop;
	pthread_mutex_unlock(&self.mutex);
	return stop;
}

static bool must_stop(void *arg)
{
	bool stop;

	pthread_mutex_lock(&self.mutex);
	stop = self.stop;
	pthread_mutex_unlock(&self.mutex);
	return stop || slurmctld_config.shutdown_time;
}

static bool take_reconfigure(void)
{
	bool yes;

	pthread_mutex_lock(&self.mutex);
	yes = self.reconfigure;
	self.reconfigure = false;
	pthread_mutex_unlock(&self.mutex);
	return yes;
}

/* Is it time, `rest` microseconds after the end of a cycle that took `cost`? */
static bool is_due(enum weft_pulse_change change, int64_t rest, int64_t cost,
		   int64_t interval)
{
	switch (change) {
	case WEFT_PULSE_CHANGED:
		return rest >= 2 * cost;
	case WEFT_PULSE_MAYBE:
		return rest >= 10 * cost;
	case WEFT_PULSE_QUIET:
		break;
	}
	return rest >= interval;
}

static void *run(void *arg)
{
	struct weft_cycle *cycle = weft_cycle_create();
	struct weft_pulse seen = { 0 }, pulse;
	int64_t end = weft_slice_now_usec(), cost = 0, begin;
	time_t seen_sec = 0;

	while (cycle && !weft_hetgate_begin())
		if (wait_usec(1000))
			break;
	while (cycle && !wait_usec(POLL_USEC)) {
		if (take_reconfigure())
			weft_cycle_configure(cycle);
		weft_hetgate_work(weft_cycle_het_jobs(cycle));
		weft_mainpass_work();
		weft_pulse_read(&pulse);
		if (!is_due(weft_pulse_compare(&seen, seen_sec, &pulse),
			    weft_slice_now_usec() - end, cost,
			    weft_cycle_interval_msec(cycle) * 1000LL)) {
			weft_cycle_idle(cycle);
			continue;
		}
		seen = pulse;
		seen_sec = time(NULL);
		begin = weft_slice_now_usec();
		weft_cycle_run(cycle, must_stop, NULL);
		end = weft_slice_now_usec();
		cost = end - begin;
	}
	if (!cycle)
		error("sched/weft: out of memory, no job will be started");
	weft_cycle_destroy(cycle);
	return NULL;
}

/* Waits go by a clock that nobody sets: a date put back must not stop us. */
static int init_cond(void)
{
	pthread_condattr_t attr;
	int rc = pthread_condattr_init(&attr);

	if (rc)
		return rc;
	rc = pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	if (rc == 0)
		rc = pthread_cond_init(&self.cond, &attr);
	pthread_condattr_destroy(&attr);
	return rc;
}

int weft_agent_start(void)
{
	int rc = 0;

	pthread_mutex_lock(&self.mutex);
	if (!self.running) {
		self.stop = false;
		self.reconfigure = true;
		rc = init_cond();
		if (rc == 0)
			rc = pthread_create(&self.thread, NULL, run, NULL);
		self.running = rc == 0;
	}
	pthread_mutex_unlock(&self.mutex);
	if (rc)
		error("sched/weft: cannot start the agent thread: %s",
		      strerror(rc));
	return -rc;
}

void weft_agent_stop(void)
{
	bool running;

	pthread_mutex_lock(&self.mutex);
	running = self.running;
	self.running = false;
	self.stop = true;
	if (running)
		pthread_cond_broadcast(&self.cond);
	pthread_mutex_unlock(&self.mutex);
	if (!running)
		return;
	pthread_join(self.thread, NULL);
	pthread_cond_destroy(&self.cond);
}

void weft_agent_reconfigure(void)
{
	pthread_mutex_lock(&self.mutex);
	self.reconfigure = true;
	pthread_mutex_unlock(&self.mutex);
}
