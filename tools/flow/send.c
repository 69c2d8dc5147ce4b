/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * send.c - objects to slurmctld by six threads, their ids to the journal
 *
 * Each thread takes the next object, waits until its parents have ids, and
 * sends it; the caller's thread writes the ids that came in one transaction
 * of up to 256, without holding the others up.  One job is one connection and
 * four credentials of munge whatever is in it, so a flow of 10,000 jobs keeps
 * two cores busy with that alone: tests/bench/flow prints it beside the bare
 * submission of as many jobs.  slurmctld takes submissions one at a time and
 * pauses before each, so the other threads only hide the way there and back:
 * 3,000 bare jobs on a busy machine took 9.7 s with one thread, 5.6 with two,
 * 4.0, 2.9, and 2.5 with six, for the same CPU time.
 *
 * A message without an answer (-ETIMEDOUT) may still be on its way: slurmctld
 * takes what lies in its queue though nobody listens any more, and the kernel
 * repeats what the network lost for minutes, even after this process.  So the
 * job is looked for by comment, and sent again only when slurmctld has said
 * twice that it has none; how long slurmctld was silent is kept for pass.c,
 * which waits as long for late doubles before anything may run.
 */
#include "config.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tools/flow/send.h"
#include "tools/slurm/submit.h"

#define THREADS 6
#define BATCH 256		/* ids in one transaction, at most every 0.1 s */

extern char **environ;

struct sender {
	struct weft_run *run;
	pthread_mutex_t lock;
	pthread_cond_t moved;	/* an object has its id: children may go */
	pthread_cond_t enough;	/* ids for a transaction, or the end */
	uint32_t *queue;	/* object numbers, parents first */
	uint32_t *sent;		/* those that have ids, as they came */
	uint32_t count, next, sent_count, written;
	uint32_t busy;		/* threads still at work */
	uint32_t waiting;	/* of them, for a parent's id */
	bool told;		/* that an answer was lost */
	double silence_sec;	/* the longest that an answer took which did not come */
	int rc;			/* the first failure */
	uint32_t failed;	/* its object */
	struct weft_err err;
};

static void pause_msec(long msec)
{
	struct timespec t = { msec / 1000, msec % 1000 * 1000000 };

	nanosleep(&t, NULL);
}

void weft_send_pause(int tries)
{
	pause_msec(tries < 10 ? 200 : 5000);
}

static void comment_of(const struct weft_run *run, uint32_t object, char text[160])
{
	snprintf(text, 160, "weft:%s:%u", run->id, object);
}

struct texts {
	struct weft_buf script, array, dependency, out, comment;
	char **env;
	size_t env_count, env_own;
	char *argv[512];
	uint32_t argc;
	struct weft_slurm_option *options;
};

static int env_add(struct texts *t, const char *name, const char *value)
{
	char *text;

	if (asprintf(&text, "%s=%s", name, value) < 0)
		return -ENOMEM;
	t->env[t->env_count++] = text;
	t->env[t->env_count] = NULL;
	return 0;
}

/* A script's params, axes and env come through its environment. */
static int script_env(const struct weft_run *run, const struct weft_object *object,
		      struct texts *t, struct weft_err *err)
{
	const struct weft_flow_task *task = &run->flow->tasks[object->task_idx];
	uint32_t local = object->units[0] - task->first_unit;
	struct weft_buf value;
	char num[16];
	int rc = env_add(t, "WEFT_TASK", task->name);

	for (uint32_t i = 0; i < run->flow->param_count && !rc; i++)
		rc = env_add(t, run->flow->params[i].name, run->flow->params[i].value);
	for (uint32_t i = 0; i < task->axis_count && !rc; i++)
		rc = env_add(t, task->axes[i].name,
			     weft_flow_lookup(run->flow, task, local,
					      task->axes[i].name, num));
	weft_buf_init(&value, (size_t)1 << 20);
	for (uint32_t i = 0; i < task->env_count && !rc; i++) {
		weft_buf_clear(&value);
		rc = weft_flow_expand(run->flow, task, local, task->env[i].value,
				      &value, err);
		if (!rc)
			rc = env_add(t, task->env[i].name, weft_buf_str(&value));
	}
	weft_buf_clear(&value);
	for (uint32_t i = 0; i < task->arg_count && !rc && t->argc < 510; i++) {
		weft_buf_clear(&value);
		rc = weft_flow_expand(run->flow, task, local, task->args[i], &value, err);
		t->argv[t->argc] = strdup(weft_buf_str(&value));
		rc = rc ? rc : t->argv[t->argc++] ? 0 : -ENOMEM;
	}
	weft_buf_fini(&value);
	return rc;
}

static int build_env(const struct weft_run *run, uint32_t number,
		     const struct weft_object *object, struct texts *t,
		     struct weft_err *err)
{
	const struct weft_flow_task *task = &run->flow->tasks[object->task_idx];
	size_t count = 0;
	char text[16];
	int rc;

	while (environ[count])
		count++;
	t->env = calloc(count + run->flow->param_count + task->axis_count +
			task->env_count + 8, sizeof(*t->env));
	if (!t->env)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		if (strncmp(environ[i], "SLURM_BITSTR_LEN=", 17))
			t->env[t->env_count++] = environ[i];
	t->env_own = t->env_count;
	snprintf(text, sizeof(text), "%u", number);
	rc = env_add(t, "WEFT_RUN", run->id);
	if (!rc)
		rc = env_add(t, "WEFT_DIR", run->dir);
	if (!rc)
		rc = env_add(t, "WEFT_OBJECT", text);
	if (!rc && task->script && !weft_object_is_barrier(object))
		rc = script_env(run, object, t, err);
	return rc;
}

static void texts_fini(struct texts *t)
{
	weft_buf_fini(&t->script);
	weft_buf_fini(&t->array);
	weft_buf_fini(&t->dependency);
	weft_buf_fini(&t->out);
	weft_buf_fini(&t->comment);
	for (size_t i = t->env_own; i < t->env_count; i++)
		free(t->env[i]);
	for (uint32_t i = 1; i < t->argc; i++)
		free(t->argv[i]);
	free(t->env);
	free(t->options);
}

static int build_texts(const struct weft_run *run, uint32_t number,
		       struct texts *t, struct weft_slurm_job *job, struct weft_err *err)
{
	const struct weft_object *object = &run->plan.objects[number];
	const struct weft_flow_task *task = &run->flow->tasks[object->task_idx];
	const struct weft_setting_value *own = weft_object_setting(object, "comment");
	char comment[160];
	int rc;

	weft_buf_init(&t->script, WEFT_FLOW_SCRIPT_LIMIT);
	weft_buf_init(&t->array, (size_t)1 << 20);
	weft_buf_init(&t->dependency, (size_t)4 << 20);
	weft_buf_init(&t->out, 4096);
	weft_buf_init(&t->comment, 4096);
	rc = weft_object_script(&run->plan, object, &t->script, err);
	if (!rc)
		rc = weft_object_array_text(&run->plan, object, &t->array);
	if (!rc)
		rc = weft_object_dependency(&run->plan, object, &t->dependency, err);
	t->argv[t->argc++] = (char *)(task->script ? task->script : task->name);
	if (!rc)
		rc = build_env(run, number, object, t, err);
	if (rc)
		return rc;
	comment_of(run, number, comment);
	weft_buf_addf(&t->comment, "%s%s%s", comment, own && own->value ? " " : "",
		      own && own->value ? own->value : "");
	own = weft_object_setting(object, "output");
	if (own && own->value)
		weft_buf_adds(&t->out, own->value);
	else if (weft_object_is_barrier(object))
		weft_buf_adds(&t->out, "/dev/null");
	else
		weft_buf_addf(&t->out, "%s/log/%u%s.out", run->dir, number,
			      object->is_array ? "_%a" : "");
	t->options = calloc(object->setting_count + 2, sizeof(*t->options));
	if (!t->options)
		return -ENOMEM;
	for (uint32_t i = 0; i < object->setting_count; i++)
		t->options[i] = (struct weft_slurm_option){
			object->settings[i].option->name, object->settings[i].value };
	job->option_count = object->setting_count;
	job->options = t->options;
	return 0;
}

static int send_one(struct weft_run *run, uint32_t number, uint32_t *ret_job_id,
		    struct weft_err *err)
{
	const struct weft_object *object = &run->plan.objects[number];
	const struct weft_flow_task *task = &run->flow->tasks[object->task_idx];
	const struct weft_setting_value *name = weft_object_setting(object, "job-name");
	const struct weft_setting_value *error = weft_object_setting(object, "error");
	struct texts *t = calloc(1, sizeof(*t));
	struct weft_slurm_job job = { 0 };
	char signal[32];
	int rc = t ? build_texts(run, number, t, &job, err) : -ENOMEM;

	if (!rc) {
		job.name = name && name->value ? name->value : task->name;
		job.script = weft_buf_str(&t->script);
		job.work_dir = run->flow->dir;
		job.std_out = weft_buf_str(&t->out);
		job.std_err = error ? error->value : NULL;
		job.comment = weft_buf_str(&t->comment);
		job.array = object->is_array ? weft_buf_str(&t->array) : NULL;
		job.dependency = t->dependency.len ? weft_buf_str(&t->dependency) : NULL;
		job.begin = object->begin;
		job.hold = object->root;
		job.env = t->env;
		job.argv = t->argv;
		job.argc = t->argc;
		if (task->checkpoint_signal && !weft_object_is_barrier(object)) {
			snprintf(signal, sizeof(signal), "B:%d@%u",
				 task->checkpoint_signal, task->checkpoint_grace_sec);
			t->options[job.option_count++] =
				(struct weft_slurm_option){ "signal", signal };
			t->options[job.option_count++] =
				(struct weft_slurm_option){ "requeue", NULL };
		}
		rc = weft_slurm_submit(&job, ret_job_id, err);
	}
	if (t)
		texts_fini(t);
	free(t);
	if (rc == -ENOMEM)
		weft_err_set(err, ENOMEM, "out of memory");
	else if (rc)
		weft_err_prefix(err, "task \"%.60s\"", task->name);
	return rc;
}

/* The job id of an object whose answer was lost, 0 if Slurm has none. */
static int look_up(struct weft_run *run, uint32_t number, uint32_t *ret_job_id,
		   struct weft_err *err)
{
	struct weft_job_list list;
	char comment[160];
	size_t len;
	int rc;

	comment_of(run, number, comment);
	len = strlen(comment);
	*ret_job_id = 0;
	rc = weft_slurm_list(comment, &list, err);
	if (rc)
		return rc;
	for (uint32_t i = 0; i < list.count; i++)
		if (!list.jobs[i].comment[len] || list.jobs[i].comment[len] == ' ')
			*ret_job_id = list.jobs[i].job_id;
	weft_job_list_fini(&list);
	return 0;
}

static double clock_sec(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* 0: found; -ENOENT: slurmctld said twice that there is none; -EAGAIN: it says nothing. */
static int find_lost(struct weft_run *run, uint32_t number, uint32_t *ret_job_id,
		     struct weft_err *err)
{
	int answers = 0;

	for (int tries = 0; tries < WEFT_SEND_TRIES && answers < 2; tries++) {
		pause_msec(answers ? 8000 : 2000);
		if (look_up(run, number, ret_job_id, err))
			continue;
		if (*ret_job_id)
			return 0;
		answers++;
	}
	return answers == 2 ? -ENOENT : -EAGAIN;
}

static void tell_silence(struct sender *s)
{
	pthread_mutex_lock(&s->lock);
	if (!s->told)
		fprintf(stderr, "weft flow: no answer from slurmctld; looking whether it has the job\n");
	s->told = true;
	pthread_mutex_unlock(&s->lock);
}

/* *silence_sec: how long it took to learn what became of a lost message, if one was. */
static int send_surely(struct sender *s, uint32_t number, uint32_t *ret_job_id,
		       double *silence_sec, struct weft_err *err)
{
	double lost = 0;
	int rc = -EAGAIN;

	for (int tries = 0; tries < WEFT_SEND_TRIES; tries++) {
		double began = clock_sec();

		rc = send_one(s->run, number, ret_job_id, err);
		if (rc == -ETIMEDOUT) {
			lost = lost > 0 ? lost : began;
			tell_silence(s);
			rc = find_lost(s->run, number, ret_job_id, err);
			*silence_sec = clock_sec() - lost;
			if (rc == -ENOENT)
				continue;
			return rc;
		}
		if (rc != -EAGAIN)
			return rc;
		weft_send_pause(tries);
	}
	return rc == -ENOENT ? weft_err_set(err, EAGAIN, "slurmctld does not answer") : rc;
}

/* Parents that were sent in this pass must have their ids first. */
static bool parents_ready(const struct weft_plan *plan, const struct weft_object *object)
{
	for (uint32_t i = 0; i < object->term_count; i++)
		if (!plan->objects[object->terms[i].object].job_id)
			return false;
	return true;
}

static void *send_thread(void *arg)
{
	struct sender *s = arg;

	pthread_mutex_lock(&s->lock);
	while (!s->rc && s->next < s->count) {
		uint32_t number = s->queue[s->next++], job_id = 0;
		struct weft_object *object = &s->run->plan.objects[number];
		struct weft_err err = WEFT_ERR_INIT;
		double silence = 0;
		int rc;

		while (!s->rc && !parents_ready(&s->run->plan, object)) {
			s->waiting++;
			pthread_cond_wait(&s->moved, &s->lock);
			s->waiting--;
		}
		if (s->rc)
			break;
		pthread_mutex_unlock(&s->lock);
		rc = send_surely(s, number, &job_id, &silence, &err);
		pthread_mutex_lock(&s->lock);
		if (silence > s->silence_sec)
			s->silence_sec = silence;
		if (rc && !s->rc) {
			s->rc = rc;
			s->err = err;
			s->failed = number;
		} else if (!rc) {
			object->job_id = job_id;
			object->state = object->root ? WEFT_OBJECT_HELD : WEFT_OBJECT_FREE;
			s->sent[s->sent_count++] = number;
			if (s->sent_count - s->written == BATCH)
				pthread_cond_signal(&s->enough);
		}
		if (s->waiting)
			pthread_cond_broadcast(&s->moved);
	}
	s->busy--;
	pthread_cond_broadcast(&s->moved);
	pthread_cond_signal(&s->enough);
	pthread_mutex_unlock(&s->lock);
	return NULL;
}

/* One transaction of ids; the threads go on meanwhile. */
static int journal_some(struct weft_run *run, const uint32_t *numbers, uint32_t count,
			struct weft_err *err)
{
	int rc = weft_state_begin(run->state, err);

	for (uint32_t i = 0; i < count && !rc; i++)
		rc = weft_state_put_job(run->state, &run->plan, numbers[i], err);
	return rc ? rc : weft_state_commit(run->state, err);
}

/* Journal job ids while the threads work, BATCH or a tenth of a second a time. */
static int journal_ids(struct sender *s, struct weft_err *err)
{
	bool over = false;
	int rc = 0;

	pthread_mutex_lock(&s->lock);
	while (!over) {
		uint32_t from = s->written, to;
		struct timespec until;

		clock_gettime(CLOCK_REALTIME, &until);
		until.tv_nsec += 100000000;
		if (until.tv_nsec >= 1000000000) {
			until.tv_nsec -= 1000000000;
			until.tv_sec++;
		}
		while (s->busy && s->sent_count - from < BATCH &&
		       pthread_cond_timedwait(&s->enough, &s->lock, &until) != ETIMEDOUT)
			;
		over = !s->busy;
		to = s->sent_count;
		s->written = to;
		if (rc || to == from)
			continue;
		pthread_mutex_unlock(&s->lock);
		rc = journal_some(s->run, s->sent + from, to - from, err);
		pthread_mutex_lock(&s->lock);
		if (rc && !s->rc) {
			s->rc = rc;
			s->err = *err;
			pthread_cond_broadcast(&s->moved);
		}
	}
	pthread_mutex_unlock(&s->lock);
	return rc;
}

int weft_send_all(struct weft_run *run, uint32_t *queue, uint32_t count,
		  uint32_t *ret_failed, double *ret_silence_sec, struct weft_err *err)
{
	struct sender s = { .run = run, .queue = queue, .count = count };
	struct sigaction ignore = { .sa_handler = SIG_IGN }, before;
	pthread_t threads[THREADS];
	unsigned int started = 0;
	int rc;

	s.sent = calloc(count + 1, sizeof(*s.sent));
	if (!s.sent)
		return weft_err_set(err, ENOMEM, "out of memory");
	/*
	 * libslurm ignores SIGPIPE while it sends and puts the old word back;
	 * two threads at that undo each other's, and a slurmctld that goes away
	 * at that moment would end us.
	 */
	sigaction(SIGPIPE, &ignore, &before);
	pthread_mutex_init(&s.lock, NULL);
	pthread_cond_init(&s.moved, NULL);
	pthread_cond_init(&s.enough, NULL);
	pthread_mutex_lock(&s.lock);
	while (started < THREADS && started < count &&
	       !pthread_create(&threads[started], NULL, send_thread, &s))
		started++;
	s.busy = started;
	pthread_mutex_unlock(&s.lock);
	rc = started ? journal_ids(&s, err) :
		       weft_err_set(err, EAGAIN, "cannot start a thread");
	for (unsigned int i = 0; i < started; i++)
		pthread_join(threads[i], NULL);
	pthread_cond_destroy(&s.enough);
	pthread_cond_destroy(&s.moved);
	pthread_mutex_destroy(&s.lock);
	sigaction(SIGPIPE, &before, NULL);
	free(s.sent);
	if (!rc && s.rc) {
		rc = s.rc;
		*err = s.err;
	}
	*ret_failed = s.failed;
	*ret_silence_sec = s.silence_sec;
	return rc;
}
