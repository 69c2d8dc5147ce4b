/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * track.c - what became of the units in Slurm
 *
 * Two sources.  The records in end/ cost Slurm nothing and tell of commands
 * that ended by themselves; a success there is final.  The list of jobs, one
 * RPC, tells the rest: which failures were Slurm's doing (time, memory, node,
 * preemption), what runs, what is gone.  A unit that neither knows any more
 * (slurmctld forgets a job after MinJobAge) is looked up in its record once
 * more and else is lost.
 *
 * When a unit fails, those that wait for it are taken out of Slurm again:
 * withdraw.c.  A barrier job (barrier.c) has no unit; what is seen of it here
 * is whether it is over, and whether it broke, which is no failure of the run:
 * what waits for it is sent again without one.
 */
#include "config.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

#include "lib/file.h"
#include "tools/flow/tracker.h"
#include "tools/flow/waves.h"

#define DELAY_MAX_SEC 86400
#define BARRIER_UNSEEN 2	/* in broken[], while the list is gone through */

static enum weft_cause cause_of(const struct weft_job_info *job)
{
	int code = WEXITSTATUS(job->exit_status);

	switch (job->state) {
	case WEFT_JOB_TIMEOUT:
		return WEFT_CAUSE_TIMEOUT;
	case WEFT_JOB_OOM:
		return WEFT_CAUSE_OOM;
	case WEFT_JOB_NODE_FAIL:
		return WEFT_CAUSE_NODE_FAIL;
	case WEFT_JOB_PREEMPTED:
		return WEFT_CAUSE_PREEMPTED;
	case WEFT_JOB_CANCELLED:
		return WEFT_CAUSE_CANCELLED;
	default:
		return WIFSIGNALED(job->exit_status) || (code > 128 && code <= 192) ?
			       WEFT_CAUSE_SIGNAL : WEFT_CAUSE_EXIT;
	}
}

/* Add or replace "name=value\n" in a unit's changes. */
static int change_set(struct weft_unit *unit, const char *name, const char *value)
{
	struct weft_buf buf;
	const char *line = unit->changes;
	size_t name_len = strlen(name);

	weft_buf_init(&buf, 65536);
	while (line && *line) {
		size_t len = strcspn(line, "\n");

		if (strncmp(line, name, name_len) || line[name_len] != '=') {
			weft_buf_add(&buf, line, len);
			weft_buf_adds(&buf, "\n");
		}
		line += len + (line[len] == '\n');
	}
	weft_buf_addf(&buf, "%s=%s\n", name, value);
	free(unit->changes);
	unit->changes = weft_buf_steal(&buf);
	return unit->changes ? 0 : -ENOMEM;
}

/* The value of "x2" times what the object had; 0 if there is nothing to multiply. */
static int multiplied(const struct weft_object *object, const struct weft_flow_opt *change,
		      char text[64])
{
	const struct weft_setting_value *old =
		weft_object_setting(object, change->option->name);
	double factor = strtod(change->value + 1, NULL);
	uint64_t number;
	uint32_t minutes;

	if (!old || !old->value)
		return 0;
	switch (change->option->kind) {
	case WEFT_SBATCH_MEMORY:
		if (weft_sbatch_parse_mib(old->value, &number))
			return 0;
		return snprintf(text, 64, "%.0f", (double)number * factor + 0.5);
	case WEFT_SBATCH_TIME:
		if (weft_sbatch_parse_minutes(old->value, &minutes) || minutes == UINT32_MAX)
			return 0;
		return snprintf(text, 64, "%.0f", (double)minutes * factor + 0.5);
	default:
		if (weft_sbatch_parse_count(old->value, &number))
			return 0;
		return snprintf(text, 64, "%.0f", (double)number * factor + 0.5);
	}
}

static int plan_retry(struct weft_run *run, const struct weft_flow_task *task,
		      struct weft_unit *unit, enum weft_cause cause)
{
	double delay = task->retry_delay_sec;
	int rc = 0;

	for (uint16_t i = 0; i < unit->attempt && delay < DELAY_MAX_SEC; i++)
		delay *= task->retry_factor;
	if (delay > DELAY_MAX_SEC)
		delay = DELAY_MAX_SEC;
	unit->not_before = (int64_t)time(NULL) + (int64_t)delay;
	unit->state = WEFT_UNIT_TODO;
	for (uint32_t i = 0; i < task->change_count[cause] && !rc; i++) {
		const struct weft_flow_opt *change = &task->changes[cause][i];
		char text[64];

		if (*change->value != 'x')
			rc = change_set(unit, change->option->name, change->value);
		else if (multiplied(&run->plan.objects[unit->object], change, text) > 0)
			rc = change_set(unit, change->option->name, text);
	}
	unit->attempt++;
	return rc;
}

static int unit_over(struct weft_tracker *t, uint32_t number, bool success,
		     enum weft_cause cause, const struct weft_unit_end *end)
{
	struct weft_plan *plan = &t->run->plan;
	struct weft_unit *unit = &plan->units[number];
	struct weft_object *object = &plan->objects[unit->object];
	const struct weft_flow_task *task = weft_plan_task(plan, number, NULL);
	int rc = 0;

	object->live_count--;
	weft_waves_left(t->run, object);
	t->run->running[number] = 0;
	if (success) {
		unit->state = WEFT_UNIT_DONE;
		unit->cause = WEFT_CAUSE_NONE;
	} else {
		object->bad_count++;
		unit->cause = (uint8_t)cause;
		t->failed[task - plan->flow->tasks] = 1;
		t->any_failed = true;
		if (cause < WEFT_CAUSE_RETRYABLE && unit->attempt < task->retry_max &&
		    (task->retry_causes >> cause & 1)) {
			rc = plan_retry(t->run, task, unit, cause);
		} else {
			unit->state = WEFT_UNIT_FAILED;
			t->run->stopping |= task->stop_on_failure;
		}
	}
	if (rc)
		return weft_err_set(t->err, ENOMEM, "out of memory");
	if (!object->live_count) {
		object->state = WEFT_OBJECT_OVER;
		rc = weft_state_put_job(t->run->state, plan, unit->object, t->err);
	}
	return rc ? rc : weft_state_put_unit(t->run->state, plan, number, end, t->err);
}

/* "rc start end node jobid" of a command; false if there is none (yet). */
static bool read_record(const struct weft_run *run, uint32_t number,
			struct weft_unit_end *end)
{
	const struct weft_unit *unit = &run->plan.units[number];
	char path[3200], *text, slot[16] = "";
	long long start, stop;
	int code;
	bool fine;

	if (unit->slot != WEFT_NO_SLOT)
		snprintf(slot, sizeof(slot), "_%u", unit->slot);
	snprintf(path, sizeof(path), "%s/end/%u%s", run->dir, unit->object, slot);
	if (weft_file_read(path, 4096, &text, NULL, NULL))
		return false;
	fine = sscanf(text, "%d %lld %lld %63s", &code, &start, &stop, end->node) == 4;
	free(text);
	end->exit_status = (code & 255) << 8;
	end->start_sec = start;
	end->end_sec = stop;
	return fine;
}

/* The unit of an object at an array index; UINT32_MAX: none. */
static uint32_t unit_at(const struct weft_object *object, uint32_t slot)
{
	uint32_t low = 0, high = object->unit_count;

	if (!object->is_array)
		return weft_object_is_barrier(object) ? UINT32_MAX : object->units[0];
	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (object->slots[mid] == slot)
			return object->units[mid];
		if (object->slots[mid] < slot)
			low = mid + 1;
		else
			high = mid;
	}
	return UINT32_MAX;
}

/* Mark the elements of "0-5,9%3" as seen and pending. */
static void mark_tasks(struct weft_tracker *t, uint32_t number, const char *text)
{
	const struct weft_object *object = &t->run->plan.objects[number];

	while (text && isdigit((unsigned char)*text)) {
		char *end;
		unsigned long first = strtoul(text, &end, 10), last = first, step = 1;

		if (*end == '-')
			last = strtoul(end + 1, &end, 10);
		if (*end == ':')
			step = strtoul(end + 1, &end, 10);
		for (unsigned long i = first; step && i <= last && i < 5000000; i += step) {
			uint32_t unit = unit_at(object, (uint32_t)i);

			if (weft_track_is_current(t->run, unit, number)) {
				t->seen[unit] = 1;
				t->run->running[unit] = 0;
			}
		}
		text = end + (*end == ',');
	}
}

static int barrier_over(struct weft_tracker *t, uint32_t number, bool broke)
{
	if (broke) {
		t->broken[number] = t->any_broken = true;
		t->run->barrier_broke = true;
	}
	t->run->plan.objects[number].state = WEFT_OBJECT_OVER;
	return weft_state_put_job(t->run->state, &t->run->plan, number, t->err);
}

/* A barrier that the list does not hold: was it time for it to go? */
static bool is_awaited(const struct weft_plan *plan, const struct weft_object *barrier)
{
	for (uint32_t i = 0; i < barrier->term_count; i++)
		if (plan->objects[barrier->terms[i].object].live_count)
			return true;
	return false;
}

static int on_barrier(struct weft_tracker *t, const struct weft_job_info *job,
		      uint32_t number)
{
	t->broken[number] = 0;
	if (job->state == WEFT_JOB_PENDING || job->state == WEFT_JOB_RUNNING)
		return 0;
	return barrier_over(t, number, job->state != WEFT_JOB_DONE);
}

/* Barriers that nobody told of are either long done or were never waited for. */
static int on_missing_barriers(struct weft_tracker *t)
{
	struct weft_plan *plan = &t->run->plan;
	int rc = 0;

	for (uint32_t o = 0; o < plan->object_count && !rc; o++) {
		bool missing = t->broken[o] == BARRIER_UNSEEN;

		t->broken[o] = t->broken[o] == 1;
		if (missing)
			rc = barrier_over(t, o, is_awaited(plan, &plan->objects[o]));
	}
	return rc;
}

#define LAUNCHES 5	/* that may fail before the nodes are to blame */

/*
 * A node could not start it, for want of memory or of a process, and Slurm put
 * it back and holds it: nobody else would ever let it go.
 */
static int on_launch_failed(struct weft_tracker *t, const struct weft_job_info *job,
			    uint32_t unit, const struct weft_unit_end *end)
{
	const struct weft_flow_task *task = weft_plan_task(&t->run->plan, unit, NULL);
	uint32_t wanted = task->checkpoint_signal ? task->checkpoint_max : 0;
	char text[16];
	int rc;

	t->run->rpc_count++;
	t->run->running[unit] = 0;
	if (job->restarts <= wanted + LAUNCHES) {
		rc = weft_slurm_release(job->own_id, NULL);
		return rc == -ENOMEM ? rc : 0;	/* else the next look tries again */
	}
	snprintf(text, sizeof(text), "%u", job->own_id);
	rc = weft_slurm_cancel(text, t->err);
	return rc ? rc : unit_over(t, unit, false, WEFT_CAUSE_NODE_FAIL, end);
}

static int on_job(struct weft_tracker *t, const struct weft_job_info *job, uint32_t number)
{
	const struct weft_object *object = &t->run->plan.objects[number];
	struct weft_unit_end end = { .exit_status = job->exit_status,
				     .start_sec = job->start_sec, .end_sec = job->end_sec };
	uint32_t unit;

	if (weft_object_is_barrier(object))
		return on_barrier(t, job, number);
	if (object->is_array && job->task_id == UINT32_MAX) {
		if (job->state == WEFT_JOB_PENDING)
			mark_tasks(t, number, job->tasks);
		else if (job->state == WEFT_JOB_CANCELLED)
			for (uint32_t i = 0; i < object->unit_count; i++)
				if (weft_track_is_current(t->run, object->units[i], number) &&
				    !t->seen[object->units[i]] && !t->run->running[object->units[i]])
					t->seen[object->units[i]] = 2;
		return 0;
	}
	unit = unit_at(object, job->task_id);
	if (!weft_track_is_current(t->run, unit, number))
		return 0;
	t->seen[unit] = 1;
	snprintf(end.node, sizeof(end.node), "%s", job->node ? job->node : "");
	if (job->launch_failed && object->state == WEFT_OBJECT_FREE)
		return on_launch_failed(t, job, unit, &end);
	if (job->state == WEFT_JOB_PENDING || job->state == WEFT_JOB_RUNNING) {
		t->run->running[unit] = job->state == WEFT_JOB_RUNNING;
		return 0;
	}
	return unit_over(t, unit, job->state == WEFT_JOB_DONE,
			 job->state == WEFT_JOB_DONE ? WEFT_CAUSE_NONE : cause_of(job), &end);
}

/* Units that the list does not hold: their record, or lost. */
static int on_missing(struct weft_tracker *t)
{
	struct weft_plan *plan = &t->run->plan;

	for (uint32_t u = 0; u < plan->flow->unit_count; u++) {
		struct weft_unit_end end = { 0 };
		int rc;

		if (plan->units[u].state != WEFT_UNIT_LIVE || t->seen[u] == 1 ||
		    plan->objects[plan->units[u].object].state != WEFT_OBJECT_FREE)
			continue;
		if (read_record(t->run, u, &end))
			rc = unit_over(t, u, !end.exit_status,
				       WEXITSTATUS(end.exit_status) > 128 ?
					       WEFT_CAUSE_SIGNAL : WEFT_CAUSE_EXIT, &end);
		else
			rc = unit_over(t, u, false, t->seen[u] == 2 ? WEFT_CAUSE_CANCELLED :
								      WEFT_CAUSE_LOST, &end);
		if (rc)
			return rc;
	}
	return 0;
}

static int begin(struct weft_tracker *t, struct weft_run *run, struct weft_err *err)
{
	*t = (struct weft_tracker){ .run = run, .err = err };
	t->seen = calloc(run->flow->unit_count + 1, 1);
	t->failed = calloc(run->flow->task_count + 1, 1);
	t->broken = calloc(run->plan.object_count + 1, 1);
	if (!t->seen || !t->failed || !t->broken)
		return weft_err_set(err, ENOMEM, "out of memory");
	return weft_state_begin(run->state, err);
}

static int finish(struct weft_tracker *t, int rc)
{
	struct weft_err other = WEFT_ERR_INIT;
	int end;

	if (!rc && (t->any_failed || t->any_broken))
		rc = weft_track_sweep(t);
	end = t->seen && t->failed && t->broken ? weft_state_commit(t->run->state, rc ? &other : t->err) : 0;
	free(t->seen);
	free(t->failed);
	free(t->broken);
	return rc ? rc : end;
}

int weft_run_update(struct weft_run *run, struct weft_err *err)
{
	struct weft_job_list list;
	struct weft_tracker t;
	int rc;

	rc = weft_run_list(run, &list, err);
	if (rc)
		return rc;
	run->rpc_count++;
	weft_waves_forget(run);
	rc = weft_run_cancel_doubles(run, &list, err);
	if (rc) {
		weft_job_list_fini(&list);
		return rc;
	}
	rc = begin(&t, run, err);
	for (uint32_t o = 0; o < run->plan.object_count && !rc; o++)
		if (weft_object_is_barrier(&run->plan.objects[o]) &&
		    run->plan.objects[o].state == WEFT_OBJECT_FREE)
			t.broken[o] = BARRIER_UNSEEN;
	for (uint32_t i = 0; i < list.count && !rc; i++) {
		uint32_t number = weft_run_object_of(run, &list.jobs[i]);

		if (number != UINT32_MAX &&
		    run->plan.objects[number].job_id == list.jobs[i].job_id)
			rc = on_job(&t, &list.jobs[i], number);
	}
	if (!rc)
		rc = on_missing(&t);
	if (!rc)
		rc = on_missing_barriers(&t);
	weft_job_list_fini(&list);
	rc = finish(&t, rc);
	if (!rc && run->stopping)
		rc = weft_run_cancel(run, err);
	return rc;
}

int weft_run_glance(struct weft_run *run, struct weft_err *err)
{
	char path[3100];
	struct weft_tracker t;
	struct dirent *entry;
	DIR *dir;
	int rc;

	snprintf(path, sizeof(path), "%s/end", run->dir);
	dir = opendir(path);
	if (!dir)
		return weft_err_sys(err, errno, "%s", path);
	rc = begin(&t, run, err);
	while (!rc && (entry = readdir(dir))) {
		struct weft_unit_end end = { 0 };
		char *rest;
		unsigned long object = strtoul(entry->d_name, &rest, 10);
		uint32_t unit;

		if (rest == entry->d_name || object >= run->plan.object_count ||
		    (*rest && *rest != '_') || strchr(entry->d_name, '.'))
			continue;
		unit = unit_at(&run->plan.objects[object],
			       *rest ? (uint32_t)strtoul(rest + 1, NULL, 10) : 0);
		if (!weft_track_is_current(run, unit, (uint32_t)object) || !read_record(run, unit, &end))
			continue;
		if (!end.exit_status)
			rc = unit_over(&t, unit, true, WEFT_CAUSE_NONE, &end);
	}
	closedir(dir);
	return finish(&t, rc);
}

int weft_run_cancel(struct weft_run *run, struct weft_err *err)
{
	struct weft_tracker t;
	int rc = 0;

	for (uint32_t o = 0; o < run->plan.object_count && !rc; o++) {
		char text[16];

		if (run->plan.objects[o].state == WEFT_OBJECT_OVER ||
		    !run->plan.objects[o].job_id)
			continue;
		snprintf(text, sizeof(text), "%u", run->plan.objects[o].job_id);
		rc = weft_slurm_cancel(text, err);
		run->rpc_count++;
	}
	if (rc)
		return rc;
	rc = begin(&t, run, err);
	for (uint32_t u = 0; u < run->flow->unit_count && !rc; u++) {
		struct weft_unit *unit = &run->plan.units[u];
		struct weft_unit_end end = { 0 };

		if (unit->state == WEFT_UNIT_LIVE) {
			bool done = read_record(run, u, &end) && !end.exit_status;

			rc = unit_over(&t, u, done, WEFT_CAUSE_CANCELLED, &end);
		} else if (unit->state == WEFT_UNIT_TODO) {
			unit->state = WEFT_UNIT_FAILED;
			unit->cause = WEFT_CAUSE_CANCELLED;
			rc = weft_state_put_unit(run->state, &run->plan, u, NULL, err);
		}
	}
	t.any_failed = false;
	return finish(&t, rc);
}
