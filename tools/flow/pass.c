/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pass.c - objects into Slurm, each exactly once
 *
 * Order of events in a pass, and what a crash after each leaves:
 *   1  the new objects are in the journal as SENT, without a job id
 *      (nothing or some of it is in Slurm: adopt looks for it by comment)
 *   2  they are submitted by six threads, parents before children; those that
 *      wait for nothing new are held, so nothing of the pass can run or end
 *   3  job ids are journalled as they come, many in one transaction
 *   4  Slurm is asked once what it has: doubles, which a lost answer may have
 *      made, are cancelled while all are still held; if answers were lost, once
 *      more a while later (and each later look cancels what it sees)
 *   5  held objects are released one by one and journalled as FREE
 * Because held jobs neither run nor vanish, adopt() always finds what was sent.
 * A slurmctld that is killed can forget what it took in its last seconds, as
 * the look shows: then all of the pass is taken back and made anew.
 *
 * A refusal ends the pass: what it had sent is cancelled, still held, and its
 * units wait for a resume.  One by accounting, for how many jobs there are,
 * ends only the wave (waves.h).
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tools/flow/send.h"
#include "tools/flow/waves.h"

#define LATE_MIN_SEC 5
#define LATE_MAX_SEC 300

/* Milliseconds since *from, which moves to now. */
static double lap(struct timespec *from)
{
	struct timespec now;
	double msec;

	clock_gettime(CLOCK_MONOTONIC, &now);
	msec = (double)(now.tv_sec - from->tv_sec) * 1e3 +
	       (double)(now.tv_nsec - from->tv_nsec) / 1e6;
	*from = now;
	return msec;
}

int weft_run_list(const struct weft_run *run, struct weft_job_list *ret_list,
		  struct weft_err *err)
{
	char prefix[128];

	snprintf(prefix, sizeof(prefix), "weft:%s:", run->id);
	return weft_slurm_list(prefix, ret_list, err);
}

uint32_t weft_run_object_of(const struct weft_run *run, const struct weft_job_info *job)
{
	unsigned long number = strtoul(job->comment + strlen("weft::") + strlen(run->id),
				       NULL, 10);

	return number < run->plan.object_count ? (uint32_t)number : UINT32_MAX;
}

int weft_run_cancel_doubles(struct weft_run *run, const struct weft_job_list *list,
			    struct weft_err *err)
{
	uint32_t last = 0;
	int rc = 0;

	for (uint32_t i = 0; i < list->count && !rc; i++) {
		uint32_t number = weft_run_object_of(run, &list->jobs[i]);
		uint32_t job_id = list->jobs[i].job_id;
		char text[16];

		if (number == UINT32_MAX || job_id == last ||
		    list->jobs[i].state > WEFT_JOB_RUNNING ||
		    run->plan.objects[number].job_id == job_id)
			continue;
		last = job_id;
		snprintf(text, sizeof(text), "%u", job_id);
		rc = weft_slurm_cancel(text, err);
		run->rpc_count++;
	}
	return rc;
}

/*
 * One question: cancel doubles; and see that slurmctld has the jobs of the
 * queue.  One that was killed may have forgotten the last seconds (-ESTALE).
 */
static int look(struct weft_run *run, const uint32_t *queue, uint32_t count,
		struct weft_err *err)
{
	struct weft_job_list list;
	uint8_t *seen;
	uint32_t forgotten = 0;
	int rc;

	rc = weft_run_list(run, &list, err);
	if (rc)
		return rc;
	run->rpc_count++;
	seen = calloc(run->plan.object_count + 1, 1);
	rc = seen ? weft_run_cancel_doubles(run, &list, err) :
		    weft_err_set(err, ENOMEM, "out of memory");
	for (uint32_t i = 0; i < list.count && seen; i++) {
		uint32_t number = weft_run_object_of(run, &list.jobs[i]);

		if (number != UINT32_MAX &&
		    run->plan.objects[number].job_id == list.jobs[i].job_id)
			seen[number] = 1;
	}
	for (uint32_t i = 0; i < count && !rc; i++)
		forgotten += run->plan.objects[queue[i]].job_id && !seen[queue[i]];
	free(seen);
	weft_job_list_fini(&list);
	if (!rc && forgotten)
		rc = weft_err_set(err, ESTALE, "slurmctld has forgotten %u of %u jobs",
				  forgotten, count);
	return rc;
}

/*
 * What was sent into a silence may arrive later: TCP repeats a lost packet at
 * intervals that double, so within about as long again; and never later than
 * the message's credential lives, which munge makes 300 s.
 */
static void await_late(const struct weft_run *run, double silence_sec)
{
	double sec = silence_sec < LATE_MIN_SEC ? LATE_MIN_SEC :
		     silence_sec > LATE_MAX_SEC ? LATE_MAX_SEC : silence_sec;
	struct timespec t = { (time_t)sec, 0 };

	fprintf(stderr, "weft flow: answers were lost; what may still be on its way is waited for %.0f s before run %s begins\n",
		sec, run->id);
	nanosleep(&t, NULL);
}

static int release_held(struct weft_run *run, struct weft_err *err)
{
	bool open = false;
	int rc = 0;

	for (uint32_t o = 0; o < run->plan.object_count && !rc; o++) {
		struct weft_object *object = &run->plan.objects[o];

		if (object->state != WEFT_OBJECT_HELD)
			continue;
		for (int tries = 0; tries < WEFT_SEND_TRIES; tries++) {
			rc = weft_slurm_release(object->job_id, err);
			if (rc != -EAGAIN)
				break;
			weft_send_pause(tries);
		}
		if (rc == -ENOENT)
			rc = 0;	/* cancelled by hand meanwhile: update() will see */
		if (rc)
			break;
		object->state = WEFT_OBJECT_FREE;
		if (!open)
			rc = weft_state_begin(run->state, err);
		open = !rc;
		if (!rc)
			rc = weft_state_put_job(run->state, &run->plan, o, err);
	}
	if (open) {
		struct weft_err other = WEFT_ERR_INIT;
		int end = weft_state_commit(run->state, rc ? &other : err);

		rc = rc ? rc : end;
	}
	return rc;
}

/*
 * Objects of this pass whose units are to wait again: all, because one was
 * refused (nothing of them has run), or only those that were not sent.
 */
static void take_back(struct weft_run *run, uint32_t *queue, uint32_t count, bool all)
{
	struct weft_err err = WEFT_ERR_INIT;

	if (weft_state_begin(run->state, &err))
		return;
	for (uint32_t i = 0; i < count; i++) {
		struct weft_object *object = &run->plan.objects[queue[i]];
		char text[16];

		if (object->job_id && !all)
			continue;
		snprintf(text, sizeof(text), "%u", object->job_id);
		if (object->job_id)
			weft_slurm_cancel(text, &err);
		object->state = WEFT_OBJECT_OVER;
		weft_state_put_job(run->state, &run->plan, queue[i], &err);
		for (uint32_t u = 0; u < object->unit_count; u++) {
			struct weft_unit *unit = &run->plan.units[object->units[u]];

			unit->state = WEFT_UNIT_TODO;
			weft_state_put_unit(run->state, &run->plan, object->units[u],
					    NULL, &err);
		}
	}
	weft_state_commit(run->state, &err);
}

/* Before the release: each job once, though answers were lost, and none forgotten. */
static int see_all(struct weft_run *run, uint32_t *queue, uint32_t count,
		   double silence_sec, struct weft_err *err)
{
	int rc = look(run, queue, count, err);

	if (!rc && silence_sec > 0) {
		await_late(run, silence_sec);
		rc = look(run, queue, count, err);
	}
	if (rc == -ESTALE) {	/* held or waiting for those that are: none has run */
		fprintf(stderr, "weft flow: %s; sent again\n", err->msg);
		take_back(run, queue, count, true);
	}
	return rc;
}

static int send_queue(struct weft_run *run, uint32_t *queue, uint32_t count,
		      struct weft_err *err)
{
	struct timespec at;
	double silence_sec;
	uint32_t failed;
	int rc;

	clock_gettime(CLOCK_MONOTONIC, &at);
	rc = weft_send_all(run, queue, count, &failed, &silence_sec, err);
	run->pace.send += lap(&at);
	if (rc == -EDQUOT) {
		if (weft_waves_refused(run, &run->plan.objects[failed])) {
			take_back(run, queue, count, false);
			rc = 0;
		} else {
			rc = -EINVAL;
		}
	} else if (!rc) {
		run->refusals = 0;
	}
	if (rc == -EINVAL || rc == -ESRCH) {
		struct weft_err other = WEFT_ERR_INIT;

		take_back(run, queue, count, true);
		if (silence_sec > 0)
			look(run, NULL, 0, &other);
		return rc;
	}
	if (!rc)
		rc = see_all(run, queue, count, silence_sec, err);
	run->pace.look += lap(&at);
	if (!rc)
		rc = release_held(run, err);
	run->pace.release += lap(&at);
	return rc;
}

static int one_pass(struct weft_run *run, struct weft_err *err)
{
	uint32_t room = run->limits.max_job_count > run->limits.job_count + 100 ?
				run->limits.max_job_count - run->limits.job_count - 100 : 1;
	struct weft_plan_limits limits = { run->limits.max_array_size, room, NULL,
					   run->barrier_broke ? 0 : WEFT_BARRIER_TERMS };
	uint32_t first, count, *queue;
	struct timespec at;
	int rc;

	if (run->stopping)
		return 0;
	clock_gettime(CLOCK_MONOTONIC, &at);
	if (run->flow->max_queued && run->flow->max_queued < room)
		limits.max_queued = run->flow->max_queued;
	weft_plan_settle(&run->plan);
	rc = weft_waves_begin(run, err);
	if (rc)
		return rc;
	limits.room = run->room;
	rc = weft_plan_pass(&run->plan, &limits, &first, err);
	run->pace.plan += lap(&at);
	count = run->plan.object_count - first;
	if (rc || !count)
		return rc;
	queue = calloc(count, sizeof(*queue));
	if (!queue)
		return weft_err_set(err, ENOMEM, "out of memory");
	rc = weft_state_begin(run->state, err);
	for (uint32_t i = 0; i < count && !rc; i++) {
		queue[i] = first + i;
		run->plan.objects[first + i].state = WEFT_OBJECT_SENT;
		rc = weft_state_put_object(run->state, &run->plan, first + i, err);
	}
	if (!rc)
		rc = weft_state_commit(run->state, err);
	run->pace.journal += lap(&at);
	if (!rc)
		rc = send_queue(run, queue, count, err);
	free(queue);
	return rc ? rc : (int)count;
}

int weft_run_pass(struct weft_run *run, struct weft_err *err)
{
	int rc = one_pass(run, err);

	/* -ESRCH: a job that another was to wait for is gone, maybe forgotten too. */
	for (int more = 2; more-- && (rc == -ESTALE || (rc == -ESRCH && more));)
		rc = one_pass(run, err);
	return rc;
}

int weft_run_adopt(struct weft_run *run, bool let_go, struct weft_err *err)
{
	struct weft_job_list list;
	uint32_t *queue, count = 0;
	int rc;

	rc = weft_run_list(run, &list, err);
	if (rc)
		return rc;
	run->rpc_count++;
	for (uint32_t i = 0; i < list.count; i++) {
		uint32_t number = weft_run_object_of(run, &list.jobs[i]);
		struct weft_object *object;

		if (number == UINT32_MAX)
			continue;
		object = &run->plan.objects[number];
		if (let_go && list.jobs[i].held && object->root &&
		    object->state == WEFT_OBJECT_FREE && object->job_id == list.jobs[i].job_id)
			object->state = WEFT_OBJECT_HELD;
		if (object->state != WEFT_OBJECT_SENT || object->job_id)
			continue;
		object->job_id = list.jobs[i].job_id;
		object->state = object->root ? WEFT_OBJECT_HELD : WEFT_OBJECT_FREE;
		rc = weft_state_put_job(run->state, &run->plan, number, err);
		if (rc)
			break;
	}
	weft_job_list_fini(&list);
	queue = calloc(run->plan.object_count + 1, sizeof(*queue));
	if (!rc && !queue)
		rc = weft_err_set(err, ENOMEM, "out of memory");
	for (uint32_t o = 0; !rc && o < run->plan.object_count; o++)
		if (run->plan.objects[o].state == WEFT_OBJECT_SENT)
			queue[count++] = o;
	if (!rc)
		rc = count ? send_queue(run, queue, count, err) : look(run, NULL, 0, err);
	if (rc == -ESTALE || (!rc && !count))
		rc = release_held(run, err);	/* what is missing goes with the next pass */
	free(queue);
	return rc;
}
